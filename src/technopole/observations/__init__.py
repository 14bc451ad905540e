"""The one long table: records and observations, their schema and checks."""
