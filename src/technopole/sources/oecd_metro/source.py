"""GDP and population of the OECD's metropolitan areas, 2012, by name: sums, so that areas of one city add up."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

YEAR: Final = "2012"  # the last year that nearly all areas have
MEASURES: Final[dict[str, tuple[str, str]]] = {  # variable -> file, its code there
    "metropolitan_gdp_musd": ("oecd_metro/gdp_cities.csv", "GDP"),
    "metropolitan_population": ("oecd_metro/population.csv", "POP"),
}
COUNTRY_ROW: Final = r"^[A-Z]{3}$"
OWN_CODES: Final = {"UK": "GB", "ME": "MX"}  # "UK001"; "MEX01" (and "CAN01", "AUS01", whose first two letters do)


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read both tables; return one record a metropolitan area and variable (RECORD_SCHEMA); countries drop out."""
    parts = []
    for variable, (file, code) in MEASURES.items():
        columns = ["METRO_ID", "Metropolitan areas", "VAR", "TIME", "Value"]
        table = apply_corrections(read_csv(upstream.open(file), columns=columns), file, meta.corrections)
        areas = table.filter(
            (pl.col("VAR") == code) & (pl.col("TIME") == YEAR) & ~pl.col("METRO_ID").str.contains(COUNTRY_ROW)
        )
        parts.append(_queries(areas, variable, file))
    return place(pl.concat(parts), cities)


def _queries(areas: pl.DataFrame, variable: str, file: str) -> pl.DataFrame:
    """An area's code begins with its country's; "Seoul Incheon" is corrected in meta.yaml."""
    return areas.select(
        name="Metropolitan areas",
        country=pl.col("METRO_ID").str.head(2).replace(OWN_CODES),
        variable=pl.lit(variable),
        amount=pl.col("Value").cast(pl.Float64, strict=False),
        label=pl.concat_str("METRO_ID", "Metropolitan areas", separator=" | "),
        file=pl.lit(file),
        row=ROW,
    ).filter(pl.col("amount").is_not_null())
