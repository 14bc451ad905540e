"""Upstream files: bytes, pinned by hash. Meaning starts in the next stage.

A *lock* (``lock.csv`` in the folder of its source, written by a program) lists each upstream file of one
source: path inside the mirror, address, size, sha256, kind and licence class. `Upstream` opens files of a mirror
folder and verifies each against the lock on first use, so a truncated or changed file stops the build and is
named. Without a lock (small hand-written samples in tests) nothing is verified.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from technopole.core.errors import UpstreamError
from technopole.core.types import LicenceClass

LOCK_COLUMNS = ("path", "url", "bytes", "sha256", "kind", "licence_class")
CONDITION_COLUMNS = ("etag", "last_modified")
MIRROR_VARIABLE = "TECHNOPOLE_MIRROR"


@dataclass(frozen=True)
class UpstreamFile:
    """One pinned file. `path` starts with the source id; `url` is empty for derived and transcribed files.

    `etag` and `last_modified` tell how its server can be asked whether it changed; a lock doesn't have them, pins that
    `snapshots.refresh` proposed do.
    """

    path: str
    url: str
    bytes: int
    sha256: str
    kind: str
    licence_class: str
    etag: str = ""
    last_modified: str = ""


def read_lock(path: Path) -> dict[str, UpstreamFile]:
    """Read a lock: mirror path -> file.

    Raises
    ------
    UpstreamError : the lock is absent, has other columns, or a line of it is no pin.
    """
    if not path.is_file():
        raise UpstreamError(f"{path} is absent:", "every source keeps its lock.csv beside its meta.yaml.")
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        try:
            if tuple(reader.fieldnames or ()) not in (LOCK_COLUMNS, (*LOCK_COLUMNS, *CONDITION_COLUMNS)):
                raise UpstreamError(f"{path} must have the columns {', '.join(LOCK_COLUMNS)}.")
            files = [_pinned(row) for row in reader]
        except (ValueError, TypeError, AttributeError, csv.Error) as error:
            raise UpstreamError(f"{path} line {reader.line_num} is no pin: {error}.") from error
    return {file.path: file for file in files}


def _pinned(row: Mapping[str, str]) -> UpstreamFile:
    """One line of a lock; ValueError says what is wrong with it."""
    path = PurePosixPath(row["path"])
    if not path.parts or path.is_absolute() or ".." in path.parts or set(row["path"]) & set("\\:\0"):
        raise ValueError(f"{row['path']!r} isn't a path inside a mirror")
    if not re.fullmatch("[0-9a-f]{64}", row["sha256"]):
        raise ValueError(f"{row['sha256']!r} is no sha256")
    if any(not (row.get(name) or "").isprintable() for name in ("url", *CONDITION_COLUMNS)):
        raise ValueError("a cell holds control characters")
    if not re.fullmatch("[0-9]{1,15}", row["bytes"]):
        raise ValueError(f"{row['bytes']!r} is no size")
    return UpstreamFile(
        row["path"],
        row["url"],
        int(row["bytes"]),
        row["sha256"],
        row["kind"],
        LicenceClass(row["licence_class"]).value,
        *(row.get(name) or "" for name in CONDITION_COLUMNS),
    )


def mirror_folder(repository: Path) -> Path:
    """Folder of the local mirror: ``$TECHNOPOLE_MIRROR``, or ``../shared/data/raw`` beside the checkout."""
    named = os.environ.get(MIRROR_VARIABLE)
    return Path(named) if named else repository.parent / "shared" / "data" / "raw"


def sha256_of(path: Path) -> str:
    """Hexadecimal sha256 of a file's bytes."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@dataclass
class Upstream:
    """The files of one source in a mirror folder.

    State earned: a file is verified once, however often it is opened.
    """

    folder: Path
    lock: dict[str, UpstreamFile] | None = None
    _verified: set[str] = field(default_factory=set)

    def paths(self, pattern: str) -> list[str]:
        """Mirror paths that match a glob, in sorted order: those of the lock, or those on disk without one.

        Raises
        ------
        UpstreamError : no file matches.
        """
        if self.lock is not None:
            found = sorted(path for path in self.lock if PurePosixPath(path).match(pattern))
        else:
            found = sorted(p.relative_to(self.folder).as_posix() for p in self.folder.glob(pattern))
        if not found:
            raise UpstreamError(f"no upstream file matches {pattern!r}.")
        return found

    @property
    def opened(self) -> frozenset[str]:
        """Pinned files that were read so far."""
        return frozenset(self._verified)

    def open(self, path: str) -> Path:
        """Path on disk of one mirror path, verified against the lock.

        Raises
        ------
        UpstreamError : the file isn't pinned, is absent, or differs from its pinned size or hash.
        """
        here = self.folder / path
        if self.lock is None:
            if not here.is_file():
                raise UpstreamError(f"upstream file {path} is absent.")
            return here
        pinned = self.lock.get(path)
        if pinned is None:
            raise UpstreamError(f"upstream file {path} isn't pinned:", "add it to the source's lock.csv.")
        if path not in self._verified:
            verify(here, pinned)
            self._verified.add(path)
        return here


def verify(here: Path, pinned: UpstreamFile) -> None:
    """Check a file against its pin.

    Raises
    ------
    UpstreamError : absent, another size (truncated?), or another hash.
    """
    if not here.is_file():
        raise UpstreamError(
            f"upstream file {pinned.path} is absent from the mirror:",
            f"`technopole data fetch` gets it, or set {MIRROR_VARIABLE} to a folder that has it.",
        )
    size = here.stat().st_size
    if size != pinned.bytes:
        raise UpstreamError(
            f"upstream file {pinned.path} has {size} bytes, {pinned.bytes} are pinned:",
            "the copy is truncated or another version; `technopole data fetch` gets it again.",
        )
    if sha256_of(here) != pinned.sha256:
        raise UpstreamError(
            f"upstream file {pinned.path} doesn't match its pinned sha256:", "`technopole data fetch` gets it again."
        )
