"""Pages written from the edition: what they count, and that docs/ holds what the edition says."""

import csv
import io
import json
import sys
from collections.abc import Callable

import polars as pl
import pytest

from technopole.cli.main import main
from technopole.core.types import Boundary, Lens
from technopole.editions.declared import declared_sources
from technopole.editions.read import Edition, open_edition
from technopole.editions.shipped import repository
from technopole.publish import boundaries, coverage
from technopole.publish.boundaries import boundary_table
from technopole.publish.coverage import absence, country_counts, listed_countries
from technopole.publish.pages import table, written_page
from technopole.publish.ranking import rank

PAGES: dict[str, Callable[[Edition], str]] = {"coverage.md": coverage.page, "boundaries.md": boundaries.page}


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_its_command_writes(edition: Edition, name: str) -> None:
    text = (repository() / "docs" / name).read_text(encoding="utf-8")
    assert text == written_page(edition, PAGES[name]), f"run python -m technopole.publish.{name.removesuffix('.md')}"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_whole_and_the_same_twice(edition: Edition, name: str) -> None:
    text = PAGES[name](edition)
    assert text == PAGES[name](edition)
    assert "nan" not in text.replace("Nanjing", "").casefold().split()
    widths = [line.replace("\\|", "").count("|") for line in text.splitlines() if line.startswith("|")]
    assert min(widths) >= 3
    assert all(f"]({link}" in text for link in ("sources/",)) or name != "coverage.md"


def test_every_source_has_its_line(edition: Edition) -> None:
    text = coverage.page(edition)
    for name in edition.sources:
        assert text.count(f"[{name}](sources/{name}.md)") == 2


def test_records_by_country_are_all_records(edition: Edition) -> None:
    counts = country_counts(edition)
    city_level = {v.id for meta in declared_sources(edition).values() for v in meta.variables if v.level == "city"}
    placed = edition.table("evidence").filter(pl.col("variable").is_in(sorted(city_level))).height
    rest = edition.table("unresolved").filter(pl.col("variable").is_in(sorted(city_level)))["records"].sum()
    assert counts["placed"].sum() == placed
    assert counts["unplaced"].sum() + counts["left_out"].sum() == rest
    assert counts.filter(pl.col("placed") > 0)["country"].null_count() == 0


def test_the_listed_countries_hold_the_first_cities(edition: Edition) -> None:
    codes = listed_countries(edition)
    assert {code for lens in Lens for code in rank(edition, lens=lens, top=coverage.FIRST).table["country"]} == set(
        codes
    )


def test_absence_is_by_country(edition: Edition) -> None:
    variables = [one for meta in declared_sources(edition).values() for one in meta.variables]
    under = next(one for one in variables if one.absence.missing_in)
    assert absence(under, under.absence.missing_in[0]) == "lower bound"
    assert absence(under, "XX") == under.absence.default


@pytest.mark.parametrize("side", [None, "makes"])
def test_boundaries_say_what_rank_says(edition: Edition, side: str | None) -> None:
    shape = boundary_table(edition, Lens.SCALE, side)
    for boundary in Boundary:
        ranks = dict(rank(edition, side=side, boundary=boundary).table.select("city", "rank").rows())
        assert {row["id"]: row[boundary.value] for row in shape["cities"]} == ranks
    spreads = [row["spread"] for row in shape["cities"]]
    assert spreads == sorted(spreads, reverse=True)
    for row in shape["cities"]:
        three = [row[boundary.value] for boundary in Boundary]
        assert row["spread"] == max(three) - min(three)
        assert row["beyond_range"] == any(not row["rank_low"] <= one <= row["rank_high"] for one in three)


def test_only_rows_with_a_place_move_with_the_line(edition: Edition) -> None:
    lines = {one["id"]: one for one in boundary_table(edition)["indicators"]}
    values = edition.table("indicators").filter(pl.col("status") == "inherited")
    for name in values["indicator"].unique():
        assert lines.get(name, {"line": "fixed"})["line"] == "fixed"
    assert sum(one["line"] == "re-attributed" for one in lines.values()) >= 5
    assert all((one["cities_that_differ"] > 0) == (one["line"] == "re-attributed") for one in lines.values())


def test_because_adds_up_to_the_change_of_score_where_it_names_all(
    edition: Edition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(boundaries, "REASONS", 1000)
    scores = {
        boundary.value: dict(rank(edition, boundary=boundary).table.select("city", "score").rows())
        for boundary in Boundary
    }
    for row in boundary_table(edition)["cities"][:20]:
        best, worst = (choose(Boundary, key=lambda one: row[one.value]).value for choose in (min, max))
        change = scores[best][row["id"]] - scores[worst][row["id"]]
        assert sum(one["points"] for one in row["because"]) == pytest.approx(change, abs=1e-4)


def test_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["technopole", "boundaries", *words])
        try:
            main()
        except SystemExit as stop:
            return int(stop.code or 0), capsys.readouterr().out
        return 0, capsys.readouterr().out

    shape = json.loads(run("--json")[1])
    rows = list(csv.DictReader(io.StringIO(run("--csv")[1])))
    assert [int(row["id"]) for row in rows] == [one["id"] for one in shape["cities"]]
    status, out = run("--lens", "intensity", "--side", "lives", "--top", "3")
    assert (status, "intensity lens" in out) == (0, True)
    assert run("--top", "0")[0] == 1
    assert run("--side", "live")[0] == 1


def test_cells_of_a_table_stay_cells() -> None:
    assert table(["a", "b"], [["x|y", "1\n2"]], ["b"]) == "| a | b |\n|---|---:|\n| x\\|y | 1 2 |"
