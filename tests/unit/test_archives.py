"""Zip archives of strangers: each limit by itself, and damage that is met while reading, in one line."""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path

import pytest

from technopole.core.errors import InputError, UpstreamError
from technopole.snapshots.archives import CHUNK, RATIO_FROM, Kind, chunks, opened

ROOMY = Kind("feed", members=2, member_bytes=RATIO_FROM * 2, total_bytes=RATIO_FROM * 4, error=InputError)


def archive_of(folder: Path, **members: bytes) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def unpacked(path: Path, kind: Kind = ROOMY) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    with opened(path, kind) as archive:
        for member in archive.members:
            found[member.filename] = b"".join(chunks(archive, member, sum(map(len, found.values()))))
    return found


def test_what_is_within_the_limits_comes_out_whole(tmp_path: Path) -> None:
    content = {"one": bytes(range(256)) * (CHUNK // 256) + b"end", "two": b""}
    assert unpacked(archive_of(tmp_path, **content)) == content


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        (dataclasses.replace(ROOMY, members=1), "a.zip has 2 members, more than 1: it is no feed."),
        (dataclasses.replace(ROOMY, member_bytes=2), "one unpacks to more than 3 bytes"),
        (dataclasses.replace(ROOMY, total_bytes=4), "a.zip unpacks to more than 4 bytes: split the feed."),
        (dataclasses.replace(ROOMY, total_bytes=5), ""),
    ],
)
def test_a_limit_is_the_last_number_that_passes(kind: Kind, message: str, tmp_path: Path) -> None:
    path = archive_of(tmp_path, one=b"abc", two=b"de")
    if not message:
        assert unpacked(path, kind) == {"one": b"abc", "two": b"de"}
        return
    with pytest.raises(InputError) as error:
        unpacked(path, kind)
    assert message in str(error.value)


def test_zeros_are_a_bomb_only_where_they_are_many(tmp_path: Path) -> None:
    few = archive_of(tmp_path, few=bytes(RATIO_FROM))
    assert len(unpacked(few)["few"]) == RATIO_FROM
    with pytest.raises(InputError, match="a zip bomb"):
        unpacked(archive_of(tmp_path, many=bytes(RATIO_FROM + 1)))


def test_damage_is_one_line_of_the_kinds_error(tmp_path: Path) -> None:
    path = archive_of(tmp_path, one=b"some bytes that are compressed")
    content = bytearray(path.read_bytes())
    content[40:44] = b"\0\0\0\0"
    path.write_bytes(content)
    with pytest.raises(UpstreamError, match="can't be read as a zip archive of a workbook") as error:
        unpacked(path, dataclasses.replace(ROOMY, what="workbook", error=UpstreamError))
    assert "\n" not in str(error.value)
