"""Measurement error: between which numbers the true value of an indicator lies, where something is known about it.

One function an error, listed in ERRORS and named by an indicator's declaration. The uncertainty analysis draws values
between the ends; nominal values don't move. Where nothing is known about an error, none is assumed, and the ranges of
ranks are too narrow by that much.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from technopole.indicators import patents


@dataclass(frozen=True)
class MeasurementError:
    """One kind of error.

    `ends` takes observations (OBSERVATION_SCHEMA), the frame, and the indicator's values (city, boundary, value); it
    returns city, boundary, low, high with low <= value <= high for the cities where the error is known, and no row
    for others. `variables` are those that tell how large the error is, beside the indicator's own.
    """

    summary: str
    ends: Callable[[pl.DataFrame, pl.DataFrame, pl.DataFrame], pl.DataFrame]
    variables: tuple[str, ...] = ()


UNIFORM: Final = math.sqrt(3.0)
"""Half-width of a uniform distribution whose standard deviation is 1."""
OTHER_LISTS: Final = "unicorns_other_lists"


def patent_rules(observations: pl.DataFrame, frame: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Ends by the typical error of the rule that a city's applications were found with (`patents.TYPICAL_ERROR`)."""
    rules = patents.pct_equivalent(observations, frame).select("city", "boundary", "rule")
    half = pl.col("rule").replace_strict(patents.TYPICAL_ERROR, default=None, return_dtype=pl.Float64) * UNIFORM
    return (
        values.join(rules, on=["city", "boundary"], validate="1:1")
        .filter((pl.col("value") > 0) & pl.col("rule").is_not_null())
        .select("city", "boundary", low=pl.col("value") * (-half).exp(), high=pl.col("value") * half.exp())
    )


def unicorn_lists(observations: pl.DataFrame, _: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """Ends by what two lists say: the smaller and the larger count, for cities that are in both."""
    return (
        values.filter(pl.col("value").is_not_null())
        .join(
            _of_cities(observations, OTHER_LISTS).rename({OTHER_LISTS: "other"}),
            on=["city", "boundary"],
            validate="1:1",
        )
        .select("city", "boundary", low=pl.min_horizontal("value", "other"), high=pl.max_horizontal("value", "other"))
    )


def shared_papers(
    observations: pl.DataFrame, _: pl.DataFrame, values: pl.DataFrame, *, shared: str, variance: str
) -> pl.DataFrame:
    """Ends by the variance of the papers that were shared out over laboratories, where a city has any.

    Never below the papers that weren't shared out. The upper end needs no such stop: it passes all papers of the
    organisations only where a city has nearly all their laboratories (a test of the source holds that none has).
    """
    half = pl.col(variance).sqrt() * UNIFORM
    return (
        values.filter(pl.col("value").is_not_null())
        .join(_of_cities(observations, shared), on=["city", "boundary"], validate="1:1")
        .join(_of_cities(observations, variance), on=["city", "boundary"], validate="1:1")
        .filter(pl.col(variance) > 0)
        .select(
            "city",
            "boundary",
            low=pl.max_horizontal(pl.col("value") - half, pl.col("value") - pl.col(shared), pl.lit(0.0)),
            high=pl.col("value") + half,
        )
    )


def _of_cities(observations: pl.DataFrame, variable: str) -> pl.DataFrame:
    """City, boundary, and the value of one variable under its own name."""
    return observations.filter((pl.col("variable") == variable) & (pl.col("level") == "city")).select(
        "boundary", city=pl.col("place").cast(pl.Int64), **{variable: "value"}
    )


def _laboratories(papers: str) -> MeasurementError:
    shared, variance = f"{papers}_shared", f"{papers}_shared_variance"
    return MeasurementError(
        "papers of organisations of many laboratories, shared out equally: any other split is as likely",
        partial(shared_papers, shared=shared, variance=variance),
        (shared, variance),
    )


ERRORS: Final[dict[str, MeasurementError]] = {
    "patent_rules": MeasurementError(
        "typical error of the rule that shares a country's applications among its cities: a factor of 1.4 to 1.6",
        patent_rules,
    ),
    "unicorn_lists": MeasurementError(
        "two lists of unicorns differ: anywhere between them, where both have the city", unicorn_lists, (OTHER_LISTS,)
    ),
    "computer_science_laboratories": _laboratories("computer_science_papers"),
    "robotics_laboratories": _laboratories("robotics_papers"),
}
