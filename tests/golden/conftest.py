"""Reading golden tables: figures that others computed or published, beside the repository; absent, tests skip."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

GOLDEN = Path(__file__).parents[2].parent / "shared" / "golden"
MISSING = {"", "NA", "NaN"}


@dataclass(frozen=True)
class GoldenTable:
    """One CSV file; `text` and `numbers` give columns by name."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def text(self, column: str) -> list[str]:
        place = self.header.index(column)
        return [row[place] for row in self.rows]

    def numbers(self, *columns: str) -> NDArray[np.float64]:
        """Shape (rows, columns), or (rows,) for one column; empty and NA are NaN."""
        values = [[np.nan if cell in MISSING else float(cell) for cell in self.text(column)] for column in columns]
        return np.array(values[0]) if len(columns) == 1 else np.array(values).T


@pytest.fixture(scope="session")
def golden() -> Callable[[str], GoldenTable]:
    """A reader of golden tables by relative path; skips where they are absent."""
    if not GOLDEN.is_dir():
        pytest.skip("the golden tables (../shared/golden) aren't beside the repository")

    def read(name: str) -> GoldenTable:
        with (GOLDEN / name).open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        return GoldenTable(tuple(header), tuple(tuple(row) for row in rows))

    return read
