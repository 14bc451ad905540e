"""Members of a zip archive that a stranger made: read in memory within limits, never written to disk.

A member's name is only a name: nothing is extracted, so no path can lead out of a folder.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from technopole.core.errors import InputError
from technopole.instruments.measured import Defect

MEMBERS: Final = 1_000
MEMBER_BYTES: Final = 2 * 1024**3
TOTAL_BYTES: Final = 4 * 1024**3
RATIO: Final = 200
"""Bytes out over bytes in above which a member is a bomb (real feeds: up to 30)."""
RATIO_FROM: Final = 10 * 1024**2
"""Bytes out from which the ratio counts: a small table of zeros is no attack."""


@dataclass(frozen=True)
class Archive:
    """The tables of one folder of an archive: base name -> content."""

    tables: dict[str, bytes]
    defects: tuple[Defect, ...]


def read_tables(path: Path, wanted: frozenset[str]) -> Archive:
    """Read the wanted tables of the folder that has most of them.

    Raises
    ------
    InputError : no such file, no zip archive, too many or too large members, a bomb, encrypted, or none of the tables.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}.", "Name a zip archive.")
    try:
        with zipfile.ZipFile(path) as archive:
            return _read(archive, path.name, wanted)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise InputError(f"{path.name} can't be read as a zip archive: {error}.", "Fetch it again.") from error


def _read(archive: zipfile.ZipFile, name: str, wanted: frozenset[str]) -> Archive:
    members = archive.infolist()
    if len(members) > MEMBERS:
        raise InputError(f"{name} has {len(members)} members, more than {MEMBERS}:", "it is no feed.")
    defects: list[Defect] = []
    folders: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for member in members:
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if not place.parts or place.is_absolute() or ".." in place.parts or ":" in place.parts[0]:
            defects.append(Defect("unsafe path", "archive", 1, f"member {member.filename[:80]!r} is ignored."))
        elif not member.is_dir() and "__MACOSX" not in place.parts and place.name in wanted:
            folder = folders.setdefault(str(place.parent), {})
            if place.name in folder:
                defects.append(Defect("member twice", place.name, 1, "the first is read."))
            folder.setdefault(place.name, member)
    if not folders:
        raise InputError(f"{name} has none of the tables {', '.join(sorted(wanted)[:4])} …", "It is no such feed.")
    best = max(sorted(folders), key=lambda folder: len(folders[folder]))
    if len(folders) > 1:
        others = ", ".join(one for one in sorted(folders) if one != best)
        defects.append(Defect("several folders", "archive", len(folders), f"{best} is read, not {others[:200]}."))
    _check_sizes(folders[best], name)
    tables = {table: _content(archive, member, name) for table, member in folders[best].items()}
    return Archive(tables, tuple(defects))


def _check_sizes(members: dict[str, zipfile.ZipInfo], name: str) -> None:
    total = sum(member.file_size for member in members.values())
    if total > TOTAL_BYTES:
        raise InputError(f"{name} unpacks to {total:,} bytes, more than {TOTAL_BYTES:,}:", "split the feed.")


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> bytes:
    """Read a member; what the directory says of its size isn't trusted."""
    parts: list[bytes] = []
    size = 0
    with archive.open(member) as handle:
        while part := handle.read(1 << 20):
            size += len(part)
            if size > MEMBER_BYTES or (size > RATIO_FROM and size > RATIO * max(member.compress_size, 1)):
                raise InputError(
                    f"{name}: {member.filename[:80]} unpacks to more than {size:,} bytes from"
                    f" {member.compress_size:,}: a zip bomb?",
                    "Don't use this file.",
                )
            parts.append(part)
    return b"".join(parts)
