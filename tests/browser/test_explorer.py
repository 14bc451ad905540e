"""The explorer in a real browser: what a reader does, by mouse and by keyboard, online and from a file."""

import csv
import io
import json
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from technopole.editions.read import Edition
from technopole.publish.ranking import rank
from technopole.publish.state import State, decode, encode

pytestmark = pytest.mark.xdist_group("explorer")
Visit = Callable[..., Any]
FORMS = ["served", "alone"]
ROWS = "table.ranking tbody tr"


@pytest.fixture(params=FORMS)
def address(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


def order(page: Any, count: int) -> list[str]:
    slugs: list[str] = page.locator(ROWS).evaluate_all("rows => rows.map(row => row.dataset.slug)")
    return slugs[:count]


def wait_for_weights(page: Any) -> None:
    """The address follows a slider when it rests."""
    page.wait_for_url(re.compile("weights="))


def choose(page: Any, text: str, label: str = "Find a city") -> None:
    field = page.get_by_role("combobox", name=label)
    field.fill(text)
    page.locator("[role=listbox] li").first.wait_for()
    field.press("Enter")


def test_the_table_is_the_command_lines(visit: Visit, address: str, edition: Edition) -> None:
    page = visit(address)
    expected = rank(edition, top=100).table
    assert order(page, 100) == expected["slug"].to_list()
    first = page.locator(ROWS).first
    assert f"{expected['rank_low'][0]:.0f}–" in first.inner_text()
    assert page.locator("svg[role=img] circle").count() == rank(edition).table.height
    page.get_by_role("button", name="Show all").click()
    assert page.locator(ROWS).count() == rank(edition).table.height


@pytest.mark.parametrize(
    ("text", "slug"), [("東京", "tokyo"), ("Tokio", "tokyo"), ("Helsingfors", "helsinki"), ("Helsinky", "helsinki")]
)
def test_search_in_every_script_with_slips(visit: Visit, served: str, text: str, slug: str) -> None:
    page = visit(served)
    choose(page, text)
    page.locator("article.city h1").wait_for()
    assert decode(page.url.split("#")[1]).city == slug


def test_a_readers_way_by_keyboard_alone(visit: Visit, address: str) -> None:
    page = visit(address)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.get_by_role("combobox", name="Find a city").focus()
    page.keyboard.type("toky")
    page.locator("[role=listbox] li").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Tokyo", exact=True).wait_for()
    page.get_by_role("button", name="Add to comparison").focus()
    page.keyboard.press("Enter")
    why = page.locator("table.indicators button.why").first
    why.focus()
    page.keyboard.press("Enter")
    page.locator("dialog[open] .hash code").first.wait_for()
    page.keyboard.press("Escape")
    page.locator("dialog[open]").wait_for(state="detached")
    assert why.evaluate("button => button === document.activeElement")
    page.get_by_role("link", name="Compare").focus()
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="Add a city").focus()
    page.keyboard.type("서울")
    page.locator("[role=listbox] li").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="What makes the gap").wait_for()
    assert decode(page.url.split("#")[1]).compare == ("tokyo", "seoul")


def test_a_numbers_origin_names_file_hash_rows_and_licence(visit: Visit, address: str, edition: Edition) -> None:
    indicator = edition.framework().indicator_ids()[0]
    page = visit(f"{address}#{encode(State(page='city', city='tokyo', trace=f'tokyo:{indicator}'))}")
    dialog = page.locator("dialog[open]")
    digest = dialog.locator(".hash code").first.inner_text()
    assert digest in edition.table("files")["sha256"].to_list()
    assert "Licence" in dialog.inner_text()
    assert dialog.locator("ul.rows li").count() > 0
    dialog.get_by_role("button", name="Copy citation").click()
    dialog.get_by_text("Copied").wait_for()


@pytest.mark.parametrize("lens", ["scale", "intensity"])
def test_weights_rank_as_the_command_line(visit: Visit, address: str, edition: Edition, lens: str) -> None:
    framework = edition.framework()
    pillars, leaves = framework.pillars(), framework.indicator_ids()
    weights = {pillars[0]: 3.0, pillars[-1]: 0.2, leaves[1]: 0.0, framework.sides()[1]: 1.7}
    page = visit(f"{address}#{encode(State(lens=lens, weights=weights))}")
    table = rank(edition, lens=lens, weights=weights).table
    page.get_by_role("button", name="Show all").click()
    assert order(page, table.height) == table["slug"].to_list()
    ranks = page.locator(f"{ROWS} td.rank").evaluate_all("cells => cells.map(cell => Number(cell.textContent))")
    assert ranks == table["rank"].to_list()
    assert page.get_by_text("Ranges and tiers belong to the default weights").is_visible()
    assert page.locator(".whisker").count() == 0


