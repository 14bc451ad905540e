"""The generated parts of docs/cities.md: declared exceptions as tables, and the counts of the frame.

Run: ``python -m technopole.cities.describe docs/cities.md [MIRROR]`` rewrites what stands between the markers; the
counts only where a mirror folder is given. Tests compare the page with what this module generates.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from technopole.cities.exceptions import Exceptions, read_exceptions
from technopole.core.errors import InputError

MARKER: Final = "<!-- generated: {} -->"
END: Final = "<!-- end -->"


def sections(exceptions: Exceptions) -> dict[str, str]:
    """Markdown of each declared part, by the name of its marker."""
    return {
        "corrections": _table(
            ("WUP code", "city", "column", "WUP has", "corrected", "why"),
            ((item.code, item.city, item.column, item.expect, item.value, item.why) for item in exceptions.corrections),
        ),
        "geonames": _table(
            ("GeoNames id", "place", "column", "GeoNames has", "corrected", "why"),
            (
                (str(item.place), item.city, item.column, f"{item.expect:.10g}", f"{item.value:.10g}", item.why)
                for item in exceptions.geonames
            ),
        ),
        "merges": _table(
            ("city", "agglomerations (WUP code)", "definition", "why"),
            (
                (
                    item.city,
                    "; ".join(f"{label} ({code})" for code, label in item.members.items()),
                    item.definition,
                    item.why,
                )
                for item in exceptions.merges
            ),
        ),
        "splits": _table(
            ("WUP code", "agglomeration", "why"), ((item.code, item.city, item.why) for item in exceptions.splits)
        ),
        "heads": _table(
            ("WUP code", "agglomeration", "GeoNames id", "why"),
            ((item.code, item.city, str(item.place), item.why) for item in exceptions.heads),
        ),
    }


def counts_section(counts: dict[str, int]) -> str:
    """Markdown of `build.counts`."""
    return _table(("what", "number"), ((name.replace("_", " "), f"{number:,}") for name, number in counts.items()))


def rewrite(text: str, parts: dict[str, str]) -> str:
    """Put each part between its markers.

    Raises
    ------
    InputError : the text lacks a marker.
    """
    for name, part in parts.items():
        start = MARKER.format(name)
        pattern = re.compile(re.escape(start) + r"\n.*?" + re.escape(END), re.DOTALL)
        if not pattern.search(text):
            raise InputError(f"the page lacks the marker {start}:", f"add it, and {END} after it.")
        before, after = pattern.split(text, maxsplit=1)
        text = f"{before}{start}\n{part}{END}{after}"
    return text


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    body = [tuple(cell.replace("|", "\\|") for cell in row) for row in rows]
    if not body:
        return "None.\n"
    lines = [head, tuple("---" for _ in head), *body]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main(page: Path, mirror: Path | None) -> None:
    """Rewrite the page in place."""
    parts = sections(read_exceptions())
    if mirror is not None:
        from technopole.cities.build import build_cities, counts

        parts["counts"] = counts_section(counts(build_cities(mirror)))
    page.write_text(rewrite(page.read_text(encoding="utf-8"), parts), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
