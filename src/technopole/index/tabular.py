"""A user's table of units: CSV, Parquet or Excel, as text and numbers, with the line of whatever is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import InputError
from technopole.indicators.declarations import suggestion
from technopole.snapshots.parquet import check_parquet, parquet
from technopole.snapshots.tables import ROW, read_csv, read_sheet, sheet_names

MISSING: Final = frozenset(
    {"", "NA", "N/A", "n/a", "#N/A", "n.a.", "NaN", "nan", "null", "None", ".", "..", "...", "…", ":"}
)
"""Marks of a missing value, those of statistical offices among them; a dash isn't one: there it often means zero."""
DECIMAL_COMMA: Final = re.compile(r"[-+]?\d+,\d+")
Floats = NDArray[np.float64]


def read_table(path: Path) -> pl.DataFrame:
    """Read a table with a header: .csv, .tsv (text), .parquet, .xlsx or .xls (first sheet), by its name's ending.

    A .csv whose first line has semicolons and no comma is separated by semicolons.

    Returns
    -------
    Columns as the file has them (text where it is text) and ``_row``, the line or sheet row (Parquet: row from 1).

    Raises
    ------
    InputError : no such file, another ending, not readable, a column that stands twice, no rows.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}.", "Name a CSV, Parquet or Excel file.")
    kind = path.suffix.lower()
    if kind in {".csv", ".tsv", ".txt"}:
        separator = _separator(path) if kind == ".csv" else "\t"
        _refuse_double_columns(path, separator)
        table = read_csv(path, separator=separator)
    elif kind == ".parquet":
        try:
            check_parquet(path)
            table = parquet(path).with_row_index(ROW, offset=1)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise InputError(f"{path.name} can't be read as Parquet.", "Write it anew, or give a CSV file.") from error
    elif kind in {".xlsx", ".xls"}:
        table = _read_excel(path)
    else:
        raise InputError(f"{path.name} is no CSV, Parquet or Excel file by its name.", "Give it the right ending.")
    if table.height == 0:
        others = sheet_names(path)[1:] if kind in {".xlsx", ".xls"} else []
        more = f"Only its first sheet is read: put {others[0]!r} there." if others else "Give at least one unit."
        raise InputError(f"{path.name} has no rows below its header.", more)
    return table


def numbers(table: pl.DataFrame, column: str, where: str) -> Floats:
    """One column as numbers; empty, NA and NaN are missing.

    Raises
    ------
    InputError : no such column (near names are suggested), or a cell that isn't a finite number, with its line.
    """
    series = required(table, column, where)
    if series.dtype.is_numeric() or series.dtype in {pl.Boolean, pl.Null}:
        values = series.cast(pl.Float64).fill_null(math.nan).to_numpy().astype(np.float64)
    else:
        values = np.array([_number(cell) for cell in series.cast(pl.String).to_list()])
        bad = [place for place, value in enumerate(values) if value == math.inf]
        if bad:
            row, cell = _line(table, bad[0]), series[bad[0]]
            comma = " (a decimal comma?)" if DECIMAL_COMMA.fullmatch(str(cell).strip()) else ""
            raise InputError(
                f"{where} line {row}, column {column!r}: {str(cell)!r} isn't a number{comma}.",
                "Write a plain number such as 1234.5, or leave the cell empty.",
            )
    if np.isinf(values).any():
        row = _line(table, int(np.flatnonzero(np.isinf(values))[0]))
        raise InputError(f"{where} line {row}, column {column!r} is infinite.", "Leave the cell empty.")
    return values


def labels(table: pl.DataFrame, column: str, where: str) -> list[str]:
    """One column as text; an empty cell is an empty text. Raises InputError where there is no such column."""
    return [str(cell) if cell is not None else "" for cell in required(table, column, where).to_list()]


def unique_labels(table: pl.DataFrame, column: str, where: str) -> list[str]:
    """The ids of the units. Raises InputError for an empty one, or one that stands twice (with both lines)."""
    ids = labels(table, column, where)
    first: dict[str, int] = {}
    for place, one in enumerate(ids):
        if not one:
            raise InputError(f"{where} line {_line(table, place)} has no {column!r}.", "Give each unit an id.")
        if one in first:
            raise InputError(
                f"{where}: the unit {one!r} stands in line {_line(table, first[one])} and in line "
                f"{_line(table, place)}.",
                "Keep one row a unit.",
            )
        first[one] = place
    return ids


def unique_rows(table: pl.DataFrame, unit: str, time: str, where: str) -> tuple[list[str], list[str]]:
    """Units and periods of a panel's rows.

    Raises
    ------
    InputError : an empty unit or period, or a unit that stands twice in one period (with both lines).
    """
    ids, times = labels(table, unit, where), labels(table, time, where)
    first: dict[tuple[str, str], int] = {}
    for place, row in enumerate(zip(ids, times, strict=True)):
        if not all(row):
            missing = unit if not row[0] else time
            raise InputError(f"{where} line {_line(table, place)} has no {missing!r}.", "Give each row both.")
        if row in first:
            raise InputError(
                f"{where}: the unit {row[0]!r} stands in line {_line(table, first[row])} and in line "
                f"{_line(table, place)} for {time} {row[1]}.",
                "Keep one row a unit and period.",
            )
        first[row] = place
    return ids, times


def required(table: pl.DataFrame, column: str, where: str) -> pl.Series:
    """One column. Raises InputError, suggesting near names, where it is absent."""
    if column not in table.columns:
        known = [name for name in table.columns if name != ROW]
        raise InputError(f"{where} has no column {column!r}:", suggestion(column, known))
    return table[column]


def _number(cell: str | None) -> float:
    """A number, NaN for missing, infinity for what isn't a number (told apart by the caller)."""
    if cell is None or cell.strip() in MISSING:
        return math.nan
    try:
        value = float(cell) if "_" not in cell else math.inf  # Python would read 1_000
    except ValueError:
        return math.inf
    return value if math.isfinite(value) else math.inf


def _line(table: pl.DataFrame, place: int) -> str:
    return str(table[ROW][place]) if ROW in table.columns else str(place + 1)


def _read_excel(path: Path) -> pl.DataFrame:
    try:
        return read_sheet(path, header_row=1, distinct=True)
    except ImportError as error:
        raise InputError(
            f"{path.name} needs the package python-calamine.", "Install technopole[build], or save the sheet as CSV."
        ) from error


def _first_line(path: Path) -> str:
    with path.open("rb") as file:
        return file.readline(1_000_000).decode("utf-8-sig", errors="replace")


def _separator(path: Path) -> str:
    line = _first_line(path)
    return ";" if ";" in line and "," not in line else ","


def _refuse_double_columns(path: Path, separator: str) -> None:
    line = _first_line(path)
    names: Sequence[str] = [name.strip().strip('"') for name in line.strip().split(separator)]
    double = [name for name in names if name and names.count(name) > 1]
    if double:
        raise InputError(f"{path.name} has two columns {double[0]!r}.", "Give each column a name of its own.")
