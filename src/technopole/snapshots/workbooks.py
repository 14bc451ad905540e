"""Look into a workbook before it is read: one small file can ask for more memory than any machine has.

An .xlsx file is a zip archive of XML. Its reader unpacks members whole, and holds every cell from the first to the last
that is named: a single cell ``XFD1048576`` asks for 17 billion. Both are counted here, as a stream, before.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Final

from technopole.core.errors import UpstreamError
from technopole.snapshots.archives import Kind, Opened, chunks, opened

WORKBOOK: Final = Kind("workbook", members=2_000, member_bytes=512 * 1024**2, total_bytes=1024**3, error=UpstreamError)
CELLS: Final = 20_000_000
OVERLAP: Final = 64
PLACE: Final = re.compile(rb"""\br\s*=\s*["']([A-Za-z]{0,3})([0-9]{1,10})["']""")
"""A row's number or a cell's column and row."""


def check_workbook(path: Path) -> None:
    """Refuse a workbook that would swell; other formats than .xlsx (whose sheets are bounded) pass.

    Raises
    ------
    UpstreamError : too many or too large members, a zip bomb, a sheet of too many cells, or a damaged archive.
    """
    if not zipfile.is_zipfile(path):
        return
    with opened(path, WORKBOOK) as archive:
        total = 0
        for member in archive.members:
            total += _check_member(archive, member, total)


def _check_member(archive: Opened, member: zipfile.ZipInfo, before: int) -> int:
    """Count a member's bytes and the cells that it spans; `before`: bytes of the members before it."""
    size, last_row, last_column, overlap = 0, 1, 1, b""
    for part in chunks(archive, member, before):
        size += len(part)
        for column, row in PLACE.findall(overlap + part):
            last_row, last_column = max(last_row, int(row)), max(last_column, _column(column))
        if last_row * last_column > CELLS:
            raise UpstreamError(
                f"{archive.name}: {member.filename[:80]} spans {last_row:,} rows and {last_column:,} columns, more "
                f"than {CELLS:,} cells:",
                "delete the far cells, or save the sheet as CSV.",
            )
        overlap = part[-OVERLAP:]
    return size


def _column(letters: bytes) -> int:
    """Number of a column: A is 1, XFD 16,384; no letters: 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return max(number, 1)
