"""Framework and matrix become an IndexRun that keeps every stage."""
