"""UNESCO Cities of Design."""
