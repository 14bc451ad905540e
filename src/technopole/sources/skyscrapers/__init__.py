"""Buildings of 150 m and more (Wikipedia's lists)."""
