"""A city measured in an OpenStreetMap extract: places, track length, green area, per city, boundary and km2.

An object is a tagged node, or an area (a closed way, or a multipolygon relation); it counts where its middle lies.
Track is measured segment by segment. Densities divide by the part of the boundary that lies in the extract's own box:
a file of a centre says nothing about the suburbs. Every figure is a lower bound: what isn't mapped isn't counted.

Memory grows with the nodes of the file (about 16 bytes each); planet-sized files want a cut by `osmium extract` first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.cities.points import EARTH_RADIUS_KM, PointIndex, distance_km
from technopole.cities.tables import CityTables
from technopole.core.errors import InputError
from technopole.core.types import RINGS, Status
from technopole.instruments.measured import Defect, Measured, Sheet
from technopole.instruments.osm_features import FEATURES, TRACKS, track_of
from technopole.snapshots.upstream import sha256_of

SOURCE: Final = "osm"
TAG_LIMIT: Final = 1_000
"""Longest value of a tag that is looked at, characters (the editing API allows 255)."""
SAMPLES: Final = 300
"""Points along each side of the box by which its area inside a boundary is measured: about 0.3 % off."""
CUT: Final = "ways cut by the edge count by the part that is there; areas among them count without their km2."
CAVEATS: Final = (
    "Volunteers map what they care about: a count is what is mapped, a lower bound, and cities differ in completeness.",
    "Payment: osm_payment_known says how many places have any such tag; compare shares, not counts.",
    "Heights: osm_buildings_with_height of osm_buildings have a height or levels; other tall buildings aren't seen.",
    "A place that is drawn both as a point and as an area counts twice.",
    "Green areas that lie one in another count twice; street trees and lawns don't count.",
    "Each track of a line counts: a double track of 1 km is 2 km.",
)


@dataclass
class _Found:
    """What was met on the way through the file. State earned: one pass."""

    kind: list[str] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    amount: list[float] = field(default_factory=list)
    newest: str = ""
    broken: int = 0

    def add(self, kind: str, lat: float, lon: float, amount: float = 1.0) -> None:
        self.kind.append(kind)
        self.lat.append(lat)
        self.lon.append(lon)
        self.amount.append(amount)


def measure_osm(path: Path, tables: CityTables) -> Measured:
    """Measure an extract.

    Raises
    ------
    InputError : no such file, pyosmium is missing, or not a whole .osm.pbf file.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}.", "Name an .osm.pbf file.")
    try:
        import osmium
    except ImportError as error:
        raise InputError("measure osm needs pyosmium:", "install technopole[instruments].") from error
    found = _Found()
    try:
        box, moment = _header(osmium, path)
        for one in osmium.FileProcessor(osmium.io.File(str(path), "pbf")).with_locations().with_areas():
            _meet(one, found)
    except (RuntimeError, ValueError, osmium.InvalidLocationError) as error:
        raise InputError(f"{path.name} can't be read as .osm.pbf: {error}.", "Fetch it again.") from error
    defects = []
    if found.broken:
        defects.append(Defect("incomplete geometry", "ways", found.broken, CUT))
    if box is None:
        defects.append(Defect("no box", "header", 1, "the extract doesn't say what it covers: no densities."))
    period = moment or found.newest
    sheet = Sheet(SOURCE, period[:10], Status.LOWER_BOUND)
    index = PointIndex.from_tables(tables)
    outside = _write(sheet, found, index, box)
    if outside:
        defects.append(Defect("outside every city", "objects", outside, "these objects count for no city."))
    provenance = {"file": path.name, "sha256": sha256_of(path), "instrument": "osm", "date": period[:10]}
    if box is not None:
        provenance["box"] = ",".join(f"{side:.6f}" for side in box)
    return Measured(sheet.table(), provenance, tuple(defects), CAVEATS)


def _header(osmium: Any, path: Path) -> tuple[tuple[float, float, float, float] | None, str]:
    """Box (south, west, north, east; None where absent) and time of the data."""
    with osmium.io.Reader(osmium.io.File(str(path), "pbf"), osmium.osm.osm_entity_bits.NOTHING) as reader:
        header = reader.header()
        box = header.box()
        moment = str(header.get("osmosis_replication_timestamp", ""))
        if not box.valid():
            return None, moment
        low, high = box.bottom_left, box.top_right
        return (low.lat, low.lon, high.lat, high.lon), moment


def _meet(one: Any, found: _Found) -> None:
    if not len(one.tags):
        return
    tags = {tag.k: tag.v for tag in one.tags if len(tag.v) <= TAG_LIMIT}
    found.newest = max(found.newest, one.timestamp.isoformat())
    if one.is_node():
        if one.location.valid():
            for feature in FEATURES:
                if feature.matches(tags):
                    found.add(feature.id, one.lat, one.lon)
    elif one.is_way():
        kind = track_of(tags)
        if kind is not None:
            _meet_track(kind, one, found)
        if one.is_closed():
            _meet_cut_area(tags, one, found)
    elif one.is_area():
        _meet_area(tags, one, found)


