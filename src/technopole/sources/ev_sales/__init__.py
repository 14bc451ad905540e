"""Electric share of new cars by country (International Energy Agency, through Our World in Data)."""
