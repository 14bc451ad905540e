"""A city as a reader writes it: slug, id, name in any script, or "name, country"."""

from __future__ import annotations

from typing import Any

import polars as pl

from technopole.cities.names import fold, fold_series
from technopole.core.errors import UnknownNameError
from technopole.editions.read import Edition
from technopole.publish.resolving import resolve_queries, resolver, single_query


def find_city(edition: Edition, text: str) -> dict[str, Any]:
    """Row of the frame of one city.

    An exact slug or id comes first, then a name that only one city of the frame has, then the resolver.

    Raises
    ------
    UnknownNameError : no such city, or several; says near names.
    """
    frame = edition.frame()
    asked = text.strip()
    exact = frame.filter((pl.col("slug") == asked.lower()) | (pl.col("city").cast(pl.String) == asked))
    if exact.height == 1:
        return exact.row(0, named=True)
    folded = fold(asked)
    same = frame.filter(fold_series(frame["name"]) == folded)
    if same.height == 1:
        return same.row(0, named=True)
    answer = resolve_queries(edition, single_query(asked, None, None, None, None))[0]
    if answer["id"] is not None:
        return frame.filter(pl.col("city") == answer["id"]).row(0, named=True)
    near = resolver(edition.folder).suggest(asked, 3)
    remedy = f"did you mean {' or '.join(near)}?" if near else "see `technopole rank --all`."
    raise UnknownNameError(f"there is no city {text!r} ({answer['reason']}):", remedy)
