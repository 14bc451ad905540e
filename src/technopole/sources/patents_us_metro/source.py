"""US patents by metropolitan area: grants of 2013 (USPTO) and international applications 2008-2012 (REGPAT)."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.cities.metropolitan import first_states, placing_city
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

GRANTS: Final = "patents_us_metro/USPTO_msa.csv"
REGPAT: Final = "patents_us_metro/cbsa_regpat.csv"
AREA: Final = r"^(?:Metropolitan|Micropolitan) Statistical Area$"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read both tables; return one record a metropolitan area (RECORD_SCHEMA)."""
    columns = ["GeoType", "U.S. Regional Title", "2013"]
    grants = apply_corrections(read_csv(upstream.open(GRANTS), columns=columns), GRANTS, meta.corrections)
    subtotal = pl.col("U.S. Regional Title").str.contains("Subtotal", literal=True)
    areas = grants.filter(pl.col("GeoType").str.contains(AREA).fill_null(value=False) & ~subtotal)
    table = read_csv(upstream.open(REGPAT), columns=["cbsa_name", "cbsa_patents_invented"])
    regpat = apply_corrections(table, REGPAT, meta.corrections)
    return pl.concat(
        [
            place(_queries(areas, cities, "us_patent_grants_2013", "U.S. Regional Title", "2013", GRANTS), cities),
            place(_queries(regpat, cities, "us_metro_regpat", "cbsa_name", "cbsa_patents_invented", REGPAT), cities),
        ]
    )


def _queries(areas: pl.DataFrame, cities: Resolver, variable: str, title: str, amount: str, file: str) -> pl.DataFrame:
    counted = areas.with_columns(amount=pl.col(amount).cast(pl.Float64, strict=False)).filter(pl.col("amount") > 0)
    return counted.select(
        "amount",
        name=placing_city(counted[title], cities),
        country=pl.lit("US"),
        admin1=first_states(counted[title]),
        variable=pl.lit(variable),
        label=title,
        file=pl.lit(file),
        row=ROW,
    )
