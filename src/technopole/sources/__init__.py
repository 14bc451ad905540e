"""One folder per upstream dataset; found by scanning, never by registration."""
