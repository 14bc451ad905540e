"""The cities of a frame as a territory: which cells one city holds whole, and which the exact rule must decide.

For a cell with centre c and half diagonal h, the ratio of an anchor with radius r lies between (d(c) - h) / r and
(d(c) + h) / r at every point of the cell. So a cell belongs to a city where this city's smallest upper bound is below
the lower bound of every other; its ring is known where both bounds of the city lie in one ring. Where cities of several
countries may hold a point, the nearest gazetteer place decides (cities/points.py): such a cell counts as one country's
when every place that can be nearest to a point of it is in that country, and is left to the exact rule otherwise.

Cells that are left to the exact rule are cut into small cells, which are decided in the same way.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree

from technopole.cities.bulk.cache import cached
from technopole.cities.bulk.territory import (
    ANCHOR_SCHEMA,
    BY_ANCHOR,
    CELL_SCHEMA,
    EXACT,
    RINGS_PER_UNIT,
    Codes,
    Floats,
    Territory,
)
from technopole.cities.points import (
    EARTH_RADIUS_KM,
    FACTORS,
    REACH,
    PointIndex,
    cells_near,
    distance_km,
    unit_vectors,
)
from technopole.cities.tables import CityTables
from technopole.core.errors import InputError
from technopole.core.types import RINGS

PER_DEGREE: Final = 40
"""2.8 km: two million cells; finer ones gain little (docs/scale.md)."""
FINER: Final = 4
"""700 m: only cells that would be left to the exact rule are cut, so that few points are left (docs/scale.md)."""
SLICE: Final = 5_000
"""Cells that are cut at a time: a bound on memory."""
SLACK: Final = 1e-9
CELLS_VERSION: Final = "cells 2"


@dataclass(frozen=True)
class CityRule:
    """The exact rule of cities/points.py for the cities of one frame, as numbers of units.

    Only arrays, so that it travels to the workers of a cluster; each process builds its index once.
    """

    digest: str
    city: tuple[int, ...]
    unit: tuple[int, ...]
    country: tuple[str, ...]
    latitude: Floats
    longitude: Floats
    radius_km: Floats
    place_latitude: Floats
    place_longitude: Floats
    place_country: tuple[str, ...]

    def __hash__(self) -> int:
        return hash(self.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CityRule) and other.digest == self.digest

    def __call__(self, latitude: Floats, longitude: Floats, country: pl.Series | None) -> Codes:
        """Codes of points that lie in range."""
        index, unit = _index_of(self)
        found = index.attribute(latitude, longitude, country)
        placed = found.reason == 0
        position = np.searchsorted(unit[0], np.where(placed, found.city, unit[0][0]))
        return np.where(placed, unit[1][position] * RINGS_PER_UNIT + found.ring, -found.reason).astype(np.int32)


@lru_cache(maxsize=2)
def _index_of(rule: CityRule) -> tuple[PointIndex, tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]]:
    places = (rule.place_latitude, rule.place_longitude, list(rule.place_country))
    index = PointIndex(
        list(rule.city), list(rule.country), rule.latitude, rule.longitude, rule.radius_km, places=places
    )
    city, first = np.unique(np.array(rule.city, dtype=np.int64), return_index=True)
    return index, (city, np.array(rule.unit, dtype=np.int32)[first])


def city_territory(tables: CityTables, cache: Path | None = None) -> Territory:
    """Cut the cities of a frame into cells, or take the cells from the cache.

    Parameters
    ----------
    cache : folder of the user's cache; None for none. A cached table that is damaged or stale is made anew.

    Raises
    ------
    InputError : the frame has no cities.
    """
    rule = city_rule(tables)
    units = tables.frame.select(pl.col("city").cast(pl.String).alias("id"), "slug", "name", "country")
    anchors = _anchor_table(rule)
    cells = cached(cache, rule.digest, lambda: city_cells(rule))
    rings = tuple(ring.value for ring in RINGS)
    return Territory("cities", rule.digest, PER_DEGREE, FINER, units, rings, cells, anchors, rule)


def city_rule(tables: CityTables) -> CityRule:
    """Arrays of the exact rule. Raises InputError where the frame has no cities."""
    if tables.frame.height == 0:
        raise InputError("the frame has no cities:", "use an edition that has some.")
    number = tables.frame.select("city", "country").with_row_index("unit")
    anchors = tables.anchors.join(number, on="city", how="left", validate="m:1")
    places = tables.gazetteer
    digest = hashlib.sha256(CELLS_VERSION.encode())
    for table in (
        anchors.select("city", "unit", "country", "latitude", "longitude", "radius_km"),
        places.select("latitude", "longitude", "country"),
    ):
        digest.update(table.write_csv().encode())
    return CityRule(
        digest.hexdigest(),
        tuple(anchors["city"].to_list()),
        tuple(anchors["unit"].to_list()),
        tuple(anchors["country"].to_list()),
        anchors["latitude"].to_numpy(),
        anchors["longitude"].to_numpy(),
        anchors["radius_km"].to_numpy(),
        places["latitude"].to_numpy(),
        places["longitude"].to_numpy(),
        tuple(places["country"].to_list()),
    )


def _anchor_table(rule: CityRule) -> pl.DataFrame:
    vector = unit_vectors(rule.latitude, rule.longitude)
    chords = {
        f"chord{ring}": (2 * np.sin(factor * rule.radius_km / (2 * EARTH_RADIUS_KM))) ** 2
        for ring, factor in enumerate(FACTORS)
    }
    return pl.DataFrame(
        {
            "anchor": np.arange(len(rule.city)),
            "unit_code": np.array(rule.unit) * RINGS_PER_UNIT,
            "country": rule.country,
            "x": vector[:, 0],
            "y": vector[:, 1],
            "z": vector[:, 2],
            **chords,
        },
        schema=ANCHOR_SCHEMA,
    )


def city_cells(rule: CityRule, per_degree: int = PER_DEGREE, finer: int = FINER) -> pl.DataFrame:
    """Decide every cell that a region may touch, and the small cells of those that are left to the exact rule.

    Returns
    -------
    DataFrame in CELL_SCHEMA, sorted by cell. A cell without a row lies outside every region; a small cell without a
    row is left to the exact rule.
    """
    pairs = _bounds(rule, per_degree)
    cells = _decided(pairs, rule, per_degree)
    left = cells.filter(pl.col("code") == EXACT)
    parts = [cells]
    for some in left.iter_slices(SLICE):
        small_pairs = _cut(pairs.join(some, on="cell", how="semi"), rule, per_degree, finer)
        small = _decided(small_pairs, rule, per_degree * finer).filter(pl.col("code") != EXACT)
        parts.append(small.with_columns(cell=-1 - pl.col("cell")))
    return pl.concat(parts).sort("cell")


def _decided(pairs: pl.DataFrame, rule: CityRule, per_degree: int) -> pl.DataFrame:
    """Decide cells by the bounds of the ratio: CELL_SCHEMA."""
    pairs = _without_foreign(pairs, rule, per_degree)
    best = pairs.group_by("cell").agg(
        pl.col("upper").min().alias("top"),
        pl.col("anchor").sort_by("upper", "anchor").first().alias("anchor"),
        pl.col("unit").sort_by("upper", "anchor").first().alias("winner"),
        pl.col("mixed").any(),
    )
    joined = pairs.join(best.select("cell", "top", "winner", best_anchor="anchor"), on="cell", validate="m:1")
    own = pl.col("unit") == pl.col("winner")
    decided = joined.group_by("cell").agg(
        pl.col("lower").filter(~own).min().alias("rival"),
        pl.col("lower").filter(own).min().alias("low"),
        pl.col("lower").filter(own & (pl.col("anchor") != pl.col("best_anchor"))).min().alias("sibling"),
    )
    table = best.join(decided, on="cell", validate="1:1")
    top, low = pl.col("top") + SLACK, pl.col("low") - SLACK
    clear = ~pl.col("mixed") & (pl.col("rival").is_null() | (pl.col("rival") > top))
    alone = pl.col("sibling").is_null() | (pl.col("sibling") > top)
    same_ring = _ring(top) == _ring(low)
    code = (
        pl.when(clear & same_ring & (top <= REACH))
        .then(pl.col("winner") * RINGS_PER_UNIT + _ring(top))
        .when(clear & alone)
        .then(pl.lit(BY_ANCHOR))
        .otherwise(pl.lit(EXACT))
    )
    table = table.with_columns(code=code)
    anchor = pl.when(pl.col("code") == EXACT).then(None).otherwise(pl.col("anchor")).alias("anchor")
    return table.select("cell", "code", anchor).cast(CELL_SCHEMA)  # type: ignore[arg-type]


def _ring(ratio: pl.Expr) -> pl.Expr:
    """Ring of a ratio: 0, 1, 2; 3 beyond the region."""
    return sum(((ratio > factor).cast(pl.Int32) for factor in FACTORS), pl.lit(0, pl.Int32))


def _bounds(rule: CityRule, per_degree: int) -> pl.DataFrame:
    """Pairs of a cell and an anchor whose region may touch it, with the bounds of the ratio."""
    parts = [
        _with_bounds(cells_near(north, east, REACH * radius, per_degree).astype(np.int64), anchor, rule, per_degree)
        for anchor, (north, east, radius) in enumerate(zip(rule.latitude, rule.longitude, rule.radius_km, strict=True))
    ]
    return _with_countries(pl.concat(parts), rule)


def _cut(pairs: pl.DataFrame, rule: CityRule, per_degree: int, finer: int) -> pl.DataFrame:
    """Pairs of a small cell and an anchor whose region may touch it, of pairs of cells."""
    row, column = np.divmod(pairs["cell"].to_numpy(), 360 * per_degree)
    inner = np.arange(finer)
    cell = (row[:, None, None] * finer + inner[:, None]) * (360 * per_degree * finer) + column[:, None, None] * finer
    anchor = np.repeat(pairs["anchor"].to_numpy(), finer * finer)
    return _with_countries(_with_bounds((cell + inner).ravel(), anchor, rule, per_degree * finer), rule)


def _with_bounds(
    cell: npt.NDArray[np.int64], anchor: npt.NDArray[np.int32] | int, rule: CityRule, per_degree: int
) -> pl.DataFrame:
    """Bounds of the ratio of cells to an anchor (each); pairs that surely lie outside its region are left out."""
    north, east, radius = rule.latitude[anchor], rule.longitude[anchor], rule.radius_km[anchor]
    row, column = np.divmod(cell, 360 * per_degree)
    south, west = row / per_degree - 90.0, column / per_degree - 180.0
    middle, centre = south + 0.5 / per_degree, west + 0.5 / per_degree
    # the corner farthest from the centre is one on the side of the equator; the slack covers rounding
    edge = np.where(middle > 0, south, south + 1 / per_degree)
    half = distance_km(middle, centre, edge, west) * (1 + 1e-6) + 1e-6
    distance = distance_km(middle, centre, north, east)
    lower = (distance - half) / radius
    kept = lower <= REACH + SLACK
    return pl.DataFrame(
        {
            "cell": cell[kept],
            "anchor": np.broadcast_to(np.asarray(anchor, dtype=np.int32), cell.shape)[kept],
            "lower": lower[kept],
            "upper": ((distance + half) / radius)[kept],
        }
    )


def _with_countries(pairs: pl.DataFrame, rule: CityRule) -> pl.DataFrame:
    number = pl.DataFrame(
        {"anchor": np.arange(len(rule.unit)), "unit": rule.unit, "country": rule.country},
        schema={"anchor": pl.Int32, "unit": pl.Int32, "country": pl.Categorical},
    )
    return pairs.join(number, on="anchor", validate="m:1")


def _without_foreign(pairs: pl.DataFrame, rule: CityRule, per_degree: int) -> pl.DataFrame:
    """Settle cells that cities of several countries may hold: `mixed` where the exact rule must decide.

    Where every gazetteer place that can be nearest to a point of the cell is in one country, and a city of that country
    surely holds the whole cell, only that country's anchors stay.
    """
    contested = (
        pairs.group_by("cell").agg(pl.col("country").n_unique().alias("n")).filter(pl.col("n") > 1).select("cell")
    )
    home = _homes(contested["cell"].sort().to_numpy(), rule, per_degree)
    sure = (
        pairs.join(home, on="cell", validate="m:1")
        .filter(pl.col("country").cast(pl.String) == pl.col("home"))
        .group_by("cell")
        .agg(pl.col("upper").min().alias("top"), pl.col("home").first())
        .filter(pl.col("top") <= REACH - SLACK)
        .select("cell", "home")
    )
    marked = pairs.join(contested.with_columns(contested=pl.lit(True)), on="cell", how="left", validate="m:1")
    marked = marked.join(sure, on="cell", how="left", validate="m:1")
    foreign = pl.col("home").is_not_null() & (pl.col("country").cast(pl.String) != pl.col("home"))
    return marked.filter(~foreign.fill_null(value=False)).select(
        "cell", "anchor", "lower", "upper", "unit",
        mixed=pl.col("contested").fill_null(value=False) & pl.col("home").is_null(),
    )  # fmt: skip


def _homes(cells: npt.NDArray[np.int64], rule: CityRule, per_degree: int) -> pl.DataFrame:
    """The country of the nearest gazetteer place, of cells where it is the same at every point: `cell, home`."""
    schema = {"cell": pl.Int64, "home": pl.String}
    if not len(cells) or not len(rule.place_country):
        return pl.DataFrame(schema=schema)
    row, column = np.divmod(cells, 360 * per_degree)
    middle = (row + 0.5) / per_degree - 90.0
    centre = unit_vectors(middle, (column + 0.5) / per_degree - 180.0)
    tree = cKDTree(unit_vectors(rule.place_latitude, rule.place_longitude))
    nearest, first = (np.asarray(one) for one in tree.query(centre))
    # a point of the cell is at most half a diagonal from its centre, which is below 0.71 * sqrt(2) sides of the equator
    side = np.radians(1 / per_degree)
    around = tree.query_ball_point(centre, nearest + 2 * 0.75 * side, return_sorted=False)
    country = np.array(rule.place_country)
    homes = [
        str(country[place]) if (country[near] == country[place]).all() else None
        for place, near in zip(first, around, strict=True)
    ]
    return pl.DataFrame({"cell": cells, "home": homes}, schema=schema).drop_nulls()
