"""The pages of what is said, done and not measured: claims, themes, and what a city does, in a real browser."""

import csv
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest

from technopole.editions.read import Edition
from technopole.publish.claims import claim_list
from technopole.publish.claims_listed import article_list
from technopole.publish.initiatives import initiative_list
from technopole.publish.momentum import momentum_table
from technopole.publish.state import State, decode, encode
from technopole.publish.themes import theme_list

pytestmark = pytest.mark.xdist_group("explorer")
Visit = Callable[..., Any]
VERDICTS = ("supported", "contradicted", "outdated", "imprecise", "untestable")


@pytest.fixture(params=["served", "alone"])
def address(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


def test_every_claim_stands_with_its_verdict_and_reason(visit: Visit, address: str, edition: Edition) -> None:
    page = visit(f"{address}#{encode(State(page='claims'))}")
    groups = page.locator("details.claim-group")
    groups.first.wait_for()
    assert page.locator("li.claim:visible").count() == 0
    groups.locator("> summary").nth(1).press("Enter")
    assert page.locator("li.claim:visible").count() == groups.nth(1).locator("li.claim").count() > 0
    page.get_by_role("button", name="Open all").click()
    assert page.locator("li.claim:visible").count() == page.locator("li.claim").count()
    shown = page.locator("li.claim").evaluate_all(
        """items => items.map(item => [
          item.id, item.querySelector('.verdict').className, item.querySelector('.because').textContent])"""
    )
    claims = claim_list(edition)
    places = list(dict.fromkeys(one["city"] for one in claims))
    expected = sorted(claims, key=lambda one: places.index(one["city"]))
    assert shown == [[f"claim-{one['id']}", f"verdict {one['verdict']}", one["because"]] for one in expected]


def test_the_evidence_of_a_claim_opens_with_its_source(visit: Visit, served: str, edition: Edition) -> None:
    claim = next(one for one in claim_list(edition) if any(item["kind"] == "figure" for item in one["evidence"]))
    page = visit(f"{served}#{encode(State(page='claims'))}")
    item = page.locator(f"li#claim-{claim['id']}")
    page.get_by_role("button", name="Open all").click()
    item.locator("summary").click()
    assert item.locator("ul.evidence > li").count() == len(claim["evidence"])
    addresses = item.locator("ul.evidence a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert addresses == [one["url"] for one in claim["evidence"] if one["url"].startswith("http")]
    assert item.get_by_text(claim["true_if"]).is_visible()


def test_claims_are_filtered_by_verdict_and_city_and_the_link_says_so(
    visit: Visit, served: str, edition: Edition
) -> None:
    claims = claim_list(edition)
    page = visit(f"{served}#{encode(State(page='claims'))}")
    page.locator("button.choose.contradicted").click()
    assert decode(page.url.split("#")[1]).verdict == "contradicted"
    assert page.locator("li.claim").count() == sum(one["verdict"] == "contradicted" for one in claims)
    again = visit(f"{served}#{encode(State(page='claims', city='tokyo', verdict='supported'))}")
    again.locator("li.claim").first.wait_for()
    expected = [one["id"] for one in claims if (one["city"], one["verdict"]) == ("tokyo", "supported")]
    ids = again.locator("li.claim").evaluate_all("items => items.map(item => item.id)")
    assert ids == [f"claim-{name}" for name in expected]
    for verdict in VERDICTS:
        count = sum((one["city"], one["verdict"]) == ("tokyo", verdict) for one in claims)
        assert again.locator(f"button.choose.{verdict} .num").inner_text() == str(count)


@pytest.mark.parametrize("places", [10, 20, 50])
def test_the_list_of_ten_is_judged_as_the_command_does(
    visit: Visit, served: str, edition: Edition, places: int
) -> None:
    page = visit(f"{served}#{encode(State(page='claims'))}")
    page.get_by_role("button", name=str(places), exact=True).click()
    tables = article_list(edition)["tables"]
    for row in page.locator("table.ten tbody tr").all():
        link = row.locator("th a").get_attribute("href") or ""
        slug = decode(link.removeprefix("#")).city
        for table, cell in zip(tables, row.locator("td").all(), strict=True):
            belongs, not_so = slug in table["belongs"][str(places)], slug in table["does_not"][str(places)]
            kind = "belongs" if belongs else "doesNot" if not_so else "undecided"
            assert (cell.get_attribute("class") or "").split() == ["belonging", kind]


def test_every_theme_says_how_it_is_measured_or_why_not(visit: Visit, address: str, edition: Edition) -> None:
    page = visit(f"{address}#{encode(State(page='themes'))}")
    page.locator("section.theme").first.wait_for()
    for theme, panel in zip(theme_list(edition), page.locator("section.theme").all(), strict=True):
        text = panel.inner_text()
        assert theme["theme"] in text
        assert " ".join(theme["reason"].split()) in " ".join(text.split())
        assert panel.locator("table.measures tbody tr").count() == len(theme["measures"])
        for name in theme["sources"]:
            title = (edition.sources.get(name) or edition.manifest["inputs"][name])["title"]
            assert title in text


def test_what_a_city_does_stands_with_source_day_and_extract(visit: Visit, address: str, edition: Edition) -> None:
    page = visit(f"{address}#{encode(State(page='city', city='helsinki'))}")
    page.locator(".deeds li.deed").first.wait_for()
    expected = initiative_list("helsinki")
    read = [one for one in expected if one["kind"] == "read"]
    items = page.locator(".deeds > ul > li.deed")
    assert items.count() == len(read)
    for one, item in zip(read, items.all(), strict=True):
        text = item.inner_text()
        assert one["what"] in text
        assert one["source"]["seen"] in text
        assert item.locator(f'a[href="{one["source"]["address"]}"]').count() == 1
        assert item.locator("blockquote").inner_text() != ""
    page.locator(".deeds details summary").click()
    assert page.locator(".deeds li.deed").count() == len(expected)
    assert page.locator("section li.claim").count() == sum(one["city"] == "helsinki" for one in claim_list(edition))


def test_a_long_page_leads_to_each_of_its_parts(visit: Visit, served: str) -> None:
    page = visit(f"{served}#{encode(State(page='city', city='helsinki'))}")
    contents = page.get_by_role("navigation", name="On this page")
    contents.get_by_role("button", name="What it does").click()
    assert page.locator(":focus").inner_text() == "What it does"
    contents.get_by_role("button", name="Indicators").wait_for()
    headings = page.locator("article.city section h2").all_inner_texts()
    assert contents.get_by_role("button").all_inner_texts() == headings


def test_a_trend_is_the_momentum_of_the_command(visit: Visit, served: str, edition: Edition) -> None:
    table = {one["slug"]: one for one in momentum_table(edition)["cities"]}
    words = {"rising": "Rising.", "falling": "Falling.", "open": "Open:"}
    for verdict, word in words.items():
        slug = next((one["slug"] for one in table.values() if one["verdict"] == verdict), None)
        if slug is None:
            continue
        page = visit(f"{served}#{encode(State(page='city', city=slug))}")
        assert page.locator("section.trend strong").first.inner_text().startswith(word)
    absent = next(slug for slug in edition.frame()["slug"] if slug not in table)
    page = visit(f"{served}#{encode(State(page='city', city=absent))}")
    assert "Fewer than" in page.locator("section.trend").inner_text()


HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>\u202egnp.x'


@pytest.fixture(scope="module")
def hostile(site: Mapping[str, bytes], serve: Callable[..., str]) -> str:
    """The explorer with a claim, a theme and an initiative that hold markup and right-to-left marks."""
    claims = json.loads(site["data/claims.json"])
    claim = next(one for one in claims["claims"] if one["city"] == "tokyo" and one["evidence"])
    claim |= {"statement": HOSTILE, "because": HOSTILE}
    claim["evidence"][0] |= {"url": "javascript:document.title=3", "citation": HOSTILE}
    done = json.loads(site["data/initiatives.json"])
    done["tokyo"][0] |= {"what": HOSTILE, "by": HOSTILE, "extract": HOSTILE}
    done["tokyo"][0]["source"] |= {"title": HOSTILE, "address": "javascript:document.title=4"}
    changed = {"data/claims.json": json.dumps(claims).encode(), "data/initiatives.json": json.dumps(done).encode()}
    return serve({**site, **changed})


@pytest.mark.parametrize("page_name", ["claims", "city"])
def test_markup_in_claims_and_initiatives_is_shown_as_text(visit: Visit, hostile: str, page_name: str) -> None:
    page = visit(f"{hostile}#{encode(State(page=page_name, city='tokyo'))}")
    page.locator("li.claim").first.wait_for()
    for fold in page.locator("main details").all():
        fold.evaluate("fold => { fold.open = true; }")
    assert page.get_by_text(HOSTILE).count() >= 2
    assert page.locator("main img, main script").count() == 0
    assert page.locator('a[href^="javascript"]').count() == 0
    assert page.title().endswith("Technopole")


STRANGE = '=HYPERLINK("x")<img src=x onerror="document.title=5">\u202e'


@pytest.fixture(scope="module")
def renamed(site: Mapping[str, bytes], serve: Callable[..., str]) -> str:
    """The explorer with a city whose name is markup, a formula and a right-to-left mark."""
    cities = pl.read_parquet(io.BytesIO(site["data/cities.parquet"]))
    name = pl.when(pl.col("slug") == "tokyo").then(pl.lit(STRANGE)).otherwise(pl.col("name"))
    buffer = io.BytesIO()
    cities.with_columns(name=name).write_parquet(buffer, compression="snappy", statistics=False)
    return serve({**site, "data/cities.parquet": buffer.getvalue()})


@pytest.mark.parametrize(
    "state",
    [
        State(),
        State(page="city", city="tokyo"),
        State(page="compare", compare=("tokyo", "seoul")),
        State(page="claims"),
    ],
    ids=lambda state: state.page,
)
def test_a_name_of_markup_is_shown_as_text_and_taken_as_text(visit: Visit, renamed: str, state: State) -> None:
    page = visit(f"{renamed}#{encode(state)}")
    page.locator("main :not(title):visible", has_text=STRANGE).last.wait_for()
    assert page.locator("main img, main script").count() == 0
    assert page.title().endswith("Technopole")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV", exact=True).click()
    text = Path(waiting.value.path()).read_text("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not any(cell.startswith("=") for cell in cells)
    if state.page in {"ranking", "city"}:
        assert f"'{STRANGE}" in cells
    with page.expect_download() as waiting:
        page.get_by_role("button", name="SVG").first.click()
    ElementTree.parse(waiting.value.path())


PAGES = {
    "method": State(page="method"),
    "claims": State(page="claims"),
    "themes": State(page="themes", theme="public_wifi"),
    "a city that does much": State(page="city", city="tokyo"),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visit: Visit, served: str, axe: str, name: str, scheme: str) -> None:
    page = visit(f"{served}#{encode(PAGES[name])}", color_scheme=scheme)
    page.locator("main details").first.wait_for()
    page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true; })")
    page.evaluate(axe)
    found = page.evaluate("() => axe.run().then(result => result.violations)")
    assert [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_needs_no_horizontal_scrolling(visit: Visit, served: str, name: str) -> None:
    page = visit(f"{served}#{encode(PAGES[name])}", viewport={"width": 390, "height": 844}, has_touch=True)
    page.locator("main details").first.wait_for()
    page.evaluate("document.querySelectorAll('main details').forEach(fold => { fold.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
