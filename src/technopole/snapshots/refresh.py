"""Look upstream for newer versions of pinned files. Nothing is changed here: new pins are proposed, a person decides.

Files that a GitHub repository keeps are pinned at a commit, which never changes; so the repository is asked for its
newest commit (one request each, in git's own protocol), and only where that is another one are the files asked for at
it. Any other address is asked for on condition (ETag, Last-Modified) where an earlier look noted how; what comes is
compared by size and sha256.
"""

from __future__ import annotations

import csv
import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeVar
from urllib.parse import quote

from technopole.core.errors import UpstreamError
from technopole.snapshots.upstream import LOCK_COLUMNS, UpstreamFile
from technopole.snapshots.web import Manners, PassingError, answer, check_address, refuse, web_client

if TYPE_CHECKING:
    import httpx

State = Literal["unchanged", "changed", "gone", "unreachable", "no address"]
STATES: Final[tuple[State, ...]] = ("unchanged", "changed", "gone", "unreachable", "no address")
Progress = Callable[[int, int], None]
Asked = TypeVar("Asked")
REFS_BYTES: Final = 65_536
"""Of a repository's list of references; its newest commit stands first."""
LARGEST: Final = 20_000_000
"""A new version may be this much larger than the pinned one, or ten times as large, to be read whole."""


@dataclass(frozen=True)
class Forge:
    """Where files of a repository at a commit are (``raw/OWNER/REPO/COMMIT/PATH``), and the repository itself."""

    raw: str
    git: str


GITHUB: Final = Forge("https://raw.githubusercontent.com", "https://github.com")


@dataclass(frozen=True)
class Found:
    """What became of one pinned file upstream.

    Attributes
    ----------
    state : unchanged, changed, gone (the server answers that it isn't there), unreachable (it doesn't answer that),
        no address (derived, typed off).
    url : at which the newest version is; bytes, sha256 : its own. All as pinned unless changed; sha256 is empty where
        the new version is too large to be read here.
    etag, last_modified : how to ask next time on condition.
    note : version of a repository, or what went wrong; one line.
    """

    path: str
    state: State
    url: str
    bytes: int
    sha256: str
    pinned_url: str
    pinned_bytes: int
    pinned_sha256: str
    etag: str = ""
    last_modified: str = ""
    note: str = ""


def refresh(
    files: Sequence[UpstreamFile],
    *,
    mirror: str | None = None,
    forge: Forge = GITHUB,
    manners: Manners | None = None,
    progress: Progress = lambda *_: None,
) -> list[Found]:
    """Look for newer versions of files, several at once.

    Parameters
    ----------
    mirror : address that has the files under their paths, asked in place of their own.

    Returns
    -------
    What was found for each file, in the order of `files`.

    Raises
    ------
    InputError : httpx is missing. UpstreamError : the mirror is no address that we ask.
    """
    manners = manners or Manners()
    if mirror is not None:
        check_address(mirror)
        files = [replace(file, url=f"{mirror.rstrip('/')}/{quote(file.path)}") for file in files]
    with web_client(manners) as client, ThreadPoolExecutor(manners.parallel) as pool:
        places = {file.path: _place(file.url, forge) for file in files}
        repositories = list(dict.fromkeys(place[:2] for place in places.values() if place))
        heads = dict(
            zip(repositories, pool.map(lambda one: _head(client, one, forge, manners), repositories), strict=True)
        )
        found = []
        for one in pool.map(lambda file: _look(client, file, places[file.path], heads, forge, manners), files):
            found.append(one)
            progress(len(found), len(files))
    return found


def _place(url: str, forge: Forge) -> tuple[str, str, str, str] | None:
    """Owner, repository, commit and path of a file that a repository keeps; None for any other address."""
    if not url.startswith(f"{forge.raw}/"):
        return None
    parts = url.removeprefix(f"{forge.raw}/").split("/", 3)
    if len(parts) != 4 or not re.fullmatch("[0-9a-f]{7,64}", parts[2]):
        return None
    return parts[0], parts[1], parts[2], parts[3]


def _head(client: httpx.Client, repository: tuple[str, str], forge: Forge, manners: Manners) -> str | UpstreamError:
    """Newest commit of a repository, or why it isn't known."""
    url = f"{forge.git}/{repository[0]}/{repository[1]}/info/refs?service=git-upload-pack"

    def ask() -> str:
        with answer(client, url) as response:
            if response.status_code != 200:
                raise refuse(url, response)
            text = b""
            for chunk in response.iter_raw():
                text += chunk
                if len(text) >= REFS_BYTES:
                    break
        found = re.search(rb"[0-9a-f]{4}([0-9a-f]{40}|[0-9a-f]{64}) HEAD[\0\n]", text)
        if found is None:
            raise UpstreamError(f"{url} doesn't say its newest commit.")
        return found[1].decode()

    try:
        return _patiently(ask, manners)
    except UpstreamError as error:
        return error