def test_moving_a_slider_ranks_anew_and_a_reset_brings_back(visit: Visit, served: str, edition: Edition) -> None:
    page = visit(served)
    before = order(page, 30)
    side = edition.framework().sides()[0]
    slider = page.locator(f"input[type=range][name={side}]")
    slider.focus()
    page.keyboard.press("Home")
    page.get_by_text("Ranked with your weights.").wait_for()
    wait_for_weights(page)
    assert order(page, 30) != before
    assert order(page, 30) == rank(edition, weights={side: 0.0}, top=30).table["slug"].to_list()
    assert decode(page.url.split("#")[1]).weights == {side: 0.0}
    page.locator("aside").get_by_role("button", name="Reset").click()
    assert order(page, 30) == before


def test_weights_of_nothing_are_refused_in_words(visit: Visit, served: str, edition: Edition) -> None:
    weights = dict.fromkeys(edition.framework().sides(), 0.0)
    page = visit(f"{served}#{encode(State(weights=weights))}")
    assert page.get_by_text("give one of them a weight").is_visible()
    assert order(page, 10) == rank(edition, top=10).table["slug"].to_list()


def test_filters_never_move_ranks_or_tiers(visit: Visit, served: str, edition: Edition) -> None:
    state = State(countries=("JP", "KR"), min_population=2_000_000)
    page = visit(f"{served}#{encode(state)}")
    expected = rank(edition, countries=["JP", "KR"], min_population=2_000_000).table
    assert order(page, 100) == expected["slug"].to_list()
    cells = page.locator(ROWS).evaluate_all(
        "rows => rows.map(row => [row.cells[0].textContent, row.cells[2].textContent])"
    )
    assert cells == [[str(row["rank"]), str(row["tier"])] for row in expected.iter_rows(named=True)]


def test_a_link_restores_what_was_seen(visit: Visit, address: str, edition: Edition) -> None:
    page = visit(address)
    page.get_by_role("button", name="Intensity").click()
    page.get_by_role("button", name="Region").click()
    page.get_by_label("Population").select_option("1000000")
    page.get_by_role("button", name="Score", exact=True).click()
    page.get_by_role("checkbox").nth(2).check()
    page.get_by_role("checkbox").nth(4).check()
    page.locator(f"input[type=range][name={edition.framework().sides()[1]}]").focus()
    page.keyboard.press("ArrowRight")
    wait_for_weights(page)
    seen, link = page.locator("main").inner_text(), page.url
    again = visit(link)
    assert again.locator("main").inner_text() == seen
    assert again.url == link
    state = decode(link.split("#")[1])
    assert (state.lens, state.boundary, state.min_population, state.sort) == (
        "intensity",
        "region",
        1_000_000,
        "-score",
    )
    assert len(state.compare) == 2


def test_strange_links_do_no_harm(visit: Visit, served: str) -> None:
    for text in (
        "page=city&city=nowhere",
        "side=moon&weights=nothing:2",
        "trace=tokyo:nothing",
        "v=9&x=<script>alert(1)</script>",
    ):
        page = visit(f"{served}#{text}")
        assert page.locator("main h1").first.is_visible()


def test_compared_gaps_add_up(visit: Visit, served: str) -> None:
    page = visit(f"{served}#{encode(State(page='compare', compare=('tokyo', 'seoul', 'helsinki')))}")
    for panel in page.locator("section.gap").all():
        parts = panel.locator("tbody td.num").all_inner_texts()
        total = panel.locator("tfoot td.num").inner_text()
        numbers = [float(text.replace("−", "-")) for text in parts]
        assert sum(numbers) == pytest.approx(float(total.replace("−", "-")), abs=0.01 * len(numbers))
        assert f"gap of {total.lstrip('+').replace('−', '-')}" in panel.locator("p.help").inner_text()


def test_unranked_cities_say_what_is_missing(visit: Visit, served: str, edition: Edition) -> None:
    slug = rank(edition).unranked["slug"][0]
    page = visit(f"{served}#{encode(State(page='city', city=slug))}")
    assert page.get_by_text("Too little evidence to be ranked").is_visible()
    page.locator("ul.missing li").first.wait_for()


def download(page: Any, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=name, exact=True).click()
    return Path(waiting.value.path()).read_bytes()


def test_downloads_carry_order_weights_and_licences(visit: Visit, address: str, edition: Edition) -> None:
    page = visit(f"{address}#{encode(State(lens='intensity', countries=('JP',)))}")
    expected = rank(edition, lens="intensity", countries=["JP"]).table
    rows = list(csv.DictReader(io.StringIO(download(page, "CSV").decode("utf-8-sig"))))
    assert [row["slug"] for row in rows] == expected["slug"].to_list()
    assert [float(row["score"]) for row in rows] == pytest.approx(expected["score"].to_list())
    assert rows[0]["edition"] == edition.id
    assert "=1" in rows[0]["weights"]
    assert rows[0]["licences"]
    view = json.loads(download(page, "JSON"))
    assert [city["rank"] for city in view["cities"]] == expected["rank"].to_list()
    assert view["content_digest"] == edition.manifest["content_digest"]
    assert {source["id"] for source in view["sources"]} == set(edition.sources)
    svg = ElementTree.fromstring(download(page, "Map SVG"))
    assert sum(one.tag.endswith("circle") for one in svg.iter()) == expected.height
    png = download(page, "Map PNG")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24])[0] == 1920


