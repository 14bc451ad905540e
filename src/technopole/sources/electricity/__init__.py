"""Low-carbon share of electricity by country (Ember and Energy Institute, through Our World in Data)."""
