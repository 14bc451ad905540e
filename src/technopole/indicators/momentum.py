"""Series with two dates as declared in momentum.yaml, and the counts of their two periods in each city.

What a source sees is set against what the same source saw before. Where it under-covers a country, the counts of both
periods are lower bounds: they are used, for a share of what is seen can grow too, and marked so. A city that the source
can't see, or has on one of two lists with a cut only, has no evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final, Literal

import polars as pl
from pydantic import Field, model_validator

from technopole.core.types import RINGS, Boundary, Status
from technopole.indicators.variables import variable_values
from technopole.observations.variables import Declaration, Identifier, Meta, Variable, read_yaml, validated

DECLARED: Final = Path(__file__).with_name("momentum.yaml")
Years = tuple[int, int]
Positive = Annotated[float, Field(gt=0)]


class Series(Declaration):
    """One dated series; `kind` says how the counts of the two periods are found."""

    id: Identifier
    title: str
    kind: Literal["pair", "part", "years"]
    early: Identifier | None = None
    late: Identifier
    less: Identifier | None = None  # of the kind "years": what is in `late` too, and isn't dated where it is counted
    pattern: str | None = None
    early_years: Years | None = None
    late_years: Years | None = None
    periods: tuple[str, str]
    event: Positive
    combined: bool
    why: str

    @model_validator(mode="after")
    def _complete(self) -> Series:
        dated = (self.pattern, self.early_years, self.late_years)
        if (self.kind == "years") != all(dated) or (self.kind == "years") != (self.early is None):
            raise ValueError(f"{self.id!r} lacks what its kind {self.kind!r} needs")
        if self.less is not None and self.kind != "years":
            raise ValueError(f"{self.id!r} takes `less` off, which only the kind 'years' can")
        return self

    @property
    def variables(self) -> tuple[str, ...]:
        """Variables that are read."""
        return (self.late,) if self.early is None else (self.early, self.late)


class Arrival(Declaration):
    """A variable of something so new that it has no earlier period; shown as it is."""

    id: Identifier
    why: str


class Momentum(Declaration):
    """All series, and how they become one number."""

    prior_events: Positive
    least_events: Positive
    least_series: Annotated[int, Field(ge=1)]
    draws: Annotated[int, Field(ge=1, le=100_000)]
    seed: Annotated[int, Field(ge=0)]
    series: tuple[Series, ...] = Field(min_length=1)
    arrivals: tuple[Arrival, ...] = ()


@cache
def momentum(path: Path = DECLARED) -> Momentum:
    """Read the declaration.

    Raises
    ------
    FrameworkError : it breaks the schema; the message names the first key.
    """
    return validated(Momentum, read_yaml(path), path.name)


def counts(
    series: Series,
    declared: Mapping[str, tuple[Meta, Variable]],
    observations: pl.DataFrame,
    evidence: pl.DataFrame,
    frame: pl.DataFrame,
) -> pl.DataFrame:
    """Counts of the two periods in each city, within the agglomeration.

    Parameters
    ----------
    declared : variables by id, with those of the series.
    evidence : records of the variables of the kind "years": variable, place, ring, amount, path.
    frame : the columns city and country of FRAME_SCHEMA.

    Returns
    -------
    DataFrame with city, early, late, lower_bound, sorted by city: one row a city of the frame, null without evidence.
    """
    found = {name: _values(name, declared, observations, frame) for name in series.variables}
    late = found[series.late].rename({"value": "late", "status": "late_status"})
    if series.kind == "years":
        seen = late.filter(pl.col("late").is_not_null()).select("city", status="late_status")
        table = seen.join(_dated(series, evidence), on="city", how="left", validate="1:1").with_columns(
            pl.col("early", "late").fill_null(0.0)
        )
    else:
        table = _joined(found[str(series.early)].rename({"value": "early"}), late)
        if series.kind == "part":
            table = table.with_columns(early=pl.col("early") - pl.col("late"))
    marked = table.select("city", "early", "late", lower_bound=pl.col("status") == Status.LOWER_BOUND.value)
    return frame.select("city").join(marked, on="city", how="left", validate="1:1").sort("city")


def _values(
    name: str, declared: Mapping[str, tuple[Meta, Variable]], observations: pl.DataFrame, frame: pl.DataFrame
) -> pl.DataFrame:
    """City, value and status of a variable within the agglomeration."""
    meta, variable = declared[name]
    values = variable_values(observations, variable, meta, frame)
    return values.filter(pl.col("boundary") == Boundary.AGGLOMERATION.value).select("city", "value", "status")


def _joined(early: pl.DataFrame, late: pl.DataFrame) -> pl.DataFrame:
    """Cities with a value in both periods.

    Where a country is under-covered, no row in one period is none that the same source saw, if it saw some in the
    other: 0 of what it sees.
    """
    table = early.join(late, on="city", how="full", coalesce=True, validate="1:1")
    unseen = pl.lit(Status.NOT_COVERED.value)
    partly = pl.lit(Status.LOWER_BOUND.value)
    first, second = pl.col("status"), pl.col("late_status")
    return table.with_columns(
        early=pl.when((first == unseen) & (second == partly)).then(0.0).otherwise("early"),
        late=pl.when((second == unseen) & (first == partly)).then(0.0).otherwise("late"),
        status=pl.when((first == partly) | (second == partly)).then(partly).otherwise(first),
    ).filter(pl.col("early").is_not_null() & pl.col("late").is_not_null())


def _dated(series: Series, evidence: pl.DataFrame) -> pl.DataFrame:
    """City, early and late of the records whose path has a year of either period."""
    year = pl.col("path").str.extract(str(series.pattern), 1).cast(pl.Int64, strict=False)
    taken_off = pl.col("variable") == pl.lit(series.less, pl.String)
    wanted = (pl.col("variable") == series.late) | taken_off.fill_null(value=False)
    rows = evidence.filter(wanted & (pl.col("ring") <= RINGS.index(Boundary.AGGLOMERATION))).with_columns(
        year=year,
        city=pl.col("place").cast(pl.Int64),
        amount=pl.when(taken_off).then(-pl.col("amount")).otherwise("amount"),
    )
    periods = {"early": series.early_years or (0, 0), "late": series.late_years or (0, 0)}
    sums = {
        # sorted before adding: the same bits whatever the order of rows
        name: pl.col("amount").filter(pl.col("year").is_between(*years)).sort().sum().round(9).clip(lower_bound=0.0)
        for name, years in periods.items()
    }
    return rows.group_by("city").agg(**sums).sort("city")
