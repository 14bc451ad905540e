"""One reader's way through the explorer, from a name typed by keyboard to files and a link that open again."""

import base64
import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from technopole.editions.read import Edition
from technopole.publish.ranking import rank
from technopole.publish.state import decode

pytestmark = pytest.mark.xdist_group("explorer")
Visit = Callable[..., Any]
ROWS = "table.ranking tbody tr"

COLOURS = """async address => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const drawing = canvas.getContext("2d");
  drawing.drawImage(image, 0, 0);
  const { data } = drawing.getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let at = 0; at < data.length; at += 4) seen.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
  return { width: canvas.width, height: canvas.height, colours: seen.size };
}"""


@pytest.fixture(params=["served", "alone"])
def address(request: pytest.FixtureRequest) -> str:
    found: str = request.getfixturevalue(request.param)
    return found


def find_by_keyboard(page: Any, text: str, label: str) -> None:
    page.get_by_role("combobox", name=label).focus()
    page.keyboard.type(text)
    page.locator("[role=listbox] li").first.wait_for()
    page.keyboard.press("Enter")


def press(page: Any, role: str, name: str) -> None:
    """Focus a control and press Enter."""
    page.get_by_role(role, name=name, exact=True).first.focus()
    page.keyboard.press("Enter")


def pasted(page: Any) -> str:
    """What the clipboard holds, pasted as a reader pastes."""
    page.evaluate("() => document.body.append(Object.assign(document.createElement('textarea'), {id: 'pasted'}))")
    page.locator("#pasted").focus()
    page.keyboard.press("Control+V")
    text: str = page.locator("#pasted").input_value()
    page.evaluate("() => document.getElementById('pasted').remove()")
    return text


def saved(page: Any, name: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        press(page, "button", name)
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path


def test_a_readers_whole_way(visit: Visit, browser: Any, address: str, edition: Edition, tmp_path: Path) -> None:
    page = visit(address)
    find_by_keyboard(page, "東京", "Find a city")
    page.get_by_role("heading", name="Tokyo", exact=True).wait_for()
    press(page, "link", "Ranking")
    find_by_keyboard(page, "Helsinky", "Find a city")
    page.get_by_role("heading", name="Helsinki", exact=True).wait_for()

    page.locator("table.indicators button.why").first.focus()
    page.keyboard.press("Enter")
    origin = page.locator("dialog[open] .hash code").first
    origin.wait_for()
    assert origin.inner_text() in edition.table("files")["sha256"].to_list()
    assert decode(page.url.split("#")[1]).trace.startswith("helsinki:")
    page.keyboard.press("Escape")

    press(page, "button", "Add to comparison")
    press(page, "link", "Compare")
    find_by_keyboard(page, "Seoul", "Add a city")
    page.get_by_role("heading", name="What makes the gap").wait_for()
    assert decode(page.url.split("#")[1]).compare == ("helsinki", "seoul")

    press(page, "link", "Ranking")
    slugs = "rows => rows.slice(0, 40).map(row => row.dataset.slug)"
    before = page.locator(ROWS).evaluate_all(slugs)
    side = edition.framework().sides()[0]
    page.locator(f"input[type=range][name={side}]").focus()
    page.keyboard.press("Home")
    page.get_by_text("Ranked with your weights.").wait_for()
    page.wait_for_url("**weights=**")
    after = page.locator(ROWS).evaluate_all(slugs)
    assert after != before
    assert after == rank(edition, weights={side: 0.0}, top=40).table["slug"].to_list()

    press(page, "button", "Copy link")
    page.get_by_text("Copied").wait_for()
    link = pasted(page)
    assert link == page.url
    assert decode(link.split("#")[1]).weights == {side: 0.0}
    again = visit(link)
    page.get_by_text("Copied").wait_for(state="hidden")
    assert again.locator("main").inner_text() == page.locator("main").inner_text()

    table = list(csv.DictReader(io.StringIO(saved(page, "CSV", tmp_path).read_text("utf-8-sig"))))
    assert [row["slug"] for row in table[:40]] == after
    assert f"{side}=0" in table[0]["weights"]
    assert not any(row["rank_low"] for row in table)
    reopened = browser.new_page()
    reopened.goto(saved(page, "Map SVG", tmp_path).as_uri())
    assert reopened.locator("svg circle").count() == len(table) == rank(edition).table.height
    assert reopened.locator("svg circle").first.is_visible()
    content = base64.b64encode(saved(page, "Map PNG", tmp_path).read_bytes()).decode()
    reopened.goto("about:blank")
    picture = reopened.evaluate(COLOURS, f"data:image/png;base64,{content}")
    assert (picture["width"], picture["colours"] > 50) == (1920, True)
    reopened.close()
