"""Members of a zip archive that a stranger made: read in memory within limits, never written to disk.

A member's name is only a name: nothing is extracted, so no path can lead out of a folder.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from technopole.core.errors import InputError
from technopole.instruments.measured import Defect
from technopole.snapshots.archives import Kind, Opened, chunks, opened

FEED: Final = Kind("feed", members=1_000, member_bytes=2 * 1024**3, total_bytes=4 * 1024**3, error=InputError)


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
    with opened(path, FEED) as archive:
        return _read(archive, wanted)


def _read(archive: Opened, wanted: frozenset[str]) -> Archive:
    defects: list[Defect] = []
    folders: dict[str, dict[str, zipfile.ZipInfo]] = {}
    for member in archive.members:
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if not place.parts or place.is_absolute() or ".." in place.parts or ":" in place.parts[0]:
            defects.append(Defect("unsafe path", "archive", 1, f"member {member.filename[:80]!r} is ignored."))
        elif not member.is_dir() and "__MACOSX" not in place.parts and place.name in wanted:
            folder = folders.setdefault(str(place.parent), {})
            if place.name in folder:
                defects.append(Defect("member twice", place.name, 1, "the first is read."))
            folder.setdefault(place.name, member)
    if not folders:
        raise InputError(
            f"{archive.name} has none of the tables {', '.join(sorted(wanted)[:4])} …", "It is no such feed."
        )
    best = max(sorted(folders), key=lambda folder: len(folders[folder]))
    if len(folders) > 1:
        others = ", ".join(one for one in sorted(folders) if one != best)
        defects.append(Defect("several folders", "archive", len(folders), f"{best} is read, not {others[:200]}."))
    tables: dict[str, bytes] = {}
    for table, member in folders[best].items():
        tables[table] = b"".join(chunks(archive, member, before=sum(map(len, tables.values()))))
    return Archive(tables, tuple(defects))
