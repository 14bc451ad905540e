"""Online services of six city governments (United Nations, E-Government Survey 2024)."""
