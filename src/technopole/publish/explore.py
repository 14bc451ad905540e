"""The explorer in its three forms, from the same built assets: served on loopback, one file, a static site."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from technopole.core.errors import EditionError, InputError, TechnopoleError
from technopole.editions.atomic import check_replaced, replaced_file, replaced_folder
from technopole.editions.licences import check_exportable
from technopole.editions.read import Edition
from technopole.publish.bundle import bundle, bundle_parts

ASSETS: Final = Path(__file__).with_name("assets")
PAGE: Final = "index.html"
SCRIPT: Final = "explorer.js"
STYLE: Final = "explorer.css"
LOOPBACK: Final = "127.0.0.1"
TYPES: Final[dict[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}
HEADERS: Final[dict[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


class Made(Mapping[str, bytes]):
    """Files that are made when they are first asked for, each once; safe from several threads."""

    def __init__(self, parts: Mapping[str, Callable[[], bytes]]) -> None:
        self._parts = dict(parts)
        self._made: dict[str, bytes] = {}
        self._locks = {name: threading.Lock() for name in self._parts}

    def __getitem__(self, name: str) -> bytes:
        if name not in self._made:
            with self._locks[name]:
                if name not in self._made:
                    self._made[name] = self._parts[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)


def served_files(edition: Edition) -> Made:
    """As `site_files`, but what takes seconds is made when a page asks for it."""
    parts: dict[str, Callable[[], bytes]] = {name: partial(bytes, content) for name, content in _assets().items()}
    return Made({**parts, **{f"data/{name}": made for name, made in bundle_parts(edition).items()}})


def make_ahead(files: Made) -> None:
    """Make all files in the background, in their order, so that few requests must wait."""

    def make() -> None:
        # what can't be made fails in the request that asks for it, in words
        with contextlib.suppress(TechnopoleError):
            for name in files:
                files[name]

    threading.Thread(target=make, daemon=True).start()


def site_files(edition: Edition) -> dict[str, bytes]:
    """Every file of the explorer: path within the site -> content.

    Raises
    ------
    EditionError : the edition or the built assets are incomplete.
    """
    data = {f"data/{name}": content for name, content in bundle(edition).items()}
    return {**_assets(), **data}


def _assets() -> dict[str, bytes]:
    absent = [name for name in (PAGE, SCRIPT, STYLE) if not (ASSETS / name).is_file()]
    if absent:
        raise EditionError(f"the explorer's {absent[0]} isn't built:", "run `npm ci && npm run build` in explorer/.")
    return {name: (ASSETS / name).read_bytes() for name in (PAGE, SCRIPT, STYLE)}


def single_file(edition: Edition) -> str:
    """Make the explorer as one HTML page that opens from file:// and asks for nothing."""
    return page_of(site_files(edition))


def page_of(files: Mapping[str, bytes]) -> str:
    """Put every file of the explorer into one page.

    The policy of the page allows exactly the one script and the one style in it, by their hashes, and no connection.
    """
    script = re.sub("</(script)", r"<\\/\1", files[SCRIPT].decode(), flags=re.IGNORECASE)
    style = files[STYLE].decode()
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = files[PAGE].decode()
    page = _replaced(r'content="default-src[^"]*"', f'content="{policy}"', page)
    page = _replaced(r"<script type=\"module\"[^>]*></script>", f'<script type="module">{script}</script>', page)
    page = _replaced(r"<link rel=\"stylesheet\"[^>]*>", f"<style>{style}</style>", page)
    blocks = [_block(name.removeprefix("data/"), content) for name, content in files.items() if "/" in name]
    return _replaced("</body>", "\n".join([*blocks, "</body>"]), page)


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _replaced(pattern: str, text: str, page: str) -> str:
    changed, count = re.subn(pattern, lambda _: text, page, count=1)
    if count != 1:
        raise EditionError(f"the explorer's page has no {pattern}:", "rebuild it: `npm ci && npm run build`.")
    return changed


def _block(name: str, content: bytes) -> str:
    """One data file as an element that no browser runs; nothing in it can end the element."""
    if name.endswith(".json"):
        text = content.decode().replace("<", "\\u003c")
    elif name.endswith(".txt"):
        text = content.decode().replace("<", " ")
    else:
        text = base64.b64encode(content).decode()
    return f'<script type="text/plain" id="data-{name}">{text}</script>'


def write_page(edition: Edition, path: Path) -> int:
    """Write the single file, whole or not at all; returns its bytes.

    Raises
    ------
    InputError : the folder of the file isn't there, or the path is a folder.
    LicenceError : the edition holds what may not be published.
    """
    check_exportable(edition)
    with replaced_file(path) as temporary:
        return temporary.write_bytes(single_file(edition).encode())


def write_site(edition: Edition, folder: Path) -> int:
    """Write the static site, whole or not at all; returns its bytes.

    An earlier export is replaced, and what its owner has put beside it stays; any other folder must be empty.

    Raises
    ------
    InputError : the folder holds something else.
    EditionError : it can't be written, or another is writing it.
    LicenceError : the edition holds what may not be published.
    """
    check_exportable(edition)
    check_replaced(folder, SCRIPT, "a site")
    files = site_files(edition)
    with replaced_folder(folder) as temporary:
        if folder.is_dir():
            shutil.copytree(folder, temporary, symlinks=True, dirs_exist_ok=True, ignore=_exported)
        (temporary / "data").mkdir()
        for name, content in files.items():
            (temporary / name).write_bytes(content)
    return sum(len(content) for content in files.values())


def _exported(folder: str, names: list[str]) -> set[str]:
    """What an earlier export wrote: its data, and the files that are written anew."""
    return {"data", PAGE, SCRIPT, STYLE} & set(names) if (Path(folder) / SCRIPT).is_file() else set()


def server(files: Mapping[str, bytes], port: int = 0) -> ThreadingHTTPServer:
    """Make a server on loopback that knows these files and nothing else: no request reaches the file system.

    Parameters
    ----------
    port : 0 lets the system choose one.

    Raises
    ------
    InputError : the port is taken or not allowed.
    """

    class Handler(BaseHTTPRequestHandler):
        """Answers GET and HEAD from memory."""

        server_version = "technopole"
        sys_version = ""

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            """Say nothing: the terminal is the reader's."""

        def _answer(self, with_body: bool) -> None:
            # a page elsewhere must not read the edition through a name that it points at this machine
            host = self.headers.get("Host", "").rsplit(":", 1)[0]
            name = unquote(urlsplit(self.path).path).removeprefix("/") or PAGE
            known = host in {LOOPBACK, "localhost"} and name in files
            try:
                content = files[name] if known else None
            except TechnopoleError as error:
                content, known = None, True
                body = f"{error}\n".encode()
            else:
                body = b"not here\n" if content is None else content
            self.send_response(200 if content is not None else 500 if known else 404)
            self.send_header("Content-Type", TYPES.get(Path(name).suffix, TYPES[".txt"]) if content else TYPES[".txt"])
            self.send_header("Content-Length", str(len(body)))
            for header, value in HEADERS.items():
                self.send_header(header, value)
            self.end_headers()
            if with_body:
                self.wfile.write(body)

    try:
        return ThreadingHTTPServer((LOOPBACK, port), Handler)
    except (OSError, OverflowError) as error:
        raise InputError(f"port {port} can't be used: {error}.", "Give another --port.") from error
