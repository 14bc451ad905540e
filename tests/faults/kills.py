"""Kill writers at random moments, and look whether anything was lost: `python kills.py [--seed N] OPERATION=KILLS …`.

Each kill is a SIGKILL of a process that is writing. After it, the target must be the one version or the other, whole;
and at the end one writer that isn't killed must get through and leave nothing beside the target. Prints one JSON line
an operation; exit status 1 with one line for the first target that is neither.

`full` is the build of the whole edition from the real mirror: it starts from a copy of the shipped edition, which must
stay as it is or be replaced by a whole one, and prints one line a kill. One build is let through to learn how long each
stage takes; a moment is then a stage and seconds after its beginning, so that kills reach the end of the build, where
the files are written, on a machine that got busier too. Another one is let through at the end: both must have the
shipped edition's content, and the same bytes.
"""

from __future__ import annotations

import argparse
import bisect
import csv
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from world import VERSIONS, World, make

from technopole.core.errors import TechnopoleError
from technopole.editions.format import MANIFEST
from technopole.editions.read import open_edition, verify_edition
from technopole.editions.shipped import latest_edition
from technopole.snapshots.fetch import is_right
from technopole.snapshots.upstream import LOCK_COLUMNS

MOST_SECONDS = 120.0
BEYOND = 1.3
"""Kills come until this many times the seconds of an operation: some meet the next one as it begins."""


class Lost(Exception):
    """A target is neither version."""


@dataclass
class Toll:
    """What the kills of one operation did."""

    operation: str
    kills: int = 0
    old: int = 0
    new: int = 0
    operation_seconds: float = 0.0
    seconds: float = 0.0


class Quiet(SimpleHTTPRequestHandler):
    """Serve the mirrors, and say nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Victims:
    """The process that forks writers."""

    def __init__(self, world: World) -> None:
        program = [sys.executable, str(Path(__file__).with_name("victim.py")), str(world.folder)]
        self.process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._expect("ready")

    def _expect(self, word: str) -> list[str]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().split()
        if not line or line[0] != word:
            raise Lost(f"a writer failed before it was killed (it said {line or 'nothing'})")
        return line

    def start(self, operation: str, target: Path, version: str, *rest: str) -> int:
        """Start a writer; give its id."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{operation} {target} {version} {' '.join(rest)}\n")
        self.process.stdin.flush()
        return int(self._expect("started")[1])

    def once(self, operation: str, target: Path, version: str) -> float:
        """Let a writer end; give the seconds that it took."""
        began = time.monotonic()
        self.start(operation, target, version, "once")
        self._expect("done")
        return time.monotonic() - began

    def end(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)


