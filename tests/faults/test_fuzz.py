"""Any bytes give something or one line of error: every reader is fuzzed for SECONDS.

The long run (`long.py`) goes on in the same sequence for ten minutes.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# names stand here too: a process that only collects tests doesn't load every reader
READERS = (
    "csv", "sheet", "parquet", "json", "framework", "points", "polygons", "gtfs", "osm", "run", "edition",
    "table", "lock", "own framework", "declarations", "rows", "cities", "claims", "list", "places",
)  # fmt: skip
SECONDS = 20
NEEDED = importlib.util.find_spec("atheris") is not None
pytestmark = pytest.mark.skipif(
    not NEEDED, reason="atheris isn't installed (it has packages for Linux): nothing is fuzzed"
)


def fuzz(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, HERE / "fuzz.py", *words], cwd=folder, capture_output=True, text=True, check=False,
        errors="replace", timeout=900,
        env={**os.environ, "POLARS_MAX_THREADS": "2", "PYTHONHASHSEED": "0"},
    )  # fmt: skip


def test_every_reader_is_fuzzed(tmp_path: Path) -> None:
    assert sorted(fuzz(folder=tmp_path).stdout.split("\n")[:-1]) == sorted(READERS)


@pytest.mark.parametrize("reader", READERS)
def test_any_bytes_give_something_or_one_line(reader: str, tmp_path: Path) -> None:
    done = fuzz(reader, str(SECONDS), folder=tmp_path)
    found = [path.name for path in tmp_path.iterdir()]
    assert done.returncode == 0, f"{found}: {done.stderr[-4000:]}"
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    assert runs is not None
    print(f"{reader}: {runs[1]} inputs")
    assert int(runs[1]) > 20
