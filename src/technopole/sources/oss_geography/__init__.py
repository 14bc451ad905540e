"""Active developers of open-source software by region."""
