"""The map: a globe and a closer look without WebGL, by mouse and by keyboard; it stays an addition to the table."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from technopole.editions.read import Edition
from technopole.publish.ranking import rank
from technopole.publish.state import decode

pytestmark = pytest.mark.xdist_group("explorer")
Visit = Callable[..., Any]
LAND = "figure.map path.land"
DOTS = "figure.map circle"


def outline(page: Any) -> str:
    found: str = page.locator(LAND).get_attribute("d")
    return found


def test_the_globe_turns_and_shows_its_near_side(visit: Visit, alone: str, edition: Edition) -> None:
    page = visit(alone)
    ranked = rank(edition).table.height
    flat = outline(page)
    assert page.locator(DOTS).count() == ranked
    page.get_by_role("button", name="Globe").focus()
    page.keyboard.press("Enter")
    seen = outline(page)
    assert seen != flat
    assert 0 < page.locator(DOTS).count() < ranked
    page.keyboard.press("ArrowRight")
    turned = outline(page)
    assert turned != seen
    box = page.locator("figure.map svg").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] - 150, middle[1], steps=5)
    page.mouse.up()
    assert outline(page) != turned
    assert decode(page.url.partition("#")[2]).page == "ranking"  # a drag that ends on a dot opens no city
    page.get_by_role("button", name="World").click()
    assert outline(page) == flat


def test_the_flat_map_comes_closer_and_moves(visit: Visit, served: str) -> None:
    page = visit(served)
    frame = page.locator("figure.map svg")
    whole = frame.get_attribute("viewBox")
    assert page.get_by_role("button", name="Further").is_disabled()
    page.get_by_role("button", name="Closer").click()
    closer = frame.get_attribute("viewBox")
    assert float(closer.split()[2]) < float(whole.split()[2])
    page.keyboard.press("ArrowLeft")
    assert frame.get_attribute("viewBox") != closer
    page.get_by_role("button", name="Further").click()
    assert [float(one) for one in frame.get_attribute("viewBox").split()] == pytest.approx(
        [float(one) for one in whole.split()]
    )
    page.locator(f"{DOTS}[data-city=singapore]").click()
    page.get_by_role("heading", name="Singapore", exact=True).wait_for()


@pytest.fixture
def without_webgl(browser: Any) -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    other = browser.browser_type.launch(
        executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-3d-apis"]
    )
    yield other
    other.close()


def test_without_webgl_the_map_and_the_globe_are_there(without_webgl: Any, alone: str, edition: Edition) -> None:
    page = without_webgl.new_page()
    page.goto(alone)
    page.locator("table.ranking tbody tr").first.wait_for()
    assert page.evaluate("document.createElement('canvas').getContext('webgl')") is None
    assert page.locator(DOTS).count() == rank(edition).table.height
    page.get_by_role("button", name="Globe").click()
    assert page.locator("figure.map path.sphere").is_visible()
