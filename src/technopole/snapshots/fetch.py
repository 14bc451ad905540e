"""Get pinned upstream files into a folder: from their own addresses, or from a mirror on the web or on this machine.

A file is written beside its place under a name that holds the beginning of its hash, verified, and then put in its
place in one step: what was there stays until then, and an interrupted fetch goes on where it stopped. The size and
the hash are known before the first byte, so that a longer, shorter or other answer is refused whoever sends it.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import quote, urlsplit

from technopole.core.errors import InputError, UpstreamError
from technopole.snapshots.upstream import UpstreamFile, sha256_of, verify
from technopole.snapshots.web import Manners, PassingError, answer, check_address, refuse, web_client

if TYPE_CHECKING:
    import httpx

PART: Final = ".part"
Outcome = Literal["kept", "fetched", "resumed", "no address", "failed"]
Progress = Callable[[int, int], None]
"""Called after each file with how many are done, and how many there are."""


@dataclass(frozen=True)
class Fetched:
    """What became of one file.

    Attributes
    ----------
    outcome : kept (it was there and right), fetched, resumed (a part was there), no address (derived or typed off:
        only a mirror has it), failed.
    received_bytes : that came now.
    error : why it failed, one line; None otherwise.
    """

    path: str
    url: str
    bytes: int
    outcome: Outcome
    received_bytes: int = 0
    attempts: int = 0
    error: str | None = None


@dataclass
class _Reached:
    """Servers that no connection leads to, found once for all files. State earned: one fetch's threads share it."""

    dead: dict[str, str] = field(default_factory=dict)


def fetch(
    files: Sequence[UpstreamFile],
    folder: Path,
    *,
    mirror: str | None = None,
    manners: Manners | None = None,
    progress: Progress = lambda *_: None,
) -> list[Fetched]:
    """Get files into a folder, several at once; those that are there and right stay.

    Parameters
    ----------
    mirror : address or folder that has the files under their paths; None: each file's own address.

    Returns
    -------
    What became of each file, in the order of `files`. A file that fails doesn't stop the others.

    Raises
    ------
    InputError : the folder can't be written, is being fetched into by another, or is the mirror; httpx is missing.
    UpstreamError : the mirror is neither a folder nor an address that we ask.
    """
    manners = manners or Manners()
    local = _local_mirror(mirror)
    if local is None and mirror is not None:
        check_address(mirror)
    if local is not None and local.resolve() == folder.resolve():
        raise InputError(f"{folder} is the mirror itself:", "name another folder with --to.")
    found: dict[int, Fetched] = {}
    reached = _Reached()
    with alone(folder), web_client(manners) as client, ThreadPoolExecutor(manners.parallel) as pool:

        def one(file: UpstreamFile) -> Fetched:
            return _one(client, file, folder, mirror, local, manners, reached)

        jobs = {pool.submit(one, file): place for place, file in enumerate(files)}
        try:
            for job in as_completed(jobs):
                found[jobs[job]] = job.result()
                progress(len(found), len(files))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [found[place] for place in range(len(files))]


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make the folder, and hold it against a second fetch (where the system can lock a folder).

    Raises
    ------
    InputError : it can't be made, or another fetch holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} can't be written: {error.strerror}.", "Choose another folder.") from error
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise InputError(f"another fetch is writing into {folder}:", "wait for it, or name another.") from error
        yield
    finally:
        os.close(handle)  # and with it the lock, also when the process is killed


def _local_mirror(mirror: str | None) -> Path | None:
    if mirror is None or "://" in mirror:
        return None
    if not Path(mirror).is_dir():
        raise InputError(f"the mirror {mirror} is no folder that exists, and no address.", "https://server/path is.")
    return Path(mirror)


def _one(
    client: httpx.Client,
    file: UpstreamFile,
    folder: Path,
    mirror: str | None,
    local: Path | None,
    manners: Manners,
    reached: _Reached,
) -> Fetched:
    """Get one file; a failure is an outcome."""
    url = file.url if mirror is None else f"{mirror.rstrip('/')}/{quote(file.path)}"
    target = folder / file.path
    try:
        if is_right(target, file):
            return Fetched(file.path, url, file.bytes, "kept")
        if "://" not in url and local is None:
            return Fetched(file.path, url, file.bytes, "no address", error=f"{file.path} has no address of its own.")
        target.parent.mkdir(parents=True, exist_ok=True)
        if local is not None:
            return _copied(local / file.path, url, target, file)
        return fetch_file(client, url, target, file, manners, reached.dead)
    except UpstreamError as error:
        return Fetched(file.path, url, file.bytes, "failed", error=str(error))
    except OSError as error:
        why = f"{target} can't be written: {error.strerror}."
        return Fetched(file.path, url, file.bytes, "failed", error=why)


def is_right(target: Path, file: UpstreamFile) -> bool:
    """Whether the file is there with its pinned size and hash."""
    return target.is_file() and target.stat().st_size == file.bytes and sha256_of(target) == file.sha256


