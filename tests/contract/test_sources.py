"""One suite for every source: it passes by being listed in the registry, with nothing about it written here."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl
import pytest

from technopole.core.errors import SourceCheckError, UpstreamError
from technopole.core.types import SHIPPABLE, LicenceClass
from technopole.observations.aggregate import observations
from technopole.observations.checks import check_records
from technopole.observations.placing import Resolver
from technopole.observations.schema import OBSERVATION_SCHEMA, RECORD_SCHEMA
from technopole.observations.variables import Correction
from technopole.snapshots.upstream import Upstream, UpstreamFile, sha256_of
from technopole.sources.registry import Source, all_source_ids, load_source

REPOSITORY = Path(__file__).parents[2]
EMAIL = r"[\w.+-]+@[\w-]+\.\w+"
SOURCES = all_source_ids()

pytestmark = pytest.mark.parametrize("source_id", SOURCES)
MirrorRecords = Callable[[str], pl.DataFrame]


@pytest.fixture
def source(source_id: str) -> Source:
    return load_source(source_id)


@pytest.fixture
def sample(source: Source, tmp_path: Path) -> Path:
    """A copy of the sample that a test may damage."""
    return Path(shutil.copytree(source.folder / "sample", tmp_path / "sample"))


def files_read(source: Source, folder: Path, resolver: Resolver) -> list[str]:
    """Mirror paths that the reader opens in a folder."""
    opened: list[str] = []

    class Watched(Upstream):
        def open(self, path: str) -> Path:
            opened.append(path)
            return super().open(path)

    source.records(Watched(folder), resolver)
    return sorted(set(opened))


def values(records: pl.DataFrame, source: Source) -> pl.DataFrame:
    return observations(records, source.meta.variables, source.id)


# --- what is declared


def test_declaration(source_id: str, source: Source) -> None:
    meta = source.meta
    assert meta.id == source_id
    assert meta.variables and meta.limits and meta.files and meta.citation
    for variable in meta.variables:
        expected = variable.expected
        for least, most in (expected.total, expected.records, expected.places, expected.value):
            assert least <= most
        assert len(variable.absence.why) > 20
    assert (REPOSITORY / "docs" / "sources" / f"{source_id}.md").is_file()


def test_page_names_variables_and_licence(source_id: str, source: Source) -> None:
    page = (REPOSITORY / "docs" / "sources" / f"{source_id}.md").read_text(encoding="utf-8")
    for variable in source.meta.variables:
        assert variable.id in page
    assert "licence" in page.lower()
    assert not re.search(EMAIL, page)


def test_lock_lists_what_is_declared(source_id: str, source: Source) -> None:
    lock = Upstream(source.folder, source.lock())
    for pattern in source.meta.files:
        assert lock.paths(pattern)
    for path, file in source.lock().items():
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256), path
        assert file.kind in {"pinned", "derived", "transcribed"}
        assert LicenceClass(file.licence_class)
        assert bool(file.url) == (file.kind == "pinned"), f"{path}: an address for pinned files, and only for them"


def test_undeclared_files_are_not_read(source_id: str, source: Source, resolver: Resolver) -> None:
    """The sample has upstream's file names; each file that is opened is pinned, and matches a declared pattern."""
    lock = source.lock()
    for path in files_read(source, source.folder / "sample", resolver):
        assert path in lock
        assert any(PurePosixPath(path).match(pattern) for pattern in source.meta.files), path
        if source.meta.licence_class in SHIPPABLE:
            assert LicenceClass(lock[path].licence_class) in SHIPPABLE, path


# --- the sample


def test_sample_records(source_id: str, source: Source, resolver: Resolver) -> None:
    records = source.records(Upstream(source.folder / "sample"), resolver)
    assert records.schema == pl.Schema(RECORD_SCHEMA)
    assert set(records["variable"]) == {variable.id for variable in source.meta.variables}
    assert (records["place"].is_null() != records["reason"].is_null()).all()
    assert records.select(pl.col("amount").is_finite().all()).item()
    assert records.select("variable", "level", "amount", "file", "row").null_count().sum_horizontal().item() == 0
    assert values(records, source).schema == pl.Schema(OBSERVATION_SCHEMA)


def test_sample_is_deterministic(source_id: str, source: Source, resolver: Resolver) -> None:
    first, second = (source.records(Upstream(source.folder / "sample"), resolver) for _ in range(2))
    assert first.equals(second)


def test_order_of_rows_means_nothing(source_id: str, source: Source, sample: Path, resolver: Resolver) -> None:
    before = values(source.records(Upstream(sample), resolver), source)
    for path in files_read(source, sample, resolver):
        reverse_rows(sample / path)
    after = values(source.records(Upstream(sample), resolver), source)
    assert after.equals(before)


