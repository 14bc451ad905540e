"""The user's polygons instead of the cities: equal to a test of each point against each polygon, in three formats."""

from __future__ import annotations

import json
import sqlite3
import struct
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from technopole.cities.bulk.attribute import attribute_points
from technopole.cities.bulk.columns import Columns
from technopole.cities.bulk.pointfile import find_points
from technopole.cities.bulk.polygons import polygon_cells, polygon_territory
from technopole.core.errors import InputError
from technopole.snapshots.upstream import mirror_folder

pytestmark = pytest.mark.filterwarnings("ignore:fetch_.*is deprecated:DeprecationWarning")
INSTRUMENTS = mirror_folder(Path(__file__).parents[2]) / "instruments"
HOLE = shapely.Polygon([(0, 0), (4, 0), (4, 4), (0, 4)], [[(1, 1), (1, 2), (2, 2), (2, 1)]])
OVERLAP = shapely.Polygon([(3, 3), (6, 3), (6, 6), (3, 6)])
PARTS = shapely.MultiPolygon([shapely.box(10, -5, 10.3, -4.7), shapely.box(-180, 80, -179, 90)])
SHAPES = [HOLE, OVERLAP, PARTS]


def as_geojson(path: Path, shapes: list[Any], **extra: object) -> Path:
    features = [
        {"type": "Feature", "properties": {"name": f"unit {n}"}, "geometry": json.loads(shapely.to_geojson(one))}
        for n, one in enumerate(shapes)
    ]
    features.append({"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [0, 0]}})
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **extra}))
    return path


def as_geoparquet(path: Path, shapes: list[Any], crs: object = None) -> Path:
    column: dict[str, object] = {"encoding": "WKB", "geometry_types": []}
    geo = {"version": "1.1.0", "primary_column": "shape", "columns": {"shape": column | ({"crs": crs} if crs else {})}}
    names = [f"unit {n}" for n in range(len(shapes))]
    table = pl.DataFrame({"name": names, "shape": [shapely.to_wkb(one) for one in shapes]})
    table.write_parquet(path, metadata={"geo": json.dumps(geo)})
    return path


def as_geopackage(path: Path, shapes: list[Any], system: int = 4326) -> Path:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE gpkg_geometry_columns (table_name, column_name, srs_id)")
    database.execute("INSERT INTO gpkg_geometry_columns VALUES ('units', 'geom', ?)", [system])
    database.execute("CREATE TABLE units (fid INTEGER PRIMARY KEY, name TEXT, geom BLOB)")
    for n, one in enumerate(shapes):
        west, south, east, north = one.bounds
        header = b"GP\0\3" + struct.pack("<i4d", system, west, east, south, north)
        database.execute("INSERT INTO units VALUES (?, ?, ?)", [n + 1, f"unit {n}", header + shapely.to_wkb(one)])
    database.commit()
    database.close()
    return path


@pytest.fixture(scope="module")
def points() -> pl.DataFrame:
    """Points around, in, and exactly on the borders and corners."""
    rng = np.random.default_rng(5)
    lat, lon = rng.uniform(-6, 8, 20_000), rng.uniform(-2, 12, 20_000)
    edge = np.repeat([0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 0.975, 4.025], 8)
    lat = np.concatenate([lat, edge, np.tile(edge[::8], 8), [90.0, 85.0, 95.0]])
    lon = np.concatenate([lon, np.tile(edge[::8], 8), edge, [-180.0, 180.0, 0.0]])
    return pl.DataFrame({"lat": lat, "lon": lon})


@pytest.mark.parametrize(
    ("name", "write"),
    [("units.geojson", as_geojson), ("units.parquet", as_geoparquet), ("units.gpkg", as_geopackage)],
)
def test_three_formats_give_the_counts_of_single_points(
    name: str, write: Any, points: pl.DataFrame, tmp_path: Path
) -> None:
    territory = polygon_territory(write(tmp_path / name, SHAPES))
    assert territory.units["name"].to_list() == ["unit 0", "unit 1", "unit 2"]
    points.write_parquet(tmp_path / "points.parquet")
    result = attribute_points(find_points(tmp_path / "points.parquet"), Columns("lat", "lon"), territory)
    spots = shapely.points(points["lon"].to_numpy(), points["lat"].to_numpy())
    inside = np.array([shapely.intersects(shape, spots) for shape in SHAPES])
    inside[:, np.abs(points["lat"].to_numpy()) > 90] = False
    first = np.where(inside.any(axis=0), inside.argmax(axis=0), -1)
    expected = {f"unit {n}": int((first == n).sum()) for n in range(3)}
    assert dict(result.inside.select("name", "points").iter_rows()) == expected
    reasons = {"outside every polygon": int((first == -1).sum()) - 1, "coordinates out of range": 1}
    assert dict(result.outside.select("reason", "points").iter_rows()) == reasons
    assert set(result.inside["boundary"]) == {"polygon"}


