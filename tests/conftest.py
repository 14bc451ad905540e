"""What several kinds of tests need: the program in this process, and the explorer's workspace with its packages."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

import polars as pl
import pytest
from hypothesis import settings

from technopole.cities.resolve import Resolver
from technopole.cli.main import main
from technopole.editions.read import open_edition
from technopole.publish.explore import site_files
from technopole.snapshots.upstream import Upstream, mirror_folder
from technopole.sources.registry import load_source

REPOSITORY = Path(__file__).parents[1]
NODE = (20, 19)
GROUPS = {"mirror_records": "mirror", "site": "explorer"}
"""Tests that need what takes long to make belong on one worker: fixture -> group.

pytest 9.2 doesn't read the id into which pytest-xdist 3.8 writes the group: until they agree again tests are dealt out
one by one, and each worker makes its own.
"""

# One sequence of examples, so that a commit passes or fails for what it changed. TECHNOPOLE_EXAMPLES=5000 looks
# further, at random. No deadline: a loaded machine isn't a failure of the code.
further = int(os.environ.get("TECHNOPOLE_EXAMPLES", "0"))
settings.register_profile(
    "technopole", deadline=None, max_examples=further or 60, derandomize=not further, database=None, print_blob=True
)
settings.load_profile("technopole")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for name in GROUPS.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group(GROUPS[name]))


def absent(reason: str) -> None:
    """Skip; on the CI machine fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def checked(command: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def mirror() -> Path:
    """Folder of upstream files; a test that needs it is skipped, with the reason, where there is none."""
    folder = mirror_folder(REPOSITORY)
    if not folder.is_dir():
        pytest.skip(f"no mirror of upstream files at {folder} (set TECHNOPOLE_MIRROR)")
    return folder


@pytest.fixture(scope="session")
def resolver() -> Resolver:
    """The resolver on the shipped reference tables."""
    return Resolver(open_edition().cities())


@pytest.fixture(scope="session")
def mirror_records(mirror: Path, resolver: Resolver) -> Callable[[str], pl.DataFrame]:
    """Read a source's records from the mirror, each source once in each process."""

    @cache
    def read(source_id: str) -> pl.DataFrame:
        source = load_source(source_id)
        return source.records(Upstream(mirror, source.lock()), resolver)

    return read


@pytest.fixture(scope="session")
def site() -> Mapping[str, bytes]:
    """The explorer's files of the shipped edition, made once in each process."""
    return MappingProxyType(site_files(open_edition()))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the program in this process with these words; give exit status, standard output, standard error."""

    def call(*words: object) -> tuple[int, str, str]:
        monkeypatch.delenv("TECHNOPOLE_EDITION", raising=False)
        monkeypatch.setattr(sys, "argv", ["technopole", *map(str, words)])
        try:
            main()
            status = 0
        except SystemExit as stop:
            status = int(stop.code or 0)
        return status, *capsys.readouterr()

    return call


@pytest.fixture
def printed(run: Callable[..., tuple[int, str, str]]) -> Callable[..., str]:
    """Run the program as `run` does; give what it prints, or fail with its error."""

    def call(*words: object) -> str:
        status, out, error = run(*words)
        assert status == 0, error
        return out

    return call


@pytest.fixture(scope="session")
def run_command() -> Callable[..., str]:
    """Run a command in a folder; give what it prints, or fail with it."""
    return checked


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of explorer/ with its packages from the lockfile: two processes never install into one folder."""
    npm, node = shutil.which("npm"), shutil.which("node")
    version = checked([node, "--version"], REPOSITORY).strip() if node else "no Node"
    new_enough = node is not None and tuple(int(part) for part in version.lstrip("v").split(".")[:2]) >= NODE
    if npm is None or not new_enough:
        absent(f"npm and Node 20.19 are needed ({version} is here): the explorer is neither tested nor rebuilt")
    folder = tmp_path_factory.mktemp("workspace")
    shutil.copytree(REPOSITORY / "explorer", folder / "explorer", ignore=shutil.ignore_patterns("node_modules"))
    shutil.copytree(REPOSITORY / "tests" / "golden_explorer", folder / "tests" / "golden_explorer")
    checked([str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder / "explorer")
    return folder / "explorer"
