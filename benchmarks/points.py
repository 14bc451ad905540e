"""Points per second of the attribution, with and without countries. Prints; asserts nothing.

Run: python benchmarks/points.py FOLDER, where FOLDER holds the reference tables (reference/ of an edition).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

from technopole.cities.points import PointIndex
from technopole.cities.tables import CityTables

POINTS = 1_000_000


def main(folder: Path) -> None:
    tables = CityTables.read(folder)
    start = time.perf_counter()
    index = PointIndex.from_tables(tables)
    print(f"index of {len(tables.anchors):,} anchors: {time.perf_counter() - start:.2f} s")
    rng = np.random.default_rng(0)
    weight = tables.gazetteer["population"].to_numpy() + 1.0
    chosen = rng.choice(len(weight), POINTS, p=weight / weight.sum())
    latitude = np.clip(tables.gazetteer["latitude"].to_numpy()[chosen] + rng.normal(0, 0.1, POINTS), -90, 90)
    longitude = np.clip(tables.gazetteer["longitude"].to_numpy()[chosen] + rng.normal(0, 0.1, POINTS), -180, 180)
    country = tables.gazetteer["country"].gather(pl.Series(chosen))
    for name, codes in (("without country", None), ("with country", country)):
        start = time.perf_counter()
        found = index.attribute(latitude, longitude, codes)
        seconds = time.perf_counter() - start
        share = (found.reason == 0).mean()
        print(f"{POINTS:,} points {name}: {seconds:.2f} s, {POINTS / seconds:,.0f} points/s, {share:.1%} in a city")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
