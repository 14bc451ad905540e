"""Observations of the user's own: read from CSV or Parquet, placed in the edition's cities, and checked row by row.

Two forms are read: rows of observations (made by hand, by `technopole data observe` or by `technopole measure`), and
the counts of `technopole attribute`, which become rows of one variable.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.snapshots.parquet import check_parquet, parquet, parquet_height
from technopole.cities.countries import country_code
from technopole.cities.resolve import Resolver
from technopole.cities.tables import CityTables
from technopole.core.errors import InputError, TechnopoleError, UnknownNameError
from technopole.core.types import RINGS, Boundary, Level, LicenceClass, Status
from technopole.editions.own_declarations import OWN
from technopole.indicators.declarations import suggestion
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import sha256_of

FILE_LIMIT_BYTES: Final = 100_000_000
MOST_ROWS: Final = 300_000
"""Of one file: 24 variables in every city of the frame under three boundaries."""
LONGEST_TEXT: Final = 200
TEXTS: Final = (
    "variable", "level", "place", "city", "country", "boundary", "unit", "period", "source", "licence_class", "status"
)  # fmt: skip
NUMBERS: Final = ("value", "records")
MEASURES: Final = ("points", "sum", "items")
GIVEN: Final = (Status.OBSERVED, Status.ZERO, Status.LOWER_BOUND)
"""Statuses that a row with a value may have; one that says why there is no value is left out."""
IDENTIFIER: Final = r"[a-z][a-z0-9_]{0,79}"

ROW_SCHEMA: Final[dict[str, Any]] = {
    "variable": pl.String,
    "level": pl.String,  # city | country
    "place": pl.String,  # city id, or ISO 3166 alpha-2
    "boundary": pl.String,
    "value": pl.Float64,
    "unit": pl.String,  # null where the file says none
    "period": pl.String,
    "source": pl.String,
    "licence_class": pl.String,
    "status": pl.String,  # one of GIVEN
    "records": pl.UInt32,
    "path": pl.String,  # name of the user's file
    "row": pl.String,  # its line or row
}


@dataclass(frozen=True)
class OwnFile:
    """One file that rows came from."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class OwnRows:
    """Rows in ROW_SCHEMA, one a variable, place and boundary, and the files behind them."""

    rows: pl.DataFrame
    files: tuple[OwnFile, ...]


def read_rows(
    observations: Iterable[Path], attributed: Mapping[str, Path], cities: CityTables, default_source: str = OWN
) -> OwnRows:
    """Read and check the user's files.

    Parameters
    ----------
    observations : files with at least ``variable``, ``value`` and a place: ``place`` (city id, slug, or country code),
        or ``city`` and, where several share the name, ``country``. Without ``boundary`` a value holds under all three.
    attributed : variable, or variable:measure (points, sum, items) -> counts of `technopole attribute`.
    cities : reference tables of the edition, with the user's own cities.
    default_source : of rows that name none.

    A row without a value whose status says why is left out: what isn't known needs no row.

    Raises
    ------
    InputError, UnknownNameError, UpstreamError : names the file and the row, and says what is wrong with it.
    """
    parts, files = [], []
    places = _Places(cities)
    for path in observations:
        parts.append(_observations(path, places, default_source))
        files.append(path)
    for name, path in attributed.items():
        parts.append(_attributed(path, name, places, default_source))
        files.append(path)
    names = [path.name for path in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"two files are called {twice[0]}:", "provenance needs a name of its own for each; rename one.")
    rows = pl.concat(parts) if parts else pl.DataFrame(schema=ROW_SCHEMA)
    _refuse_repeats(rows)
    return OwnRows(rows, tuple(OwnFile(path.name, path.stat().st_size, sha256_of(path)) for path in files))


def _observations(path: Path, places: _Places, default_source: str) -> pl.DataFrame:
    table = _columns(path, {"variable", "value"})
    if not {"place", "city"} & set(table.columns):
        raise InputError(f"{path.name} has neither `place` nor `city`:", "say where each value is.")
    rows: list[dict[str, Any]] = []
    for row in table.iter_rows(named=True):
        try:
            rows.extend(_row(row, places, default_source))
        except TechnopoleError as error:
            raise type(error)(f"{path.name} row {row[ROW]}: {error.what}", error.remedy) from error
    return pl.DataFrame([{**one, "path": path.name} for one in rows], schema=ROW_SCHEMA)


