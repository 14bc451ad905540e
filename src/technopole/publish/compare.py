"""Two to five cities side by side, and what makes the gap between two, indicator by indicator."""

from __future__ import annotations

import math
from typing import Any, Final

import polars as pl

from technopole.core.errors import InputError, UnknownNameError
from technopole.core.types import Boundary, Lens
from technopole.editions.read import Edition
from technopole.index.framework import Framework, Node
from technopole.index.run import LOWEST
from technopole.index.tree import leaf_weights
from technopole.indicators.declarations import suggestion
from technopole.publish.ranking import Ranking, rank

MOST: Final = 5


def compare(
    edition: Edition,
    cities: list[dict[str, Any]],
    *,
    lens: Lens = Lens.SCALE,
    boundary: Boundary = Boundary.AGGLOMERATION,
) -> dict[str, Any]:
    """Lay cities side by side, in the documented shape of `technopole compare --json`.

    Parameters
    ----------
    cities : 2 to 5 rows of the frame.

    Raises
    ------
    InputError : another number of cities, one city twice, or one that isn't ranked.
    """
    if not 2 <= len(cities) <= MOST:
        raise InputError(f"{len(cities)} cities can't be compared:", f"name 2 to {MOST}.")
    ids = [city["city"] for city in cities]
    if len(set(ids)) < len(ids):
        raise InputError("One city is named twice:", "name different cities.")
    ranking = rank(edition, lens=lens, boundary=boundary)
    framework, declared = edition.framework(), {one.id: one for one in edition.catalogue().indicators}
    weights = leaf_weights(framework)
    scored = _scores(edition, lens, boundary)
    values = _values(edition, boundary)
    return {
        "edition": edition.id,
        "lens": lens.value,
        "boundary": boundary.value,
        "cities": [_placed(ranking, city) for city in cities],
        "indicators": [
            {
                "id": name,
                "title": declared[name].title,
                "weight": weights[name],
                "cities": [{**values.get((one, name), _NO_VALUE), **_score_of(scored, one, name)} for one in ids],
            }
            for name in framework.indicator_ids()
        ],
    }


def why(
    edition: Edition,
    first: dict[str, Any],
    second: dict[str, Any],
    *,
    lens: Lens = Lens.SCALE,
    side: str | None = None,
    boundary: Boundary = Boundary.AGGLOMERATION,
) -> dict[str, Any]:
    """Decompose the gap between two scores exactly, in the documented shape of `technopole why --json`.

    Under the arithmetic mean an indicator contributes weight x (score of the first - score of the second). Under the
    geometric mean it contributes L x weight x (ln of the first - ln of the second), L = gap / (ln of the first score
    - ln of the second), the logarithmic mean (Ang 2004, doi:10.1016/S0301-4215(03)00076-4). Both sum to the gap.

    Raises
    ------
    InputError : one and the same city, or one that isn't ranked.
    UnknownNameError : no such side.
    """
    if first["city"] == second["city"]:
        raise InputError(f"{first['name']} can't be set against itself:", "name two cities.")
    framework = edition.framework()
    ranking = rank(edition, lens=lens, side=side, boundary=boundary)
    placed = [_placed(ranking, city) for city in (first, second)]
    weights = _weights(framework, side)
    scored, values = _scores(edition, lens, boundary), _values(edition, boundary)
    geometric = framework.method.aggregation == "geometric"
    factor = _logarithmic_mean(placed[0]["score"], placed[1]["score"]) if geometric else 1.0
    declared = {one.id: one for one in edition.catalogue().indicators}
    rows: list[dict[str, Any]] = []
    for name, weight in weights.items():
        both = [_score_of(scored, city["city"], name) for city in (first, second)]
        levels = [_level(one["normalised"], geometric) for one in both]
        rows.append(
            {
                "id": name,
                "title": declared[name].title,
                "weight": weight,
                "contribution": factor * weight * (levels[0] - levels[1]),
                **{
                    key: {**values.get((city["city"], name), _NO_VALUE), **one}
                    for key, city, one in zip(("a", "b"), (first, second), both, strict=True)
                },
            }
        )
    rows.sort(key=lambda row: (-abs(row["contribution"]), row["id"]))
    return {
        "edition": edition.id,
        "lens": lens.value,
        "side": side,
        "boundary": boundary.value,
        "a": placed[0],
        "b": placed[1],
        "gap": placed[0]["score"] - placed[1]["score"],
        "pillars": _by_pillar(framework, rows),
        "indicators": rows,
    }


