"""What the explorer's bundle says in words, one JSON file a subject, read by a page when it is opened.

`initiatives.json` (what cities do), `claims.json` (the article's claims and its list of cities), `themes.json` and
`momentum.json` hold what the commands of the same names print with `--json`, without what a page doesn't show.
`extremes.json` holds the best and worst ranks that were computed in advance (`extremes_shipped`).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from technopole.editions.read import Edition
from technopole.initiatives.register import registered_cities
from technopole.initiatives.reviews import all_reviews
from technopole.publish.claims import claim_list
from technopole.publish.claims_listed import article_list
from technopole.publish.extremes_shipped import extremes_document
from technopole.publish.initiatives import initiative_list
from technopole.publish.momentum import momentum_table
from technopole.publish.themes import theme_list

DIGITS: Final = 4
"""Of momentum, which is a logarithm: 0.0001 is a hundredth of a per cent."""


def document_parts(edition: Edition) -> dict[str, Callable[[], bytes]]:
    """File name -> what makes its content. The same edition gives the same bytes."""
    shapes: dict[str, Callable[[], object]] = {
        "initiatives": lambda: _initiatives(edition),
        "themes": lambda: theme_list(edition),
        "momentum": lambda: _momentum(momentum_table(edition)),
        "claims": lambda: {"claims": claim_list(edition), "list": article_list(edition)},
        "extremes": lambda: extremes_document(edition),
    }
    return {f"{name}.json": partial(_made_json, shape) for name, shape in shapes.items()}


def _made_json(shape: Callable[[], object]) -> bytes:
    return json_bytes(shape())


def json_bytes(shape: object) -> bytes:
    """UTF-8, without spaces; raises ValueError for a number that JSON doesn't have."""
    return json.dumps(shape, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _initiatives(edition: Edition) -> dict[str, list[dict[str, Any]]]:
    """Entries by slug, each with the extract that was read and where it was read; cities of the frame only."""
    read = {(one.city, one.id): one for one in all_reviews()}
    known = set(edition.frame()["slug"])
    listed = {}
    for slug in registered_cities():
        if slug not in known:
            continue
        listed[slug] = [
            {**one, "extract": review.extract if (review := read.get((slug, one["id"]))) else None}
            for one in initiative_list(slug)
        ]
    return listed


def _momentum(table: dict[str, Any]) -> dict[str, Any]:
    """The table by slug, with rounded numbers."""
    kept = ("rank", "rank_low", "rank_high", "momentum", "low", "high", "change_percent", "verdict", "evidence",
            "series")  # fmt: skip
    return {
        **{name: table[name] for name in ("measure", "least_events", "least_series", "draws", "series")},
        "cities": {city["slug"]: _rounded({name: city[name] for name in kept}) for city in table["cities"]},
    }


def _rounded(cell: Any) -> Any:
    if isinstance(cell, dict):
        return {name: _rounded(one) for name, one in cell.items()}
    return round(cell, DIGITS) if isinstance(cell, float) else cell
