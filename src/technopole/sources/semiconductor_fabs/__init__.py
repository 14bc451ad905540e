"""Semiconductor fabrication plants."""
