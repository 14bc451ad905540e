"""Leiden Ranking: the number of publications, R's escapes, reviewed placements."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from technopole.core.errors import UpstreamError
from technopole.snapshots.upstream import Upstream
from technopole.sources.leiden.source import records
from technopole.sources.registry import load_source

REPOSITORY = Path(__file__).parents[2]
SOURCE = load_source("leiden")


def test_publications_come_from_two_columns(echo_resolver: type) -> None:
    rows = records(Upstream(SOURCE.folder / "sample"), SOURCE.meta, echo_resolver())
    publications = rows.filter(pl.col("variable") == "publications")
    assert dict(publications.select("label", "amount").iter_rows()) == {
        "Invented University of Tokyo": 1000.0,
        "São Paulo Invented Institute": 1200.0,
        "Invented College of Helsinki": 1000.0,
        "University of the Chinese Academy of Sciences": 10000.0,
    }
    assert publications["row"].to_list() == ["2", "3", "4", "5"]
    top = rows.filter(pl.col("variable") == "top10_publications")
    assert top["amount"].to_list() == [400.0, 150.0, 90.0, 1000.0]


def test_a_university_without_a_leading_city_is_left_out(echo_resolver: type) -> None:
    rows = records(Upstream(SOURCE.folder / "sample"), SOURCE.meta, echo_resolver())
    left_out = rows.filter(pl.col("place").is_null())
    assert left_out["label"].unique().to_list() == ["University of the Chinese Academy of Sciences"]
    assert left_out["reason"].str.starts_with("multi-site organisation: ").all()


def test_a_university_without_a_place_is_named(tmp_path: Path, echo_resolver: type) -> None:
    folder = tmp_path / "leiden"
    folder.mkdir()
    (folder / "cwts_2020_nda.csv").write_text(
        "rownames,P_collab,PP_collab,P_top10,P_industry_collab\nNowhere University,10,50,1,1\n"
    )
    (folder / "places_to_review.csv").write_text("rownames,city,country,lat,lon\nNowhere University,,Spain,,\n")
    with pytest.raises(UpstreamError, match="Nowhere University has no place"):
        records(Upstream(tmp_path), SOURCE.meta, echo_resolver())


def test_a_figure_that_is_no_number_is_named(tmp_path: Path, echo_resolver: type) -> None:
    folder = tmp_path / "leiden"
    folder.mkdir()
    (folder / "cwts_2020_nda.csv").write_text(
        "rownames,P_collab,PP_collab,P_top10,P_industry_collab\nSome University,10,0,1,1\n"
    )
    (folder / "places_to_review.csv").write_text("rownames,city,country,lat,lon\nSome University,Rome,Italy,,\n")
    with pytest.raises(UpstreamError, match="line 2"):
        records(Upstream(tmp_path), SOURCE.meta, echo_resolver())


def test_reviewed_placements_name_listed_universities(echo_resolver: type, mirror: Path) -> None:
    rows = records(Upstream(mirror, SOURCE.lock()), SOURCE.meta, echo_resolver())
    placements = pl.read_csv(SOURCE.folder / "placements.csv", infer_schema=False)
    assert set(placements["university"]) <= set(rows["label"])
    assert placements.filter(pl.col("city").is_null() == pl.col("left_out").is_null()).is_empty()
    assert rows.filter(pl.col("label").str.contains("<U+", literal=True)).is_empty()
    assert rows["label"].n_unique() == 1176
