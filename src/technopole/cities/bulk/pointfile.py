"""The user's table of points on disk: which files, of which kind, with which columns. Nothing is read but headers."""

from __future__ import annotations

import csv
import difflib
import gzip
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from technopole.core.errors import InputError

HEADER_LIMIT: Final = 1_000_000
"""Longest header line and longest cell, bytes."""
TEXT_ENDINGS: Final = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
SEPARATORS: Final = (",", ";", "\t", "|")
SQLITE_MAGIC: Final = b"SQLite format 3\0"
DUCKDB_MAGIC: Final = b"DUCK"
Kind = Literal["csv", "parquet", "duckdb", "sqlite"]


@dataclass(frozen=True)
class PointFile:
    """Where the points are.

    Attributes
    ----------
    files : absolute paths, sorted; one for a database.
    table : of a database.
    separator, columns : of CSV files; every file has the same header. Empty for other kinds.
    base : the folder below which names of folders like ``year=2024`` are columns of text; None where there are none.
    """

    kind: Kind
    files: tuple[Path, ...]
    table: str = ""
    separator: str = ","
    columns: tuple[str, ...] = ()
    base: Path | None = None


def find_points(path: Path, table: str | None = None) -> PointFile:
    """Find the points in a file, a folder of files, or a database.

    Raises
    ------
    InputError : no such file, an empty folder, files of two kinds or with two headers, no such table, or a table named
        for what is no database.
    """
    if not path.exists():
        raise InputError(f"There is no file or folder {path}.", "Name a CSV, Parquet, DuckDB or SQLite file.")
    files = _files(path)
    kind = _kind(files[0])
    other = next((file for file in files if _kind(file) != kind), None)
    if other is not None:
        raise InputError(f"{path.name} holds {files[0].name} and {other.name}:", "give files of one kind.")
    if kind in {"duckdb", "sqlite"}:
        if len(files) > 1:
            raise InputError(f"{path.name} holds {len(files)} databases:", "name one of them.")
        return PointFile(kind, files, _table(files[0], kind, table))
    if table is not None:
        raise InputError(f"--table {table} needs a database; {path.name} is none:", "leave it out.")
    if kind == "parquet":
        return PointFile(kind, files, base=_base(path, files))
    separator, columns = _header(files[0])
    for file in files[1:]:
        if _header(file) != (separator, columns):
            raise InputError(f"{file.name} has another header than {files[0].name}:", "give files of one table.")
    return PointFile(kind, files, separator=separator, columns=columns)


def near(name: str, known: list[str]) -> str:
    """Suggest names like this one, or list what there is."""
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return f"did you mean {' or '.join(close)}?" if close else f"it has {', '.join(known[:20])}."


def _files(path: Path) -> tuple[Path, ...]:
    if path.is_file():
        return (path.resolve(),)
    found = sorted(
        file.resolve()
        for file in path.rglob("*")
        if file.is_file() and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
    )
    if not found:
        raise InputError(f"The folder {path} has no files.", "Name a folder of CSV or Parquet files.")
    return tuple(found)


def _base(path: Path, files: tuple[Path, ...]) -> Path | None:
    """The folder, where folders in it are named for the value of a column.

    Raises
    ------
    InputError : not every file lies in folders for the same columns.
    """
    folder = path.resolve()
    found = {
        file: tuple(part.split("=")[0] for part in file.relative_to(folder).parent.parts if "=" in part)
        for file in files
        if file != folder
    }
    other = next((file for file, names in found.items() if names != found[files[0]]), None)
    if other is not None:
        raise InputError(f"{other.name} lies in other folders of columns than {files[0].name}:", "give one table.")
    return folder if any(found.values()) else None


def _kind(file: Path) -> Kind:
    with file.open("rb") as handle:
        start = handle.read(16)
    if start == SQLITE_MAGIC:
        return "sqlite"
    if start[8:12] == DUCKDB_MAGIC:
        return "duckdb"
    if start[:4] == b"PAR1":
        return "parquet"
    if file.name.lower().endswith(TEXT_ENDINGS):
        return "csv"
    raise InputError(
        f"{file.name} is no CSV (.csv, .tsv, .csv.gz), Parquet, DuckDB or SQLite file.", "Convert it to one of these."
    )


def _header(file: Path) -> tuple[str, tuple[str, ...]]:
    """Separator and names: the first of `SEPARATORS` that cuts the header most often."""
    try:
        with gzip.open(file, "rb") if file.name.lower().endswith(".gz") else file.open("rb") as handle:
            line = handle.readline(HEADER_LIMIT)
        text = line.decode("utf-8-sig")
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError) as error:
        raise InputError(f"{file.name} isn't UTF-8 text: {error}.", "Save it as UTF-8.") from error
    if len(line) >= HEADER_LIMIT or not text.strip() or "\0" in text:
        raise InputError(f"{file.name} has no header line of column names.", "Write the names into line 1.")
    separator = max(SEPARATORS, key=text.count)
    try:
        names = tuple(next(csv.reader([text.rstrip("\r\n")], delimiter=separator)))
    except csv.Error as error:  # a lone carriage return, a cell above the limit
        raise InputError(f"{file.name} line 1 can't be read as CSV: {error}.", "Save it anew.") from error
    double = next((name for name in names if names.count(name) > 1), None)
    if double is not None:
        raise InputError(f"{file.name} has two columns {double!r}.", "Give each column a name of its own.")
    return separator, names


def _table(file: Path, kind: Kind, table: str | None) -> str:
    names = _sqlite_tables(file) if kind == "sqlite" else _duckdb_tables(file)
    if table is not None:
        if table not in names:
            raise InputError(f"{file.name} has no table {table!r}:", near(table, names))
        return table
    if len(names) != 1:
        raise InputError(f"{file.name} has {len(names)} tables:", f"name one with --table: {', '.join(names[:20])}.")
    return names[0]


def _sqlite_tables(file: Path) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY name"
    try:
        with sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True) as database:
            names = [str(name) for (name,) in database.execute(query)]
        database.close()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise InputError(f"{file.name} can't be read as SQLite: {error}.", "Give a whole database.") from error
    return names


def _duckdb_tables(file: Path) -> list[str]:
    import duckdb

    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY 1"
    try:
        with duckdb.connect(str(file), read_only=True) as database:
            return [str(name) for (name,) in database.execute(query).fetchall()]
    except duckdb.Error as error:
        raise InputError(f"{file.name} can't be read as DuckDB: {error}.", "Give a whole database.") from error
