"""Kills at random moments: nothing is lost, nothing half-written. docs/security.md has the long run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
# by how much a kill can hit, and what it costs: in sum 200
ATTACKS = [
    {"build": 55, "own": 35},
    {"fetch": 45, "refresh": 12, "package": 35, "page": 6, "site": 6, "workbook": 6},
]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="writers are forked and killed as POSIX systems do")


def test_there_are_two_hundred() -> None:
    assert sum(sum(attack.values()) for attack in ATTACKS) == 200


def kill(*words: str, seconds: int) -> list[dict[str, Any]]:
    """Lines of `kills.py`."""
    done = subprocess.run(
        [sys.executable, HERE / "kills.py", *words], capture_output=True, text=True, check=False, timeout=seconds,
        env={**os.environ, "PYTHONWARNINGS": "default", "POLARS_MAX_THREADS": "2"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("attack", ATTACKS, ids="-".join)
def test_killed_at_any_moment_nothing_is_lost(attack: dict[str, int]) -> None:
    tolls = kill(*(f"{operation}={kills}" for operation, kills in attack.items()), seconds=1500)
    assert {toll["operation"]: toll["kills"] for toll in tolls} == attack
    for toll in tolls:
        print(toll)
        assert toll["old"] + toll["new"] == toll["kills"]
    assert sum(toll["old"] for toll in tolls) > 20  # they were at work


@pytest.mark.usefixtures("mirror")
def test_the_edition_is_rebuilt_to_the_same_bytes_with_twenty_kills_between() -> None:
    *kills, toll = kill("full=20", seconds=1700)
    print(toll)
    assert [one["kill"] for one in kills] == list(range(1, 21))
    assert all(one["verified"] for one in kills)
    assert len({one["stage"] for one in kills}) > 5
    assert any(one["files_written"] for one in kills)
