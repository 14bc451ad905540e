"""Technopole: the most high-tech and innovative cities of the world, from open data."""
