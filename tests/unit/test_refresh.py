"""`technopole data refresh` against real servers on this machine: the mirror, and a real git repository over HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import urlsplit

import pytest

from technopole.core.errors import UpstreamError
from technopole.publish.fetching import fetch_sources, pinned_files
from technopole.publish.refreshing import refresh_sources
from technopole.snapshots.refresh import Forge, refresh
from technopole.snapshots.upstream import UpstreamFile, read_lock
from technopole.snapshots.web import Manners

QUICK = Manners(timeout_seconds=1.0, attempts=2, pause_seconds=0.01)
PATIENT = replace(QUICK, timeout_seconds=30.0)  # git starts a process for each answer


class GitHandler(BaseHTTPRequestHandler):
    """``/git/…``: git's own HTTP server (git-http-backend). ``/raw/OWNER/REPO/COMMIT/PATH``: the file at the commit."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        parts = urlsplit(self.path)
        if parts.path.startswith("/git/"):
            environment = {
                **os.environ, "GIT_PROJECT_ROOT": str(self.server.root), "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": parts.path.removeprefix("/git"), "QUERY_STRING": parts.query, "REQUEST_METHOD": "GET",
            }  # fmt: skip
            made = subprocess.run(["git", "http-backend"], env=environment, capture_output=True, check=True).stdout
            head, _, body = made.partition(b"\r\n\r\n")
            status = next((line.split()[1] for line in head.decode().split("\r\n") if line.startswith("Status:")), 200)
            return self.send(int(status), body)
        owner, name, commit, path = parts.path.removeprefix("/raw/").split("/", 3)
        shown = subprocess.run(
            ["git", "-C", self.server.root / owner / name, "show", f"{commit}:{path}"], capture_output=True, check=False
        )
        return self.send(200 if shown.returncode == 0 else 404, shown.stdout)

    def send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def repository(tmp_path):
    """A repository with two commits to be made, and its server: (commit, forge, server)."""
    if shutil.which("git") is None:
        pytest.skip("git isn't installed: no repository to ask")
    root = tmp_path / "repositories"
    folder = root / "owner" / "name"
    folder.mkdir(parents=True)

    def git(*words: str) -> str:
        named = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
        return subprocess.run(named, capture_output=True, check=True, text=True).stdout.strip()

    git("init", "-q", "-b", "main")

    def commit(**files: str | None) -> str:
        for name, text in files.items():
            if text is None:
                (folder / name).unlink()
            else:
                (folder / name).write_text(text)
        git("add", "-A")
        git("commit", "-q", "-m", "x", "--allow-empty")
        return git("rev-parse", "HEAD")

    server = ThreadingHTTPServer(("127.0.0.1", 0), GitHandler)
    server.root, server.asked = root, []
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    yield commit, Forge(f"{base}/raw", f"{base}/git"), server
    server.shutdown()
    server.server_close()
    thread.join()


def pin(path: str, url: str, text: str) -> UpstreamFile:
    import hashlib

    return UpstreamFile(
        path, url, len(text.encode()), hashlib.sha256(text.encode()).hexdigest(), "pinned", "open"
    )  # fmt: skip


def test_a_repository_is_asked_once_for_its_commit_and_its_files_only_when_it_moved(repository):
    commit, forge, server = repository
    first = commit(a="one", b="two", c="three")
    files = [
        pin(f"s/{name}", f"{forge.raw}/owner/name/{first[:8]}/{name}", text)
        for name, text in (("a", "one"), ("b", "two"), ("c", "three"))
    ]
    found = refresh(files, forge=forge, manners=PATIENT)
    assert {one.state for one in found} == {"unchanged"}
    assert len(server.asked) == 1
    second = commit(a="another", c=None)
    found = refresh(files, forge=forge, manners=PATIENT)
    assert [one.state for one in found] == ["changed", "unchanged", "gone"]
    assert found[0].url == f"{forge.raw}/owner/name/{second}/a"
    assert (found[0].bytes, found[0].pinned_bytes) == (7, 3)
    assert (found[1].url, found[1].sha256) == (files[1].url, files[1].sha256)
    assert second[:12] in found[0].note


def test_a_repository_that_is_not_there_leaves_the_files_own_addresses(repository):
    _, forge, _ = repository
    file = pin("s/a", f"{forge.raw}/owner/absent/{'0' * 40}/a", "one")
    (found,) = refresh([file], forge=forge, manners=PATIENT)
    assert found.state == "gone"


@pytest.fixture
def served(mirror_server):
    """Three files of a mirror, pinned as they are."""
    files = []
    for name in ("a", "b", "c"):
        (mirror_server.state.folder / "s").mkdir(exist_ok=True)
        (mirror_server.state.folder / "s" / name).write_text(name * 1000)
        files.append(pin(f"s/{name}", "", name * 1000))
    return files


def states(found):
    return [one.state for one in found]


def test_unchanged_changed_and_gone(mirror_server, served):
    folder = mirror_server.state.folder / "s"
    assert states(refresh(served, mirror=mirror_server.url(), manners=QUICK)) == ["unchanged"] * 3
    (folder / "b").write_text("B" * 1000)
    (folder / "c").unlink()
    found = refresh(served, mirror=mirror_server.url(), manners=QUICK)
    assert states(found) == ["unchanged", "changed", "gone"]
    assert (found[1].bytes, found[1].pinned_bytes) == (1000, 1000)
    assert found[1].sha256 == pin("x", "", "B" * 1000).sha256


