"""200 random resolutions, each read by a person: an answer that changes needs a new review, and at most 2 % are wrong.

The file is drawn by ``python -m technopole.publish.resolution_sample 20266`` (docs/resolution.md).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from technopole.cities.describe import rewrite
from technopole.cities.resolve import Resolver
from technopole.core.types import Level
from technopole.editions.shipped import repository
from technopole.publish.resolution_sample import (
    COLUMNS,
    OUTSIDE,
    QUERY,
    REVIEWED,
    SIZE,
    allocation,
    answers,
    asked,
    draw,
    read_reviewed,
)
from technopole.publish.resolution_shares import PROMISED, all_shares, promised_section, section, shares, together
from technopole.sources.registry import load_source, source_ids

FILE = repository() / REVIEWED
MOST_WRONG = 0.02


@pytest.fixture(scope="module")
def reviewed() -> pl.DataFrame:
    return read_reviewed(FILE)


def test_every_row_has_a_verdict_and_its_ground(reviewed: pl.DataFrame) -> None:
    assert reviewed.height == SIZE
    assert not reviewed.select(COLUMNS).is_duplicated().any()
    assert set(reviewed["verdict"]) <= {"right", "wrong"}
    assert reviewed["ground"].drop_nulls().str.len_chars().min() > 15
    assert reviewed["ground"].null_count() == 0
    assert (reviewed["verdict"] == "wrong").sum() <= MOST_WRONG * reviewed.height


def test_no_answer_changes_without_a_review(reviewed: pl.DataFrame, resolver: Resolver) -> None:
    changed = reviewed.with_columns(now=answers(reviewed, resolver)).filter(pl.col("now").ne_missing(pl.col("answer")))
    rows = changed.select("source", "label", "answer", "now").rows()
    assert not rows, f"resolved otherwise than reviewed; read them again and renew {REVIEWED}: {rows}"


def test_a_changed_answer_is_noticed(reviewed: pl.DataFrame, resolver: Resolver) -> None:
    """Null effect the other way round: with another country, names stop being what was reviewed."""
    named = reviewed.filter(pl.col("name").is_not_null() & ~pl.col("answer").str.starts_with(OUTSIDE))
    elsewhere = named.with_columns(country=pl.lit("NA"), lat=pl.lit(None, pl.Float64), lon=pl.lit(None, pl.Float64))
    assert answers(elsewhere, resolver).ne_missing(named["answer"]).mean() > 0.9


def test_the_sample_is_stratified_over_all_sources_with_cities(reviewed: pl.DataFrame) -> None:
    with_cities = {
        name
        for name in source_ids()
        if any(variable.level == Level.CITY.value for variable in load_source(name).meta.variables)
    }
    counts = dict(reviewed.group_by("source").len().iter_rows())
    assert set(counts) == with_cities
    assert max(counts.values()) - min(counts.values()) <= 2
    assert reviewed["name"].null_count() > 40, "points without a name"
    assert reviewed["name"].drop_nulls().len() > 80, "names"


def test_the_draw_is_the_seeds() -> None:
    strata = [pl.DataFrame({"one": range(size)}) for size in (50, 3, 20)]
    first, again, other = (draw(strata, 20, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert first.equals(again)
    assert not first.equals(other)
    assert allocation([50, 3, 20], 20) == [9, 3, 8]
    assert first.height == 20
    assert allocation([2, 1], 9) == [2, 1]


def test_sources_still_ask_what_was_reviewed(reviewed: pl.DataFrame, resolver: Resolver, mirror: Path) -> None:
    """An institution that a source places elsewhere, or a row that it reads otherwise, needs a new review too."""
    for (name,), rows in reviewed.group_by("source", maintain_order=True):
        now = asked(load_source(str(name)), mirror, resolver)
        keys = ["label", *QUERY]
        lost = rows.join(now, on=keys, how="anti", nulls_equal=True)
        assert lost.is_empty(), f"{name} asks otherwise than reviewed: {lost.select(keys).rows()}"


def test_shares_of_a_source_by_hand() -> None:
    meta = load_source("unicorns").meta
    variable = meta.variables[0]
    rows = [
        ("1", None, 5.0),
        (None, "outside the frame: X", 2.0),
        (None, "registered office", 1.0),
        (None, "empty", 2.0),
    ]
    records = pl.DataFrame(
        [(variable.id, "city", place, reason, amount) for place, reason, amount in rows],
        schema=["variable", "level", "place", "reason", "amount"],
        orient="row",
    )
    got = shares(records, meta, variable)
    assert got is not None
    assert (got.in_frame, got.outside, got.left_out, got.unresolved) == (0.5, 0.2, 0.1, 0.2)
    assert got.resolved == pytest.approx(0.7)
    assert got.resolved_of_placeable == pytest.approx(0.7 / 0.9)
    assert shares(records.clear(), meta, variable) is None


def test_the_promised_shares_are_kept_and_the_page_is_current(mirror_records: Callable[[str], pl.DataFrame]) -> None:
    listed = all_shares(lambda source: mirror_records(source.id))
    for what, (least, variables) in PROMISED.items():
        _, of_placeable = together(listed, variables)
        assert of_placeable >= least, (what, of_placeable)
    assert together(listed, ("listed_companies",))[0] >= 0.93
    assert together(listed, ("unicorns",))[0] >= 0.97
    page = (repository() / "docs" / "resolution.md").read_text(encoding="utf-8")
    parts = {"promised": promised_section(listed), "shares": section(listed)}
    assert rewrite(page, parts) == page, "run python -m technopole.publish.resolution_shares"
