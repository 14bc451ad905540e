"""The register of initiatives: its form, each rule of its checker, and the real register against the edition."""

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from technopole.core.errors import FrameworkError
from technopole.editions.read import Edition, open_edition
from technopole.indicators.themes import themes
from technopole.initiatives.check import Known, address_faults, agrees, copied_words, faults, known_units, numbers_in
from technopole.initiatives.derive import RULES as DERIVED_RULES
from technopole.initiatives.derive import period_year
from technopole.initiatives.register import (
    DERIVED_FOLDER,
    Initiative,
    all_initiatives,
    city_text,
    of_city,
    read_city,
    registered_cities,
)
from technopole.initiatives.reviews import Review, all_reviews, reviews
from technopole.publish.derived_initiatives import derived_files, derived_initiatives
from technopole.publish.initiatives import known_facts
from technopole.publish.ranking import rank
from technopole.sources.registry import load_source

TODAY = datetime.date(2026, 11, 24)
ADDRESS = "https://www.example.org/news/42?a=b"
SMALL = Known(
    cities={"oslo": 3143244},
    themes={"public_wifi"},
    units={"kiosks"},
    values={(3143244, "metro_systems", "metro_length_km"): (85.0, "km")},
    today=TODAY,
)


def entry(**changes: Any) -> Initiative:
    data = {
        "id": "kiosks",
        "city": "oslo",
        "theme": "public_wifi",
        "what": "Kiosks give free access to the internet in the streets.",
        "since": 2016,
        "by": "City of Oslo",
        "figure": {"value": 12, "unit": "kiosks", "year": 2020},
        "source": {"title": "News", "publisher": "Example", "address": ADDRESS, "seen": TODAY},
        "kind": "read",
    }
    return Initiative.model_validate({**data, **changes})


def review(**changes: Any) -> Review:
    return replace(Review("oslo", "kiosks", ADDRESS, TODAY, "Twelve kiosks have opened; 85, 86 or 87 km."), **changes)


def test_a_figure_that_was_read_stands_in_an_extract() -> None:
    other = faults([entry()], [review(extract="Some kiosks have opened.")], SMALL)
    assert [(one.rule, one.message) for one in other] == [("figure", "the figure 12 stands in none of its extracts")]
    two = [review(extract="Some kiosks have opened."), review(extract="of the 12 kiosks one is shut")]
    assert faults([entry()], two, SMALL) == []
    assert numbers_in("a pair of 2.1-mile routes, 82,000 homes, 97%") == {2.0, 2.1, 82000.0, 97.0}


METRO = {"source": "metro_systems", "variable": "metro_length_km"}


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


@pytest.fixture(scope="module")
def known(edition: Edition) -> Known:
    return known_facts(edition)


def test_a_right_entry_has_no_fault() -> None:
    assert faults([entry()], [review()], SMALL) == []
    held = entry(figure={"value": 85.0, "unit": "km", "year": 2023}, observation=METRO)
    assert faults([held], [review()], SMALL) == []
    assert agrees(held, SMALL)
    assert not agrees(entry(), SMALL)


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("city", {"city": "atlantis"}),
        ("theme", {"theme": "flying_cars"}),
        ("organisation", {"by": "Mayor Example"}),
        ("address", {"source": {"title": "News", "publisher": "Ex", "address": "http://example.org", "seen": TODAY}}),
        ("years", {"since": 2027}),
        ("years", {"since": 1799}),
        ("years", {"since": datetime.date(2026, 11, 25)}),
        ("years", {"figure": {"value": 12, "unit": "kiosks", "year": 2027}}),
        ("years", {"source": {"title": "N..", "publisher": "Ex", "address": ADDRESS, "seen": "2026-12-01"}}),
        ("units", {"figure": {"value": 12, "unit": "kiosk", "year": 2020}}),
        ("observation", {"figure": {"value": 86.0, "unit": "km", "year": 2023}, "observation": METRO}),
        ("observation", {"figure": {"value": 85.0, "unit": "miles", "year": 2023}, "observation": METRO}),
        ("observation", {"observation": {"source": "metro_systems", "variable": "metro_stations"}}),
        (
            "observation",
            {
                "kind": "derived",
                "figure": {"value": 85.0, "unit": "km", "year": 2023},
                "observation": {**METRO, "tolerance": 0.1},
            },
        ),
    ],
)
def test_each_rule_finds_its_fault(rule: str, changes: dict[str, Any]) -> None:
    wrong = entry(**changes)
    found = faults([wrong], [review(city=wrong.city)], SMALL)
    assert {one.rule for one in found} == {rule}


def test_a_tolerance_is_relative_to_the_observation() -> None:
    near = {"figure": {"value": 86.0, "unit": "km", "year": 2026}, "observation": {**METRO, "tolerance": 0.02}}
    assert faults([entry(**near)], [review()], SMALL) == []
    near["figure"]["value"] = 87.0
    assert [one.rule for one in faults([entry(**near)], [review()], SMALL)] == ["observation"]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([], "no line"),
        ([review(), review(id="other")], "doesn't exist"),
        ([review(extract="12 " * 26)], "26 words"),
        ([review(extract="12 KIOSKS give free access, to the internet in Oslo.")], "repeats"),
        ([review(read_at="a stored page")], "https"),
        ([review(read_on=datetime.date(2027, 1, 1))], "isn't yet"),
    ],
)
def test_each_fault_of_a_review_is_found(lines: list[Review], says: str) -> None:
    found = faults([entry()], lines, SMALL)
    assert {one.rule for one in found} == {"review"}
    assert any(says in one.message for one in found)


def test_an_id_is_unique_in_its_city() -> None:
    found = faults([entry(), entry()], [review()], SMALL)
    assert [(one.rule, one.id) for one in found] == [("form", "kiosks")]


