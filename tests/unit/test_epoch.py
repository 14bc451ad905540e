"""epoch and top500: shares of a model, sites of an organisation, places in addresses, parts of a site's name."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest

from technopole.snapshots.upstream import Upstream
from technopole.sources.epoch.source import MODELS, REDACTED, _located, records
from technopole.sources.registry import load_source
from technopole.sources.top500.source import name_parts

SOURCE = load_source("epoch")
ORGANISATIONS = SOURCE.folder / "organisations.csv"


class Everywhere:
    """A resolver that finds every name: what is asked is what is tested."""

    def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
        return queries.select(
            city=pl.when(pl.col("name").is_not_null()).then(1), ring=0, method=pl.lit("frame name"),
            reason=pl.when(pl.col("name").is_null()).then(pl.lit("empty")),
        )  # fmt: skip


@pytest.fixture(scope="module")
def sample() -> pl.DataFrame:
    return records(Upstream(SOURCE.folder / "sample"), SOURCE.meta, Everywhere())


def test_a_model_is_shared_by_its_makers_and_their_sites(sample: pl.DataFrame) -> None:
    models = sample.filter(pl.col("file") == MODELS)
    shares = models.group_by("row").agg(pl.col("amount").sum(), pl.len()).sort("row")
    assert shares["amount"].to_list() == [1.0] * 6  # the one of 1998 isn't read
    by_maker = dict(models.group_by("label").agg(pl.col("amount").sum()).drop_nulls().iter_rows())
    assert by_maker["University of Toronto"] == by_maker["Google"] == 0.5
    halves = models.filter(pl.col("label") == "Google DeepMind")
    assert halves["amount"].to_list() == [0.5, 0.5]
    reasons = dict(models.select("label", "reason").filter(pl.col("reason").is_not_null()).iter_rows())
    assert reasons["Google"].startswith("multi-site organisation: ")
    assert reasons["EleutherAI"].startswith("no place: ")
    assert reasons["Example Company that nobody knows"] == "organisation not in organisations.csv"
    assert reasons[None] == "no organisation given"


def test_clusters_of_china_and_those_that_are_planned_or_repeated_are_nowhere(sample: pl.DataFrame) -> None:
    clusters = sample.filter(pl.col("variable") == "gpu_clusters")
    assert clusters["label"].to_list() == [
        "San Francisco | United States of America", "Toronto | Canada", "China | China", "Japan", "Helsinki | Finland",
    ]  # fmt: skip
    assert clusters["reason"].to_list() == [None, None, REDACTED, "no location given", None]


@pytest.mark.parametrize(
    ("address", "country", "code", "expected"),
    [
        ("3231 Riverport Rd, Memphis, TN 38109", "United States of America", "US", ("Memphis", "TN")),
        ("Texas", "United States of America", "US", ("Texas", None)),
        ("1100 Notre-Dame St W, Montreal, Quebec H3C 1K3, Canada", "Canada", "CA", ("Montreal", "Quebec")),
        ("Podole 60, 30-394 Kraków, Poland", "Poland", "Poland", ("Kraków", None)),
        ("Science Park 120, 1098 XG Amsterdam, Netherlands", "Netherlands", "Netherlands", ("Amsterdam", None)),
        ("Via Piero Gobetti, 101, 40129 Bologna BO, Italy", "Italy", "Italy", ("Bologna", None)),
        ("6200 Technology Blvd, 23150 Sandston, Virginia, USA", "United States of America", "US",
         ("Sandston", "Virginia")),
        ("Singapore", "Singapore", "Singapore", ("Singapore", None)),
    ],
)  # fmt: skip
def test_the_place_in_an_address(address: str, country: str, code: str, expected: tuple[str, str | None]) -> None:
    table = pl.DataFrame({"Location": [address], "Country": [country], "code": [code]})
    assert _located(table).select("place", "admin1").row(0) == expected


def test_organisations_are_placed_or_left_out_and_say_why() -> None:
    with ORGANISATIONS.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert all(bool(row["city"]) != bool(row["left_out"]) and row["why"] for row in rows)
    assert all(bool(row["country"]) == bool(row["city"]) for row in rows)
    twice = {row["organisation"] for row in rows if sum(row["organisation"] == one["organisation"] for one in rows) > 1}
    assert twice == {row["organisation"] for row in rows if row["why"].startswith("two sites")}
    assert all(row["admin1"] for row in rows if row["country"] in {"US", "CA"})


def test_every_declared_organisation_is_upstream(mirror: Path) -> None:
    table = pl.read_csv(mirror / MODELS, infer_schema=False)
    names = {name.strip() for text in table["Organization"].drop_nulls() for name in text.split(",")}
    with ORGANISATIONS.open(encoding="utf-8", newline="") as handle:
        assert {row["organisation"] for row in csv.DictReader(handle)} <= names


@pytest.mark.parametrize(
    ("site", "parts"),
    [
        ("DOE/SC/Oak Ridge National Laboratory", ["DOE", "SC", "Oak Ridge National Laboratory"]),
        ("Flatiron Institute - Simons Foundation", ["Flatiron Institute", "Simons Foundation"]),
        ("National Supercomputer Centre (NSC)", ["National Supercomputer Centre", "NSC"]),
        ("Meteo France", []),
    ],
)
def test_parts_of_a_site(site: str, parts: list[str]) -> None:
    assert name_parts(site) == [site, *parts]
