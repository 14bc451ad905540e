"""City, comparison and method in a real browser: what they add to a table of numbers, and what can be taken along."""

import csv
import io
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest

from technopole.core.types import Lens
from technopole.editions.read import Edition
from technopole.index.framework import ROOT
from technopole.indicators.declarations import catalogue
from technopole.publish.bundle_close import close_pairs
from technopole.publish.claims import claim_list, replicated
from technopole.publish.compare import why
from technopole.publish.finding import find_city
from technopole.publish.ranking import rank
from technopole.publish.state import State, encode
from technopole.publish.themes import theme_list

pytestmark = pytest.mark.xdist_group("explorer")
Visit = Callable[..., Any]
SVG = "{http://www.w3.org/2000/svg}"


def test_a_city_names_those_it_cant_be_told_apart_from(visit: Visit, served: str, edition: Edition) -> None:
    slugs, _, replicates = replicated(edition, Lens.SCALE)
    close = close_pairs(replicates.ranks[ROOT], edition.framework().tiers.least_win)
    mine = slugs.index("helsinki")
    expected = {slug for slug, same in zip(slugs, close[mine], strict=True) if same and slug != "helsinki"}
    page = visit(f"{served}#{encode(State(page='city', city='helsinki'))}")
    page.locator("section.close ul.names").first.wait_for(state="attached")
    links = page.locator("section.close ul.names a").evaluate_all(
        "links => links.map(link => link.getAttribute('href'))"
    )
    assert {link.split("city=")[1].split("&")[0] for link in links} == expected
    assert len(links) == len(expected)
    own = State(page="city", city="helsinki", weights={edition.framework().sides()[0]: 0.0})
    assert "default weights" in visit(f"{served}#{encode(own)}").locator("section.close").inner_text()


def test_compared_cities_stand_with_the_largest_difference_first(visit: Visit, served: str) -> None:
    page = visit(f"{served}#{encode(State(page='compare', compare=('tokyo', 'seoul', 'helsinki', 'taipei', 'lagos')))}")
    groups = page.locator("table.compare tbody").all()
    assert len(groups) == 4
    for group in groups[2:]:
        spreads = [float(text) for text in group.locator("tr:not(.group) td:last-child").all_inner_texts()]
        assert spreads == sorted(spreads, reverse=True)
    marked = page.locator(".map.mini g text").all_text_contents()
    assert marked == ["Tokyo", "Seoul", "Helsinki", "Taipei"]  # Lagos has too little evidence to be ranked
    assert (
        page.locator(".map.mini g path.shape").evaluate_all("paths => new Set(paths.map(p => p.outerHTML)).size") == 4
    )


def test_the_gap_is_that_of_the_command_and_its_rest_is_counted(visit: Visit, served: str, edition: Edition) -> None:
    page = visit(f"{served}#{encode(State(page='compare', compare=('tokyo', 'helsinki')))}")
    panel = page.locator("section.gap")
    panel.get_by_role("button", name="Show all").click()
    shown = panel.locator("tbody tr").evaluate_all("rows => rows.map(row => row.cells[1].textContent)")
    parts = why(edition, find_city(edition, "tokyo"), find_city(edition, "helsinki"))["indicators"]
    expected = sorted((abs(one["contribution"]) for one in parts if one["contribution"]), reverse=True)
    assert [abs(float(text.replace("−", "-"))) for text in shown] == pytest.approx(expected, abs=0.0051)


