"""`technopole data status --by-reason` on the shipped edition: every source, every record, once."""

from __future__ import annotations

import polars as pl
import pytest

from technopole.editions.read import Edition, open_edition
from technopole.publish.evidence import reason_counts, unresolved_table


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


def test_every_source_and_every_record_is_counted_once(edition: Edition) -> None:
    counts = reason_counts(edition)
    records = {name: source["records"] for name, source in edition.sources.items() if source["records"]}
    assert dict(counts.group_by("source").agg(pl.col("records").sum()).iter_rows()) == records
    unplaced = {name: source["unresolved_records"] for name, source in edition.sources.items()}
    others = counts.filter(pl.col("kind") != "placed").group_by("source").agg(pl.col("records").sum())
    assert dict(others.iter_rows()) == {name: number for name, number in unplaced.items() if number}
    assert counts.group_by("source").agg(pl.col("share").sum())["share"].to_list() == pytest.approx(
        [1.0] * len(records)
    )


def test_each_unplaced_row_has_a_reason(edition: Edition) -> None:
    listed = unresolved_table(edition)
    assert listed["reason"].null_count() == 0
    assert listed["reason"].str.len_chars().min() > 3
    kinds = reason_counts(edition)
    assert set(kinds["kind"]) == {"placed", "known place", "left out by rule", "unresolved"}
    assert kinds.filter(pl.col("reason") == "company")["kind"].to_list() == ["left out by rule"]
    assert set(kinds.filter(pl.col("reason") == "outside the frame")["kind"]) == {"known place"}
    assert not kinds["reason"].str.contains(r"\d{4}").any()
