"""What the contract suites share: the mirror, a resolver on reference tables, and each source's records, made once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from technopole.cities.tables import (
    ADMIN1_SCHEMA,
    ALIAS_SCHEMA,
    ANCHOR_SCHEMA,
    FRAME_SCHEMA,
    GAZETTEER_SCHEMA,
    NAME_SCHEMA,
    CityTables,
)
from technopole.observations.placing import Resolver
from technopole.snapshots.upstream import Upstream, mirror_folder
from technopole.sources.registry import load_source

REPOSITORY = Path(__file__).parents[2]

# name, country, GeoNames id, latitude, longitude, radius: enough for the samples where no edition is shipped yet
HAND_WRITTEN_CITIES = [
    ("Tokyo", "JP", 1850147, 35.69, 139.69, 60.0),
    ("Singapore", "SG", 1880252, 1.29, 103.85, 38.0),
    ("London", "GB", 2643743, 51.51, -0.13, 44.0),
    ("San Francisco", "US", 5391959, 37.77, -122.42, 39.0),
    ("Toronto", "CA", 6167865, 43.70, -79.42, 38.0),
    ("Helsinki", "FI", 658225, 60.17, 24.94, 24.0),
]


def hand_written_tables() -> CityTables:
    """Reference tables of six cities."""
    frame = [
        (place, name.lower().replace(" ", "-"), name, country, "agglomeration", 1000.0, lat, lon, radius, None, None)
        for name, country, place, lat, lon, radius in HAND_WRITTEN_CITIES
    ]
    anchors = [
        (place, None, name, lat, lon, radius, "by hand", "1")
        for name, _, place, lat, lon, radius in HAND_WRITTEN_CITIES
    ]
    gazetteer = [
        (place, name, country, None, 1_000_000, lat, lon, place, 0)
        for name, country, place, lat, lon, _ in HAND_WRITTEN_CITIES
    ]
    aliases = [(name.lower(), place, True) for name, _, place, _, _, _ in HAND_WRITTEN_CITIES]
    names = [(place, "Latin", name) for name, _, place, _, _, _ in HAND_WRITTEN_CITIES]
    return CityTables(
        frame=pl.DataFrame(frame, schema=FRAME_SCHEMA, orient="row"),
        anchors=pl.DataFrame(anchors, schema=ANCHOR_SCHEMA, orient="row"),
        names=pl.DataFrame(names, schema=NAME_SCHEMA, orient="row"),
        gazetteer=pl.DataFrame(gazetteer, schema=GAZETTEER_SCHEMA, orient="row"),
        aliases=pl.DataFrame(aliases, schema=ALIAS_SCHEMA, orient="row"),
        admin1=pl.DataFrame(schema=ADMIN1_SCHEMA),
    )


def shipped_reference() -> Path | None:
    """Reference folder of the newest edition in the repository, if there is one."""
    found = sorted(REPOSITORY.glob("editions/*/reference/frame.parquet"))
    return found[-1].parent if found else None


@pytest.fixture(scope="session")
def resolver() -> Resolver:
    """The real resolver: on the shipped tables, else on tables built from the mirror, else on six cities by hand."""
    from technopole.cities.resolve import Resolver as CityResolver

    shipped = shipped_reference()
    if shipped is not None:
        return CityResolver(CityTables.read(shipped))
    upstream = mirror_folder(REPOSITORY)
    if upstream.is_dir():
        from technopole.cities.build import build_cities

        return CityResolver(build_cities(upstream))
    return CityResolver(hand_written_tables())


@pytest.fixture(scope="session")
def mirror_records(mirror: Path, resolver: Resolver) -> Callable[[str], pl.DataFrame]:
    """Read a source's records from the mirror, each source once a session."""

    @cache
    def read(source_id: str) -> pl.DataFrame:
        source = load_source(source_id)
        return source.records(Upstream(mirror, source.lock()), resolver)

    return read
