"""Bulk attribution: tables of points of any size to cities, by one expression on an embedded engine or a cluster."""
