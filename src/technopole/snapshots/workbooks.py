"""Look into a workbook before it is read: one small file can ask for more memory than any machine has.

An .xlsx file is a zip archive of XML. Its reader unpacks members whole, and holds every cell from the first to the last
that is named: a single cell ``XFD1048576`` asks for 17 billion. Both are counted here, as a stream, before.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path
from typing import Final

from technopole.core.errors import UpstreamError

MEMBERS: Final = 2_000
MEMBER_BYTES: Final = 512 * 1024**2
TOTAL_BYTES: Final = 1024**3
RATIO: Final = 200
"""Bytes out over bytes in above which a member is a bomb (workbooks of statistical offices: up to 40)."""
RATIO_FROM: Final = 10 * 1024**2
CELLS: Final = 20_000_000
CHUNK: Final = 1 << 20
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
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MEMBERS:
                raise UpstreamError(
                    f"{path.name} has {len(members)} members, more than {MEMBERS}:", "it is no workbook."
                )
            total = 0
            for member in members:
                total += _check_member(archive, member, path.name)
                if total > TOTAL_BYTES:
                    raise UpstreamError(f"{path.name} unpacks to more than {TOTAL_BYTES:,} bytes:", "split it.")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise UpstreamError(f"{path.name} can't be read as a workbook: {error}.", "Save it anew.") from error


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> int:
    """Count a member's bytes and the cells that it spans; what the directory says of its size isn't trusted."""
    size, last_row, last_column, before = 0, 1, 1, b""
    with archive.open(member) as handle:
        while part := handle.read(CHUNK):
            size += len(part)
            if size > MEMBER_BYTES or (size > RATIO_FROM and size > RATIO * max(member.compress_size, 1)):
                raise UpstreamError(
                    f"{name}: {member.filename[:80]} unpacks to more than {size:,} bytes from "
                    f"{member.compress_size:,}: a zip bomb?",
                    "Don't use this file.",
                )
            for column, row in PLACE.findall(before + part):
                last_row, last_column = max(last_row, int(row)), max(last_column, _column(column))
            if last_row * last_column > CELLS:
                raise UpstreamError(
                    f"{name}: {member.filename[:80]} spans {last_row:,} rows and {last_column:,} columns, more than "
                    f"{CELLS:,} cells:",
                    "delete the far cells, or save the sheet as CSV.",
                )
            before = part[-OVERLAP:]
    return size


def _column(letters: bytes) -> int:
    """Number of a column: A is 1, XFD 16,384; no letters: 1."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return max(number, 1)
