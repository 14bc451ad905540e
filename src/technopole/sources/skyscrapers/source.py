"""Buildings of 150 m and more: Wikipedia's list of 2026, in cells of half a degree, and of 2022, city by city.

A cell of the list of 2026 that holds two listed cities has their sum, under the name of the larger. Upstream doesn't
say which cells these are, but it keeps each city's rank: a cell with more buildings than the city one rank higher is
such a sum, and the neighbours in rank bound the city's own number. `docs/sources/skyscrapers.md` explains each rule.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from technopole.cities.names import fold_expression
from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv, read_json
from technopole.snapshots.upstream import Upstream

NEWER: Final = "skyscrapers/wikiglobe_skyscraper_v2_992d2ad.json"
OLDER: Final = "skyscrapers/wikipedia_cities_most_skyscrapers_2022.csv"
HEIGHT_M: Final = 150
SCHEMA: Final = {"city": pl.String, "country": pl.String, "buildings": pl.Float64, "rank": pl.Int64, ROW: pl.String}
SAME: Final[dict[str, str]] = {  # names of the list of 2022, folded -> of 2026: that one has these cities too
    "new york": "new york city",
    "makati": "metro manila",
    "mandaluyong": "metro manila",
    "taguig": "metro manila",
    "pasig": "metro manila",
}
STATES: Final[dict[str, str]] = {"fuzhou": "Fujian"}  # two cities are written Fuzhou; Jiangxi's is far below the cut


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read both lists; return one record a listed city and variable (RECORD_SCHEMA)."""
    newer = own_counts(_cells(upstream)).with_columns(written="city", file=pl.lit(NEWER))
    older = _older(upstream, meta).with_columns(file=pl.lit(OLDER))
    newer, older = _named(newer), _named(older)
    newest = pl.concat([newer, older.join(newer, on="key", how="anti")], how="diagonal")
    lists = {"skyscrapers": newest, "skyscrapers_2026": newer, "skyscrapers_2022": older}
    return pl.concat([place(_queries(variable, table), cities) for variable, table in lists.items()])


def _cells(upstream: Upstream) -> pl.DataFrame:
    """One row a cell of the list of 2026, as SCHEMA.

    Raises
    ------
    UpstreamError : not in the form that is documented upstream, or of another height.
    """
    content: Any = read_json(upstream.open(NEWER))
    try:
        if content["minHeightM"] != HEIGHT_M:
            raise UpstreamError(f"{NEWER} counts buildings from {content['minHeightM']} m, {HEIGHT_M} m expected.")
        rows = []
        for number, (_x, _y, count, _density, city, country, rank) in enumerate(content["cells"]):
            written = content["cities"][city], content["countries"][country]
            rows.append((*written, float(count), int(rank), f"cells[{number}];cities[{city}]"))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UpstreamError(f"{NEWER}: not cells of count, city, country and rank ({error!r}).") from error
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def own_counts(cells: pl.DataFrame) -> pl.DataFrame:
    """Replace the sum in a cell of two cities by the middle of the bounds of the city's own number.

    Ranks follow the cities' own numbers. Down the ranks, a cell above the number of the last single city is a sum; its
    city has at most that number, and at least that of the next single city. Ties and a sum that keeps within its
    bounds can't be noticed.

    Parameters
    ----------
    cells : SCHEMA.

    Returns
    -------
    The same with ``buildings`` repaired (rounded down), sorted by rank.
    """
    ordered = cells.sort("rank", "city")
    single = pl.col("buildings") <= pl.col("buildings").cum_min()
    bound = pl.when(single).then("buildings")
    middle = (bound.forward_fill() + bound.backward_fill()) / 2
    return ordered.with_columns(pl.when(single).then("buildings").otherwise(middle.floor()))


def _older(upstream: Upstream, meta: Meta) -> pl.DataFrame:
    table = read_csv(upstream.open(OLDER), columns=["City", "Country", "Number of skyscrapers"], separator=";")
    table = table.with_columns(written="City")
    return apply_corrections(table, OLDER, meta.corrections).select(
        ROW,
        "written",
        city="City",
        country="Country",
        buildings=pl.col("Number of skyscrapers").cast(pl.Float64, strict=False),
    )


def _named(table: pl.DataFrame) -> pl.DataFrame:
    """Add ``key``, by which a city of one list is found in the other."""
    return table.with_columns(key=fold_expression(pl.col("city")).replace(SAME))


def _queries(variable: str, table: pl.DataFrame) -> pl.DataFrame:
    return table.select(
        "country",
        "file",
        variable=pl.lit(variable),
        amount="buildings",
        name="city",
        admin1=pl.col("key").replace_strict(STATES, default=None, return_dtype=pl.String),
        label=pl.concat_str("written", "country", separator=" | "),
        row=ROW,
    )
