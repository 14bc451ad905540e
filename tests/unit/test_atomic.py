"""A folder is replaced whole or not at all."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from technopole.core.errors import EditionError
from technopole.editions.atomic import recover, replaced_folder

PARTS = 40
WRITER = f"""
import sys
from pathlib import Path
from technopole.editions.atomic import replaced_folder
target = Path(sys.argv[1])
print("ready", flush=True)
version = 0
while True:
    version += 1
    with replaced_folder(target) as folder:
        for part in range({PARTS}):
            (folder / f"part{{part}}").write_text(str(version))
"""


def content(folder: Path) -> set[str]:
    return {path.read_text() for path in folder.iterdir()}


def test_a_finished_block_takes_the_place(tmp_path: Path) -> None:
    target = tmp_path / "edition"
    for text in ("one", "two"):
        with replaced_folder(target) as folder:
            (folder / "a").write_text(text)
        assert content(target) == {text}
    assert [path.name for path in tmp_path.iterdir()] == ["edition"]


def test_a_failed_block_leaves_the_old_folder_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "edition"
    with replaced_folder(target) as folder:
        (folder / "a").write_text("old")
    with pytest.raises(ZeroDivisionError), replaced_folder(target) as folder:
        (folder / "a").write_text("new")
        _ = 1 / 0
    assert content(target) == {"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["edition"]


def test_killed_at_any_moment_the_folder_is_whole(tmp_path: Path) -> None:
    chance = random.Random(20261124)
    target = tmp_path / "edition"
    with replaced_folder(target) as folder:
        for part in range(PARTS):
            (folder / f"part{part}").write_text("0")
    for _ in range(12):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0.0, 0.15))
            os.kill(writer.pid, signal.SIGKILL)
            writer.wait()
        recover(target)
        assert len(list(target.iterdir())) == PARTS
        assert len(content(target)) == 1  # all parts of one version


def test_a_folder_that_was_moved_aside_comes_back(tmp_path: Path) -> None:
    aside = tmp_path / "edition.old"
    aside.mkdir()
    (aside / "a").write_text("old")
    recover(tmp_path / "edition")
    assert content(tmp_path / "edition") == {"old"}


def test_where_nothing_can_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(EditionError, match="can't be written"), replaced_folder(tmp_path / "file" / "edition"):
        pass
