"""One city: its ranks, pillars and indicators, where it stands out, and what is missing."""

from __future__ import annotations

from typing import Any

import polars as pl

from technopole.core.types import Boundary, Lens
from technopole.editions.read import Edition
from technopole.index.framework import ROOT
from technopole.publish.claims import claim_list
from technopole.publish.initiatives import initiative_list

PEERS = 10  # cities next to it in rank, half above and half below
STANDOUTS = 3


def city_page(
    edition: Edition,
    city: dict[str, Any],
    lens: Lens = Lens.SCALE,
    boundary: Boundary = Boundary.AGGLOMERATION,
) -> dict[str, Any]:
    """Everything that the edition says of one city, in the documented shape of `technopole city --json`.

    Parameters
    ----------
    city : a row of the frame.
    lens : of pillars, indicator scores, strengths and weaknesses; ranks are given under every lens, side and boundary.

    Strengths and weaknesses are the indicators whose score (0-100) differs most from the median of its peers: the ten
    cities next to it in rank. Imputed scores say nothing and are left out.
    """
    results = edition.table("results").filter(pl.col("city") == city["city"])
    scores = edition.table("scores").filter((pl.col("lens") == lens.value) & (pl.col("boundary") == boundary.value))
    own = scores.filter(pl.col("city") == city["city"])
    framework = edition.framework()
    indicators = _indicators(edition, city["city"], scores, boundary)
    covered = edition.table("coverage").filter(pl.col("city") == city["city"]).row(0, named=True)
    differences = _differences(edition, city["city"], scores, lens, boundary)
    return {
        "name": city["name"],
        "id": city["city"],
        "slug": city["slug"],
        "country": city["country"],
        "population_thousands": city["population_thousands"],
        "ranked": bool(covered["eligible"]),
        "coverage": covered["coverage"],
        "nonzero": covered["nonzero"],
        "lens": lens.value,
        "boundary": boundary.value,
        "ranks": [
            {
                "lens": row["lens"],
                "side": None if row["side"] == ROOT else row["side"],
                "boundary": row["boundary"],
                "rank": row["rank"],
                "rank_low": row["rank_low"],
                "rank_high": row["rank_high"],
                "tier": row["tier"],
                "score": row["score"],
            }
            for row in results.sort("lens", "side", "boundary", descending=[True, False, False]).iter_rows(named=True)
        ],
        "pillars": {
            row["node"]: row["score"]
            for row in own.filter(pl.col("node").is_in(framework.pillars())).iter_rows(named=True)
        },
        "strengths": [one for one in differences[:STANDOUTS] if one["difference"] > 0],
        "weaknesses": [one for one in reversed(differences[-STANDOUTS:]) if one["difference"] < 0],
        "missing": [{"indicator": one["id"], "reason": one["status"]} for one in indicators if one["value"] is None],
        "indicators": indicators,
        "initiatives": initiative_list(city["slug"]),
        "claims": claim_list(edition, city["slug"]),
    }


def _indicators(edition: Edition, city: int, scores: pl.DataFrame, boundary: Boundary) -> list[dict[str, Any]]:
    values = edition.table("indicators").filter((pl.col("city") == city) & (pl.col("boundary") == boundary.value))
    ranked = (
        scores.filter(~pl.col("imputed"))
        .with_columns(rank=pl.col("score").round_sig_figs(10).rank("min", descending=True).over("node"))
        .filter(pl.col("city") == city)
        .select(indicator="node", normalised="score", rank="rank")
    )
    declared = {one.id: one for one in edition.catalogue().indicators}
    joined = values.join(ranked, on="indicator", how="left", validate="1:1").sort("indicator")
    order = {name: place for place, name in enumerate(edition.framework().indicator_ids())}
    return [
        {
            "id": row["indicator"],
            "title": declared[row["indicator"]].title,
            "value": row["value"],
            "unit": row["unit"],
            "period": row["period"],
            "status": row["status"],
            "source": row["source"],
            "normalised": row["normalised"],
            "rank": None if row["rank"] is None else int(row["rank"]),
        }
        for row in sorted(joined.iter_rows(named=True), key=lambda row: order.get(row["indicator"], len(order)))
    ]


def _differences(
    edition: Edition, city: int, scores: pl.DataFrame, lens: Lens, boundary: Boundary
) -> list[dict[str, Any]]:
    table = (
        edition.table("results")
        .filter((pl.col("lens") == lens.value) & (pl.col("boundary") == boundary.value) & (pl.col("side") == ROOT))
        .sort("rank", "city")
        .with_row_index("position")
    )
    here = table.filter(pl.col("city") == city)
    if here.is_empty():
        return []
    first = max(int(here["position"][0]) - PEERS // 2, 0)
    peers = table.slice(first, PEERS + 1).filter(pl.col("city") != city)["city"]
    observed = scores.filter(~pl.col("imputed") & pl.col("node").is_in(edition.framework().indicator_ids()))
    median = observed.filter(pl.col("city").is_in(peers.implode())).group_by("node").agg(peers=pl.col("score").median())
    joined = observed.filter(pl.col("city") == city).join(median, on="node", validate="1:1")
    ordered = joined.with_columns(difference=pl.col("score") - pl.col("peers")).sort(
        ["difference", "node"], descending=[True, False]
    )
    return [
        {"indicator": row["node"], "score": row["score"], "peers": row["peers"], "difference": row["difference"]}
        for row in ordered.iter_rows(named=True)
    ]


def missing_reasons(page: dict[str, Any]) -> str:
    """Say in one line what keeps a city unranked, or what is missing."""
    reasons = [f"{one['indicator']} ({one['reason']})" for one in page["missing"]]
    return ", ".join(reasons) if reasons else "nothing"
