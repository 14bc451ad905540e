"""The report of one city, gathered from an edition."""

from __future__ import annotations

import math
from typing import Any, Final

import polars as pl

from technopole.cities.countries import countries
from technopole.claims.declarations import article
from technopole.claims.findings import Outcome, amount, lower_first, ordinal
from technopole.claims.verdicts import Verdict, hanging
from technopole.core.types import Boundary, Lens
from technopole.editions.read import Edition
from technopole.index.framework import ROOT, Node
from technopole.indicators.themes import themes
from technopole.initiatives.register import Source
from technopole.publish.city import PEERS, city_page
from technopole.publish.claims import standing
from technopole.publish.claims_listed import PLACES
from technopole.publish.report.content import (
    Bar,
    Cited,
    CityReport,
    Done,
    Pillar,
    Row,
    Said,
    Sources,
    Standing,
    Standout,
)
from technopole.publish.report.native import FONT, native_name

HERE: Final = Boundary.AGGLOMERATION.value
SIDES: Final = {ROOT: "both sides"}
FRAME: Final = "wup2018"
"""Input of the frame that has the inhabitants."""
MOST_INITIATIVES: Final = 10
CONTEXT: Final = "By other definitions"
EARLIER: Final = "Earlier"
WORDS: Final = "It hangs on the words"
LABELS: Final = dict.fromkeys((("now", "holds"), ("now", "fails")), "")
DECIDING: Final = {("now", "holds"): "For", ("now", "fails"): "Against", ("now", "depends"): "Undecided"}
ORDER: Final = ("", "For", "Against", "Undecided", EARLIER, CONTEXT, "Needed", "Would settle it", WORDS)
FEW: Final = 3
"""Those that were read come first; derived ones repeat what the table of indicators shows."""


def city_report(edition: Edition, city: dict[str, Any]) -> CityReport:
    """Gather the report of one city (a row of the frame)."""
    page = city_page(edition, city)
    sources = Sources()
    own = sources.cite(edition_citation(edition))
    standings = _standings(edition, page, own) if page["ranked"] else ()
    peers = _peers(edition, page["id"]) if page["ranked"] else []
    pillars = _pillars(edition, page, peers, own) if page["ranked"] else ()
    summary = _summary(edition, page, standings, own, sources)
    strengths, weaknesses = (_standouts(edition, page, kind, own, sources) for kind in ("strengths", "weaknesses"))
    rows = tuple(_row(edition, one, sources) for one in page["indicators"] if one["value"] is not None)
    return CityReport(
        edition=edition.id,
        name=page["name"],
        native=native_name(edition, page["slug"]),
        native_family=FONT.get(page["country"], ""),
        country=countries()[page["country"]].name if page["country"] in countries() else page["country"],
        ranked=page["ranked"],
        summary=summary,
        standings=standings,
        ranked_cities=f"{len(standing(edition, 'scale', ROOT)):,}" if page["ranked"] else "",
        peers=tuple(name for _, name in peers),
        pillars=pillars,
        strengths=strengths,
        weaknesses=weaknesses,
        rows=rows,
        initiatives=tuple(_done(one, sources) for one in _shown(page["initiatives"])),
        claims=tuple(said(one, page["name"], sources) for one in page["claims"]),
        missing=_missing(edition, page, own),
        sources=tuple(sources.listed),
    )


def edition_citation(edition: Edition) -> str:
    """How the edition itself is cited."""
    digest = edition.manifest["content_digest"][:12]
    return f"Technopole, edition {edition.id} (content digest {digest}), framework {edition.manifest['framework']}."


