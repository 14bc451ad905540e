"""Active developers of open-source software by country, region and American metropolitan area.

Upstream counts accounts with more than 100 commits in 2019 and 2020 by the place that their owners give. Regions are
NUTS 2 in Europe, ISO 3166-2 elsewhere. A region counts for a city too where it is one (city_regions.csv): the city of
the frame has at least half as many people as the regions that it stands for. `docs/sources/oss_geography.md` explains.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl

from technopole.cities.metropolitan import first_states, placing_city
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.schema import RECORD_SCHEMA
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FOLDER: Final = "oss_geography/"
METROS: Final = FOLDER + "US_MSA.csv"
EUROPE: Final = FOLDER + "euro_nuts2_2021.csv"
WORLD: Final = FOLDER + "world_countries_2021.csv"
NAMED: Final = {"CN": "china", "JP": "japan", "BR": "brazil", "RU": "russia"}  # regions are written by name
CODED: Final = {"IN": "india", "US": "us_states"}  # by the letters of ISO 3166-2
SPELLINGS: Final = {"London": "UKI"}  # a NUTS 1 region among the NUTS 2 ones
CITY_STATES: Final = ("SG", "HK", "MO")
REGIONS: Final = Path(__file__).with_name("regions.csv")
CITY_REGIONS: Final = Path(__file__).with_name("city_regions.csv")


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the nine tables; return records by city, region and country (RECORD_SCHEMA)."""
    metros = _read(upstream, METROS, ["MSA Name", "Count Contributors"], meta)
    regions = _regions(upstream, meta)
    countries = _read(upstream, WORLD, ["iso2", "country", "count_github", "count_twitter", "population"], meta)
    countries = countries.with_columns(people=_number("population"), developers=_located())
    known = countries.filter(pl.col("people") > 0)
    return pl.concat(
        [
            place(_metro_queries(metros, cities), cities),
            place(_city_region_queries(regions, countries), cities),
            _records(regions, "oss_developers_region", "region", pl.col("code"), pl.col("developers")),
            _records(countries, "oss_developers_country", "country", pl.col("iso2"), pl.col("developers")),
            _records(
                known,
                "oss_developers_per_100k",
                "country",
                pl.col("iso2"),
                100_000 * pl.col("developers") / pl.col("people"),
            ),
        ]
    )


def _read(upstream: Upstream, file: str, columns: list[str], meta: Meta) -> pl.DataFrame:
    table = apply_corrections(read_csv(upstream.open(file), columns=columns), file, meta.corrections)
    return table.with_columns(file=pl.lit(file))


def _number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Float64, strict=False)


def _located() -> pl.Expr:
    """Accounts that give a place. Those known by their e-mail's ending alone aren't: .me and .io are sold worldwide."""
    return _number("count_github").fill_null(0.0) + _number("count_twitter").fill_null(0.0)


def _regions(upstream: Upstream, meta: Meta) -> pl.DataFrame:
    """One row a line of the regional tables: ``code``, ``written``, ``developers``, ``file``, ``_row``."""
    counts = ["count_github", "count_twitter"]
    parts = [
        _read(upstream, EUROPE, ["nuts2", *counts], meta).with_columns(
            written="nuts2", code=pl.col("nuts2").replace(SPELLINGS)
        )
    ]
    for country, name in CODED.items():
        table = _read(upstream, _file(name), ["region", *counts], meta)
        parts.append(table.with_columns(written="region", code=pl.lit(f"{country}-") + pl.col("region")))
    names = read_csv(REGIONS)
    for country, name in NAMED.items():
        codes = names.filter(pl.col("country") == country).select(region="written", code="region")
        table = _read(upstream, _file(name), ["region", *counts], meta)
        parts.append(
            table.with_columns(written="region").join(
                codes, on="region", how="left", validate="m:1", maintain_order="left"
            )
        )
    return pl.concat(
        [part.select("code", "written", "file", ROW, developers=_located()) for part in parts], how="vertical"
    )


def _file(name: str) -> str:
    return f"{FOLDER}{name}_2021.csv" if name.startswith("us_") else f"{FOLDER}{name}_regions_2021.csv"


def _metro_queries(metros: pl.DataFrame, cities: Resolver) -> pl.DataFrame:
    return metros.select(
        "file",
        name=placing_city(metros["MSA Name"], cities),
        country=pl.lit("US"),
        admin1=first_states(metros["MSA Name"]),
        variable=pl.lit("oss_developers"),
        amount=_number("Count Contributors"),
        label="MSA Name",
        row=ROW,
    )


def _city_region_queries(regions: pl.DataFrame, countries: pl.DataFrame) -> pl.DataFrame:
    wanted = read_csv(CITY_REGIONS).select("city", "country", code="region")
    chosen = regions.join(wanted, on="code", how="inner", validate="m:1", maintain_order="left")
    states = countries.filter(pl.col("iso2").is_in(CITY_STATES)).select(
        "file", ROW, "developers", written="country", city=pl.lit(None, pl.String), country="iso2"
    )
    both = pl.concat([chosen.select(states.columns), states])
    return both.select(
        "file",
        "country",
        name="city",
        admin1=pl.lit(None, pl.String),
        variable=pl.lit("oss_developers"),
        amount="developers",
        label="written",
        row=ROW,
    ).select("file", "name", "country", "admin1", "variable", "amount", "label", "row")


def _records(rows: pl.DataFrame, variable: str, level: str, where: pl.Expr, amount: pl.Expr) -> pl.DataFrame:
    return (
        rows.with_columns(variable=pl.lit(variable), level=pl.lit(level), place=where, amount=amount)
        .with_columns(
            ring=pl.when(pl.col("place").is_not_null()).then(0),
            key=pl.lit(None),
            row=ROW,
            label=pl.col("written") if level == "region" else pl.col("country"),
            reason=pl.when(pl.col("place").is_null()).then(pl.lit("unknown region")),
        )
        .select([pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()])
    )
