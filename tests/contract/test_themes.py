"""No theme of the article disappears: each is measured, or says why it isn't, and names only what exists."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from technopole.core.errors import FrameworkError
from technopole.editions.read import Edition, open_edition
from technopole.indicators.declarations import catalogue
from technopole.indicators.recipes import variables_behind
from technopole.indicators.themes import MEASURED, Theme, themes
from technopole.publish.themes import theme_list, theme_table
from technopole.sources.registry import load_source, source_ids

INPUTS = Path(__file__).parents[2] / "src" / "technopole" / "cities" / "inputs"
DOCUMENTED = ["id", "theme", "cities", "kind", "indicators", "sources", "reason"]
LEAST_CITIES = 100
SAYS_WHY = {"skyscrapers": "99 cities, not 100"}  # themes of fewer cities, and the words that say why


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


@pytest.fixture(scope="module")
def listed(edition: Edition) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in theme_list(edition)}


@pytest.fixture(scope="module")
def owner() -> dict[str, str]:
    """Variable -> the source that declares it."""
    metas = [load_source(name).meta for name in source_ids()]
    return {variable.id: meta.id for meta in metas for variable in meta.variables}


def test_all_themes_are_declared_once() -> None:
    names = [one.id for one in themes()]
    assert len(names) >= 24
    assert len(set(names)) == len(names)
    assert {"digital_public_services", "momentum"} <= set(names)


@pytest.mark.parametrize("theme", themes(), ids=lambda one: one.id)
def test_each_name_exists_and_each_source_is_named(theme: Theme, owner: dict[str, str]) -> None:
    inputs = {path.parent.name for path in INPUTS.glob("*/meta.yaml")}
    assert set(theme.indicators) <= set(catalogue().ids())
    named = {*theme.variables, *theme.evidence}
    assert named <= set(owner)
    assert set(theme.sources) <= {*source_ids(), *inputs}
    behind = named.union(*[variables_behind(catalogue().get(one)) for one in theme.indicators])
    needed = {owner[one] for one in behind}
    assert needed <= set(theme.sources), f"{theme.id} lacks {sorted(needed - set(theme.sources))}"


@pytest.mark.parametrize("theme", themes(), ids=lambda one: one.id)
def test_each_theme_is_measured_in_a_hundred_cities_or_says_why(
    edition: Edition, listed: dict[str, dict[str, Any]], theme: Theme
) -> None:
    found = listed[theme.id]
    assert list(found)[: len(DOCUMENTED)] == DOCUMENTED
    assert 0 <= found["cities_above_zero"] <= found["cities_with_value"] <= edition.frame().height
    if theme.kind not in MEASURED:
        assert len(theme.reason) > 30
    elif found["cities_with_value"] < LEAST_CITIES:
        assert found["absent"] or SAYS_WHY[theme.id] in found["reason"]


def test_a_measure_counts_at_its_own_level_only(listed: dict[str, dict[str, Any]]) -> None:
    """A country's value never makes a theme look measured by city."""
    for theme in listed.values():
        same = [one["cities_with_value"] for one in theme["measures"] if one["level"] == theme["kind"]]
        assert theme["cities_with_value"] >= max(same, default=0)
        assert theme["cities_with_value"] <= sum(same)


def test_every_indicator_of_the_framework_belongs_to_a_theme() -> None:
    """Also the other way round: nothing is scored that the subject doesn't ask for, but the research behind it."""
    named = {name for one in themes() for name in one.indicators}
    research = {"computer_science_papers", "top10_publications", "industry_publications", "research_spending"}
    assert set(open_edition().framework().indicator_ids()) <= named | research


def test_json_csv_and_table(printed: Callable[..., str]) -> None:
    listed = json.loads(printed("themes", "--json"))
    assert [one["id"] for one in listed] == [one.id for one in themes()]
    rows = list(csv.DictReader(io.StringIO(printed("themes", "--csv"))))
    assert [row["theme"] for row in rows] == [one["theme"] for one in listed]
    assert rows[0]["cities"] == "Tokyo"
    assert all(one["theme"].split()[0] in printed("themes") for one in listed[:3])


def test_the_flat_table_has_no_lists(edition: Edition) -> None:
    assert not any(kind.is_nested() for kind in theme_table(edition).schema.values())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("themes: [{id: a, theme: A, cities: [], kind: city, reason: because of that and this}]", "no measures"),
        ("themes: [{id: a, theme: A, cities: [], kind: nice, reason: because of that and this}]", "kind"),
        ("themes: [{id: a, theme: A, cities: [], kind: not measured, reason: short}]", "reason"),
    ],
)
def test_a_wrong_declaration_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "themes.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FrameworkError, match=says):
        themes(path)