def _row(row: Mapping[str, Any], places: _Places, default_source: str) -> list[dict[str, Any]]:
    """One row under each boundary that it holds for, checked."""
    variable, level = row.get("variable") or "", row.get("level") or Level.CITY.value
    if not variable:
        raise InputError("no variable:", "name what was measured.")
    if level not in (Level.CITY.value, Level.COUNTRY.value):
        raise InputError(f"{level!r} is no level that is taken:", "give city or country.")
    boundary, licence = row.get("boundary"), row.get("licence_class")
    if boundary and boundary not in list(Boundary):
        raise UnknownNameError(f"there is no boundary {boundary!r}:", suggestion(boundary, list(Boundary)))
    if licence and licence not in list(LicenceClass):
        raise UnknownNameError(f"there is no licence class {licence!r}:", suggestion(licence, list(LicenceClass)))
    for name in ("unit", "period", "source"):
        if len(row.get(name) or "") > LONGEST_TEXT or not (row.get(name) or "").isprintable():
            raise InputError(f"the {name} is too long, or holds control characters:", "give a few words.")
    status = row.get("status") or Status.OBSERVED.value
    if status not in list(Status):
        raise UnknownNameError(f"there is no status {status!r}:", suggestion(status, list(Status)))
    if row.get("value") is None and status not in GIVEN:
        return []
    if status not in GIVEN:
        raise InputError(f"a value can't be {status!r}:", f"give {', '.join(GIVEN)}, or leave the row out.")
    place = places.country(row) if level == Level.COUNTRY.value else places.city(row)
    records = _number(row["records"], "records") if row.get("records") is not None else 1.0
    if not (records.is_integer() and 0 <= records < 2**32):
        raise InputError(f"{row['records']} records can't be:", "give a whole number.")
    found = {
        "variable": variable, "level": level, "place": place, "value": _number(row["value"], "value"),
        "unit": row.get("unit"), "period": row.get("period"), "source": row.get("source") or default_source,
        "licence_class": licence, "status": status, "records": int(records), "row": row[ROW],
    }  # fmt: skip
    return [{**found, "boundary": one} for one in ([boundary] if boundary else list(RINGS))]


def _number(cell: Any, what: str) -> float:
    try:
        number = float(cell)
    except (TypeError, ValueError):
        raise InputError(f"the {what} {cell!r} is no number:", "leave the row out where nothing is known.") from None
    if not math.isfinite(number) or abs(number) > 1e100:
        raise InputError(f"the {what} {cell!r} isn't finite:", "leave the row out where nothing is known.")
    return number


class _Places:
    """Places as users write them. State earned: the resolver is built once, and each name is looked up once."""

    def __init__(self, cities: CityTables) -> None:
        self._cities = cities
        frame = cities.frame
        self._known = dict(zip(frame["slug"], frame["city"], strict=True))
        self._known |= {str(city): city for city in frame["city"]}
        self._countries = set(frame["country"])
        self._names: dict[tuple[str, str], str] = {}
        self._resolver: Resolver | None = None

    def city(self, row: Mapping[str, Any]) -> str:
        """City id of a row, by id or slug, else by name."""
        written = str(row.get("place") or "").strip()
        if written:
            if written in self._known:
                return str(self._known[written])
            raise UnknownNameError(f"there is no city {written!r}:", suggestion(written, list(self._known)))
        name, country = str(row.get("city") or "").strip(), str(row.get("country") or "").strip()
        if not name:
            raise InputError("no place:", "give `place` (an id or slug) or `city`.")
        if (name, country) not in self._names:
            self._names[name, country] = self._resolved(name, country)
        return self._names[name, country]

    def country(self, row: Mapping[str, Any]) -> str:
        """ISO code of a row about a country."""
        written = str(row.get("place") or row.get("country") or "").strip()
        code = country_code(written) if written else None
        if code is None or code not in self._countries:
            raise UnknownNameError(f"there is no country {written!r}:", "give its ISO code (JP) or English name.")
        return code

    def _resolved(self, name: str, country: str) -> str:
        if self._resolver is None:
            self._resolver = Resolver(self._cities)
        asked = pl.DataFrame({"name": [name], "country": [country or None], "admin1": [None]}, schema_overrides={
            "name": pl.String, "country": pl.String, "admin1": pl.String})  # fmt: skip
        answer = self._resolver.resolve(asked).row(0, named=True)
        if answer["city"] is None:
            raise UnknownNameError(
                f"{name!r} can't be placed ({answer['reason']}):", "give `place`; `technopole resolve` helps."
            )
        return str(answer["city"])


