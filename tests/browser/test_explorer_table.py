"""The table of all cities: every line can be reached, read and printed, also while weights move."""

import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from technopole.editions.read import Edition
from technopole.publish.ranking import rank
from technopole.publish.state import State, decode, encode

pytestmark = pytest.mark.xdist_group("explorer")
Visit = Callable[..., Any]
ROWS = "table.ranking tbody tr"
SLUGS = "rows => rows.map(row => row.dataset.slug)"

SCROLL = """async () => {
  const seen = new Set();
  scrollTo(0, 0);
  for (let before = -1; before !== scrollY; ) {
    before = scrollY;
    for (const row of document.querySelectorAll("table.ranking tbody tr")) {
      const box = row.getBoundingClientRect();
      if (box.height && box.top >= 0 && box.bottom <= innerHeight) seen.add(row.dataset.slug);
    }
    scrollBy({ top: innerHeight / 2, behavior: "instant" });
    await new Promise(requestAnimationFrame);
  }
  return [...seen];
}"""

MOVE = """async slider => {
  const lines = () => [...document.querySelectorAll("table.ranking tbody tr")];
  const inView = () => lines().filter(row => {
    const box = row.getBoundingClientRect();
    return box.height && box.bottom > 0 && box.top < innerHeight;
  });
  const widths = () => [...document.querySelectorAll("table.ranking thead th")].map(head => head.offsetWidth);
  const frame = () => new Promise(requestAnimationFrame);
  const move = async value => {
    slider.value = value;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    await frame();
  };
  await move("0.9");
  while (document.querySelector(".held")) await frame();
  await frame();
  await frame();
  const look = () => ({ height: document.documentElement.scrollHeight, widths: widths(),
    laidOut: lines().filter(row => row.offsetHeight).length,
    lines: inView().map(row => Number(row.ariaRowIndex)) });
  const still = look();
  for (const value of ["0.8", "0.5", "0.2"]) await move(value);
  const moves = look();
  while (document.querySelector(".held")) await frame();
  return { still, moves, rests: look() };
}"""


def whole(visit: Visit, address: str, state: State | None = None, **options: Any) -> Any:
    page = visit(f"{address}#{encode(state or State())}", **options)
    page.get_by_role("button", name="Show all").click()
    return page


def test_scrolling_shows_every_city(visit: Visit, served: str, edition: Edition) -> None:
    page = whole(visit, served)
    assert set(page.evaluate(SCROLL)) == set(rank(edition).table["slug"])


def test_lines_say_their_place_among_all(visit: Visit, served: str, edition: Edition) -> None:
    page = visit(served)
    count = rank(edition).table.height
    assert page.locator("table.ranking").get_attribute("aria-rowcount") == str(count + 1)
    page.get_by_role("button", name="Show all").click()
    places = page.locator("table.ranking tr").evaluate_all("rows => rows.map(row => Number(row.ariaRowIndex))")
    assert places == list(range(1, count + 2))


def test_tab_goes_from_line_to_line_to_the_last_city(visit: Visit, served: str) -> None:
    page = whole(visit, served)
    slugs = page.locator(ROWS).evaluate_all(SLUGS)
    for start in (0, 97, len(slugs) - 3):
        page.locator(f"tr[data-slug={slugs[start]}] th a").focus()
        for slug in slugs[start + 1 : start + 3]:
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
            focused = page.locator(":focus")
            assert focused.evaluate("link => link.closest('tr').dataset.slug") == slug
            assert focused.evaluate("link => link.getBoundingClientRect().bottom <= innerHeight")


def test_search_finds_any_ranked_city(visit: Visit, served: str, edition: Edition) -> None:
    table = rank(edition).table
    chosen = random.Random(3).sample(list(table.iter_rows(named=True)), 12)
    page = visit(served)
    field = page.get_by_role("combobox", name="Find a city")
    for row in chosen:
        field.fill(row["name"])
        page.locator("[role=listbox] li").filter(has_text=row["name"]).first.wait_for()
        page.locator("[role=listbox] li", has_text=re.compile(re.escape(row["name"]))).first.click()
        page.locator("article.city h1").wait_for()
        found = decode(page.url.split("#")[1]).city
        assert table.filter(table["slug"] == found)["name"].to_list() == [row["name"]]
        page.go_back()


def pages_printed(page: Any) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))


def test_print_has_every_row_however_many_are_listed(visit: Visit, served: str, edition: Edition) -> None:
    page = visit(served)
    count = rank(edition).table.height
    first = pages_printed(page)
    page.locator(ROWS).nth(100).wait_for(state="detached")
    page.get_by_role("button", name="Show all").click()
    assert page.locator(ROWS).count() == count
    assert pages_printed(page) == first > 8


@pytest.mark.parametrize("size", [{"width": 1280, "height": 900}, {"width": 390, "height": 844}])
@pytest.mark.parametrize("at", [0, 300, -1])
def test_a_moving_slider_keeps_the_page_still(visit: Visit, served: str, size: Any, at: int, edition: Edition) -> None:
    side = edition.framework().sides()[0]
    page = whole(visit, served, viewport=size)
    page.locator(ROWS).nth(at).evaluate("row => row.scrollIntoView({ block: 'center' })")
    found = page.locator(f"input[type=range][name={side}]").evaluate(MOVE)
    still, moves, rests = found["still"], found["moves"], found["rests"]
    assert moves["widths"] == still["widths"]
    assert moves["height"] == pytest.approx(still["height"], rel=0.01)  # words that break anew
    assert still["laidOut"] == rests["laidOut"] == rank(edition).table.height > moves["laidOut"]
    assert len(still["lines"]) > 5
    for then in (moves, rests):
        assert then["lines"][0] == pytest.approx(still["lines"][0], abs=1)
    expected = rank(edition, weights={side: 0.2}).table
    assert page.locator(ROWS).evaluate_all(SLUGS) == expected["slug"].to_list()
