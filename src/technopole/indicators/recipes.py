"""Indicators that combine variables of several sources. One function a recipe, listed in RECIPES."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from technopole.indicators import patents
from technopole.observations.variables import Meta


@dataclass(frozen=True)
class Recipe:
    """How an indicator is made from several variables.

    `values` returns city, boundary, value, status, period, source (as `matrix.variable_values` does). `variables` are
    those whose records in the city are its provenance; `national` maps observations and one row of the frame to the
    observations of countries and regions that stand behind the city's value too: variable -> places.
    """

    formula: str
    values: Callable[[pl.DataFrame, pl.DataFrame, Mapping[str, Meta]], pl.DataFrame]
    variables: tuple[str, ...]
    national: Callable[[pl.DataFrame, pl.DataFrame], dict[str, list[str]]]


RECIPES: Final[dict[str, Recipe]] = {
    "pct_equivalent": Recipe(patents.FORMULA, patents.values, patents.CITY_VARIABLES, patents.national_inputs),
}
