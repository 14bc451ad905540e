"""Points per second and peak memory of `technopole attribute`, beside a KD-tree and a spatial join. Prints only.

Run: python benchmarks/attribute.py [--points N ...] [--engines duckdb spark kdtree sjoin] [--folder DIR] [--check]

Each run is a process of its own and goes from Parquet to counts. Its peak memory is the high-water mark of its resident
memory and of all processes that it started (Java, Spark's Python workers), added; its CPU seconds are theirs too. On a
busy machine the CPU seconds tell more than the clock: the load before each run is printed beside it.

Points are uniform on the sphere, or city-like: a gazetteer place drawn by population, plus 0.1 degrees of noise.
The KD-tree (SciPy) and the spatial join (geopandas: circles as polygons) hold all points in memory and do less: a
KD-tree gives the nearest anchors, of which the smallest ratio is chosen, `sjoin` all circles that hold a point; neither
looks at countries.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from technopole.cities.bulk.attribute import attribute_points
from technopole.cities.bulk.cache import cache_folder
from technopole.cities.bulk.citycells import city_cells, city_rule, city_territory
from technopole.cities.bulk.columns import Columns
from technopole.cities.bulk.engines import spark_session
from technopole.cities.bulk.pointfile import find_points
from technopole.cities.bulk.territory import BY_ANCHOR, EXACT
from technopole.cities.points import EARTH_RADIUS_KM, FACTORS, REACH, unit_vectors
from technopole.cities.tables import CityTables
from technopole.editions.shipped import latest_edition

CHUNK = 5_000_000
KINDS = ("uniform", "city-like")
SAMPLE = 100_000
HELD_AT_MOST = 10_000_000
"""Points that the KD-tree and the spatial join are given at most: they hold all of them in memory."""


def make_points(kind: str, size: int, folder: Path, tables: CityTables) -> Path:
    """Write a folder of Parquet files, if it isn't there."""
    target = folder / f"{kind}-{size}"
    if target.is_dir():
        return target
    unfinished = folder / f".{kind}-{size}-{os.getpid()}"
    unfinished.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for part, first in enumerate(range(0, size, CHUNK)):
        lat, lon = coordinates(kind, min(CHUNK, size - first), rng, tables)
        pl.DataFrame({"lat": lat, "lon": lon}).write_parquet(unfinished / f"{part:04}.parquet")
    return unfinished.rename(target)


def coordinates(kind: str, count: int, rng: np.random.Generator, tables: CityTables) -> tuple[np.ndarray, np.ndarray]:
    """Latitudes and longitudes of synthetic points."""
    if kind == "uniform":
        return np.degrees(np.arcsin(rng.uniform(-1, 1, count))), rng.uniform(-180, 180, count)
    places = tables.gazetteer
    weight = places["population"].to_numpy() + 1.0
    chosen = rng.choice(len(weight), count, p=weight / weight.sum())
    lat = np.clip(places["latitude"].to_numpy()[chosen] + rng.normal(0, 0.1, count), -90, 90)
    return lat, np.clip(places["longitude"].to_numpy()[chosen] + rng.normal(0, 0.1, count), -180, 180)


def run_one(engine: str, path: Path) -> dict[str, Any]:
    """Time one engine on one folder; the table of cells is in the cache."""
    tables = CityTables.read(latest_edition() / "reference")
    territory = city_territory(tables, cache_folder())
    more: dict[str, Any] = {}
    if engine == "spark":
        spark_session()  # starting Java isn't the attribution's time
    cpu, start = usage()["cpu"], time.perf_counter()
    if engine in {"kdtree", "sjoin"}:
        points = pl.read_parquet(path / "*.parquet")
        lat, lon = points["lat"].to_numpy(), points["lon"].to_numpy()
        held = (by_kdtree if engine == "kdtree" else by_sjoin)(lat, lon, tables)
    else:
        result = attribute_points(find_points(path), Columns("lat", "lon"), territory, engine=engine)
        held = int(result.inside.filter(pl.col("boundary") == "region")["points"].sum())
        more["digest"] = digest_of(result.inside)
    seconds = time.perf_counter() - start
    if engine == "spark":
        more["shuffle"] = shuffled_bytes()
    used = usage()
    return {"seconds": seconds, "held": held, "cpu": used["cpu"] - cpu, "mib": used["mib"], **more}


