"""The edition as a data package: each description is valid by the validator of its own standard, and says the truth."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from technopole.editions.read import open_edition, verify_edition
from technopole.publish.package import described, packaged_files
from technopole.snapshots.upstream import sha256_of

BIN = Path(sys.executable).parent
pytestmark = pytest.mark.xdist_group("package")


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, run_command: Callable[..., str]) -> Path:
    folder = tmp_path_factory.mktemp("package") / "technopole"
    run_command([sys.executable, "-m", "technopole.cli.main", "export", "--package", str(folder)], folder.parent)
    return folder


def frictionless(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "frictionless", "validate", "--limit-rows", "300", "--json", "datapackage.json"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def croissant(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "mlcroissant", "validate", "--jsonld", "croissant.json"],
        cwd=folder, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_frictionless_finds_it_valid_and_a_changed_file_not(package: Path, tmp_path: Path) -> None:
    done = frictionless(package)
    report = json.loads(done.stdout)
    assert report["valid"], report["tasks"]
    assert done.returncode == 0
    assert report["stats"]["tasks"] == len(packaged_files(open_edition()))
    broken = tmp_path / "broken"
    shutil.copytree(package, broken)
    table = pl.read_parquet(broken / "edition" / "coverage.parquet")
    table.with_columns(coverage=pl.lit("much")).write_parquet(broken / "edition" / "coverage.parquet")
    found = {error["type"] for task in json.loads(frictionless(broken).stdout)["tasks"] for error in task["errors"]}
    assert "type-error" in found


def test_croissant_finds_it_valid_and_a_missing_file_not(package: Path, tmp_path: Path) -> None:
    done = croissant(package)
    assert done.returncode == 0, done.stderr
    assert "error" not in done.stderr.lower()
    assert "warning" not in done.stderr.lower(), done.stderr
    about = json.loads((package / "croissant.json").read_text(encoding="utf-8"))
    about["distribution"] = about["distribution"][1:]
    (tmp_path / "croissant.json").write_text(json.dumps(about))
    assert croissant(tmp_path).returncode != 0


def test_croissant_loads_the_rows(package: Path) -> None:
    program = (
        "import mlcroissant, itertools, json\n"
        "found = mlcroissant.Dataset(jsonld='croissant.json').records('frame')\n"
        "rows = [{k: v.decode() if isinstance(v, bytes) else v for k, v in row.items()} for row in found]\n"
        "print(json.dumps([[row['frame/city'], row['frame/slug']] for row in rows]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=package, capture_output=True, text=True, check=True, timeout=300
    )
    assert json.loads(done.stdout) == [list(row) for row in open_edition().frame().select("city", "slug").rows()]


def test_the_package_holds_the_edition_to_the_byte(package: Path) -> None:
    shipped, packaged = open_edition(), open_edition(package / "edition")
    assert packaged.manifest == shipped.manifest
    verify_edition(packaged)
    assert sorted(path.name for path in package.iterdir()) == [
        "README.md", "croissant.json", "datapackage.json", "edition",
    ]  # fmt: skip
    listed = {file.path for file in packaged_files(shipped)}
    assert listed == {
        path.relative_to(package).as_posix() for path in (package / "edition").rglob("*") if path.is_file()
    }


def test_sizes_and_hashes_are_those_of_the_files(package: Path) -> None:
    about = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    learning = json.loads((package / "croissant.json").read_text(encoding="utf-8"))
    declared = {one["path"]: (one["bytes"], one["hash"].removeprefix("sha256:")) for one in about["resources"]}
    again = {one["contentUrl"]: (int(one["contentSize"].split()[0]), one["sha256"]) for one in learning["distribution"]}
    real = {path: ((package / path).stat().st_size, sha256_of(package / path)) for path in declared}
    assert declared == again == real


def test_every_source_is_named_with_licence_and_citation(package: Path) -> None:
    about = json.loads((package / "datapackage.json").read_text(encoding="utf-8"))
    manifest = open_edition().manifest
    assert len(about["sources"]) == len(manifest["sources"]) + len(manifest["inputs"])
    assert all(one["licence"] and one["citation"] and one["title"] for one in about["sources"])
    assert about["contentDigest"] == manifest["content_digest"]


def test_every_column_is_described_and_no_description_is_left_over() -> None:
    files = [file for file in packaged_files(open_edition()) if file.columns]
    bare = [f"{file.name}.{column.name}" for file in files for column in file.columns if not column.description]
    assert not bare, "describe them in publish/package_columns.yaml"
    words = described()
    present = {file.name: {column.name for column in file.columns} for file in files}
    assert set(words.columns) <= set().union(*present.values())
    for table, columns in words.tables.items():
        assert set(columns) <= present[table]
    for table, key in words.keys.items():
        rows = pl.read_parquet(
            open_edition().folder / Path(next(f.path for f in files if f.name == table)).relative_to("edition")
        )
        assert not rows.select(key).is_duplicated().any(), table


def test_it_replaces_an_earlier_package_and_nothing_else(package: Path, run, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in package.rglob("*.json")}
    assert run("export", "--package", package)[0] == 0
    assert {path: path.read_bytes() for path in package.rglob("*.json")} == before
    (tmp_path / "mine.txt").write_text("mine")
    status, _, error = run("export", "--package", tmp_path)
    assert status == 1
    assert "holds other files" in error
    status, _, error = run("export", "--package", open_edition().folder.parent)
    assert status == 1
    assert "holds the edition itself" in error
