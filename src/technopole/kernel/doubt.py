"""Benefit of the doubt: each unit is scored by the weights that suit it best, under the same bounds for all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, IntArray, as_matrix, columns_text


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
    units = values.shape[0]
    if np.isnan(values).any() or (values < 0).any():
        raise InputError("Benefit of the doubt needs complete values of zero or more.", "Impute and normalise first.")
    empty = np.flatnonzero(~(values > 0).any(axis=0))
    if empty.size:
        raise InputError(
            f"All values are zero in {columns_text(empty)}, so its weight has no bound.", "Drop the indicator."
        )
    rows, limits = _limits(values, lowest_share, highest_share)
    weights = np.stack([_own_weights(values[unit], rows, limits, unit) for unit in range(units)])
    return Doubt(np.einsum("uk,uk->u", weights, values, optimize=False), weights)


def doubt_of_present(x: ArrayLike, lowest_share: float = 0.0, highest_share: float = 1.0) -> FloatArray:
    """Scores of `benefit_of_the_doubt` for a matrix with gaps.

    A unit has weights on the indicators that it has. In what it is compared with a missing value counts as zero: it
    pushes nobody back (Cherchye et al. 2011, doi:10.1057/jors.2009.60, who treat gaps so).

    Returns
    -------
    (units,), NaN for a unit without any value.
    """
    values = as_matrix(x)
    present = ~np.isnan(values)
    if present.all():
        return benefit_of_the_doubt(values, lowest_share, highest_share).scores
    filled = np.where(present, values, 0.0)
    scores = np.full(values.shape[0], np.nan)
    patterns, of = np.unique(present, axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        if not pattern.any():
            continue
        part = filled[:, pattern]
        units = np.flatnonzero(of.ravel() == number)
        scores[units] = _scores_of(part, units, lowest_share, highest_share)
    return scores


def _scores_of(values: FloatArray, units: IntArray, lowest_share: float, highest_share: float) -> FloatArray:
    """Scores of some units, measured against all."""
    empty = np.flatnonzero(~(values > 0).any(axis=0))
    if empty.size:
        raise InputError("An indicator has no value above zero, so its weight has no bound.", "Drop the indicator.")
    rows, limits = _limits(values, lowest_share, highest_share)
    weights = np.stack([_own_weights(values[unit], rows, limits, int(unit)) for unit in units])
    return np.asarray(np.einsum("uk,uk->u", weights, values[units], optimize=False), dtype=np.float64)


def _limits(values: FloatArray, lowest_share: float, highest_share: float) -> tuple[FloatArray, FloatArray]:
    """Rows and limits of the program: no unit above 1, each weight within its share of the sum."""
    count = values.shape[1]
    if not 0 <= lowest_share <= 1 / count * (1 + 1e-12) or not 1 / count <= highest_share * (1 + 1e-12) <= 2:
        raise InputError(
            f"No {count} weights have shares between {lowest_share:g} and {highest_share:g}.",
            f"Choose bounds around 1/{count}.",
        )
    identity, sums = np.eye(count), np.ones((count, count))
    front = _undominated(values)
    rows = np.vstack([front, lowest_share * sums - identity, identity - highest_share * sums])
    return rows, np.concatenate([np.ones(front.shape[0]), np.zeros(2 * count)])


def _undominated(values: FloatArray) -> FloatArray:
    """Rows that no other row reaches everywhere: weights are zero and more, so the others bind nothing."""
    kept: FloatArray = np.unique(values, axis=0)[::-1]
    place = 0
    while place < kept.shape[0]:
        below = (kept <= kept[place]).all(axis=1)
        below[place] = False
        place -= int(below[:place].sum())
        kept = kept[~below]
        place += 1
    return np.asarray(kept, dtype=np.float64)


def _own_weights(row: FloatArray, rows: FloatArray, limits: FloatArray, unit: int) -> FloatArray:
    solved = optimize.linprog(-row, A_ub=rows, b_ub=limits, bounds=(0, None), method="highs")
    if not solved.success:
        raise InputError(f"No weights were found for unit {unit} ({solved.message}).", "Check its values.")
    return np.asarray(solved.x, dtype=np.float64)
