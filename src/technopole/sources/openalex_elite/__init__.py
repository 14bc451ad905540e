"""Publications of leading universities, 2021 to 2025 (OpenAlex)."""
