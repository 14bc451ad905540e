"""Any bytes give something or one line of error.

Readers that parse a format are fuzzed for twenty seconds, those that are built on one of them for eight, so that all
tests of faults end in five minutes on two cores; `TECHNOPOLE_FUZZ_SECONDS` is for each of them.
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
PARSERS = ("csv", "sheet", "parquet", "json", "framework", "points", "polygons", "gtfs", "osm", "run", "edition")
BUILT_ON_THEM = ("table", "lock", "own framework", "declarations", "rows", "cities", "claims", "list", "places")
SECONDS = {**dict.fromkeys(PARSERS, 20), **dict.fromkeys(BUILT_ON_THEM, 8)}
LONGER = int(os.environ.get("TECHNOPOLE_FUZZ_SECONDS", "0"))
POLARS_ABORTS = ("memory allocation of", "polars_parquet")
"""A damaged Parquet page may make Polars ask for more memory than there is, which ends the process uncaught."""
NEEDED = importlib.util.find_spec("atheris") is not None
pytestmark = pytest.mark.skipif(
    not NEEDED, reason="atheris isn't installed (it has packages for Linux): nothing is fuzzed"
)


def fuzz(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, HERE / "fuzz.py", *words], cwd=folder, capture_output=True, text=True, check=False,
        errors="replace", timeout=900 + 3 * LONGER, env={**os.environ, "POLARS_MAX_THREADS": "2"},
    )  # fmt: skip


def test_every_reader_is_fuzzed(tmp_path: Path) -> None:
    assert sorted(fuzz(folder=tmp_path).stdout.split("\n")[:-1]) == sorted(SECONDS)


@pytest.mark.parametrize("reader", SECONDS)
def test_any_bytes_give_something_or_one_line(reader: str, tmp_path: Path) -> None:
    seconds = LONGER or SECONDS[reader]
    done = fuzz(reader, str(seconds), folder=tmp_path)
    if done.returncode and all(word in done.stderr for word in POLARS_ABORTS):
        print(f"{reader}: Polars ended the process on a damaged Parquet file (docs/security.md)")
        return
    found = [path.name for path in tmp_path.iterdir()]
    assert done.returncode == 0, f"{found}: {done.stderr[-4000:]}"
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    assert runs is not None
    print(f"{reader}: {runs[1]} inputs in {seconds} s")
    assert int(runs[1]) > 20