def state(target: Path) -> str:
    """Digest of a file, or of a folder: names and contents."""
    whole = hashlib.sha256()
    for path in [target] if target.is_file() else sorted(path for path in target.rglob("*") if path.is_file()):
        whole.update(f"{path.relative_to(target.parent)}\0{path.stat().st_size}\0".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def check_fetched(world: World, target: Path) -> str:
    """Every file is there in one version or the other; what grows beside it has its own name."""
    for files in zip(*(world.pins(version) for version in VERSIONS), strict=True):
        if not any(is_right(target / file.path, file) for file in files):
            raise Lost(f"{files[0].path} is neither version")
    return "a" if all(is_right(target / file.path, file) for file in world.pins("a")) else "b"


def check(world: World, operation: str, target: Path, known: dict[str, str]) -> str:
    """Which version the target is; Lost when it is neither."""
    if operation == "fetch":
        return check_fetched(world, target)
    if (target / MANIFEST).is_file():
        verify_edition(open_edition(target))
    found = state(target)
    if found not in known:
        raise Lost(f"{target.name} of {operation} is neither version")
    return known[found]


def attack(world: World, victims: Victims, operation: str, kills: int, chance: random.Random) -> Toll:
    """Kill an operation so many times."""
    folder = Path(tempfile.mkdtemp(prefix=f"{operation}-", dir=world.folder))
    target = folder / {"page": "page.html", "workbook": "run.xlsx", "refresh": "pins.csv"}.get(operation, "target")
    toll, known, began = Toll(operation), {}, time.monotonic()
    for version in VERSIONS:
        toll.operation_seconds = victims.once(operation, target, version)
        known[state(target)] = version
    if len(known) != len(VERSIONS):
        raise Lost(f"{operation}: both versions are the same, which shows nothing")
    before = "b"
    for number in range(kills):
        process = victims.start(operation, target, VERSIONS[number % 2])
        time.sleep(chance.uniform(0.0, BEYOND * toll.operation_seconds))
        os.kill(process, signal.SIGKILL)
        await_end(process)
        found = check(world, operation, target, known)
        toll.kills += 1
        toll.old += found == before
        toll.new += found != before
        before = found
    victims.once(operation, target, "a")
    if check(world, operation, target, known) != "a":
        raise Lost(f"{operation}: a writer that wasn't killed didn't write its version")
    left = sorted(path.name for path in folder.iterdir() if path != target)
    parts = [path.name for path in target.rglob(".*")] if target.is_dir() and operation != "fetch" else []
    if left or parts:
        raise Lost(f"{operation}: {[*left, *parts]} were left behind")
    toll.seconds = round(time.monotonic() - began, 1)
    toll.operation_seconds = round(toll.operation_seconds, 2)
    return toll


def attack_full(world: World, victims: Victims, kills: int, chance: random.Random) -> Toll:
    """Kill the build of the whole edition; at first the shipped one is in its place."""
    folder = Path(tempfile.mkdtemp(prefix="full-", dir=world.folder))
    target, growing = folder / "edition", folder / ".edition.new"
    shutil.copytree(latest_edition(), target)
    began = time.monotonic()
    seconds = victims.once("full", target, "a")
    stages, built = reached(world), check_built(target)
    starts = [moment - stages[0][0] for moment, _ in stages]
    toll, before = Toll("full", operation_seconds=round(seconds, 1)), target.stat().st_ino
    for number in range(kills):
        moment = chance.uniform(0.0, seconds)
        stage = bisect.bisect(starts, moment) - 1
        world.stages.unlink()
        process = victims.start("full", target, "a")
        while len(reached(world)) <= stage:
            time.sleep(0.01)
        time.sleep(moment - starts[stage])
        os.kill(process, signal.SIGKILL)
        await_end(process)
        verify_edition(open_edition(target))
        found, left = target.stat().st_ino, sorted(path.name for path in folder.iterdir() if path != target)
        toll.kills += 1
        toll.old += found == before
        toll.new += found != before
        before = found
        line = {
            "kill": number + 1,
            "stage": (reached(world) or stages)[-1][1],
            "after_seconds": round(moment - starts[stage], 2),
            "files_written": sum(path.is_file() for path in growing.rglob("*")),
            "verified": True,
            "beside": left,
        }
        print(json.dumps(line), flush=True)
        if len(left) > 2:
            raise Lost(f"full: {left} were left behind")
    victims.once("full", target, "a")
    if check_built(target) != built:
        raise Lost("full: a build after the kills has other bytes than the one before")
    left = [path.name for path in folder.iterdir() if path != target]
    if left:
        raise Lost(f"full: {left} were left behind by a build that wasn't killed")
    toll.seconds = round(time.monotonic() - began, 1)
    return toll


def check_built(target: Path) -> str:
    """State of a built edition, which has the content of the shipped one."""
    contents = [open_edition(folder).manifest["content_digest"] for folder in (target, latest_edition())]
    if contents[0] != contents[1]:
        raise Lost(f"full: the content is {contents[0]}, that of the shipped edition {contents[1]}")
    return state(target)


def reached(world: World) -> list[tuple[float, str]]:
    """Stages that a build of everything has reached, each with the moment."""
    if not world.stages.exists():
        return []
    lines = [line.split("\t") for line in world.stages.read_text(encoding="utf-8").splitlines(keepends=True)]
    return [(float(moment), stage.strip()) for moment, stage in (line for line in lines if line[-1].endswith("\n"))]


def await_end(process: int) -> None:
    """Wait until a process is gone; its parent takes it from the system."""
    latest = time.monotonic() + MOST_SECONDS
    while Path(f"/proc/{process}").exists() if Path("/proc/self").exists() else alive(process):
        if time.monotonic() > latest:
            raise Lost(f"process {process} doesn't end")
        time.sleep(0.002)


def alive(process: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def prepare(folder: Path) -> tuple[World, ThreadingHTTPServer]:
    """Make the miniature, its editions, its pins, and a server of its mirrors."""
    world = make(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    (folder / "server.txt").write_text(f"http://127.0.0.1:{server.server_port}")
    for version in VERSIONS:
        with world.pins_file(version).open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(LOCK_COLUMNS)
            writer.writerows([getattr(one, column) for column in LOCK_COLUMNS] for one in world.pins(version))
    return world, server


def main() -> int:
    """Attack every operation that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=20261124)
    parser.add_argument("attacks", nargs="+", metavar="OPERATION=KILLS")
    words = parser.parse_args()
    chance = random.Random(words.seed)
    with tempfile.TemporaryDirectory(prefix="technopole-kills-") as folder:
        world, server = prepare(Path(folder))
        victims = Victims(world)
        try:
            for version in VERSIONS:
                victims.once("build", world.edition(version), version)
            for attack_ in words.attacks:
                operation, _, kills = attack_.partition("=")
                if operation == "full":
                    toll = attack_full(world, victims, int(kills), chance)
                else:
                    toll = attack(world, victims, operation, int(kills), chance)
                print(json.dumps(asdict(toll)), flush=True)
        except (Lost, TechnopoleError) as error:
            sys.stderr.write(f"kills: {error}\n")
            return 1
        finally:
            victims.end()
            server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
