"""The guide to an edition of one's own: files are written, commands run in order, and print what stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "your-own-edition.md"
BLOCK = re.compile(r"^(?:`([\w.]+)`:\n\n)?```(csv|yaml|bash|console)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def spoken(command: str, folder: Path) -> tuple[int, str]:
    """Run one command; give its exit status, and what it says but for its progress."""
    line, _, file = command.partition(" > ")
    words = line.split()
    assert words[0] == "technopole"
    done = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-m", "technopole.cli.main", *words[1:]], cwd=folder,
        env={**os.environ, "PYTHONUTF8": "1"}, capture_output=True, text=True, check=False, encoding="utf-8",
    )  # fmt: skip
    if file:
        (folder / file).write_text(done.stdout, encoding="utf-8")
    errors = [one for one in done.stderr.splitlines() if one.startswith("technopole: ")]
    return done.returncode, done.stdout + "".join(f"{one}\n" for one in errors)


def test_the_guide_is_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ibis", reason="ibis (extra scale) isn't installed: the guide counts points")
    monkeypatch.delenv("TECHNOPOLE_EDITION", raising=False)
    commands = 0
    for name, kind, text in BLOCK.findall(GUIDE.read_text(encoding="utf-8")):
        if name:
            (tmp_path / name).write_text(text, encoding="utf-8")
        elif kind == "bash":
            for line in text.splitlines():
                status, said = spoken(line, tmp_path)
                assert status == 0, f"{line}\n{said}"
                commands += 1
        else:
            shown = []
            for line in re.findall(r"^\$ (.*)$", text, flags=re.MULTILINE):
                status, said = spoken(line, tmp_path)
                assert status == ("technopole: " in said)
                shown.append(f"$ {line}\n{said}")
                commands += 1
            assert "".join(shown) == text
    assert commands == 14
    assert not (tmp_path / "mine.html").exists()
    assert not list(tmp_path.glob(".*"))
