"""Coherence of an index: what is there, what moves together, what each element does to the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from technopole.core.errors import InputError
from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.kernel.arrays import FloatArray, IntArray, RankArray, as_matrix
from technopole.kernel.rank import UNRANKED, competition_ranks
from technopole.kernel.tree import Tree

HIGH: Final = 0.7


@dataclass(frozen=True)
class Availability:
    """Shares of present and of non-zero values, by unit and by indicator (zeros count among all, as in COINr)."""

    units: FloatArray
    indicators: FloatArray
    units_non_zero: FloatArray
    indicators_non_zero: FloatArray


@dataclass(frozen=True)
class Removal:
    """Effect of leaving one node out.

    Attributes
    ----------
    nodes : (removed,) positions that were left out, one at a time.
    scores, ranks : (removed, units) of the root without that node.
    mean_rank_change : (removed,) mean absolute change of rank over units ranked before and after.
    """

    nodes: tuple[int, ...]
    scores: FloatArray
    ranks: RankArray
    mean_rank_change: FloatArray


@dataclass(frozen=True)
class Profile:
    """Strengths and weaknesses of a unit: positions of indicators and their ranks, best (worst) first."""

    strengths: IntArray
    strength_ranks: RankArray
    weaknesses: IntArray
    weakness_ranks: RankArray


def availability(x: ArrayLike) -> Availability:
    """Count what is present, and what is present and not zero. `x` is (units, indicators), raw."""
    values = as_matrix(x)
    present = ~np.isnan(values)
    filled = present & (values != 0)
    return Availability(
        present.mean(axis=1),
        present.mean(axis=0),
        np.asarray(filled.sum(axis=1) / present.sum(axis=1).clip(min=1), dtype=np.float64),
        np.asarray(filled.sum(axis=0) / present.sum(axis=0).clip(min=1), dtype=np.float64),
    )


def correlations(x: ArrayLike, y: ArrayLike | None = None, method: str = "pearson") -> FloatArray:
    """Correlation of each column of `x` with each column of `y` (None: `x`), over the units that have both.

    Parameters
    ----------
    x, y : (units, columns).
    method : pearson, spearman (mean ranks of ties) or kendall (tau-b).

    Returns
    -------
    (columns of x, columns of y); NaN where fewer than 3 units have both, or one of them doesn't vary.
    """
    left = as_matrix(x)
    right = left if y is None else as_matrix(y)
    if left.shape[0] != right.shape[0] or method not in _CORRELATIONS:
        raise InputError(
            f"Can't correlate {left.shape[0]} with {right.shape[0]} units by {method!r}.",
            f"Give the same units and one of {', '.join(_CORRELATIONS)}.",
        )
    correlate = _CORRELATIONS[method]
    result = np.full((left.shape[1], right.shape[1]), np.nan)
    for i, a in enumerate(left.T):
        for k, b in enumerate(right.T):
            both = ~np.isnan(a) & ~np.isnan(b)
            if both.sum() >= 3 and np.ptp(a[both]) > 0 and np.ptp(b[both]) > 0:
                result[i, k] = correlate(a[both], b[both])
    return result


def correlation_p_values(x: ArrayLike, y: ArrayLike | None = None, method: str = "pearson") -> FloatArray:
    """Probability of a correlation at least as far from 0 among unrelated columns (two-sided, as SciPy; R `cor.test`).

    Parameters
    ----------
    As `correlations`. Many pairs at once hold some small values by chance.

    Returns
    -------
    (columns of x, columns of y); NaN where `correlations` has NaN, 0 on a column with itself.
    """
    found = correlations(x, y, method)
    left = as_matrix(x)
    right = left if y is None else as_matrix(y)
    result = np.full(found.shape, np.nan)
    for i, k in zip(*np.nonzero(~np.isnan(found)), strict=True):
        both = ~np.isnan(left[:, i]) & ~np.isnan(right[:, k])
        result[i, k] = 0.0 if y is None and i == k else _P_VALUES[method](left[both, i], right[both, k])
    return result


def high_correlations(matrix: ArrayLike, groups: Sequence[object], threshold: float = HIGH) -> list[tuple[int, int]]:
    """Pairs (i, k), i < k, of one group whose correlation is above the threshold: they count one thing twice.

    Parameters
    ----------
    matrix : (columns, columns). groups : the parent of each column. A negative `threshold` finds pairs below it.
    """
    table = np.asarray(matrix, dtype=np.float64)
    pairs = [(i, k) for i in range(len(groups)) for k in range(i + 1, len(groups)) if groups[i] == groups[k]]
    return [(i, k) for i, k in pairs if (table[i, k] > threshold if threshold >= 0 else table[i, k] < threshold)]


def group_correlations(matrix: ArrayLike, groups: Sequence[object]) -> tuple[list[object], FloatArray]:
    """Mean correlation within and across groups.

    Returns
    -------
    labels in order of appearance; (groups, groups) means over pairs of different columns, NaN without a pair.
    """
    table = np.asarray(matrix, dtype=np.float64)
    labels = list(dict.fromkeys(groups))
    of = np.array([labels.index(group) for group in groups])
    means = np.full((len(labels), len(labels)), np.nan)
    for a in range(len(labels)):
        for b in range(len(labels)):
            part = table[np.ix_(of == a, of == b)]
            used = part[~np.eye(part.shape[0], dtype=bool)] if a == b else part.ravel()
            used = used[~np.isnan(used)]
            if used.size:
                means[a, b] = used.mean()
    return labels, means


def cronbach_alpha(x: ArrayLike) -> float:
    """Alpha = k / (k - 1) (1 - sum of the columns' variances / sum of all covariances).

    Covariances are over the units that have both columns (R `cov(use = "pairwise.complete.obs")`), as in COINr
    `get_cronbach`; without gaps the denominator is the variance of the rows' sums. NaN for one column, or where that
    sum isn't positive. Source: Cronbach (1951), doi:10.1007/BF02310555. Depends on units: use normalised values.
    Negative where columns run against each other.
    """
    values = as_matrix(x)
    k = values.shape[1]
    covariances = np.array([[_covariance(a, b) for b in values.T] for a in values.T])
    whole = float(covariances.sum())
    return k / (k - 1) * (1 - float(np.trace(covariances)) / whole) if k > 1 and whole > 0 else float("nan")


def influence(x: ArrayLike, scores: ArrayLike) -> FloatArray:
    """Squared Pearson correlation of each column with the scores, (columns,): what a weight comes to in practice.

    Source: Paruolo, Saisana and Saltelli (2013), doi:10.1111/j.1467-985X.2012.01059.x. The shares of the declared
    weights are `weight.effective_weights`.
    """
    return np.asarray(correlations(x, np.asarray(scores, dtype=np.float64)[:, None])[:, 0] ** 2, dtype=np.float64)


def effect_of_removal(
    x: ArrayLike,
    weights: ArrayLike,
    tree: Tree,
    aggregations: Aggregation | Sequence[Aggregation] | None = None,
    nodes: Sequence[int] | None = None,
) -> Removal:
    """Leave each node out in turn: its weight is 0 and its siblings' are renormalised (COINr `remove_elements`).

    Parameters
    ----------
    x : (units, leaves), normalised. weights : (nodes,).
    nodes : which to leave out (None: all but the root, and but only children, without which nothing is left).
    """
    given = np.asarray(weights, dtype=np.float64)
    siblings = {child: children for children in tree.children.values() for child in children}
    able = [
        n for n in range(tree.root) if any(given[sibling] > 0 for sibling in siblings[n] if sibling != n)
    ]  # a node whose siblings have no weight can't be left out
    chosen = able if nodes is None else list(nodes)
    if not set(chosen) <= set(able):
        raise InputError(
            f"Without node {min(set(chosen) - set(able))} its parent would be empty.", "Leave out its parent instead."
        )
    sets = np.tile(given, (len(chosen) + 1, 1))
    sets[np.arange(len(chosen)), chosen] = 0.0
    scores = aggregate_tree(x, sets, tree, aggregations or Aggregation(), [tree.root])[..., 0]
    ranks = competition_ranks(scores)
    both = (ranks[:-1] != UNRANKED) & (ranks[-1] != UNRANKED)
    change = np.where(both, np.abs(ranks[:-1] - ranks[-1]), 0).sum(axis=1) / both.sum(axis=1).clip(min=1)
    return Removal(tuple(chosen), scores[:-1], ranks[:-1], np.asarray(change, dtype=np.float64))


def strengths_and_weaknesses(normalised: ArrayLike, unit: int, count: int = 5) -> Profile:
    """Indicators on which a unit ranks best and worst; ties by position (COINr `get_str_weak`).

    Parameters
    ----------
    normalised : (units, indicators), higher is better. Missing values of the unit are no weakness: they are left out.
    """
    values = as_matrix(normalised)
    if not 0 <= unit < values.shape[0]:
        raise InputError(f"There is no unit {unit} among {values.shape[0]}.", "Give its position from 0.")
    ranks = competition_ranks(np.ascontiguousarray(values.T))[:, unit]
    present = np.flatnonzero(ranks != UNRANKED)
    order = present[np.argsort(ranks[present], kind="stable")]
    best = order[: min(count, order.size)]
    worst = order[::-1][: min(count, order.size)]
    return Profile(best.astype(np.int64), ranks[best], worst.astype(np.int64), ranks[worst])


def _pearson(a: FloatArray, b: FloatArray) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float(np.clip((a @ b) / np.sqrt((a @ a) * (b @ b)), -1.0, 1.0))


def _covariance(a: FloatArray, b: FloatArray) -> float:
    both = ~np.isnan(a) & ~np.isnan(b)
    count = int(both.sum())
    return float((a[both] - a[both].mean()) @ (b[both] - b[both].mean()) / (count - 1)) if count > 1 else float("nan")


def _spearman(a: FloatArray, b: FloatArray) -> float:
    return _pearson(np.asarray(stats.rankdata(a)), np.asarray(stats.rankdata(b)))


def _kendall(a: FloatArray, b: FloatArray) -> float:
    return float(stats.kendalltau(a, b).statistic)


_CORRELATIONS: Final = {"pearson": _pearson, "spearman": _spearman, "kendall": _kendall}


_P_VALUES: Final[dict[str, Callable[[FloatArray, FloatArray], float]]] = {
    "pearson": lambda a, b: float(stats.pearsonr(a, b).pvalue),
    "spearman": lambda a, b: float(stats.spearmanr(a, b).pvalue),
    "kendall": lambda a, b: float(stats.kendalltau(a, b).pvalue),
}
