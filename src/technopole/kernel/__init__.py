"""NumPy and SciPy only: treat, impute, normalise, weight, aggregate, rank, sample."""
