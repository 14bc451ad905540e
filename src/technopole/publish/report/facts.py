"""The fact-check of the article, gathered from an edition."""

from __future__ import annotations

from collections import Counter
from typing import Any

from technopole.claims.declarations import DECIDABLE, article
from technopole.claims.verdicts import Verdict
from technopole.editions.read import Edition
from technopole.publish.claims import claim_list
from technopole.publish.claims_listed import article_list
from technopole.publish.report.city import edition_citation, said
from technopole.publish.report.content import Cited, FactCheck, Judgement, Listed, Said, Sources

MOST_LEFT_OUT = 8


def fact_check(edition: Edition) -> FactCheck:
    """Gather the fact-check: what became of the claims, the list of ten, and each claim with its reason."""
    sources = Sources()
    own = sources.cite(edition_citation(edition))
    listed = claim_list(edition)
    counts = Counter(one["verdict"] for one in listed)
    mine = [one for one in listed if one["scope"] in DECIDABLE]
    decided = [one for one in mine if one["verdict"] != Verdict.UNTESTABLE.value]
    text = (
        f"{len(listed)} factual claims were found. Of the {len(mine)} on technology, the economy and services "
        f"{len(decided)} ({len(decided) / len(mine) * 100:.0f} %) could be decided. Each verdict is computed from "
        "declared tests on evidence; none is an opinion."
    )
    return FactCheck(
        edition=edition.id,
        title=article().title,
        counts=tuple((verdict.value, counts[verdict.value]) for verdict in Verdict),
        summary=(Cited(text, (own,)),),
        judgements=tuple(_judgement(one, own) for one in article_list(edition)["tables"]),
        claims=tuple(_said(edition, one, sources) for one in listed),
        sources=tuple(sources.listed),
    )


def _said(edition: Edition, one: dict[str, Any], sources: Sources) -> Said:
    names = dict(edition.frame().select("slug", "name").iter_rows())
    return said(one, names.get(one["city"], "Cities of the world"), sources)


def _judgement(table: dict[str, Any], own: int) -> Judgement:
    places = list(table["belongs"])
    belongs = belonging(table)
    better = [f"{one['name']} ({one['rank']})" for one in table["better_unlisted"]]
    more = len(better) - MOST_LEFT_OUT
    left_out = ", ".join(better[:MOST_LEFT_OUT]) + (f" and {more} more" if more > 0 else "")
    cities = tuple(
        Listed(
            one["name"],
            str(one["rank"]),
            f"{one['rank_low']:.0f}–{one['rank_high']:.0f}",
            tuple(f"{one['probability'][place] * 100:.0f}" for place in places),
        )
        for one in table["cities"]
    )
    return Judgement(table["lens"], table["side"] or "both sides", cities, belongs, left_out or "none", (own,))


def belonging(table: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Name the cities that belong to the first so many places; each under the fewest places that it belongs to."""
    names = {one["slug"]: one["name"] for one in table["cities"]}
    told: set[str] = set()
    found = []
    for place, slugs in table["belongs"].items():
        new = [names[slug] for slug in slugs if slug not in told]
        told |= set(slugs)
        if new:
            found.append((place, ", ".join(new)))
    none = [name for slug, name in names.items() if slug not in told]
    return (*found, *([("none", ", ".join(none))] if none else []))
