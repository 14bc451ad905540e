"""Government data catalogues of the world (Common Data Index)."""
