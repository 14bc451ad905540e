"""Fewest half-spaces that must be left: weights w of a cone that satisfy as many rows d_j w <= 0 as can be.

A big-M program proves next to nothing here within seconds. What proves is branch and bound over the weights themselves:
the set is cut into cells (`cells`), the cell with the lowest bound first, until no cell can leave fewer rows than the
best weights (`climbing`, from there too), or the time is up. A cell's bound counts what closed forms prove: it doesn't
hang on the tolerances of a solver.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass
from typing import Final

import numpy as np

from technopole.kernel.admissible import Admissible, free, largest
from technopole.kernel.arrays import FloatArray
from technopole.kernel.cells import Box, Cell, Simplex, fewest_left
from technopole.kernel.climbing import Climb

ROUNDS: Final = 100
"""So many rounds without fewer rows left end the first search of weights."""
AGAIN: Final = 40
"""So many end each later one."""
CLIMBING: Final = 0.2
"""Share of the time that the search of weights may take."""


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
    """Lower bound of the rows left, and coordinates of weights that leave the fewest found."""

    bound: int
    best: FloatArray


def cover(half: Half, drawn: FloatArray, seconds: float, good_enough: int = 0) -> Cover:
    """Search.

    Parameters
    ----------
    drawn : (k, leaves), coordinates of admissible weights (rows of `Admissible.basis` mix them), at least one.
    seconds : when it is over the search ends after the cell at hand.
    good_enough : a bound that is known from elsewhere.

    Returns
    -------
    Cover. Where the rows left by its weights equal its bound that is the optimum.
    """
    start = time.thread_time()
    basis = half.weights.basis().T
    weights = half.weights if half.weights.order is None else free(half.weights.tree.leaves)
    scale = np.maximum(largest(half.rows, half.weights), 1e-300)[:, None]
    climb = Climb(half.rows @ basis / scale, weights, drawn)
    climb.search(ROUNDS, good_enough, start + CLIMBING * seconds)
    # weights sum to 1, so that what must be passed can be taken from each of their columns
    proof = (half.proof - half.least[:, None]) @ basis / scale
    bound = _branch(proof, _whole(weights), climb, good_enough, start + seconds)
    return Cover(min(bound, climb.fewest), climb.best)


def _whole(weights: Admissible) -> Cell:
    """The set as a cell."""
    tree = weights.tree
    if len(tree.aggregates) == 1 and not weights.low[: tree.leaves].any():
        return Simplex(np.eye(tree.leaves))
    return Box(weights)


def _branch(proof: FloatArray, whole: Cell, climb: Climb, known: int, end: float) -> int:
    """Lower bound over all cells."""
    # bound, number, the cell, rows that are open in it, and how many are left all over it
    cells = [(known, 0, whole, np.arange(len(proof)), 0)]
    made, floor, climbed, start = 0, climb.fewest, 0.0, time.thread_time()
    while cells and cells[0][0] < min(floor, climb.fewest) and time.thread_time() < end:
        bound, _, cell, open_, lost = heapq.heappop(cells)
        halves = cell.halves(proof[open_]) if made else (cell,)
        now = time.thread_time()
        if climbed < CLIMBING * (now - start):
            climb.start(cell.middle())
            climb.search(AGAIN, bound, end)
            climbed += time.thread_time() - now
        if halves is None:
            floor = min(floor, bound)
            continue
        for part in halves:
            made += 1
            climb.offer(part.middle())
            always, ever = part.sides(proof[open_])
            left, within = lost + int(always.sum()), open_[ever & ~always]
            least = max(bound, left + fewest_left(within.size, part.pairs(proof[within])))
            if least < climb.fewest:
                heapq.heappush(cells, (least, made, part, within, left))
    return min(floor, climb.fewest, cells[0][0] if cells else climb.fewest)
