"""Parts of a set of weights, each with a lower bound of the half-spaces that its weights leave.

In a cell some rows d w <= 0 hold nowhere: these are left. Of two others that no weights of the cell satisfy together,
one is left at least. Such a pair is proven by a mixture of its rows that is above 0 all over the cell, in closed form.
The rows left meet every pair, and so are no fewer than half of a maximum matching of the pairs' double graph (Nemhauser
and Trotter 1975, doi:10.1007/BF01580444). The bounds of a cell's halves are no lower than its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import maximum_bipartite_matching

from technopole.kernel.admissible import Admissible, lowest, shares
from technopole.kernel.arrays import BoolArray, FloatArray, IntArray

APART: Final = 1 + 1e-9
"""The shares of the mixtures that prove a pair span at least this factor."""
TRIES: Final = 6
"""Mixtures that are tried for a pair."""
LEVEL: Final = 1e-9
"""Values nearer to 0 turn nothing."""
Pairs = tuple[IntArray, IntArray]
"""Positions of the first row of each pair, and of the second; the first is before the second."""


class Cell(Protocol):
    """A part of the set."""

    def sides(self, rows: FloatArray) -> tuple[BoolArray, BoolArray]:
        """Rows that are above 0 all over the cell, and rows that are so anywhere."""

    def pairs(self, rows: FloatArray) -> Pairs:
        """Pairs of rows of which one is above 0 wherever the other isn't."""

    def middle(self) -> FloatArray:
        """Weights inside."""

    def halves(self, rows: FloatArray) -> tuple[Cell, Cell] | None:
        """Cut it where these rows differ most; None where it can't be cut."""


@dataclass(frozen=True)
class Simplex:
    """All mixtures of some weights.

    Attributes
    ----------
    corners : (corners, leaves).
    """

    corners: FloatArray

    def sides(self, rows: FloatArray) -> tuple[BoolArray, BoolArray]:
        """See `Cell`."""
        values = rows @ self.corners.T
        return values.min(axis=1) > 0, values.max(axis=1) > 0

    def pairs(self, rows: FloatArray) -> Pairs:
        """See `Cell`."""
        values = rows @ self.corners.T
        one, other = np.triu_indices(len(self.corners), 1)
        first, second = _never_together(np.hstack([values, (values[:, one] + values[:, other]) / 2]))
        a, b = values[first], values[second]
        with np.errstate(divide="ignore", invalid="ignore"):
            least = np.where(b <= 0, -b / a, 0.0).max(axis=1)
            most = np.where(a <= 0, -b / a, np.inf).min(axis=1)
        apart = least * APART < most
        return first[apart], second[apart]

    def middle(self) -> FloatArray:
        """See `Cell`."""
        return np.asarray(self.corners.mean(axis=0), dtype=np.float64)

    def halves(self, rows: FloatArray) -> tuple[Cell, Cell]:
        """See `Cell`."""
        values = rows @ self.corners.T
        # what is level at a corner stays so however near one comes: cuts across it lead nowhere
        turns = (values > LEVEL).T.astype(np.float64) @ (values < -LEVEL)
        one, other = np.unravel_index((turns + turns.T).argmax(), turns.shape)
        between = (self.corners[one] + self.corners[other]) / 2
        parts = []
        for place in (one, other):
            corners = self.corners.copy()
            corners[place] = between
            parts.append(Simplex(corners))
        return parts[0], parts[1]


@dataclass(frozen=True)
class Box:
    """Weights between bounds."""

    weights: Admissible

    def sides(self, rows: FloatArray) -> tuple[BoolArray, BoolArray]:
        """See `Cell`."""
        return _sums(rows, lowest(rows, self.weights)) > 0, _sums(rows, lowest(-rows, self.weights)) > 0

    def pairs(self, rows: FloatArray) -> Pairs:
        """See `Cell`."""
        first, second = _never_together(rows @ lowest(rows, self.weights).T)
        proven = np.zeros(first.size, dtype=np.bool_)
        least, most = np.zeros(first.size), np.ones(first.size)
        open_ = np.arange(first.size)
        for _ in range(TRIES):
            share = (least[open_] + most[open_]) / 2
            a, b = rows[first[open_]], rows[second[open_]]
            worst = lowest(b + share[:, None] * (a - b), self.weights)
            at_a, at_b = _sums(a, worst), _sums(b, worst)
            proven[open_] = share * at_a + (1 - share) * at_b > 0
            with np.errstate(divide="ignore", invalid="ignore"):
                turn = at_b / (at_b - at_a)
            least[open_] = np.where(at_a > at_b, np.maximum(least[open_], turn), least[open_])
            most[open_] = np.where(at_a < at_b, np.minimum(most[open_], turn), most[open_])
            open_ = open_[~proven[open_] & (np.maximum(at_a, at_b) > 0) & (least[open_] * APART < most[open_])]
            if not open_.size:
                break
        return first[proven], second[proven]

    def middle(self) -> FloatArray:
        """See `Cell`."""
        between = np.sqrt(self.weights.low * self.weights.high)
        return np.asarray(shares(between[None], self.weights.tree)[0], dtype=np.float64)

    def halves(self, rows: FloatArray) -> tuple[Cell, Cell] | None:
        """See `Cell`."""
        low, high = self.weights.low, self.weights.high
        width = np.log(np.divide(high, low, out=np.ones(low.size), where=low > 0))
        effect = width * self._pull(rows)
        node = int(effect.argmax())
        if not effect[node] > 0:
            return None
        upper, lower = high.copy(), low.copy()
        upper[node] = lower[node] = np.sqrt(low[node] * high[node])
        return Box(replace(self.weights, high=upper)), Box(replace(self.weights, low=lower))

    def _pull(self, rows: FloatArray) -> FloatArray:
        """How much each node moves the rows: (nodes,)."""
        tree = self.weights.tree
        mass = np.zeros(len(tree.parents))
        mass[: tree.leaves] = self.middle()
        parts = np.zeros((len(rows), mass.size))
        parts[:, : tree.leaves] = rows * mass[: tree.leaves]
        pull = np.zeros(mass.size)
        for node in tree.aggregates:
            children = list(tree.children[node])
            mass[node], parts[:, node] = mass[children].sum(), parts[:, children].sum(axis=1)
            mean = parts[:, [node]] / mass[node] if node != tree.root and mass[node] > 0 else 0.0
            pull[children] = np.abs(parts[:, children] - mean * mass[children]).sum(axis=0)
        return pull


def fewest_left(count: int, pairs: Pairs) -> int:
    """Lower bound of those of `count` rows that meet all pairs."""
    first, second = pairs
    rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
    order = np.argsort(rows, kind="stable")
    starts = np.append(0, np.cumsum(np.bincount(rows, minlength=count)))
    graph = sparse.csr_matrix((np.ones(rows.size, dtype=np.int8), columns[order], starts), shape=(count, count))
    matched = maximum_bipartite_matching(graph, perm_type="column")
    return -(-int((matched >= 0).sum()) // 2)


def _sums(rows: FloatArray, weights: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("ij,ij->i", rows, weights), dtype=np.float64)


def _never_together(values: FloatArray) -> Pairs:
    """Pairs of rows that are never both 0 or below."""
    holds = (values <= 0).astype(np.float32)
    first, second = np.divmod(np.flatnonzero(holds @ holds.T == 0), max(len(values), 1))
    once = first < second
    return first[once], second[once]
