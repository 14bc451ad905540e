"""Nobel prizes by the laureates' institutions."""
