"""Observations become indicator values: every city of the frame has a value or the reason why it has none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from technopole.indicators.declarations import Indicator
from technopole.indicators.errors import ERRORS
from technopole.indicators.recipes import RECIPES
from technopole.indicators.variables import variable_values
from technopole.observations.variables import Meta

VALUE_SCHEMA: Final[dict[str, Any]] = {
    "city": pl.Int64,
    "boundary": pl.String,
    "indicator": pl.String,
    "value": pl.Float64,  # null when missing
    "status": pl.String,  # core.types.Status: what the value is, or why it is missing
    "unit": pl.String,
    "period": pl.String,
    "source": pl.String,  # of the value; a recipe names its first source
    "low": pl.Float64,  # the true value lies between low and high; null where no measurement error is declared
    "high": pl.Float64,
}


def indicator_values(
    indicators: tuple[Indicator, ...], observations: pl.DataFrame, metas: Mapping[str, Meta], frame: pl.DataFrame
) -> pl.DataFrame:
    """Value or reason of each indicator in each city under each boundary.

    Parameters
    ----------
    observations : OBSERVATION_SCHEMA, of all sources.
    metas : the sources' declarations; they say what absence means in each country.
    frame : cities.tables.FRAME_SCHEMA.

    Returns
    -------
    DataFrame in VALUE_SCHEMA: one row a city, boundary and indicator, sorted by them.

    Raises
    ------
    FrameworkError, KeyError : an indicator names a variable or recipe that no source or table has.
    """
    declared = {variable.id: (meta, variable) for meta in metas.values() for variable in meta.variables}
    parts = []
    for indicator in indicators:
        if indicator.recipe is not None:
            values = RECIPES[indicator.recipe].values(observations, frame, metas)
        else:
            meta, variable = declared[str(indicator.variable)]
            values = variable_values(observations, variable, meta, frame)
        values = _with_error(values, indicator, observations, frame)
        parts.append(values.with_columns(indicator=pl.lit(indicator.id), unit=pl.lit(indicator.unit)))
    table = pl.concat([part.select([pl.col(n).cast(t) for n, t in VALUE_SCHEMA.items()]) for part in parts])
    return table.sort("city", "boundary", "indicator")


def _with_error(
    values: pl.DataFrame, indicator: Indicator, observations: pl.DataFrame, frame: pl.DataFrame
) -> pl.DataFrame:
    """Values with the ends of their declared measurement error, null where there is none."""
    if indicator.error is None:
        return values.with_columns(low=pl.lit(None, pl.Float64), high=pl.lit(None, pl.Float64))
    ends = ERRORS[indicator.error].ends(observations, frame, values.select("city", "boundary", "value"))
    return values.join(ends, on=["city", "boundary"], how="left", validate="1:1")
