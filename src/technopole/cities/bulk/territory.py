"""What points are attributed to, in the form that an engine can join: a table of cells, and the exact rule beside it.

A *cell* is a square of a plain grid of degrees; its number is ``row * columns + column``. A territory knows of each
cell that it touches what holds for every point in it (`code`), or that the point itself must be looked at: by its
distance to one anchor, which every engine can compute, or by the exact rule (`Territory.exact`), which is the same
Python function on every engine. So engines can't disagree, and the join decides most points without any geometry.
Cells that are left to the exact rule may be cut once more, into `finer` times `finer` small cells; these have numbers
of the finer grid, as ``-1 - number``. A small cell without a row is left to the exact rule.

Codes: ``unit * RINGS + ring`` for a point of unit number `unit` under boundary `ring`; negative codes say why there is
none: ``-k`` is ``REASONS[k]`` of cities.points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

Codes = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

RINGS_PER_UNIT: Final = 3
NO_COORDINATES: Final = -1
OUT_OF_RANGE: Final = -2
OUTSIDE: Final = -3
OUTSIDE_COUNTRY: Final = -4
EXACT: Final = -10
"""Of a cell: the exact rule decides each point."""
BY_ANCHOR: Final = -11
"""Of a cell: the unit is known; the distance to one anchor says under which boundary, or that it is outside."""

CELL_SCHEMA: Final[dict[str, Any]] = {
    "cell": pl.Int64,  # sorted, unique; below zero: a small cell
    "code": pl.Int32,  # a code of a unit, EXACT or BY_ANCHOR
    "anchor": pl.Int32,  # row of the table of anchors; null where the code is EXACT or there are no anchors
}
ANCHOR_SCHEMA: Final[dict[str, Any]] = {
    "anchor": pl.Int32,
    "unit_code": pl.Int32,  # unit * RINGS_PER_UNIT
    "country": pl.String,
    "x": pl.Float64,  # unit vector
    "y": pl.Float64,
    "z": pl.Float64,
    "chord0": pl.Float64,  # squared chord at which each boundary ends
    "chord1": pl.Float64,
    "chord2": pl.Float64,
}
Exact = Callable[[Floats, Floats, "pl.Series | None"], Codes]


@dataclass(frozen=True)
class Territory:
    """Units (cities or the user's polygons) as a table of cells.

    Attributes
    ----------
    name : what the units are: "cities", or the name of the file of polygons.
    digest : of all that the cells were made from; names the cache file.
    per_degree : cells per degree of latitude and of longitude.
    finer : small cells along the side of a cell; 1 where no cell is cut.
    units : one row a unit in the order of unit numbers: ``id, slug, name, country`` (text).
    rings : names of the boundaries, narrowest first.
    cells, anchors : in CELL_SCHEMA and ANCHOR_SCHEMA.
    exact : latitudes and longitudes in range, and countries where known -> codes. Must be picklable: a cluster's
        workers get it.
    """

    name: str
    digest: str
    per_degree: int
    finer: int
    units: pl.DataFrame
    rings: tuple[str, ...]
    cells: pl.DataFrame
    anchors: pl.DataFrame
    exact: Exact

    def grid(self) -> pl.DataFrame:
        """The cells: ``cell, cell_code, anchor``."""
        return self.cells.filter(pl.col("cell") >= 0).rename({"code": "cell_code"})

    def small(self) -> pl.DataFrame:
        """The small cells, with numbers of the finer grid: ``small, small_code, small_anchor``."""
        cut = self.cells.filter(pl.col("cell") < 0)
        return cut.select(small=-1 - pl.col("cell"), small_code="code", small_anchor="anchor").sort("small")
