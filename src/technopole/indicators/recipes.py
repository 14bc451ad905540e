"""Indicators that combine variables of several sources. One function a recipe, listed in RECIPES."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import polars as pl

from technopole.indicators import inheritance, listed, patents
from technopole.indicators.declarations import Indicator
from technopole.observations.variables import Meta


@dataclass(frozen=True)
class Recipe:
    """How an indicator is made from several variables.

    `values` returns city, boundary, value, status, period, source (as `variables.variable_values` does). `variables`
    are those whose records in the city are its provenance; `national` maps observations and rows of the frame to the
    observations of countries and regions that stand behind each city's value too: variable -> places, of those in
    `national_variables`. Where cities differ in the variables that count, `city_variables` maps one row of the frame
    to those of `variables` that do.
    """

    formula: str
    values: Callable[[pl.DataFrame, pl.DataFrame, Mapping[str, Meta]], pl.DataFrame]
    variables: tuple[str, ...]
    national: Callable[[pl.DataFrame, pl.DataFrame], list[dict[str, list[str]]]]
    city_variables: Callable[[pl.DataFrame], tuple[str, ...]] | None = None
    national_variables: tuple[str, ...] = ()


def _listed(branch: str) -> Recipe:
    return Recipe(
        listed.FORMULA,
        partial(listed.values, branch=branch),
        listed.variables(branch),
        listed.national_inputs,
        partial(listed.city_variables, branch=branch),
    )


def _filled(filled: inheritance.Filled) -> Recipe:
    return Recipe(
        filled.formula,
        partial(inheritance.filled_values, filled=filled),
        (),
        partial(inheritance.filled_origin, filled=filled),
        national_variables=(filled.main, *filled.gaps.values()),
    )


RECIPES: Final[dict[str, Recipe]] = {
    "pct_equivalent": Recipe(
        patents.FORMULA,
        patents.values,
        patents.CITY_VARIABLES,
        patents.national_inputs,
        national_variables=patents.NATIONAL_VARIABLES,
    ),
    **{f"listed_{branch}": _listed(branch) for branch in listed.BRANCHES},
    **{name: _filled(filled) for name, filled in inheritance.FILLED.items()},
}


def variables_behind(indicator: Indicator) -> set[str]:
    """Ids of the variables that an indicator is made of, those of countries and regions among them."""
    if indicator.recipe is None:
        return {str(indicator.variable)}
    recipe = RECIPES[indicator.recipe]
    return {*recipe.variables, *recipe.national_variables}
