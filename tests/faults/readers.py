"""Every reader of files that strangers or users make, with seeds to begin from. A reader gives something or one line.

Seeds are the hand-written samples of the sources and small files made here; no upstream file is needed.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl
import yaml

from technopole.cities.bulk.pointfile import find_points
from technopole.cities.bulk.polygonfile import read_polygons
from technopole.cities.tables import CityTables
from technopole.claims.own import read_own as read_claims
from technopole.editions.format import MANIFEST
from technopole.editions.own_cities import with_cities
from technopole.editions.own_declarations import read_own
from technopole.editions.own_rows import read_rows
from technopole.editions.read import open_edition
from technopole.index.framework import read_framework
from technopole.index.generic import read_generic
from technopole.index.tabular import read_table
from technopole.instruments.gtfs import measure_gtfs
from technopole.instruments.osm import measure_osm
from technopole.publish.resolving import read_queries
from technopole.publish.runfile import replay_run
from technopole.publish.validate import read_list
from technopole.snapshots import tables
from technopole.snapshots.upstream import read_lock
from technopole.sources.registry import FOLDER

REPOSITORY = Path(__file__).parents[2]
FEED = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\n1,A,http://a,Europe/Helsinki\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\ns1,A,60.17,24.94\ns2,B,60.18,24.95\n",
    "routes.txt": "route_id,agency_id,route_short_name,route_type\nr,1,7,0\n",
    "trips.txt": "route_id,service_id,trip_id\nr,w,t1\nr,w,t2\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "t1,08:00:00,08:00:00,s1,1\nt1,08:05:00,08:05:00,s2,2\nt2,25:10:00,25:10:00,s1,1\nt2,25:15:00,25:15:00,s2,2\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "w,1,1,1,1,1,0,0,20240226,20240310\n",
    "calendar_dates.txt": "service_id,date,exception_type\nw,20240229,2\n",
}
OWN_FRAMEWORK = """
unit: {id: id}
screen: 0.6
defaults: {treat: skew_kurtosis_rule, normalise: {method: min_max, low: 1, high: 100}, aggregate: arithmetic}
index: {id: all, children: [{indicator: x}, {id: sub, children: [{indicator: y, direction: -1}]}]}
"""
STRANGE = b"name,lat,lon,value\nA,60.1,24.9,1\nB,24.9,60.1,NaN\nC,0,0,inf\nD,1e999,-200,-0\n" + b"x" * 2000 + b",,,\n"


@dataclass(frozen=True)
class Reader:
    """A reader: the name that its file has, what reads it, and files to begin from."""

    name: str
    read: Callable[[Path], object]
    seeds: Callable[[], Sequence[bytes]]


@cache
def cities() -> CityTables:
    """The reference tables of the shipped edition."""
    return open_edition().cities()


def samples(*patterns: str, most: int = 20_000) -> Callable[[], list[bytes]]:
    """Hand-written samples of the sources."""

    def found() -> list[bytes]:
        paths = sorted({path for pattern in patterns for path in FOLDER.glob(f"*/sample/**/{pattern}")})
        return [path.read_bytes() for path in paths if path.stat().st_size <= most][:25]

    return found


def repository(*names: str) -> Callable[[], list[bytes]]:
    """Files of the checkout."""
    return lambda: [(REPOSITORY / name).read_bytes() for name in names]


def texts(*contents: str | bytes) -> Callable[[], list[bytes]]:
    """Files as written here."""
    return lambda: [one if isinstance(one, bytes) else one.encode() for one in contents]


def locks() -> list[bytes]:
    """Small locks of sources."""
    return [path.read_bytes() for path in sorted(FOLDER.glob("*/lock.csv")) if path.stat().st_size < 5_000][:6]


def parquet() -> list[bytes]:
    """Small Parquet files."""
    frame = pl.DataFrame({"a": [1, None, 3], "b": ["x", "y", None], "c": [1.5, float("nan"), float("inf")]})
    made = []
    for compression in ("uncompressed", "snappy", "zstd"):
        buffer = io.BytesIO()
        frame.write_parquet(buffer, compression=compression)  # type: ignore[arg-type]
        made.append(buffer.getvalue())
    return made


def feed() -> list[bytes]:
    """A small GTFS feed, packed and stored."""
    made = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", method) as archive:
            for name, text in FEED.items():
                archive.writestr(name, text)
        made.append(buffer.getvalue())
    return made


def extract() -> list[bytes]:
    """A small OpenStreetMap extract."""
    import tempfile

    import osmium
    from osmium.osm.mutable import Node, Way

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "seed.osm.pbf"
        with osmium.SimpleWriter(str(path)) as writer:
            for number in range(1, 5):
                place = (24.94 + number / 1000, 60.17 + number % 2 / 1000)
                writer.add_node(Node(id=number, location=place, tags={"amenity": "charging_station"}))
            writer.add_way(Way(id=1, nodes=[1, 2, 3, 4, 1], tags={"leisure": "park", "railway": "subway"}))
        return [path.read_bytes()]


def run_files() -> list[bytes]:
    """A saved run."""
    import tempfile

    from technopole.index.generic import parse_generic
    from technopole.index.scoring import score
    from technopole.publish.runfile import save_run

    table = pl.DataFrame({"id": ["a", "b", "c"], "x": [1.0, 2.0, 3.0], "y": [3.0, 1.0, 2.0]})
    framework = parse_generic(yaml.safe_load(OWN_FRAMEWORK), "seed")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "run.json"
        save_run(score(table, framework), table, path)
        return [path.read_bytes()]


def manifest(path: Path) -> object:
    """An edition with this manifest."""
    opened = open_edition(path.parent)
    return opened.id, sorted(opened.sources)


def small_manifest() -> list[bytes]:
    """The shipped manifest with one source."""
    whole = json.loads((open_edition().folder / MANIFEST).read_text(encoding="utf-8"))
    first = next(iter(whole["sources"]))
    return [json.dumps(whole | {"sources": {first: whole["sources"][first]}}).encode()]


ROWS = "variable,place,city,country,boundary,value,unit,period\nmakerspaces,helsinki,,,core,4,places,2026\n"
POLYGON = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "properties": {"id": "a", "name": "A"},
         "geometry": {"type": "Polygon", "coordinates": [[[24, 60], [25, 60], [25, 61], [24, 60]]]}}
    ],
}  # fmt: skip
LIST = "rank,city,country\n1,Tokyo,Japan\n2,Seoul,KR\n3,Helsinki,FI\n"
CLAIMS = "claims:\n  - {city: Tokyo, statement: Tokyo leads, indicator: patents, claim: first}\n"

READERS: dict[str, Reader] = {
    "csv": Reader("in.csv", tables.read_csv, samples("*.csv")),
    "table": Reader("in.csv", read_table, texts(STRANGE, ROWS, LIST)),
    "sheet": Reader("in.xlsx", lambda path: tables.read_sheet(path, header_row=1), samples("*.xlsx", "*.xls")),
    "parquet": Reader("in.parquet", read_table, parquet),
    "json": Reader("in.json", tables.read_json, samples("*.json")),
    "lock": Reader("lock.csv", read_lock, locks),
    "framework": Reader("in.yaml", read_framework, repository("frameworks/high-tech-cities.yaml")),
    "own framework": Reader("in.yaml", read_generic, texts(OWN_FRAMEWORK)),
    "declarations": Reader("in.yaml", read_own, lambda: [DECLARED.encode()]),
    "rows": Reader("in.csv", lambda path: read_rows([path], {}, cities()), texts(ROWS)),
    "cities": Reader(
        "in.csv", lambda path: with_cities(cities(), path),
        texts("name,country,latitude,longitude,population_thousands\nNuuksio,FI,60.30,24.50,5\n"),
    ),
    "claims": Reader("in.yaml", lambda path: read_claims(path, last_year=2026), texts(CLAIMS)),
    "list": Reader("in.csv", read_list, texts(LIST)),
    "places": Reader("in.csv", read_queries, texts("name,country,admin1,lat,lon\nVeldhoven,NL,,,\n,,,60.1,24.9\n")),
    "points": Reader("in.csv", find_points, texts(STRANGE, "lat\tlon\n1\t2\n")),
    "polygons": Reader("in.geojson", read_polygons, texts(json.dumps(POLYGON))),
    "gtfs": Reader("in.zip", lambda path: measure_gtfs(path, cities()), feed),
    "osm": Reader("in.osm.pbf", lambda path: measure_osm(path, cities()), extract),
    "run": Reader("in.json", replay_run, run_files),
    "edition": Reader(MANIFEST, manifest, small_manifest),
}  # fmt: skip
DECLARED = """
sources:
  - {id: survey, title: A survey, licence: CC0, licence_class: open, citation: Ours., vintage: "2026",
     variables: [{id: makerspaces, title: Makerspaces, unit: places, period: "2026"}]}
"""