def test_wrong_columns(source_id: str, source: Source, sample: Path, resolver: Resolver) -> None:
    for path in files_read(source, sample, resolver):
        rename_columns(sample / path)
    one_line(lambda: source.records(Upstream(sample), resolver))


@pytest.mark.parametrize("damage", ["empty", "encoding", "truncated", "changed", "absent"])
def test_damaged_file(source_id: str, source: Source, sample: Path, resolver: Resolver, damage: str) -> None:
    """Each file that is read, damaged alone, stops the reader with one line that names it."""
    paths = files_read(source, sample, resolver)
    lock = {path: pin(sample / path, path) for path in paths}
    for path in paths[:6]:
        whole = (sample / path).read_bytes()
        DAMAGE[damage](sample / path, whole)
        pinned = lock if damage in {"truncated", "changed", "absent"} else None
        message = one_line(lambda pinned=pinned: source.records(Upstream(sample, pinned), resolver))
        assert Path(path).name in message, message
        (sample / path).write_bytes(whole)


def test_stale_correction(source_id: str, source: Source, sample: Path, resolver: Resolver) -> None:
    """A correction whose defect is gone fails, and says which file and why it was there."""
    for number, correction in enumerate(source.meta.corrections):
        corrections = list(source.meta.corrections)
        corrections[number] = stale(correction)
        renewed = Source(source.meta.model_copy(update={"corrections": tuple(corrections)}), source.folder)
        with pytest.raises(SourceCheckError, match="upstream has changed"):
            renewed.records(Upstream(sample), resolver)


# --- the mirror


def test_mirror_records_pass_their_checks(source_id: str, source: Source, mirror_records: MirrorRecords) -> None:
    records = mirror_records(source_id)
    check_records(records, source.meta)
    assert set(records["variable"]) == {variable.id for variable in source.meta.variables}


@pytest.mark.parametrize("defect", ["thousandfold", "dropped", "doubled"])
def test_defect_is_noticed(source_id: str, source: Source, mirror_records: MirrorRecords, defect: str) -> None:
    """A unit error, a silent drop of 30 % or a doubling of one variable fails and names source and variable."""
    records = mirror_records(source_id)
    for variable in source.meta.variables:
        mine = pl.col("variable") == variable.id
        rows = records.filter(mine)
        if defect == "thousandfold":
            wrong = rows.with_columns(pl.col("amount") * 1000)
        elif defect == "dropped":
            wrong = rows.sample(fraction=0.7, seed=7)
        else:
            wrong = pl.concat([rows, rows])
        with pytest.raises(SourceCheckError, match=f"{source_id}: {variable.id}: "):
            check_records(pl.concat([records.filter(~mine), wrong]), source.meta)


def test_no_persons(source_id: str, source: Source, mirror_records: MirrorRecords) -> None:
    records = mirror_records(source_id)
    for column in ("label", "key", "reason"):
        assert not records[column].drop_nulls().str.contains(EMAIL).any()


def test_rows_lead_back(source_id: str, source: Source, mirror: Path, mirror_records: MirrorRecords) -> None:
    """For 50 records, `file` at `row` holds the place that the label names."""
    labelled = mirror_records(source_id).filter(pl.col("label").is_not_null() & (pl.col("label") != ""))
    chosen = labelled.sample(min(50, labelled.height), seed=11)
    upstream = Upstream(mirror, source.lock())
    for record in chosen.iter_rows(named=True):
        written = record["label"].split(" | ")[0]
        text = row_text(upstream.open(record["file"]), record["row"])
        assert letters(written) in letters(text), (record["file"], record["row"], record["label"], text[:300])


# --- damage, done to copies of samples


DAMAGE: dict[str, Callable[[Path, bytes], Any]] = {
    "empty": lambda path, whole: path.write_bytes(b""),
    "encoding": lambda path, whole: path.write_bytes(b"\xff\xfe" + b"".join(bytes([byte, 0]) for byte in whole)),
    "truncated": lambda path, whole: path.write_bytes(whole[: len(whole) // 2]),
    "changed": lambda path, whole: path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1])),
    "absent": lambda path, whole: path.unlink(),
}


def one_line(action: Callable[[], object]) -> str:
    with pytest.raises(UpstreamError) as caught:
        action()
    message = str(caught.value)
    assert message and "\n" not in message
    return message


def pin(path: Path, name: str) -> UpstreamFile:
    return UpstreamFile(name, "", path.stat().st_size, sha256_of(path), "derived", "open")


def stale(correction: Correction) -> Correction:
    if correction.drop:
        return correction.model_copy(update={"match": dict.fromkeys(correction.match, "no such text")})
    return correction.model_copy(update={"expect": "no such text"})


