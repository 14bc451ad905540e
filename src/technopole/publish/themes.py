"""The themes of the article with what measures each in an edition, and in how many cities."""

from __future__ import annotations

from typing import Any

import polars as pl

from technopole.core.types import Boundary, Level
from technopole.editions.declared import declared_variables
from technopole.editions.read import Edition
from technopole.indicators.declarations import catalogue
from technopole.indicators.recipes import variables_behind
from technopole.indicators.themes import MEASURED, Theme, themes
from technopole.indicators.variables import variable_values
from technopole.observations.variables import Meta, Variable

Declared = dict[str, tuple[Meta, Variable]]


def theme_list(edition: Edition) -> list[dict[str, Any]]:
    """Themes in the documented shape of `technopole themes --json`, in the order of the article.

    `sources` are those that the edition has. `cities_with_value` counts the cities of the frame for which one of the
    theme's measures of its own level (`kind`) is not missing, zero included; `cities_above_zero` those where one is
    above zero. `measures` gives both for each measure, with its level. What the edition lacks is in `absent`.
    """
    declared = declared_variables(edition)
    return [_theme(edition, one, declared) for one in themes()]


def theme_table(edition: Edition) -> pl.DataFrame:
    """Themes as a flat table; lists are joined by "; "."""
    rows = [
        {name: "; ".join(cell) if isinstance(cell, list) else cell for name, cell in row.items() if name != "measures"}
        for row in theme_list(edition)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _theme(edition: Edition, theme: Theme, declared: Declared) -> dict[str, Any]:
    known = {*edition.sources, *edition.manifest["inputs"]}
    measures, values, absent = [], [], []
    for name in (*theme.indicators, *theme.variables):
        found = _values(edition, name, declared, as_indicator=name in theme.indicators)
        if found is None:
            absent.append(name)
            continue
        level = _level(name, declared, as_indicator=name in theme.indicators)
        measures.append(
            {
                "id": name,
                "scored": name in edition.framework().indicator_ids() and name in theme.indicators,
                "level": level,
                "cities_with_value": found.height,
                "cities_above_zero": found.filter(pl.col("value") > 0).height,
            }
        )
        if level == theme.kind or theme.kind not in MEASURED:
            values.append(found)
    together = pl.concat(values) if values else pl.DataFrame(schema={"city": pl.Int64, "value": pl.Float64})
    return {
        "id": theme.id,
        "theme": theme.theme,
        "cities": list(theme.cities),
        "kind": theme.kind,
        "indicators": list(theme.indicators),
        "sources": [name for name in theme.sources if name in known],
        "reason": theme.reason,
        "variables": list(theme.variables),
        "evidence": [name for name in theme.evidence if name in declared],
        "cities_with_value": together["city"].n_unique(),
        "cities_above_zero": together.filter(pl.col("value") > 0)["city"].n_unique(),
        "absent": absent + [name for name in theme.sources if name not in known],
        "measures": measures,
    }


def _values(edition: Edition, name: str, declared: Declared, *, as_indicator: bool) -> pl.DataFrame | None:
    """City and value where one is present; None where the edition has no such indicator or variable."""
    here = pl.col("boundary") == Boundary.AGGLOMERATION.value
    if as_indicator:
        table = edition.table("indicators").filter(here & (pl.col("indicator") == name))
        if table.is_empty():
            return None
    else:
        if name not in declared:
            return None
        meta, variable = declared[name]
        table = variable_values(edition.table("observations"), variable, meta, edition.frame()).filter(here)
    return table.filter(pl.col("value").is_not_null()).select("city", "value")


def _level(name: str, declared: Declared, *, as_indicator: bool) -> str:
    """Finest level of the variables behind a measure."""
    behind = variables_behind(catalogue().get(name)) if as_indicator else {name}
    levels = [declared[one][1].level for one in sorted(behind) if one in declared]
    return next((level.value for level in Level if level.value in levels), Level.COUNTRY.value)
