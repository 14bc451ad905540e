"""Set everything up and run: `python3 start.py` ranks the cities, `python3 start.py test` passes the tests.

Needs Python 3.11 or newer with venv, and a network for packages the first time. Everything is installed into .venv
beside this file; nothing else on the machine changes (but see `test`: as root on Debian it installs what tests need).
Any other words are given to technopole: `python3 start.py city Tokyo`.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")


def install(extras: str) -> None:
    """Install the project with pinned versions, unless that was done for these very files."""
    pinned = b"".join((HERE / name).read_bytes() for name in ("pyproject.toml", "constraints.txt"))
    wanted = hashlib.sha256(pinned + extras.encode()).hexdigest()
    stamp = VENV / f"installed{extras.replace(',', '-') or '-core'}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    if not PYTHON.exists():
        print("making .venv", file=sys.stderr)
        venv.create(VENV, with_pip=True)
    print("installing packages into .venv (a minute, the first time)", file=sys.stderr)
    target = f"{HERE}[{extras}]" if extras else str(HERE)
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([PYTHON, "-m", "pip", "install", *quiet, "-c", HERE / "constraints.txt", "-e", target], check=True)
    stamp.write_text(wanted)


def test(arguments: list[str]) -> int:
    """Lint, check types and layers, and run the tests."""
    install("dev")
    steps = [
        [BIN / "ruff", "check", "."],
        [BIN / "ruff", "format", "--check", "."],
        [BIN / "mypy"],
        [BIN / "lint-imports"],
        [PYTHON, "-m", "pytest", "-n", "2", "--dist", "loadgroup", *arguments],
    ]
    # two processes test at a time: more threads for matrices would only wait for each other
    environment = {"OPENBLAS_NUM_THREADS": "1", **os.environ}
    for step in steps:
        print("$", " ".join(Path(str(word)).name if word is step[0] else str(word) for word in step), flush=True)
        status = subprocess.run(step, cwd=HERE, env=environment, check=False).returncode
        if status:
            return status
    return 0


def main() -> int:
    """Run."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is what an older Python meets
        print("technopole needs Python 3.11 or newer; this is", sys.version.split()[0], file=sys.stderr)
        return 1
    words = sys.argv[1:]
    if words[:1] == ["test"]:
        return test(words[1:])
    install("")
    status = subprocess.run([BIN / "technopole", *(words or ["rank", "--top", "25"])], check=False).returncode
    if not words and status == 0:
        print("\nThe explorer (map, cities, weights, every number's origin): python3 start.py explore")
        print("As one offline file: python3 start.py export --html technopole.html")
    return status


if __name__ == "__main__":
    sys.exit(main())
