"""Papers shared out over laboratories: nothing is lost, and the variance is that of a flat Dirichlet distribution."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from technopole.cities.resolve import Resolver
from technopole.editions.read import open_edition
from technopole.indicators.errors import shared_papers
from technopole.observations.aggregate import observations
from technopole.observations.schema import RECORD_SCHEMA
from technopole.publish.resolution_shares import PROMISED, shares, together
from technopole.snapshots.tables import read_csv
from technopole.snapshots.upstream import Upstream
from technopole.sources.csmetrics.laboratories import LEAST_OF_ALL, laboratory_sites, share_out
from technopole.sources.registry import load_source

SOURCE = load_source("csmetrics")
TABLE = SOURCE.folder / "laboratories.csv"
PAPERS = "computer_science_papers"
CITIES = {"Turku": (1, 0), "Naantali": (1, 2), "Espoo": (2, 0), "Oulu": (3, 1)}


class FourTowns:
    """Two towns of city 1 (its core, and its region), one of city 2, one of city 3; others are unknown."""

    def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
        found = [CITIES.get(name) for name in queries["name"]]
        return pl.DataFrame(
            {
                "city": pl.Series([one[0] if one else None for one in found], dtype=pl.Int64),
                "ring": pl.Series([one[1] if one else None for one in found], dtype=pl.Int8),
                "method": "test",
                "reason": pl.Series([None if one else "unknown name" for one in found], dtype=pl.String),
            }
        )


def laboratories(*sites: tuple[str, str, str]) -> pl.DataFrame:
    table = pl.DataFrame(sites, schema=["institution", "laboratory", "city"], orient="row")
    return table.with_columns(admin1=pl.lit(None, pl.String), country=pl.lit("FI"))


# five laboratories: two in city 1 (one of them only in its region), one in city 2, one unknown, and one that has two
# sites, in cities 1 and 3
MANY = laboratories(
    ("many", "first", "Turku"),
    ("many", "second", "Naantali"),
    ("many", "third", "Espoo"),
    ("many", "fourth", "Nowhere"),
    ("many", "fifth", "Turku"),
    ("many", "fifth", "Oulu"),
    ("few", "one", "Turku"),
    ("few", "two", "Espoo"),
)
ROWS = pl.DataFrame(
    [
        ("a", PAPERS, "many", 60.0),
        ("b", PAPERS, "many", 40.0),
        ("a", PAPERS, "few", 10.0),
        ("a", PAPERS, "other", 5.0),
        ("c", "ubiquitous_computing_papers", "many", 8.0),
    ],
    schema=["file", "variable", "institution", "amount"],
    orient="row",
)


@pytest.fixture(scope="module")
def records() -> pl.DataFrame:
    return share_out(ROWS, laboratory_sites(MANY, FourTowns()))


def of_cities(records: pl.DataFrame, variable: str, boundary: str) -> dict[str, float]:
    declared = [one for one in SOURCE.meta.variables if one.id == variable]
    found = observations(records, declared, "csmetrics").filter(pl.col("boundary") == boundary)
    return dict(found.select("place", "value").iter_rows())


def test_shares_add_up_and_a_laboratory_at_two_sites_has_half_a_share_at_each() -> None:
    sites = laboratory_sites(MANY, FourTowns()).filter(pl.col("institution") == "many")
    assert sites["share"].sum() == pytest.approx(1)
    by_place = dict(sites.group_by("place").agg(pl.col("share").sum()).iter_rows())
    assert by_place == pytest.approx({"1": 2.5 / 5, "2": 1 / 5, "3": 0.5 / 5, None: 1 / 5})


def test_no_paper_is_lost_and_other_institutions_are_left_alone(records: pl.DataFrame) -> None:
    assert records.schema == pl.Schema(RECORD_SCHEMA)
    papers = records.filter(~pl.col("variable").str.contains("_shared"))
    assert dict(papers.group_by("row").agg(pl.col("amount").sum()).iter_rows()) == pytest.approx(
        {"many": 108.0, "few": 10.0}
    )
    assert papers.filter(pl.col("place").is_null())["reason"].unique().to_list() == ["unknown name"]
    assert set(papers.filter(pl.col("file") == "c")["variable"]) == {"ubiquitous_computing_papers"}
    assert of_cities(records, PAPERS, "region") == pytest.approx({"1": 55.0, "2": 25.0, "3": 10.0})
    placed = papers.filter(pl.col("place").is_not_null() & (pl.col("variable") == PAPERS))["amount"].sum()
    again = records.filter(pl.col("variable") == f"{PAPERS}_shared")["amount"].sum()
    assert again == pytest.approx(placed)
    assert set(records["variable"]) == {
        PAPERS,
        f"{PAPERS}_shared",
        f"{PAPERS}_shared_variance",
        "ubiquitous_computing_papers",
    }


@pytest.mark.parametrize(("boundary", "first"), [("core", [0, 4]), ("region", [0, 1, 4])])
def test_the_variance_is_that_of_a_flat_dirichlet_distribution(
    records: pl.DataFrame, boundary: str, first: list[int]
) -> None:
    rng = np.random.default_rng(20261124)
    # sites first, second, third, fourth, fifth at Turku, fifth at Oulu; the halves of one laboratory add up to 1
    many = 100 * rng.dirichlet([1, 1, 1, 1, 0.5, 0.5], size=400_000)
    few = 10 * rng.dirichlet([1, 1], size=400_000)
    drawn = {"1": many[:, first].sum(axis=1) + few[:, 0], "2": many[:, 2] + few[:, 1], "3": many[:, 5]}
    if boundary == "core":
        del drawn["3"]  # Oulu's site is in the ring of the agglomeration
    variance = of_cities(records, f"{PAPERS}_shared_variance", boundary)
    mean = of_cities(records, f"{PAPERS}_shared", boundary)
    assert variance == pytest.approx({city: papers.var() for city, papers in drawn.items()}, rel=0.01)
    assert mean == pytest.approx({city: papers.mean() for city, papers in drawn.items()}, rel=0.01)


def test_one_laboratory_of_k_has_the_variance_of_the_formula() -> None:
    towns = [f"town {number}" for number in range(6)]
    table = laboratories(("many", "first", "Turku"), *[("many", town, town) for town in towns])
    site = laboratory_sites(table, FourTowns()).filter(pl.col("place") == "1")
    assert site["variance"].to_list() == pytest.approx([6 / (49 * 8)])


def test_the_ends_are_three_roots_of_the_variance_away_and_never_below_what_is_known() -> None:
    city = {"level": "city", "boundary": "core"}
    shared = {"1": (20.0, 12.0), "2": (2.0, 12.0), "3": (6.0, 0.0)}
    table = [
        {**city, "variable": name, "place": place, "value": value}
        for place, both in shared.items()
        for name, value in zip(("p_shared", "p_variance"), both, strict=True)
    ]
    values = pl.DataFrame({"city": [1, 2, 3, 4], "boundary": ["core"] * 4, "value": [100.0, 30.0, 6.0, 9.0]})
    found = shared_papers(pl.DataFrame(table), pl.DataFrame(), values, shared="p_shared", variance="p_variance")
    assert found.sort("city").to_dicts() == [
        {"city": 1, "boundary": "core", "low": pytest.approx(94.0), "high": pytest.approx(106.0)},
        {"city": 2, "boundary": "core", "low": pytest.approx(28.0), "high": pytest.approx(36.0)},
    ]


def test_every_laboratory_has_a_source_and_a_reason() -> None:
    table = read_csv(TABLE)
    assert (
        table.select("institution", "laboratory", "city", "country", "source", "why").null_count().sum_horizontal()[0]
        == 0
    )
    assert all(re.search(r"ROR 0\w{8}|read \d{4}-\d\d-\d\d", text) for text in table["source"])
    assert table.select("institution", "laboratory", "city").is_unique().all()


def test_the_registers_ids_are_those_of_a_place_in_that_country(mirror: Path) -> None:
    register = read_csv(Upstream(mirror, SOURCE.lock()).open("ror/ror_records_merged.csv"), columns=["ror", "country"])
    countries = dict(register.select("ror", "country").iter_rows())
    names = {"US": "United States", "CN": "China", "JP": "Japan", "FR": "France", "DE": "Germany"}
    for source, country in read_csv(TABLE).select("source", "country").iter_rows():
        for identifier in re.findall(r"ROR (0\w{8})", source):
            assert countries[f"https://ror.org/{identifier}"] == names[country], source


@pytest.fixture(scope="module")
def measured(mirror: Path) -> pl.DataFrame:
    return SOURCE.records(Upstream(mirror, SOURCE.lock()), Resolver(open_edition().cities()))


def test_the_organisations_are_the_largest_that_a_rule_left_out(measured: pl.DataFrame) -> None:
    shared = set(read_csv(TABLE)["institution"])
    papers = measured.filter(~pl.col("variable").str.contains("_shared"))
    least = LEAST_OF_ALL * papers["amount"].sum()
    kept = pl.col("reason").str.starts_with("company") | pl.col("reason").str.starts_with("multi-site")
    amounts = papers.group_by("row").agg(pl.col("amount").sum(), left_out=kept.any()).filter(pl.col("amount") >= least)
    assert shared <= set(amounts["row"])
    page = (Path(__file__).parents[2] / "docs" / "sources" / "csmetrics.md").read_text(encoding="utf-8")
    for name in amounts.filter(pl.col("left_out"))["row"]:
        assert f"**{name.title()}** stays left out" in page, name


def test_no_upper_end_passes_all_papers_of_the_organisations() -> None:
    sites = laboratory_sites(read_csv(TABLE), Resolver(open_edition().cities())).drop_nulls("place")
    held = sites.group_by("institution", "place").agg(pl.col("share").sum(), pl.col("variance").sum())
    assert (held["share"] + (3 * held["variance"]).sqrt()).max() < 1


def test_the_promised_share_of_papers_is_resolved_of_everything(measured: pl.DataFrame) -> None:
    (least, variables) = next(value for what, value in PROMISED.items() if "csmetrics" in what)
    listed = [shares(measured, SOURCE.meta, one) for one in SOURCE.meta.variables if one.id in variables]
    everything, of_placeable = together([one for one in listed if one is not None], variables)
    assert everything >= least == 0.92
    assert of_placeable >= 0.98
