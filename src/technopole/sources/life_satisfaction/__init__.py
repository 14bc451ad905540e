"""How people rate their own life, by country (World Happiness Report)."""
