"""A folder or a file is replaced whole or not at all: an interrupted write leaves the old one as it was.

What is written grows beside its place (``.NAME.new``) and takes it at the end, in one step. A lock beside it
(``.NAME.lock``, gone at the end) keeps a second writer out, so that whatever an earlier writer left when it was killed
is known to be nobody's: the next one removes it.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import polars as pl

from technopole.core.errors import EditionError, InputError, TechnopoleError

EXCHANGE = 2  # RENAME_EXCHANGE of renameat2(2)
AT_CWD = -100
POLARS_SYSTEM_ERROR = "(os error "


def check_replaced(target: Path, mark: str, what: str) -> None:
    """Refuse a folder that holds other things: it is replaced as a whole, and so has to be empty or of the same kind.

    Parameters
    ----------
    mark : name of a file that every folder of the kind holds. what : "an edition"; in the message.

    Raises
    ------
    InputError : a file is there, or a folder that holds other things.
    """
    if target.exists() and not target.is_dir():
        raise InputError(f"{target} is a file:", "name a folder.")
    if target.is_dir() and any(target.iterdir()) and not (target / mark).is_file():
        raise InputError(f"{target} holds other files and isn't {what}:", "name a new folder, or an empty one.")


@contextmanager
def replaced_folder(target: Path) -> Iterator[Path]:
    """Give a temporary folder beside `target`; when the block ends well it takes the target's place.

    On Linux the two are exchanged by one system call, so at no moment is there no edition. Elsewhere the old folder is
    moved aside first: a kill between the two renames leaves it as ``<name>.old``, which `recover` puts back.

    Raises
    ------
    EditionError : the folder can't be written (full disk, read-only), is being written by another, or is the one that
        the user stands in.
    """
    target, stands_in = target.resolve(), False
    with suppress(FileNotFoundError):  # the current folder may be gone
        stands_in = Path.cwd().is_relative_to(target)
    if stands_in:
        raise EditionError(f"{target} is the folder that you are in and would be replaced:", "go up, and name it.")
    with _written(target, EditionError, "The old folder is unchanged.") as temporary:
        _put_back(target)
        temporary.mkdir()
        yield temporary
        for path in temporary.rglob("*"):
            if path.is_file():
                _flush(path)
        _take_place(temporary, target)


@contextmanager
def replaced_file(target: Path) -> Iterator[Path]:
    """Give a temporary path beside `target`; when the block ends well what was written there takes its place.

    Raises
    ------
    InputError : the target is a folder, its folder isn't there or can't be written, or another is writing it.
    """
    if target.is_dir() or not target.parent.is_dir():
        raise InputError(f"{target} can't be written:", "name a file in a folder that exists.")
    target = target.resolve()
    with _written(target, InputError, "An old file is unchanged.") as temporary:
        temporary.touch()
        yield temporary
        _flush(temporary)
        temporary.replace(target)
        _flush(target.parent)


def recover(target: Path) -> None:
    """Put back a folder that an interrupted replacement had moved aside, unless one is under way."""
    if not _aside(target).is_dir() or target.exists():
        return
    with suppress(BlockingIOError), _held(target):
        _put_back(target)


@contextmanager
def _written(target: Path, kind: type[TechnopoleError], unchanged: str) -> Iterator[Path]:
    """Hold the target, give the path that grows, remove what is left of it; a system's error becomes one line."""
    temporary = target.with_name(f".{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _held(target):
            _remove(temporary)
            try:
                yield temporary
            finally:
                _remove(temporary)
    except BlockingIOError:
        raise kind(f"another process is writing {target}:", "wait until it has ended, or name another.") from None
    except (OSError, pl.exceptions.ComputeError) as error:
        if isinstance(error, pl.exceptions.ComputeError) and POLARS_SYSTEM_ERROR not in str(error):
            raise
        raise kind(f"{target} can't be written: {_reason(error)}.", unchanged) from error


def _reason(error: Exception) -> str:
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or str(error).rsplit(": ", 1)[-1].split(POLARS_SYSTEM_ERROR)[0].strip() or type(error).__name__


@contextmanager
def _held(target: Path) -> Iterator[None]:
    """Hold a target against a second writer; a killed one's hold ends with it.

    Raises
    ------
    BlockingIOError : another holds it.
    """
    lock = target.with_name(f".{target.name}.lock")
    handle = _locked(lock)
    try:
        yield
    finally:
        # while it is held: who waits for this very file sees that its name is gone and asks anew
        if sys.platform != "win32":
            lock.unlink(missing_ok=True)
        os.close(handle)


def _locked(lock: Path) -> int:
    """Open and lock a file that is still the one of that name."""
    while True:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _lock(handle)
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(handle), lock.stat()):
                    return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


if sys.platform == "win32":

    def _lock(handle: int) -> None:
        """Lock or raise BlockingIOError. Not tested: no Windows machine runs the tests."""
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError(*error.args) from error
else:

    def _lock(handle: int) -> None:
        """Lock or raise BlockingIOError; a file system without locks holds nobody back."""
        import fcntl

        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:
            return


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _aside(target: Path) -> Path:
    return target.with_name(f"{target.name}.old")


def _put_back(target: Path) -> None:
    if _aside(target).is_dir() and not target.exists():
        _aside(target).rename(target)


def _flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk (Windows opens no folders)."""
    if sys.platform == "win32" and path.is_dir():
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _take_place(new: Path, target: Path) -> None:
    if not target.exists():
        new.rename(target)
    elif not _exchange(new, target):  # else `new` now holds the old folder; the caller removes it
        aside = _aside(target)
        shutil.rmtree(aside, ignore_errors=True)
        target.rename(aside)
        new.rename(target)
        shutil.rmtree(aside, ignore_errors=True)
    _flush(target.parent)


def _exchange(one: Path, other: Path) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    return bool(rename(AT_CWD, os.fsencode(one), AT_CWD, os.fsencode(other), EXCHANGE) == 0)
