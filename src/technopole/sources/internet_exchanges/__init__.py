"""Internet exchange points and their buildings."""
