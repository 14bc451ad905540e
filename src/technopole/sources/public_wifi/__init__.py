"""Public Wi-Fi of New York and Singapore."""
