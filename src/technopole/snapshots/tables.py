"""Upstream tables as data frames of text with the place of each row, and nothing else.

Every reader returns ``_row``: the physical line of a CSV file (the header is line 1; a record that spans several
lines is named by its first), or the sheet row of a spreadsheet, as a string. All other columns are text: types are
the source's business, so that "NA" (Namibia) and "007" survive.
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.snapshots.parquet import check_parquet, damage_is_an_error, parquet
from technopole.snapshots.workbooks import check_workbook

ROW = "_row"
CELL_LIMIT = 1_000_000


def read_csv(
    path: Path,
    *,
    columns: list[str] | None = None,
    separator: str = ",",
    encoding: str = "utf-8-sig",
    header: bool = True,
) -> pl.DataFrame:
    """Read a CSV file as text columns plus ``_row``.

    Parameters
    ----------
    path : the file.
    columns : the columns wanted (all when None). With ``header=False``, the names of all columns in order.
    separator, encoding : as the file has them.
    header : whether line 1 names the columns.

    Missing cells (short lines, empty cells) become null.

    Raises
    ------
    UpstreamError : empty file, wrong encoding, NUL bytes, a missing column, a line with too many cells.
    """
    try:
        text = path.read_bytes().decode(encoding)
    except UnicodeDecodeError as error:
        raise UpstreamError(f"{path.name} isn't {encoding} text (byte {error.start}):", "save it as UTF-8.") from error
    if not text.strip():
        raise UpstreamError(f"{path.name} is empty.")
    if "\0" in text:
        raise UpstreamError(f"{path.name} holds NUL bytes:", "it isn't text, or has another encoding.")
    csv.field_size_limit(CELL_LIMIT)
    # strict: an unclosed quote is an error, never a silently swallowed rest of the file
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        names = next(reader) if header else list(columns or ())
        wanted = names if columns is None or not header else columns
        missing = [name for name in wanted if name not in names]
        if missing:
            raise UpstreamError(f"{path.name} lacks the column {missing[0]!r}; it has {', '.join(names)}.")
        places = [(names.index(name)) for name in wanted]
        rows: list[str] = []
        cells: list[list[str | None]] = [[] for _ in wanted]
        line = reader.line_num + 1
        for record in reader:
            if record:
                if len(record) > len(names):
                    raise UpstreamError(f"{path.name} line {line} has {len(record)} cells, {len(names)} expected.")
                rows.append(str(line))
                for column, place in zip(cells, places, strict=True):
                    column.append((record[place] or None) if place < len(record) else None)
            line = reader.line_num + 1
    except csv.Error as error:
        raise UpstreamError(f"{path.name} line {reader.line_num} can't be read as CSV: {error}.") from error
    data = dict(zip(wanted, cells, strict=True))
    schema: dict[str, Any] = {ROW: pl.String, **dict.fromkeys(wanted, pl.String)}
    return pl.DataFrame({ROW: rows, **data}, schema=schema)


def read_sheet(
    path: Path, *, header_row: int, sheet: int | str = 0, columns: list[str] | None = None, distinct: bool = False
) -> pl.DataFrame:
    """Read one sheet of a workbook (xls, xlsx) as text columns plus ``_row``.

    Parameters
    ----------
    header_row : the sheet row (from 1) that names the columns; rows above it are ignored. Unnamed columns are dropped.
    sheet : position or name.
    columns : the columns wanted (all when None). distinct : refuse two columns of one name (else the last counts).

    Numbers are written without a trailing ``.0``; dates in ISO form; empty cells become null.

    Raises
    ------
    UpstreamError : not a workbook, one that would swell (`check_workbook`), no such sheet, fewer rows than the
        header's, a missing column, with `distinct` a column twice.
    """
    grid = _grid(path, sheet)
    if len(grid) < header_row:
        raise UpstreamError(f"{path.name} has {len(grid)} rows; row {header_row} should name its columns.")
    named = [(place, str(name).strip()) for place, name in enumerate(grid[header_row - 1]) if str(name).strip()]
    places = {_cell(grid[header_row - 1][place]) or name: place for place, name in named}
    if distinct and len(places) < len(named):
        double = next(name for place, name in named if places[_cell(grid[header_row - 1][place]) or name] != place)
        raise UpstreamError(f"{path.name} has two columns {double!r}.", "Give each column a name of its own.")
    wanted = list(places) if columns is None else columns
    missing = [name for name in wanted if name not in places]
    if missing:
        raise UpstreamError(
            f"{path.name} row {header_row} lacks the column {missing[0]!r}; it has {', '.join(places)}."
        )
    cells = {name: [_cell(row[places[name]]) for row in grid[header_row:]] for name in wanted}
    rows = [str(number) for number in range(header_row + 1, len(grid) + 1)]
    schema: dict[str, Any] = {ROW: pl.String, **dict.fromkeys(wanted, pl.String)}
    return pl.DataFrame({ROW: rows, **cells}, schema=schema)


def read_cells(path: Path, sheet: int | str) -> list[list[str | None]]:
    """Every cell of a sheet as text, row by row from A1 on; numbers, dates and empty cells as `read_sheet`.

    Raises
    ------
    UpstreamError : not a workbook, one that would swell, no such sheet.
    """
    return [[_cell(value) for value in row] for row in _grid(path, sheet)]


def _grid(path: Path, sheet: int | str) -> list[list[Any]]:
    import python_calamine

    check_workbook(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(path)
        page = book.get_sheet_by_index(sheet) if isinstance(sheet, int) else book.get_sheet_by_name(sheet)
        return page.to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, IndexError) as error:
        raise UpstreamError(f"{path.name} can't be read as a workbook: {error}.") from error


def _cell(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip() or None


def sheet_names(path: Path) -> list[str]:
    """Names of a workbook's sheets, in their order; raises as `read_sheet`."""
    import python_calamine

    check_workbook(path)
    try:
        return list(python_calamine.CalamineWorkbook.from_path(path).sheet_names)
    except python_calamine.CalamineError as error:
        raise UpstreamError(f"{path.name} can't be read as a workbook: {error}.") from error


def read_parquet(path: Path, *, columns: list[str]) -> pl.DataFrame:
    """Read columns of a Parquet file, with their own types, plus ``_row``: the number of the row, from 1.

    Raises
    ------
    UpstreamError : not a Parquet file, or a column is missing.
    """
    try:
        with damage_is_an_error():
            names = pl.read_parquet_schema(path)
        missing = [name for name in columns if name not in names]
        if missing:
            raise UpstreamError(f"{path.name} lacks the column {missing[0]!r}; it has {', '.join(names)}.")
        check_parquet(path)
        table = parquet(path, columns)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UpstreamError(f"{path.name} can't be read as Parquet: {error}.") from error
    return table.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.String))


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    UpstreamError : not UTF-8 or not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # of which wrong encoding, wrong JSON, absurdly long numbers
        raise UpstreamError(f"{path.name} can't be read as JSON: {error}.") from error
