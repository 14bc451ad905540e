"""Tree cover of urban centres, from satellites."""
