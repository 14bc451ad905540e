"""The sources' declarations as an edition carries them, so that an old edition is read by its own words."""

from __future__ import annotations

import polars as pl

from technopole.editions.read import Edition
from technopole.indicators.variables import variable_values
from technopole.observations.variables import Meta, Variable


def declared_sources(edition: Edition) -> dict[str, Meta]:
    """Declarations of the sources of an edition, by id; without their files and corrections, which it doesn't keep."""
    keys = set(Meta.model_fields)
    return {
        name: Meta.model_validate({**{key: one for key, one in source.items() if key in keys}, "id": name, "files": ()})
        for name, source in edition.sources.items()
    }


def declared_variables(edition: Edition) -> dict[str, tuple[Meta, Variable]]:
    """Variables of an edition with their source, by id."""
    return {one.id: (meta, one) for meta in declared_sources(edition).values() for one in meta.variables}


def values_of(edition: Edition, variable: str) -> pl.DataFrame:
    """Value of a variable in each city and boundary, or the reason why it is missing.

    Returns
    -------
    DataFrame with city, boundary, value, status, period, source. A region's value isn't given to cities.

    Raises
    ------
    KeyError : the edition has no such variable.
    """
    meta, declared = declared_variables(edition)[variable]
    return variable_values(edition.table("observations"), declared, meta, edition.frame())
