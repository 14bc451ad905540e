"""International patent applications of a city: its share of its country's inventors times the country's total.

No open table counts international (PCT) applications by city for the whole world. US patents do place every inventor,
but favour Americans and nearly miss mainland China; PCT tables have no cities. One rule joins them:

    city = (inventor mentions of the city / mentions of its pool) * (international applications a year of its pool)

A *pool* is the smallest area whose total of applications is trusted. Pools are found in a declared order, the first
that serves a country is taken:

1. ``province``: mainland China by province, Hong Kong and Macao (CNIPA), because the US file has too few Chinese
   inventors to divide the country.
2. ``european pool``: the countries of Eurostat's table. Most of their residents file at the European Patent Office,
   which the PCT table books under no country. All applications at that office and at the national offices of these
   countries are one sum, divided by the countries' shares of applications to the European office by inventor.
3. ``receiving office``: the country's own office in the PCT table.
4. ``exchange rate``: where that table has nothing, or so little that the country's applicants evidently file
   elsewhere (Taiwan isn't a party to the treaty; Saudi Arabia files in the United States): the country's mentions
   times the median number of applications a mention over the large patenting countries.

What the recipe assumes: inventors of US patents divide among the cities of one pool as inventors of international
applications do, and did so in 2018-2022 as in 2013. docs/sources/patents_uspto.md measures how wrong that is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import polars as pl

from technopole.core.types import Boundary, Status
from technopole.observations.variables import Meta
from technopole.sources.patents_uspto.china import provinces

CITY_VARIABLES: Final = ("inventor_mentions_2013",)
NATIONAL_VARIABLES: Final = (
    "inventor_mentions_country_2013",
    "inventor_mentions_region_2013",
    "pct_applications",
    "pct_applications_regional_office",
    "pct_applications_province",
    "epo_applications",
)
FORMULA: Final = (
    "inventor mentions of the city / mentions of its pool * international (PCT) applications a year of its pool; "
    "pools: Chinese province (CNIPA); Europe, divided by EPO applications by inventor (Eurostat); receiving office "
    "(NCSES); else mentions * median applications per mention"
)
PERIOD: Final = "2018-2022, shares of 2013"
SOURCE: Final = "patents_uspto"
PROVINCE, EUROPE, OFFICE, EXCHANGE = "province", "european pool", "receiving office", "exchange rate"

CHINA: Final = "CN"
CHINESE_TERRITORIES: Final[dict[str, str]] = {"HK": "CN-HK", "MO": "CN-MO"}  # countries here, provinces in the table
EUROPEAN_OFFICE: Final = "EP"
SAME_SYSTEM: Final[dict[str, str]] = {  # territories that file at another country's office and are counted with it
    "PR": "US", "GU": "US", "VI": "US",
    "GF": "FR", "GP": "FR", "MQ": "FR", "NC": "FR", "PF": "FR", "RE": "FR", "YT": "FR",
    "LI": "CH",
}  # fmt: skip
LARGE: Final = 1_000
"""Mentions from which a country's ratio of applications to mentions is steady enough to enter the median."""
FLOOR: Final = 0.2
"""Share of the median ratio below which a country's own office evidently isn't where its applicants file. The ratios
leave a gap there: of the countries with 100 mentions and more, Argentina and the Emirates have 0.12 of the median,
Saudi Arabia 0.05 and Taiwan 0.001; the next ones are the Philippines with 0.26 and Canada with 0.29."""
TYPICAL_ERROR: Final[dict[str, float]] = {PROVINCE: 0.36, EUROPE: 0.31, OFFICE: 0.31, EXCHANGE: 0.44}
"""Typical error of a city's value, as a natural logarithm (0.31: a factor of 1.36), by rule. Europe: median absolute
difference between the shares of 29 cities in their countries and those of their NUTS 2 regions (Eurostat). Province:
median absolute deviation against CNIPA's own counts of 21 cities in 2016. Receiving office: as Europe, for the step is
the same. Exchange rate: the same again, with the quartiles of the countries' ratios (0.31 to 0.57) added in squares."""


