"""Attribution of a table of points of any size: counts, sums and distinct counts per unit, boundary and category."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from technopole.cities.bulk.columns import Columns, named_columns
from technopole.cities.bulk.engines import first_rows, opened
from technopole.cities.bulk.expression import attribution, distinct_items
from technopole.cities.bulk.pointfile import PointFile
from technopole.cities.bulk.suspicions import SAMPLE, suspicions
from technopole.cities.bulk.territory import OUTSIDE, RINGS_PER_UNIT, Territory
from technopole.cities.points import REASONS
from technopole.core.errors import InputError

DIGITS: Final = 10
"""Significant digits of a sum: engines add in any order, and the last bits of a sum depend on it."""


@dataclass(frozen=True)
class AttributionResult:
    """What was counted.

    Attributes
    ----------
    points : how many rows were read.
    inside : ``id, slug, name, country, boundary, category, points`` and, where asked for, ``sum, values, items``; one
        row a unit, boundary and category with points. Boundaries are nested: a wider one holds the points of the
        narrower. Sorted by boundary (narrowest first), falling points, id, category.
    outside : ``boundary, reason, category, points`` and, where asked for, ``sum, values``. Under each boundary the
        points inside and outside add up to all points.
    broken : cells of the value column that hold no finite number; None when no value was asked for.
    remarks : what looks wrong with the points.
    """

    points: int
    inside: pl.DataFrame
    outside: pl.DataFrame
    broken: int | None
    remarks: tuple[str, ...]


def attribute_points(
    points: PointFile,
    columns: Columns,
    territory: Territory,
    *,
    engine: str = "duckdb",
    boundaries: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> AttributionResult:
    """Attribute points.

    Parameters
    ----------
    engine : duckdb or spark; both give the same result.
    boundaries : those wanted, all when empty.

    Raises
    ------
    InputError : unknown engine or boundary, missing columns or libraries, unreadable points.
    """
    strange = next((one for one in boundaries if one not in territory.rings), None)
    if strange is not None:
        raise InputError(f"{territory.name} have no boundary {strange!r}:", f"give {', '.join(territory.rings)}.")
    with opened(engine, points, territory, columns.country is not None) as session:
        named = named_columns(session.points, columns)
        remarks = suspicions(first_rows(session.files, columns, SAMPLE), territory)
        for remark in remarks:
            progress(f"remark: {remark}")
        counts = session.run(attribution(named, session, territory))
        items = None
        if columns.distinct is not None:
            items = session.run(distinct_items(named, session, territory))
    return _result(counts, items, territory, tuple(boundaries) or territory.rings, remarks)


def _result(
    counts: pl.DataFrame, items: pl.DataFrame | None, territory: Territory, wanted: Sequence[str], remarks: Any
) -> AttributionResult:
    if "category" not in counts.columns:
        counts = counts.with_columns(category=pl.lit(None, pl.String))
        items = None if items is None else items.with_columns(category=pl.lit(None, pl.String))
    adds = {"points": pl.col("points").sum().cast(pl.Int64)}
    if "total" in counts.columns:
        adds |= {"sum": pl.col("total").sum(), "values": pl.col("numbers").sum().cast(pl.Int64)}
    inside = [_inside(counts, items, territory, ring, adds) for ring in range(len(territory.rings))]
    outside = [_outside(counts, territory, ring, adds) for ring in range(len(territory.rings))]
    order = pl.Enum(territory.rings)
    inner = pl.concat(inside).filter(pl.col("boundary").is_in(wanted)).with_columns(_rounded(adds))
    outer = pl.concat(outside).filter(pl.col("boundary").is_in(wanted)).with_columns(_rounded(adds))
    return AttributionResult(
        points=int(counts["points"].sum()),
        inside=_sorted(inner, order, "id"),
        outside=_sorted(outer, order, "reason"),
        broken=int(counts["broken"].sum() or 0) if "broken" in counts.columns else None,
        remarks=remarks,
    )


def _inside(
    counts: pl.DataFrame, items: pl.DataFrame | None, territory: Territory, ring: int, adds: dict[str, pl.Expr]
) -> pl.DataFrame:
    unit = (pl.col("code") // RINGS_PER_UNIT).cast(pl.UInt32).alias("unit")
    held = counts.filter((pl.col("code") >= 0) & (pl.col("code") % RINGS_PER_UNIT <= ring))
    table = held.sort("code").group_by(unit, "category", maintain_order=True).agg(**adds)
    if items is not None:
        own = items.select(pl.col("unit").cast(pl.UInt32), "category", items=pl.col(f"items{ring}").cast(pl.Int64))
        table = table.join(own, on=["unit", "category"], how="left", nulls_equal=True, validate="1:1")
        table = table.with_columns(pl.col("items").fill_null(0))
    units = territory.units.with_row_index("unit")
    joined = table.join(units, on="unit", how="left", validate="m:1")
    measures = [name for name in ("points", "sum", "values", "items") if name in table.columns]
    boundary = pl.lit(territory.rings[ring]).alias("boundary")
    return joined.select("id", "slug", "name", "country", boundary, "category", *measures)


def _outside(counts: pl.DataFrame, territory: Territory, ring: int, adds: dict[str, pl.Expr]) -> pl.DataFrame:
    left = counts.filter((pl.col("code") < 0) | (pl.col("code") % RINGS_PER_UNIT > ring))
    reasons = {-number: reason for number, reason in enumerate(REASONS) if reason is not None}
    if len(territory.rings) == 1:
        reasons[OUTSIDE] = "outside every polygon"
    reason = (
        pl.when(pl.col("code") < 0)
        .then(pl.col("code").replace_strict(reasons, default=None, return_dtype=pl.String))
        .otherwise(pl.lit("inside a wider boundary only"))
    )
    table = left.with_columns(reason=reason).sort("code").group_by("reason", "category", maintain_order=True)
    return table.agg(**adds).select(pl.lit(territory.rings[ring]).alias("boundary"), "reason", "category", *adds)


def _rounded(adds: dict[str, pl.Expr]) -> list[pl.Expr]:
    return [pl.col("sum").round_sig_figs(DIGITS)] if "sum" in adds else []


def _sorted(table: pl.DataFrame, order: pl.Enum, last: str) -> pl.DataFrame:
    keys = [pl.col("boundary").cast(order), pl.col("points"), pl.col(last), pl.col("category")]
    return table.sort(keys, descending=[False, True, False, False], nulls_last=True)
