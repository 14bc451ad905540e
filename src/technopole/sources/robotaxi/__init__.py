"""Robotaxi services and tests (av-map)."""
