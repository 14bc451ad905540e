"""The checks that every source's records pass before they may enter an edition."""

from __future__ import annotations

import polars as pl

from technopole.core.errors import SourceCheckError
from technopole.observations.schema import RECORD_SCHEMA
from technopole.observations.variables import Meta, Variable


def check_records(records: pl.DataFrame, meta: Meta) -> None:
    """Check records against the source's declaration.

    Raises
    ------
    SourceCheckError : another schema, an undeclared variable, a null or non-finite amount, a place and a reason (or
        neither), a total, count or single value outside its declared range (a unit error, a silent drop, a doubling),
        or too little resolved. The message names the source and the variable.
    """
    if records.schema != pl.Schema(RECORD_SCHEMA):
        raise SourceCheckError(f"{meta.id}: records don't have the columns of RECORD_SCHEMA.")
    declared = {variable.id for variable in meta.variables}
    strange = sorted(set(records["variable"].unique()) - declared)
    if strange:
        raise SourceCheckError(f"{meta.id}: {strange[0]} isn't declared in meta.yaml.")
    if records.filter(pl.col("place").is_null() == pl.col("reason").is_null()).height:
        raise SourceCheckError(f"{meta.id}: each record needs either a place or a reason.")
    if records.filter(pl.col("place").is_not_null() & ~pl.col("ring").is_in([0, 1, 2]).fill_null(value=False)).height:
        raise SourceCheckError(f"{meta.id}: a placed record needs ring 0, 1 or 2.")
    for variable in meta.variables:
        _check_variable(records.filter(pl.col("variable") == variable.id), variable, meta.id)


def _check_variable(records: pl.DataFrame, variable: Variable, source: str) -> None:
    amounts = records["amount"]
    if amounts.null_count() or not amounts.is_finite().all():
        raise SourceCheckError(f"{source}: {variable.id} has amounts that aren't numbers.")
    expected = variable.expected
    placed = records.filter(pl.col("place").is_not_null())
    total = float(amounts.sum())
    measured: list[tuple[str, float, tuple[float, float]]] = [
        ("number of records", records.height, expected.records),
        (f"total ({variable.unit})", total, expected.total),
        ("number of places", placed["place"].n_unique(), expected.places),
    ]
    if records.height:
        low, high = float(amounts.min() or 0), float(amounts.max() or 0)  # type: ignore[arg-type]
        measured += [(f"smallest amount ({variable.unit})", low, expected.value)]
        measured += [(f"largest amount ({variable.unit})", high, expected.value)]
    for what, value, (least, most) in measured:
        if not least <= value <= most:
            raise SourceCheckError(
                f"{source}: {variable.id}: {what} is {value:,.10g}, expected {least:,.10g} to {most:,.10g}:",
                "a unit error or dropped rows? Mend the source, or renew `expected` in its meta.yaml.",
            )
    share = float(placed["amount"].sum()) / total if total else 1.0
    if share < expected.resolved_share:
        raise SourceCheckError(
            f"{source}: {variable.id}: {share:.1%} is resolved, {expected.resolved_share:.1%} expected:",
            "see `technopole data status --unresolved`.",
        )
