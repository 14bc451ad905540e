"""The user's columns, whatever their types, as the columns that the attribution expects; as part of the expression.

Text is read by one rule on every engine: a plain decimal number, or nothing. Categories and items are text, integers,
booleans or dates, because engines write other types differently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from technopole.cities.bulk.pointfile import near
from technopole.core.errors import InputError

if TYPE_CHECKING:
    import ibis.expr.types as ir  # type: ignore[import-untyped]

NUMBER: Final = r"^[ \t]*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[ \t]*$"

LARGEST: Final = 1.7976931348623157e308


@dataclass(frozen=True)
class Columns:
    """Columns of the points: names, None where the user named none."""

    latitude: str
    longitude: str
    by: str | None = None
    value: str | None = None
    distinct: str | None = None
    country: str | None = None


def named_columns(table: ir.Table, columns: Columns) -> ir.Table:
    """Select and convert: `latitude, longitude` and, where named, `category, value, broken, item, country`.

    `value` is null where the cell is empty or isn't a finite number; `broken` says where it wasn't empty.

    Raises
    ------
    InputError : a column is absent (near names are suggested), or of a type that can't be used.
    """
    latitude, longitude = (_number(_column(table, name)) for name in (columns.latitude, columns.longitude))
    chosen: dict[str, ir.Value] = {"latitude": latitude, "longitude": longitude}
    if columns.by is not None:
        chosen["category"] = _text(_column(table, columns.by))
    if columns.value is not None:
        raw = _column(table, columns.value)
        number = _number(raw)
        finite = is_finite(number)
        chosen["value"] = finite.ifelse(number, None).cast("float64")
        filled = raw.notnull()
        if raw.type().is_string():
            filled &= raw.strip() != ""
        elif raw.type().is_floating():
            filled |= raw.isnan().fill_null(False)  # Ibis takes nan for null on Spark, and not on DuckDB
        chosen["broken"] = filled & ~finite
    if columns.distinct is not None:
        chosen["item"] = _text(_column(table, columns.distinct))
    if columns.country is not None:
        chosen["country"] = _text(_column(table, columns.country)).strip().upper().nullif("")
    return table.select(**chosen)


def is_finite(number: ir.Value) -> ir.Value:
    """Neither null nor nan nor infinite, in words that every engine takes alike (nan is above every number)."""
    return number.notnull() & (number.abs() <= LARGEST)


def _column(table: ir.Table, name: str) -> ir.Value:
    if name not in table.columns:
        raise InputError(f"the points have no column {name!r}:", near(name, list(table.columns)))
    return table[name]


def _number(column: ir.Value) -> ir.Value:
    kind = column.type()
    if kind.is_string():
        return column.re_search(NUMBER).ifelse(column.strip(), None).try_cast("float64")
    if kind.is_numeric() or kind.is_null():
        return column.cast("float64")
    raise InputError(f"column {column.get_name()!r} holds {kind}, not numbers:", "name a column of numbers.")


def _text(column: ir.Value) -> ir.Value:
    kind = column.type()
    if kind.is_string():
        return column.nullif("")
    if kind.is_integer() or kind.is_boolean() or kind.is_date() or kind.is_null():
        return column.cast("string")
    raise InputError(
        f"column {column.get_name()!r} holds {kind}:", "categories and items are text, integers, booleans or dates."
    )
