"""The reader's own claims against an edition: verdicts with evidence, and one clear message for each unusable line."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.claims.declarations import RankTest, ValueTest
from technopole.claims.evidence import Evidence, Measure
from technopole.claims.findings import Finding, Outcome, outcome_of
from technopole.claims.measured import rank_test, value_test
from technopole.claims.own import OwnClaim, Problem, read_own, safe
from technopole.claims.verdicts import decide, reason
from technopole.claims.words import Word
from technopole.core.errors import InputError, UnknownNameError
from technopole.editions.declared import declared_variables
from technopole.editions.read import Edition
from technopole.indicators.declarations import suggestion
from technopole.indicators.themes import themes
from technopole.publish.claims import gather, measure
from technopole.publish.finding import find_city

YEARS_APART: Final = 3
"""A claim about a year further than this from the evidence can't be judged by it."""
_SPACES: Final = re.compile(r"[\s_]+")


def check_file(edition: Edition, path: Path) -> dict[str, Any]:
    """Check a file of claims, in the documented shape of `technopole claims check --json`.

    Returns
    -------
    `claims`: id (line or place), city (slug), statement, verdict, because, evidence. `errors`: where and message of
    each line that can't be used. The verdict is one of five; a claim about a year more than three years away from
    the evidence is untestable.

    Raises
    ------
    InputError and its kin : as `claims.own.read_own`; nothing of the file can be used.
    """
    named = re.match(r"\d{4}", edition.id)
    last_year = int(named[0]) if named else datetime.date.today().year  # an edition of one's own may have any name
    claims, problems = read_own(path, last_year=last_year)
    evidence = gather(edition, ())
    judged = []
    for claim in claims:
        try:
            judged.append(_judged(edition, claim, evidence))
        except InputError as error:
            problems.append(Problem(claim.where, str(error)))
    order = {where: place for place, where in enumerate(sorted({one.where for one in problems}, key=_place))}
    return {
        "edition": edition.id,
        "file": safe(path.name)[1:-1],
        "claims": judged,
        "errors": [
            {"where": one.where, "message": one.message} for one in sorted(problems, key=lambda one: order[one.where])
        ],
    }


def _place(where: str) -> int:
    return int(where.rsplit(maxsplit=1)[-1])


def check_table(shape: dict[str, Any]) -> pl.DataFrame:
    """Verdicts and errors as one flat table: where, city, statement, verdict, because, error."""
    rows = [[one["id"], one["city"], one["statement"], one["verdict"], one["because"], None] for one in shape["claims"]]
    rows += [[one["where"], None, None, None, None, one["message"]] for one in shape["errors"]]
    rows.sort(key=lambda row: _place(str(row[0])))
    names = ("where", "city", "statement", "verdict", "because", "error")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _judged(edition: Edition, claim: OwnClaim, evidence: Evidence) -> dict[str, Any]:
    try:
        city = find_city(edition, claim.city)
    except UnknownNameError as error:
        raise UnknownNameError(f"there is no city {safe(claim.city)}:", error.remedy) from error
    measures = _measures(edition, claim)
    for one in measures:
        _fits(claim, one)
    findings = tuple(_aged(_finding(claim, city["slug"], one, evidence), claim, one) for one in measures)
    verdict = decide(findings)
    named = {**claim.__dict__, "city": _named(claim.city, city, evidence), "measure": claim.measure and measures[0].id}
    return {
        "id": claim.where,
        "city": city["slug"],
        "statement": OwnClaim(**named).statement(),
        "verdict": verdict.value,
        "because": reason(verdict, findings, ""),
        "evidence": [
            {**item.to_json(), "test": one.kind, "role": one.role, "outcome": one.outcome.value}
            for one in findings
            for item in one.items
        ],
    }


def _named(written: str, city: dict[str, Any], evidence: Evidence) -> str:
    """Name of the city that was found, with its country; and what the file calls it, where that is something else."""
    found = f"{city['name']} ({evidence.countries.get(city['country'], city['country'])})"
    own = {str(city["name"]).casefold(), str(city["slug"]), str(city["city"])}
    return found if written.strip().casefold() in own else f"{found}, written {safe(written)}"


