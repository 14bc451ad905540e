"""Three telecom series of the Sustainable Development Goals database: 4G coverage, phone ownership, fast broadband.

Areas are numbered as in the UN's M49, whose numbers of countries are those of ISO 3166-1. Taiwan is area 158, which
the UN calls "Other non-specified areas in Eastern Asia". Numbers without a country are groups of countries.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import polars as pl

from technopole.cities.countries import country_code, numeric_codes
from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.national import national_records, number, year
from technopole.observations.placing import Resolver
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

AREAS: Final = "sdg_telecom/geo.csv"


@dataclass(frozen=True)
class Series:
    """One upstream series: the rows where each column of `wanted` has the given text count."""

    file: str
    column: str
    unit: str
    oldest: int
    wanted: dict[str, str] = field(default_factory=dict)


SERIES: Final[dict[str, Series]] = {
    "mobile_4g_coverage_percent": Series(
        "sdg_telecom/it_mob_4gntwk--by--geo_area--nature--units--year.csv", "it_mob_4gntwk", "percent", 2017
    ),
    "mobile_phone_ownership_percent": Series(
        "sdg_telecom/it_mob_own--by--geo_area--nature--sex--units--year.csv",
        "it_mob_own",
        "percent",
        2016,
        {"sex": "bothsex"},
    ),
    "fixed_broadband_10mbit_per_100": Series(
        "sdg_telecom/it_net_bbp--by--geo_area--nature--type_of_speed--units--year.csv",
        "it_net_bbp",
        "per_100_pop",
        2017,
        {"type_of_speed": "10mbps"},  # above 10 Mbit/s, the fastest of the classes
    ),
}


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read the three series; return records of their variables (RECORD_SCHEMA). `cities` isn't needed.

    Raises
    ------
    UpstreamError : an area that the list of areas lacks, or a series in another unit.
    """
    names = dict(read_csv(upstream.open(AREAS), columns=["geo_area", "name"]).select("geo_area", "name").iter_rows())
    return pl.concat([_series(upstream, meta, names, variable, series) for variable, series in SERIES.items()])


def _series(upstream: Upstream, meta: Meta, names: dict[str, str], variable: str, series: Series) -> pl.DataFrame:
    file, unit = series.file, series.unit
    columns = ["geo_area", "units", "year", series.column, *series.wanted]
    table = apply_corrections(read_csv(upstream.open(file), columns=columns), file, meta.corrections)
    strange = table.filter(pl.col("units").is_null() | (pl.col("units") != unit))
    if strange.height:
        raise UpstreamError(f"{file} line {strange[ROW][0]} has the unit {strange['units'][0]!r}, {unit!r} expected.")
    countries = {area: _country(area, names, file) for area in table["geo_area"].drop_nulls().unique().to_list()}
    chosen = [pl.lit(value=True), *[pl.col(name) == text for name, text in series.wanted.items()]]
    rows = table.filter(pl.all_horizontal(chosen)).with_columns(
        country=pl.col("geo_area").replace_strict(countries, default=None, return_dtype=pl.String)
    )
    return national_records(
        rows.filter(pl.col("country").is_not_null()).select(
            ROW, "country", written="geo_area", amount=number(series.column), year=year("year")
        ),
        variable=variable,
        file=file,
        oldest=series.oldest,
    )


def _country(area: str, names: dict[str, str], file: str) -> str | None:
    """Alpha-2 code of an area, by number, else by name (Kosovo has no number in ISO); None for a group."""
    name = names.get(area)
    if name is None:
        raise UpstreamError(f"{file} has area {area!r}, which {AREAS} lacks:", "take both files from one commit.")
    by_number = numeric_codes().get(int(area)) if area.isdecimal() else None
    return by_number or country_code(name)
