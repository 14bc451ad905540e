"""Points to cities: smallest distance over radius.

``ratio(point, city)`` is the minimum over the city's anchors of great-circle distance / anchor radius. A point belongs
to the city with the smallest ratio, if that is at most 1.5; the boundaries core, agglomeration and region (0.5, 1,
1.5) are nested. Ties go to the smaller city id.

The country always wins. Where the country of a point is given, only cities of that country are candidates; a state
also stands for its territories with a code of their own (`TERRITORIES`: "CN" may mean Hong Kong, "US" Puerto Rico).
Where cities of several countries compete (no country given, or a state and its territory), the country is that of the
nearest gazetteer place, if one of the competing cities is there; otherwise the smallest ratio decides, the state
before its territory.

How: the globe is cut into cells of 0.1 degrees, and for each cell a table lists the anchors whose region may touch
it. A point is compared with the few anchors of its cell only, exactly and vectorised. Design limit: memory of one
call grows with its points (about 120 bytes a point); callers with billions of points cut them into chunks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.spatial import cKDTree

from technopole.cities.countries import TERRITORIES
from technopole.cities.tables import CityTables
from technopole.core.types import BOUNDARY_FACTOR, RINGS

EARTH_RADIUS_KM: Final = 6371.0088
CELLS_PER_DEGREE: Final = 10
ROWS: Final = 180 * CELLS_PER_DEGREE
COLUMNS: Final = 360 * CELLS_PER_DEGREE
FACTORS: Final = tuple(BOUNDARY_FACTOR[ring] for ring in RINGS)
REACH: Final = max(FACTORS)
BLOCK: Final = 30_000

REASONS: Final = (
    None,
    "no coordinates",
    "coordinates out of range",
    "outside every city",
    "outside every city of its country",
)
"""``REASONS[code]``: why a point has no city; code 0 where it has one."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Attribution:
    """Cities of n points, in order.

    Attributes
    ----------
    city : (n,) int64, the city's id; -1 for none.
    ring : (n,) int8, position in `core.types.RINGS`; -1 for none.
    ratio : (n,) float64, distance over radius; nan for none.
    reason : (n,) int8, code into `REASONS`; 0 where there is a city.
    """

    city: Ints
    ring: npt.NDArray[np.int8]
    ratio: Floats
    reason: npt.NDArray[np.int8]

    def to_polars(self) -> pl.DataFrame:
        """Columns city, ring, ratio and reason (text); null for none."""
        none = pl.col("code") > 0
        frame = pl.DataFrame({"city": self.city, "ring": self.ring, "ratio": self.ratio, "code": self.reason})
        reasons = pl.col("code").replace_strict(dict(enumerate(REASONS)), return_dtype=pl.String)
        return frame.select(
            *(pl.when(none).then(None).otherwise(pl.col(name)).alias(name) for name in ("city", "ring", "ratio")),
            reason=reasons,
        )


def unit_vectors(latitude: Floats, longitude: Floats) -> Floats:
    """Points of the unit sphere, (n, 3), of degrees."""
    north, east = np.radians(latitude), np.radians(longitude)
    level = np.cos(north)
    return np.column_stack((level * np.cos(east), level * np.sin(east), np.sin(north)))


