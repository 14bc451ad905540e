"""What the wheel and the sdist hold, and that the program works from them with the sources gone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

REPOSITORY = Path(__file__).parents[2]
NOBODY = 65534
SMALLEST, LARGEST = 5_000_000, 40_000_000
pytestmark = pytest.mark.xdist_group("release")


@pytest.fixture(scope="module")
def wheel_files(artifacts) -> dict[str, bytes]:
    with zipfile.ZipFile(artifacts.wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def sdist_names(artifacts) -> set[str]:
    with tarfile.open(artifacts.sdist) as archive:
        return {member.name.split("/", 1)[1] for member in archive if member.isfile()}


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(artifacts, wheel_files) -> None:
    tops = {name.split("/")[0] for name in wheel_files}
    assert {re.sub(r"-[0-9.]+\.dist-info", ".dist-info", name) for name in tops} == {
        "technopole",
        "technopole.dist-info",
    }
    assert not [name for name in wheel_files if "/sample/" in name or "__pycache__" in name or name.endswith(".pyc")]
    assert SMALLEST < artifacts.wheel.stat().st_size < LARGEST
    for folder in ("editions", "frameworks"):
        for path in (REPOSITORY / folder).rglob("*"):
            if path.is_file():
                name = f"technopole/_shipped/{path.relative_to(REPOSITORY).as_posix()}"
                assert wheel_files[name] == path.read_bytes(), name


def test_every_file_of_the_package_but_samples_is_in_the_wheel(wheel_files) -> None:
    source = REPOSITORY / "src"
    expected = {
        path.relative_to(source).as_posix()
        for path in (source / "technopole").rglob("*")
        if path.is_file() and not {"sample", "__pycache__"} & set(path.parts)
    }
    assert {"technopole/py.typed", "technopole/publish/assets/explorer.js"} <= expected
    assert not expected - set(wheel_files)


def test_licences_travel_with_what_they_cover(wheel_files, sdist_names) -> None:
    assert any(re.fullmatch(r"technopole-.*\.dist-info/licenses/LICENSE", name) for name in wheel_files)
    fonts = {name.rsplit("/", 1)[0] for name in wheel_files if name.endswith((".ttf", ".otf", ".woff2"))}
    assert fonts
    for folder in fonts:
        assert b"SIL OPEN FONT LICENSE" in wheel_files[f"{folder}/OFL.txt"].upper()
    assert "LICENSE" in sdist_names


def test_the_sdist_holds_what_a_packager_needs(sdist_names) -> None:
    needed = {
        "pyproject.toml", "constraints.txt", "start.py", "README.md", "CHANGELOG.md", "CITATION.cff", "PKG-INFO",
        "src/technopole/py.typed", "src/technopole/publish/assets/explorer.js", "explorer/package-lock.json",
        "frameworks/high-tech-cities.yaml", "docs/method.md", "tests/release/test_artifacts.py",
    }  # fmt: skip
    assert not needed - sdist_names
    assert any(re.fullmatch(r"editions/[^/]+/edition\.json", name) for name in sdist_names)
    left = [name for name in sdist_names if name.startswith((".venv", "node_modules", ".git/", "dist/"))]
    assert not left


def ranked(text: str) -> list[tuple[int, str, float]]:
    return [(city["rank"], city["slug"], city["score"]) for city in json.loads(text)["cities"]]


@pytest.fixture(scope="module")
def expected(run_command) -> list[tuple[int, str, float]]:
    """The league table of the checkout."""
    words = [sys.executable, "-m", "technopole.cli.main", "rank", "--json"]
    return ranked(run_command(words, REPOSITORY, PYTHONPATH=str(REPOSITORY / "src")))


def assert_works(installed, expected) -> None:
    done = installed.run("rank", "--json")
    assert done.returncode == 0, done.stderr
    assert ranked(done.stdout) == expected
    page = installed.run("export", "--html", "page.html")
    assert page.returncode == 0, page.stderr
    text = (installed.folder / "elsewhere" / "page.html").read_text(encoding="utf-8")
    assert "data-" in text
    assert len(text) > 500_000
    city = installed.run("city", "Tokyo", "--json")
    assert json.loads(city.stdout)["id"] == 1850147
    assert "edition" in installed.run("data", "verify").stdout


def test_rank_export_and_city_work_from_the_wheel(installed, expected) -> None:
    where = subprocess.run(
        [installed.python, "-I", "-c", "import technopole; print(technopole.__file__)"],
        capture_output=True, text=True, check=True, cwd=installed.folder,
    )  # fmt: skip
    assert Path(where.stdout.strip()).is_relative_to(installed.folder)
    assert_works(installed, expected)


def test_types_reach_who_imports_it(installed, tmp_path: Path) -> None:
    (tmp_path / "user.py").write_text("import technopole as tp\n\nreveal_type(tp.load())\ntp.load(3)\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--python-executable", installed.python, "--cache-dir", tmp_path / "cache",
         "--config-file", os.devnull, "user.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert 'Revealed type is "technopole.editions.read.Edition"' in done.stdout, done.stdout
    assert 'Argument 1 to "load" has incompatible type "int"' in done.stdout
    assert "Found 1 error" in done.stdout


def read_only(folder: Path, *, writable: bool = False) -> None:
    for path in [folder, *folder.rglob("*")]:
        path.chmod((path.stat().st_mode | 0o200) if writable else (path.stat().st_mode & ~0o222))


@pytest.fixture
def locked(installed) -> Iterator[dict[str, object]]:
    """The package's folder can't be written, nor can the home or the working folder; options of the process in it."""
    home = installed.folder / "home"
    home.mkdir()
    (home / "cache").touch()  # a file where the cache's folder should be
    read_only(installed.package.parent)
    read_only(home)
    # root writes everywhere: who is root looks through another user's eyes
    who = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    yield {**who, "environment": {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache"), "TMPDIR": str(home)}}
    read_only(installed.package.parent, writable=True)
    read_only(home, writable=True)
    shutil.rmtree(home)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="read-only folders are tested on POSIX systems")
def test_a_read_only_installation_answers(installed, locked, expected) -> None:
    done = installed.run("rank", "--json", **locked)
    assert done.returncode == 0, done.stderr
    assert ranked(done.stdout) == expected
    assert installed.run("city", "Helsinki", **locked).returncode == 0
    assert installed.run("trace", "Tokyo", "patents", **locked).returncode == 0
    for words in (["export", "--html", "page2.html"], ["data", "build"]):
        refused = installed.run(*words, **locked)
        assert refused.returncode == 1
        assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr
        assert "Traceback" not in refused.stderr


def test_the_sdist_builds_by_itself_and_gives_the_wheel(artifacts, installed, wheel_files, expected, clean) -> None:
    """Pip builds it with nothing but what it declares; what it installs is the wheel, to the byte."""
    target = installed.folder / "from-sdist"
    installed.pip("install", "--no-deps", "--no-compile", "--target", target, artifacts.sdist)
    for name, content in wheel_files.items():
        if name.startswith("technopole/"):
            assert (target / name).read_bytes() == content, name
    done = subprocess.run(
        [installed.python, "-c", "from technopole.cli.main import main; main()", "rank", "--json"],
        cwd=installed.folder, env={**clean, "PYTHONPATH": str(target)},
        capture_output=True, text=True, check=True, timeout=180,
    )  # fmt: skip
    assert ranked(done.stdout) == expected


def test_every_pinned_version_runs_on_the_oldest_python_that_the_project_takes() -> None:
    oldest = "3.11.0"  # `requires-python` of the project
    assert 'requires-python = ">=3.11"' in (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    pins = re.findall(r"^([\w.-]+)==", (REPOSITORY / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    wanted = {name: metadata.metadata(name)["Requires-Python"] or "" for name in pins}
    assert len(wanted) > 100
    assert not {name: asked for name, asked in wanted.items() if oldest not in SpecifierSet(asked)}
