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
    place, country = str(city["city"]), str(city["country"])
    value = _one(edition.table("indicators"), city=city["city"], indicator=indicator.id, boundary=boundary.value)
    variables, national = _variables(indicator)
    rows = _evidence(edition, variables, [place], RINGS.index(boundary))
    if national and rows.height:
        wider = _evidence(edition, national, _wider_places(edition, national, country), 0)
        rows = pl.concat([rows, wider])
    score = _score(edition, city["city"], indicator.id, lens, boundary)
    weight = leaf_weights(edition.framework()).get(indicator.id)
    source = edition.sources[value["source"]]
    declared = {one["id"]: one for one in source["variables"]}
    absence = next((declared[one]["absence"]["why"] for one in variables if one in declared), "")
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
        "sources": _sources(edition, [*variables, *national]),
        "files": _files(edition, rows, value["source"]),
        "treated": score.get("treated"),
        "normalised": normalised,
        "imputed": score.get("imputed"),
        "weight": weight,
        "contribution": None if weight is None or normalised is None else weight * normalised,
    }


def _one(table: pl.DataFrame, **keys: Any) -> dict[str, Any]:
    found = table.filter([pl.col(column) == key for column, key in keys.items()])
    return found.row(0, named=True)


def _variables(indicator: Indicator) -> tuple[list[str], list[str]]:
    if indicator.recipe is None:
        return [str(indicator.variable)], []
    recipe = RECIPES[indicator.recipe]
    return list(recipe.variables), list(recipe.national)


def _evidence(edition: Edition, variables: list[str], places: list[str], ring: int) -> pl.DataFrame:
    return (
        pl.scan_parquet(edition.folder / "evidence.parquet")
        .filter(pl.col("variable").is_in(variables) & pl.col("place").is_in(places) & (pl.col("ring") <= ring))
        .select("variable", "place", "file", "row", "amount")
        .collect()
    )


def _wider_places(edition: Edition, variables: list[str], country: str) -> list[str]:
    """Places of the national and regional records of a country: "CN" and "CN-11"."""
    places = (
        pl.scan_parquet(edition.folder / "evidence.parquet")
        .filter(pl.col("variable").is_in(variables))
        .select(pl.col("place").unique())
        .collect()["place"]
    )
    return [place for place in places if place == country or place.startswith(f"{country}-")]


def _files(edition: Edition, rows: pl.DataFrame, source: str) -> list[dict[str, Any]]:
    files = edition.table("files")
    if rows.is_empty():  # nothing there: the files that were searched
        searched = files.filter(pl.col("source") == source).sort("path")
        return [
            {"path": row["path"], "url": row["url"], "sha256": row["sha256"], "rows": []}
            for row in searched.head(20).iter_rows(named=True)
        ]
    grouped = rows.group_by("file").agg(rows=pl.col("row").unique())
    joined = grouped.join(files, on="file", validate="1:1").sort("path")
    return [
        {
            "path": row["path"],
            "url": row["url"],
            "sha256": row["sha256"],
            "rows": sorted(row["rows"], key=lambda text: (len(text), text)),
        }
        for row in joined.iter_rows(named=True)
    ]


def _sources(edition: Edition, variables: list[str]) -> list[dict[str, Any]]:
    return [
        {"id": name, "licence": source["licence"], "licence_class": source["licence_class"],
         "citation": source["citation"]}
        for name, source in edition.sources.items()
        if any(one["id"] in variables for one in source["variables"])
    ]  # fmt: skip


def _score(edition: Edition, city: int, indicator: str, lens: Lens, boundary: Boundary) -> dict[str, Any]:
    found = (
        pl.scan_parquet(edition.folder / "scores.parquet")
        .filter(
            (pl.col("city") == city)
            & (pl.col("node") == indicator)
            & (pl.col("lens") == lens.value)
            & (pl.col("boundary") == boundary.value)
        )
        .collect()
    )
    return found.row(0, named=True) if found.height else {}
