"""Air quality of cities (WHO database)."""