def _patiently(ask: Callable[[], Asked], manners: Manners) -> Asked:
    """Ask again after failures that may pass; UpstreamError after the last."""
    for attempt in range(1, manners.attempts + 1):
        try:
            return ask()
        except PassingError as error:
            if attempt == manners.attempts:
                raise UpstreamError(f"{error}:", "try again later.") from error
            time.sleep(manners.pause(attempt, error.wait))
    raise AssertionError


def _look(
    client: httpx.Client,
    file: UpstreamFile,
    place: tuple[str, str, str, str] | None,
    heads: Mapping[tuple[str, str], str | UpstreamError],
    forge: Forge,
    manners: Manners,
) -> Found:
    """Look for one file; a failure is a state."""
    same = Found(file.path, "unchanged", file.url, file.bytes, file.sha256, file.url, file.bytes, file.sha256,
                 file.etag, file.last_modified)  # fmt: skip
    if "://" not in file.url:
        return replace(same, state="no address")
    url, note = file.url, ""
    if place is not None:
        owner, name, commit, path = place
        head = heads[owner, name]
        if isinstance(head, UpstreamError):
            note = f"{owner}/{name} doesn't say its newest commit"
        elif head.startswith(commit):
            return replace(same, note=f"{owner}/{name} is still at {commit}")
        else:
            url, note = f"{forge.raw}/{owner}/{name}/{head}/{path}", f"{owner}/{name} went from {commit} to {head[:12]}"
    try:
        check_address(url)
        found = _patiently(lambda: _asked(client, url, file, same, manners), manners)
    except UpstreamError as error:
        return replace(same, state="unreachable", note=str(error))
    return found if found.note else replace(found, note=note)


def _asked(client: httpx.Client, url: str, file: UpstreamFile, same: Found, manners: Manners) -> Found:
    """Ask for the newest version, on condition where we know one, and compare it."""
    conditions = {}
    if url == file.url and file.etag:
        conditions["If-None-Match"] = file.etag
    if url == file.url and file.last_modified:
        conditions["If-Modified-Since"] = file.last_modified
    with answer(client, url, conditions) as response:
        if response.status_code == 304:
            return same
        if response.status_code in (404, 410):
            return replace(same, state="gone", url=url)
        if response.status_code != 200:
            raise refuse(url, response)
        etag, changed = (response.headers.get(name, "") for name in ("etag", "last-modified"))
        size, sha256 = _measured(response, file, manners)
    if sha256 == file.sha256:
        # a commit is as good as a newer one that has the same bytes: the pin stays
        tags = (etag, changed) if url == file.url else ("", "")
        return replace(same, etag=tags[0], last_modified=tags[1])
    found = replace(same, state="changed", url=url, bytes=size, sha256=sha256, etag=etag, last_modified=changed)
    return found if sha256 else replace(found, note=f"more than {size:,} bytes: too large to be read here")


def _measured(response: httpx.Response, file: UpstreamFile, manners: Manners) -> tuple[int, str]:
    """Size and sha256 of an answer; no hash of one that is far larger than the pinned file."""
    most = max(10 * file.bytes, file.bytes + LARGEST)
    latest = time.monotonic() + manners.timeout_seconds + most / manners.least_bytes_per_second
    began, size, whole = time.monotonic(), 0, hashlib.sha256()
    for chunk in response.iter_raw():
        size += len(chunk)
        whole.update(chunk)
        if size > most:
            return size, ""
        slow = time.monotonic() - began - manners.timeout_seconds > size / manners.least_bytes_per_second
        if slow or time.monotonic() > latest:
            raise PassingError(f"the answer is too slow: {size} bytes so far")
    return size, whole.hexdigest()


def write_pins(path: Path, files: Sequence[UpstreamFile], found: Sequence[Found]) -> None:
    """Write all pins, with what changed in the place of what was, in the form that `read_lock` reads."""
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, (*LOCK_COLUMNS, "etag", "last_modified"), lineterminator="\n")
        writer.writeheader()
        for file, one in zip(files, found, strict=True):
            new = one.state == "changed" and one.sha256
            tags = {"etag": one.etag, "last_modified": one.last_modified}
            changed = {"url": one.url, "bytes": one.bytes, "sha256": one.sha256} if new else {}
            writer.writerow({**asdict(file), **tags, **changed})
