"""Weights that leave few half-spaces, by exact line searches.

Along a line of weights each row d w <= 0 changes its side at one point. With all these points sorted, the rows left are
known at every place of the line, and the middle of its best stretch is the next place to stand: coordinate descent and
random directions as for the approximation of data depths (Dyckerhoff, Mozharovskyi and Nagy 2021,
doi:10.1016/j.csda.2020.107166). Lines end at admissible weights; the set is convex, so what lies between is admissible.
"""

from __future__ import annotations

import time
from typing import Final

import numpy as np

from technopole.kernel.admissible import Admissible, lowest, node_values, shares
from technopole.kernel.arrays import FloatArray

TOLERANCE: Final = 1e-7
PULLS: Final = 48
"""Lines of a round towards weights that are lowest for some of the rows left; besides, two for each node."""
SMOOTHING: Final = (0.1, 0.03, 0.01, 0.003)
TAKEN: Final = (0.1, 0.3, 1.0)
PATIENCE: Final = 40
"""Rounds without fewer rows left, until another start."""
POOL: Final = 100


class Climb:
    """Search from one place to the next.

    Attributes
    ----------
    best : weights of the leaves, sum 1. fewest : rows that they leave.
    """

    def __init__(self, rows: FloatArray, weights: Admissible, drawn: FloatArray) -> None:
        self.rows, self.weights = rows, weights
        self.rng = np.random.default_rng(0)
        parents = np.array(weights.tree.parents)
        self.siblings = (parents[:-1, None] == parents) & ~np.eye(parents.size, dtype=np.bool_)[:-1]
        left = (drawn @ rows.T > TOLERANCE).sum(axis=1)
        self.pool = drawn[np.argsort(left, kind="stable")[:POOL]]
        self.place, self.left = self.pool[0], int(left.min())
        self.best, self.fewest = self.place, self.left

    def offer(self, place: FloatArray) -> bool:
        """Keep weights that leave fewer rows than any before."""
        left = int((self.rows @ place > TOLERANCE).sum())
        if left < self.fewest:
            self.best, self.fewest = place, left
            return True
        return False

    def search(self, rounds: int, good_enough: int, end: float) -> None:
        """Go on for so many rounds without fewer rows left, until no more than `good_enough` are, or the `end`."""
        waited = stood = 0
        while waited < rounds and self.fewest > good_enough and time.thread_time() < end:
            before = self.left
            self._step()
            waited = 0 if self.offer(self.place) else waited + 1
            stood = 0 if self.left < before else stood + 1
            if stood > PATIENCE:
                self.start(self.pool[self.rng.integers(len(self.pool))])
                stood = 0

    def start(self, place: FloatArray) -> None:
        """Stand at weights."""
        self.place, self.left = place, int((self.rows @ place > TOLERANCE).sum())

    def _step(self) -> None:
        """One round: the best stretch of all lines, if it leaves no more rows than here."""
        here = self.rows @ self.place
        ends = self._ends(here)
        there = ends @ self.rows.T
        outside = here > TOLERANCE
        with np.errstate(divide="ignore", invalid="ignore"):
            turns = np.where(outside != (there > TOLERANCE), here / (here - there), np.inf)
        order = np.argsort(turns, axis=1)
        turns = np.take_along_axis(turns, order, axis=1)
        left = self.left + np.cumsum(np.where(outside, -1, 1)[order] * np.isfinite(turns), axis=1)
        at = left.argmin(axis=1)
        fewest = left[np.arange(len(ends)), at]
        if fewest.min() > self.left:
            return
        line = int(self.rng.choice(np.flatnonzero(fewest == fewest.min())))
        stretch = np.minimum(np.append(turns[line], 1.0)[at[line] : at[line] + 2], 1.0)
        share = stretch.mean()
        self.start((1 - share) * self.place + share * ends[line])

    def _ends(self, here: FloatArray) -> FloatArray:
        """Where the lines of a round lead: one node as high as can be, one as low, where rows that are left go down."""
        low, high = self.weights.low, self.weights.high
        values = node_values(self.place[None], self.weights)[0]
        nodes = np.arange(values.size - 1)
        up = np.where(self.siblings, low, values)
        down = np.tile(values, (nodes.size, 1))
        up[nodes, nodes], down[nodes, nodes] = high[nodes], low[nodes]
        left = np.flatnonzero(here > TOLERANCE)
        pull = self.rng.exponential(size=(PULLS, left.size)) / (here[left] + self.rng.choice(SMOOTHING, (PULLS, 1)))
        pull *= self.rng.random(pull.shape) < self.rng.choice(TAKEN, (PULLS, 1))
        pulled = lowest(pull @ self.rows[left], self.weights)
        return np.vstack([pulled / pulled.sum(axis=1, keepdims=True), shares(np.vstack([up, down]), self.weights.tree)])
