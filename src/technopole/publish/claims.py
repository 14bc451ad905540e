"""The claims of the article against an edition: evidence is gathered here, verdicts are computed in `claims`."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.cities.countries import countries
from technopole.claims.declarations import Claim, article, measures_needed, standings_needed
from technopole.claims.evidence import Deed, Evidence, Measure, Probabilities, figures
from technopole.claims.verdicts import Judged, judge_in_all_readings
from technopole.claims.words import REGIONS
from technopole.core.errors import UnknownNameError
from technopole.core.types import Lens, Level
from technopole.editions.declared import declared_variables
from technopole.editions.read import Edition
from technopole.index.framework import ROOT
from technopole.indicators.declarations import suggestion
from technopole.indicators.recipes import variables_behind
from technopole.indicators.variables import variable_values
from technopole.initiatives.register import of_city
from technopole.kernel.rank import competition_ranks, rank_acceptability
from technopole.observations.variables import Meta, Variable
from technopole.robustness.uncertainty import Replicates, simulate

COLUMNS: Final = (
    "id", "city", "statement", "verdict", "because", "scope", "theme", "paragraph", "sentence", "sources", "strict",
    "loose",
)  # fmt: skip


def judged_claims(edition: Edition, city: str | None = None) -> list[Judged]:
    """Judge the claims of the article, in its order; only those about one city when its slug is given."""
    return list(_judged(edition, city))


@lru_cache(maxsize=32)
def _judged(edition: Edition, city: str | None) -> tuple[Judged, ...]:
    claims = tuple(one for one in article().claims if city is None or one.city == city)
    evidence = gather(edition, claims) if claims else Evidence()
    return tuple(judge_in_all_readings(claim, evidence) for claim in claims)


def claim_list(edition: Edition, city: str | None = None) -> list[dict[str, Any]]:
    """Claims in the documented shape of `technopole claims --json`."""
    return [one.to_json() for one in judged_claims(edition, city)]


def claim_table(edition: Edition, city: str | None = None) -> pl.DataFrame:
    """Claims as a flat table; sources are joined by "; ". `strict`, `loose`: verdicts if words reached so far."""
    rows = [{**one, **one["readings"], "sources": "; ".join(one["sources"])} for one in claim_list(edition, city)]
    schema = {name: pl.Int64 if name in {"paragraph", "sentence"} else pl.String for name in COLUMNS}
    return pl.DataFrame([[row[name] for name in COLUMNS] for row in rows], schema=schema, orient="row")


def gather(edition: Edition, claims: Iterable[Claim]) -> Evidence:
    """Collect what the tests of these claims may use."""
    wanted = tuple(claims)
    frame = edition.frame()
    ranked = edition.table("coverage").filter("eligible")["city"]
    # another framework may have other sides: what it lacks is unknown
    sides = {ROOT, *edition.framework().sides()}
    standings = {key: standing(edition, *key) for key in standings_needed(wanted) if key[1] in sides}
    return Evidence(
        names=dict(zip(frame["slug"], frame["name"], strict=True)),
        countries={code: one.name for code, one in countries().items()},
        ranked=frozenset(frame.filter(pl.col("city").is_in(ranked.implode()))["slug"]),
        measures={name: one for name in measures_needed(wanted) if (one := measure(edition, name)) is not None},
        figures=figures(),
        standings=standings,
        deeds={slug: _deeds(slug) for slug in _cities_with_deeds(wanted)},
        edition=edition.id,
    )


def _cities_with_deeds(claims: tuple[Claim, ...]) -> list[str]:
    asked = {one.city for one in claims if one.city and any(test.kind == "initiative" for test in one.tests)}
    return sorted(slug for slug in asked if slug is not None)


def _deeds(slug: str) -> tuple[Deed, ...]:
    return tuple(
        Deed(
            id=one.id,
            theme=one.theme,
            what=one.what,
            year="" if one.since is None else str(one.since)[:4],
            publisher=one.source.publisher,
            citation=one.source.cited(),
            url=one.source.address,
        )
        for one in of_city(slug)
    )


def measure(edition: Edition, name: str) -> Measure | None:
    """One indicator of the catalogue or variable of a source in every city; None where the edition has neither."""
    declared = _declared(edition)
    indicators = {one.id: one for one in edition.catalogue().indicators}
    if name in indicators:
        values = edition.table("indicators").filter(pl.col("indicator") == name)
        if values.is_empty():
            return None
        behind = [one for one in sorted(variables_behind(indicators[name])) if one in declared]
        levels = {declared[one][1].level for one in behind}
        level = Level.CITY.value if Level.CITY.value in levels else Level.COUNTRY.value
        meta = declared[behind[0]][0]
        title, unit = indicators[name].title, indicators[name].unit
        source, period = str(values["source"].drop_nulls()[0]), str(values["period"].drop_nulls()[0])
        meta = next((one for one, _ in declared.values() if one.id == source), meta)
    elif name in declared:
        meta, variable = declared[name]
        values = variable_values(edition.table("observations"), variable, meta, edition.frame())
        title, unit, level, period = variable.title, variable.unit, variable.level, variable.period
    else:
        return None
    named = edition.frame().select("city", "slug", "name", "country")
    table = values.select("city", "boundary", "value", "status", "period", "source").join(
        named, on="city", how="left", validate="m:1"
    )
    behind_it = set(table["source"].drop_nulls())
    cited = {one.id: (one.citation, one.url) for one, _ in declared.values() if one.id in behind_it}
    return Measure(name, title, unit, level, period, meta.id, meta.citation, meta.url, table, cited)


@lru_cache(maxsize=4)
def _declared(edition: Edition) -> dict[str, tuple[Meta, Variable]]:
    return declared_variables(edition)


def standing(edition: Edition, lens: str, side: str, region: str = "") -> Probabilities:
    """Probability of each ranked city to be within the first 1, 2, 3 … places, of the world or of a region.

    From the same replicates as the edition's ranges (same matrix, framework and seed); in a region the cities are
    ranked anew among themselves in each replicate.
    """
    slugs, codes, replicates = replicated(edition, Lens(lens))
    if side not in replicates.scores:
        raise UnknownNameError(f"there is no side {side!r}:", suggestion(side, list(replicates.scores)))
    members = np.array([not region or code in REGIONS[region] for code in codes])
    ranks = replicates.ranks[side] if not region else competition_ranks(replicates.scores[side][:, members])
    within = rank_acceptability(ranks).cumsum(axis=1)
    inside = [slug for slug, member in zip(slugs, members, strict=True) if member]
    return dict(zip(inside, within, strict=True))


@lru_cache(maxsize=4)
def replicated(edition: Edition, lens: Lens) -> tuple[list[str], list[str], Replicates]:
    """Give slugs and countries of the ranked cities, and the replicates behind the edition's ranges in their order."""
    frame, framework = edition.frame(), edition.framework()
    matrix = edition.matrix()
    ids = pl.DataFrame({"city": list(matrix.cities)}, schema={"city": pl.Int64})
    named = ids.join(
        frame.select("city", "slug", "country"), on="city", how="left", validate="1:1", maintain_order="left"
    )
    return named["slug"].to_list(), named["country"].to_list(), simulate(matrix, framework, lens)
