"""What a person declared about the frame (exceptions.yaml): corrections, merges, splits, anchors, heads, names."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any, Literal

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from technopole.core.errors import SourceCheckError


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Correction(_Declared):
    """One wrong cell of WUP. A correction whose expected value is gone fails the build."""

    code: str
    city: str
    column: str
    expect: str
    value: str
    why: str


class PlaceCorrection(_Declared):
    """One wrong cell of GeoNames (latitude, longitude or population). It expires as a `Correction` does."""

    place: int
    city: str
    column: Literal["latitude", "longitude", "population"]
    expect: float
    value: float
    why: str


class Merge(_Declared):
    """Agglomerations that a public definition holds to be one: WUP codes, head first."""

    city: str
    members: dict[str, str]  # WUP code -> label, so that a reader needs no lookup; the first names the city
    definition: str  # the public definition that makes them one
    why: str


class Split(_Declared):
    """An agglomeration that the distance rule may not merge with any other."""

    code: str
    city: str
    why: str


class Anchor(_Declared):
    """A further centre of one agglomeration, which its WUP label or definition names."""

    code: str
    place: int
    city: str
    why: str


class Head(_Declared):
    """The GeoNames place of an agglomeration, where the matching rule finds none or the wrong one."""

    code: str
    city: str
    place: int
    why: str


class Exceptions(_Declared):
    """The whole file."""

    corrections: tuple[Correction, ...]
    geonames: tuple[PlaceCorrection, ...]
    merges: tuple[Merge, ...]
    splits: tuple[Split, ...]
    anchors: tuple[Anchor, ...]
    heads: tuple[Head, ...]
    names: dict[str, str]  # WUP code -> common English name


@cache
def read_exceptions() -> Exceptions:
    """The declared exceptions of the frame.

    Raises
    ------
    SourceCheckError : the file breaks its schema.
    """
    text = resources.files(__package__).joinpath("exceptions.yaml").read_text(encoding="utf-8")
    content: Any = yaml.safe_load(text)
    try:
        return Exceptions.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SourceCheckError(f"exceptions.yaml: {place}: {first['msg']}.", "Repair the entry.") from error


def correct(table: pl.DataFrame, corrections: tuple[Correction, ...]) -> pl.DataFrame:
    """Apply corrections to WUP's text table (columns as upstream names them).

    Raises
    ------
    SourceCheckError : a row is gone, or no longer holds the expected wrong value.
    """
    for item in corrections:
        table = _corrected(table, "City Code", item.code, item, f"WUP 2018, city {item.code}")
    return table


def correct_places(places: pl.DataFrame, corrections: tuple[PlaceCorrection, ...]) -> pl.DataFrame:
    """Apply corrections to the table of GeoNames places (``place, latitude, longitude, population``).

    Raises
    ------
    SourceCheckError : a place is gone, or no longer holds the expected wrong value.
    """
    for item in corrections:
        places = _corrected(places, "place", item.place, item, f"GeoNames place {item.place}")
    return places


def _corrected(
    table: pl.DataFrame, key: str, row: object, item: Correction | PlaceCorrection, where: str
) -> pl.DataFrame:
    """Put the right value where the wrong one is expected; `row`: value of the column `key` in that row."""
    hit = pl.col(key) == row
    found = table.filter(hit)[item.column].to_list()
    if found != [item.expect]:
        raise SourceCheckError(
            f"{where} ({item.city}): expected {item.column}={item.expect!r}, found {found}:",
            "upstream has changed; remove or renew the correction in cities/exceptions.yaml.",
        )
    value = pl.lit(item.value).cast(table.schema[item.column])
    return table.with_columns(pl.when(hit).then(value).otherwise(pl.col(item.column)).alias(item.column))
