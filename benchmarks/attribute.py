"""Points per second and peak memory of `technopole attribute`, beside a KD-tree and a spatial join. Prints only.

Run: python benchmarks/attribute.py [--points N ...] [--engines duckdb spark kdtree sjoin] [--folder DIR]

Each run is a process of its own, so that its peak memory is its own; on Spark it is that of Python and of Java, added.
Points are uniform on the sphere, or city-like: a gazetteer place drawn by population, plus 0.1 degrees of noise.
The KD-tree (SciPy) and the spatial join (geopandas: circles as polygons) have the points in memory already; a KD-tree
gives the nearest anchors, of which the smallest ratio is chosen, without regard for countries.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

from technopole.cities.bulk.attribute import attribute_points
from technopole.cities.bulk.cache import cache_folder
from technopole.cities.bulk.citycells import city_territory
from technopole.cities.bulk.columns import Columns
from technopole.cities.bulk.engines import spark_session
from technopole.cities.bulk.pointfile import find_points
from technopole.cities.points import REACH, PointIndex, unit_vectors
from technopole.cities.tables import CityTables
from technopole.editions.shipped import latest_edition

CHUNK = 5_000_000
KINDS = ("uniform", "city-like")


def make_points(kind: str, size: int, folder: Path, tables: CityTables) -> Path:
    """Write a folder of Parquet files, if it isn't there."""
    target = folder / f"{kind}-{size}"
    if target.is_dir():
        return target
    target.mkdir(parents=True)
    rng = np.random.default_rng(0)
    weight = tables.gazetteer["population"].to_numpy() + 1.0
    for part, first in enumerate(range(0, size, CHUNK)):
        count = min(CHUNK, size - first)
        if kind == "uniform":
            lat, lon = np.degrees(np.arcsin(rng.uniform(-1, 1, count))), rng.uniform(-180, 180, count)
        else:
            chosen = rng.choice(len(weight), count, p=weight / weight.sum())
            lat = np.clip(tables.gazetteer["latitude"].to_numpy()[chosen] + rng.normal(0, 0.1, count), -90, 90)
            lon = np.clip(tables.gazetteer["longitude"].to_numpy()[chosen] + rng.normal(0, 0.1, count), -180, 180)
        pl.DataFrame({"lat": lat, "lon": lon}).write_parquet(target / f"{part:04}.parquet")
    return target


def run_one(engine: str, path: Path) -> dict[str, float]:
    """Time one engine on one folder; the tables of cells are in the cache."""
    tables = CityTables.read(latest_edition() / "reference")
    territory = city_territory(tables, cache_folder())
    before = time.process_time()
    if engine in {"kdtree", "sjoin"}:
        points = pl.read_parquet(path / "*.parquet")
        lat, lon = points["lat"].to_numpy(), points["lon"].to_numpy()
        start = time.perf_counter()
        held = (by_kdtree if engine == "kdtree" else by_sjoin)(lat, lon, tables)
    else:
        if engine == "spark":
            spark_session()  # starting Java isn't the attribution's time
        start = time.perf_counter()
        result = attribute_points(find_points(path), Columns("lat", "lon"), territory, engine=engine)
        held = int(result.inside.filter(pl.col("boundary") == "region")["points"].sum())
    return {
        "seconds": time.perf_counter() - start,
        "cpu": time.process_time() - before,
        "held": held,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 + java_mib(),
    }


def java_mib() -> float:
    """Peak memory of the Java processes that this process started."""
    total = 0.0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        except OSError:
            continue
        if fields["Name"].strip() == "java" and int(fields["PPid"]) == os.getpid():
            total += float(fields["VmHWM"].split()[0]) / 1024
    return total


