"""Uncertainty, rank ranges and tiers."""
