"""Best and worst possible rank of a unit under any admissible weights of a linear index, with a certificate.

The rank of unit i is one plus the number of units with a higher score. The best rank leaves the fewest of the rows
(x_j - x_i) w <= 0, the worst rank the fewest of their opposites: see `covering`, which searches weights and proves a
bound. Units that always or never are ahead, in closed form, leave the search before it starts. The weights that come
out are scored by `aggregate`; the rank that it gives is the result. Where it differs from the bound (time limit, ties
at the edge of precision) a mixed-integer program with the exact largest (x_j - x_i) w as its constants takes what is
left of the time, and a gap that stays is reported.

Design limits: complete normalised matrices and arithmetic means at all levels. `seconds` of processor time limit the
search for each end of each unit; a result that its gap shows to be exact doesn't depend on it, others do.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, sparse

from technopole.core.errors import InputError
from technopole.kernel.admissible import Admissible, cone_rows, draw_weights, largest
from technopole.kernel.aggregate import aggregate
from technopole.kernel.arrays import BoolArray, FloatArray, as_matrix
from technopole.kernel.covering import Half, cover
from technopole.kernel.program import solve_program
from technopole.kernel.rank import competition_ranks
from technopole.kernel.threads import one_thread

EDGE: Final = 1e-9
"""Differences of this share of the matrix's range count as none: the ranks compare 10 significant digits."""
ROUNDING: Final = 1e-12
"""Scores that are nearer than this share of the range are the same."""
MARGIN: Final = 1e-6
SATISFIED: Final = 1e-7
DRAWN: Final = 3000
SMALL: Final = 12
"""So few open units are left to the program alone."""
LEAST_SECONDS: Final = 0.05
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Extreme:
    """One end of a unit's range of ranks.

    Attributes
    ----------
    rank : the rank that `weights` give, by `aggregate` and `competition_ranks`.
    bound : no admissible weights give a better (for the best rank; a worse for the worst) rank than this.
    weights : (leaves,), admissible, sum 1: the certificate.
    """

    rank: int
    bound: int
    weights: FloatArray

    @property
    def gap(self) -> int:
        """Ranks between certificate and proof; 0 is exact."""
        return abs(self.rank - self.bound)


def best_rank(
    x: ArrayLike, unit: int, weights: Admissible, seconds: float = 30.0, drawn: FloatArray | None = None
) -> Extreme:
    """Return the best rank that `unit` can have.

    Parameters
    ----------
    x : (units, leaves), normalised, complete, higher is better.
    seconds : limit of processor time; when it is hit, `Extreme.gap` says what is open.
    drawn : (k, leaves), coordinates of admissible weights to start from (None: DRAWN by `draw_weights`, seed 0).

    Raises
    ------
    InputError
        A missing value, another number of columns than the set has leaves, or no such unit.
    """
    values = _checked(x, unit, weights)
    return _extreme(values, unit, weights, seconds, drawn, best=True)


def worst_rank(
    x: ArrayLike, unit: int, weights: Admissible, seconds: float = 30.0, drawn: FloatArray | None = None
) -> Extreme:
    """Return the worst rank that `unit` can have; see `best_rank`."""
    values = _checked(x, unit, weights)
    return _extreme(values, unit, weights, seconds, drawn, best=False)


def extreme_ranks(
    x: ArrayLike, weights: Admissible, units: Sequence[int] | None = None, seconds: float = 1.0,
    progress: Progress = lambda *_: None,
) -> list[tuple[Extreme, Extreme]]:  # fmt: skip
    """Return the best and the worst rank of many units.

    Weights that are found for one unit are tried for all that follow, and a unit that is never ahead of another can't
    have a better best or worst rank than it: so many units cost less than each on its own.

    Parameters
    ----------
    units : positions (None: all). seconds : as in `best_rank`, for each of the two ends of each unit.
    progress : is told how many ends are found, of how many.

    Returns
    -------
    (best, worst) of each, in the order of `units`.
    """
    values = _checked(x, 0, weights)
    chosen = list(range(values.shape[0])) if units is None else [int(unit) for unit in units]
    for unit in chosen:
        _checked(values, unit, weights)
    ahead = dominance(values, weights)
    drawn = _drawn(weights)
    middle = aggregate(values, _Program(values[:0], weights, 0.0).centre())
    found: dict[bool, dict[int, Extreme]] = {True: {}, False: {}}
    for best in (True, False):
        # from the top for the best ranks, from the bottom for the worst: whoever dominates comes first
        for unit in sorted(chosen, key=lambda one: -middle[one] if best else middle[one]):
            limit = _known_limit(values, unit, weights, ahead[:, unit] if best else ahead[unit], found[best], best)
            one = _extreme(values, unit, weights, seconds, drawn, best, limit)
            found[best][unit] = one
            progress(len(found[True]) + len(found[False]), 2 * len(chosen))
            if weights.order is None:
                drawn = np.vstack([drawn, one.weights])
    return [(found[True][unit], found[False][unit]) for unit in chosen]