def by_kdtree(lat: np.ndarray, lon: np.ndarray, tables: CityTables) -> int:
    from scipy.spatial import cKDTree

    anchors = tables.anchors
    tree = cKDTree(unit_vectors(anchors["latitude"].to_numpy(), anchors["longitude"].to_numpy()))
    radius = anchors["radius_km"].to_numpy()
    held = 0
    for first in range(0, len(lat), 500_000):
        chord, near = tree.query(unit_vectors(lat[first : first + 500_000], lon[first : first + 500_000]), k=16)
        ratio = 2 * 6371.0088 * np.arcsin(np.minimum(chord / 2, 1)) / radius[near]
        held += int((ratio.min(axis=1) <= REACH).sum())
    return held


def by_sjoin(lat: np.ndarray, lon: np.ndarray, tables: CityTables) -> int:
    import geopandas

    angle = np.linspace(0, 2 * np.pi, 65)
    circles = []
    import shapely

    for north, east, radius in tables.anchors.select("latitude", "longitude", "radius_km").iter_rows():
        degrees = np.degrees(REACH * radius / 6371.0088)
        circles.append(
            shapely.Polygon(
                np.column_stack(
                    (east + degrees * np.cos(angle) / np.cos(np.radians(north)), north + degrees * np.sin(angle))
                )
            )
        )
    units = geopandas.GeoDataFrame({"city": tables.anchors["city"].to_list()}, geometry=circles, crs=4326)
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, lat), crs=4326)
    joined = geopandas.sjoin(points, units, predicate="within")
    return int(joined.index.nunique())


def check(path: Path, tables: CityTables) -> None:
    """The first 100,000 points, city by city: both engines against the exact rule, one point after another."""
    sample = pl.read_parquet(path / "0000.parquet", n_rows=100_000)
    found = PointIndex.from_tables(tables).attribute(sample["lat"].to_numpy(), sample["lon"].to_numpy()).to_polars()
    with tempfile.TemporaryDirectory() as scratch:
        sample.write_parquet(Path(scratch) / "sample.parquet")
        territory = city_territory(tables, cache_folder())
        for engine in ("duckdb", "spark"):
            files = find_points(Path(scratch) / "sample.parquet")
            inside = attribute_points(files, Columns("lat", "lon"), territory, engine=engine).inside
            for ring, boundary in enumerate(territory.rings):
                held = found.filter(pl.col("ring") <= ring).group_by(id=pl.col("city").cast(pl.String)).len()
                expected = dict(held.iter_rows())
                got = dict(inside.filter(pl.col("boundary") == boundary).select("id", "points").iter_rows())
                print(f"  {engine} {boundary}: {len(got):,} cities, equal to brute force: {got == expected}")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--points", type=int, nargs="+", default=[10_000_000])
    options.add_argument("--engines", nargs="+", default=["duckdb", "spark", "kdtree", "sjoin"])
    options.add_argument("--kinds", nargs="+", default=list(KINDS))
    options.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "technopole-points")
    options.add_argument("--check", action="store_true")
    options.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.one:
        print(json.dumps(run_one(given.one[0], Path(given.one[1]))))
        return
    tables = CityTables.read(latest_edition() / "reference")
    city_territory(tables, cache_folder())
    for kind in given.kinds:
        for size in given.points:
            path = make_points(kind, size, given.folder, tables)
            for engine in given.engines:
                load = os.getloadavg()[0]
                done = subprocess.run(
                    [sys.executable, __file__, "--one", engine, str(path)], capture_output=True, text=True, check=False
                )
                if done.returncode:
                    print(f"{kind} {size:,} {engine}: failed: {done.stderr.strip().splitlines()[-1]}")
                    continue
                one = json.loads(done.stdout.splitlines()[-1])
                print(
                    f"{kind:>9} {size:>11,} {engine:>7}: {one['seconds']:7.1f} s, {size / one['seconds']:>10,.0f}"
                    f" points/s, {one['mib']:6,.0f} MiB, {one['held'] / size:.1%} held, Python {one['cpu']:.0f} CPU s"
                    f" (load before: {load:.1f})",
                    flush=True,
                )
        if given.check:
            check(path, tables)


if __name__ == "__main__":
    main()
