"""Pairwise comparison of units over their children: outranking shares and the Copeland rule.

Quadratic in units by nature; rows are taken one at a time, so memory stays linear for Copeland.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from technopole.kernel.arrays import FloatArray, as_matrix, as_weights
from technopole.kernel.rank import round_significant

TOLERANCE = 1e-12


def outranking(x: ArrayLike, weights: ArrayLike) -> FloatArray:
    """Share of the weight on which unit i is better than unit k, ties counting half (COINr `outrankMatrix`).

    Parameters
    ----------
    x : (units, children); values are compared at 10 significant digits. A pair is compared on the children that both
        have, weights renormalised; without a common child it is NaN.
    weights : (children,).

    Returns
    -------
    (units, units), diagonal 0; entries (i, k) and (k, i) sum to 1. Source: Handbook on Constructing Composite
    Indicators (2008), section 6.9, table 36 (which counts ties half).
    """
    values, w = _compared(x, weights)
    result = np.empty((values.shape[0], values.shape[0]))
    for unit, row in enumerate(values):
        balance, weight = _balance(row, values, w)
        with np.errstate(invalid="ignore", divide="ignore"):
            result[unit] = 0.5 + 0.5 * balance / weight
    np.fill_diagonal(result, 0.0)
    return result


def copeland(x: ArrayLike, weights: ArrayLike) -> FloatArray:
    """Count the units that a unit outranks by weight, less the number that outrank it (COINr `a_copeland`).

    A pair is a tie where the two weights differ by no more than 1e-12 of their sum, or nothing is common.

    Parameters
    ----------
    x : (..., units, children), compared at 10 significant digits; missing children are left out of a pair.
    weights : (..., children).

    Returns
    -------
    (..., units), whole numbers from -(units - 1) to units - 1; NaN for a unit without any child.
    Source: Munda and Nardo (2009), doi:10.1080/00036840601019364.
    """
    values = as_matrix(x)
    w = as_weights(weights, values.shape[-1])
    lead = np.broadcast_shapes(values.shape[:-2], w.shape[:-1])
    matrices = np.broadcast_to(values, (*lead, *values.shape[-2:])).reshape(-1, *values.shape[-2:])
    sets = np.broadcast_to(w, (*lead, w.shape[-1])).reshape(-1, w.shape[-1])
    scores = np.stack([_copeland(matrix, one) for matrix, one in zip(matrices, sets, strict=True)])
    return scores.reshape(*lead, values.shape[-2])


def _copeland(x: FloatArray, weights: FloatArray) -> FloatArray:
    values, w = _compared(x, weights)
    scores = np.empty(values.shape[0])
    for unit, row in enumerate(values):
        balance, weight = _balance(row, values, w)
        scores[unit] = np.sign(np.where(np.abs(balance) <= TOLERANCE * weight, 0.0, balance)).sum()
    return np.where(np.isnan(values).all(axis=1), np.nan, scores)


def _balance(row: FloatArray, values: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weight on which `row` is better less the weight on which it is worse, and the weight of what both have."""
    balance, weight = np.zeros(values.shape[0]), np.zeros(values.shape[0])
    for j, w in enumerate(weights):
        column = values[:, j]
        balance += w * ((row[j] > column).astype(np.float64) - (row[j] < column))
        weight += w * ~np.isnan(row[j] - column)
    return balance, weight


def _compared(x: ArrayLike, weights: ArrayLike) -> tuple[FloatArray, FloatArray]:
    values = as_matrix(x)
    return np.ascontiguousarray(round_significant(values.T)).T, as_weights(weights, values.shape[-1])
