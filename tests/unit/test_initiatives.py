"""The register of initiatives: its form, each rule of its checker, and the real register against the edition."""

import datetime
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from technopole.core.errors import FrameworkError
from technopole.editions.read import open_edition
from technopole.indicators.themes import themes
from technopole.initiatives.check import (
    Known,
    address_faults,
    agrees,
    copied_words,
    faults,
    known_units,
    observed_values,
)
from technopole.initiatives.register import Initiative, all_initiatives, of_city, read_city, registered_cities
from technopole.initiatives.reviews import Review, reviews

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
    return replace(Review("oslo", "kiosks", ADDRESS, TODAY, "Twelve kiosks have opened."), **changes)


METRO = {"source": "metro_systems", "variable": "metro_length_km"}


@pytest.fixture(scope="module")
def known() -> Known:
    edition = open_edition()
    frame = edition.frame()
    return Known(
        cities=dict(zip(frame["slug"], frame["city"], strict=True)),
        themes={one.id for one in themes()},
        units=known_units(),
        values=observed_values(edition.table("observations")),
        today=datetime.datetime.now(tz=datetime.UTC).date(),
    )


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
        ([review(extract="word " * 26)], "26 words"),
        ([review(extract="KIOSKS give free access, to the internet in Oslo.")], "repeats"),
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
    found = faults(all_initiatives(), reviews(), known)
    assert found == [], "\n".join(f"{one.city} {one.id} ({one.rule}): {one.message}" for one in found[:20])


def test_the_cities_of_the_article_have_eight_each_and_every_theme_that_it_names_for_them(known: Known) -> None:
    frame = open_edition().frame()
    for theme in themes():
        for name in theme.cities:
            slugs = frame.filter(frame["name"] == name).sort("population_thousands", descending=True)["slug"]
            read = [one for one in of_city(slugs[0]) if one.kind == "read"]
            assert len(read) >= 8, name
            assert theme.id in {one.theme for one in read}, f"{name} lacks {theme.id}"


def test_every_declared_unit_is_used() -> None:
    used = {one.figure.unit for one in all_initiatives() if one.figure and one.observation is None}
    assert known_units() == used


def test_a_city_without_entries_has_none() -> None:
    assert of_city("atlantis") == ()
    assert len(of_city(registered_cities()[0])) >= 1
