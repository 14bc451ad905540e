"""Developer conferences: each counts once, and what isn't a list of conferences is an error."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from technopole.cities.countries import countries, country_codes
from technopole.core.errors import UpstreamError
from technopole.snapshots.tables import ROW
from technopole.snapshots.upstream import Upstream
from technopole.sources.registry import load_source
from technopole.sources.tech_conferences.source import (
    FACTS,
    FIRST_YEAR,
    LAST_YEAR,
    distinct_conferences,
    read_topic,
)

PATH = "tech_conferences/conferences/2023/data.json"


def events(*rows: tuple[str, str, str, str, str | None]) -> pl.DataFrame:
    full = [(row, file, *rest, "U.K.") for row, file, *rest in rows]
    return pl.DataFrame(full, schema=dict.fromkeys((ROW, "file", *FACTS), pl.String), orient="row")


def test_one_conference_under_several_topics_counts_once() -> None:
    same = distinct_conferences(
        events(
            ("[10]", "data.json", "ExampleCon", "https://example.org/", "2023-05-01", "London"),
            ("[9]", "data.json", "Example Con!", "https://other.example", "2023-05-01", "london"),
            ("[0]", "java.json", "ExampleCon UK", "http://www.example.org", "2023-05-01", "London"),
        )
    )
    assert same.select(ROW, "file").rows() == [("[9]", "data.json")]


def test_another_day_or_city_is_another_conference() -> None:
    rows = events(
        ("[0]", "data.json", "ExampleCon", "https://example.org", "2023-05-01", "London"),
        ("[1]", "data.json", "ExampleCon", "https://example.org", "2024-05-01", "London"),
        ("[2]", "data.json", "ExampleCon", "https://example.org", "2023-05-01", "Leeds"),
        ("[3]", "data.json", "ExampleCon", "https://example.org", "2023-05-01", None),
    )
    assert distinct_conferences(rows).height == 4


@pytest.mark.parametrize(
    "content",
    [{"name": "ExampleCon"}, ["ExampleCon"], [{"name": "ExampleCon", "url": "x"}],
     [{"name": "ExampleCon", "url": "x", "startDate": "2023-05-01", "city": 7}]],
)  # fmt: skip
def test_not_a_list_of_conferences(tmp_path: Path, content: object) -> None:
    file = tmp_path / PATH
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UpstreamError, match=r"2023/data\.json"):
        read_topic(Upstream(tmp_path), PATH)


def test_what_is_missing_follows_from_coverage(mirror: Path) -> None:
    """Covered: at least half as many conferences for each open-source contributor of 2021 as the world has."""
    source = load_source("tech_conferences")
    upstream = Upstream(mirror, source.lock())
    paths = [path for pattern in source.meta.files for path in upstream.paths(pattern)]
    recent = [path for path in paths if FIRST_YEAR <= int(path.split("/")[-2]) <= LAST_YEAR]
    held = distinct_conferences(pl.concat([read_topic(upstream, path) for path in recent]))
    held = held.filter(pl.col("city").is_not_null())
    counts = held.select(iso2=country_codes(held["country"])).group_by("iso2").len()
    contributors = pl.read_csv(mirror / "oss_geography" / "world_countries_2021.csv").select(
        "iso2", people="count_total_contributors"
    )
    world = held.height / contributors["people"].sum()
    joined = counts.join(contributors, on="iso2", how="inner")
    covered = joined.filter(pl.col("len") / pl.col("people") >= world / 2)["iso2"].to_list()
    (variable,) = source.meta.variables
    assert list(variable.absence.missing_in) == sorted(set(countries()) - set(covered))
    assert {"CN", "TW", "KR", "JP", "IN", "BR", "RU"} <= set(variable.absence.missing_in)
