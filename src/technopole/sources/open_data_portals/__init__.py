"""Open-data portals, an older list."""
