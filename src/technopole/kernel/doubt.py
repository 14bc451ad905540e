"""Benefit of the doubt: each unit is scored by the weights that suit it best, under the same bounds for all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, as_matrix, columns_text


@dataclass(frozen=True)
class Doubt:
    """Scores (units,), at most 1, and the weights (units, indicators) that give them: scores = sum(weights x)."""

    scores: FloatArray
    weights: FloatArray


def benefit_of_the_doubt(x: ArrayLike, lowest_share: float = 0.0, highest_share: float = 1.0) -> Doubt:
    """For each unit i: max sum_k w_k x_ik, so that sum_k w_k x_jk <= 1 for every unit j.

    Each weight lies between `lowest_share` and `highest_share` of the sum of the weights.

    Parameters
    ----------
    x : (units, indicators), normalised, zero or more, complete.

    Raises
    ------
    InputError
        A missing or negative value; an indicator without a value above zero (its weight would be unbounded); shares
        that no set of weights can keep.

    Notes
    -----
    One linear program a unit (HiGHS), deterministic. Source: Cherchye et al. (2007), doi:10.1007/s11205-006-9029-7;
    Handbook on Constructing Composite Indicators (2008), table 19.
    """
    values = as_matrix(x)
    units, count = values.shape
    if np.isnan(values).any() or (values < 0).any():
        raise InputError("Benefit of the doubt needs complete values of zero or more.", "Impute and normalise first.")
    empty = np.flatnonzero(~(values > 0).any(axis=0))
    if empty.size:
        raise InputError(
            f"All values are zero in {columns_text(empty)}, so its weight has no bound.", "Drop the indicator."
        )
    if not 0 <= lowest_share <= 1 / count <= highest_share <= 1:
        raise InputError(
            f"No {count} weights have shares between {lowest_share:g} and {highest_share:g}.",
            f"Choose bounds around 1/{count}.",
        )
    identity, sums = np.eye(count), np.ones((count, count))
    rows = np.vstack([values, lowest_share * sums - identity, identity - highest_share * sums])
    limits = np.concatenate([np.ones(units), np.zeros(2 * count)])
    weights = np.empty((units, count))
    for unit in range(units):
        solved = optimize.linprog(-values[unit], A_ub=rows, b_ub=limits, bounds=(0, None), method="highs")
        if not solved.success:
            raise InputError(f"No weights were found for unit {unit} ({solved.message}).", "Check its values.")
        weights[unit] = solved.x
    return Doubt(np.einsum("uk,uk->u", weights, values, optimize=False), weights)
