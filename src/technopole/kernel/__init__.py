"""NumPy and SciPy only: treat, impute, normalise, weight, aggregate, rank, sample.

Conventions of every module here
--------------------------------
- A data matrix has the shape (units, indicators), float64; NaN is a missing value. A stack of replicates has leading
  axes: (replicates, units, indicators). Weights are (indicators,) or (replicates, indicators).
- Functions are pure: they return new arrays and never change their input. There is no global state; randomness comes
  from an explicit ``rng``.
- Infinite input is an error (`InputError`). Labels are added outside; messages name columns by position.
- Where a rank may hang on the last bit, sums run in a written order (indicator after indicator, elementwise): no
  BLAS, no SIMD reduction, so every processor adds in the same order.
- Each kind of part has one explicit table (TREATMENTS, IMPUTERS, NORMALISERS, AGGREGATORS): a function listed there
  appears in help and in the contract tests by itself.
"""
