"""The chain of one number: from upstream file, hash and rows to its part of the score."""

from __future__ import annotations

from typing import Any

import polars as pl

from technopole.core.types import RINGS, Boundary, Lens
from technopole.editions.read import Edition
from technopole.index.tree import leaf_weights
from technopole.indicators.declarations import Indicator
from technopole.indicators.recipes import RECIPES


def trace(
    edition: Edition,
    city: dict[str, Any],
    indicator: Indicator,
    lens: Lens = Lens.SCALE,
    boundary: Boundary = Boundary.AGGLOMERATION,
) -> dict[str, Any]:
    """Trace an indicator of a city.

    Parameters
    ----------
    city : a row of the frame.

    Returns
    -------
    The documented shape of `technopole trace --json`. `value` is null where it is missing; `status` then is the
    reason and `because` explains it; `treated` and `normalised` are null for a city that isn't ranked.
    """
    here = (pl.col("city") == city["city"]) & (pl.col("boundary") == boundary.value)
    value = edition.part("indicators", "indicator", indicator.id).filter(here).row(0, named=True)
    variables = _variables(edition, indicator, city["city"])
    rows = evidence_of(edition, indicator, city["city"], RINGS.index(boundary))
    files = _files(edition, rows, value["source"])
    score = _score(edition, city["city"], indicator.id, lens, boundary)
    weight = leaf_weights(edition.framework()).get(indicator.id)
    source = edition.sources[value["source"]]
    declared = {one["id"]: one for one in source["variables"]}
    absence = next((declared[one]["absence"]["why"] for one in variables if one in declared), "the country has no usable value")
    normalised = score.get("score")
    return {
        "city": city["slug"],
        "name": city["name"],
        "indicator": indicator.id,
        "title": indicator.title,
        "lens": lens.value,
        "boundary": boundary.value,
        "status": value["status"],
        "because": None if value["status"] == "observed" else " ".join(str(absence).split()),
        "value": value["value"],
        "unit": value["unit"],
        "period": value["period"],
        "formula": RECIPES[indicator.recipe].formula if indicator.recipe else None,
        "source": {"id": value["source"], "licence": source["licence"], "citation": source["citation"]},
        "sources": _sources(edition, set(files["source"]) | {value["source"]}),
        "files": _listed(files),
        "treated": score.get("treated"),
        "normalised": normalised,
        "imputed": score.get("imputed"),
        "weight": weight,
        "contribution": None if weight is None or normalised is None else weight * normalised,
    }


def evidence_of(edition: Edition, indicator: Indicator, city: int, ring: int) -> pl.DataFrame:
    """Upstream rows behind an indicator of a city, with those of its country or region where a recipe uses them.

    Returns
    -------
    DataFrame with variable, place, file (number in the table `files`) and row.
    """
    place = edition.frame().filter(pl.col("city") == city)
    own = [str(city), place["country"][0]]  # records of a country-level variable are its country's, inherited
    rows = _evidence(edition, dict.fromkeys(_variables(edition, indicator, city), own), ring)
    if not indicator.recipe or (RECIPES[indicator.recipe].variables and rows.is_empty()):
        return rows  # nothing of the city's own: no share of the country's either
    national = RECIPES[indicator.recipe].national(edition.table("observations"), place)[0]
    return pl.concat([rows, _evidence(edition, national, 0)])


def _variables(edition: Edition, indicator: Indicator, city: int) -> list[str]:
    """Variables whose records in the city stand behind the indicator."""
    if indicator.recipe is None:
        return [str(indicator.variable)]
    recipe = RECIPES[indicator.recipe]
    if recipe.city_variables is None:
        return list(recipe.variables)
    return list(recipe.city_variables(edition.frame().filter(pl.col("city") == city)))


def _evidence(edition: Edition, places: dict[str, list[str]], ring: int) -> pl.DataFrame:
    """Upstream rows of the named places of each variable, within a ring."""
    parts = [
        edition.part("evidence", "variable", variable).filter(pl.col("place").is_in(names) & (pl.col("ring") <= ring))
        for variable, names in places.items()
    ]
    return pl.concat(parts or [edition.table("evidence").clear()]).select("variable", "place", "file", "row")


def _files(edition: Edition, rows: pl.DataFrame, source: str) -> pl.DataFrame:
    """Files with the rows in each, one line a file and variable; without rows, the files that were searched."""
    files = edition.table("files")
    if rows.is_empty():
        searched = files.filter(pl.col("source") == source)
        return searched.with_columns(variable=pl.lit(None, pl.String), rows=pl.lit([], pl.List(pl.String))).sort("path")
    grouped = rows.group_by("file", "variable").agg(rows=pl.col("row").unique())
    return grouped.join(files, on="file", validate="m:1").sort("path", "variable")


def _listed(files: pl.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            "path": row["path"],
            "url": row["url"],
            "sha256": row["sha256"],
            "rows": sorted(row["rows"], key=lambda text: (len(text), text)),
            "variable": row["variable"],
        }
        for row in files.iter_rows(named=True)
    ]


def _sources(edition: Edition, names: set[str]) -> list[dict[str, Any]]:
    keys = ("licence", "licence_class", "citation")
    return [
        {"id": name, **{key: source[key] for key in keys}} for name, source in edition.sources.items() if name in names
    ]


def _score(edition: Edition, city: int, indicator: str, lens: Lens, boundary: Boundary) -> dict[str, Any]:
    keys = {"city": city, "lens": lens.value, "boundary": boundary.value}
    found = edition.part("scores", "node", indicator).filter([pl.col(column) == key for column, key in keys.items()])
    return found.row(0, named=True) if found.height else {}