def _meet_area(tags: dict[str, str], area: Any, found: _Found) -> None:
    """Count an area at the middle of its first ring; one whose ways make no ring (all on one line) is broken."""
    wanted = [feature for feature in FEATURES if feature.matches(tags)]
    rings = list(_rings(area)) if wanted else []
    if not rings:
        found.broken += bool(wanted)
        return
    lat, lon = np.mean(rings[0][1], axis=0)
    for feature in wanted:
        found.add(feature.id, lat, lon)
        if feature.area:
            found.add(f"{feature.id}_area", lat, lon, sum(sign * ring_km2(ring) for sign, ring in rings))


def _meet_cut_area(tags: dict[str, str], way: Any, found: _Found) -> None:
    """Count a closed way that the edge cuts: it gives no area."""
    nodes = [(node.lat, node.lon) for node in way.nodes if node.location.valid()]
    wanted = [feature for feature in FEATURES if feature.matches(tags)]
    if nodes and wanted and len(nodes) < len(way.nodes):
        found.broken += 1
        lat, lon = np.mean(nodes, axis=0)
        for feature in wanted:
            found.add(feature.id, lat, lon)


def _rings(area: Any) -> Iterator[tuple[int, Any]]:
    """Rings of an area, outer 1 and inner -1, as (n, 2) arrays of degrees."""
    for outer in area.outer_rings():
        yield 1, np.array([(node.lat, node.lon) for node in outer])
        for inner in area.inner_rings(outer):
            yield -1, np.array([(node.lat, node.lon) for node in inner])


def _meet_track(kind: str, way: Any, found: _Found) -> None:
    nodes = [(node.lat, node.lon) for node in way.nodes if node.location.valid()]
    found.broken += len(nodes) < len(way.nodes)
    if len(nodes) > 1:
        line = np.array(nodes)
        lengths = distance_km(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1])
        for (lat, lon), length in zip((line[:-1] + line[1:]) / 2, lengths, strict=True):
            found.add(f"{kind}_length", float(lat), float(lon), float(length))


def ring_km2(ring: Any) -> float:
    """Area of a ring of (n, 2) degrees by the shoelace formula in Lambert's cylindrical equal-area projection."""
    x = np.radians(ring[:, 1]) * EARTH_RADIUS_KM
    y = np.sin(np.radians(ring[:, 0])) * EARTH_RADIUS_KM
    return float(abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)) / 2)


def _write(sheet: Sheet, found: _Found, index: PointIndex, box: tuple[float, float, float, float] | None) -> int:
    """Add up per city and boundary; return how many objects lie in no city."""
    placed = index.attribute(found.lat, found.lon)
    schema = {"kind": pl.String, "amount": pl.Float64}
    rows = pl.DataFrame({"kind": found.kind, "amount": found.amount}, schema=schema)
    rows = pl.concat([rows, placed.to_polars()], how="horizontal")
    areas = boundary_areas(index, box)
    units = {feature.id: feature.unit for feature in FEATURES} | {
        f"{one.id}_area": "km2" for one in FEATURES if one.area
    }
    units |= {f"{kind}_length": f"km of {kind} track" for kind in TRACKS}
    for city in sorted(set(rows["city"].drop_nulls().to_list()) | {city for city, _ in areas}):
        for ring in range(len(RINGS)):
            within = rows.filter(pl.col("city") == city, pl.col("ring") <= ring)
            area = areas.get((city, ring))
            if not within.height and not area:
                continue
            sums = within.group_by("kind").agg(pl.col("amount").sort().sum(), pl.len())
            amounts = {kind: (amount, count) for kind, amount, count in sums.iter_rows()}
            for kind, unit in units.items():
                amount, count = amounts.get(kind, (0.0, 0))
                sheet.add(f"osm_{kind}", unit, city, ring, amount, count)
                sheet.add(f"osm_{kind}_per_km2", f"{unit}, per km2", city, ring, amount / area if area else None, count)
            sheet.add("osm_area_covered", "km2 of the boundary inside the extract", city, ring, area, 0)
    return int((placed.city < 0).sum())


def boundary_areas(index: PointIndex, box: tuple[float, float, float, float] | None) -> dict[tuple[int, int], float]:
    """Area of each city's boundaries inside a box, by a grid of points that is even in area: (city, ring) -> km2."""
    if box is None:
        return {}
    south, west, north, east = box
    low, high = np.sin(np.radians([south, north]))
    steps = (np.arange(SAMPLES) + 0.5) / SAMPLES
    lat, lon = np.degrees(np.arcsin(low + (high - low) * steps)), west + (east - west) * steps
    grid = np.meshgrid(lat, lon, indexing="ij")
    placed = index.attribute(grid[0].ravel(), grid[1].ravel())
    each = EARTH_RADIUS_KM**2 * float(high - low) * float(np.radians(east - west)) / SAMPLES**2
    areas: dict[tuple[int, int], float] = {}
    for city in np.unique(placed.city[placed.city >= 0]).tolist():
        for ring in range(len(RINGS)):
            inside = (placed.city == city) & (placed.ring <= ring) & (placed.ring >= 0)
            areas[city, ring] = each * int(np.count_nonzero(inside))
    return areas
