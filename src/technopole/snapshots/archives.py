"""A zip archive that a stranger made: looked into within limits, never extracted, its damage said in one line.

What the directory of an archive says of sizes isn't trusted: bytes are counted while they are read.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from technopole.core.errors import TechnopoleError

RATIO: Final = 200
"""Bytes out over bytes in above which a member is a bomb (workbooks of statistical offices: up to 40, feeds: 30)."""
RATIO_FROM: Final = 10 * 1024**2
"""Bytes out from which the ratio counts: a small table of zeros is no attack."""
CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Kind:
    """What an archive should be, and its limits.

    Attributes
    ----------
    what : "workbook", "feed"; in messages.
    members : most members. member_bytes, total_bytes : most bytes that one, and that all that are read, unpack to.
    error : raised for damage and for what is beyond a limit.
    """

    what: str
    members: int
    member_bytes: int
    total_bytes: int
    error: type[TechnopoleError]


@dataclass(frozen=True)
class Opened:
    """An open archive, for `chunks`."""

    name: str
    kind: Kind
    members: tuple[zipfile.ZipInfo, ...]
    file: zipfile.ZipFile


@contextmanager
def opened(path: Path, kind: Kind) -> Iterator[Opened]:
    """Open an archive; damage that is met inside the block is one line too.

    Raises
    ------
    kind.error : no zip archive, damaged, encrypted, or too many members.
    """
    try:
        with zipfile.ZipFile(path) as file:
            members = tuple(file.infolist())
            if len(members) > kind.members:
                raise kind.error(
                    f"{path.name} has {len(members)} members, more than {kind.members}:", f"it is no {kind.what}."
                )
            yield Opened(path.name, kind, members, file)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise kind.error(
            f"{path.name} can't be read as a zip archive of a {kind.what}: {error}.", "Fetch or save it anew."
        ) from error


def chunks(archive: Opened, member: zipfile.ZipInfo, before: int = 0) -> Iterator[bytes]:
    """Read a member piece by piece.

    Parameters
    ----------
    before : bytes of the members that were read already; they count towards the archive's limit.

    Raises
    ------
    kind.error : the member, or all together, unpack to too much.
    """
    name, kind, size = archive.name, archive.kind, 0
    with archive.file.open(member) as handle:
        while part := handle.read(CHUNK):
            size += len(part)
            if size > kind.member_bytes or (size > RATIO_FROM and size > RATIO * max(member.compress_size, 1)):
                raise kind.error(
                    f"{name}: {member.filename[:80]} unpacks to more than {size:,} bytes from "
                    f"{member.compress_size:,}: a zip bomb?",
                    "Don't use this file.",
                )
            if before + size > kind.total_bytes:
                raise kind.error(f"{name} unpacks to more than {kind.total_bytes:,} bytes:", f"split the {kind.what}.")
            yield part
