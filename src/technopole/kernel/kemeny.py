"""Kemeny's rule, exactly: the rankings that agree most with all pairwise comparisons, every tie reported.

Design limits: a mixed-integer linear program per component of the majority graph. Units that beat all the others
below them pair by pair fall apart into components and cost nothing; 40 units in one knot take seconds. There is no
heuristic here: a time limit that is hit is an error, not a near ranking.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, sparse
from scipy.sparse import csgraph

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, IntArray
from technopole.kernel.program import solve_program

TOLERANCE: Final = 1e-9
MOST_UNITS: Final = 120
"""In one knot: a program of 120 units has 280,840 rows."""


@dataclass(frozen=True)
class Kemeny:
    """The optimum.

    Attributes
    ----------
    score : sum of the outranking matrix over all ordered pairs of an optimal ranking.
    rankings : optimal rankings, each the positions of the units from first to last; the first one is the smallest in
        lexicographic order among those listed.
    complete : all optimal rankings are listed.
    """

    score: float
    rankings: tuple[tuple[int, ...], ...]
    complete: bool


def kemeny(outranking: ArrayLike, most: int = 24, seconds: float = 60.0) -> Kemeny:
    """Rank by Kemeny's rule.

    Parameters
    ----------
    outranking : (units, units), entry (i, k) is the support for i before k (`outrank.outranking`); the diagonal isn't
        used. Any finite values: only differences (i, k) - (k, i) decide.
    most : list at most so many optimal rankings.
    seconds : limit of time for each program.

    Raises
    ------
    InputError
        Not square or not finite, `most` below 1, or no proof within the time.

    Notes
    -----
    Binary y_ik (i before k) for i < k, y_ik + y_kl - y_il in [0, 1]; HiGHS. Sources: Kemeny (1959); Conitzer,
    Davenport and Kalagnanam (2006); Munda and Nardo (2009), doi:10.1080/00036840601019364; Handbook on Constructing
    Composite Indicators (2008), tables 36 and 37.
    """
    support = np.asarray(outranking, dtype=np.float64).copy()
    if support.ndim != 2 or support.shape[0] != support.shape[1] or support.size == 0 or most < 1:
        raise InputError(
            f"Kemeny's rule needs a square matrix and at least one ranking to list, not {support.shape} and {most}.",
            "Give one row and one column for each unit.",
        )
    np.fill_diagonal(support, 0.0)
    if not np.isfinite(support).all():
        raise InputError("The outranking matrix holds a missing or infinite value.", "Give each pair a number.")
    scale = max(float(np.abs(support - support.T).max()), 1e-300)
    margin = (support - support.T) / scale
    parts: list[list[tuple[int, ...]]] = []
    complete = True
    for members in _components(margin):
        orders, whole = _optimal_orders(margin[np.ix_(members, members)], most, seconds)
        parts.append(sorted(tuple(int(members[place]) for place in order) for order in orders))
        complete &= whole
    complete &= math.prod(len(part) for part in parts) <= most
    chosen = itertools.islice(itertools.product(*parts), most)
    rankings = tuple(tuple(itertools.chain.from_iterable(pieces)) for pieces in chosen)
    return Kemeny(_score(support, rankings[0]), rankings, complete)


def kemeny_positions(outranking: ArrayLike, seconds: float = 60.0) -> FloatArray:
    """Position of each unit, from 0, in the optimal ranking that is nearest to Borda's.

    Several rankings can be optimal. Of these the one with the largest sum of differences of Borda counts (row sums of
    the margins) over its pairs is taken. Neighbours that can change places without loss in either share the mean of
    their positions. Where still several are left (units that are even in both, but not neighbours), the order of rows
    decides: `kemeny` lists all optimal rankings.

    Parameters
    ----------
    outranking : (units, units), as for `kemeny`.

    Returns
    -------
    (units,).
    """
    support = np.asarray(outranking, dtype=np.float64)
    scale = max(float(np.abs(support - support.T).max()), 1e-300)
    margin = (support - support.T) / scale
    count = margin.sum(axis=1)
    second = np.subtract.outer(count, count) / max(float(np.ptp(count)), 1.0)
    positions = np.empty(margin.shape[0])
    placed = 0
    for members in _components(margin):
        inner, tie = margin[np.ix_(members, members)], second[np.ix_(members, members)]
        order = members[list(_nearest_to_borda(inner, tie, seconds))]
        for group in _exchangeable(order, margin, second):
            positions[group] = placed + (len(group) - 1) / 2
            placed += len(group)
    return positions


def _nearest_to_borda(margin: FloatArray, second: FloatArray, seconds: float) -> tuple[int, ...]:
    """Order of one component: best by `margin`, and among these best by `second`."""
    n = margin.shape[0]
    if n == 1:
        return (0,)
    upper = np.triu_indices(n, 1)
    gain, constraints = margin[upper], _no_circles(n)
    before = _solved(gain, constraints, n, seconds)
    kept = optimize.LinearConstraint(gain, lb=float(gain @ before) - TOLERANCE * gain.size)
    return _order(n, _solved(second[upper], [*constraints, kept], n, seconds))


def _solved(gain: FloatArray, constraints: list[optimize.LinearConstraint], n: int, seconds: float) -> FloatArray:
    solved = solve_program(-gain, np.ones(gain.size), optimize.Bounds(0, 1), constraints, seconds)
    if not solved.success:
        raise _unproven(n, seconds)
    return np.asarray(np.rint(solved.x), dtype=np.float64)


def _unproven(n: int, seconds: float) -> InputError:
    return InputError(
        f"No proven Kemeny ranking of {n} units in {seconds:g} seconds.", "Allow more time, or use Copeland."
    )


def _exchangeable(order: IntArray, margin: FloatArray, second: FloatArray) -> list[list[int]]:
    """Cut an order into runs of units that are even in both, each with all others of its run."""
    groups: list[list[int]] = []
    for unit in order.tolist():
        last = groups[-1] if groups else []
        even = all(abs(margin[unit, k]) <= TOLERANCE and abs(second[unit, k]) <= TOLERANCE for k in last)
        if last and even:
            last.append(unit)
        else:
            groups.append([unit])
    return groups


def _no_circles(n: int) -> list[optimize.LinearConstraint]:
    if n > MOST_UNITS:
        raise InputError(
            f"{n} units in one knot are too many for an exact Kemeny ranking.",
            f"Take at most {MOST_UNITS}, or use Copeland.",
        )
    rows, low, high = _triangles(n)
    return [optimize.LinearConstraint(rows, low, high)] if rows.shape[0] else []


def _score(support: FloatArray, ranking: tuple[int, ...]) -> float:
    ordered = support[np.ix_(ranking, ranking)]
    return float(ordered[np.triu_indices(len(ranking), 1)].sum())


def _components(margin: FloatArray) -> list[IntArray]:
    """Split into the strong components of "at least as much support", first to last.

    Between two components every pair is won by the earlier one, so every optimal ranking keeps their order.
    """
    ahead = margin >= -TOLERANCE
    count, label = csgraph.connected_components(
        sparse.csr_matrix(ahead.astype(np.int8)), directed=True, connection="strong"
    )
    wins = [int(ahead[np.ix_(label == part, label != part)].sum()) / max(1, int((label == part).sum()))
            for part in range(count)]  # fmt: skip
    order = sorted(range(count), key=lambda part: -wins[part])
    return [np.flatnonzero(label == part).astype(np.int64) for part in order]


def _optimal_orders(margin: FloatArray, most: int, seconds: float) -> tuple[list[tuple[int, ...]], bool]:
    """All optimal orders of one component (at most `most`), and whether these are all."""
    n = margin.shape[0]
    if n == 1:
        return [(0,)], True
    upper = np.triu_indices(n, 1)
    gain = margin[upper]
    bounds = _no_circles(n)
    best: float | None = None
    found: list[tuple[int, ...]] = []
    cuts: list[optimize.LinearConstraint] = []
    while len(found) <= most:  # one more than is listed tells whether there are more
        solved = solve_program(-gain, np.ones(gain.size), optimize.Bounds(0, 1), [*bounds, *cuts], seconds)
        if solved.status == 2 and best is not None:
            return found, True
        if not solved.success:
            raise _unproven(n, seconds)
        before = np.rint(solved.x)
        value = float(gain @ before)
        if best is None:
            best = value
            # whoever follows must be as good: infeasible then says that all are found
            cuts.append(optimize.LinearConstraint(gain, lb=best - TOLERANCE * gain.size))
        elif value < best - TOLERANCE * gain.size:
            return found, True
        found.append(_order(n, before))
        # exclude this one: at least one pair turns around
        cuts.append(optimize.LinearConstraint(np.where(before > 0, 1.0, -1.0), ub=before.sum() - 1.0))
    return found[:most], False


def _order(n: int, before: FloatArray) -> tuple[int, ...]:
    wins = np.zeros(n)
    for (i, k), first in zip(itertools.combinations(range(n), 2), before, strict=True):
        wins[i if first else k] += 1
    return tuple(int(place) for place in np.argsort(-wins, kind="stable"))


def _triangles(n: int) -> tuple[sparse.csr_matrix, FloatArray, FloatArray]:
    """0 <= y_ik + y_kl - y_il <= 1 for i < k < l: no circle of three, and so none at all."""
    place = np.zeros((n, n), dtype=np.int64)
    place[np.triu_indices(n, 1)] = np.arange(n * (n - 1) // 2)
    triples = np.array(list(itertools.combinations(range(n), 3)), dtype=np.int64).reshape(-1, 3)
    i, k, last = triples.T
    count = triples.shape[0]
    row = np.repeat(np.arange(count), 3)
    column = np.stack([place[i, k], place[k, last], place[i, last]], axis=1).ravel()
    value = np.tile([1.0, 1.0, -1.0], count)
    matrix = sparse.csr_matrix((value, (row, column)), shape=(count, n * (n - 1) // 2))
    return matrix, np.zeros(count), np.ones(count)