def text_of(path: Path) -> str:
    """UTF-8, else Latin-1: the two encodings that upstream files have."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return path.read_bytes().decode("latin-1")


def physical_records(path: Path) -> list[str]:
    """Lines of a CSV file, those of one record together, ends included."""
    text = text_of(path)
    lines = text.splitlines(keepends=True)
    reader = csv.reader(io.StringIO(text, newline=""))
    records: list[str] = []
    done = 0
    for _ in reader:
        records.append("".join(lines[done : reader.line_num]))
        done = reader.line_num
    return records


def encoded(text: str, like: Path) -> bytes:
    """A changed text in the encoding of the file."""
    try:
        like.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return text.encode("latin-1")
    return text.encode()


def reverse_rows(path: Path) -> None:
    """Reverse the rows below the first line, or the entries of a list or object; workbooks stay as they are."""
    if path.suffix == ".csv":
        first, *rows = physical_records(path)
        rows = [row if row.endswith("\n") else f"{row}\n" for row in rows]
        path.write_bytes(encoded("".join([first, *reversed(rows)]), path))
    elif path.suffix in {".json", ".geojson"}:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, list):
            content = content[::-1]
        elif isinstance(content, dict):
            content = dict(reversed(content.items()))
        path.write_text(json.dumps(content), encoding="utf-8")
    elif path.suffix == ".parquet":
        pl.read_parquet(path).reverse().write_parquet(path)


def rename_columns(path: Path) -> None:
    if path.suffix == ".csv":
        first, *rows = physical_records(path)
        path.write_bytes(encoded("".join([re.sub(r"\w+", "wrong", first), *rows]), path))
    elif path.suffix in {".json", ".geojson"}:
        path.write_text(json.dumps(_renamed(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")
    elif path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as book:
            parts = {name: book.read(name) for name in book.namelist()}
        with zipfile.ZipFile(path, "w") as book:
            for name, data in parts.items():
                book.writestr(name, re.sub(rb"<t>[^<]*</t>", b"<t>wrong</t>", data))
    elif path.suffix == ".parquet":
        pl.read_parquet(path).rename(lambda name: f"wrong {name}").write_parquet(path)


def _renamed(content: Any) -> Any:
    if isinstance(content, dict):
        return {f"wrong {key}": _renamed(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_renamed(value) for value in content]
    return content


# --- reading a row again, without the readers under test


def letters(text: str) -> str:
    """Letters and digits without case and accents; R's escapes for letters ("<U+0144>") undone."""
    whole = re.sub(r"<U\+([0-9A-F]{4})>", lambda found: chr(int(found[1], 16)), text)
    return "".join(letter for letter in unicodedata.normalize("NFKD", whole).casefold() if letter.isalnum())


def row_text(path: Path, row: str) -> str:
    """The upstream text at a row reference: a line number, a key path, or a sheet row (";" between several)."""
    if ";" in row:
        return "\n".join(row_text(path, part.strip()) for part in row.split(";"))
    if path.suffix in {".json", ".geojson"}:
        return json.dumps(at_key_path(json.loads(path.read_text(encoding="utf-8")), row), ensure_ascii=False)
    if path.suffix in {".xls", ".xlsx"}:
        import python_calamine

        sheet, _, number = row.rpartition("!")
        book = python_calamine.CalamineWorkbook.from_path(path)
        page = book.get_sheet_by_name(sheet) if sheet else book.get_sheet_by_index(0)
        return " | ".join(str(cell) for cell in page.to_python(skip_empty_area=False)[int(number) - 1])
    if path.suffix == ".parquet":
        return str(pl.read_parquet(path).row(int(row) - 1))
    return csv_record(path, int(row))


def at_key_path(content: Any, keys: str) -> Any:
    """Follow "[3].places[0]"; a key that the object has as a whole ("St. Gallen") is taken first."""
    if keys == "":
        return content
    if isinstance(content, dict):
        for name in sorted(content, key=len, reverse=True):
            rest = keys.removeprefix(".")
            if rest.startswith(name) and rest[len(name) :][:1] in {"", ".", "["}:
                return {name: at_key_path(content[name], rest[len(name) :])}
    number = re.match(r"\[(\d+)\]", keys)
    assert number, keys
    return at_key_path(content[int(number[1])], keys[number.end() :])


def csv_record(path: Path, line: int) -> str:
    """The physical lines of the record that begins at a line (from 1), quotes undone."""
    text = text_of(path)
    lines = re.split(r"\r\n|\r|\n", text)
    record = lines[line - 1]
    while record.count('"') % 2 and line < len(lines):
        record += "\n" + lines[line]
        line += 1
    return record.replace('""', '"')
