"""The matrix of an index: which cities are ranked, and their raw values with the reason of each missing one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import FrameworkError
from technopole.core.types import PRESENT, Boundary, Status
from technopole.index.framework import Framework
from technopole.indicators.declarations import Catalogue


@dataclass(frozen=True)
class Matrix:
    """Raw values of the ranked cities.

    Attributes
    ----------
    cities : (n,) GeoNames ids, ascending: the order that breaks ties.
    indicators : k ids, in the order of the framework's tree.
    values : (n, k), NaN where missing.
    is_count : (k,) True for counts.
    direction : (k,) +1 or -1.
    population_millions : (n,).
    boundary : under which the values were counted.
    countries : (n,) alpha-2 code.
    inherited : (k,) True where cities have the value of their country.
    low, high : (n, k) between which the true value lies where its measurement error is declared; else NaN.
    """

    cities: NDArray[np.int64]
    indicators: tuple[str, ...]
    values: NDArray[np.float64]
    is_count: NDArray[np.bool_]
    direction: NDArray[np.float64]
    population_millions: NDArray[np.float64]
    boundary: Boundary
    countries: NDArray[np.str_]
    inherited: NDArray[np.bool_]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def coverage(values: pl.DataFrame, framework: Framework, catalogue: Catalogue) -> pl.DataFrame:
    """Evidence of each city under the default boundary, and whether that is enough to be ranked.

    The set of ranked cities is the same under every boundary and lens, so that ranks can be compared. Inherited values
    count as values: what share of a score they are is said beside it (`index/shares.py`).

    Returns
    -------
    DataFrame with city, coverage (share of the indicators with a value), nonzero (counts above 0), eligible.
    """
    wanted = framework.indicator_ids()
    counts = [one for one in wanted if catalogue.get(one).kind == "count"]
    present = pl.col("status").is_in([status.value for status in PRESENT])
    return (
        values.filter((pl.col("boundary") == Boundary.AGGLOMERATION.value) & pl.col("indicator").is_in(wanted))
        .group_by("city")
        .agg(
            coverage=present.sum() / len(wanted),
            nonzero=(present & pl.col("indicator").is_in(counts) & (pl.col("value") > 0)).sum(),
        )
        .with_columns(
            # 1e-9: 0.8 of 15 indicators is 12 of them, whatever 12/15 is in binary
            eligible=(pl.col("coverage") >= framework.eligibility.least_share - 1e-9)
            & (pl.col("nonzero") >= framework.eligibility.least_nonzero)
        )
        .sort("city")
    )


def build_matrix(
    values: pl.DataFrame,
    frame: pl.DataFrame,
    framework: Framework,
    catalogue: Catalogue,
    boundary: Boundary,
    also: Collection[int] = (),
) -> Matrix:
    """Pivot the long table of indicator values to the ranked cities' matrix.

    Parameters
    ----------
    values : indicators.matrix.VALUE_SCHEMA.
    frame : cities.tables.FRAME_SCHEMA.
    also : cities that are in, eligible or not.

    Raises
    ------
    FrameworkError : no city is eligible.
    """
    eligible = coverage(values, framework, catalogue).filter("eligible")["city"]
    if eligible.is_empty():
        raise FrameworkError(
            f"no city has enough evidence to be ranked by {framework.id}:", "lower its eligibility, or add evidence."
        )
    chosen = pl.concat([eligible, pl.Series("city", list(also), dtype=eligible.dtype)]).unique()
    indicators = framework.indicator_ids()
    mine = values.filter((pl.col("boundary") == boundary.value) & pl.col("city").is_in(chosen.implode()))
    cities = chosen.sort()
    facts = pl.DataFrame({"city": cities}).join(
        frame.select("city", "country", "population_thousands"), on="city", how="left", validate="1:1"
    )
    of_countries = set(values.filter(pl.col("status") == Status.INHERITED.value)["indicator"].unique())

    def wide(column: str) -> NDArray[np.float64]:
        table = mine.pivot("indicator", index="city", values=column).sort("city")
        return table.select(pl.col(indicators).fill_null(np.nan)).to_numpy()

    declared = [catalogue.get(one) for one in indicators]
    return Matrix(
        cities=cities.to_numpy(),
        indicators=tuple(indicators),
        values=wide("value"),
        is_count=np.array([one.kind == "count" for one in declared]),
        direction=np.array([float(one.direction) for one in declared]),
        population_millions=facts["population_thousands"].to_numpy() / 1000.0,
        boundary=boundary,
        countries=facts["country"].to_numpy().astype(np.str_),
        inherited=np.array([one in of_countries for one in indicators]),
        low=wide("low"),
        high=wide("high"),
    )
