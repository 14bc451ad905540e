"""Metro systems of the world (Wikipedia's list)."""
