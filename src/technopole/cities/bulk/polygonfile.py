"""The user's polygons: GeoJSON, GeoPackage or GeoParquet, in degrees of WGS 84. One unit a feature."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.core.errors import InputError
from technopole.snapshots.parquet import check_parquet, parquet, parquet_metadata

BYTES_LIMIT: Final = 1024**3
POLYGONS_LIMIT: Final = 1_000_000
IDS: Final = ("id", "ID_HDC_G0", "fid", "fua_code", "code", "osm_id")
NAMES: Final = ("name", "NAME", "UC_NM_MN", "eFUA_name", "fuaname", "name_en")
DEGREES: Final = frozenset({"4326", "CRS84", "4979", "4258", "4269"})
"""WGS 84 and the systems of Europe and North America that lie within two metres of it."""
DEGREES_REMEDY: Final = "convert them with ogr2ogr -t_srs EPSG:4326."


@dataclass(frozen=True)
class Polygons:
    """Geometries in well-known binary, and one row of ``id, slug, name, country`` each, in the order of the file."""

    shapes: list[bytes]
    units: pl.DataFrame


def read_polygons(path: Path) -> Polygons:
    """Read polygons by the file's ending.

    Raises
    ------
    InputError : no such file, too large, another ending, unreadable, no polygons, or not in degrees.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}.", "Name a GeoJSON, GeoPackage or GeoParquet file.")
    if path.stat().st_size > BYTES_LIMIT:
        raise InputError(f"{path.name} is larger than {BYTES_LIMIT:,} bytes:", "cut it, or simplify the polygons.")
    readers = {
        ".geojson": _geojson, ".json": _geojson, ".gpkg": _geopackage,
        ".parquet": _geoparquet, ".geoparquet": _geoparquet,
    }  # fmt: skip
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(f"{path.name} is no GeoJSON, GeoPackage or GeoParquet file by its name.", "Convert it.")
    shapes, rows = reader(path)
    if not shapes:
        raise InputError(f"{path.name} has no polygons.", "Give at least one.")
    if len(shapes) > POLYGONS_LIMIT:
        raise InputError(f"{path.name} has more than {POLYGONS_LIMIT:,} polygons:", "cut it.")
    return Polygons(shapes, _units(rows))


def _units(rows: list[dict[str, Any]]) -> pl.DataFrame:
    ids = [_first(row, IDS) or str(number) for number, row in enumerate(rows, 1)]
    if len(set(ids)) < len(ids):
        ids = [str(number) for number in range(1, len(rows) + 1)]
    names = [_first(row, NAMES) or one for row, one in zip(rows, ids, strict=True)]
    slugs = [re.sub(r"[^a-z0-9]+", "-", one.lower()).strip("-") for one in ids]
    empty = pl.Series("country", [None] * len(ids), dtype=pl.String)
    return pl.DataFrame({"id": ids, "slug": slugs, "name": names}).with_columns(empty)


def _first(row: dict[str, Any], keys: tuple[str, ...]) -> str | None:
    return next((str(row[key])[:200] for key in keys if isinstance(row.get(key), str | int)), None)


def _geojson(path: Path) -> tuple[list[bytes], list[dict[str, Any]]]:
    import shapely  # type: ignore[import-untyped,import-not-found,unused-ignore]

    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        features = content["features"] if content["type"] == "FeatureCollection" else [content]
        crs = content.get("crs")
        shapes, rows = [], []
        for feature in features:
            geometry = feature.get("geometry")
            if geometry is not None and geometry["type"] in {"Polygon", "MultiPolygon"}:
                shapes.append(bytes(shapely.to_wkb(shapely.from_geojson(json.dumps(geometry)))))
                rows.append({"id": feature.get("id")} | (feature.get("properties") or {}))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, shapely.errors.ShapelyError) as error:
        raise InputError(f"{path.name} can't be read as GeoJSON: {_short(error)}.", "Repair it.") from error
    _check_crs(path, "" if crs is None else json.dumps(crs))
    return shapes, rows


def _geoparquet(path: Path) -> tuple[list[bytes], list[dict[str, Any]]]:
    try:
        meta = json.loads(parquet_metadata(path)["geo"])
        column = meta["primary_column"]
        described = meta["columns"][column]
        check_parquet(path)
        table = parquet(path).filter(pl.col(column).is_not_null())
    except (pl.exceptions.PolarsError, OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path.name} can't be read as GeoParquet: {_short(error)}.", "Write it anew.") from error
    if described.get("encoding") != "WKB":
        raise InputError(f"{path.name}: geometries are not WKB:", "write them as WKB.")
    _check_crs(path, json.dumps(described["crs"].get("id", described["crs"])) if described.get("crs") else "")
    return _polygons(path, table[column].to_list(), table.drop(column).to_dicts())


def _geopackage(path: Path) -> tuple[list[bytes], list[dict[str, Any]]]:
    try:
        database = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            layers = database.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns").fetchall()
            if len(layers) != 1:
                raise InputError(f"{path.name} has {len(layers)} layers:", "give a file of one.")
            table, column, system = layers[0]
            _check_crs(path, str(system))
            quoted = '"' + str(table).replace('"', '""') + '"'
            cursor = database.execute(f"SELECT * FROM {quoted} LIMIT {POLYGONS_LIMIT + 1}")
            names = [one[0] for one in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor]
        finally:
            database.close()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path.name} can't be read as GeoPackage: {_short(error)}.", "Write it anew.") from error
    rows = [row for row in rows if isinstance(row[column], bytes)]
    return _polygons(path, [_without_header(row[column]) for row in rows], rows)


def _without_header(blob: bytes) -> bytes:
    """Well-known binary behind a GeoPackage header: 8 bytes, and an envelope whose kind stands in the flags."""
    kind = (blob[3] >> 1) & 7 if len(blob) > 8 else 0
    return blob[8 + {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}.get(kind, 0) :]


def _polygons(path: Path, blobs: list[bytes], rows: list[dict[str, Any]]) -> tuple[list[bytes], list[dict[str, Any]]]:
    import shapely  # type: ignore[import-untyped,import-not-found,unused-ignore]

    try:
        kinds = shapely.get_type_id(shapely.from_wkb(blobs))
    except (shapely.errors.ShapelyError, TypeError, ValueError) as error:
        raise InputError(f"{path.name} holds no valid geometry: {_short(error)}.", "Write it anew.") from error
    kept = [number for number, kind in enumerate(kinds) if kind in {3, 6}]
    return [blobs[number] for number in kept], [rows[number] for number in kept]


def _check_crs(path: Path, text: str) -> None:
    """Accept degrees of WGS 84 (no statement means just that in all three formats)."""
    words = set(re.findall(r"\b(?:CRS84|\d{4,6})\b", text))
    if words and not words & DEGREES:
        raise InputError(f"{path.name} is in the coordinate system {', '.join(sorted(words))}:", DEGREES_REMEDY)


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