def said(one: dict[str, Any], name: str, sources: Sources) -> Said:
    """One claim, its reasons in groups, each reason with the numbers of its own sources."""
    where = f"paragraph {one['paragraph']}, sentence {one['sentence']}"
    text = sources.cite(f"The article that is checked: “{article().title}”")
    groups: dict[str, list[Cited]] = {}
    # For and Against are told apart where there are both
    labels = {**LABELS, **(DECIDING if one["verdict"] == Verdict.IMPRECISE.value else {})}
    for found in one["findings"]:
        label = labels.get((found["role"], found["outcome"]), CONTEXT if found["role"] == "context" else EARLIER)
        if found["outcome"] == Outcome.UNKNOWN.value:
            continue
        items = [one["evidence"][place] for place in found["evidence"]]
        cites = {sources.cite(item["citation"], item["url"]) for item in items}
        groups.setdefault(label, []).append(Cited(found["sentence"], tuple(sorted(cites)) or (1,)))
    hangs = hanging(one["verdict"], one["readings"])
    # that evidence is missing was found in the edition, which every report cites first
    if one["verdict"] == Verdict.UNTESTABLE.value:
        groups["Needed"] = [Cited(one["needs"], (1,))]
    elif one["needs"] and one["verdict"] == Verdict.IMPRECISE.value:
        groups["Would settle it"] = [Cited(one["needs"], (1,))]
    if hangs:
        groups[WORDS] = [Cited(f"{hangs[0].upper()}{hangs[1:]}.", (1,))]
    order = sorted(groups, key=ORDER.index)
    because = tuple((label, tuple(groups[label])) for label in order)
    return Said(one["statement"], one["verdict"], because, where, name, (text,))


def _summary(
    edition: Edition, page: dict[str, Any], standings: tuple[Standing, ...], own: int, sources: Sources
) -> tuple[Cited, ...]:
    frame = edition.manifest["inputs"].get(FRAME)
    counted = own if frame is None else sources.cite(frame["citation"], frame["url"])
    people = Cited(f"{page['population_thousands'] / 1000:,.2f} million inhabitants.", (counted,))
    covered = f"{page['coverage'] * 100:.0f} % of the indicators have a value."
    if not page["ranked"]:
        thin = Cited(f"Not ranked: too little evidence. {covered} {page['nonzero']} counts are above zero.", (own,))
        return (people, thin)
    scale, intensity = (next(one for one in standings if one.lens == lens) for lens in ("scale", "intensity"))
    size = len(standing(edition, Lens.SCALE.value, ROOT))
    text = (
        f"By how much happens in it (scale) {page['name']} is {scale.rank} of {size:,} ranked cities, with a range of "
        f"{unbroken(scale.span)}; per inhabitant (intensity) it is {intensity.rank}, with {unbroken(intensity.span)}. "
        f"{covered}"
    )
    return (people, Cited(text, (own,)))


def unbroken(span: str) -> str:
    """Keep a range on one line: a word joiner on both sides of its dash."""
    return span.replace("–", "\u2060–\u2060")


def _standings(edition: Edition, page: dict[str, Any], own: int) -> tuple[Standing, ...]:
    framework = edition.framework()
    titles = {side.id: lower_first(side.title) for side in framework.tree}
    found = []
    for lens in Lens:
        for side in (ROOT, *framework.sides()):
            within = standing(edition, lens.value, side)
            row = next(
                one
                for one in page["ranks"]
                if one["lens"] == lens.value and (one["side"] or ROOT) == side and one["boundary"] == HERE
            )
            mine = within[page["slug"]]
            chances = tuple(f"{mine[min(place, mine.size) - 1] * 100:.0f} %" for place in PLACES)
            bar = Bar(*(_along(row[key], mine.size) for key in ("rank_low", "rank_high", "rank")))
            span = f"{row['rank_low']:.0f}–{row['rank_high']:.0f}"
            side_title = SIDES.get(side, titles.get(side, side))
            rank, tier = ordinal(row["rank"]), str(row["tier"])
            found.append(Standing(lens.value, side_title, rank, span, tier, chances, bar, (own,)))
    return tuple(found)


def _along(rank: float, size: int) -> float:
    """Place of a rank on a line of 100: the square root gives the first ranks room."""
    return round(100 * math.sqrt((rank - 1) / max(size - 1, 1)), 2)


