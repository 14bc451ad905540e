"""Groups of developers (Google Developer Groups)."""
