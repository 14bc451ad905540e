"""The article's list of ten itself: who belongs to the ten, twenty, fifty most high-tech cities, and who beats them."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from technopole.claims.declarations import article
from technopole.claims.words import LIKELY
from technopole.core.types import Boundary, Lens
from technopole.editions.read import Edition
from technopole.index.framework import ROOT
from technopole.publish.claims import standing

PLACES: Final = (10, 20, 50)


def article_list(edition: Edition) -> dict[str, Any]:
    """Judge the list, in the documented shape of `technopole claims list --json`.

    For each lens and side (null is the whole index): `cities`, in order of rank, with rank, range and the probability
    of the first 10, 20, 50; `belongs` and `does_not` by these places, with a probability of at least 90 % and of at
    most 10 % (the others are undecided); `better_unlisted`: cities that the article leaves out although they rank
    before one that it lists, with their own probabilities.
    """
    framework = edition.framework()
    sides = [ROOT, *framework.sides()]
    return {
        "edition": edition.id,
        "likely": LIKELY,
        "places": list(PLACES),
        "tables": [_table(edition, lens, side) for lens in Lens for side in sides],
    }


def listed_cities() -> list[str]:
    """Slugs of the cities that the article lists, in its order."""
    return list(dict.fromkeys(claim.city for claim in article().claims if claim.city is not None))


def list_table(shape: dict[str, Any]) -> pl.DataFrame:
    """Flat table: lens, side, slug, listed, rank, rank_low, rank_high, first_10, first_20, first_50."""
    rows = []
    for table in shape["tables"]:
        for listed, group in ((True, table["cities"]), (False, table["better_unlisted"])):
            for one in group:
                chances = {f"first_{place}": one["probability"][str(place)] for place in PLACES}
                ends = {name: one[name] for name in ("rank", "rank_low", "rank_high")}
                side = table["side"] or "both"
                rows.append(
                    {"lens": table["lens"], "side": side, "slug": one["slug"], "listed": listed, **ends, **chances}
                )
    return pl.DataFrame(rows, infer_schema_length=None)


def _table(edition: Edition, lens: Lens, side: str) -> dict[str, Any]:
    results = (
        edition.table("results")
        .filter(
            (pl.col("lens") == lens.value)
            & (pl.col("side") == side)
            & (pl.col("boundary") == Boundary.AGGLOMERATION.value)
        )
        .join(edition.frame().select("city", "slug", "name", "country"), on="city", how="left", validate="1:1")
        .sort("rank", "slug")
    )
    within = standing(edition, lens.value, side)
    named = set(listed_cities())
    cities = [_city(row, within[row["slug"]]) for row in results.iter_rows(named=True)]
    listed = [one for one in cities if one["slug"] in named]
    lowest = max((one["rank"] for one in listed), default=0)
    best = [one for one in cities if one["slug"] not in named and one["rank"] < lowest]
    places = [str(place) for place in PLACES]
    return {
        "lens": lens.value,
        "side": None if side == ROOT else side,
        "ranked": len(cities),
        "cities": listed,
        "not_ranked": sorted(named - {one["slug"] for one in cities}),
        "belongs": {place: [one["slug"] for one in listed if one["probability"][place] >= LIKELY] for place in places},
        "does_not": {
            place: [one["slug"] for one in listed if one["probability"][place] <= 1 - LIKELY] for place in places
        },
        "better_unlisted": best,
    }


def _city(row: dict[str, Any], within: Any) -> dict[str, Any]:
    chances = {str(place): round(float(within[min(place, within.size) - 1]), 4) for place in PLACES}
    kept = ("slug", "name", "country", "rank", "rank_low", "rank_high", "tier")
    return {**{name: row[name] for name in kept}, "probability": chances}