@pytest.mark.parametrize(
    "address",
    [
        "https://",
        "https://example",
        "https://exa mple.org",
        "https://example.org/a b",
        "https://user@example.org/",
        "https://example.org:8080/",
        "https://[::1",
        "https://example.org/<script>",
        "javascript:alert(1)",
        "ftp://example.org/",
    ],
)
def test_an_address_that_is_none(address: str) -> None:
    assert list(address_faults(address))


def test_copied_words_need_the_whole_run() -> None:
    source = "one two three four five six seven eight nine"
    assert copied_words("one two three four five six seven eight", source) is not None
    assert copied_words("one two three four five six seven, and eight nine", source) is None
    assert copied_words("short", source) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("city: oslo\ninitiatives: []\n", "initiatives"),
        ("city: oslo\ninitiatives:\n- id: a\n  colour: red\n", "colour|theme"),
        ("city: bergen\ninitiatives: 3\n", "initiatives"),
        ("city: [oslo\n", "YAML"),
        ("- oslo\n", "oslo.yaml"),
    ],
)
def test_a_broken_file_is_one_clear_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "oslo.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FrameworkError, match=says) as stop:
        read_city(path)
    assert "\n" not in str(stop.value)


def test_a_derived_entry_needs_its_observation() -> None:
    with pytest.raises(ValueError, match="derived"):
        entry(kind="derived")
    with pytest.raises(ValueError, match="no figure"):
        entry(figure=None, observation=METRO)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("city,id\n", "columns"),
        ("city,id,read_at,read_on,extract\noslo,a,https://example.org,2026-13-01,words\n", "no day"),
        ("city,id,read_at,read_on,extract\noslo,a,https://example.org,2026-11-01\n", "lacks a cell"),
        ("city,id,read_at,read_on,extract\noslo,a,https://example.org,2026-11-01,b,c\n", "too many"),
    ],
)
def test_a_broken_review_file_is_one_clear_line(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FrameworkError, match=says):
        reviews(path)


def test_the_register_has_no_fault(known: Known) -> None:
    found = faults(all_initiatives(), all_reviews(), known)
    assert found == [], "\n".join(f"{one.city} {one.id} ({one.rule}): {one.message}" for one in found[:20])


def test_the_cities_of_the_article_have_eight_each_and_every_theme_that_it_names_for_them(edition: Edition) -> None:
    frame = edition.frame()
    for theme in themes():
        for name in theme.cities:
            slugs = frame.filter(frame["name"] == name).sort("population_thousands", descending=True)["slug"]
            read = [one for one in of_city(slugs[0]) if one.kind == "read"]
            assert len(read) >= 8, name
            assert theme.id in {one.theme for one in read}, f"{name} lacks {theme.id}"


def test_forty_further_ranked_cities_have_two_each(edition: Edition) -> None:
    named = {name for theme in themes() for name in theme.cities}
    further = [one["slug"] for one in rank(edition).table.head(100).iter_rows(named=True) if one["name"] not in named]
    assert sum(len(of_city(slug)) >= 2 for slug in further) >= 40


def test_derived_entries_agree_with_observations_that_the_edition_holds(known: Known) -> None:
    derived = [one for one in all_initiatives() if one.kind == "derived"]
    assert len(derived) >= 80
    assert sum(agrees(one, known) for one in derived) >= len(derived) / 2
    assert {one.figure.unit for one in derived if one.figure} <= {unit for _, unit in known.values.values()}


def test_an_observation_that_changes_is_noticed(known: Known) -> None:
    held = next(one for one in all_initiatives() if one.kind == "derived")
    assert held.observation is not None
    key = (known.cities[held.city], held.observation.source, held.observation.variable)
    value, unit = known.values[key]
    for other in ({}, {key: (value + 1, unit)}, {key: (value, "apples")}):
        assert not agrees(held, replace(known, values=other))


def test_the_derived_files_are_what_the_edition_says(edition: Edition) -> None:
    """A rebuilt edition makes them stale: python -m technopole.publish.derived_initiatives."""
    seen = next(one.source.seen for one in all_initiatives() if one.kind == "derived")
    files = derived_files(derived_initiatives(edition, seen))
    there = {path.name: path.read_text(encoding="utf-8") for path in DERIVED_FOLDER.iterdir()}
    stale = sorted(name for name in {*files, *there} if files.get(name) != there.get(name))
    assert not stale, "run python -m technopole.publish.derived_initiatives"


def test_a_written_file_reads_as_it_was(tmp_path: Path) -> None:
    entries = (entry(), entry(id="others", figure=None, since=datetime.date(2020, 2, 29)))
    path = tmp_path / "oslo.yaml"
    path.write_text(city_text("oslo", entries), encoding="utf-8")
    assert read_city(path) == entries


@pytest.mark.parametrize(
    ("period", "year"), [("2023-06", 2023), ("2022-2026", 2026), ("before 2023", 2022), ("as of 2026-02-09", 2026)]
)
def test_the_year_of_a_period(period: str, year: int) -> None:
    assert period_year(period) == year


def test_every_period_of_a_derived_variable_names_one_year_for_all_its_cities() -> None:
    metas = {name: load_source(name).meta for name in {rule.source for rule in DERIVED_RULES}}
    for rule in DERIVED_RULES:
        variable = next(one for one in metas[rule.source].variables if one.id == rule.variable)
        assert "undated" not in variable.period, rule.id


def test_every_declared_unit_is_used() -> None:
    used = {one.figure.unit for one in all_initiatives() if one.figure and one.observation is None}
    assert known_units() == used


def test_a_city_without_entries_has_none() -> None:
    assert of_city("atlantis") == ()
    assert len(of_city(registered_cities()[0])) >= 1