def _measures(edition: Edition, claim: OwnClaim) -> list[Measure]:
    """Measures that a claim is about: one, or those of a theme."""
    if claim.measure:
        name = _SPACES.sub("_", claim.measure.strip().casefold())
        found = measure(edition, name)
        if found is None:
            known = sorted({*(one.id for one in edition.catalogue().indicators), *declared_variables(edition)})
            raise UnknownNameError(f"there is no indicator {safe(claim.measure)}:", suggestion(name, known))
        return [found]
    name = _SPACES.sub("_", claim.theme.strip().casefold())
    theme = next((one for one in themes() if name in {one.id, _SPACES.sub("_", one.theme.casefold())}), None)
    if theme is None:
        raise UnknownNameError(
            f"there is no theme {safe(claim.theme)}:", suggestion(name, [one.id for one in themes()])
        )
    ids = (*theme.indicators, *theme.variables, *(() if theme.indicators or theme.variables else theme.evidence))
    listed = [one for item in ids if (one := measure(edition, item)) is not None]
    if not listed:
        raise InputError(f"the theme {theme.id} isn't measured:", "see `technopole themes`.")
    if claim.asked != "rank" and len(listed) > 1:
        names = ", ".join(one.id for one in listed)
        raise InputError(f"the theme {theme.id} has several measures:", f"name one as indicator: {names}.")
    return listed


def _fits(claim: OwnClaim, one: Measure) -> None:
    """Refuse a wrong unit, and a value that the unit can't have."""
    if claim.asked == "rank":
        return
    known = {_plain_unit(one.unit), _plain_unit(one.unit.split(",")[0]), "%" if one.unit.startswith("%") else one.unit}
    if claim.unit and _plain_unit(claim.unit) not in known:
        raise InputError(f"{one.id} is in {one.unit}, not {safe(claim.unit)}:", "write the value in that unit.")
    percent = _plain_unit(one.unit).startswith("%")
    bounds = (0.0, 100.0) if percent else (0.0, 1.0) if "from 0 to 1" in one.unit and "10" not in one.unit else None
    if claim.value < 0 or (bounds is not None and claim.value > bounds[1]):
        limit = f"0 to {bounds[1]:g}" if bounds else "0 and more"
        what = f"the value {claim.value:g} can't be one of {one.id}, in {one.unit}:"
        raise InputError(what, f"it goes from {limit}.")


def _plain_unit(unit: str) -> str:
    flat = _SPACES.sub(" ", unit.strip().casefold()).replace("percent", "%").replace("per cent", "%")
    return flat.replace("kilometres", "km").replace("kilometers", "km")


def _finding(claim: OwnClaim, slug: str, one: Measure, evidence: Evidence) -> Finding:
    held = Evidence(names=evidence.names, countries=evidence.countries, ranked=evidence.ranked, measures={one.id: one})
    if claim.asked != "rank":
        return value_test(
            ValueTest(kind="value", measure=one.id, comparator=claim.asked, value=claim.value), slug, held
        )
    # the words reach fixed ranks; a reader's own number is compared with the rank that the test found
    found = rank_test(RankTest(kind="rank", measure=one.id, word=Word.FIRST), slug, held)
    if found.outcome is Outcome.UNKNOWN or found.ranks is None:
        return found
    low, high = found.ranks
    outcome = outcome_of(true=high <= claim.value) if (low <= claim.value) == (high <= claim.value) else Outcome.DEPENDS
    if outcome is Outcome.FAILS and found.lower_bound:
        outcome = Outcome.UNKNOWN
    return Finding("rank", found.role, outcome, found.sentence, found.items, found.ranks, found.lower_bound)


def _aged(finding: Finding, claim: OwnClaim, one: Measure) -> Finding:
    """Make a finding unknown when its evidence is of another time than the claim."""
    years = [int(text) for text in re.findall(r"(?:19|20)\d\d", one.period)]
    if claim.year is None or not years or finding.outcome is Outcome.UNKNOWN:
        return finding
    if min(years) - YEARS_APART <= claim.year <= max(years) + YEARS_APART:
        return finding
    why = f"the claim is about {claim.year}, the evidence of {one.id} is of {one.period}: {finding.sentence}"
    return Finding(finding.kind, finding.role, Outcome.UNKNOWN, why, finding.items)
