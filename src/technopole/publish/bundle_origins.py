"""Provenance in the explorer's bundle: behind each number how many upstream rows, and the first of them."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.core.types import RINGS
from technopole.editions.read import Edition
from technopole.indicators.declarations import Indicator
from technopole.indicators.recipes import RECIPES

ROWS_SHOWN: Final = 20
"""Rows named behind a number; `technopole trace` names all."""
FILES_SEARCHED: Final = 20
"""Files named of a source that has nothing for a city."""


def origins_of(edition: Edition, ranked: pl.Series, indicators: list[Indicator]) -> pl.DataFrame:
    """Upstream rows behind each indicator of each ranked city.

    Returns
    -------
    DataFrame with indicator (position in `indicators`), position (of the city in `ranked`), ring, rows, files, first:
    the first ROWS_SHOWN as "file:row" joined by line feeds, "file" being the number in the table `files`. A wider
    boundary without further rows has no line: the line of the next narrower ring holds. No line: no rows.
    """
    places = (
        ranked.to_frame("city")
        .with_row_index("position")
        .join(edition.frame().select("city", "country"), on="city", validate="1:1", maintain_order="left")
    )
    evidence, named = _numbered(edition)
    parts = []
    for number, indicator in enumerate(indicators):
        own, national = _wanted(edition, places, indicator)
        rows = _rows(evidence, own, national)
        parts.append(rows.with_columns(indicator=pl.lit(number, pl.UInt16)))
    # sorted once for all rings: a row lies within a ring when the first of its rings does
    found = (
        pl.concat(parts)
        .group_by("indicator", "position", "line")
        .agg(pl.col("file", "ring").min())
        .sort("indicator", "position", "line")
        .with_columns(named=pl.col("line").replace_strict(named["line"], named["named"]))
    )
    return pl.concat([_within(found, ring) for ring in range(len(RINGS))]).pipe(_without_repeats)


def _numbered(edition: Edition) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Evidence with the number of its row in the order in which rows are named, and each number's "file:row"."""
    keys = ["variable", "file", "row"]
    evidence = edition.table("evidence").select("place", "ring", *keys).unique()
    order = edition.table("files").sort("path").select("file").with_row_index("file_order")
    lines = (
        evidence.select(keys)
        .unique()
        .join(order, on="file", validate="m:1")
        .sort("file_order", "variable", pl.col("row").str.len_chars(), "row")
        .with_row_index("line")
    )
    named = lines.select("line", named=pl.col("file").cast(pl.String) + ":" + pl.col("row"))
    numbered = evidence.join(lines.select("line", *keys), on=keys, validate="m:1")
    return numbered.select("variable", "place", "ring", "file", "line"), named


def _wanted(edition: Edition, places: pl.DataFrame, indicator: Indicator) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Variables and places behind each city: its own and inherited records, and what a recipe takes from elsewhere."""
    schema = {"position": pl.UInt32, "variable": pl.String, "place": pl.String}
    own: list[tuple[int, str, str]] = []
    national: list[tuple[int, str, str]] = []
    recipe = None if indicator.recipe is None else RECIPES[indicator.recipe]
    rows = edition.frame().join(places.drop("country"), on="city", validate="1:1").sort("position").drop("position")
    behind = recipe.national(edition.table("observations"), rows) if recipe else []
    for position, city, country in places.iter_rows():
        variables: tuple[str, ...] = (str(indicator.variable),)
        if recipe is not None:
            variables = recipe.variables if recipe.city_variables is None else recipe.city_variables(rows[position])
            # of a recipe without variables of the city, what stands behind the country's value is all there is
            (national if recipe.variables else own).extend(
                (position, name, area) for name, areas in behind[position].items() for area in areas
            )
        own += [(position, name, area) for name in variables for area in (str(city), country)]
    return pl.DataFrame(own, schema, orient="row"), pl.DataFrame(national, schema, orient="row")


def _rows(evidence: pl.DataFrame, own: pl.DataFrame, national: pl.DataFrame) -> pl.DataFrame:
    """Rows of the city, and of its country or region from the first ring on in which the city has rows itself."""
    keys = ["variable", "place"]
    columns = ["position", "ring", "file", "line"]
    mine = evidence.join(own, on=keys).select(columns)
    first = mine.group_by("position").agg(first_ring=pl.col("ring").min())
    shared = (
        evidence.filter(pl.col("ring") <= 0)
        .join(national, on=keys)
        .join(first, on="position", validate="m:1")
        .with_columns(ring="first_ring")
    )
    return pl.concat([mine, shared.select(columns)])


def _within(found: pl.DataFrame, ring: int) -> pl.DataFrame:
    """What lies within a ring, with the first rows as text; `found` is in the order of the rows."""
    return (
        found.filter(pl.col("ring") <= ring)
        .group_by("indicator", "position", maintain_order=True)
        .agg(
            ring=pl.lit(ring, pl.UInt8),
            rows=pl.len().cast(pl.UInt32),
            files=pl.col("file").n_unique().cast(pl.UInt32),
            first=pl.col("named").head(ROWS_SHOWN).str.join("\n"),
        )
        .select("indicator", "position", "ring", "rows", "files", "first")
    )


def _without_repeats(lines: pl.DataFrame) -> pl.DataFrame:
    """Drop the line of a wider ring that has as many rows as the narrower one: it is the same."""
    ordered = lines.sort("indicator", "position", "ring")
    same = (pl.col("rows") == pl.col("rows").shift(1)).over("indicator", "position").fill_null(False)
    return ordered.filter(~same)


def files_of(edition: Edition, origins: pl.DataFrame) -> pl.DataFrame:
    """Files that `origins` names, and the first FILES_SEARCHED of each source."""
    named = (
        origins["first"].str.split("\n").explode(empty_as_null=True).drop_nulls().str.split(":").list.first().unique()
    )
    files = edition.table("files").sort("source", "path")
    searched = files.group_by("source", maintain_order=True).head(FILES_SEARCHED)
    wanted = pl.concat([named.cast(pl.UInt32), searched["file"]]).unique()
    counted = files.with_columns(of_source=pl.len().over("source").cast(pl.UInt32))
    return (
        counted.filter(pl.col("file").is_in(wanted.implode()))
        .sort("file")
        .select("file", "source", "path", "url", "bytes", "sha256", "licence_class", "of_source")
    )
