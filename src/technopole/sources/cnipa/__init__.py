"""International patent applications by Chinese province and city (CNIPA)."""
