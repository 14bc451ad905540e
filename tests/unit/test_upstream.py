"""Upstream files are verified: a truncated, changed, absent or unpinned file is named."""

from pathlib import Path

import pytest

from technopole.core.errors import UpstreamError
from technopole.snapshots.upstream import Upstream, UpstreamFile, mirror_folder, read_lock, sha256_of


def pinned(folder: Path, path: str, text: str) -> UpstreamFile:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)
    size = (folder / path).stat().st_size
    return UpstreamFile(path, "", size, sha256_of(folder / path), "pinned", "open")


def test_a_whole_file_opens(tmp_path: Path) -> None:
    lock = {"s/a.csv": pinned(tmp_path, "s/a.csv", "a,b\n1,2\n")}
    assert Upstream(tmp_path, lock).open("s/a.csv").read_text() == "a,b\n1,2\n"


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda path: path.write_text("a,b\n1"), "truncated"),
        (lambda path: path.write_text("a,b\n1,3\n"), "sha256"),
        (lambda path: path.unlink(), "absent from the mirror"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, damage: object, says: str) -> None:
    lock = {"s/a.csv": pinned(tmp_path, "s/a.csv", "a,b\n1,2\n")}
    damage(tmp_path / "s/a.csv")  # type: ignore[operator]
    with pytest.raises(UpstreamError, match=says) as caught:
        Upstream(tmp_path, lock).open("s/a.csv")
    assert "s/a.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unpinned_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UpstreamError, match="isn't pinned"):
        Upstream(tmp_path, {}).open("s/a.csv")


def test_paths_come_from_the_lock_in_order(tmp_path: Path) -> None:
    lock = {p: UpstreamFile(p, "", 0, "", "pinned", "open") for p in ("s/b.csv", "s/a.csv", "s/deep/c.csv")}
    assert Upstream(tmp_path, lock).paths("s/*.csv") == ["s/a.csv", "s/b.csv"]
    with pytest.raises(UpstreamError, match="no upstream file matches"):
        Upstream(tmp_path, lock).paths("s/*.json")


def test_a_lock_with_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock.csv").write_text("path,hash\n")
    with pytest.raises(UpstreamError, match="must have the columns"):
        read_lock(tmp_path / "lock.csv")


def test_the_mirror_is_named_by_the_environment_or_beside_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TECHNOPOLE_MIRROR", "/somewhere")
    assert mirror_folder(Path("/checkout")) == Path("/somewhere")
    monkeypatch.delenv("TECHNOPOLE_MIRROR")
    assert mirror_folder(Path("/home/checkout")) == Path("/home/shared/data/raw")
