"""`technopole data fetch` against a real HTTP server on this machine."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from technopole.core.errors import InputError, UpstreamError
from technopole.publish.fetching import fetch_sources, pinned_files
from technopole.snapshots.fetch import alone, fetch, part_of
from technopole.snapshots.upstream import LOCK_COLUMNS, UpstreamFile, read_lock
from technopole.snapshots.web import Manners, check_address, is_loopback

QUICK = Manners(timeout_seconds=0.5, attempts=3, pause_seconds=0.01)
SIZE = 300_000


def pin(folder: Path, path: str, size: int = SIZE, seed: int = 0) -> UpstreamFile:
    """Write a file to serve; give its pin."""
    data = np.random.default_rng(seed).bytes(size)
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(data)
    return UpstreamFile(path, "", size, hashlib.sha256(data).hexdigest(), "pinned", "open")


def get(server, way, file, to, manners=QUICK):
    (found,) = fetch([file], to, mirror=server.url(way), manners=manners)
    return found


@pytest.fixture
def to(tmp_path):
    return tmp_path / "to"


@pytest.fixture
def one(mirror_server):
    return pin(mirror_server.state.folder, "s/a file, 100 %.csv")


def test_a_file_is_fetched_once_and_then_kept(mirror_server, one, to):
    found = get(mirror_server, "plain", one, to)
    assert (found.outcome, found.received_bytes, found.attempts, found.error) == ("fetched", SIZE, 1, None)
    assert hashlib.sha256((to / one.path).read_bytes()).hexdigest() == one.sha256
    assert get(mirror_server, "plain", one, to).outcome == "kept"
    assert len(mirror_server.state.asked) == 1
    assert [path.name for path in (to / "s").iterdir()] == [Path(one.path).name]
    assert mirror_server.state.asked[0][2]["User-Agent"].startswith("technopole/")


def test_an_empty_file_is_a_file(mirror_server, to):
    found = get(mirror_server, "plain", pin(mirror_server.state.folder, "s/empty", 0), to)
    assert (found.outcome, found.error) == ("fetched", None)
    assert (to / "s/empty").read_bytes() == b""


@pytest.mark.parametrize("way", ["plain", "within"])
def test_a_part_is_gone_on_with(mirror_server, one, to, way):
    whole = (mirror_server.state.folder / one.path).read_bytes()
    part = part_of(to / one.path, one)
    part.parent.mkdir(parents=True)
    part.write_bytes(whole[:100_000])
    found = get(mirror_server, way, one, to)
    assert (found.outcome, found.received_bytes) == ("resumed", 200_000)
    assert mirror_server.state.asked[-1][2]["Range"] == "bytes=100000-"
    assert (to / one.path).read_bytes() == whole
    assert not part.exists()


@pytest.mark.parametrize(
    ("size", "received"), [(SIZE, 0), (SIZE + 1, SIZE), (0, SIZE)], ids=["whole", "too long", "empty"]
)
def test_a_part_of_any_length(mirror_server, one, to, size, received):
    whole = (mirror_server.state.folder / one.path).read_bytes()
    part = part_of(to / one.path, one)
    part.parent.mkdir(parents=True)
    part.write_bytes((whole + b"x")[:size])
    found = get(mirror_server, "plain", one, to)
    assert found.outcome != "failed"
    assert found.received_bytes == received
    assert (to / one.path).read_bytes() == whole


def test_a_part_of_something_else_is_found_out_and_fetched_anew(mirror_server, one, to):
    part = part_of(to / one.path, one)
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    found = get(mirror_server, "plain", one, to)
    assert (found.attempts, found.error) == (2, None)
    assert (to / one.path).read_bytes() == (mirror_server.state.folder / one.path).read_bytes()


def test_a_server_without_ranges_sends_all_again(mirror_server, one, to):
    part = part_of(to / one.path, one)
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 1000)
    found = get(mirror_server, "whole", one, to)
    assert (found.received_bytes, found.attempts, found.error) == (SIZE, 1, None)


def test_a_cut_answer_is_asked_for_again_from_where_it_ended(mirror_server, one, to):
    found = get(mirror_server, "half", one, to)
    assert (found.received_bytes, found.attempts, found.error) == (SIZE, 2, None)
    assert mirror_server.state.asked[-1][2]["Range"] == f"bytes={SIZE // 2}-"


def test_a_busy_server_is_asked_again_and_a_steady_error_is_not_asked_for_ever(mirror_server, one, to):
    assert get(mirror_server, "busy", one, to).attempts == 3
    found = get(mirror_server, "broken", one, to / "other")
    assert found.outcome == "failed"
    assert "500" in found.error
    assert mirror_server.state.times["/broken/s/a%20file%2C%20100%20%25.csv"] == QUICK.attempts


FAULTS = {
    "wrong": "doesn't match the pinned sha256",
    "longer": "300001 bytes, 300000 are pinned",
    "endless": "more than the 300000 bytes",
    "gzip": "compresses",
    "elsewhere": "redirects to elsewhere",
    "round": "redirects",
    "cut": "broke",
    "drip": "too slow",
    "silent": "silent",
    "broken": "500",
}


@pytest.mark.parametrize("way", FAULTS)
def test_a_fault_is_one_line_and_leaves_what_was_there(mirror_server, one, to, way):
    (to / "s").mkdir(parents=True)
    (to / one.path).write_bytes(b"an older version")
    found = get(mirror_server, way, one, to, Manners(0.4, 2, 0.01, least_bytes_per_second=1e6))
    assert found.outcome == "failed"
    assert FAULTS[way] in found.error
    assert found.error.startswith(one.path)
    assert "\n" not in found.error
    assert (to / one.path).read_bytes() == b"an older version"


def test_what_a_slow_server_sent_is_kept_for_the_next_time(mirror_server, to):
    small = pin(mirror_server.state.folder, "s/slow", 60)
    patient = Manners(0.4, 1, 0.01, least_bytes_per_second=1e9)
    rounds = 0
    while get(mirror_server, "drip", small, to, patient).outcome == "failed":
        rounds += 1
        assert rounds < 20
    assert rounds >= 1
    assert (to / "s/slow").read_bytes() == (mirror_server.state.folder / "s/slow").read_bytes()


def test_absent_and_moved_files(mirror_server, one, to):
    gone = UpstreamFile("s/gone", "", 10, "0" * 64, "pinned", "open")
    found = fetch([gone, one], to, mirror=mirror_server.url(), manners=QUICK)
    assert [row.outcome for row in found] == ["failed", "fetched"]
    assert "404" in found[0].error
    assert mirror_server.state.times["/plain/s/gone"] == 1


def test_a_server_that_is_not_there_is_given_up_once_for_all_files(mirror_server, to):
    files = [pin(mirror_server.state.folder, f"s/{number}", 10, number) for number in range(40)]
    mirror_server.shutdown()
    mirror_server.server_close()
    found = fetch(files, to, mirror=mirror_server.url(), manners=Manners(0.5, 2, 0.2, parallel=2))
    assert {row.outcome for row in found} == {"failed"}
    assert all("no connection" in row.error for row in found)
    assert sum("attempt" in row.error for row in found) <= 2  # those that were asked for when it was found out


def test_several_at_once_and_never_more_than_that(mirror_server, to):
    files = [pin(mirror_server.state.folder, f"s/{number}", 60_000, number) for number in range(60)]
    found = fetch(files, to, mirror=mirror_server.url("pace"), manners=Manners(parallel=3))
    assert [row.path for row in found] == [file.path for file in files]
    assert {row.outcome for row in found} == {"fetched"}
    assert 1 < mirror_server.state.most <= 3


def test_own_addresses_and_their_limits(mirror_server, to):
    served = pin(mirror_server.state.folder, "s/own")

    def at(url):
        return UpstreamFile(served.path, url, served.bytes, served.sha256, "pinned", "open")

    (found,) = fetch([at(mirror_server.url("plain", "s/own"))], to, manners=QUICK)
    assert found.outcome == "fetched"
    for url, why in (
        ("http://example.org/x", "isn't https"),
        ("ftp://127.0.0.1/x", "isn't https"),
        ("file:///etc/passwd", "no address"),
        ("https://user:secret@example.org/x", "no address"),
    ):
        (found,) = fetch([at(url)], to / "other", manners=QUICK)
        assert found.outcome == "failed"
        assert why in found.error
    for url in ("", "package x 1.0: y.json"):
        (found,) = fetch([at(url)], to / "other", manners=QUICK)
        assert found.outcome == "no address"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.example.org", "127.0.0.1.example.org", "10.0.0.1", "0.0.0.0"])
def test_other_machines(host):
    assert not is_loopback(host)


@pytest.mark.parametrize("url", ["http://[::1", "https://", "https://host:port/", "", "//host/x"])
def test_no_address(url):
    with pytest.raises(UpstreamError):
        check_address(url)


def test_one_fetch_at_a_time_in_one_folder(one, to):
    with alone(to), pytest.raises(InputError, match="another fetch"):
        fetch([one], to, mirror=str(to.parent), manners=QUICK)


def test_a_folder_is_a_mirror_too_and_is_verified(mirror_server, one, to):
    served = mirror_server.state.folder
    (found,) = fetch([one], to, mirror=str(served))
    assert found.outcome == "fetched"
    (served / one.path).write_bytes(b"changed")
    (found,) = fetch([one], to / "other", mirror=str(served))
    assert "are pinned" in found.error
    with pytest.raises(InputError, match="mirror itself"):
        fetch([one], served, mirror=str(served))
    with pytest.raises(InputError, match="no folder"):
        fetch([one], to, mirror=str(served / "absent"))


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [("path", "../x", "path"), ("path", "/etc/x", "path"), ("path", "", "path"), ("path", "a\\..\\x", "path"),
     ("sha256", "zz", "sha256"), ("bytes", "-1", "size"), ("bytes", "nan", "size"), ("licence_class", "x", "x")],
)  # fmt: skip
def test_pins_are_checked(tmp_path, column, value, why):
    row = dict(zip(LOCK_COLUMNS, ["s/x", "https://h/x", "1", "0" * 64, "pinned", "open"], strict=True))
    lock = tmp_path / "lock.csv"
    text = io.StringIO()
    writer = csv.DictWriter(text, LOCK_COLUMNS)
    writer.writeheader()
    writer.writerow({**row, column: value})
    lock.write_text(text.getvalue())
    with pytest.raises(UpstreamError, match=why) as caught:
        read_lock(lock)
    assert "line 2" in str(caught.value)


def test_the_real_mirror_over_http_makes_a_folder_that_sources_read(mirror_server, mirror, to):
    """All files of eight sources, of which 303 small ones of one, over HTTP; byte for byte."""
    mirror_server.state.folder = mirror
    names = ["unicorns", "leiden", "tech_conferences", "cloud_regions", "wup2018", "naturalearth", "losi", "robots"]
    report = fetch_sources(names, to, mirror=mirror_server.url(), manners=Manners(parallel=8))
    assert report.missing == []
    assert len(report.files) > 300
    for one in report.files:
        assert (to / one.path).read_bytes() == (mirror / one.path).read_bytes()
    again = fetch_sources(names, to, mirror=mirror_server.url())
    assert {one.outcome for one in again.files} == {"kept"}
    assert mirror_server.state.most <= 8


def test_all_that_a_build_reads_is_pinned_and_adapters_are_asked_for_by_name():
    files, owner = pinned_files([])
    assert {"wup2018", "naturalearth", "csmetrics"} <= set(owner.values())
    assert not {"tree_cover", "oecd_metro"} & set(owner.values())
    assert len(files) > 4000
    assert set(pinned_files(["tree_cover"])[1].values()) == {"tree_cover"}


def test_the_command_and_its_shapes(mirror_server, mirror, to, run):
    mirror_server.state.folder = mirror
    status, out, err = run("data", "fetch", "unicorns", "--to", to, "--mirror", mirror_server.url(), "--json")
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert list(shape) == ["folder", "sources", "files"]
    assert list(shape["sources"][0]) == [
        "source", "files", "bytes", "kept", "fetched", "resumed", "no address", "failed"
    ]  # fmt: skip
    assert list(shape["files"][0]) == [
        "source", "path", "url", "bytes", "outcome", "received_bytes", "attempts", "error"
    ]  # fmt: skip
    status, out, _ = run("data", "fetch", "unicorns", "--to", to, "--mirror", mirror_server.url())
    assert status == 0
    assert "data build --mirror" in out
    assert run("data", "fetch", "unicorns", "--to", to, "--csv")[1].startswith("source,path,url,bytes,outcome")
    for words, text in (
        (("unicorns", "--mirror", mirror_server.url("wrong")), "doesn't match the pinned sha256"),
        (("unicorns", "--mirror", mirror_server.url("plain") + "/absent"), "404"),
        (("unicorn", "--mirror", mirror), "did you mean unicorns"),
        (("losi",), "no address of their own"),
        (("unicorns", "--mirror", "http://example.org"), "isn't https"),
        (("unicorns", "--parallel", "0"), "--parallel is 1 to 16"),
        (("unicorns", "--timeout", "nan"), "--timeout is above 0"),
        (("unicorns", "--pins", to / "absent.csv"), "absent"),
    ):
        status, out, err = run("data", "fetch", *words, "--to", to / "other", "--attempts", "1", "--timeout", "5")
        if "--timeout" in words:
            status, out, err = run("data", "fetch", *words, "--to", to / "other")
        assert status == 1
        assert err.count("\n") == 1
        assert text in err


def test_killed_at_any_moment_it_goes_on_and_ends_whole(mirror_server, to):
    """SIGKILL at growing delays, until one run ends by itself: at no time is there a file that isn't its pin."""
    files = [pin(mirror_server.state.folder, f"unicorns/{number}", 2_000_000, number) for number in range(6)]
    program = (
        "import sys\nfrom pathlib import Path\nfrom technopole.snapshots.fetch import fetch\n"
        "from technopole.snapshots.upstream import read_lock\n"
        "fetch(list(read_lock(Path(sys.argv[1])).values()), Path(sys.argv[2]), mirror=sys.argv[3])\n"
    )
    lock = to.parent / "lock.csv"
    lock.write_text(
        ",".join(LOCK_COLUMNS) + "\n" + "".join(f"{f.path},,{f.bytes},{f.sha256},pinned,open\n" for f in files)
    )
    command = [sys.executable, "-c", program, str(lock), str(to), mirror_server.url("pace")]
    kills, delay = 0, 0.3
    while True:
        process = subprocess.Popen(command, stderr=subprocess.PIPE)
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            kills += 1
        process.communicate()
        for file in files:
            here = to / file.path
            assert not here.exists() or hashlib.sha256(here.read_bytes()).hexdigest() == file.sha256
        if process.returncode == 0:
            break
        delay += 0.1
        assert delay < 20
    assert kills >= 3
    assert all((to / file.path).is_file() for file in files)
    assert not list(to.rglob("*.part"))
