"""Wheel and sdist, built once from the files of this checkout, and an empty environment that has the wheel alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
NOT_SOURCE = shutil.ignore_patterns(
    ".git", ".venv", "node_modules", "dist", "build", "site", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info"
)


@dataclass(frozen=True)
class Artifacts:
    """What a release gives to a package index."""

    wheel: Path
    sdist: Path


@dataclass(frozen=True)
class Installed:
    """An environment with one artifact and the core dependencies, and nothing of the checkout.

    `folder` is readable by everybody, so that another user can run it.
    """

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "venv" / "bin" / "python"

    @property
    def command(self) -> Path:
        return self.folder / "venv" / "bin" / "technopole"

    @property
    def package(self) -> Path:
        return next((self.folder / "venv").glob("lib/python*/site-packages/technopole"))

    def pip(self, *words: object) -> None:
        """Run pip in the environment with the pinned versions."""
        quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "-c", REPOSITORY / "constraints.txt"]
        done = subprocess.run(
            [self.python, "-m", "pip", words[0], *quiet, *words[1:]],
            capture_output=True,
            text=True,
            check=False,
            env=clean_environment(),
        )
        assert done.returncode == 0, done.stderr

    def run(self, *words: object, **options: object) -> subprocess.CompletedProcess[str]:
        """Run technopole in an empty folder, with nothing of this process's environment that could lead to src."""
        return subprocess.run(  # type: ignore[call-overload, no-any-return]
            [self.command, *map(str, words)],
            cwd=self.folder / "elsewhere",
            env={**clean_environment(), **options.pop("environment", {})},  # type: ignore[dict-item]
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
            **options,
        )


def clean_environment() -> dict[str, str]:
    dropped = ("PYTHON", "TECHNOPOLE", "VIRTUAL_ENV", "COV")
    return {key: value for key, value in os.environ.items() if not key.startswith(dropped)}


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Artifacts:
    """Build both from a copy of the checkout, the wheel from the sdist; then the copy is deleted."""
    folder = tmp_path_factory.mktemp("artifacts")
    shutil.copytree(REPOSITORY, folder / "copy", ignore=NOT_SOURCE)
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", folder / "copy"],
        capture_output=True,
        text=True,
        check=False,
        env=clean_environment(),
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(folder / "copy")
    return Artifacts(next((folder / "dist").glob("*.whl")), next((folder / "dist").glob("*.tar.gz")))


@pytest.fixture(scope="session")
def clean() -> dict[str, str]:
    """This process's environment without what could lead a process to the checkout."""
    return clean_environment()


@pytest.fixture(scope="session")
def installed(artifacts: Artifacts) -> Iterator[Installed]:
    """The wheel with its core dependencies, in an environment that was empty."""
    folder = Path(tempfile.mkdtemp(prefix="technopole-wheel-"))
    folder.chmod(0o755)
    (folder / "elsewhere").mkdir()
    venv.create(folder / "venv", with_pip=True)
    made = Installed(folder)
    made.pip("install", artifacts.wheel)
    yield made
    shutil.rmtree(folder, ignore_errors=True)
