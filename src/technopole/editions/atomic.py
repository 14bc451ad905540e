"""A folder or a file is replaced whole or not at all: an interrupted write leaves the old one as it was."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from technopole.core.errors import EditionError, InputError

EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
AT_CWD = -100


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """Give a temporary folder beside `target`; when the block ends well it takes the target's place.

    On Linux the two are exchanged by one system call, so at no moment is there no edition. Elsewhere the old folder is
    moved aside first: a kill between the two renames leaves it as ``<name>.old``, which `recover` puts back.

    Raises
    ------
    EditionError : the folder can't be written (full disk, read-only).
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        recover(target)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent))
    except OSError as error:
        raise EditionError(f"{target} can't be written: {error.strerror}.", "Choose another folder.") from error
    try:
        yield temporary
        temporary.chmod(0o755)
        for path in temporary.rglob("*"):
            if path.is_file():
                _flush(path)
        _take_place(temporary, target)
    except OSError as error:
        raise EditionError(f"{target} can't be written: {error.strerror}.", "The old edition is unchanged.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def recover(target: Path) -> None:
    """Put back a folder that an interrupted replacement had moved aside."""
    aside = target.with_name(f"{target.name}.old")
    if aside.is_dir() and not target.exists():
        aside.rename(target)


def _flush(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def _take_place(new: Path, target: Path) -> None:
    if not target.exists():
        new.rename(target)
        return
    if _exchange(new, target):
        return  # `new` now holds the old folder; the caller removes it
    aside = target.with_name(f"{target.name}.old")
    shutil.rmtree(aside, ignore_errors=True)
    target.rename(aside)
    new.rename(target)
    shutil.rmtree(aside, ignore_errors=True)


def _exchange(one: Path, other: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(AT_CWD, os.fsencode(one), AT_CWD, os.fsencode(other), EXCHANGE) == 0)


@contextmanager
def replaced_file(target: Path) -> Iterator[Path]:
    """Give a temporary path beside `target`; when the block ends well what was written there takes its place.

    Raises
    ------
    InputError : the target is a folder, or its folder isn't there or can't be written.
    """
    if target.is_dir() or not target.parent.is_dir():
        raise InputError(f"{target} can't be written:", "name a file in a folder that exists.")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".new", dir=target.parent)
    except OSError as error:
        raise InputError(f"{target} can't be written: {error.strerror}.", "Choose another folder.") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        _flush(temporary)
        temporary.replace(target)
    except OSError as error:
        raise InputError(f"{target} can't be written: {error.strerror}.", "An old file is unchanged.") from error
    finally:
        temporary.unlink(missing_ok=True)
