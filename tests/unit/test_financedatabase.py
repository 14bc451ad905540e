"""Listings become companies: the rules one by one, on invented rows, and the coverage that decides what is missing."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from technopole.snapshots.upstream import Upstream
from technopole.sources.financedatabase import companies
from technopole.sources.financedatabase.source import (
    ABROAD,
    FULL,
    also_at_home,
    branch_rules,
    coverage,
    headquarters,
    read_listings,
    take_written_place,
    under_covered,
    venues,
)
from technopole.sources.registry import load_source


def listings(*rows: dict[str, object]) -> pl.DataFrame:
    defaults: dict[str, object] = dict.fromkeys(FULL) | {"delisted": "False", "old": False, "file": "a.csv"}
    full = [defaults | {"symbol": f"S{number}", "line": number + 2} | row for number, row in enumerate(rows)]
    schema = dict.fromkeys(FULL, pl.String) | {"old": pl.Boolean, "file": pl.String, "line": pl.UInt32}
    return pl.DataFrame(full, schema=schema).with_columns(_row=pl.col("line").cast(pl.String))


def named(*names: str) -> pl.DataFrame:
    return companies.add_keys(listings(*({"name": name} for name in names)))


@pytest.mark.parametrize(
    "names",
    [
        ("Sony Group Corporation", "SONY GROUP CORP.", "Sony Group Corp Sponsored ADR"),
        ("Alphabet Inc.", "Alphabet Inc. Class A", "ALPHABET INC.CL.A DL-,001"),
        ("The Sage Group plc", "Sage Group PLC"),
        ("Société Générale S.A.", "Societe Generale"),
        ("Nokia Oyj", "NOKIA CORPORATION"),
        ("Itaú Unibanco Holding S.A. Pref", "Itau Unibanco Holding SA"),
        ("Example Holdings Co., Ltd.", "Example Holdings"),
    ],
)
def test_one_company_one_key(names: tuple[str, ...]) -> None:
    assert named(*names)["name_key"].n_unique() == 1


def test_different_companies_keep_different_keys() -> None:
    assert named("Hitachi, Ltd.", "Hitachi Zosen Corporation", "Hitachi Metals, Ltd.")["name_key"].n_unique() == 3


def test_no_name_loses_its_last_word() -> None:
    assert named("Co Ltd", "AG", "The Company")["name_key"].to_list() == ["co", "ag", "company"]


def test_profiles_pasted_by_substring_are_found() -> None:
    shared = {"rh.com": ["RH", "Example Durhaka Berhad"], "tis.com": ["TIS Inc.", "Fortis Inc.", "Zoetis Inc."]}
    frame = companies.add_keys(
        listings(*({"name": name, "website": f"http://www.{host}"} for host, names in shared.items() for name in names))
    )
    found = companies.pasted_profiles(frame)
    assert set(found["words"]) == {"example durhaka berhad", "fortis inc", "zoetis inc"}


def test_renamed_and_related_companies_are_not_pasted() -> None:
    shared = {"total.com": ["Total SE", "TotalEnergies SE"], "bmw.com": ["BMW AG", "Bayerische Motoren Werke AG"]}
    frame = companies.add_keys(
        listings(*({"name": name, "website": host} for host, names in shared.items() for name in names))
    )
    assert companies.pasted_profiles(frame).is_empty()


def test_a_pasted_row_loses_the_donors_place_but_keeps_its_own() -> None:
    profile = {"website": "http://www.rh.com", "sector": "Consumer Discretionary", "state": "CA"}
    frame = companies.add_keys(
        listings(
            {"name": "RH", "city": "Corte Madera", "country": "United States"} | profile,
            {"name": "Durhaka Berhad", "city": "Corte Madera", "country": "United States"} | profile,
            {"name": "Superhouse Limited", "city": "Kanpur", "country": "India"} | profile,
        )
    )
    believed = companies.distrust(frame, companies.pasted_profiles(frame))
    assert believed["city"].to_list() == ["Corte Madera", None, "Kanpur"]
    assert believed["country"].to_list() == ["United States", None, "India"]
    assert believed["state"].to_list() == ["CA", None, None]
    assert believed["sector"].to_list() == ["Consumer Discretionary", None, None]


@pytest.mark.parametrize(
    "row",
    [
        {"name": "Gone Inc.", "delisted": "True"},
        {"name": None},
        {"name": "Example World ETF", "sector": "Information Technology"},
        {"name": "Example VCT plc", "sector": "Financials"},
        {"name": "A", "sector": "Financials", "summary": "A is a closed-ended equity mutual fund launched by B. It"},
        {"name": "A", "summary": "A plc is a venture capital trust. It invests in small companies."},
        {"name": "Example Acquisition Corp.", "sector": "Financials", "summary": "It is a blank check company."},
        {"name": "A", "sector": "Financials", "summary": "A intends to effect a merger, capital stock exchange."},
        {"name": "A", "sector": "Financial Services", "industry": "Shell Companies"},
        {"name": "Example Power Inc. 6.5% Senior Notes due 2078"},
        {"name": "EGB OE TL.Z./SAP", "sector": "Information Technology"},
        {"name": "Example Inc. Warrants"},
    ],
)
def test_left_out(row: dict[str, object]) -> None:
    assert companies.leave_out(listings(row)).is_empty()


@pytest.mark.parametrize(
    "row",
    [
        {"name": "Example Bank"},
        {"name": "Example REIT", "sector": "Real Estate", "summary": "A real estate investment trust in Ohio."},
        {"name": "B", "sector": "Financials", "summary": "B is an investment manager. It launches mutual funds."},
        {"name": "Funding Circle Holdings plc", "sector": "Financials"},
        {"name": "Trust Technology Ltd", "sector": "Information Technology", "summary": "It makes trust services."},
    ],
)
def test_stays(row: dict[str, object]) -> None:
    assert companies.leave_out(listings(row)).height == 1


def test_the_supplement_knows_no_delisting_but_its_symbols_do() -> None:
    frame = listings(
        {"symbol": "OLD", "name": "Old Inc.", "delisted": "True"},
        {"symbol": "OLD", "name": "Old Inc.", "delisted": None, "old": True},
        {"symbol": "NEW", "name": "New Inc.", "delisted": None, "old": True},
    )
    assert companies.leave_out(frame)["symbol"].to_list() == ["NEW"]


def ids(*rows: dict[str, object]) -> list[int]:
    return companies.company_ids(companies.add_keys(listings(*rows))).to_list()


def test_one_name_in_two_countries_is_two_companies() -> None:
    first, second, third = ids(
        {"name": "Orion Corp", "country": "FI"}, {"name": "Orion Corp.", "country": "KR"}, {"name": "Orion Corporation"}
    )
    assert first != second
    assert third in (first, second)


def test_one_website_in_one_city_is_one_company() -> None:
    bmw = {"website": "https://www.bmw.de/", "city": "Munich", "country": "DE"}
    first, second, other = ids(
        bmw | {"name": "BMW AG"},
        bmw | {"name": "Bayerische Motoren Werke AG", "website": "http://bmw.de"},
        bmw | {"name": "BMW Finance", "city": "Bonn"},
    )
    assert first == second != other


def test_the_representative_names_a_city_and_is_listed_at_home() -> None:
    frame = listings(
        {"name": "A", "country": "JP", "exchange": "BER", "city": None, "file": "BER.csv"},
        {"name": "A", "country": "JP", "exchange": "LSE", "city": "Tokio", "file": "LSE.csv", "sector": "Energy"},
        {"name": "A", "country": "JP", "exchange": "JPX", "city": "Tokyo", "file": "JPX.csv"},
    ).join(venues(), on="exchange", how="left", maintain_order="left")
    keyed = companies.add_keys(frame)
    chosen = companies.representatives(keyed.with_columns(companies.company_ids(keyed)))
    assert chosen.select("city", "file", "sector", "listed_at_home").rows() == [("Tokyo", "JPX.csv", "Energy", True)]


@pytest.mark.parametrize(
    ("symbol", "country", "exchanges", "abroad"),
    [
        ("EX1", "CN", ("HKG",), True),
        ("EX1", "CN", ("HKG", "SHH"), False),  # its register has it
        ("EX1", "CN", ("BER", "MUN"), False),  # venues that list the world say nothing
        ("EX1", "CN", ("BER", "HKG"), True),
        ("EX1", "SG", ("HKG",), False),  # no register
        ("1211.HK", "CN", ("HKG",), False),  # reviewed: BYD is also in Shenzhen
    ],
)
def test_listed_abroad_only(symbol: str, country: str, exchanges: tuple[str, ...], abroad: bool) -> None:
    rows = [
        {"symbol": symbol, "name": "A", "country": country, "exchange": one, "city": "X", "file": f"{one}.csv"}
        for one in exchanges
    ]
    frame = companies.add_keys(listings(*rows)).join(venues(), on="exchange", how="left", maintain_order="left")
    chosen = companies.representatives(frame.with_columns(companies.company_ids(frame)))
    assert chosen.select(branch_rules()[f"listed_companies{ABROAD}"]).to_series().to_list() == [abroad]


def test_reviewed_companies_are_still_in_the_files(mirror: Path) -> None:
    source = load_source("financedatabase")
    symbols = set(read_listings(Upstream(mirror, source.lock()), source.meta)["symbol"])
    assert set(also_at_home()) <= symbols


@pytest.mark.parametrize(
    ("exchange", "country", "summary", "place"),
    [
        ("NYQ", "United States", "It is headquartered in Atlanta, Georgia.", ("Atlanta", "Georgia", "US")),
        ("TOR", None, "It is headquartered in Toronto, Ontario, Canada.", ("Toronto", None, "CA")),
        ("LSE", "United Kingdom", "A software firm. The company is based in London, UK.", ("London", None, "GB")),
        ("LSE", "United Kingdom", "It is headquartered in Madrid, Spain.", (None, None, "GB")),
        ("BER", "Japan", "It is headquartered in Tokyo, Japan.", (None, None, "JP")),
        ("BSE", "India", "It is based in India.", (None, None, "IN")),
    ],
)
def test_place_in_the_summary(exchange: str, country: str | None, summary: str, place: tuple[str | None, ...]) -> None:
    frame = listings({"name": "A", "exchange": exchange, "country": country, "summary": summary})
    with_home = companies.add_written_place(frame).join(venues(), on="exchange", how="left")
    city, state, code = take_written_place(with_home).select("city", "state", "country").row(0)
    assert (city, code) == (place[0], place[2])
    assert state == place[1] or (exchange == "TOR" and state == "Ontario")


def test_every_exchange_of_the_sample_is_known() -> None:
    source = load_source("financedatabase")
    frame = read_listings(Upstream(source.folder / "sample"), source.meta)
    assert set(frame["exchange"]) <= set(venues()["exchange"])
    assert headquarters(frame)["name_key"].is_unique().all()


def test_what_is_missing_follows_from_coverage(mirror: Path) -> None:
    """`missing_in` is the rule's result, for each variable of the whole world; nobody chose the countries."""
    source = load_source("financedatabase")
    frame = read_listings(Upstream(mirror, source.lock()), source.meta)
    assert set(frame["exchange"].drop_nulls()) <= set(venues()["exchange"])
    shares = coverage(frame)
    missing = under_covered(shares)
    for variable in source.meta.variables:
        if not variable.id.endswith(ABROAD):  # of four countries only
            assert list(variable.absence.missing_in) == missing
    placed = dict(shares.select("country", pl.col("share").round(2)).iter_rows())
    assert {code: placed[code] for code in ("KR", "IN", "CN", "TW", "JP", "BR")} == {
        "KR": 0.57, "IN": 0.59, "CN": 0.62, "TW": 0.70, "JP": 0.74, "BR": 0.74,
    }  # fmt: skip
