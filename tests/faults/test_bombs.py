"""Small files that ask for much: each is refused in one line, in seconds, within little memory, and writes nothing."""

from __future__ import annotations

import gzip
import io
import resource
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

MEGABYTES = 1200
SECONDS = 100
SPACE = "http://schemas.openxmlformats.org"
RELATION = f"{SPACE}/officeDocument/2006/relationships"
BOOK = {
    "[Content_Types].xml": f'<Types xmlns="{SPACE}/package/2006/content-types"/>',
    "_rels/.rels": f'<Relationships xmlns="{SPACE}/package/2006/relationships"><Relationship Id="a" '
    f'Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{SPACE}/spreadsheetml/2006/main" xmlns:r="{RELATION}"><sheets>'
    '<sheet name="S" sheetId="1" r:id="a"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{SPACE}/package/2006/relationships"><Relationship Id="a" '
    f'Type="{RELATION}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}
LAUGHS = "<!DOCTYPE w [" + "<!ENTITY l0 'ha'>" + "".join(
    f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 11)
) + "]>"  # fmt: skip


def text(place: str, content: str = "a") -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{content}</t></is></c>'


def workbook(rows: str, before: str = "") -> bytes:
    sheet = f'{before}<worksheet xmlns="{SPACE}/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**BOOK, "xl/worksheets/sheet1.xml": sheet}.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def feed(member: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(member, content)
    return buffer.getvalue()


def aliases(depth: int = 12) -> bytes:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, depth))]
    return "\n".join(lines).encode()


HEADER = '<row r="1">' + text("A1", "id") + text("B1", "x") + "</row>"
GOOD = HEADER + '<row r="2">' + text("A2", "u") + '<c r="B2"><v>1</v></c></row>'
FAR = f'<row r="9">{text("XFD1048576")}</row>'
LAUGHING = f'<row r="1">{text("A1", "&l10;")}</row>'
TREE = "unit: {id: id}\nindex: {id: all, children: [{indicator: x}]}\n"
SCORE = "score {file} --framework tree.yaml"
PAGE = Path(__file__).with_name("found") / "parquet-page.bin"
BOMBS: dict[str, tuple[str, bytes, str, str]] = {
    "a cell at the end of the sheet": ("d.xlsx", workbook(GOOD + FAR), SCORE, "cells"),
    "a workbook of zeros": ("d.xlsx", workbook(GOOD + text("A3", "0" * 90_000_000)), SCORE, "zip bomb"),
    "entities in a workbook": ("d.xlsx", workbook(LAUGHING, LAUGHS), SCORE, "workbook"),
    "a feed of zeros": ("f.zip", feed("stops.txt", b"0" * 90_000_000), "measure gtfs {file}", "zip bomb"),
    "a feed that climbs out": ("f.zip", feed("../../stops.txt", b"stop_id\n1\n"), "measure gtfs {file}", "none of"),
    "aliases in YAML": ("d.yaml", aliases(), "rank --framework {file}", "aliases"),
    "deep YAML": ("d.yaml", b"[" * 100_000, "rank --framework {file}", "deeper"),
    "large YAML": ("d.yaml", b"a: 1\n" * 1_000_000, "rank --framework {file}", "larger"),
    "a run of zeros": ("r.json.gz", gzip.compress(b"0" * 600_000_000, 1), "score --replay {file}", "more than"),
    "deep JSON": ("r.json", b"[" * 3_000_000, "score --replay {file}", "can't be read"),
    "one huge cell": ("d.csv", b"id,x\nu," + b"1" * 5_000_000 + b"\n", SCORE, "field larger"),
    "infinity": ("d.csv", b"id,x\nu,inf\nv,1\n", SCORE, "isn't a number"),
    "an infinite power": ("d.csv", b"id,x\nu,1e999\nv,1\n", SCORE, "isn't a number"),
    "rows twice": ("d.csv", b"id,x\nu,1\nu,2\n", SCORE, "stands in line 2 and in line 3"),
    "a page of more than there is": ("d.parquet", PAGE.read_bytes(), SCORE, "d.parquet can't be read as Parquet"),
    "no text": ("d.csv", bytes(range(256)) * 50, SCORE, "d.csv"),
}  # fmt: skip


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEGABYTES * 1024**2,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


@pytest.mark.parametrize("bomb", BOMBS, ids=[name.replace(" ", "-") for name in BOMBS])
def test_a_bomb_is_one_line(bomb: str, tmp_path: Path) -> None:
    name, content, words, said = BOMBS[bomb]
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (folder / name).write_bytes(content)
    (folder / "tree.yaml").write_text(TREE)
    done = subprocess.run(
        [sys.executable, "-m", "technopole.cli.main", *(word.format(file=name) for word in words.split())],
        cwd=folder, capture_output=True, text=True, check=False, timeout=SECONDS * 4, preexec_fn=limited,
    )  # fmt: skip
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 1, done.stderr[-2000:]
    assert len(lines) == 1, done.stderr[-2000:]
    assert said in lines[0]
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {name, "tree.yaml"}
