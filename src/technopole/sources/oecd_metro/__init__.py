"""GDP and population of metropolitan areas (OECD)."""
