"""Values of one variable in every city: what its absence means is filled in by its source's declaration.

A country-level variable is inherited by the country's cities; see `inheritance`.
"""

from __future__ import annotations

import polars as pl

from technopole.core.types import Boundary, Level, Status
from technopole.indicators.inheritance import inherited_values
from technopole.observations.variables import Meta, Variable


def variable_values(observations: pl.DataFrame, variable: Variable, meta: Meta, frame: pl.DataFrame) -> pl.DataFrame:
    """Values of one variable for all cities and boundaries; absence is filled by the source's declaration.

    Returns
    -------
    DataFrame with city, boundary, value, status, period, source.
    """
    if variable.level == Level.COUNTRY.value:
        return inherited_values(observations, variable, meta, frame)
    found = observations.filter((pl.col("variable") == variable.id) & (pl.col("level") == "city")).select(
        city=pl.col("place").cast(pl.Int64), boundary="boundary", value="value"
    )
    boundaries = pl.DataFrame({"boundary": [boundary.value for boundary in Boundary]})
    grid = frame.select("city", "country").join(boundaries, how="cross")
    under_covered = pl.col("country").is_in(list(variable.absence.missing_in))
    absent = {"zero": Status.ZERO, "missing": Status.NOT_COVERED, "censored": Status.CENSORED}[variable.absence.default]
    seen = pl.col("value").is_not_null()
    status = (
        pl.when(seen & under_covered)
        .then(pl.lit(Status.LOWER_BOUND.value))
        .when(seen)
        .then(pl.lit(Status.OBSERVED.value))
        .when(under_covered)
        .then(pl.lit(Status.NOT_COVERED.value))
        .otherwise(pl.lit(absent.value))
    )
    joined = grid.join(found, on=["city", "boundary"], how="left", validate="1:1").with_columns(status=status)
    # a city with rows only outside the boundary is covered: nothing inside it is zero there too
    return joined.select(
        "city",
        "boundary",
        pl.when(pl.col("status") == Status.ZERO.value).then(0.0).otherwise(pl.col("value")).alias("value"),
        "status",
        period=pl.lit(variable.period),
        source=pl.lit(meta.id),
    )
