"""Convenient access to public transport (SDG 11.2.1)."""