@pytest.mark.parametrize("place", [0, 12])
def test_an_indicator_shows_where_it_is_known_and_what_it_cant_say(
    visit: Visit, address: str, edition: Edition, place: int
) -> None:
    indicator = edition.framework().indicator_ids()[place]
    page = visit(f"{address}#{encode(State(page='method'))}")
    leaf = page.locator(".leaf").filter(has=page.locator("summary", has_text=catalogue().get(indicator).title))
    leaf.locator("> summary").click()
    leaf.locator("figure.mini").wait_for()
    ranked = edition.table("coverage").filter("eligible")["city"]
    values = edition.table("indicators").filter(
        (pl.col("indicator") == indicator)
        & (pl.col("boundary") == "agglomeration")
        & pl.col("city").is_in(ranked.implode())
    )
    counts = [int(text) for text in leaf.locator(".dots-legend .num").all_inner_texts()]
    assert sum(counts) == ranked.len()
    known = values["value"].drop_nulls().len()
    assert (
        leaf.locator("figure.mini svg").get_attribute("aria-label")
        == f"{known} of {ranked.len()} ranked cities have a value"
    )
    text = leaf.inner_text()
    for source in values["source"].drop_nulls().unique():
        for limit in edition.sources[source]["limits"]:
            assert " ".join(limit.split()) in " ".join(text.split())


@pytest.fixture(params=["served", "alone"])
def address(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


TAKEN = {
    "city": (State(page="city", city="helsinki", lens="intensity"), "table.indicators"),
    "compare": (State(page="compare", compare=("tokyo", "seoul")), "table.compare"),
    "claims": (State(page="claims", verdict="contradicted"), "li.claim"),
    "themes": (State(page="themes"), "section.theme"),
    "method": (State(page="method"), "table.source-table"),
}


def take(page: Any, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(waiting.value.path()).read_bytes()


def expected_rows(name: str, edition: Edition) -> int:
    framework = edition.framework()
    indicators = edition.table("indicators")["indicator"].n_unique()
    return {
        "city": indicators,
        "compare": 1 + len(framework.sides()) + len(framework.pillars()) + len(framework.indicator_ids()),
        "claims": sum(one["verdict"] == "contradicted" for one in claim_list(edition)),
        "themes": len(theme_list(edition)),
        "method": indicators,
    }[name]


@pytest.mark.parametrize("name", TAKEN)
def test_every_page_can_be_taken_and_opened_again(visit: Visit, address: str, edition: Edition, name: str) -> None:
    state, ready = TAKEN[name]
    page = visit(f"{address}#{encode(state)}")
    page.locator(ready).first.wait_for()
    rows = list(csv.DictReader(io.StringIO(take(page, "CSV").decode("utf-8-sig"))))
    assert len(rows) == expected_rows(name, edition)
    assert [row["order"] for row in rows] == [str(at + 1) for at in range(len(rows))]
    assert {row["edition"] for row in rows} == {edition.id}
    assert all(row["licences"] for row in rows)
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())
    view = json.loads(take(page, "JSON"))
    assert len(view["rows"]) == len(rows)
    assert view["content_digest"] == edition.manifest["content_digest"]
    assert {one["id"] for one in view["sources"]} == set(edition.sources)
    assert ("weights" in view) == (name not in {"claims", "themes"})
    svg = ElementTree.fromstring(take(page, "SVG"))
    assert len(svg.findall(f".//{SVG}rect")) > 5
    png = take(page, "PNG")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24])[0] == 1920


def test_the_table_of_a_city_is_the_editions(visit: Visit, served: str, edition: Edition) -> None:
    page = visit(f"{served}#{encode(TAKEN['city'][0])}")
    page.locator("table.indicators").wait_for()
    rows = {row["indicator"]: row for row in csv.DictReader(io.StringIO(take(page, "CSV").decode("utf-8-sig")))}
    city = find_city(edition, "helsinki")
    scores = edition.table("scores").filter(
        (pl.col("city") == city["city"]) & (pl.col("lens") == "intensity") & (pl.col("boundary") == "agglomeration")
    )
    for node, score in scores.select("node", "score").iter_rows():
        if node in edition.framework().indicator_ids():
            assert float(rows[node]["score"]) == pytest.approx(score)
    view = json.loads(take(page, "JSON"))
    table = rank(edition, lens="intensity").table
    assert view["rank"] == table.row(by_predicate=pl.col("slug") == "helsinki", named=True)["rank"]
    assert np.isfinite(list(view["pillars"].values())).all()
    assert view["initiatives"]
    assert view["claims"]
