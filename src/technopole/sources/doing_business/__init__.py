"""Reliability of electricity supply by country (World Bank, Doing Business 2020)."""
