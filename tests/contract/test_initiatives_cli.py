"""`technopole initiatives`, and the section of `technopole city`: shapes, filters, one clear line for wrong input."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from technopole.initiatives import register
from technopole.initiatives.register import of_city, read_city, registered_cities
from technopole.publish import initiatives as published

KEYS = ["id", "theme", "what", "since", "by", "figure", "source", "kind", "observation"]
Run = Callable[..., tuple[int, str, str]]


def as_json(result: tuple[int, str, str]) -> Any:
    status, out, err = result
    assert (status, err) == (0, "")
    return json.loads(out)


def test_a_city_page_says_what_the_city_does(run: Run) -> None:
    page = as_json(run("city", "helsinki", "--json"))
    assert [list(one) for one in page["initiatives"]] == [KEYS] * len(of_city("helsinki"))
    assert as_json(run("initiatives", "helsinki", "--json")) == page["initiatives"]
    wifi = next(one for one in page["initiatives"] if one["theme"] == "public_wifi")
    assert (wifi["since"], wifi["kind"], wifi["figure"]) == ("2006", "read", None)
    assert list(wifi["source"]) == ["title", "publisher", "address", "seen"]
    status, table, _ = run("city", "helsinki")
    assert status == 0
    assert "What it does" in table
    assert "City of Helsinki" in table


def test_a_city_without_entries_has_an_empty_list(run: Run) -> None:
    registered = set(registered_cities())
    ranked = as_json(run("rank", "--json"))["cities"]
    slug = next(one["slug"] for one in reversed(ranked) if one["slug"] not in registered)
    assert as_json(run("city", slug, "--json"))["initiatives"] == []
    assert "What it does" not in run("city", slug)[1]
    assert run("initiatives", slug)[1].startswith("Nothing is registered")
    assert run("initiatives", slug, "--csv")[0] == 0


def test_counts_add_up_in_json_csv_and_table(run: Run) -> None:
    counted = as_json(run("initiatives", "--json"))
    assert [one["city"] for one in counted[:3]] != []
    assert {one["city"] for one in counted} == set(registered_cities())
    for one in counted:
        assert one["initiatives"] == one["read"] + one["derived"] == len(of_city(one["city"]))
        assert 0 <= one["agreeing"] <= one["with_figure"] <= one["initiatives"]
    rows = list(csv.DictReader(io.StringIO(run("initiatives", "--csv")[1])))
    assert [row["city"] for row in rows] == [one["city"] for one in counted]
    total = sum(one["initiatives"] for one in counted)
    assert f"{len(counted)} cities, {total} entries" in " ".join(run("initiatives")[1].split())


def test_a_theme_lists_its_entries_with_their_cities(run: Run) -> None:
    listed = as_json(run("initiatives", "--theme", "patents", "--json"))
    assert list(listed[0]) == ["city", *KEYS]
    assert {one["theme"] for one in listed} == {"patents"}
    rows = list(csv.DictReader(io.StringIO(run("initiatives", "--theme", "patents", "--csv")[1])))
    assert [row["source_address"] for row in rows] == [one["source"]["address"] for one in listed]
    assert listed[0]["city"] in run("initiatives", "--theme", "patents")[1]


def test_the_check_passes_on_the_shipped_register(run: Run) -> None:
    answer = as_json(run("initiatives", "--check", "--json"))
    assert answer == {"entries": sum(len(of_city(slug)) for slug in registered_cities()), "faults": 0}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--theme", "patent"), "patents"),
        (("atlantis-on-sea",), "no city"),
        (("tokyo", "--check"), "can't stand together"),
        (("tokyo", "--theme", "patents"), "can't stand together"),
    ],
)
def test_wrong_input_is_one_line(run: Run, words: tuple[str, ...], says: str) -> None:
    status, out, err = run("initiatives", *words)
    assert (status, out) == (1, "")
    assert says in err
    assert err.count("\n") == 1


def test_a_fault_is_one_line_and_the_work_fails(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tuple(one.model_copy(update={"theme": "flying_cars"}) for one in of_city("helsinki"))
    monkeypatch.setattr(published, "all_initiatives", lambda: wrong)
    status, out, err = run("initiatives", "--check")
    assert (status, out) == (1, "")
    assert "flying_cars" in err
    assert err.count("\n") == 1


def test_markup_in_an_entry_is_shown_as_text(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "helsinki.yaml"
    text = (register.READ_FOLDER / "helsinki.yaml").read_text(encoding="utf-8")
    path.write_text(
        text.replace("by: City of Helsinki\n", "by: '[bold]City[/nothing] of Helsinki'\n"), encoding="utf-8"
    )
    entries = read_city(path)
    assert any("[bold]" in one.by for one in entries)
    monkeypatch.setattr(published, "of_city", lambda slug: entries)
    status, out, _ = run("initiatives", "helsinki")
    assert status == 0
    assert "[bold]City[/nothing]" in " ".join(out.split())
