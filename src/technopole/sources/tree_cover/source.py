"""Tree cover of urban centres, by the point of their middle: areas add up within a city, a share doesn't.

`tree_cover_percent` is therefore the share of all centres that lie within the agglomeration, with their rows.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.core.types import RINGS, Boundary
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.schema import RECORD_SCHEMA
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "tree_cover/TreeCoverAnalysis-Cities-02-09-24-11_15.csv"
NUMBERS: Final = ["lon", "lat", "tree_area", "ft_area"]
AREAS: Final[dict[str, str]] = {"tree_area_km2": "tree_area", "urban_centre_area_km2": "ft_area"}
SHARE: Final = "tree_cover_percent"
SQUARE_METRES: Final = 1_000_000  # in a square kilometre
AGGLOMERATION: Final = RINGS.index(Boundary.AGGLOMERATION)


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the table; return one record a centre and area, and one a city for the share (RECORD_SCHEMA).

    Raises
    ------
    UpstreamError : a point or an area isn't a number, or a centre has no area.
    """
    table = apply_corrections(read_csv(upstream.open(FILE), columns=["ID_HDC_G0", *NUMBERS]), FILE, meta.corrections)
    centres = table.with_columns(pl.col(NUMBERS).cast(pl.Float64, strict=False))
    wrong = centres.filter(pl.any_horizontal(pl.col(NUMBERS).is_null()) | (pl.col("ft_area") <= 0))
    if wrong.height:
        raise UpstreamError(f"{FILE} line {wrong[ROW][0]}: a point or an area isn't a number, or the area is 0.")
    areas = {name: place(_queries(centres, name, column), cities) for name, column in AREAS.items()}
    return pl.concat([*areas.values(), _shares(*areas.values())])


def _queries(centres: pl.DataFrame, variable: str, column: str) -> pl.DataFrame:
    """One row a centre; it has no name, so its number is the label."""
    return centres.select(
        "lat",
        "lon",
        variable=pl.lit(variable),
        amount=pl.col(column) / SQUARE_METRES,
        label=pl.col("ID_HDC_G0").str.replace(r"\.0$", ""),
        file=pl.lit(FILE),
        row=ROW,
    )


def _shares(trees: pl.DataFrame, areas: pl.DataFrame) -> pl.DataFrame:
    """One record a city: 100 * trees / area of its centres within the agglomeration, with all their rows."""
    placed = trees.with_columns(area=areas["amount"]).filter(pl.col("ring") <= AGGLOMERATION)
    return (
        placed.sort("place", pl.col("row").cast(pl.Int64))
        .group_by("place", maintain_order=True)
        .agg(amount=100 * pl.col("amount").sum() / pl.col("area").sum(), row=pl.col("row").str.join(";"))
        .with_columns(
            variable=pl.lit(SHARE), level=pl.lit("city"), ring=0, file=pl.lit(FILE), key=None, label=None, reason=None
        )
        .select([pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()])
    )
