"""Fewest half-spaces that must be left: weights w of a cone that satisfy as many rows d_j w <= 0 as can be.

A big-M program proves next to nothing here within seconds. What proves is this: a set of rows that no weights can
satisfy together must lose at least one. Each such set is a cut, sum of z_j over it >= 1, and the fewest rows that meet
all cuts are a lower bound (combinatorial Benders cuts, Codato and Fischetti 2006, doi:10.1287/opre.1060.0286;
infeasible subsystems from the duals of one small linear program, Gleeson and Ryan 1990, doi:10.1287/ijoc.2.1.61).

1. Pairs: two rows that no drawn weights satisfy together are candidates; a mixture of both that is positive over the
   whole set, by closed form, proves them.
2. Good weights: the best of the drawn ones, then linear programs that weigh each violated row by the inverse of its
   violation (reweighted 1-norm), so that few rows stay violated.
3. Cuts: solve the cover of the cuts so far (linear, then whole numbers), find rows that can't hold with it, repeat
   until the bound meets the best weights, or the time is up.

Every cut is verified by the closed form `admissible.largest` before it counts: the bound doesn't hang on the
tolerances of a solver.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import optimize, sparse

from technopole.kernel.admissible import Admissible, cone_rows, largest
from technopole.kernel.arrays import FloatArray, IntArray
from technopole.kernel.program import solve_linear, solve_program

BIG: Final = 1e5
"""Weights grow up to this sum where nothing holds them back: the rows can then hold together."""
ROOM: Final = 0.02
"""Room given to each row, of its largest value over the set: short infeasible sets are found first."""
TOLERANCE: Final = 1e-7
MIXTURES: Final = (0.5, 0.25, 0.75, 0.1, 0.9, 0.4, 0.6)
SMOOTHING: Final = (0.05, 0.01, 0.002)
STEPS: Final = 5
KEPT: Final = 3


@dataclass(frozen=True)
class Half:
    """The rows.

    Attributes
    ----------
    rows : (n, leaves), row j holds where rows[j] w <= 0; each can be positive over the set.
    proof : (n, leaves) and `least` (n,): weights leave row j for sure where proof[j] w > least[j].
    """

    rows: FloatArray
    proof: FloatArray
    least: FloatArray
    weights: Admissible


@dataclass(frozen=True)
class Cover:
    """Lower bound of the rows left, and candidates: coordinates of weights, fewest rows left first."""

    bound: int
    candidates: tuple[FloatArray, ...]


def cover(half: Half, drawn: FloatArray, seconds: float, good_enough: int = 0) -> Cover:
    """Search.

    Parameters
    ----------
    drawn : (k, leaves), coordinates of admissible weights (rows of `Admissible.basis` mix them), at least one.
    seconds : when it is over the search ends after the program at hand.
    good_enough : a bound that is known from elsewhere.

    Returns
    -------
    Cover. Where the fewest rows left by its first candidate equal its bound that is the optimum.
    """
    search = _Search(half, drawn, time.thread_time() + seconds, good_enough)
    search.pairs(drawn)
    search.descend()
    if not search.cuts:
        search.pack(np.zeros(search.count))
        search.bound = max(search.bound, len(search.cuts))
    while search.open() and search.cuts and search.tighten():
        pass
    return Cover(min(search.bound, search.fewest), tuple(search.best))


class _Search:
    """Cuts and candidates so far."""

    def __init__(self, half: Half, drawn: FloatArray, end: float, good_enough: int) -> None:
        weights = half.weights
        scale = np.maximum(largest(half.rows, weights), 1e-300)
        self.weights, self.end, self.bound = weights, end, good_enough
        self.rows = (half.rows / scale[:, None]) @ weights.basis().T
        self.proof, self.least = half.proof / scale[:, None], half.least / scale
        self.cone = cone_rows(weights).toarray()
        self.count, self.leaves = self.rows.shape
        self.width = self.cone.shape[1]
        self.sum = np.where(np.arange(self.width) < self.leaves, 1.0, 0.0)
        self.cuts: list[IntArray] = []
        self.known: set[bytes] = set()
        self.best: list[FloatArray] = []
        self.fewest = self.count + 1
        left = (drawn @ self.rows.T > TOLERANCE).sum(axis=1)
        for place in np.argsort(left, kind="stable")[:KEPT][::-1]:
            self.offer(drawn[place])

    def open(self) -> bool:
        return self.bound < self.fewest and time.thread_time() < self.end

    def offer(self, found: FloatArray) -> None:
        """Keep weights if they leave no more rows than any before."""
        total = found[: self.leaves].sum()
        if not total > 0:
            return
        w = np.maximum(found[: self.leaves], 0.0) / total
        left = int((self.rows @ w > TOLERANCE).sum())
        if left <= self.fewest:
            self.best = [w, *self.best][:KEPT]
            self.fewest = left

    def pairs(self, drawn: FloatArray) -> None:
        """Cuts of two rows."""
        holds = (self.rows @ drawn.T <= TOLERANCE).astype(np.float32)
        candidates = np.argwhere(np.triu(holds @ holds.T == 0, 1))
        proven = np.zeros(len(candidates), dtype=np.bool_)
        for share in MIXTURES:
            open_ = np.flatnonzero(~proven)
            if not open_.size or time.thread_time() > self.end:
                break
            i, k = candidates[open_].T
            mixed = share * self.proof[i] + (1 - share) * self.proof[k]
            least = share * self.least[i] + (1 - share) * self.least[k]
            proven[open_] = -largest(-mixed, self.weights) > least
        self.cuts += list(candidates[proven].astype(np.int64))
        self.known |= {cut.tobytes() for cut in self.cuts}

    def descend(self) -> None:
        """Reweighted 1-norm from the best weights so far."""
        for smoothing in SMOOTHING:
            w = self.best[0]
            for _ in range(STEPS):
                if not self.open():
                    return
                found = self._least_violation(1.0 / (np.maximum(self.rows @ w, 0.0) + smoothing))
                if found is None:
                    return
                self.offer(found)
                moved = found[: self.leaves] / found[: self.leaves].sum()
                if np.abs(moved - w).max() < 1e-6:
                    break
                w = moved

    def tighten(self) -> bool:
        """One round; False where nothing more is to be had."""
        count = len(self.cuts)
        sizes = [cut.size for cut in self.cuts]
        place = (np.repeat(np.arange(count), sizes), np.concatenate(self.cuts))
        matrix = sparse.csr_matrix((np.ones(len(place[0])), place), shape=(count, self.count))
        relaxed = solve_linear(np.ones(self.count), -matrix, -np.ones(count), highest=1.0)
        if relaxed.x is None:
            return False
        self.bound = max(self.bound, int(np.ceil(relaxed.fun - 1e-6)))
        if not self.open() or self.pack(relaxed.x):
            return True
        solved = solve_program(
            np.ones(self.count),
            np.ones(self.count),
            optimize.Bounds(0, 1),
            [optimize.LinearConstraint(matrix, 1, np.inf)],
            max(0.05, self.end - time.thread_time()),
        )
        if solved.mip_dual_bound is not None and np.isfinite(solved.mip_dual_bound):
            self.bound = max(self.bound, int(np.ceil(solved.mip_dual_bound - 1e-6)))
        return solved.x is not None and self.open() and self.pack(np.rint(solved.x)) > 0

    def pack(self, z: FloatArray) -> int:
        """Cuts that `z` doesn't meet, each of rows that the ones before don't hold; how many."""
        active = np.flatnonzero(z < 0.9)
        found = 0
        while active.size and time.thread_time() < self.end:
            values, duals, total = self._separate(active, z[active] + ROOM)
            if total >= 0.99 * BIG:
                values, duals, total = self._separate(active, np.zeros(active.size))
            self.offer(values)
            taking = duals > 1e-9
            cut = active[taking]
            if total >= 0.99 * BIG or not cut.size or z[cut].sum() >= 1 - 1e-6 or not self._add(cut, duals[taking]):
                break
            found += 1
            active = active[~taking]
        return found

    def _add(self, cut: IntArray, duals: FloatArray) -> bool:
        key = cut.tobytes()
        if (
            key in self.known
            or not -largest(-(duals @ self.proof[cut])[None], self.weights)[0] > duals @ self.least[cut]
        ):
            return False
        self.known.add(key)
        self.cuts.append(cut)
        return True

    def _separate(self, active: IntArray, room: FloatArray) -> tuple[FloatArray, FloatArray, float]:
        """Largest weights with rows w <= room: values, duals of the rows, and their sum."""
        wide = np.zeros((active.size, self.width))
        wide[:, : self.leaves] = self.rows[active]
        limits = np.concatenate([room, [BIG], np.zeros(self.cone.shape[0])])
        solved = solve_linear(-self.sum, np.vstack([wide, self.sum[None], self.cone]), limits, simplex=True)
        if solved.x is None:
            return np.zeros(self.width), np.zeros(active.size), BIG
        return solved.x, -solved.ineqlin.marginals[: active.size], -solved.fun

    def _least_violation(self, costs: FloatArray) -> FloatArray | None:
        """Weights that minimise the violations of the rows, each at its cost."""
        between = sparse.csr_matrix((self.count, self.width - self.leaves))
        rows = sparse.hstack([sparse.csr_matrix(self.rows), between, -sparse.eye_array(self.count)])
        cone = sparse.hstack([sparse.csr_matrix(self.cone), sparse.csr_matrix((self.cone.shape[0], self.count))])
        solved = solve_linear(
            np.concatenate([np.zeros(self.width), costs]),
            sparse.csr_matrix(sparse.vstack([rows, cone])),
            np.zeros(self.count + self.cone.shape[0]),
            np.concatenate([self.sum, np.zeros(self.count)]),
        )
        return None if solved.x is None else np.asarray(solved.x[: self.width], dtype=np.float64)
