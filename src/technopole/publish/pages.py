"""Pages of the documentation that are written from an edition."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from technopole.editions.read import Edition, open_edition
from technopole.editions.shipped import repository


def table(header: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[str] = ()) -> str:
    """Markdown table; a bar within a cell is escaped, a line break becomes a space."""
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join("---:" if h in numeric else "---" for h in header) + "|"]
    lines.extend("| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in row) + " |" for row in rows)
    return "\n".join(lines)


def stamp(edition: Edition) -> str:
    """Line that says which content a page was written from."""
    return f"<!-- written from content {edition.manifest['content_digest']} -->\n"


def written_page(edition: Edition, page: Callable[[Edition], str]) -> str:
    """Text of a page with its stamp."""
    return stamp(edition) + page(edition)


def write_page(name: str, page: Callable[[Edition], str]) -> None:
    """Write a page into docs/; the first word of the command line may name the folder of another edition."""
    edition = open_edition(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    path = repository() / "docs" / name
    path.write_text(written_page(edition, page), encoding="utf-8")
    sys.stderr.write(f"{path.name}: written from edition {edition.id}\n")
