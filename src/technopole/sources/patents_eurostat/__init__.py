"""Applications to the European Patent Office by region of inventor (Eurostat)."""
