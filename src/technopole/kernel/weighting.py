"""Weights from data or from experts: every method by its name in WEIGHTINGS.

Each function takes the scores of a node's children, (units, elements), higher is better, and returns weights that sum
to 1, (elements,). What a method needs beside the data are arguments by keyword. Statistical weights describe this set
of units; they say nothing about importance (Handbook on Constructing Composite Indicators 2008, section 6).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from technopole.core.errors import InputError
from technopole.kernel.aggregate import arithmetic
from technopole.kernel.arrays import FloatArray, as_matrix, as_weights, columns_text
from technopole.kernel.components import complete_rows, principal_components, varimax
from technopole.kernel.weight import equal_weights, given_weights, normalised_weights

RANDOM_INDEX: Final = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59)
"""Consistency index of random reciprocal matrices of 1, 2, ... elements (Saaty 1980, Analytic Hierarchy Process)."""


@dataclass(frozen=True)
class Weighting:
    """One way to weights: a function (x, **needs) -> (elements,); `needs` names what it takes beside the data."""

    function: Callable[..., FloatArray]
    summary: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hierarchy:
    """Outcome of the analytic hierarchy process.

    Attributes
    ----------
    weights : (elements,), principal eigenvector, sum 1.
    largest_eigenvalue : lambda; as large as the number of elements when the judgements are consistent.
    consistency_index : (lambda - n) / (n - 1), 0 for one element.
    consistency_ratio : index over Saaty's index of random matrices; above 0.1 the judgements contradict each other.
        NaN for more than 15 elements, 0 for one or two.
    """

    weights: FloatArray
    largest_eigenvalue: float
    consistency_index: float
    consistency_ratio: float


@dataclass(frozen=True)
class Matched:
    """Weights of the correlation-matched optimisation, what they reach, and the objective (sum of squared gaps)."""

    weights: FloatArray
    wanted: FloatArray
    obtained: FloatArray
    objective: float


def equal(x: ArrayLike) -> FloatArray:
    """One over the number of elements."""
    return normalised_weights(equal_weights(as_matrix(x).shape[-1]))


def given(x: ArrayLike, *, weights: ArrayLike) -> FloatArray:
    """Return the declared weights over their sum. Raises InputError as `given_weights`."""
    return normalised_weights(given_weights(weights, as_matrix(x).shape[-1]))


def principal_component(x: ArrayLike) -> FloatArray:
    """Weights in proportion to the first principal component (COINr `get_PCA`, whose weights these are before scaling).

    Raises
    ------
    InputError
        An element with a negative weight: it runs against the others, and COINr's negative weight would turn its
        direction around without a word.
    """
    vector = principal_components(x).vectors[:, 0]
    vector = vector if vector.sum() >= 0 else -vector
    against = np.flatnonzero(vector < -1e-12)
    if against.size:
        raise InputError(
            f"The first principal component takes {columns_text(against)} with a negative sign: it runs against the "
            "others.",
            "Check its direction, group the elements otherwise, or use the weights of a factor analysis.",
        )
    return normalised_weights(np.maximum(vector, 0.0))


def factor_analysis(x: ArrayLike, *, factors: int | None = None) -> FloatArray:
    """Squared loading of each element on the factor where it is largest, over the sum of these.

    Principal components with an eigenvalue above 1, or as many as `factors`, rotated by Kaiser-normalised varimax.
    Source: Nicoletti, Scarpetta and Boylaud (2000); Handbook (2008), tables 9 and 18 (which takes four factors).

    Raises
    ------
    InputError
        Factors outside 1 .. elements, or as `complete_rows`.
    """
    found = principal_components(x)
    count = max(1, int((found.eigenvalues > 1).sum())) if factors is None else factors
    if not 1 <= count <= found.eigenvalues.size:
        raise InputError(
            f"There are no {count} factors of {found.eigenvalues.size} elements.",
            f"Choose 1 to {found.eigenvalues.size}.",
        )
    return normalised_weights((varimax(found.loadings[:, :count]) ** 2).max(axis=1))


def entropy(x: ArrayLike) -> FloatArray:
    """1 - e over its sum, e = -sum(p ln p) / ln(units), p = x / sum(x): elements that differ more weigh more.

    Source: Shannon entropy as in Zeleny (1982). Units with a missing value are left out. The weights change with the
    origin of the scale: use it on values of zero and more with a meaningful zero.

    Raises
    ------
    InputError
        A negative value, or no element that differs between units.
    """
    values = as_matrix(x)
    if (values < 0).any():
        raise InputError(
            f"Entropy of negative values ({columns_text(np.flatnonzero((values < 0).any(axis=0)))}).",
            "Normalise to zero and more, such as 0 to 100.",
        )
    rows = complete_rows(values)
    p = rows / rows.sum(axis=0)
    e = -np.where(p > 0, p * np.log(np.where(p > 0, p, 1.0)), 0.0).sum(axis=0) / np.log(rows.shape[0])
    return normalised_weights(np.maximum(1.0 - e, 0.0))


def budget_allocation(x: ArrayLike, *, points: ArrayLike) -> FloatArray:
    """Mean over experts of the shares that each gave to the elements.

    Parameters
    ----------
    points : (experts, elements), zero and more; each expert's points are divided by their sum first, so that experts
        with another budget count the same. Source: Handbook (2008), section 6.3.
    """
    table = np.atleast_2d(np.asarray(points, dtype=np.float64))
    shares = normalised_weights(as_weights(table, as_matrix(x).shape[-1], "points"))
    return np.asarray(shares.mean(axis=0), dtype=np.float64)


def analytic_hierarchy(matrix: ArrayLike) -> Hierarchy:
    """Weights from pairwise judgements: the principal eigenvector (Saaty 1980; Handbook 2008, table 20).

    Parameters
    ----------
    matrix : (n, n), entry (i, k) says how many times more important i is than k; reciprocal (within 1 %, for printed
        thirds), above zero, diagonal 1.

    Raises
    ------
    InputError
        Not square, not positive, or not reciprocal (names the pair).
    """
    judged = np.asarray(matrix, dtype=np.float64)
    if judged.ndim != 2 or judged.shape[0] != judged.shape[1] or judged.size == 0:
        raise InputError(f"A matrix of judgements of the shape {judged.shape} isn't square.", "Give one row a column.")
    if not (np.isfinite(judged) & (judged > 0)).all():
        raise InputError("A judgement is missing, zero or negative.", "Give ratios above zero, such as 3 or 1/3.")
    wrong = np.argwhere(np.abs(judged * judged.T - 1) > 0.01)
    if wrong.size:
        i, k = (int(place) for place in wrong[0])
        raise InputError(
            f"Judgements ({i}, {k}) and ({k}, {i}) are {judged[i, k]:g} and {judged[k, i]:g}: not reciprocal.",
            "One must be 1 over the other; the diagonal is 1.",
        )
    values, vectors = np.linalg.eig(judged)
    first = int(values.real.argmax())
    n, largest = judged.shape[0], float(values[first].real)
    index = (largest - n) / (n - 1) if n > 1 else 0.0
    random = RANDOM_INDEX[n - 1] if n <= len(RANDOM_INDEX) else np.nan
    ratio = index / random if random else 0.0
    return Hierarchy(normalised_weights(np.abs(vectors[:, first].real)), largest, index, float(ratio))


def hierarchy(x: ArrayLike, *, matrix: ArrayLike) -> FloatArray:
    """Return the weights of `analytic_hierarchy`. Raises InputError also for a matrix of another size."""
    weights, count = analytic_hierarchy(matrix).weights, as_matrix(x).shape[-1]
    if weights.size != count:
        raise InputError(f"A matrix of {weights.size} elements can't weight {count}.", "Judge each pair of them.")
    return weights


def match_correlations(
    x: ArrayLike,
    wanted: ArrayLike | None = None,
    score: Callable[[FloatArray], FloatArray] | None = None,
) -> Matched:
    """Find the weights under which each element's correlation with the index has its wanted share of their sum.

    Minimises sum_k (r_k / sum(r) - wanted_k)**2 over weights of zero and more. Source: Becker et al. (2017),
    doi:10.1016/j.ecolind.2017.03.056; COINr `get_opt_weights` has the same objective and stops early.

    Parameters
    ----------
    x : (units, elements), complete units only are used unless `score` is given.
    wanted : (elements,), any scale (None: equal).
    score : weights (elements,) -> (units,) scores of the index (None: arithmetic mean of `x`).

    Raises
    ------
    InputError
        As `complete_rows`; wanted shares that are no weights; or no weights under which the correlations have a
        positive sum.
    """
    rows = as_matrix(x) if score else complete_rows(x)
    count = rows.shape[1]
    shares = normalised_weights(as_weights(np.ones(count) if wanted is None else wanted, count, "wanted shares"))
    centred = rows - rows.mean(axis=0)
    scaled = centred / np.sqrt((centred**2).sum(axis=0))
    index = score or (lambda weights: arithmetic(rows, weights))

    def obtained(weights: FloatArray) -> FloatArray:
        scores = index(weights)
        spread = scores - scores.mean()
        length = float(np.sqrt(spread @ spread))
        correlations = scaled.T @ spread / length if length > 0 else np.zeros(count)
        total = float(correlations.sum())
        return np.asarray(correlations / total if total > 1e-9 else np.full(count, np.inf), dtype=np.float64)

    def objective(weights: FloatArray) -> float:
        clean = np.maximum(weights, 0.0)
        gap = obtained(clean) - shares if clean.sum() > 0 else np.full(count, np.inf)
        return float(np.minimum(gap @ gap, 1e6))

    best = _minimise(objective, count)
    if objective(best) >= 1e6:
        raise InputError("No weights give correlations with a positive sum.", "Check the directions of the elements.")
    return Matched(best, shares, obtained(best), objective(best))


def correlation_matched(x: ArrayLike, *, wanted: ArrayLike | None = None) -> FloatArray:
    """Return the weights of `match_correlations`."""
    return match_correlations(x, wanted).weights


WEIGHTINGS: Final[dict[str, Weighting]] = {
    "equal": Weighting(equal, "all the same"),
    "given": Weighting(given, "as declared", ("weights",)),
    "principal_component": Weighting(principal_component, "first principal component"),
    "factor_analysis": Weighting(factor_analysis, "squared varimax loadings"),
    "entropy": Weighting(entropy, "more where units differ more"),
    "correlation_matched": Weighting(correlation_matched, "equal correlation with the index"),
    "budget_allocation": Weighting(budget_allocation, "mean of experts' shares", ("points",)),
    "hierarchy": Weighting(hierarchy, "pairwise judgements (AHP)", ("matrix",)),
}
"""Every weighting by its name in a framework; benefit of the doubt has weights of each unit's own (doubt.py)."""


def _minimise(objective: Callable[[FloatArray], float], count: int) -> FloatArray:
    """Deterministic descent from equal weights and from each corner: SLSQP, then a simplex search from the best."""
    starts = [np.full(count, 1.0 / count)]
    starts += [np.where(np.arange(count) == k, 0.5, 0.5 / max(1, count - 1)) for k in range(count)]
    sums = optimize.LinearConstraint(np.ones((1, count)), 1.0, 1.0)
    found = [
        optimize.minimize(
            objective,
            start,
            method="SLSQP",
            bounds=optimize.Bounds(np.zeros(count), np.ones(count)),
            constraints=sums,
            options={"maxiter": 300, "ftol": 1e-14},
        ).x
        for start in starts
    ]
    candidates = [normalised_weights(np.maximum(x, 0.0)) for x in [*found, *starts] if np.isfinite(x).all()]
    best = min(candidates, key=objective)
    polished = optimize.minimize(
        objective, best, method="Nelder-Mead", options={"maxiter": 400 * count, "xatol": 1e-10, "fatol": 1e-16}
    ).x
    clean = np.maximum(polished, 0.0)
    if clean.sum() > 0 and objective(clean) < objective(best):
        return normalised_weights(clean)
    return best
