"""`technopole data observe`: a file that the user brings, read by a source's adapter."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from technopole.core.types import RINGS
from technopole.snapshots.upstream import sha256_of
from technopole.sources.registry import adapter_ids, load_source

Run = Callable[..., tuple[int, str, str]]
SHAPE = ["source", "boundary", "files", "check", "observations", "unresolved"]


@pytest.fixture
def run(run: Run) -> Run:
    """The program's command `data observe`."""
    return lambda *words: run("data", "observe", *words)


def samples(name: str) -> list[Path]:
    """The hand-written files of a source, as a user would name them."""
    return sorted(path for path in (load_source(name).folder / "sample").rglob("*") if path.is_file())


def shape(result: tuple[int, str, str]) -> dict[str, Any]:
    status, out, err = result
    assert status == 0, err
    return dict(json.loads(out))


@pytest.mark.parametrize("name", adapter_ids())
def test_each_adapter_gives_observations_with_their_rows_and_licence(name: str, run: Run) -> None:
    files = samples(name)
    found = shape(run(name, *files, "--json"))
    assert list(found) == SHAPE
    assert found["source"]["id"] == name
    assert found["source"]["shipped"] is False
    assert {one["sha256"] for one in found["files"]} == {sha256_of(path) for path in files}
    assert not any(one["pinned"] for one in found["files"])
    assert found["check"], "a sample is far smaller than the pinned file, and the checks say so"
    assert found["observations"]
    assert found["unresolved"]
    names = {path.name for path in files}
    for one in found["observations"]:
        assert one["city"] and one["country"] and one["slug"]
        assert len(one["rows"]) == len(one["file"]) == one["records"]
        assert set(one["file"]) <= names
    assert all(one["reason"] and one["records"] for one in found["unresolved"])


def test_a_pinned_file_passes_its_checks(run: Run, mirror: Path) -> None:
    file = mirror / "community" / "gdg_2020.csv"
    found = shape(run("community", file, "--boundary", "region", "--json"))
    assert (found["check"], found["files"][0]["pinned"]) == (None, True)
    placed = sum(one["value"] for one in found["observations"])
    assert placed + sum(one["amount"] for one in found["unresolved"]) == 998  # every active group is in or explained
    seoul = next(one for one in found["observations"] if one["slug"] == "seoul")
    lines = file.read_text(encoding="utf-8").splitlines()
    assert all("Korea" in lines[int(row) - 1] for row in seoul["rows"])


def test_boundaries_csv_and_parquet_say_the_same(run: Run, tmp_path: Path) -> None:
    (file,) = samples("tree_cover")
    target = tmp_path / "trees.parquet"
    status, out, err = run("tree_cover", file, "--output", target)
    assert (status, out) == (0, "")
    assert "three boundaries" in err
    table = pl.read_parquet(target)
    assert set(table["licence_class"]) == {"unclear"}
    assert not list(tmp_path.glob(".*"))
    for boundary in RINGS:
        rows = list(csv.DictReader(io.StringIO(run("tree_cover", file, "--csv", "--boundary", boundary)[1])))
        saved = table.filter(pl.col("boundary") == boundary.value)
        assert len(rows) == saved.height > 0
        assert sum(float(row["value"]) for row in rows) == pytest.approx(saved["value"].sum())
        assert all(row["rows"].startswith(file.name) for row in rows)
    tokyo = table.filter((pl.col("slug") == "tokyo") & (pl.col("variable") == "tree_cover_percent"))
    assert tokyo["value"].unique().to_list() == pytest.approx([100 * 26 / 120])


def test_a_table_for_people(run: Run) -> None:
    (file,) = samples("greenness")
    out = run("greenness", file)[1]
    assert "Tokyo" in out and "a part of the city" in out and "unclear" in out
    assert "Yokohama" in run("greenness", file, "--unresolved")[1]
    rows = list(csv.DictReader(io.StringIO(run("greenness", file, "--unresolved", "--csv")[1])))
    assert {"variable", "reason", "label", "records", "amount"} <= set(rows[0])


def test_a_file_of_another_name_and_a_defect_that_is_gone(run: Run, tmp_path: Path) -> None:
    (file,) = samples("greenness")
    text = file.read_bytes().decode("latin-1").replace("Democratic Republic of the Congo", "Republic of the Congo")
    mine = tmp_path / "mine.csv"
    mine.write_bytes(text.encode("latin-1"))
    slugs = {one["slug"] for one in shape(run("greenness", mine, "--json"))["observations"]}
    assert slugs == {one["slug"] for one in shape(run("greenness", file, "--json"))["observations"]}


def test_a_source_of_the_edition_reads_a_newer_file_too(run: Run) -> None:
    found = shape(run("public_wifi", *samples("public_wifi"), "--json"))
    assert found["source"]["shipped"] is True
    assert {one["slug"] for one in found["observations"]} == {"new-york", "singapore"}


def test_a_national_source_names_countries(run: Run) -> None:
    found = shape(run("robots", *samples("robots"), "--json"))
    assert {one["level"] for one in found["observations"]} == {"country"}
    assert all(one["country"] == one["place"] and one["slug"] is None for one in found["observations"])


def test_wrong_input_is_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TECHNOPOLE_MIRROR", str(tmp_path))
    (community,) = samples("community")
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n", encoding="utf-8")
    gdp, population = samples("oecd_metro")
    twice = tmp_path / gdp.name
    shutil.copy(gdp, twice)
    wrong = {
        "did you mean community": ("comunity", community),
        "isn't there": ("community", tmp_path / "absent.csv"),
        "lacks the column 'city'": ("community", other),
        "rename it to one of gdp_cities.csv": ("oecd_metro", other),
        "both stand for": ("oecd_metro", gdp, twice),
        "population.csv is needed too": ("oecd_metro", gdp),
        "a folder that exists": ("community", community, "--output", tmp_path / "no" / "such.parquet"),
        "boundary": ("community", community, "--boundary", "county"),
    }
    for says, words in wrong.items():
        status, out, err = run(*words)
        assert (status, out) == (1, ""), says
        last = err.splitlines()[-1]
        assert last.startswith("technopole: ") and says in last, last
    assert population.is_file()


def test_a_write_that_fails_leaves_the_old_file(run: Run, tmp_path: Path) -> None:
    (community,) = samples("community")
    target = tmp_path / "kept.parquet"
    target.write_bytes(b"old")
    broken = tmp_path / "gdg_2020.csv"
    broken.write_bytes(community.read_bytes()[:60] + b"\xff\xfe\x00")
    assert run("community", broken, "--output", target)[0] == 1
    assert target.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gdg_2020.csv", "kept.parquet"]


def test_the_same_file_gives_the_same_bytes(run: Run, tmp_path: Path) -> None:
    (file,) = samples("internet_exchanges")
    for name in ("one", "two"):
        assert run("internet_exchanges", file, "--output", tmp_path / name)[0] == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert os.stat(tmp_path / "one").st_mode & 0o777 == 0o644  # noqa: PTH116
