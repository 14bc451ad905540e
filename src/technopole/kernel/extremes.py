"""Best and worst possible rank of a unit under any admissible weights of a linear index, with a certificate.

The rank of unit i is one plus the number of units with a higher score. Over all weights of the set the best rank is
the solution of a mixed-integer linear program: a binary z_j for each unit j that can score higher as well as not
(units that always or never do need none), (x_j - x_i) w <= M_j z_j, fewest z. M_j is the exact maximum of
(x_j - x_i) w over the set, in closed form. The weights that come out are scored by `aggregate`; the rank that it gives
is the result, the program's bound is its proof. Where they differ (time limit, ties at the edge of precision) the gap
is reported.

Design limits: complete normalised matrices and arithmetic means at all levels. Time grows with the number of free
weights and of undecided units; `seconds` limits each program.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, sparse

from technopole.core.errors import InputError
from technopole.kernel.admissible import Admissible, largest
from technopole.kernel.aggregate import aggregate
from technopole.kernel.arrays import BoolArray, FloatArray, as_matrix
from technopole.kernel.program import solve_program
from technopole.kernel.rank import competition_ranks

EDGE: Final = 1e-9
"""Differences of this share of the matrix's range count as none: the ranks compare 10 significant digits."""
MARGIN: Final = 1e-6


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


def best_rank(x: ArrayLike, unit: int, weights: Admissible, seconds: float = 30.0) -> Extreme:
    """Return the best rank that `unit` can have.

    Parameters
    ----------
    x : (units, leaves), normalised, complete, higher is better.
    seconds : limit of time of the program; when it is hit, `Extreme.gap` says what is open.

    Raises
    ------
    InputError
        A missing value, another number of columns than the set has leaves, or no such unit.
    """
    values = _checked(x, unit, weights)
    return _extreme(values, unit, weights, seconds, best=True)


def worst_rank(x: ArrayLike, unit: int, weights: Admissible, seconds: float = 30.0) -> Extreme:
    """Return the worst rank that `unit` can have; see `best_rank`."""
    values = _checked(x, unit, weights)
    return _extreme(values, unit, weights, seconds, best=False)


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


def _extreme(x: FloatArray, unit: int, weights: Admissible, seconds: float, best: bool) -> Extreme:
    gaps = np.delete(x - x[unit], unit, axis=0)
    edge = _edge(x)
    high, low = largest(gaps, weights), -largest(-gaps, weights)
    always, never = low > edge, high <= edge
    open_ = ~always & ~never
    # the worst rank is the fewest units that stay at or below: the same program with the signs turned
    program = _Program(gaps[open_] if best else -gaps[open_], weights, 0.0 if best else MARGIN * _range(x))
    count = int(open_.sum())
    fewest, found = program.solve(seconds) if count else (0, program.centre())
    bound = 1 + int(always.sum()) + (fewest if best else count - fewest)
    candidates = [found, program.centre()]
    ranks = [int(competition_ranks(aggregate(x, w))[unit]) for w in candidates]
    chosen = int(np.argmin(ranks) if best else np.argmax(ranks))
    achieved = ranks[chosen]
    # a tie within the margin can beat the program's view by a rank: the proof then is the certificate itself
    return Extreme(achieved, min(bound, achieved) if best else max(bound, achieved), candidates[chosen])


class _Program:
    """Fewest rows of `gaps` that stay above -margin: variables are leaf weights, one scale a parent, one binary a row.

    Rows whose binary is 0 satisfy gaps w <= -margin.
    """

    def __init__(self, gaps: FloatArray, weights: Admissible, margin: float) -> None:
        self.weights, self.margin = weights, margin
        self.basis = weights.basis()
        self.gaps = gaps @ self.basis.T
        self.rows = _cone(weights)
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
        return fewest, self._inside(staying, solved.x[: self.leaves])

    def _inside(self, staying: BoolArray, near: FloatArray) -> FloatArray:
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


def _cone(weights: Admissible) -> sparse.csr_matrix:
    """Rows r with r v <= 0, v the leaf weights and one scale for each aggregate whose children are bounded."""
    tree = weights.tree
    if weights.order is not None:
        return sparse.csr_matrix((0, tree.leaves))
    below: dict[int, list[int]] = {leaf: [leaf] for leaf in range(tree.leaves)}
    for node in tree.aggregates:
        below[node] = [leaf for child in tree.children[node] for leaf in below[child]]
    bounded = [
        node for node in tree.aggregates
        if len(tree.children[node]) > 1
        and not all(weights.low[c] == 0 and weights.high[c] == weights.high[tree.children[node][0]]
                    for c in tree.children[node])
    ]  # fmt: skip
    rows = []
    for place, node in enumerate(bounded):
        scale = tree.leaves + place
        for child in tree.children[node]:
            upper = np.zeros(tree.leaves + len(bounded))
            upper[below[child]], upper[scale] = 1.0, -weights.high[child]
            rows.append(upper)
            lower = np.zeros(tree.leaves + len(bounded))
            lower[below[child]], lower[scale] = -1.0, weights.low[child]
            rows.append(lower)
    return sparse.csr_matrix(np.array(rows).reshape(-1, tree.leaves + len(bounded)))


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
