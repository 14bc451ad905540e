"""semiconductor_fabs: points that are no plant's, and towns that the plants' names say."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from technopole.snapshots.tables import read_csv
from technopole.sources.registry import load_source
from technopole.sources.semiconductor_fabs.source import LISTED, MIDDLE, with_middles, with_towns

COLUMNS = ["Company", "Plant name", "Latitude", "Longitude"]


def plants(*rows: tuple[str, str | None, str | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")


def test_the_middle_of_a_country_is_no_place() -> None:
    table = plants(
        ("A", "x", "36.6533355712891", "137.981689453125"), ("B", "y", "36.66", "137.98"), ("C", None, None, None)
    )
    assert with_middles(table)["reason"].to_list() == [f"{MIDDLE}Japan", None, None]


def test_a_declared_town_replaces_point_and_reason() -> None:
    table = with_middles(
        plants(
            ("Toshiba", "Kaga Toshiba", "26.4168796539307", "127.83032989502"),
            ("Rohm", "Shiga Factory", "36.6533355712891", "137.981689453125"),
            ("Rohm", "Another", "36.6533355712891", "137.981689453125"),
        )
    )
    got = with_towns(table).select("city", "country", "Latitude", "reason").rows()
    assert got[0] == ("Komatsu", "JP", None, None)
    assert got[1] == ("Ōtsu", "JP", None, None)
    assert got[2] == (None, None, "36.6533355712891", f"{MIDDLE}Japan")


def test_declared_points_and_plants_are_upstreams(mirror: Path) -> None:
    table = read_csv(mirror / LISTED, columns=COLUMNS)
    middles = pl.read_csv(load_source("semiconductor_fabs").folder / "middles.csv")
    found = with_middles(table)["reason"].drop_nulls().str.strip_prefix(MIDDLE).unique()
    assert sorted(found) == sorted(middles["of"])
    declared = pl.read_csv(load_source("semiconductor_fabs").folder / "plants.csv", infer_schema=False)
    assert set(declared.select("company", "plant").iter_rows()) <= set(
        table.select("Company", "Plant name").iter_rows()
    )
    assert declared["why"].null_count() == 0