def distance_km(latitude: Any, longitude: Any, to_latitude: Any, to_longitude: Any) -> Floats:
    """Great-circle distance by the haversine formula, broadcast; nan stays nan."""
    north, east, to_north, to_east = (
        np.radians(np.asarray(value, dtype=np.float64)) for value in (latitude, longitude, to_latitude, to_longitude)
    )
    half = np.sin((to_north - north) / 2) ** 2 + np.cos(north) * np.cos(to_north) * np.sin((to_east - east) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


def rings_of(ratio: Floats) -> npt.NDArray[np.int8]:
    """Narrowest boundary that holds each ratio: 0, 1, 2; -1 beyond the region and for nan."""
    ring = np.full(ratio.shape, -1, dtype=np.int8)
    for position in reversed(range(len(FACTORS))):
        ring[ratio <= FACTORS[position]] = position
    return ring


def cells_of(latitude: Floats, longitude: Floats, per_degree: int = CELLS_PER_DEGREE) -> npt.NDArray[np.int32]:
    """Cell of each point; latitude 90 and longitude 180 fall into the last row and column."""
    rows, columns = 180 * per_degree, 360 * per_degree
    row = np.minimum((latitude + 90.0) * per_degree, rows - 1).astype(np.int32)
    column = np.minimum((longitude + 180.0) * per_degree, columns - 1).astype(np.int32)
    return np.asarray(row * np.int32(columns) + column)


def cells_near(
    latitude: float, longitude: float, reach_km: float, per_degree: int = CELLS_PER_DEGREE
) -> npt.NDArray[np.int32]:
    """Cells that a circle may touch (its bounding box, never fewer), across the antimeridian and over the poles."""
    rows, columns = 180 * per_degree, 360 * per_degree
    angle = reach_km / EARTH_RADIUS_KM * (1 + 1e-6) + 1e-9
    span = np.degrees(angle)
    low, high = latitude - span, latitude + span
    first = max(int(np.floor((low + 90.0) * per_degree)), 0)
    last = min(int(np.floor((high + 90.0) * per_degree)), rows - 1)
    if low <= -90.0 or high >= 90.0:
        column = np.arange(columns)
    else:
        # half width of a circle's bounding box in longitude: asin(sin(angle) / cos(latitude))
        width = np.degrees(np.arcsin(min(np.sin(angle) / np.cos(np.radians(latitude)), 1.0))) + 1e-9
        west = int(np.floor((longitude - width + 180.0) * per_degree))
        east = int(np.floor((longitude + width + 180.0) * per_degree))
        column = np.arange(west, min(east, west + columns - 1) + 1) % columns
        # longitude 180 itself is kept in the last column, -180 in the first
        if west <= 0 or east >= columns - 1:
            column = np.unique(np.concatenate((column, [0, columns - 1])))
    row = np.arange(first, last + 1)
    return (row[:, None] * columns + column[None, :]).ravel().astype(np.int32)


class PointIndex:
    """Attributes points to the cities of one frame.

    State earned: the table of cells (about 30 MB) is built once and serves every call.
    """

    def __init__(
        self,
        city: npt.ArrayLike,
        country: list[str],
        latitude: npt.ArrayLike,
        longitude: npt.ArrayLike,
        radius_km: npt.ArrayLike,
        *,
        places: tuple[Floats, Floats, list[str]] | None = None,
    ) -> None:
        """One entry an anchor in the first five; `places` are latitude, longitude and country of the gazetteer."""
        order = np.argsort(np.asarray(city, dtype=np.int64), kind="stable")  # ties go to the smaller id
        self._city = np.asarray(city, dtype=np.int64)[order]
        north = np.asarray(latitude, dtype=np.float64)[order]
        east = np.asarray(longitude, dtype=np.float64)[order]
        self._radius = np.asarray(radius_km, dtype=np.float64)[order]
        self._vector = unit_vectors(north, east)
        self._countries = {code: number for number, code in enumerate(sorted(set(country)))}
        self._country = np.array([self._countries[country[place]] for place in order], dtype=np.int16)
        near = [cells_near(*spot) for spot in zip(north, east, REACH * self._radius, strict=True)]
        anchor = np.repeat(np.arange(len(near), dtype=np.int32), [len(cells) for cells in near])
        cell = np.concatenate(near) if near else np.empty(0, dtype=np.int32)
        self._candidates = anchor[np.argsort(cell, kind="stable")]
        self._start = np.zeros(ROWS * COLUMNS + 1, dtype=np.int32)
        np.cumsum(np.bincount(cell, minlength=ROWS * COLUMNS), out=self._start[1:])
        self._places: tuple[cKDTree, npt.NDArray[np.int16]] | None = None
        if places is not None and len(places[2]):
            numbers = np.array([self._countries.get(code, -1) for code in places[2]], dtype=np.int16)
            self._places = cKDTree(unit_vectors(places[0], places[1])), numbers

    @classmethod
    def from_tables(cls, tables: CityTables) -> PointIndex:
        """Index the anchors of an edition's reference tables, with its gazetteer for points without a country."""
        places = tables.gazetteer.select("latitude", "longitude", "country")
        return cls.from_frames(
            tables.frame,
            tables.anchors,
            (places["latitude"].to_numpy(), places["longitude"].to_numpy(), places["country"].to_list()),
        )

    @classmethod
    def from_frames(
        cls,
        frame: pl.DataFrame,
        anchors: pl.DataFrame,
        places: tuple[Floats, Floats, list[str]] | None = None,
    ) -> PointIndex:
        """Index a frame and its anchors (FRAME_SCHEMA, ANCHOR_SCHEMA)."""
        table = anchors.join(frame.select("city", "country"), on="city", how="left", validate="m:1")
        return cls(
            table["city"].to_numpy(),
            table["country"].to_list(),
            table["latitude"].to_numpy(),
            table["longitude"].to_numpy(),
            table["radius_km"].to_numpy(),
            places=places,
        )

    def attribute(
        self, latitude: npt.ArrayLike, longitude: npt.ArrayLike, country: pl.Series | list[str | None] | None = None
    ) -> Attribution:
        """Attribute n points.

        Parameters
        ----------
        latitude, longitude : (n,) degrees; nan and infinite values give no city.
        country : alpha-2 codes, null where unknown; None when no point has one. A code without any city in the
            frame leaves its points without a city: the country wins.
        """
        north = np.atleast_1d(np.asarray(latitude, dtype=np.float64))
        east = np.atleast_1d(np.asarray(longitude, dtype=np.float64))
        finite = np.isfinite(north) & np.isfinite(east)
        with np.errstate(invalid="ignore"):
            usable = finite & (np.abs(north) <= 90.0) & (np.abs(east) <= 180.0)
        size = len(north)
        ratio = np.full(size, np.inf)
        anchor = np.full(size, -1, dtype=np.int32)
        number, states = self._numbers(country, size)
        asked = np.flatnonzero(usable)
        cell = cells_of(north[asked], east[asked])
        asked = asked[self._start[cell + 1] > self._start[cell]]
        vector = unit_vectors(north[asked], east[asked])
        cell = cells_of(north[asked], east[asked])
        if number is None:
            self._nearest(asked, cell, vector, None, ratio, anchor)
            self._settle_borders(asked, cell, vector, None, ratio, anchor)
        else:
            self._with_country(asked, cell, vector, number, states, ratio, anchor)
        placed = ratio <= REACH
        reason = np.where(placed, 0, 3).astype(np.int8)
        if number is not None:
            reason[~placed & (number != -2)] = 4
        reason[~usable] = 2
        reason[~finite] = 1
        return Attribution(
            city=np.where(placed, self._city[anchor] if len(self._city) else -1, -1),
            ring=rings_of(ratio),
            ratio=np.where(placed, ratio, np.nan),
            reason=reason,
        )

    def _numbers(
        self, country: pl.Series | list[str | None] | None, size: int
    ) -> tuple[npt.NDArray[np.int16] | None, dict[str, npt.NDArray[np.bool_]]]:
        """Country numbers of the points (-2 unknown, -1 no city there), and the points of states with territories."""
        if country is None:
            return None, {}
        codes = pl.Series(values=country, dtype=pl.String) if isinstance(country, list) else country.cast(pl.String)
        if len(codes) != size:
            raise ValueError(f"{size} points, but {len(codes)} countries")
        if codes.null_count() == size:
            return None, {}
        table: dict[str | None, int] = {code: self._countries.get(code, -1) for code in codes.drop_nulls().unique()}
        table[None] = -2
        numbers = codes.replace_strict(table, return_dtype=pl.Int16).to_numpy()
        states = {code: (codes == code).fill_null(False).to_numpy() for code in table if code in TERRITORIES}
        return numbers, states

    def _pairs(self, cell: npt.NDArray[np.int32]) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]]:
        """Every pair of a point's position and a candidate, sorted by position, some ten thousand points at a time."""
        for low in range(0, len(cell), BLOCK):
            first = self._start[cell[low : low + BLOCK]]
            count = self._start[cell[low : low + BLOCK] + 1] - first
            before = np.cumsum(count) - count
            position = np.repeat(np.arange(len(count)), count)
            yield position + low, self._candidates[(first - before)[position] + np.arange(len(position))]

    def _ratios(self, vector: Floats, anchor: npt.NDArray[np.int32]) -> Floats:
        chord = vector - self._vector[anchor]
        length = np.sqrt(np.einsum("ij,ij->i", chord, chord))
        return np.asarray(2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(length / 2, 1.0)) / self._radius[anchor])

    def _nearest(
        self,
        asked: npt.NDArray[np.intp],
        cell: npt.NDArray[np.int32],
        vector: Floats,
        allowed: npt.NDArray[np.int16] | None,
        ratio: Floats,
        anchor: npt.NDArray[np.int32],
    ) -> None:
        """Lower `ratio` and `anchor` in place to the best candidate of the country `allowed` of each asked point."""
        for here, candidate in self._pairs(cell):
            where, who = here, candidate
            if allowed is not None:
                fits = self._country[candidate] == allowed[here]
                where, who = here[fits], candidate[fits]
            value = self._ratios(vector[where], who)
            near = np.flatnonzero(value <= REACH)
            if not len(near):
                continue
            where, who, value = where[near], who[near], value[near]
            start = np.flatnonzero(np.diff(where, prepend=-1))
            least = np.minimum.reduceat(value, start)
            # the first of equals: candidates are in the order of city ids
            equal = np.flatnonzero(value == np.repeat(least, np.diff(start, append=len(value))))
            winner = who[equal[np.searchsorted(equal, start)]]
            point = asked[where[start]]
            better = least < ratio[point]
            ratio[point[better]] = least[better]
            anchor[point[better]] = winner[better]

    def _settle_borders(
        self,
        asked: npt.NDArray[np.intp],
        cell: npt.NDArray[np.int32],
        vector: Floats,
        rivals: npt.NDArray[np.bool_] | None,
        ratio: Floats,
        anchor: npt.NDArray[np.int32],
    ) -> None:
        """Where cities of several countries hold a point, keep those of the country of the nearest gazetteer place.

        `rivals` says of each country number whether it competes (all when None).
        """
        if self._places is None:
            return
        contested = np.zeros(len(asked), dtype=bool)
        best = np.where(anchor[asked] >= 0, self._country[anchor[asked]], -1)
        for here, candidate in self._pairs(cell):
            other = self._country[candidate] != best[here]
            if rivals is not None:
                other &= rivals[self._country[candidate]]
            where = here[other]
            rival = self._ratios(vector[where], candidate[other]) <= REACH
            contested[where[rival]] = True
        spot = np.flatnonzero(contested)
        if not len(spot):
            return
        tree, numbers = self._places
        home = numbers[tree.query(vector[spot])[1]]
        if rivals is not None:
            home = np.where((home >= 0) & rivals[home], home, -1).astype(np.int16)
        settled = np.full(len(ratio), np.inf)
        by = np.full(len(ratio), -1, dtype=np.int32)
        self._nearest(asked[spot], cell[spot], vector[spot], home, settled, by)
        found = asked[spot][by[asked[spot]] >= 0]
        ratio[found], anchor[found] = settled[found], by[found]

    def _with_country(
        self,
        asked: npt.NDArray[np.intp],
        cell: npt.NDArray[np.int32],
        vector: Floats,
        number: npt.NDArray[np.int16],
        states: dict[str, npt.NDArray[np.bool_]],
        ratio: Floats,
        anchor: npt.NDArray[np.int32],
    ) -> None:
        self._nearest(asked, cell, vector, number[asked], ratio, anchor)
        unknown = np.flatnonzero(number[asked] == -2)
        if len(unknown):
            self._nearest(asked[unknown], cell[unknown], vector[unknown], None, ratio, anchor)
            self._settle_borders(asked[unknown], cell[unknown], vector[unknown], None, ratio, anchor)
        for state, points in states.items():
            family = [self._countries[code] for code in (state, *TERRITORIES[state]) if code in self._countries]
            rivals = np.zeros(len(self._countries), dtype=bool)
            rivals[family] = True
            here = np.flatnonzero(points[asked])
            left = here[anchor[asked[here]] < 0]
            for relative in family:
                allowed = np.full(len(left), relative, dtype=np.int16)
                self._nearest(asked[left], cell[left], vector[left], allowed, ratio, anchor)
            self._settle_borders(asked[here], cell[here], vector[here], rivals, ratio, anchor)


def attribute(
    tables: CityTables,
    latitude: npt.ArrayLike,
    longitude: npt.ArrayLike,
    country: pl.Series | list[str | None] | None = None,
) -> Attribution:
    """Attribute points once; keep a `PointIndex` for more."""
    return PointIndex.from_tables(tables).attribute(latitude, longitude, country)
