"""Publications of universities, 2016 to 2019, by the Leiden Ranking 2020: three figures a university, placed in a city.

The file has no column for the number of publications itself; it is P = 100 * P_collab / PP_collab, both of which it
has (the share is in percent with one decimal, so P is right to about 0.1 %). A university stands where the first
placing (`places_to_review.csv`) has it, unless placements.csv beside this file moves it, or leaves it out because no
one city can have it; each such line says why.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

RANKING: Final = "leiden/cwts_2020_nda.csv"
PLACES: Final = "leiden/places_to_review.csv"
ESCAPE: Final = r"<U\+([0-9A-F]{4})>"
VARIABLES: Final[dict[str, pl.Expr]] = {
    "publications": 100 * pl.col("P_collab") / pl.col("PP_collab"),
    "top10_publications": pl.col("P_top10"),
    "industry_publications": pl.col("P_industry_collab"),
}


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read ranking and places; return a record a university and variable (RECORD_SCHEMA).

    Raises
    ------
    UpstreamError : a figure isn't a number, or a university has no place.
    """
    rows = _universities(upstream, meta).with_columns(file=pl.lit(RANKING), row=pl.col(ROW), label=pl.col("university"))
    parts = [rows.with_columns(amount, variable=pl.lit(name)) for name, amount in _amounts().items()]
    return place(pl.concat(parts), cities)


def _amounts() -> dict[str, pl.Expr]:
    return {name: amount.alias("amount") for name, amount in VARIABLES.items()}


def _universities(upstream: Upstream, meta: Meta) -> pl.DataFrame:
    """One row a university: its figures as numbers, and name, country, admin1, lat, lon, reason of its place."""
    figures = ["P_collab", "PP_collab", "P_top10", "P_industry_collab"]
    ranking = apply_corrections(
        read_csv(upstream.open(RANKING), columns=["rownames", *figures]), RANKING, meta.corrections
    ).with_columns(pl.col(figures).cast(pl.Float64, strict=False))
    wrong = ranking.filter(pl.any_horizontal(pl.col(figures).is_null()) | (pl.col("PP_collab") <= 0))
    if wrong.height:
        raise UpstreamError(f"{RANKING} line {wrong[ROW][0]}: a figure isn't a number, or PP_collab is 0.")
    places = apply_corrections(
        read_csv(upstream.open(PLACES), columns=["rownames", "city", "country", "lat", "lon"]), PLACES, meta.corrections
    ).select("rownames", name="city", country="country", lat=_number("lat"), lon=_number("lon"))
    placed = ranking.join(places, on="rownames", how="left", validate="1:1", maintain_order="left")
    named = placed.with_columns(university=_decoded(placed["rownames"]))
    return _reviewed(named, _placements())


def _number(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Float64, strict=False)


def _decoded(names: pl.Series) -> pl.Series:
    """Names with R's escapes ("<U+00C5>bo") as letters."""
    codes = names.str.extract_all(ESCAPE).explode().drop_nulls().unique().to_list()
    letters = {code: chr(int(code[3:-1], 16)) for code in codes}
    return names.str.replace_many(letters) if letters else names


def _placements() -> pl.DataFrame:
    with resources.as_file(resources.files(__package__).joinpath("placements.csv")) as path:
        return read_csv(Path(path)).drop(ROW)


def _reviewed(rows: pl.DataFrame, placements: pl.DataFrame) -> pl.DataFrame:
    """Apply the reviewed placements: another place (by name), or left out.

    Where the first placing stands, its point is asked for without the name: it is the point of the named city, and
    small towns that no gazetteer lists, or lists twice, then need no guess.
    """
    review = placements.select(
        "university", "left_out", "why", "admin1", new_city="city", new_country="country", reviewed=True
    )
    joined = rows.join(review, on="university", how="left", validate="1:1", maintain_order="left")
    moved = pl.col("new_city").is_not_null()
    result = joined.with_columns(
        name=pl.when(moved | pl.col("lat").is_null()).then(pl.coalesce("new_city", "name")),
        country=pl.when(moved).then("new_country").otherwise("country"),
        lat=pl.when(~moved).then("lat"),
        lon=pl.when(~moved).then("lon"),
        reason=pl.when(pl.col("left_out").is_not_null()).then(pl.concat_str("left_out", pl.lit(": "), "why")),
    )
    homeless = result.filter(pl.col("reason").is_null() & pl.col("name").is_null() & pl.col("lat").is_null())
    if homeless.height:
        raise UpstreamError(f"{RANKING}: {homeless['university'][0]} has no place:", "add it to placements.csv.")
    return result
