"""Accounts and digital payments by country (World Bank, Global Findex)."""
