"""The long run: `python tests/faults/long.py [--kills 200] [--full-seconds 60] [--fuzz-seconds 600] [LOG]`.

Kills builds of the whole edition (needs the mirror of upstream files), then fuzzes every reader; writes what it did,
line by line. By default it takes about five hours on two cores. `--kills 0` or `--fuzz-seconds 0` leaves a part out.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent


def kills(number: int, seconds: float) -> Iterator[str]:
    """Lines of `kills.py full=NUMBER`."""
    command = [sys.executable, str(HERE / "kills.py"), "--full-seconds", str(seconds), f"full={number}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        yield from (line.rstrip() for line in process.stdout)
    yield f"kills: exit status {process.returncode}"


def fuzz(seconds: int, findings: Path) -> Iterator[str]:
    """One line a reader; what it failed on stays in `findings`."""
    program = str(HERE / "fuzz.py")
    listed = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    for reader in listed.stdout.splitlines():
        folder = findings / reader.replace(" ", "-")
        folder.mkdir(parents=True)
        done = subprocess.run(
            [sys.executable, program, reader, str(seconds)], cwd=folder, capture_output=True, text=True, check=False,
            errors="replace",
        )  # fmt: skip
        runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
        memory = re.search(r"peak_rss_mb:\s+(\d+)", done.stderr)
        yield (
            f"fuzz {reader}: {runs[1] if runs else '?'} inputs in {seconds} s, "
            f"at most {memory[1] if memory else '?'} MB, exit status {done.returncode}"
        )
        if done.returncode:
            yield "  " + " | ".join(done.stderr.strip().splitlines()[-8:])


def main() -> None:
    """Run both, and write the log."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--full-seconds", type=float, default=60.0, help="how long a build of everything takes here")
    parser.add_argument("--fuzz-seconds", type=int, default=600)
    parser.add_argument("log", type=Path, nargs="?", default=HERE / "long.log")
    words = parser.parse_args()
    findings = Path(tempfile.mkdtemp(prefix="technopole-findings-"))

    def lines() -> Iterator[str]:
        now = datetime.datetime.now(tz=datetime.UTC)
        yield f"{now:%Y-%m-%d %H:%M} UTC, Python {platform.python_version()}, {os.cpu_count()} cores"
        if words.kills:
            yield from kills(words.kills, words.full_seconds)
        if words.fuzz_seconds:
            yield from fuzz(words.fuzz_seconds, findings)
        yield f"ended {datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d %H:%M} UTC"

    with words.log.open("w", encoding="utf-8") as log:
        for line in lines():
            print(line, flush=True)
            log.write(line + "\n")
            log.flush()


if __name__ == "__main__":
    main()