def pools(observations: pl.DataFrame) -> pl.DataFrame:
    """Find mentions and applications of each pool.

    Parameters
    ----------
    observations : OBSERVATION_SCHEMA, of the sources patents_uspto, ncses, cnipa and patents_eurostat.

    Returns
    -------
    DataFrame with ``pool`` (ISO 3166-1 or, in China, 3166-2), ``rule``, ``mentions`` (of 2013), ``applications`` (a
    year). A country without any mention has no pool.
    """
    offices, regional = _wide(observations, "pct_applications"), _wide(observations, "pct_applications_regional_office")
    epo = _wide(observations, "epo_applications")
    provincial = _wide(observations, "pct_applications_province")
    mentions: dict[str, float] = {}
    for country, number in _wide(observations, "inventor_mentions_country_2013").items():
        pool = SAME_SYSTEM.get(country, country)
        mentions[pool] = mentions.get(pool, 0.0) + number
    europe = regional.get(EUROPEAN_OFFICE, 0.0) + sum(offices.get(country, 0.0) for country in sorted(epo))
    known = {country: (EUROPE, europe * share / sum(epo.values())) for country, share in sorted(epo.items())}
    known |= {country: (OFFICE, number) for country, number in offices.items() if country not in epo}
    rate = exchange_rate({country: (mentions[country], known[country][1]) for country in mentions if country in known})
    rows: list[tuple[str, str, float, float]] = []
    for country, number in sorted(mentions.items()):
        if country == CHINA:
            continue
        rule, applications = known.get(country, (EXCHANGE, 0.0))
        if country in CHINESE_TERRITORIES and CHINESE_TERRITORIES[country] in provincial:
            rule, applications = PROVINCE, provincial[CHINESE_TERRITORIES[country]]
        elif rule == EXCHANGE or (rule == OFFICE and applications < FLOOR * rate * number):
            rule, applications = EXCHANGE, rate * number
        rows.append((country, rule, number, applications))
    for province, number in sorted(_wide(observations, "inventor_mentions_region_2013").items()):
        if province in provincial:
            rows.append((province, PROVINCE, number, provincial[province]))
    schema = {"pool": pl.String, "rule": pl.String, "mentions": pl.Float64, "applications": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def exchange_rate(countries: Mapping[str, tuple[float, float]]) -> float:
    """International applications a year per US inventor mention: the median over large countries without China.

    Parameters
    ----------
    countries : country -> (mentions, applications). Those with fewer than `LARGE` mentions don't enter; China, which
        the US file under-covers, neither. 0 where none is left.

    >>> exchange_rate({"AA": (1000.0, 100.0), "BB": (2000.0, 600.0), "CC": (4000.0, 2000.0), "DD": (5.0, 500.0)})
    0.3
    """
    ratios = [
        applications / mentions
        for country, (mentions, applications) in countries.items()
        if mentions >= LARGE and country != CHINA
    ]
    median = pl.Series(ratios, dtype=pl.Float64).median()
    return float(median) if isinstance(median, float) else 0.0


def pct_equivalent(observations: pl.DataFrame, frame: pl.DataFrame) -> pl.DataFrame:
    """International patent applications a year of every city under every boundary, with what they are made of.

    Parameters
    ----------
    observations : OBSERVATION_SCHEMA; see `pools`.
    frame : the columns city, country, latitude, longitude of FRAME_SCHEMA.

    Returns
    -------
    DataFrame with ``city``, ``boundary``, ``value`` (applications a year), ``country``, ``pool``, ``rule``,
    ``mentions`` of the city (0 where it has none), ``pool_mentions``, ``pool_applications``; sorted by city and
    boundary. A share above 1 (a circle that crosses into the next province) is cut to 1. A city without a pool (no
    inventor of its country or province appears in the US file) has the value 0 and null for the pool's numbers.
    """
    cities = frame.select("city", "country", pool=_pool_of(frame))
    grid = cities.join(pl.DataFrame({"boundary": [boundary.value for boundary in Boundary]}), how="cross")
    found = observations.filter((pl.col("variable") == CITY_VARIABLES[0]) & (pl.col("level") == "city")).select(
        city=pl.col("place").cast(pl.Int64), boundary="boundary", mentions="value"
    )
    table = pools(observations).rename({"mentions": "pool_mentions", "applications": "pool_applications"})
    joined = (
        grid.join(found, on=["city", "boundary"], how="left", validate="1:1")
        .join(table, on="pool", how="left", validate="m:1")
        .with_columns(pl.col("mentions").fill_null(0.0))
    )
    # NumPy, because Polars may divide by a repeated value through its reciprocal: other bits for other frames
    mentions, total, applications = (
        joined[name].cast(pl.Float64).to_numpy() for name in ("mentions", "pool_mentions", "pool_applications")
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        value = np.nan_to_num(np.clip(mentions / total, 0.0, 1.0) * applications, nan=0.0)
    return (
        joined.with_columns(value=pl.Series(value, dtype=pl.Float64))
        .select(
            "city", "boundary", "value", "country", "pool", "rule", "mentions", "pool_mentions", "pool_applications"
        )
        .sort("city", "boundary")
    )


def values(observations: pl.DataFrame, frame: pl.DataFrame, metas: Mapping[str, Meta]) -> pl.DataFrame:
    """Value or reason for every city and boundary, as indicators.matrix wants them.

    Returns
    -------
    DataFrame with city, boundary, value, status, period, source. A city without mentions has none, 0; in a country
    where the US file says too little (absence of inventor_mentions_2013) it is missing.
    """
    variable = next(one for one in metas[SOURCE].variables if one.id == CITY_VARIABLES[0])
    silent = (pl.col("mentions") == 0) & pl.col("country").is_in(list(variable.absence.missing_in))
    status = (
        pl.when(silent)
        .then(pl.lit(Status.NOT_COVERED.value))
        .when(pl.col("mentions") == 0)
        .then(pl.lit(Status.ZERO.value))
        .otherwise(pl.lit(Status.OBSERVED.value))
    )
    return pct_equivalent(observations, frame).select(
        "city",
        "boundary",
        value=pl.when(~silent).then("value"),
        status=status,
        period=pl.lit(PERIOD),
        source=pl.lit(SOURCE),
    )


def national_inputs(observations: pl.DataFrame, cities: pl.DataFrame) -> list[dict[str, list[str]]]:
    """Country and province observations behind the value of each city: variable -> places.

    Parameters
    ----------
    cities : rows of the frame.
    """
    rules = dict(pools(observations).select("pool", "rule").iter_rows())
    behind = {pool: _behind(observations, pool, rules.get(pool)) for pool in set(_pool_of(cities))}
    return [behind[pool] for pool in _pool_of(cities)]


def _behind(observations: pl.DataFrame, pool: str, rule: str | None) -> dict[str, list[str]]:
    members = [pool, *(territory for territory, head in SAME_SYSTEM.items() if head == pool)]
    mentions = "inventor_mentions_country_2013"
    if rule == PROVINCE and pool.startswith(f"{CHINA}-"):
        return {"pct_applications_province": [pool], "inventor_mentions_region_2013": [pool]}
    if rule == PROVINCE:
        return {"pct_applications_province": [CHINESE_TERRITORIES[pool]], mentions: members}
    if rule == OFFICE:
        return {"pct_applications": [pool], mentions: members}
    europe = list(_wide(observations, "epo_applications"))
    shared = {"epo_applications": europe, "pct_applications_regional_office": [EUROPEAN_OFFICE]}
    if rule == EUROPE:
        return {**shared, "pct_applications": europe, mentions: members}
    if rule == EXCHANGE:  # a median over countries: all of them stand behind it
        everywhere = {name: list(_wide(observations, name)) for name in ("pct_applications", mentions)}
        return {**shared, **everywhere}
    return {}


def _pool_of(frame: pl.DataFrame) -> pl.Series:
    """Pool of each city: its country, the country that it files with, or its Chinese province."""
    codes = provinces(frame["latitude"], frame["longitude"])
    country = pl.col("country").replace(SAME_SYSTEM)
    return frame.with_columns(codes.alias("_province")).select(
        pl.when(pl.col("country") == CHINA).then("_province").otherwise(country).alias("pool")
    )["pool"]


def _wide(observations: pl.DataFrame, variable: str) -> dict[str, float]:
    """Value by country or region code; boundaries don't apply to them, so one of the three is read."""
    rows = observations.filter(
        (pl.col("variable") == variable)
        & (pl.col("level") != "city")
        & (pl.col("boundary") == Boundary.AGGLOMERATION.value)
    )
    return dict(sorted(rows.select("place", "value").rows()))
