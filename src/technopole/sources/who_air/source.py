"""Fine dust, coarse dust and nitrogen dioxide, yearly means by place, of the WHO's database of 2022.

Only the sheet of values is read: the one before it holds terms, and an address.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver
from technopole.observations.singles import place_single
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_sheet
from technopole.snapshots.upstream import Upstream

FILE: Final = "who_air/who_aap_2021_v9_11august2022.xlsx"
SHEET: Final = "AAP_2022_city_v9"
VALUES: Final[dict[str, str]] = {
    "pm25_micrograms_per_m3": "PM2.5 (μg/m3)",
    "pm10_micrograms_per_m3": "PM10 (μg/m3)",
    "no2_micrograms_per_m3": "NO2 (μg/m3)",
}
FIRST: Final = 2015
OLD: Final = f"too old: measured before {FIRST}"
DISAGREE: Final = "repeated with other values"
CITY: Final = " Shi$"  # "Wuhan" of 2018 and "Wuhan Shi" of 2019 are one city in two deliveries
AMERICAN: Final = r"^([^-(]+).*\((\w\w)\b.*\)$"  # "New York-Newark-Jersey City (Ny-Nj-Pa)": first name, first state


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the sheet; return one record a place and substance, of the newest year (RECORD_SCHEMA)."""
    columns = ["ISO3", "City or Locality", "Measurement Year", *VALUES.values()]
    table = read_sheet(upstream.open(FILE), header_row=1, sheet=SHEET, columns=columns)
    table = apply_corrections(table, FILE, meta.corrections).with_columns(
        pl.col("Measurement Year").cast(pl.Int64, strict=False), town=pl.col("City or Locality").str.replace(CITY, "")
    )
    return place_single(pl.concat([_newest(table, *pair) for pair in VALUES.items()]), cities)


def _newest(table: pl.DataFrame, variable: str, column: str) -> pl.DataFrame:
    """One query a place: its newest year, or the reason why that doesn't count."""
    place = ["ISO3", "town"]
    rows = table.with_columns(amount=pl.col(column).cast(pl.Float64, strict=False)).filter(
        pl.col("amount").is_not_null() & pl.col("Measurement Year").is_not_null()
    )
    newest = rows.filter(pl.col("Measurement Year") == pl.col("Measurement Year").max().over(place))
    agrees = pl.col("amount").n_unique().over(place) == 1
    american = pl.col("ISO3") == "USA"
    name = pl.col("town")
    return (
        newest.with_columns(agrees=agrees)
        .sort(pl.col(ROW).cast(pl.Int64))
        .unique(place, keep="first", maintain_order=True)
        .select(
            "amount",
            name=pl.coalesce(pl.when(american).then(name.str.extract(AMERICAN, 1)), name),
            admin1=pl.when(american).then(name.str.extract(AMERICAN, 2)),
            country="ISO3",
            variable=pl.lit(variable),
            label=pl.concat_str("City or Locality", "ISO3", "Measurement Year", separator=" | "),
            file=pl.lit(FILE),
            row=pl.concat_str(pl.lit(f"{SHEET}!"), ROW),
            reason=pl.when(pl.col("Measurement Year") < FIRST)
            .then(pl.lit(OLD))
            .when(~pl.col("agrees"))
            .then(pl.lit(DISAGREE)),
        )
    )
