"""The recipe for international patent applications: each pool by hand, and null effects."""

from __future__ import annotations

import polars as pl
import pytest

from technopole.core.types import Boundary
from technopole.indicators import patents
from technopole.observations.schema import OBSERVATION_SCHEMA
from technopole.sources.patents_uspto.china import provinces
from technopole.sources.registry import load_source

TOKYO, HELSINKI, ESPOO, TAIPEI, BEIJING, SHENZHEN, HONG_KONG, SAN_JUAN, KUNMING, NOWHERE = range(1, 11)
FRAME = pl.DataFrame(
    [
        (TOKYO, "JP", 35.69, 139.69),
        (HELSINKI, "FI", 60.17, 24.94),
        (ESPOO, "DE", 48.14, 11.58),
        (TAIPEI, "TW", 25.05, 121.53),
        (BEIJING, "CN", 39.91, 116.40),
        (SHENZHEN, "CN", 22.55, 114.07),
        (HONG_KONG, "HK", 22.28, 114.16),
        (SAN_JUAN, "PR", 18.47, -66.11),
        (KUNMING, "CN", 25.04, 102.72),
        (NOWHERE, "KI", 1.33, 172.98),
    ],
    schema={"city": pl.Int64, "country": pl.String, "latitude": pl.Float64, "longitude": pl.Float64},
    orient="row",
)


def _observations(values: list[tuple[str, str, str, float]]) -> pl.DataFrame:
    rows = [
        (variable, level, place, boundary.value, value, "unit", "period", "source", "observed", 1)
        for variable, level, place, value in values
        for boundary in Boundary
    ]
    return pl.DataFrame(rows, schema=OBSERVATION_SCHEMA, orient="row")


def _world() -> list[tuple[str, str, str, float]]:
    city, country, region = "inventor_mentions_2013", "inventor_mentions_country_2013", "inventor_mentions_region_2013"
    return [
        (city, "city", str(TOKYO), 600.0),
        (city, "city", str(HELSINKI), 40.0),
        (city, "city", str(ESPOO), 50.0),
        (city, "city", str(TAIPEI), 300.0),
        (city, "city", str(BEIJING), 90.0),
        (city, "city", str(SHENZHEN), 80.0),
        (city, "city", str(HONG_KONG), 10.0),
        (city, "city", str(SAN_JUAN), 5.0),
        (country, "country", "JP", 1000.0),
        (country, "country", "US", 4995.0),
        (country, "country", "PR", 5.0),
        (country, "country", "FI", 80.0),
        (country, "country", "DE", 500.0),
        (country, "country", "TW", 900.0),
        (country, "country", "CN", 180.0),
        (country, "country", "HK", 20.0),
        (region, "region", "CN-BJ", 90.0),
        (region, "region", "CN-GD", 100.0),
        ("pct_applications", "country", "JP", 400.0),
        ("pct_applications", "country", "US", 1000.0),
        ("pct_applications", "country", "FI", 30.0),
        ("pct_applications", "country", "DE", 20.0),
        ("pct_applications", "country", "TW", 1.0),
        ("pct_applications", "country", "CN", 5000.0),
        ("pct_applications_regional_office", "region", "EP", 250.0),
        ("pct_applications_regional_office", "region", "IB", 9999.0),
        ("epo_applications", "country", "FI", 40.0),
        ("epo_applications", "country", "DE", 160.0),
        ("pct_applications_province", "region", "CN-BJ", 700.0),
        ("pct_applications_province", "region", "CN-GD", 2000.0),
        ("pct_applications_province", "region", "CN-HK", 60.0),
    ]


def _values(rows: list[tuple[str, str, str, float]]) -> dict[int, float]:
    table = patents.pct_equivalent(_observations(rows), FRAME)
    return dict(table.filter(pl.col("boundary") == "agglomeration").select("city", "value").rows())


def test_each_pool_by_hand() -> None:
    found = _values(_world())
    assert found[TOKYO] == pytest.approx(0.6 * 400)  # receiving office
    # Europe: 250 at the European office + 30 + 20 at the national ones, divided 40 : 160 by inventors
    assert found[HELSINKI] == pytest.approx(40 / 80 * 300 * 40 / 200)
    assert found[ESPOO] == pytest.approx(50 / 500 * 300 * 160 / 200)
    assert found[BEIJING] == pytest.approx(700.0)  # the whole province
    assert found[SHENZHEN] == pytest.approx(0.8 * 2000)
    assert found[HONG_KONG] == pytest.approx(10 / 20 * 60)
    assert found[SAN_JUAN] == pytest.approx(5 / 5000 * 1000)  # files, and is counted, with the United States
    # Taiwan: the median of the large countries' ratios, Japan 0.4 and the United States 0.2
    assert found[TAIPEI] == pytest.approx(300 * 0.3)


def test_the_pools_name_their_rule() -> None:
    rules = dict(patents.pools(_observations(_world())).select("pool", "rule").rows())
    assert rules == {
        "JP": patents.OFFICE,
        "US": patents.OFFICE,
        "FI": patents.EUROPE,
        "DE": patents.EUROPE,
        "TW": patents.EXCHANGE,
        "HK": patents.PROVINCE,
        "CN-BJ": patents.PROVINCE,
        "CN-GD": patents.PROVINCE,
    }
    assert set(rules.values()) <= set(patents.TYPICAL_ERROR)


def test_a_pool_is_shared_out_without_gain_or_loss() -> None:
    table = patents.pools(_observations(_world()))
    europe = table.filter(pl.col("rule") == patents.EUROPE)
    assert europe["applications"].sum() == pytest.approx(250 + 30 + 20)


def test_a_city_across_the_border_of_its_province_gets_no_more_than_the_province() -> None:
    rows = [(v, level, p, 120.0 if p == str(BEIJING) else x) for v, level, p, x in _world()]
    assert _values(rows)[BEIJING] == pytest.approx(700.0)


def test_no_mentions_are_zero_or_missing_as_the_source_declares() -> None:
    metas = {"patents_uspto": load_source("patents_uspto").meta}
    table = patents.values(_observations(_world()), FRAME, metas)
    assert table.height == FRAME.height * len(Boundary)
    by_city = {row["city"]: row for row in table.filter(pl.col("boundary") == "core").iter_rows(named=True)}
    assert (by_city[KUNMING]["value"], by_city[KUNMING]["status"]) == (None, "not covered")
    assert (by_city[NOWHERE]["value"], by_city[NOWHERE]["status"]) == (0.0, "zero")
    assert by_city[TOKYO]["status"] == "observed"


def test_the_number_of_us_patents_of_a_country_does_not_matter() -> None:
    """Doubling all mentions of a country (a home bias) leaves its cities as they were."""
    doubled = [
        (v, level, p, 2 * x if p in {"JP", str(TOKYO)} and "mentions" in v else x) for v, level, p, x in _world()
    ]
    assert _values(doubled)[TOKYO] == pytest.approx(_values(_world())[TOKYO])


def test_provinces_of_known_points() -> None:
    # Beijing, Shenzhen, Shanghai, Suzhou, Urumqi; and no point
    latitude = pl.Series([39.9, 22.54, 31.23, 31.30, 43.8, None], dtype=pl.Float64)
    longitude = pl.Series([116.4, 114.06, 121.47, 120.6, 87.6, None], dtype=pl.Float64)
    assert provinces(latitude, longitude).to_list() == ["CN-BJ", "CN-GD", "CN-SH", "CN-JS", "CN-XJ", None]
