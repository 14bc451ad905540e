"""Shared-bicycle networks (pybikes) and shared-mobility systems (GBFS)."""
