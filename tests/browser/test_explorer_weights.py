"""Same weights, same ranks: the page in a real browser against Python, over random weightings and every ranked city."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from technopole.core.types import Lens
from technopole.editions.read import Edition
from technopole.index.run import run_index
from technopole.publish.extremes_shipped import ranks_under, shipped_extremes
from technopole.publish.state import State, encode

pytestmark = pytest.mark.xdist_group("explorer")
Visit = Callable[..., Any]
WEIGHTINGS = 200

ALL = """async links => {
  const found = [];
  for (const link of links) {
    location.hash = link;
    await new Promise(done => addEventListener("hashchange", done, { once: true }));
    await new Promise(done => setTimeout(done));
    found.push(Object.fromEntries([...document.querySelectorAll("table.ranking tbody tr")].map(
      row => [row.dataset.slug, Number(row.cells[0].textContent)])));
  }
  return found;
}"""


def test_two_hundred_weightings_rank_as_python_does(visit: Visit, served: str, edition: Edition) -> None:
    framework = edition.framework()
    matrix = edition.matrix()
    run = run_index(matrix, framework, Lens.SCALE)
    names = dict(edition.frame().select("city", "slug").iter_rows())
    chosen = random.Random(7)
    cases = [{node.id: round(chosen.expovariate(1), 3) for node in framework.walk()} for _ in range(WEIGHTINGS)]
    page = visit(served)
    page.get_by_role("button", name="Show all").click()
    page.set_default_timeout(300_000)
    drawn = page.evaluate(ALL, [encode(State(weights=weights)) for weights in cases])
    for weights, ranks in zip(cases, drawn, strict=True):
        expected = ranks_under(run, framework, weights).tolist()
        assert ranks == {names[city]: rank for city, rank in zip(matrix.cities.tolist(), expected, strict=True)}
    assert len({tuple(sorted(ranks.items())) for ranks in drawn}) == WEIGHTINGS


def test_a_possible_rank_leads_to_the_weights_that_give_it(visit: Visit, served: str, edition: Edition) -> None:
    table = shipped_extremes(edition)
    if table is None:
        pytest.skip("nothing was computed for this edition: python -m technopole.publish.extremes_shipped")
    page = visit(served)
    page.get_by_role("button", name="Any pillar weights").click()
    row = page.locator("tr[data-slug=helsinki]")
    best = row.locator("td a").first
    rank = best.inner_text()
    best.click()
    page.get_by_text("Ranked with your weights.").wait_for()
    assert row.locator("td.rank").inner_text() == rank
    page.get_by_role("button", name="Intensity").click()
    assert page.get_by_text("Computed for the scale lens").is_visible()
