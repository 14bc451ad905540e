"""Fuzz one reader: `python fuzz.py READER SECONDS`; `python fuzz.py` lists the readers.

libFuzzer (atheris) mutates the seeds of `readers.py` towards new branches of this project's readers. A reader may give
something or raise a TechnopoleError, in seconds and in 3 GB; all else is a finding: the input stays in the current
folder and the exit status isn't 0.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["technopole"]):
    from readers import READERS, Reader

    from technopole.core.errors import TechnopoleError

SEED = 20261124
LIMITS = ["-timeout=20", "-rss_limit_mb=3000", "-max_len=40000", "-print_final_stats=1"]


def attempt(reader: Reader, target: Path, content: bytes) -> None:
    """Read these bytes; one line of error is an answer."""
    target.write_bytes(content)
    try:
        reader.read(target)
    except TechnopoleError as error:
        if len(str(error).splitlines()) != 1 or not error.what:
            raise AssertionError("an error is one line") from error
    finally:
        close_left_open(target)


def close_left_open(target: Path) -> None:
    """Close what libosmium leaves open of an extract with a damaged header (docs/security.md), thousands of times."""
    for place in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the folder's own is gone by now
            if place.readlink() == target:
                os.close(int(place.name))


def found(name: str) -> list[bytes]:
    """Inputs that a reader failed on once; they stay answered."""
    folder = Path(__file__).with_name("found")
    return [path.read_bytes() for path in sorted(folder.glob(f"{name.replace(' ', '-')}*.bin"))]


def main() -> None:
    """Fuzz."""
    if len(sys.argv) < 3:
        print("\n".join(READERS))
        return
    reader, seconds = READERS[sys.argv[1]], sys.argv[2]
    with tempfile.TemporaryDirectory(prefix="technopole-fuzz-") as folder:
        corpus, target = Path(folder) / "corpus", Path(folder) / "in" / reader.name
        corpus.mkdir()
        target.parent.mkdir()
        for number, content in enumerate([*found(sys.argv[1]), *reader.seeds()]):
            (corpus / f"seed{number:03}").write_bytes(content)
            attempt(reader, target, content)
        words = [sys.argv[0], *LIMITS, f"-max_total_time={seconds}", f"-seed={SEED}", str(corpus)]
        atheris.Setup(words, lambda content: attempt(reader, target, content))
        atheris.Fuzz()


if __name__ == "__main__":
    main()
