"""The reader's own claims: reading and checking a file, before any evidence is looked at.

Nothing of a cell is ever run or shown raw: a cell that looks like a formula or holds markup is refused, and what a
message quotes of it is cut and freed of characters that a terminal, a page or a spreadsheet would act on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from technopole.core.errors import InputError
from technopole.observations.variables import read_yaml
from technopole.snapshots.tables import ROW, read_csv

COLUMNS: Final = ("city", "indicator", "theme", "comparator", "value", "year", "unit")
MOST_CLAIMS: Final = 5000
LARGEST_FILE: Final = 2_000_000
LONGEST: Final = 200
SHOWN: Final = 40
FIRST_YEAR: Final = 1900
Asked = Literal["over", "at_least", "under", "at_most", "about", "equals", "rank"]
COMPARATORS: Final[dict[str, Asked]] = {
    ">": "over", "over": "over", "more than": "over",
    ">=": "at_least", "≥": "at_least", "at least": "at_least",
    "<": "under", "under": "under", "less than": "under",
    "<=": "at_most", "≤": "at_most", "at most": "at_most",
    "~": "about", "≈": "about", "about": "about",
    "=": "equals", "==": "equals", "equals": "equals",
    "rank": "rank", "rank<=": "rank", "first": "rank", "highest": "rank",
}  # fmt: skip
"""What a file may write -> what is asked. "rank" with a value of 10: the city is among the first ten of the world;
"first" and "highest" need no value."""
_UNSAFE_START: Final = re.compile(r"^\s*[=+\-@\t\r]")
_MARKUP: Final = re.compile(r"[<>]|&(#|\w+;)|javascript:", re.IGNORECASE)
_SIGNED: Final = re.compile(r"[+-]?\d[\d.,]*(e[+-]?\d+)?", re.IGNORECASE)


@dataclass(frozen=True)
class OwnClaim:
    """One claim of a file that is well formed. `where`: its line, or its place in a YAML list."""

    where: str
    city: str
    measure: str
    theme: str
    asked: Asked
    value: float
    year: int | None
    unit: str

    def statement(self) -> str:
        """Say the claim in words."""
        about = self.measure or f"theme {self.theme}"
        when = "" if self.year is None else f" in {self.year}"
        if self.asked == "rank":
            reached = "first" if self.value == 1 else f"among the first {self.value:,.0f}"
            return f"{self.city} is {reached} by {about}{when}"
        words = {"over": "over", "at_least": "at least", "under": "under", "at_most": "at most", "about": "about"}
        return f"{self.city}: {about} is {words.get(self.asked, 'exactly')} {self.value:,.10g}{when}"


@dataclass(frozen=True)
class Problem:
    """One line of a file that can't be used, and what to do."""

    where: str
    message: str


def safe(text: object) -> str:
    """Quote a cell so that nothing acts on it: printable, without markup, at most 40 characters."""
    flat = "".join(one if one.isprintable() else "·" for one in str(text))
    plain = flat.replace("<", "‹").replace(">", "›").replace("&", "+").replace("[", "(").replace("]", ")")
    return f"'{plain[:SHOWN]}{'…' if len(plain) > SHOWN else ''}'"


def read_own(path: Path, *, last_year: int) -> tuple[list[OwnClaim], list[Problem]]:
    """Read claims from CSV or YAML (by the file's ending), each line checked by itself.

    Parameters
    ----------
    path : CSV with the columns city, indicator or theme, comparator, value, year, and (may be absent) unit; or YAML, a
        list of mappings with these keys.
    last_year : the latest year that a claim may be about.

    Raises
    ------
    InputError, UpstreamError, FrameworkError : no such file, too large, another ending, not readable, a column that is
        missing or unknown, no rows.
    """
    if not path.is_file():
        raise InputError(f"{path} isn't there.", "Name a CSV or YAML file that exists.")
    if path.stat().st_size > LARGEST_FILE:
        raise InputError(f"{path.name} is larger than {LARGEST_FILE:,} bytes:", "split it.")
    ending = path.suffix.lower()
    problems: list[Problem] = []
    if ending == ".csv":
        rows = _csv_rows(path)
    elif ending in {".yaml", ".yml"}:
        rows, problems = _yaml_rows(path)
    else:
        raise InputError(f"{path.name} is neither .csv nor .yaml:", "save it as one of them.")
    if not rows and not problems:
        raise InputError(f"{path.name} holds no claim.", f"Give rows with {', '.join(COLUMNS)}.")
    if len(rows) > MOST_CLAIMS:
        raise InputError(f"{path.name} holds {len(rows):,} claims, more than {MOST_CLAIMS:,}:", "split it.")
    claims = []
    for where, row in rows:
        try:
            claims.append(_claim(where, row, last_year))
        except InputError as error:
            problems.append(Problem(where, str(error)))
    return claims, problems


