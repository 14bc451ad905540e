"""Shared bicycles: networks of pybikes by point, and systems of the GBFS catalogue by the name of their place."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

NETWORKS: Final = "bike_share/pybikes_networks.csv"
SYSTEMS: Final = "bike_share/gbfs_systems.csv"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read both lists; return one record a network or system (RECORD_SCHEMA)."""
    networks = read_csv(upstream.open(NETWORKS), columns=["tag", "city", "country", "lat", "lon"])
    systems = read_csv(upstream.open(SYSTEMS), columns=["Country Code", "Location", "System ID"])
    networks = apply_corrections(networks, NETWORKS, meta.corrections)
    systems = apply_corrections(systems, SYSTEMS, meta.corrections)
    return pl.concat([place(_networks(networks), cities), place(_systems(systems), cities)])


def _networks(table: pl.DataFrame) -> pl.DataFrame:
    """The point decides: cities are written in every way, and a network bears the name of its region."""
    return table.select(
        "country",
        "lat",
        "lon",
        variable=pl.lit("bike_networks"),
        amount=pl.lit(1.0),
        label=pl.concat_str("city", "country", separator=" | ", ignore_nulls=True),
        file=pl.lit(NETWORKS),
        row=ROW,
    )


def _systems(table: pl.DataFrame) -> pl.DataFrame:
    """American and Canadian places are written with their state ("Newark, NJ"); some systems serve a country."""
    parts = pl.col("Location").str.split(", ").list
    stated = pl.col("Country Code").is_in(["US", "CA"]) & (parts.len() == 2)
    return table.select(
        country="Country Code",
        name=pl.when(stated).then(parts.first()).otherwise("Location"),
        admin1=pl.when(stated).then(parts.last()),
        variable=pl.lit("gbfs_systems"),
        amount=pl.lit(1.0),
        label=pl.concat_str("Location", "Country Code", separator=" | ", ignore_nulls=True),
        file=pl.lit(SYSTEMS),
        row=ROW,
    )