def _known_limit(
    x: FloatArray, unit: int, weights: Admissible, ordered: BoolArray, found: dict[int, Extreme], best: bool
) -> int | None:
    """Bound from the units that are never on `unit`'s other side: one rank more only where they never tie."""
    others = np.array([k for k in np.flatnonzero(ordered).tolist() if k in found], dtype=np.int64)
    if not others.size:
        return None
    gaps = x[others] - x[unit] if best else x[unit] - x[others]
    apart = (-largest(-gaps, weights) > _edge(x)).astype(np.int64)
    bounds = np.array([found[k].bound for k in others.tolist()])
    return int((bounds + apart).max() if best else (bounds - apart).min())


def dominance(x: ArrayLike, weights: Admissible) -> BoolArray:
    """Find which units are ahead of which under all admissible weights.

    Returns
    -------
    (units, units): entry (i, k) is true where i never scores below k, and above it under some weights. Quadratic in
    units.
    """
    values = _checked(x, 0, weights)
    edge = _edge(values)
    result = np.zeros((values.shape[0], values.shape[0]), dtype=np.bool_)
    for unit, row in enumerate(values):
        gaps = row - values
        never_below = -largest(-gaps, weights) >= -edge
        result[unit] = never_below & (largest(gaps, weights) > edge)
    return result


def _drawn(weights: Admissible) -> FloatArray:
    return draw_weights(weights, DRAWN, np.random.default_rng(0))


def _extreme(
    x: FloatArray, unit: int, weights: Admissible, seconds: float, drawn: FloatArray | None, best: bool,
    limit: int | None = None,
) -> Extreme:  # fmt: skip
    """One end. `limit` is a bound that is known from elsewhere."""
    with one_thread():
        return _sought(x, unit, weights, seconds, drawn, best, limit)


def _sought(
    x: FloatArray, unit: int, weights: Admissible, seconds: float, drawn: FloatArray | None, best: bool,
    limit: int | None,
) -> Extreme:  # fmt: skip
    end = time.thread_time() + seconds
    gaps = np.delete(x - x[unit], unit, axis=0)
    edge = _edge(x)
    high, low = largest(gaps, weights), -largest(-gaps, weights)
    always = low > edge
    open_ = ~always & (high > edge)
    count, first = int(open_.sum()), 1 + int(always.sum())

    def rank_of(fewest: int) -> int:
        return first + fewest if best else first + count - fewest

    # the worst rank is the fewest units that stay at or below: the same search with the signs turned
    rows, margin = (gaps[open_], 0.0) if best else (-gaps[open_], MARGIN * _range(x))
    program = _Program(rows, weights, margin)
    candidates: list[FloatArray] = []
    fewest = 0
    if count > SMALL:
        known = 0 if limit is None else max(0, rank_of(0) - limit if not best else limit - first)
        half = Half(rows + margin, rows, np.full(count, edge if best else -ROUNDING * _range(x)), weights)
        searched = cover(half, _drawn(weights) if drawn is None else drawn, seconds, known)
        fewest = searched.bound
        leaf = searched.best @ weights.basis()
        candidates = [program.inside(half.rows @ leaf <= SATISFIED * _range(x), searched.best), leaf]
    result = _judged(x, unit, [*candidates, program.centre()], rank_of(fewest), best)
    left = end - time.thread_time()
    if (result.gap or (count and not candidates)) and left > LEAST_SECONDS:
        proven, weight = program.solve(left)
        result = _judged(x, unit, [weight, result.weights], rank_of(max(fewest, proven)), best)
    return result


def _judged(x: FloatArray, unit: int, candidates: Sequence[FloatArray], bound: int, best: bool) -> Extreme:
    """Take the weights under which `aggregate` gives the best (worst) rank."""
    ranks = competition_ranks(aggregate(x, np.stack(candidates)))[:, unit]
    chosen = int(np.argmin(ranks) if best else np.argmax(ranks))
    achieved = int(ranks[chosen])
    # a tie within the margin can beat the search's view by a rank: the proof then is the certificate itself
    return Extreme(achieved, min(bound, achieved) if best else max(bound, achieved), candidates[chosen])