def test_cells_of_polygons_are_sure(points: pl.DataFrame, tmp_path: Path) -> None:
    territory = polygon_territory(as_geojson(tmp_path / "units.geojson", SHAPES))
    rng = np.random.default_rng(0)
    cells = polygon_cells(SHAPES, 10).filter(pl.col("code") >= 0)
    assert cells.height > 500
    row, column = np.divmod(np.repeat(cells["cell"].to_numpy(), 4), 3600)
    lat = (row + rng.choice([0.0, 0.5, 1.0], len(row))) / 10 - 90
    lon = (column + rng.choice([0.0, 0.5, 1.0], len(row))) / 10 - 180
    assert (territory.exact(lat, lon, None) == np.repeat(cells["code"].to_numpy(), 4)).all()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.geojson", "{", "can't be read as GeoJSON"),
        ("a.geojson", "[" * 100_000, "can't be read as GeoJSON"),
        ("a.geojson", '{"type": "FeatureCollection", "features": []}', "no polygons"),
        ("a.geojson", '{"type": "FeatureCollection", "features": [{"geometry": {"type": "Polygon"}}]}', "GeoJSON"),
        ("a.shp", "", "no GeoJSON"),
        ("a.gpkg", "nothing", "can't be read as GeoPackage"),
        ("a.parquet", "PAR1", "can't be read as GeoParquet"),
    ],
)
def test_wrong_polygons_give_one_line(name: str, content: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(InputError) as error:
        polygon_territory(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_another_coordinate_system_is_refused(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    files = [
        as_geojson(tmp_path / "a.geojson", SHAPES, crs=crs),
        as_geoparquet(tmp_path / "a.parquet", SHAPES, {"id": {"authority": "ESRI", "code": 54009}}),
        as_geopackage(tmp_path / "a.gpkg", SHAPES, 3857),
    ]
    for path in files:
        with pytest.raises(InputError, match="is in the coordinate system"):
            polygon_territory(path)
    metres = shapely.transform(HOLE, lambda xy: xy * 111_320)
    with pytest.raises(InputError, match="beyond 180 or 90 degrees"):
        polygon_territory(as_geojson(tmp_path / "b.geojson", [metres]))
    degrees = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    assert polygon_territory(as_geojson(tmp_path / "c.geojson", SHAPES, crs=degrees)).units.height == 3


@settings(max_examples=60)
@given(
    kind=st.sampled_from(["geojson", "parquet", "gpkg"]), place=st.integers(0, 20_000), damage=st.binary(max_size=12)
)
def test_any_damage_gives_units_or_one_line(
    kind: str, place: int, damage: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / f"a.{kind}"
    {"geojson": as_geojson, "parquet": as_geoparquet, "gpkg": as_geopackage}[kind](path, [shapely.box(0, 0, 0.1, 0.1)])
    content = bytearray(path.read_bytes())
    place %= len(content)
    path.write_bytes(content[:place] + damage + content[place + len(damage) :])
    try:
        polygon_territory(path)
    except InputError as error:
        assert "\n" not in str(error)


def shapefile_points(content: bytes) -> list[tuple[float, float]]:
    """Longitude and latitude of a shapefile of points, by its layout."""
    return [struct.unpack_from("<2d", content, at + 12) for at in range(100, len(content), 28)]  # type: ignore[misc]


def test_shops_of_tokyo_and_stations_of_singapore(tmp_path: Path) -> None:
    """Real points: every shop of Tokyo's wards is in Tokyo, every station of Singapore in Singapore.

    Two stations on the strait are nearer to a place in Johor: only their country says that they are Singapore's.
    """
    import zipfile

    from technopole.cities.bulk.citycells import city_territory
    from technopole.cities.tables import CityTables
    from technopole.editions.shipped import latest_edition

    shops, rail = INSTRUMENTS / "tokyo23ku-cvs.zip", INSTRUMENTS / "sg-rail.geojson"
    if not shops.is_file() or not rail.is_file():
        pytest.skip(f"no real points at {INSTRUMENTS}: the mirror isn't here")
    with zipfile.ZipFile(shops) as archive:
        tokyo = shapefile_points(archive.read("tokyo23ku-cvs/tokyo23ku-cvs_jgd2000.shp"))
        # the database file beside it says how many there are
        (records,) = struct.unpack_from("<I", archive.read("tokyo23ku-cvs/tokyo23ku-cvs_jgd2000.dbf"), 4)
    features = json.loads(rail.read_text(encoding="utf-8"))["features"]
    stations = [one["geometry"]["coordinates"] for one in features if one["properties"].get("stop_type") == "station"]
    rows = [(lat, lon, "shop", "JP") for lon, lat in tokyo]
    rows += [(lat, lon, "station", "SG") for lon, lat in stations]
    path = tmp_path / "points.parquet"
    pl.DataFrame(rows, schema=["lat", "lon", "kind", "iso"], orient="row").write_parquet(path)
    territory = city_territory(CityTables.read(latest_edition() / "reference"), tmp_path / "cache")
    result = attribute_points(
        find_points(path), Columns("lat", "lon", by="kind", country="iso"), territory, boundaries=["agglomeration"]
    )
    held = {(name, kind): count for name, kind, count in result.inside.select("name", "category", "points").iter_rows()}
    assert held == {("Tokyo", "shop"): records, ("Singapore", "station"): len(stations)}
    assert records > 3_000
    assert len(stations) > 100