_NO_VALUE: Final[dict[str, Any]] = {"value": None, "unit": None, "status": None}


def _placed(ranking: Ranking, city: dict[str, Any]) -> dict[str, Any]:
    found = ranking.table.filter(pl.col("city") == city["city"])
    if found.is_empty():
        raise InputError(
            f"{city['name']} isn't ranked (too little evidence), so it has no score:",
            "see `technopole city` for what is missing.",
        )
    row = found.row(0, named=True)
    keys = ("rank", "tier", "slug", "name", "country", "score", "rank_low", "rank_high", "coverage")
    pillars = {name.removeprefix("pillar:"): row[name] for name in found.columns if name.startswith("pillar:")}
    return {"id": row["city"], **{key: row[key] for key in keys}, "pillars": pillars}


def _weights(framework: Framework, side: str | None) -> dict[str, float]:
    """Weight of each indicator in the whole, or in one side."""
    weights = leaf_weights(framework)
    if side is None:
        return weights
    if side not in framework.sides():
        raise UnknownNameError(f"there is no side {side!r}:", suggestion(side, framework.sides()))
    inside = _leaves(next(node for node in framework.tree if node.id == side))
    total = math.fsum(weights[name] for name in inside)
    return {name: weights[name] / total for name in inside}


def _leaves(node: Node) -> list[str]:
    found: list[str] = []
    for child in node.children:
        found.extend(_leaves(child) if isinstance(child, Node) else [child.id])
    return found


def _by_pillar(framework: Framework, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    parts = {row["id"]: row["contribution"] for row in rows}
    # an indicator right below a side has no pillar; pillars of another side have no part
    pillars = [child for side in framework.tree for child in side.children if isinstance(child, Node)]
    inside = [node for node in pillars if set(_leaves(node)) & set(parts)]
    sums = [(node.id, math.fsum(parts[leaf] for leaf in _leaves(node))) for node in inside]
    shown: list[dict[str, Any]] = [{"id": name, "contribution": total} for name, total in sums]
    return sorted(shown, key=lambda row: -abs(row["contribution"]))


def _scores(edition: Edition, lens: Lens, boundary: Boundary) -> dict[tuple[int, str], dict[str, Any]]:
    table = edition.table("scores").filter((pl.col("lens") == lens.value) & (pl.col("boundary") == boundary.value))
    return {
        (city, node): {"normalised": score, "imputed": imputed}
        for city, node, score, imputed in table.select("city", "node", "score", "imputed").iter_rows()
    }


def _score_of(scored: dict[tuple[int, str], dict[str, Any]], city: int, name: str) -> dict[str, Any]:
    return scored.get((city, name), {"normalised": None, "imputed": None})


def _values(edition: Edition, boundary: Boundary) -> dict[tuple[int, str], dict[str, Any]]:
    table = edition.table("indicators").filter(pl.col("boundary") == boundary.value)
    return {
        (city, name): {"value": value, "unit": unit, "status": status}
        for city, name, value, unit, status in table.select("city", "indicator", "value", "unit", "status").iter_rows()
    }


def _level(score: float, geometric: bool) -> float:
    return math.log(max(score, LOWEST)) if geometric else score


def _logarithmic_mean(a: float, b: float) -> float:
    return a if a == b else (a - b) / (math.log(a) - math.log(b))
