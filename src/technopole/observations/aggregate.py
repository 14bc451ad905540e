"""Records become observations: one rule per way of adding up, applied under each boundary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from technopole.core.types import RINGS
from technopole.observations.schema import OBSERVATION_SCHEMA, RECORD_SCHEMA
from technopole.observations.variables import Variable


def steady_sum(column: str) -> pl.Expr:
    """Sum with the same bits whatever the order of rows and the other groups: sorted, and added one by one."""
    return pl.col(column).sort().cum_sum().last()


AGGREGATES: Final[dict[str, pl.Expr]] = {
    "sum": steady_sum("amount"),
    "distinct": pl.col("key").n_unique().cast(pl.Float64),
    "max": pl.col("amount").max(),
    "single": pl.col("amount").first(),
}


def observations(records: pl.DataFrame, variables: Iterable[Variable], source: str) -> pl.DataFrame:
    """Add records up to observations under each boundary.

    A record of ring r belongs to every boundary at least as wide as ``RINGS[r]``; unresolved records (null place) add
    to nothing. Places without records get no line: what their absence means is declared in the source's meta.yaml.

    Returns
    -------
    DataFrame in OBSERVATION_SCHEMA, sorted by variable, level, place, boundary.
    """
    placed = records.select(list(RECORD_SCHEMA)).filter(pl.col("place").is_not_null())
    parts: list[pl.DataFrame] = []
    for variable in variables:
        mine = placed.filter(pl.col("variable") == variable.id)
        for ring, boundary in enumerate(RINGS):
            grouped = (
                mine.filter(pl.col("ring") <= ring)
                .group_by("variable", "level", "place")
                .agg(AGGREGATES[variable.aggregate].alias("value"), pl.len().cast(pl.UInt32).alias("records"))
                .with_columns(
                    boundary=pl.lit(boundary.value),
                    unit=pl.lit(variable.unit),
                    period=pl.lit(variable.period),
                    source=pl.lit(source),
                    status=pl.lit("observed"),
                )
            )
            parts.append(grouped.select(list(OBSERVATION_SCHEMA)))
    if not parts:
        return pl.DataFrame(schema=OBSERVATION_SCHEMA)
    return (
        pl.concat(parts)
        .select([pl.col(n).cast(t) for n, t in OBSERVATION_SCHEMA.items()])
        .sort("variable", "level", "place", "boundary")
    )
