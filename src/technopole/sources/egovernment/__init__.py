"""E-government by country (United Nations, E-Government Survey 2024)."""
