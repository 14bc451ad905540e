"""A real HTTP server on this machine that serves a folder, well or with one defect (the first part of the path says);
a resolver that places everything."""

from __future__ import annotations

import email.utils
import hashlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

import polars as pl
import pytest


class Handler(BaseHTTPRequestHandler):
    """``/WAY/PATH``: the file PATH, answered in one of the ways of `send`."""

    protocol_version = "HTTP/1.1"
    server: MirrorServer

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        _, way, path = ([*unquote(self.path).split("/", 2), "", ""])[:3]
        state = self.server.state
        with state.lock:
            state.asked.append((self.command, self.path, dict(self.headers)))
            state.times[self.path] += 1
            state.now += 1
            state.most = max(state.most, state.now)
            times = state.times[self.path]
        try:
            self.send(way, path, times)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with state.lock:
                state.now -= 1

    def send(self, way: str, path: str, times: int) -> None:
        target = self.server.state.folder / path
        if way == "elsewhere":
            return self.empty(302, Location=f"http://localhost:{self.server.server_port}/plain/{path}")
        if way == "within":
            return self.empty(301, Location=f"/plain/{path}")
        if way == "round":
            return self.empty(302, Location=self.path)
        if way == "busy" and times <= 2:
            return self.empty(503, **{"Retry-After": "0"})
        if way == "broken":
            return self.empty(500)
        if way == "silent":
            time.sleep(self.server.state.silence)
        if not target.is_file():
            return self.empty(404)
        data = target.read_bytes()
        if way == "wrong":
            data = bytes([data[0] ^ 1]) + data[1:]
        if way == "longer":
            data += b"!"
        tag, changed = f'"{hashlib.sha256(data).hexdigest()[:20]}"', int(target.stat().st_mtime)
        about = {"ETag": tag, "Last-Modified": email.utils.formatdate(changed, usegmt=True)}
        if way == "untagged":
            about = {}
        if self.headers.get("If-None-Match") == about.get("ETag", ""):
            return self.empty(304, **about)
        start = self.start(way, len(data))
        if start is None:
            return self.empty(416)
        body = data[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if way == "gzip":
            self.send_header("Content-Encoding", "gzip")
        if way == "endless":
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(body)))
        for name, value in about.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return None
        return self.body(way, body, times)

    def start(self, way: str, size: int) -> int | None:
        asked = self.headers.get("Range", "")
        if not asked or way == "whole":
            return 0
        start = int(asked.removeprefix("bytes=").split("-", maxsplit=1)[0])
        return start if start < size else None

    def body(self, way: str, body: bytes, times: int) -> None:
        if way == "cut" or (way == "half" and times == 1):
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
        elif way == "drip":
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.02)
        elif way == "pace":
            for place in range(0, len(body), 65_536):
                self.wfile.write(body[place : place + 65_536])
                time.sleep(0.02)
        elif way == "endless":
            while True:
                self.wfile.write(body)
        else:
            self.wfile.write(body)

    def empty(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()


@dataclass
class State:
    """What the server serves, and what it was asked: (method, path, headers); most: how many at once."""

    folder: Path
    silence: float = 5.0
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    times: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)
    now: int = 0
    most: int = 0


class MirrorServer(ThreadingHTTPServer):
    """Serves ``state.folder``."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.state = State(folder)

    def url(self, way: str = "plain", path: str = "") -> str:
        return f"http://127.0.0.1:{self.server_port}/{way}{'/' + path if path else ''}"


@pytest.fixture
def mirror_server(tmp_path: Path) -> Iterator[MirrorServer]:
    """Serve an empty folder of the test's own; it may be filled, or another put into ``state.folder``."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = MirrorServer(folder)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


class EchoResolver:
    """Places every query in city 1, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked = pl.DataFrame()

    def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
        self.asked = queries
        return pl.DataFrame(
            {"city": 1, "ring": 1, "method": "test", "reason": pl.Series([None] * queries.height, dtype=pl.String)}
        )


@pytest.fixture(scope="session")
def echo_resolver() -> type[EchoResolver]:
    """The class, to make one for each reading."""
    return EchoResolver