def part_of(target: Path, file: UpstreamFile) -> Path:
    """Where a file grows: beside its place, and never the part of another version."""
    return target.with_name(f".{target.name}.{file.sha256[:12]}{PART}")


def _copied(source: Path, url: str, target: Path, file: UpstreamFile) -> Fetched:
    verify(source, file)
    part = part_of(target, file)
    shutil.copyfile(source, part)
    verify(part, file)
    _put(part, target)
    return Fetched(file.path, url, file.bytes, "fetched", file.bytes, 1)


def fetch_file(
    client: httpx.Client,
    url: str,
    target: Path,
    file: UpstreamFile,
    manners: Manners,
    dead: dict[str, str] | None = None,
) -> Fetched:
    """Get one file from an address, going on with a part that is there.

    Parameters
    ----------
    dead : servers that no connection leads to, with the reason; one that is found now is added.

    Raises
    ------
    UpstreamError : it can't be had, or what came isn't the pinned file. What stood at `target` still does.
    """
    dead = {} if dead is None else dead
    check_address(url)
    part, server = part_of(target, file), urlsplit(url).netloc
    resumed, received = part.is_file() and part.stat().st_size > 0, 0
    for attempt in range(1, manners.attempts + 1):
        if server in dead:
            raise UpstreamError(f"{file.path}: {dead[server]}:", "check the network, or name a --mirror.")
        before = _size(part)
        try:
            received += _attempt(client, url, part, file, manners)
        except PassingError as error:
            received += max(0, _size(part) - before)
            if attempt < manners.attempts:
                time.sleep(manners.pause(attempt, error.wait))
                continue
            if error.unreachable:
                dead[server] = str(error)
            raise UpstreamError(
                f"{file.path}: {error} ({url}, attempt {attempt}):", "run it again later, or name a --mirror."
            ) from error
        except UpstreamError as error:
            raise UpstreamError(f"{file.path}: {error.what}", error.remedy) from error
        _put(part, target)
        break
    return Fetched(file.path, url, file.bytes, "resumed" if resumed else "fetched", received, attempt)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _attempt(client: httpx.Client, url: str, part: Path, file: UpstreamFile, manners: Manners) -> int:
    """Ask once for what the part lacks; then the part is the pinned file. Returns the bytes that came."""
    start = _size(part)
    if part.is_file() and start >= file.bytes:
        if is_right(part, file):
            return 0
        part.unlink()
        start = 0
    with answer(client, url, {"Range": f"bytes={start}-"} if start else None) as response:
        start = _start(url, response, start, part, file)
        came = _written(response, part, start, file, manners)
    if start + came < file.bytes:
        raise PassingError(f"the answer ends after {start + came} of {file.bytes} bytes")
    if sha256_of(part) != file.sha256:
        part.unlink()
        if start:
            raise PassingError("the resumed copy doesn't match its pinned sha256")
        raise UpstreamError(
            f"what {url} gives doesn't match the pinned sha256:", "another version; `technopole data refresh` shows it."
        )
    return came


def _start(url: str, response: httpx.Response, asked: int, part: Path, file: UpstreamFile) -> int:
    """Offset at which the answer begins, if it is one that can lead to the pinned file."""
    status = response.status_code
    if asked and status == 416:
        part.unlink(missing_ok=True)
        raise PassingError("the server doesn't have that many bytes")
    if asked and status == 206:
        if not response.headers.get("content-range", "").replace("=", " ").startswith(f"bytes {asked}-"):
            part.unlink(missing_ok=True)
            raise PassingError("the server sends another range than was asked for")
    elif status != 200:
        raise refuse(url, response)
    start = asked if status == 206 else 0
    length = response.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and start + int(length) != file.bytes:
        if start:
            part.unlink(missing_ok=True)
            raise PassingError("the server has another version than the part that is here")
        raise UpstreamError(
            f"{url} has {int(length)} bytes, {file.bytes} are pinned:",
            "another version, or an error page; `technopole data refresh` shows it.",
        )
    return start


def _written(response: httpx.Response, part: Path, start: int, file: UpstreamFile, manners: Manners) -> int:
    """Write an answer into the part from `start` on; never more than the pinned size, nor for ever."""
    latest = time.monotonic() + manners.timeout_seconds + (file.bytes - start) / manners.least_bytes_per_second
    came = 0
    with part.open("r+b" if start else "wb") as handle:
        handle.seek(start)
        handle.truncate()
        # as it comes: a chunk size would wait for a slow server to fill it
        for chunk in response.iter_raw():
            came += len(chunk)
            if start + came > file.bytes:
                handle.close()
                part.unlink()
                raise UpstreamError(
                    f"{response.url} sends more than the {file.bytes} bytes that are pinned:", "refused."
                )
            handle.write(chunk)
            if time.monotonic() > latest and start + came < file.bytes:
                raise PassingError(f"the answer is too slow: {start + came} of {file.bytes} bytes")
    return came


def _put(part: Path, target: Path) -> None:
    """Put a whole file in its place, in one step."""
    with part.open("rb") as handle:
        os.fsync(handle.fileno())
    part.replace(target)
