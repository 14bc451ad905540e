"""What is killed: `python victim.py WORLD` waits for lines `OPERATION TARGET VERSION`, and forks a child for each.

The child does the operation again and again, the two versions in turn, until it is killed (or left alone); with `once`
as a fourth word it does it once and ends. Nothing here computes before the fork: threads of a library wouldn't live on
in the child.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from world import VERSIONS, World

from technopole.editions.build import build_edition
from technopole.editions.combine import Additions, combine
from technopole.editions.read import open_edition
from technopole.editions.shipped import default_framework, repository
from technopole.publish.explore import write_page, write_site
from technopole.publish.fetching import pinned_files
from technopole.publish.package import write_package
from technopole.publish.ranking import known_boundary, known_lens
from technopole.publish.refreshing import RefreshReport
from technopole.publish.workbook import edition_sheets, write_workbook
from technopole.snapshots.fetch import fetch
from technopole.snapshots.refresh import refresh
from technopole.snapshots.upstream import mirror_folder
from technopole.snapshots.web import Manners

MANNERS = Manners(timeout_seconds=10, attempts=3, pause_seconds=0.01, parallel=2)


def build(world: World, target: Path, version: str) -> None:
    """Build an edition of the three sources."""
    build_edition(world.mirror, target, world.framework(version), plan=world.plan())


def full(world: World, target: Path, version: str) -> None:
    """Build the whole edition from the real mirror."""
    with world.stages.open("w", encoding="utf-8", buffering=1) as stages:
        build_edition(
            mirror_folder(repository()), target, default_framework(),
            progress=lambda stage: stages.write(f"{time.monotonic()}\t{stage}\n"),
        )  # fmt: skip


def own(world: World, target: Path, version: str) -> None:
    """Make an edition of a user's own of it."""
    added = Additions(observations=[world.rows(version)], declarations=world.declared)
    combine(open_edition(world.edition(version)), "mine", target, added)


def server(world: World) -> str:
    """Address of the mirrors on this machine."""
    return (world.folder / "server.txt").read_text()


def get(world: World, target: Path, version: str) -> None:
    """Fetch a version of the upstream files."""
    fetch(world.pins(version), target, mirror=f"{server(world)}/mirror-{version}", manners=MANNERS)


def renew(world: World, target: Path, version: str) -> None:
    """Look for newer files, and write the pins."""
    files, owner = pinned_files([], world.pins_file("a"))
    listed = list(files.values())
    found = refresh(listed, mirror=f"{server(world)}/mirror-{version}", manners=MANNERS)
    RefreshReport(listed, owner, found).write(target)


def workbook(world: World, target: Path, version: str) -> None:
    """Export a workbook."""
    sheets = edition_sheets(open_edition(world.edition(version)), known_lens("scale"), known_boundary("agglomeration"))
    write_workbook(sheets, target)


OPERATIONS: dict[str, Callable[[World, Path, str], object]] = {
    "build": build,
    "full": full,
    "own": own,
    "fetch": get,
    "refresh": renew,
    "page": lambda world, target, version: write_page(open_edition(world.edition(version)), target),
    "site": lambda world, target, version: write_site(open_edition(world.edition(version)), target),
    "package": lambda world, target, version: write_package(open_edition(world.edition(version)), target),
    "workbook": workbook,
}


def work(world: World, operation: str, target: Path, version: str, once: bool) -> None:
    """Do an operation once, or for ever with the versions in turn."""
    number = VERSIONS.index(version)
    print(f"started {os.getpid()}", flush=True)
    parent = os.getppid()
    while os.getppid() == parent:
        OPERATIONS[operation](world, target, VERSIONS[number % 2])
        if once:
            print("done", flush=True)
            return
        number += 1


def main() -> None:
    """Fork a child a line."""
    world = World(Path(sys.argv[1]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    for line in sys.stdin:
        operation, target, version, *rest = line.split()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            work(world, operation, Path(target), version, "once" in rest)
            sys.stdout.flush()
            os._exit(0)


if __name__ == "__main__":
    main()
