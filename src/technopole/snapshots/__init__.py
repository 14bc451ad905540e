"""Upstream files: pinned by hash, verified, read with row numbers."""
