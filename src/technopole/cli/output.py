"""How results reach the terminal: JSON and CSV to standard output, tables for people, one line for an error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from technopole.cli.table import Table

BAR_WIDTH = 20
EVERY_SECONDS = 5.0
EIGHTHS = " ▏▎▍▌▋▊▉█"


def write_json(value: Any) -> None:
    """Write UTF-8 JSON with the order of keys as documented; NaN can't occur (it would be an error)."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def write_csv(frame: pl.DataFrame) -> None:
    """Write a flat frame as CSV that a spreadsheet reads as data: see `publish.cells`."""
    from technopole.publish.cells import safe_frame

    sys.stdout.write(safe_frame(frame).write_csv())


def console() -> Console:
    """Console on standard output: as wide as the terminal, 120 columns when piped."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 120, highlight=False)


def new_table(*columns: str, numeric: tuple[str, ...] = (), title: str | None = None) -> Table:
    """Make a plain table; numeric columns are right-aligned."""
    from technopole.cli.table import Table

    return Table(columns, numeric, title)


def bar(score: float, width: int = BAR_WIDTH) -> str:
    """Draw a score of 0 to 100 as a bar of block characters."""
    filled = max(0.0, min(score, 100.0)) / 100 * width
    whole = int(filled)
    part = EIGHTHS[int((filled - whole) * 8)] if whole < width else ""
    return ("█" * whole + part.strip()).ljust(width)


def whisker(low: float, high: float, rank: int, width: int = BAR_WIDTH, last: int = 100) -> str:
    """Draw a rank range on a line from rank 1 (left) to `last` (right): ``  ├─●──┤``."""

    def place(value: float) -> int:
        return round((min(max(value, 1.0), last) - 1) / max(last - 1, 1) * (width - 1))

    line = [" "] * width
    for column in range(place(low), place(high) + 1):
        line[column] = "─"
    line[place(rank)] = "●"
    return "".join(line)


def say(text: str) -> None:
    """Progress and remarks go to standard error."""
    sys.stderr.write(text + "\n")


def every_seconds(what: str) -> Callable[[int, int], None]:
    """Say how far a long run is, every few seconds: "1 of 24 files"."""
    said = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said >= EVERY_SECONDS:
            said = time.monotonic()
            say(f"{done:,} of {total:,} {what}")

    return tell