def _columns(path: Path, needed: set[str]) -> pl.DataFrame:
    """Columns of a file that are known, as text and numbers, with ROW."""
    if not path.is_file():
        raise InputError(f"{path} isn't there, or is no file.", "Name a file of observations.")
    if path.stat().st_size > FILE_LIMIT_BYTES:
        raise InputError(f"{path.name} is larger than {FILE_LIMIT_BYTES // 1_000_000} MB:", "split it.")
    kind = path.suffix.lower()
    if kind == ".csv":
        table = read_csv(path)
    elif kind == ".parquet":
        table = _parquet(path)
    else:
        raise InputError(f"{path.name} is neither .csv nor .parquet by its name:", "save it as one of them.")
    missing = sorted(needed - set(table.columns))
    if missing:
        raise InputError(f"{path.name} lacks the column {missing[0]!r}; it has {', '.join(table.columns[1:])}.")
    if table.is_empty():
        raise InputError(f"{path.name} has no rows.")
    if table.height > MOST_ROWS:
        raise _too_many(path, table.height)
    return table


def _too_many(path: Path, height: int) -> InputError:
    return InputError(f"{path.name} has {height:,} rows, {MOST_ROWS:,} are taken:", "split it, or add rows up first.")


def _parquet(path: Path) -> pl.DataFrame:
    try:
        # counted first: a small file may unpack to more than memory holds
        height = parquet_height(path)
        if height > MOST_ROWS:
            raise _too_many(path, height)
        check_parquet(path)
        table = parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise InputError(f"{path.name} can't be read as Parquet: {str(error)[:200]}.") from error
    known = [*TEXTS, *NUMBERS, *MEASURES, "id", "category"]
    kept = [name for name in table.columns if name in known]
    nested = next((name for name in kept if table[name].dtype.is_nested() or table[name].dtype == pl.Binary), None)
    if nested:
        raise InputError(f"the column {nested!r} of {path.name} holds no plain values:", "write text or numbers.")
    texts = [pl.col(name).cast(pl.String) for name in kept if name not in (*NUMBERS, *MEASURES)]
    numbers = [pl.col(name) for name in kept if name in (*NUMBERS, *MEASURES)]
    return table.select(*texts, *numbers).with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.String))


def _attributed(path: Path, name: str, places: _Places, default_source: str) -> pl.DataFrame:
    """Counts of `technopole attribute` as rows of one variable; categories are added up."""
    variable, _, measure = name.partition(":")
    measure = measure or "points"
    if measure not in MEASURES:
        raise UnknownNameError(f"attribute has no measure {measure!r}:", suggestion(measure, list(MEASURES)))
    table = _columns(path, {"id", "boundary", "points", measure})
    absent = sorted(set(Boundary) - set(table["boundary"]))
    if absent:
        raise InputError(f"{path.name} has nothing under {absent[0]}:", "count under all boundaries, without --boundary.")
    if measure == "items" and table.select(pl.struct("id", "boundary").is_duplicated().any()).item():
        raise InputError(f"distinct items of several categories can't be added ({path.name}):", "count without --by.")
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in table.iter_rows(named=True):
        made = {"variable": variable, "place": row["id"], "boundary": row["boundary"], "value": row[measure],
                "records": row["points"], ROW: row[ROW]}  # fmt: skip
        try:
            (one,) = _row(made, places, default_source)
        except TechnopoleError as error:
            raise type(error)(f"{path.name} row {row[ROW]}: {error.what}", error.remedy) from error
        key = (one["place"], one["boundary"])
        if key in found:
            one["value"] += found[key]["value"]
            one["records"] += found[key]["records"]
            one["row"] = f"{found[key]['row']}; {one['row']}"
        found[key] = one
    return pl.DataFrame([{**one, "path": path.name} for one in found.values()], schema=ROW_SCHEMA)


def _refuse_repeats(rows: pl.DataFrame) -> None:
    keys = ["variable", "level", "place", "boundary"]
    repeated = rows.filter(pl.struct(keys).is_duplicated()).sort(keys)
    if repeated.height:
        first, second = repeated.row(0, named=True), repeated.row(1, named=True)
        raise InputError(
            f"{first['variable']} of {first['place']} ({first['boundary']}) stands twice: {first['path']} row "
            f"{first['row']} and {second['path']} row {second['row']}:",
            "keep one.",
        )
