"""Aggregators that compare units with each other by programs: Kemeny's rule and benefit of the doubt, as scores.

Their solvers take a quarter of a second to import, so they are imported where they are called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, as_matrix, as_weights

MOST_COMPARED: Final = 5_000
"""Units of Kemeny's rule: a matrix of all pairs then takes 200 MB."""


def kemeny_scores(x: ArrayLike, weights: ArrayLike, seconds: float = 60.0) -> FloatArray:
    """Count the units behind a unit in the ranking of Kemeny's rule, exactly (see `kemeny.kemeny_positions`).

    Parameters
    ----------
    x : (..., units, children), compared at 10 significant digits; a pair is compared on the children that both have,
        and is even where there is none.
    weights : (..., children).
    seconds : limit of time of each program.

    Returns
    -------
    (..., units), 0 to units - 1; exchangeable units share their mean. NaN for a unit without any child.

    Raises
    ------
    InputError
        No proven ranking within the time, or too many units in one knot. Linear work over replicates: meant for tens
        of units.
    """
    from technopole.kernel.kemeny import kemeny_positions
    from technopole.kernel.outrank import outranking

    def one(values: FloatArray, w: FloatArray) -> FloatArray:
        present = ~np.isnan(values[:, w > 0]).all(axis=1)
        scores = np.full(values.shape[0], np.nan)
        if present.sum() > MOST_COMPARED:
            raise InputError(
                f"Kemeny's rule compares every pair of {present.sum():,} units.",
                f"Take at most {MOST_COMPARED:,}, or Copeland's rule.",
            )
        if present.any():
            support = np.nan_to_num(outranking(values[present], w), nan=0.5)
            scores[present] = present.sum() - 1 - kemeny_positions(support, seconds)
        return scores

    return _each(x, weights, one)


def doubt_scores(x: ArrayLike, weights: ArrayLike, lowest_share: float = 0.0, highest_share: float = 1.0) -> FloatArray:
    """Benefit of the doubt (see `doubt.benefit_of_the_doubt`): at most 1, each unit under the weights that suit it.

    Declared weights say only which children count: a child of weight 0 doesn't.

    Parameters
    ----------
    x : (..., units, children), at or above zero. A unit is scored on the children that it has; in what it is compared
        with a missing value counts as zero (it pushes nobody back).

    Raises
    ------
    InputError
        A value below zero, a child without a value above zero, or shares that no weights can keep.
    """
    from technopole.kernel.doubt import doubt_of_present

    def one(values: FloatArray, w: FloatArray) -> FloatArray:
        used = values[:, w > 0]
        with np.errstate(invalid="ignore"):
            lowest = np.fmin.reduce(used, axis=None)
        if lowest < 0:
            raise InputError(
                f"Benefit of the doubt takes values at or above zero, not {lowest:g}.",
                "Normalise to 0 and more.",
            )
        return doubt_of_present(used, lowest_share, highest_share)

    return _each(x, weights, one)


def _each(x: ArrayLike, weights: ArrayLike, score: Callable[[FloatArray, FloatArray], FloatArray]) -> FloatArray:
    """Score each matrix of a stack on its own."""
    values = as_matrix(x)
    w = as_weights(weights, values.shape[-1])
    lead = np.broadcast_shapes(values.shape[:-2], w.shape[:-1])
    matrices = np.broadcast_to(values, (*lead, *values.shape[-2:])).reshape(-1, *values.shape[-2:])
    sets = np.broadcast_to(w, (*lead, w.shape[-1])).reshape(-1, w.shape[-1])
    scores = np.stack([score(matrix, one) for matrix, one in zip(matrices, sets, strict=True)])
    return scores.reshape(*lead, values.shape[-2])
