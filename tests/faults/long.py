"""The long run: `python tests/faults/long.py [--kills 200] [--fuzz-seconds 600] [--jobs 3] [LOG]`.

Kills builds of the whole edition (needs the mirror of upstream files) and fuzzes every reader, so many at once; writes
what each did when it ended. `--kills 0` or `--fuzz-seconds 0` leaves a part out.
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
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

HERE = Path(__file__).parent


def kills(number: int) -> list[str]:
    """Lines of `kills.py full=NUMBER`."""
    command = [sys.executable, str(HERE / "kills.py"), f"full={number}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return [f"kills of the full build: exit status {done.returncode}", *done.stdout.splitlines()]


def fuzz(reader: str, seconds: int, folder: Path) -> list[str]:
    """One line, and what it failed on, which stays in `folder`."""
    folder.mkdir(parents=True)
    done = subprocess.run(
        [sys.executable, str(HERE / "fuzz.py"), reader, str(seconds)], cwd=folder, capture_output=True, text=True,
        check=False, errors="replace",
    )  # fmt: skip
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    memory = re.search(r"peak_rss_mb:\s+(\d+)", done.stderr)
    line = (
        f"fuzz {reader}: {runs[1] if runs else '?'} inputs in {seconds} s, "
        f"at most {memory[1] if memory else '?'} MB, exit status {done.returncode}"
    )
    return [line, f"  {' | '.join(done.stderr.strip().splitlines()[-8:])}"] if done.returncode else [line]


def main() -> None:
    """Run both, and write the log."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--fuzz-seconds", type=int, default=600)
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many run at once")
    parser.add_argument("log", type=Path, nargs="?", default=HERE / "long.log")
    words = parser.parse_args()
    findings = Path(tempfile.mkdtemp(prefix="technopole-findings-"))
    listed = subprocess.run([sys.executable, str(HERE / "fuzz.py")], capture_output=True, text=True, check=True)
    with words.log.open("w", encoding="utf-8") as log, ThreadPoolExecutor(words.jobs) as pool:

        def write(line: str) -> None:
            print(line, flush=True)
            log.write(line + "\n")
            log.flush()

        def now() -> str:
            return f"{datetime.datetime.now(tz=datetime.UTC):%Y-%m-%d %H:%M} UTC"

        write(f"{now()}, Python {platform.python_version()}, {os.cpu_count()} cores, {words.jobs} at once")
        runs = [pool.submit(kills, words.kills)] if words.kills else []
        runs.extend(
            pool.submit(fuzz, reader, words.fuzz_seconds, findings / reader.replace(" ", "-"))
            for reader in (listed.stdout.splitlines() if words.fuzz_seconds else [])
        )
        for run in as_completed(runs):
            for line in run.result():
                write(line)
        write(f"ended {now()}")


if __name__ == "__main__":
    main()
