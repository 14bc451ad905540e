"""Greenness of cities (NDVI), from satellites."""
