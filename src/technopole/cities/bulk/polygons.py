"""The user's polygons as a territory: which cells one polygon holds whole, and which are decided point by point.

A point on a border belongs to the polygon; a point in several belongs to the first in the file. Polygons have one
boundary, called "polygon". Cells get coarser for large areas, so that their table stays below `CELLS`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.cities.bulk.cache import cached
from technopole.cities.bulk.polygonfile import DEGREES_REMEDY, read_polygons
from technopole.cities.bulk.territory import (
    ANCHOR_SCHEMA,
    CELL_SCHEMA,
    EXACT,
    OUTSIDE,
    RINGS_PER_UNIT,
    Codes,
    Floats,
    Territory,
)
from technopole.core.errors import InputError

CELLS: Final = 2_000_000
FINENESS: Final = (100, 40, 20, 10, 4, 2, 1)


@dataclass(frozen=True)
class PolygonRule:
    """The exact rule for polygons: which hold a point, the first of them. Only bytes, so that it travels."""

    digest: str
    shapes: tuple[bytes, ...]

    def __hash__(self) -> int:
        return hash(self.digest)

    def __call__(self, latitude: Floats, longitude: Floats, _: pl.Series | None) -> Codes:
        """Codes of points; countries aren't looked at."""
        import shapely  # type: ignore[import-untyped,import-not-found,unused-ignore]

        found = _tree(self).query(shapely.points(longitude, latitude), predicate="intersects")
        first = np.full(len(latitude), len(self.shapes), dtype=np.int64)
        np.minimum.at(first, found[0], found[1])
        return np.where(first < len(self.shapes), first * RINGS_PER_UNIT, OUTSIDE).astype(np.int32)


@lru_cache(maxsize=2)
def _tree(rule: PolygonRule) -> Any:
    import shapely  # type: ignore[import-untyped,import-not-found,unused-ignore]

    shapes = shapely.from_wkb(list(rule.shapes))
    shapely.prepare(shapes)
    return shapely.STRtree(shapes)


def polygon_territory(path: Path, cache: Path | None = None) -> Territory:
    """Read polygons and cut them into cells, or take the cells from the cache.

    Raises
    ------
    InputError : shapely is missing, or the polygons can't be used (polygonfile.read_polygons; not valid; not degrees).
    """
    try:
        import shapely  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError as error:
        raise InputError("--polygons needs shapely:", "install technopole[scale].") from error
    polygons = read_polygons(path)
    try:
        shapes = shapely.make_valid(shapely.force_2d(shapely.from_wkb(polygons.shapes)))
        bounds = shapely.bounds(shapes)
    except (shapely.errors.ShapelyError, ValueError) as error:
        raise InputError(f"{path.name} holds no valid geometry: {error}.", "Write it anew.") from error
    used = bounds[~np.isnan(bounds).any(axis=1)]
    if not len(used):
        raise InputError(f"{path.name} holds empty polygons only.", "Give at least one with an area.")
    if (np.abs(used) > np.array([180.0, 90.0, 180.0, 90.0]) + 1e-6).any():
        raise InputError(f"{path.name} has coordinates beyond 180 or 90 degrees:", DEGREES_REMEDY)
    wkb = tuple(bytes(one) for one in shapely.to_wkb(shapes))
    digest = hashlib.sha256(b"polygons 2" + b"".join(wkb)).hexdigest()
    per_degree = _fineness(used)
    cells = cached(cache, digest, lambda: polygon_cells(list(shapes), per_degree))
    anchors = pl.DataFrame(schema=ANCHOR_SCHEMA)
    return Territory(
        path.name, digest, per_degree, 1, polygons.units, ("polygon",), cells, anchors, PolygonRule(digest, wkb)
    )


def _fineness(bounds: Any) -> int:
    """Cells per degree: the finest at which the boxes around the polygons hold at most `CELLS`."""
    wide, high = bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]
    for per_degree in FINENESS:
        if float(((wide * per_degree + 2) * (high * per_degree + 2)).sum()) <= CELLS:
            return per_degree
    return FINENESS[-1]


def _span(low: float, high: float, per_degree: int, count: int) -> Any:
    """Rows or columns that an interval touches, with one more on each side."""
    first, last = (int(np.floor(one * per_degree)) for one in (low, high))
    return np.arange(max(first - 1, 0), min(last + 2, count))


def polygon_cells(shapes: list[Any], per_degree: int) -> pl.DataFrame:
    """Decide every cell that a polygon touches.

    Returns
    -------
    DataFrame in CELL_SCHEMA: a unit's code where the first polygon that touches the cell holds it whole, else EXACT.
    """
    import shapely  # type: ignore[import-untyped,import-not-found,unused-ignore]

    columns, rows = 360 * per_degree, 180 * per_degree
    parts: list[pl.DataFrame] = []
    for unit, shape in enumerate(shapes):
        if shape.is_empty:
            continue
        west, south, east, north = shape.bounds
        x = _span(west + 180, east + 180, per_degree, columns)
        y = _span(south + 90, north + 90, per_degree, rows)
        grid_y, grid_x = (one.ravel() for one in np.meshgrid(y, x, indexing="ij"))
        # a little larger than the cell: a point on its edge may be counted to either side
        edge = 1e-9
        boxes = shapely.box(
            grid_x / per_degree - 180 - edge, grid_y / per_degree - 90 - edge,
            (grid_x + 1) / per_degree - 180 + edge, (grid_y + 1) / per_degree - 90 + edge,
        )  # fmt: skip
        shapely.prepare(shape)
        touched = shapely.intersects(shape, boxes)
        whole = shapely.contains_properly(shape, boxes[touched])
        cell = (grid_y * columns + grid_x)[touched]
        parts.append(pl.DataFrame({"cell": cell, "unit": np.full(len(cell), unit), "whole": whole}))
    first = pl.concat(parts).sort("cell", "unit").group_by("cell", maintain_order=True).first()
    code = pl.when("whole").then(pl.col("unit") * RINGS_PER_UNIT).otherwise(EXACT)
    return first.select("cell", code=code, anchor=pl.lit(None, pl.Int32)).cast(CELL_SCHEMA)  # type: ignore[arg-type]
