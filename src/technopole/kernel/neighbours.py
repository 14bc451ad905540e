"""The nearest units of a unit, exactly: a bound by matrix products first, the distance itself for those few it leaves.

Every pair of units is looked at, but by a product of matrices, a few operations a pair; memory holds one block of
units against all. What the processor's product makes of the last bits never shows: it only says which units can be
left aside with certainty.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from technopole.core.errors import InputError
from technopole.kernel.arrays import BoolArray, FloatArray, IntArray, as_matrix
from technopole.kernel.rank import round_significant

BLOCK_CELLS: Final = 1 << 22
"""Pairs of units at a time."""
FIRST_WANTED: Final = 4
"""Candidates of a unit, times the donors that its cells want; fourfold again where that was too few."""
PRODUCT_ERROR: Final = 1e-13
"""Of a mean square from matrix products, relative to the squares that it is made of (72 roundings and some)."""
ROUNDED_APART: Final = 1e-8
"""Distances further apart than this share of themselves stay apart when rounded to 10 digits."""
GUARDED_APART: Final = 1e-11
"""The same for small distances, relative to the largest: `round_significant` rounds no finer than that."""


def nearest_donors(
    missing: ArrayLike, coordinates: ArrayLike, donors: int = 10, minimum_shared: int = 1
) -> tuple[IntArray, IntArray, IntArray]:
    """Find for each missing cell the nearest units that have the indicator.

    The distance of units i and k is sqrt(mean over the indicators that both have of (z_ij - z_kj)**2), rounded to 10
    significant digits; ties go to the unit that comes first. Sums run indicator after indicator, without BLAS. Units
    with fewer than `minimum_shared` common indicators are no donors of each other.

    Parameters
    ----------
    missing : (units, indicators) of bool, the cells to fill.
    coordinates : (units, indicators), columns on a common scale, NaN where missing.
    donors : how many at most. A cell with fewer possible donors gets those; the rest is -1.

    Returns
    -------
    rows, columns : (cells,), by row, then column.
    donors : (cells, donors), nearest first, -1 for none.
    """
    gaps = np.asarray(missing, dtype=np.bool_)
    z = as_matrix(coordinates, "matrix of coordinates")
    if gaps.shape != z.shape or donors < 1 or minimum_shared < 1:
        raise InputError(
            f"Nearest units need coordinates of the shape {gaps.shape} and at least one donor and shared indicator, "
            f"not {z.shape}, {donors} and {minimum_shared}.",
            "Give one coordinate for each cell and positive numbers.",
        )
    rows, columns = np.nonzero(gaps)
    chosen = np.full((rows.size, donors), -1, dtype=np.int64)
    nearness = _Nearness(z, minimum_shared)
    pending, wanted = np.unique(rows), FIRST_WANTED * donors
    size = max(1, BLOCK_CELLS // z.shape[0])
    while pending.size:
        undecided = []
        for start in range(0, pending.size, size):
            block = pending[start : start + size]
            near = nearness.nearest(block, wanted)
            cells = _cells(rows, block)
            unsure = np.zeros(block.size, dtype=np.bool_)
            for j in np.unique(columns[cells]):
                own = cells[columns[cells] == j]
                local = np.searchsorted(block, rows[own])
                chosen[own], last = _first(near, local, ~gaps[:, j], donors)
                unsure[local] |= ~(last <= near.sure[local])
            undecided.append(block[unsure])
        pending, wanted = np.concatenate(undecided), 4 * wanted
    return rows, columns, chosen


@dataclass(frozen=True)
class _Near:
    """Candidates of some units, nearest first.

    Attributes
    ----------
    order, distance : (units, candidates), rounded; infinite for what is no donor.
    sure : (units,) up to this distance no unit is lacking among the candidates.
    """

    order: IntArray
    distance: FloatArray
    sure: FloatArray


class _Nearness:
    """Distances between the units of one matrix."""

    def __init__(self, z: FloatArray, minimum_shared: int) -> None:
        self.minimum = minimum_shared
        self.present = ~np.isnan(z)
        self.columns = np.ascontiguousarray(np.where(self.present, z, 0.0).T)
        there = self.present.astype(np.float64)
        centre = self.columns.sum(axis=1) / np.maximum(there.sum(axis=0), 1.0)
        centred = np.where(self.present, z - centre, 0.0)
        self.left = np.hstack([centred**2, there, -2.0 * centred])
        self.right = np.ascontiguousarray(np.hstack([there, centred**2, centred]).T)
        self.there, self.there_right = there.astype(np.float32), np.ascontiguousarray(there.T.astype(np.float32))
        self.length = (centred**2).sum(axis=1)

    def nearest(self, block: IntArray, wanted: int) -> _Near:
        """At least the `wanted` nearest of each unit of `block`, or all."""
        units = self.present.shape[0]
        if units <= 2 * wanted:
            everyone = np.broadcast_to(np.arange(units), (block.size, units))
            return self._measured(block, everyone, np.full(block.size, np.inf), None)
        squares, furthest = self._squares(block)
        error = PRODUCT_ERROR * (self.length[block] + self.length.max()) + 1e-300
        largest = self._largest(block, furthest, error)
        bound = _at_least(squares, wanted)
        sure = np.sqrt(bound + error)
        beyond = (sure * (1.0 + ROUNDED_APART) + GUARDED_APART * largest) ** 2 + error
        return self._measured(block, _padded(squares <= beyond[:, None]), sure, largest)

    def _squares(self, block: IntArray) -> tuple[FloatArray, IntArray]:
        """Mean squares of differences by products, (block, units), infinite for what is no donor; the furthest unit."""
        squares = self.left[block] @ self.right
        shared = self.there[block] @ self.there_right  # whole numbers far below 2**24: exact in any order
        few = shared < self.minimum if shared.min() < self.minimum else None
        np.divide(squares, np.maximum(shared, 1.0, out=shared), out=squares)
        own = np.arange(block.size)
        for excluded in (-1.0, np.inf):
            squares[own, block] = excluded
            if few is not None:
                squares[few] = excluded
            if excluded < 0:
                furthest = squares.argmax(axis=1)
        return squares, furthest

    def _largest(self, block: IntArray, furthest: IntArray, error: FloatArray) -> FloatArray:
        """Largest distance of each unit, so far as rounding depends on it: its power of ten."""
        distance, allowed = self._distances(block, furthest[:, None])
        largest = np.where(allowed, distance, 0.0)[:, 0]
        most = np.sqrt(largest**2 + 2.0 * error)
        for place in np.flatnonzero(_power_of_ten(largest) != _power_of_ten(most)):
            one, everyone = block[[place]], np.arange(self.present.shape[0])[None]
            distance, allowed = self._distances(one, everyone)
            largest[place] = np.where(allowed, distance, 0.0).max()
        return largest

    def _measured(self, block: IntArray, candidates: IntArray, sure: FloatArray, largest: FloatArray | None) -> _Near:
        """Candidates (block, candidates), -1 for none, in the order of their distances."""
        distance, allowed = self._distances(block, candidates)
        finite = np.where(allowed, distance, 0.0)
        if largest is None:
            rounded = round_significant(finite)
        else:
            rounded = round_significant(np.hstack([finite, largest[:, None]]))[:, :-1]
        rounded = np.where(allowed, rounded, np.inf)
        order = np.argsort(rounded, axis=1, kind="stable")
        return _Near(np.take_along_axis(candidates, order, axis=1), np.take_along_axis(rounded, order, axis=1), sure)

    def _distances(self, block: IntArray, others: IntArray) -> tuple[FloatArray, BoolArray]:
        """Distance of each unit of `block` to its others (block, others), and whether they can be donors."""
        squares = np.zeros(others.shape)
        shared = np.zeros(others.shape, dtype=np.int64)
        for j, column in enumerate(self.columns):
            both = self.present[block, j][:, None] & self.present[others, j]
            difference = column[block][:, None] - column[others]
            difference *= both
            difference *= difference
            squares += difference
            shared += both
        allowed = (shared >= self.minimum) & (others >= 0) & (others != block[:, None])
        return np.sqrt(squares / np.maximum(shared, 1)), allowed


def _at_least(squares: FloatArray, wanted: int) -> FloatArray:
    """Bounds, not far above the least, below which each row has at least `wanted` values.

    Of 16 times as many parts of the row the least values are taken, of these the one of that number.
    """
    units = squares.shape[1]
    deep = max(1, units // (16 * wanted))
    parts = squares[:, : units // deep * deep].reshape(squares.shape[0], deep, -1).min(axis=1)
    return np.asarray(np.partition(parts, wanted - 1, axis=1)[:, wanted - 1], dtype=np.float64)


def _padded(chosen: BoolArray) -> IntArray:
    """Positions of what is chosen in each row, in their order, as (rows, most); -1 fills up."""
    count = chosen.sum(axis=1)
    row, column = np.nonzero(chosen)
    result = np.full((chosen.shape[0], int(count.max())), -1, dtype=np.int64)
    result[row, np.arange(row.size) - np.repeat(np.cumsum(count) - count, count)] = column
    return result


def _power_of_ten(values: FloatArray) -> FloatArray:
    return np.floor(np.log10(np.where(values > 0, values, 1.0)))


def _cells(rows: IntArray, block: IntArray) -> IntArray:
    """Positions of the cells (by row) of some rows (ascending)."""
    start, end = np.searchsorted(rows, block), np.searchsorted(rows, block, side="right")
    return np.concatenate([np.arange(one, other) for one, other in zip(start, end, strict=True)])


def _first(near: _Near, local: IntArray, has: BoolArray, count: int) -> tuple[IntArray, FloatArray]:
    """The first `count` candidates of these units that have a value, -1 fills up; distance of the last, or infinite."""
    order, distance = near.order[local], near.distance[local]
    usable = np.isfinite(distance) & has[order]
    position = np.cumsum(usable, axis=1, dtype=np.int64)
    row, column = np.nonzero(usable & (position <= count))
    result, last = np.full((local.size, count), -1, dtype=np.int64), np.full(local.size, np.inf)
    result[row, position[row, column] - 1] = order[row, column]
    full = position[row, column] == count
    last[row[full]] = distance[row, column][full]
    return result, last