def digest_of(inside: pl.DataFrame) -> str:
    """Hash of all counts, city by city and boundary by boundary: equal where the results are."""
    import hashlib

    return hashlib.sha256(inside.sort("boundary", "id").write_csv().encode()).hexdigest()[:12]


def usage() -> dict[str, float]:
    """CPU seconds and peak resident memory (MiB) of this process and of its descendants that live."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    own, grown = {os.getpid()}, True
    while grown:
        more = {child for child, parent in parents.items() if parent in own} - own
        own |= more
        grown = bool(more)
    ticks = os.sysconf("SC_CLK_TCK")
    total = {"cpu": 0.0, "mib": 0.0}
    for process in own:
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
        except OSError:
            continue
        total["cpu"] += sum(int(one) for one in fields[11:15]) / ticks  # its own, and those of children that ended
        total["mib"] += sum(float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    return total


def shuffled_bytes() -> int:
    """Bytes that all stages of the Spark session wrote for a shuffle."""
    context = spark_session().sparkContext
    context._jsc.sc().listenerBus().waitUntilEmpty()  # figures come late
    java = context._gateway.jvm
    # py4j knows no default arguments: all stages, without details, summaries, quantiles and tasks
    quantiles = context._gateway.new_array(java.double, 0)
    lists = [java.java.util.ArrayList() for _ in range(2)]
    stages = context._jsc.sc().statusStore().stageList(lists[0], False, False, quantiles, lists[1])
    return sum(int(stages.apply(number).shuffleWriteBytes()) for number in range(stages.size()))


def by_kdtree(lat: np.ndarray, lon: np.ndarray, tables: CityTables) -> int:
    """How many points lie in a region."""
    from scipy.spatial import cKDTree

    anchors = tables.anchors
    tree = cKDTree(unit_vectors(anchors["latitude"].to_numpy(), anchors["longitude"].to_numpy()))
    radius = anchors["radius_km"].to_numpy()
    held = 0
    for first in range(0, len(lat), 500_000):
        chord, near = tree.query(unit_vectors(lat[first : first + 500_000], lon[first : first + 500_000]), k=16)
        ratio = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1)) / radius[near]
        held += int((ratio.min(axis=1) <= REACH).sum())
    return held


def by_sjoin(lat: np.ndarray, lon: np.ndarray, tables: CityTables) -> int:
    """How many points lie in a region."""
    import geopandas
    import shapely

    angle = np.linspace(0, 2 * np.pi, 65)
    circles = []
    for north, east, radius in tables.anchors.select("latitude", "longitude", "radius_km").iter_rows():
        degrees = np.degrees(REACH * radius / EARTH_RADIUS_KM)
        around = east + degrees * np.cos(angle) / np.cos(np.radians(north)), north + degrees * np.sin(angle)
        circles.append(shapely.Polygon(np.column_stack(around)))
    units = geopandas.GeoDataFrame({"city": tables.anchors["city"].to_list()}, geometry=circles, crs=4326)
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lon, lat), crs=4326)
    return int(geopandas.sjoin(points, units, predicate="within").index.nunique())


def by_brute_force(lat: np.ndarray, lon: np.ndarray, tables: CityTables) -> pl.DataFrame:
    """City and ring of each point (null for none), from its ratio to every anchor and its distance to every place.

    Shares no code with the attribution but the constants: no cells, no tree.
    """
    country = dict(tables.frame.select("city", "country").iter_rows())
    anchors = tables.anchors.sort("city")
    city = anchors["city"].to_numpy()
    state = np.array([country[one] for one in city.tolist()])
    place = unit_vectors(tables.gazetteer["latitude"].to_numpy(), tables.gazetteer["longitude"].to_numpy())
    place_state = tables.gazetteer["country"].to_numpy()
    spot = unit_vectors(anchors["latitude"].to_numpy(), anchors["longitude"].to_numpy())
    point = unit_vectors(lat, lon)
    found: list[int | None] = []
    rings: list[int | None] = []
    for first in range(0, len(lat), 1_000):
        chord = np.sqrt(np.maximum(2 - 2 * point[first : first + 1_000] @ spot.T, 0))
        ratios = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord / 2, 1)) / anchors["radius_km"].to_numpy()
        for number, ratio in enumerate(ratios, first):
            rivals = np.flatnonzero(ratio <= REACH)
            if len(set(state[rivals])) > 1:
                home = place_state[np.argmax(place @ point[number])]
                rivals = rivals[state[rivals] == home] if home in state[rivals] else rivals
            best = rivals[np.argmin(ratio[rivals])] if len(rivals) else None
            found.append(None if best is None else int(city[best]))
            rings.append(None if best is None else next(k for k, factor in enumerate(FACTORS) if ratio[best] <= factor))
    return pl.DataFrame({"city": found, "ring": rings}, schema={"city": pl.Int64, "ring": pl.Int8})


def check(path: Path, tables: CityTables) -> None:
    """The first 100,000 points, city by city: both engines against brute force."""
    sample = pl.read_parquet(path / "0000.parquet", n_rows=SAMPLE)
    found = by_brute_force(sample["lat"].to_numpy(), sample["lon"].to_numpy(), tables)
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
                print(
                    f"  {engine} {boundary}: {len(got):,} cities, equal to brute force: {got == expected}", flush=True
                )


def describe_cells(tables: CityTables) -> None:
    """Time to make the table of cells, its size, and the share of points that it leaves open."""
    cpu, start = time.process_time(), time.perf_counter()
    cells = city_cells(city_rule(tables))
    small = cells.filter(pl.col("cell") < 0).height
    print(
        f"table of cells: {time.perf_counter() - start:.1f} s, {time.process_time() - cpu:.1f} CPU s,"
        f" {cells.height - small:,} cells and {small:,} small ones"
    )
    territory = city_territory(tables, cache_folder())
    for kind in KINDS:
        lat, lon = coordinates(kind, 1_000_000, np.random.default_rng(0), tables)

        def number(per_degree: int, lat: np.ndarray = lat, lon: np.ndarray = lon) -> np.ndarray:
            row, column = (np.floor((one + top) * per_degree) for one, top in ((lat, 90), (lon, 180)))
            return (row * 360 * per_degree + column).astype(np.int64)

        points = pl.DataFrame(
            {"cell": number(territory.per_degree), "small": number(territory.per_degree * territory.finer)}
        )
        joined = points.join(territory.grid(), on="cell", how="left").join(territory.small(), on="small", how="left")
        code = pl.col("cell_code").fill_null(0)
        left, by_anchor = (
            joined.filter(pl.when(code == EXACT).then(pl.col("small_code").fill_null(EXACT)).otherwise(code) == one)
            for one in (EXACT, BY_ANCHOR)
        )
        print(
            f"  {kind}: {left.height / points.height:.2%} of points are left to the exact rule"
            f" ({joined.filter(code == EXACT).height / points.height:.2%} without small cells),"
            f" {by_anchor.height / points.height:.1%} to the distance to one anchor"
        )


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--points", type=int, nargs="+", default=[1_000_000, 10_000_000, 100_000_000])
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
    describe_cells(tables)
    for kind in given.kinds:
        for size in given.points:
            path = make_points(kind, size, given.folder, tables)
            compare(kind, size, path, given.engines)
        if given.check:
            check(make_points(kind, given.points[0], given.folder, tables), tables)


def compare(kind: str, size: int, path: Path, engines: list[str]) -> None:
    """Run the engines on one folder of points, one after another; ratios are CPU seconds over those of the first."""
    base: dict[str, Any] | None = None
    for engine in engines:
        if engine in {"kdtree", "sjoin"} and size > HELD_AT_MOST:
            continue
        load = os.getloadavg()[0]
        command = [sys.executable, __file__, "--one", engine, str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = done.stderr.strip().splitlines()
            print(f"{kind} {size:,} {engine}: failed: {next((one for one in lines if 'Error' in one), lines[-1])}")
            continue
        one = json.loads(done.stdout.splitlines()[-1])
        base = base or one
        same = f", counts {one['digest']}" if "digest" in one else ""
        shuffle = f", {one['shuffle'] / 1e6:,.2f} MB shuffled" if "shuffle" in one else ""
        print(
            f"{kind:>9} {size:>11,} {engine:>7}: {one['seconds']:7.1f} s, {size / one['seconds']:>10,.0f} points/s,"
            f" {one['cpu']:6.1f} CPU s ({one['cpu'] / base['cpu']:.1f} x), {one['mib']:6,.0f} MiB,"
            f" {one['held'] / size:.2%} held{same}{shuffle} (load before: {load:.1f})",
            flush=True,
        )


if __name__ == "__main__":
    main()