PAGES = {
    "ranking": State(),
    "pillars as columns": State(view="pillars", sort="-ventures", weights={"makes": 0.5}),
    "own weights": State(weights={}, countries=("FI",)),
    "city": State(page="city", city="helsinki"),
    "compare": State(page="compare", compare=("tokyo", "seoul")),
    "method": State(page="method"),
}


def violations(page: Any, axe: str) -> list[str]:
    page.evaluate(axe)
    found = page.evaluate("() => axe.run().then(result => result.violations)")
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visit: Visit, served: str, axe: str, name: str, scheme: str) -> None:
    page = visit(f"{served}#{encode(PAGES[name])}", color_scheme=scheme)
    page.locator("main table").last.wait_for()
    assert violations(page, axe) == []


def test_axe_finds_nothing_in_the_dialog_and_the_suggestions(
    visit: Visit, served: str, axe: str, edition: Edition
) -> None:
    indicator = edition.framework().indicator_ids()[0]
    page = visit(f"{served}#{encode(State(page='city', city='tokyo', trace=f'tokyo:{indicator}'))}")
    page.locator("dialog[open] .hash").first.wait_for()
    assert violations(page, axe) == []
    page = visit(served)
    page.get_by_role("combobox", name="Find a city").fill("san")
    page.locator("[role=listbox] li").first.wait_for()
    assert violations(page, axe) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_phone_needs_no_horizontal_scrolling(visit: Visit, served: str, name: str) -> None:
    page = visit(f"{served}#{encode(PAGES[name])}", viewport={"width": 390, "height": 844}, has_touch=True)
    page.locator("main table").last.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.parametrize("code", ["en", "ja", "ko", "zh", "fi"])
def test_a_phone_needs_none_in_any_language(visit: Visit, served: str, code: str) -> None:
    page = visit(f"{served}#{encode(State(language=code))}", viewport={"width": 390, "height": 844}, has_touch=True)
    for state in (
        State(language=code, page="city", city="helsinki"),
        State(language=code, page="compare", compare=("tokyo", "seoul", "san-francisco")),
        State(language=code, page="themes"),
        State(language=code, page="claims", verdict="contradicted"),
        State(language=code, page="method"),
        State(language=code, weights={"makes": 0.2}),
    ):
        page.evaluate("link => { location.hash = link; }", encode(state))
        page.locator("main table").last.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, state.page


@pytest.mark.parametrize(("code", "side"), [("ja", "技術を生み出す"), ("fi", "Missä teknologiaa luodaan")])
def test_the_answer_names_the_first_tier(visit: Visit, served: str, edition: Edition, code: str, side: str) -> None:
    page = visit(f"{served}#{encode(State(language=code))}")
    table = rank(edition).table
    tier = table.filter(table["tier"] == 1)["slug"].to_list()
    links = page.locator(".answer a").evaluate_all("links => links.map(link => link.hash.slice(1))")
    assert [decode(link).city for link in links] == tier
    assert f"{table['rank_low'][0]:.0f}" in page.locator(".answer .sub").inner_text()
    page.get_by_role("button", name=side, exact=True).click()
    side_table = rank(edition, side="makes").table
    expected = side_table.filter(side_table["tier"] == 1)["slug"].to_list()[:12]
    links = page.locator(".answer a").evaluate_all("links => links.map(link => link.hash.slice(1))")
    assert [decode(link).city for link in links] == expected


def test_dark_and_light_differ(visit: Visit, served: str) -> None:
    grounds = [
        visit(served, color_scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    ]
    assert grounds == ["rgb(250, 249, 246)", "rgb(17, 21, 27)"]


def test_print_shows_the_table_without_controls(visit: Visit, served: str) -> None:
    page = visit(served, color_scheme="dark")
    page.emulate_media(media="print")
    assert page.locator("table.ranking").is_visible()
    assert not page.locator("aside").is_visible()
    assert not page.get_by_role("button", name="CSV").is_visible()


@pytest.mark.parametrize(
    ("code", "word", "name"),
    [("ja", "順位", "東京"), ("ko", "순위", "도쿄"), ("zh", "名次", "东京"), ("fi", "Sija", "Tokyo")],
)
def test_languages_translate_words_and_cities(visit: Visit, served: str, code: str, word: str, name: str) -> None:
    page = visit(f"{served}#{encode(State(language=code))}")
    assert page.locator("html").get_attribute("lang") == code
    assert page.locator("thead th").first.inner_text().startswith(word)
    assert page.locator("tr[data-slug=tokyo] th a").inner_text() == name


def test_the_browsers_language_is_taken(visit: Visit, served: str) -> None:
    assert visit(served, locale="fi-FI").locator("html").get_attribute("lang") == "fi"


def test_motion_is_reduced_on_wish(visit: Visit, served: str) -> None:
    page = visit(served, reduced_motion="reduce")
    assert page.locator("nav a").first.evaluate("link => getComputedStyle(link).transitionDuration") in {"0s", ""}