def test_the_second_look_asks_on_condition(mirror_server, served, tmp_path):
    found = refresh(served, mirror=mirror_server.url(), manners=QUICK)
    known = [
        replace(file, etag=one.etag, last_modified=one.last_modified) for file, one in zip(served, found, strict=True)
    ]
    assert all(file.etag for file in known)
    mirror_server.state.asked.clear()
    assert states(refresh(known, mirror=mirror_server.url(), manners=QUICK)) == ["unchanged"] * 3
    assert all(headers["If-None-Match"] for _, _, headers in mirror_server.state.asked)
    (mirror_server.state.folder / "s" / "a").write_text("new")
    assert states(refresh(known, mirror=mirror_server.url(), manners=QUICK)) == ["changed", "unchanged", "unchanged"]
    assert states(refresh(known, mirror=mirror_server.url("untagged"), manners=QUICK))[1:] == ["unchanged"] * 2


@pytest.mark.parametrize("way", ["broken", "silent", "elsewhere", "gzip", "round", "cut", "drip"])
def test_a_server_with_a_defect_is_unreachable_and_says_why(mirror_server, served, way):
    mirror_server.state.silence = 1.0
    manners = Manners(0.3, 2, 0.01, least_bytes_per_second=1e6)
    found = refresh(served, mirror=mirror_server.url(way), manners=manners)
    assert set(states(found)) == {"unreachable"}
    assert all(one.note and "\n" not in one.note for one in found)
    assert found[0].sha256 == served[0].sha256


def test_an_endless_answer_is_not_read_for_ever(mirror_server, served, monkeypatch):
    monkeypatch.setattr("technopole.snapshots.refresh.LARGEST", 100_000)
    found = refresh(served[:1], mirror=mirror_server.url("endless"), manners=QUICK)
    assert (found[0].state, found[0].sha256) == ("changed", "")
    assert "too large" in found[0].note


def test_no_address(served):
    assert states(refresh(served, manners=QUICK)) == ["no address"] * 3
    (found,) = refresh([replace(served[0], url="http://example.org/x")], manners=QUICK)
    assert (found.state, "isn't https" in found.note) == ("unreachable", True)
    with pytest.raises(UpstreamError, match="isn't https"):
        refresh(served, mirror="http://example.org")


def test_new_pins_are_written_only_when_asked_and_fetch_uses_them(mirror_server, mirror, tmp_path, run):
    """A copy of the real files of three sources; one of them changes upstream."""
    names = ["unicorns", "losi", "leiden"]
    folder = mirror_server.state.folder
    fetch_sources(names, folder, mirror=str(mirror))
    changed = next(path for path, owner in pinned_files(names)[1].items() if owner == "unicorns")
    (folder / changed).write_bytes((folder / changed).read_bytes() + b"more")
    status, out, err = run("data", "refresh", *names, "--mirror", mirror_server.url(), "--json")
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert list(shape) == ["sources", "files"]
    assert list(shape["sources"][0]) == ["source", "files", "unchanged", "changed", "gone", "unreachable", "no address"]
    assert list(shape["files"][0]) == [
        "source", "path", "state", "url", "bytes", "sha256", "pinned_url", "pinned_bytes", "pinned_sha256", "etag",
        "last_modified", "note",
    ]  # fmt: skip
    assert [one["path"] for one in shape["files"] if one["state"] == "changed"] == [changed]
    pins = tmp_path / "pins.csv"
    assert not pins.exists()
    status, out, err = run("data", "refresh", *names, "--mirror", mirror_server.url(), "--write", pins)
    assert status == 0
    assert "1 pins were renewed" in err
    assert "changed: unicorns/" in out
    before, after = pinned_files(names)[0], read_lock(pins)
    assert before.keys() == after.keys()
    assert [path for path in after if after[path].sha256 != before[path].sha256] == [changed]
    report = fetch_sources(names, tmp_path / "to", mirror=mirror_server.url(), pins=pins)
    assert report.missing == []
    assert (tmp_path / "to" / changed).read_bytes() == (folder / changed).read_bytes()
    mirror_server.state.asked.clear()
    again = refresh_sources(names, mirror=mirror_server.url(), pins=pins, manners=QUICK)
    assert set(states(again.found)) == {"unchanged"}
    assert all("If-None-Match" in headers for _, _, headers in mirror_server.state.asked)


def test_the_command_fails_in_one_line_and_leaves_the_old_pins(mirror_server, tmp_path, run):
    pins = tmp_path / "pins.csv"
    pins.write_text("old")
    for words, text in (
        (("unicorns", "--mirror", mirror_server.url("broken"), "--attempts", "1"), "couldn't be asked for"),
        (("unicorn",), "did you mean unicorns"),
        (("unicorns", "--mirror", "ftp://x"), "isn't https"),
        (("unicorns", "--pins", pins), "must have the columns"),
        (("unicorns", "--mirror", mirror_server.url(), "--write", tmp_path / "absent" / "x.csv"), "can't be written"),
    ):
        status, _, err = run("data", "refresh", *words, "--timeout", "3")
        assert (status, err.count("\n")) == (1, 1)
        assert text in err
    assert pins.read_text() == "old"
    assert run("data", "refresh", "unicorns", "--mirror", mirror_server.url(), "--csv")[1].startswith(
        "source,path,state"
    )