def _peers(edition: Edition, city: int) -> list[tuple[int, str]]:
    """Id and name of the cities next to it in rank (lens scale), as `technopole city` has them."""
    here = (pl.col("lens") == Lens.SCALE.value) & (pl.col("boundary") == HERE) & (pl.col("side") == ROOT)
    table = edition.table("results").filter(here).sort("rank", "city").with_row_index("position")
    first = max(int(table.filter(pl.col("city") == city)["position"][0]) - PEERS // 2, 0)
    near = table.slice(first, PEERS + 1).filter(pl.col("city") != city)
    named = near.join(edition.frame().select("city", "name"), on="city", how="left", validate="1:1").sort("position")
    return list(named.select("city", "name").iter_rows())


def _pillars(edition: Edition, page: dict[str, Any], peers: list[tuple[int, str]], own: int) -> tuple[Pillar, ...]:
    scores = edition.table("scores").filter((pl.col("lens") == Lens.SCALE.value) & (pl.col("boundary") == HERE))
    near = scores.filter(pl.col("city").is_in([city for city, _ in peers]))
    found = []
    for node in (child for side in edition.framework().tree for child in side.children if isinstance(child, Node)):
        values = near.filter(pl.col("node") == node.id)["score"]
        low, high = (float(end) if isinstance(end, float) else 0.0 for end in (values.min(), values.max()))
        median = values.median()
        middle, score = float(median) if isinstance(median, float) else 0.0, float(page["pillars"][node.id])
        bar = Bar(round(low, 2), round(high, 2), round(score, 2))
        found.append(Pillar(node.title, f"{score:.0f}", f"{middle:.0f}", bar, round(middle, 2), (own,)))
    return tuple(found)


def _standouts(edition: Edition, page: dict[str, Any], kind: str, own: int, sources: Sources) -> tuple[Standout, ...]:
    rows = {one["id"]: one for one in page["indicators"]}
    found = []
    for one in page[kind]:
        row = rows[one["indicator"]]
        value = amount(row["value"], row["unit"])
        cites = (own, _source(edition, row["source"], sources))
        found.append(Standout(row["title"], value, f"{one['score']:.0f}", f"{one['peers']:.0f}", cites))
    return tuple(found)


def _row(edition: Edition, one: dict[str, Any], sources: Sources) -> Row:
    score = "" if one["normalised"] is None else f"{one['normalised']:.0f}"
    rank = "" if one["rank"] is None else ordinal(one["rank"])
    value = amount(one["value"], one["unit"])
    return Row(one["title"], value, one["period"], score, rank, one["status"],
               (_source(edition, one["source"], sources),))  # fmt: skip


def _source(edition: Edition, name: str, sources: Sources) -> int:
    declared = edition.sources.get(name)
    return sources.cite(edition_citation(edition)) if declared is None else sources.cite(
        declared["citation"], declared["url"]
    )  # fmt: skip


def _shown(initiatives: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that were read; derived ones only where fewer than three were."""
    read = [one for one in initiatives if one["kind"] == "read"]
    derived = [one for one in initiatives if one["kind"] != "read"]
    return [*read, *(derived if len(read) < FEW else [])][:MOST_INITIATIVES]


def _done(one: dict[str, Any], sources: Sources) -> Done:
    titles = {theme.id: theme.theme for theme in themes()}
    figure = one["figure"]
    # "1 yes or no" tells no more than the entry itself
    told = figure if figure and figure["unit"] != "yes or no" else None
    shown = "" if told is None else f"{amount(told['value'], told['unit'])} ({told['year']})"
    source = one["source"]
    cite = sources.cite(Source.model_validate(source).cited(), source["address"])
    return Done(titles.get(one["theme"], one["theme"]), one["what"], one["since"] or "", one["by"], shown, (cite,))


def _missing(edition: Edition, page: dict[str, Any], own: int) -> tuple[Cited, ...]:
    declared = {one.id: one.title for one in edition.catalogue().indicators}
    return tuple(Cited(f"{declared[one['indicator']]}: {one['reason']}.", (own,)) for one in page["missing"])
