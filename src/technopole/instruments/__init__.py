"""Observations measured from raw OpenStreetMap and GTFS files."""
