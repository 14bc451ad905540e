"""Research, high-technology exports and telecom by country (World Bank, World Development Indicators)."""
