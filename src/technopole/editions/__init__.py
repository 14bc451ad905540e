"""Write, read and verify editions."""
