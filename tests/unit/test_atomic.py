"""A folder is replaced whole or not at all."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from technopole.core.errors import EditionError, InputError
from technopole.editions import atomic
from technopole.editions.atomic import check_replaced, recover, replaced_file, replaced_folder

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


def test_two_writers_the_second_is_told_and_the_first_ends_well(tmp_path: Path) -> None:
    target, page = tmp_path / "edition", tmp_path / "page.html"
    with replaced_folder(target) as folder, replaced_file(page) as temporary:
        (folder / "a").write_text("one")
        temporary.write_text("one")
        with pytest.raises(EditionError, match="another process is writing"), replaced_folder(target):
            pass
        with pytest.raises(InputError, match="another process is writing"), replaced_file(page):
            pass
    assert content(target) == {page.read_text()} == {"one"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["edition", "page.html"]


def test_what_killed_writers_left_is_removed_by_the_next(tmp_path: Path) -> None:
    target = tmp_path / "edition"
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(target)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.05)
            os.kill(writer.pid, signal.SIGKILL)
    assert len(list(tmp_path.iterdir())) <= 3  # the edition, what grew, the lock: never one more a kill
    with replaced_folder(target) as folder:
        (folder / "a").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["edition"]


def test_where_folders_cannot_be_exchanged_the_old_one_is_moved_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "_exchange", lambda *_: False)
    target = tmp_path / "edition"
    for text in ("one", "two"):
        with replaced_folder(target) as folder:
            (folder / "a").write_text(text)
        assert content(target) == {text}
    assert [path.name for path in tmp_path.iterdir()] == ["edition"]


def test_a_link_leads_to_what_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with replaced_folder(tmp_path / "link") as folder:
        (folder / "a").write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert content(tmp_path / "real") == {"new"}


def test_the_folder_that_one_stands_in_is_not_pulled_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EditionError, match="go up"), replaced_folder(Path()):
        pass


def test_only_an_empty_folder_or_one_of_the_kind_is_replaced(tmp_path: Path) -> None:
    target = tmp_path / "out"
    check_replaced(target, "mark", "an edition")
    target.mkdir()
    check_replaced(target, "mark", "an edition")
    (target / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="out holds other files and isn't an edition: name a new folder"):
        check_replaced(target, "mark", "an edition")
    with pytest.raises(InputError, match="is a file"):
        check_replaced(target / "letter.txt", "mark", "an edition")
    (target / "mark").write_text("")
    check_replaced(target, "mark", "an edition")


def test_a_full_disk_is_one_line_whoever_meets_it(tmp_path: Path) -> None:
    """Python, Polars and the writer of workbooks each say it in their own way."""
    program = """
import resource, signal, sys
from pathlib import Path
import polars as pl
from technopole.core.errors import TechnopoleError
from technopole.editions.atomic import replaced_file, replaced_folder
from technopole.publish.workbook import Sheet, write_workbook
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
table = pl.DataFrame({"a": range(200_000)}).with_columns(b=pl.col("a").hash())
def text(path): path.write_text("x" * 100_000)
writers = {"text": text, "parquet": table.write_parquet, "csv": table.write_csv}
for name, write in writers.items():
    try:
        with replaced_file(Path(sys.argv[1]) / name) as temporary:
            write(temporary)
    except TechnopoleError as error:
        print(name, error)
try:
    with replaced_folder(Path(sys.argv[1]) / "edition") as folder:
        table.write_parquet(folder / "a.parquet")
except TechnopoleError as error:
    print("edition", error)
try:
    write_workbook([Sheet("a", "about", table.head(20_000))], Path(sys.argv[1]) / "run.xlsx")
except TechnopoleError as error:
    print("workbook", error)
"""
    for name in ("text", "parquet", "csv", "run.xlsx"):
        (tmp_path / name).write_text("old")
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False, timeout=120
    )
    said = done.stdout.splitlines()
    assert [line.split()[0] for line in said] == ["text", "parquet", "csv", "edition", "workbook"], done.stderr
    assert all("can't be written: File too large." in line for line in said), said
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == dict.fromkeys(
        ("text", "parquet", "csv", "run.xlsx"), "old"
    )


def test_an_error_of_the_block_stays_its_own(tmp_path: Path) -> None:
    with pytest.raises(pl.exceptions.ComputeError, match="no number"), replaced_file(tmp_path / "a"):
        raise pl.exceptions.ComputeError("no number")
