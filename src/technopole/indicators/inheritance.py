"""A country's value is inherited by its cities, marked so.

It is the same under every boundary, and never a difference between two cities of one country.

Territories with a code of their own (Hong Kong, Macao, Puerto Rico, Taiwan) inherit their own value only, never that
of a state. Where a source leaves a country out, a second source of the same meaning may stand in for named countries
(`FILLED`); everywhere else its cities are missing, with the reason "not covered".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from technopole.core.types import Boundary, Level, Status
from technopole.observations.variables import Meta, Variable


def inherited_values(observations: pl.DataFrame, variable: Variable, meta: Meta, frame: pl.DataFrame) -> pl.DataFrame:
    """Values of one country-level variable for all cities and boundaries.

    Parameters
    ----------
    observations : OBSERVATION_SCHEMA, of all sources.
    frame : the columns city and country of FRAME_SCHEMA.

    Returns
    -------
    DataFrame with city, boundary, value, status (inherited; not covered where the country has no value), period,
    source.
    """
    found = observations.filter((pl.col("variable") == variable.id) & (pl.col("level") == Level.COUNTRY.value)).select(
        country="place", boundary="boundary", value="value"
    )
    boundaries = pl.DataFrame({"boundary": [boundary.value for boundary in Boundary]})
    grid = frame.select("city", "country").join(boundaries, how="cross")
    covered = pl.col("value").is_not_null()
    return grid.join(found, on=["country", "boundary"], how="left", validate="m:1").select(
        "city",
        "boundary",
        "value",
        status=pl.when(covered).then(pl.lit(Status.INHERITED.value)).otherwise(pl.lit(Status.NOT_COVERED.value)),
        period=pl.lit(variable.period),
        source=pl.lit(meta.id),
    )


@dataclass(frozen=True)
class Filled:
    """A country-level variable, and the variables of the same meaning that stand in for countries that it leaves out.

    `main`: id of the variable. `gaps`: country (alpha-2) -> id of the variable that is used there where `main` has
    no value.
    """

    main: str
    gaps: Mapping[str, str]

    @property
    def formula(self) -> str:
        """What is done, in words."""
        stand_ins = ", ".join(f"{variable} for {country}" for country, variable in sorted(self.gaps.items()))
        return f"{self.main} of the city's country; where it has none, {stand_ins}"


FILLED: Final[dict[str, Filled]] = {  # the World Bank's series leave Taiwan out
    "research_spending": Filled("research_spending_percent_gdp", {"TW": "research_spending_percent_gdp_2019"}),
    "fixed_broadband": Filled("fixed_broadband_per_100", {"TW": "taiwan_fixed_broadband_per_100"}),
    "mobile_subscriptions": Filled("mobile_subscriptions_per_100", {"TW": "taiwan_mobile_subscriptions_per_100"}),
    "internet_users": Filled("internet_users_percent", {"TW": "taiwan_internet_users_percent"}),
}


def filled_values(
    observations: pl.DataFrame, frame: pl.DataFrame, metas: Mapping[str, Meta], *, filled: Filled
) -> pl.DataFrame:
    """Inherited values with the gaps of the named countries filled, and of no others; as a recipe wants them.

    Raises
    ------
    KeyError : no source declares a variable of `filled`.
    """
    declared = {variable.id: (meta, variable) for meta in metas.values() for variable in meta.variables}
    meta, variable = declared[filled.main]
    table = inherited_values(observations, variable, meta, frame)
    for country, other in sorted(filled.gaps.items()):
        cities = frame.filter(pl.col("country") == country)
        gap = pl.col("value").is_null() & pl.col("city").is_in(cities["city"].implode())
        meta, variable = declared[other]
        stand_in = inherited_values(observations, variable, meta, cities)
        missing = table.filter(gap).select("city", "boundary")
        filling = missing.join(stand_in, on=["city", "boundary"], validate="1:1").select(table.columns)
        table = pl.concat([table.filter(~gap), filling])
    return table.sort("city", "boundary")


def filled_origin(observations: pl.DataFrame, cities: pl.DataFrame, *, filled: Filled) -> list[dict[str, list[str]]]:
    """Name the observation behind the value of each city: variable -> its country; nothing where there is none.

    Parameters
    ----------
    cities : rows of the frame.
    """
    wanted = pl.col("variable").is_in([filled.main, *filled.gaps.values()]) & (pl.col("level") == Level.COUNTRY.value)
    known = set(observations.filter(wanted).select("variable", "place").iter_rows())
    origins = []
    for country in cities["country"]:
        tried = [filled.main, *([filled.gaps[country]] if country in filled.gaps else [])]
        variable = next((one for one in tried if (one, country) in known), None)
        origins.append({variable: [country]} if variable else {})
    return origins
