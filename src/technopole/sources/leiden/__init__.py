"""Publications of universities by the Leiden Ranking."""
