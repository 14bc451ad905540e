"""Counts of unicorns by other lists: the width of an error."""
