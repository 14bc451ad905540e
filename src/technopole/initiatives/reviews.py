"""Where each entry was read: the address of the stored page, the day, and an extract of at most 25 words."""

from __future__ import annotations

import csv
import datetime
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from technopole.core.errors import FrameworkError

REVIEWS: Final = Path(__file__).with_name("reviews.csv")  # written by people
DERIVED_REVIEWS: Final = Path(__file__).parent / "derived" / "reviews.csv"  # written by a program
COLUMNS: Final = ("city", "id", "read_at", "read_on", "extract")


@dataclass(frozen=True)
class Review:
    """One reading of an entry's source. `read_at`: address of the page, or file and rows for a derived entry."""

    city: str
    id: str
    read_at: str
    read_on: datetime.date
    extract: str


def reviews(path: Path = REVIEWS) -> tuple[Review, ...]:
    """Read the review file, in its order.

    Raises
    ------
    FrameworkError : other columns, a day that is none, or a line that isn't whole.
    """
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(file)
        if tuple(lines.fieldnames or ()) != COLUMNS:
            raise FrameworkError(f"{path.name} has the columns {lines.fieldnames}:", f"write {', '.join(COLUMNS)}.")
        return tuple(_review(line, f"{path.name} line {lines.line_num}") for line in lines)


def all_reviews() -> tuple[Review, ...]:
    """Reviews of the entries that people wrote, then of the derived ones."""
    return (*reviews(), *(reviews(DERIVED_REVIEWS) if DERIVED_REVIEWS.is_file() else ()))


def review_lines(read: Iterable[Review]) -> str:
    """Text of a review file."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows((one.city, one.id, one.read_at, one.read_on.isoformat(), one.extract) for one in read)
    return text.getvalue()


def _review(line: dict[str, str], where: str) -> Review:
    if None in line or any(not (line[name] or "").strip() for name in COLUMNS):
        raise FrameworkError(f"{where} lacks a cell, or has one too many:", f"write {', '.join(COLUMNS)}.")
    try:
        day = datetime.date.fromisoformat(line["read_on"])
    except ValueError as error:
        raise FrameworkError(f"{where}: {line['read_on']!r} is no day:", "write it as 2026-11-24.") from error
    return Review(line["city"], line["id"], line["read_at"], day, line["extract"].strip())