class _Program:
    """Fewest rows of `gaps` that stay above -margin: variables are leaf weights, one scale a parent, one binary a row.

    Rows whose binary is 0 satisfy gaps w <= -margin.
    """

    def __init__(self, gaps: FloatArray, weights: Admissible, margin: float) -> None:
        self.weights, self.margin = weights, margin
        self.basis = weights.basis()
        self.gaps = gaps @ self.basis.T
        self.rows = cone_rows(weights)
        self.slack = np.maximum(largest(gaps, weights), 0.0) + margin if gaps.size else np.zeros(0)
        self.leaves = weights.tree.leaves
        self.continuous = self.rows.shape[1]

    def centre(self) -> FloatArray:
        """Some admissible weights: the middle of every bound, down the tree."""
        shares = np.ones(len(self.weights.tree.parents))
        middle = (self.weights.low + self.weights.high) / 2
        for node in reversed(self.weights.tree.aggregates):
            children = list(self.weights.tree.children[node])
            shares[children] = shares[node] * middle[children] / middle[children].sum()
        return np.asarray(shares[: self.leaves] @ self.basis, dtype=np.float64)

    def solve(self, seconds: float) -> tuple[int, FloatArray]:
        """Proven lower bound of the count, and weights that reach the program's solution."""
        count = self.gaps.shape[0]
        scale = np.where(self.slack > 0, self.slack, 1.0)
        blocks = (
            sparse.csr_matrix(self.gaps / scale[:, None]),
            sparse.csr_matrix((count, self.continuous - self.leaves)),
            sparse.diags(-self.slack / scale),
        )
        wide = sparse.csr_matrix(sparse.hstack(blocks))
        total = self.continuous + count
        constraints = [
            optimize.LinearConstraint(wide, -np.inf, -self.margin / scale),
            optimize.LinearConstraint(self._sum(total), 1.0, 1.0),
        ]
        if self.rows.shape[0]:
            cone = sparse.hstack([self.rows, sparse.csr_matrix((self.rows.shape[0], count))]).tocsr()
            constraints.append(optimize.LinearConstraint(cone, -np.inf, 0.0))
        binary = np.concatenate([np.zeros(self.continuous), np.ones(count)])
        bounds = optimize.Bounds(np.zeros(total), np.concatenate([self._upper(), np.ones(count)]))
        solved = solve_program(binary, binary, bounds, constraints, seconds)
        bound = solved.mip_dual_bound
        fewest = max(0, int(np.ceil(bound - 1e-6))) if bound is not None and np.isfinite(bound) else 0
        if solved.x is None:
            return fewest, self.centre()
        staying = solved.x[self.continuous :] < 0.5
        return fewest, self.inside(staying, solved.x[: self.leaves])

    def inside(self, staying: BoolArray, near: FloatArray) -> FloatArray:
        """Weights as far as possible inside the solution's half-spaces, so that no rounding can leave them."""
        keep = self.gaps[staying]
        base = np.zeros(self.continuous + 1)
        base[-1] = -1.0
        upper = [
            np.hstack([keep, np.zeros((keep.shape[0], self.continuous - self.leaves)), np.ones((keep.shape[0], 1))])
        ]
        if self.rows.shape[0]:
            upper.append(np.hstack([self.rows.toarray(), np.zeros((self.rows.shape[0], 1))]))
        stacked = np.vstack(upper)
        solved = optimize.linprog(
            base,
            A_ub=stacked if stacked.size else None,
            b_ub=np.zeros(stacked.shape[0]) if stacked.size else None,
            A_eq=self._sum(self.continuous + 1),
            b_eq=[1.0],
            bounds=[*((0.0, float(top)) for top in self._upper()), (None, 1.0)],
            method="highs",
        )
        leaf = solved.x[: self.leaves] if solved.x is not None else near
        clean = np.where(leaf > 1e-12, leaf, 0.0)
        return np.asarray(clean / clean.sum() @ self.basis, dtype=np.float64)

    def _sum(self, width: int) -> FloatArray:
        row = np.zeros((1, width))
        row[0, : self.leaves] = 1.0
        return row

    def _upper(self) -> FloatArray:
        return np.concatenate([np.ones(self.leaves), np.full(self.continuous - self.leaves, np.inf)])


def _checked(x: ArrayLike, unit: int, weights: Admissible) -> FloatArray:
    values = as_matrix(x)
    if values.ndim != 2 or values.shape[1] != weights.tree.leaves or np.isnan(values).any():
        raise InputError(
            f"Extreme ranks need a complete matrix with {weights.tree.leaves} columns, not {values.shape} with "
            f"{int(np.isnan(values).sum())} missing values.",
            "Impute and normalise first.",
        )
    if not 0 <= unit < values.shape[0]:
        raise InputError(f"There is no unit {unit} among {values.shape[0]}.", "Give its position from 0.")
    return values


def _range(x: FloatArray) -> float:
    return max(float(np.abs(x).max()), 1e-300)


def _edge(x: FloatArray) -> float:
    return EDGE * _range(x)