def _csv_rows(path: Path) -> list[tuple[str, dict[str, str]]]:
    table = read_csv(path, separator=_separator(path))
    names = [name for name in table.columns if name != ROW]
    _known_keys(names, path.name)
    missing = [name for name in ("city", "comparator") if name not in names]
    if missing or not {"indicator", "theme"} & set(names):
        raise InputError(
            f"{path.name} lacks the column {missing[0] if missing else 'indicator (or theme)'!r}:",
            f"name the columns {', '.join(COLUMNS)}.",
        )
    return [
        (f"line {row[ROW]}", {name: (row[name] or "").strip() for name in names}) for row in table.iter_rows(named=True)
    ]


def _separator(path: Path) -> str:
    """Semicolon where the first line has it and no comma, as spreadsheets of many countries write; else comma."""
    with path.open("rb") as file:
        first = file.readline(1000)
    return ";" if b";" in first and b"," not in first else ","


def _yaml_rows(path: Path) -> tuple[list[tuple[str, dict[str, str]]], list[Problem]]:
    data = read_yaml(path)
    listed = data.get("claims") if isinstance(data, Mapping) else data
    if not isinstance(listed, list):
        raise InputError(f"{path.name} isn't a list of claims:", f"write '- city: …' with {', '.join(COLUMNS)}.")
    rows, problems = [], []
    for place, one in enumerate(listed, start=1):
        try:
            rows.append((f"claim {place}", _yaml_row(one)))
        except InputError as error:
            problems.append(Problem(f"claim {place}", str(error)))
    return rows, problems


def _yaml_row(one: Any) -> dict[str, str]:
    if not isinstance(one, Mapping):
        raise InputError("it isn't a mapping:", "write 'city: …' and the other keys.")
    _known_keys([str(key) for key in one], "it")
    nested = [str(key) for key, value in one.items() if isinstance(value, list | Mapping)]
    if nested:
        raise InputError(f"{nested[0]} is a list or a mapping:", "write one value.")
    return {str(key): _text(value) for key, value in one.items()}


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _known_keys(names: list[str], where: str) -> None:
    strange = [name for name in names if name not in COLUMNS]
    if strange:
        raise InputError(f"{where} has the unknown column {safe(strange[0])}:", f"known are {', '.join(COLUMNS)}.")


def _claim(where: str, row: Mapping[str, str], last_year: int) -> OwnClaim:
    for name, cell in row.items():
        _refuse_unsafe(name, cell)
    city, measure, theme = (row.get(name, "") for name in ("city", "indicator", "theme"))
    if not city:
        raise InputError("there is no city:", "name one.")
    if bool(measure) == bool(theme):
        raise InputError("an indicator or a theme is needed, and not both:", "see `technopole themes`.")
    written = row.get("comparator", "").casefold()
    if written not in COMPARATORS:
        raise InputError(f"the comparator is {safe(written)}:", f"write one of {', '.join(COMPARATORS)}.")
    asked = COMPARATORS[written]
    text = row.get("value", "")
    value = 1.0 if not text and written in {"first", "highest"} else _number(text)
    if asked == "rank" and (value < 1 or value != round(value)):
        raise InputError(f"a rank of {safe(text)} can't be:", "give a whole number from 1.")
    return OwnClaim(
        where, city, measure, theme, asked, value, _year(row.get("year", ""), last_year), row.get("unit", "")
    )


def _refuse_unsafe(name: str, cell: str) -> None:
    if len(cell) > LONGEST:
        raise InputError(f"{name} has {len(cell):,} characters:", f"at most {LONGEST}.")
    if name == "comparator" and cell.casefold() in COMPARATORS:
        return
    if _MARKUP.search(cell):
        raise InputError(f"{name} holds markup, {safe(cell)}:", "write plain text.")
    if _UNSAFE_START.match(cell) and not _SIGNED.fullmatch(cell.strip()):
        raise InputError(f"{name} looks like a formula, {safe(cell)}:", "write a name or a number.")
    if not cell.isprintable():
        raise InputError(f"{name} holds characters that can't be printed, {safe(cell)}:", "write plain text.")


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise InputError(f"the value is {safe(text)}:", "write a number such as 7000 or 0.5, without unit.") from None
    if not math.isfinite(value):
        raise InputError(f"the value is {safe(text)}:", "write a finite number.")
    return value


def _year(text: str, last_year: int) -> int | None:
    if not text:
        return None
    if not re.fullmatch(r"\d{4}", text):
        raise InputError(f"the year is {safe(text)}:", "write four digits, or leave it empty.")
    if not FIRST_YEAR <= int(text) <= last_year:
        raise InputError(f"the year {text} can't be:", f"give one from {FIRST_YEAR} to {last_year}.")
    return int(text)
