"""Inventors of granted US patents, by place of residence."""
