"""What a claim is tested on: measures of an edition, published figures, probabilities of ranks, initiatives.

The layers above gather it; this package opens no edition.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import InputError

FIGURES: Final = Path(__file__).with_name("evidence.csv")
COLUMNS: Final = ("id", "place", "what", "value", "unit", "year", "bound", "of", "tag", "origin", "citation", "url")
DATE: Final = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-\d{2})?")


@dataclass(frozen=True)
class Figure:
    """One published figure or statement about a place, as its source gives it.

    Attributes
    ----------
    value : number; of a date (unit "date") the year with its months as a fraction; None of a statement without one.
    text : the value as the source writes it. year : of the value; None where the source doesn't say.
    bound : ``below`` ("nearly 7,000"), ``above`` ("more than"), or empty.
    of : length of the list when the value is a rank; None where unknown.
    tag : what the source says in one controlled word, for tests of definition.
    origin : who made the figure. Two figures of one origin are one source, wherever they were read.
    """

    id: str
    place: str
    what: str
    text: str
    value: float | None
    unit: str
    year: int | None
    bound: str
    of: int | None
    tag: str
    origin: str
    citation: str
    url: str


@dataclass(frozen=True)
class Measure:
    """One variable or indicator of the edition in every city.

    `table`: city, slug, name, country, boundary, value (null where missing), status, period, source. `level`: city, or
    country when the values are those of countries that the cities inherit. `source`: the first; `cited`: citation and
    address of each source in the table.
    """

    id: str
    title: str
    unit: str
    level: str
    period: str
    source: str
    citation: str
    url: str
    table: pl.DataFrame
    cited: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Deed:
    """An initiative of a city, as far as a claim needs it."""

    id: str
    theme: str
    what: str
    year: str
    publisher: str
    citation: str
    url: str


Probabilities = Mapping[str, NDArray[np.float64]]
"""Slug -> (places,): probability of ranking within the first 1, 2, 3 … places."""


@dataclass(frozen=True)
class Evidence:
    """Everything that the tests may use. What isn't there makes a test unknown, never false.

    `names`, `countries`: slug and code to English name. `ranked`: slugs of the ranked cities. `standings`: by lens,
    side and region ("" is the world). `deeds`: initiatives by slug. `reading`: how far vague words reach.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    countries: Mapping[str, str] = field(default_factory=dict)
    ranked: frozenset[str] = frozenset()
    measures: Mapping[str, Measure] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    standings: Mapping[tuple[str, str, str], Probabilities] = field(default_factory=dict)
    deeds: Mapping[str, tuple[Deed, ...]] = field(default_factory=dict)
    edition: str = ""
    reading: float = 1.0


@cache
def figures(path: Path = FIGURES) -> dict[str, Figure]:
    """Read the figures, by id.

    Raises
    ------
    InputError : a column is missing, an id stands twice, or a cell isn't of its kind; names file and line.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise InputError(f"{path.name} has other columns than {', '.join(COLUMNS)}:", "restore the first line.")
        found: dict[str, Figure] = {}
        for number, row in enumerate(reader, start=2):
            try:
                one = _figure(row)
            except ValueError as error:
                raise InputError(f"{path.name}, line {number}: {error}.", "Correct the cell.") from error
            if one.id in found:
                raise InputError(f"{path.name}, line {number}: {one.id!r} stands twice.", "Give each its own id.")
            found[one.id] = one
    return found


def _figure(row: Mapping[str, str]) -> Figure:
    bound = row["bound"]
    if bound not in {"", "below", "above"}:
        raise ValueError(f"bound is {bound!r}, not below, above or empty")
    if not row["origin"] or not row["citation"] or not row["url"]:
        raise ValueError("origin, citation and url are needed")
    return Figure(
        id=row["id"],
        place=row["place"],
        what=row["what"],
        text=row["value"],
        value=_value(row["value"], row["unit"]),
        unit=row["unit"],
        year=int(row["year"]) if row["year"] else None,
        bound=bound,
        of=int(row["of"]) if row["of"] else None,
        tag=row["tag"],
        origin=row["origin"],
        citation=row["citation"],
        url=row["url"],
    )


def _value(text: str, unit: str) -> float | None:
    if not text:
        return None
    if unit != "date":
        return float(text)
    match = DATE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no date such as 2001 or 2001-11")
    # a year alone is taken at its middle: earlier or later within it isn't known
    return int(match[1]) + (0.5 if match[2] is None else (int(match[2]) - 0.5) / 12)


@dataclass(frozen=True)
class Item:
    """One piece of evidence behind a finding, as it is shown. `source`: whose number it is."""

    kind: str  # observation | figure | probability | initiative
    id: str
    source: str
    place: str
    value: float | str | None
    unit: str
    year: str
    citation: str
    url: str

    def to_json(self) -> dict[str, Any]:
        """Return the documented keys."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def item_of(figure: Figure) -> Item:
    """Show a figure as evidence."""
    value: float | str | None = figure.text if figure.unit == "date" else figure.value
    year = "" if figure.year is None else str(figure.year)
    return Item("figure", figure.id, figure.origin, figure.place, value, figure.unit, year, figure.citation, figure.url)
