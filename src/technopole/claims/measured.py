"""Tests on what the edition measures: rank, value, count, growth, probability of a rank, initiatives."""

from __future__ import annotations

import polars as pl

from technopole.claims.declarations import (
    BelongsTest,
    CountTest,
    GrowthTest,
    InitiativeTest,
    RankTest,
    ValueTest,
)
from technopole.claims.evidence import Evidence, Item, Measure
from technopole.claims.findings import (
    COMPARED,
    Finding,
    Outcome,
    amount,
    compares,
    lower_first,
    noted,
    ordinal,
    outcome_of,
)
from technopole.claims.words import LIKELY, REGIONS, Word, number, reach
from technopole.core.types import Boundary, Status

BOUNDARIES = (Boundary.AGGLOMERATION.value, Boundary.CORE.value, Boundary.REGION.value)


def rank_test(test: RankTest, city: str, evidence: Evidence) -> Finding:
    """Rank of the city among all cities (or countries) that have the measure, under each boundary.

    Reach is counted in the ranked cities that the measure covers: those with zero and those below a list's cut too.
    """
    measure = evidence.measures.get(test.measure)
    if measure is None:
        return _unknown(test, f"the edition has no {test.measure}")
    placed = [_place(measure, test, city, boundary, evidence) for boundary in BOUNDARIES]
    main = placed[0]
    if main is None:
        return _unknown(test, f"{evidence.names.get(city, city)} has no value of {lower_first(measure.title)}")
    holds = [one.rank <= reach(test.word, one.covered, evidence.reading) for one in placed if one is not None]
    outcome = outcome_of(true=holds[0]) if len(set(holds)) == 1 else Outcome.DEPENDS
    if outcome is Outcome.HOLDS and test.word is Word.FIRST and main.tied:
        outcome = Outcome.DEPENDS  # two leaders: neither is the one
    if outcome is Outcome.FAILS and main.lower_bound:
        outcome = Outcome.UNKNOWN  # more may be there than the source knows
    reached = sorted(one.rank for one in placed if one is not None)
    items = [_observed(measure, main.name, main.value, main.source)]
    if main.rival is not None and main.rival_value is not None and test.word is not Word.GOOD:
        items.append(_observed(measure, main.rival, main.rival_value, main.rival_source))
    sentence = _rank_sentence(test, measure, main, placed, evidence.reading)
    return Finding("rank", test.role, outcome, sentence, tuple(items), (reached[0], reached[-1]), main.lower_bound)


class _Placed:
    """Where a place stands in a list: rank 1 is the highest value."""

    def __init__(self, name: str, rank: int, sizes: tuple[int, int], value: float, *, lower_bound: bool) -> None:
        self.name, self.rank, self.value = name, rank, value
        self.size, self.covered = sizes  # places that have any; ranked cities that the measure covers
        self.lower_bound = lower_bound
        self.rival: str | None = None
        self.rival_value: float | None = None
        self.rival_source = ""
        self.tied = 0
        self.source = self.period = ""


def _place(measure: Measure, test: RankTest, city: str, boundary: str, evidence: Evidence) -> _Placed | None:
    known = pl.col("value").is_not_null() | (pl.col("status") == Status.CENSORED.value)
    table = measure.table.filter((pl.col("boundary") == boundary) & known)
    if test.among is not None:
        table = table.filter(pl.col("country").is_in(sorted(REGIONS[test.among])))
    covered = table.filter(pl.col("slug").is_in(sorted(evidence.ranked | {city}))).height
    table = table.filter(pl.col("value").is_not_null())
    own = table.filter(pl.col("slug") == city)
    if own.is_empty():
        return None
    source, period = str(own["source"][0]), str(own["period"][0])
    value, name = float(own["value"][0]), str(own["name"][0])
    if test.word is Word.GOOD:
        table = table.filter(pl.col("slug").is_in(sorted(evidence.ranked | {city})))
    elif measure.level == "country":
        table = table.unique("country", keep="first", maintain_order=True)
    if measure.level == "country":
        name = evidence.countries.get(str(own["country"][0]), name)
    values = table["value"]
    counted = values.filter(values > 0) if values.min() == 0 and test.word is not Word.GOOD else values
    rank = int((values > value).sum()) + 1
    size = max(counted.len(), rank if value > 0 else rank - 1, 1)
    if measure.level == "country" and test.word is not Word.GOOD:
        covered = size  # countries are compared with countries
    lower = str(own["status"][0]) == Status.LOWER_BOUND.value
    placed = _Placed(name, rank, (size, covered), value, lower_bound=lower)
    placed.source, placed.period = source, period
    placed.tied = int((values == value).sum()) - 1
    same = pl.col("slug") != city if measure.level != "country" else pl.col("country") != own["country"][0]
    others = table.filter(same).sort(["value", "slug"], descending=[True, False])
    if not others.is_empty():
        code = str(others["country"][0])
        placed.rival = evidence.countries.get(code, code) if measure.level == "country" else str(others["name"][0])
        placed.rival_value, placed.rival_source = float(others["value"][0]), str(others["source"][0])
    return placed


def _rank_sentence(
    test: RankTest, measure: Measure, main: _Placed, placed: list[_Placed | None], reading: float
) -> str:
    kind = "countries" if measure.level == "country" and test.word is not Word.GOOD else "cities"
    where = f" of {test.among}" if test.among else ""
    shown = amount(main.value, measure.unit)
    whose = f"{main.period}, {main.source}"
    title = lower_first(measure.title)
    if test.word is Word.GOOD:
        more = "lie in countries with more" if measure.level == "country" else "have more"
        text = f"{title} of {main.name}: {shown}; {main.rank - 1:,} of {main.size:,} ranked cities {more} ({whose})"
    else:
        tied = "" if not main.tied else " with another" if main.tied == 1 else f" with {main.tied:,} others"
        text = f"{main.name} is {ordinal(main.rank)}{tied} of {main.size:,} {kind}{where} by {title}: {shown} ({whose})"
        if main.rival is not None and main.rival_value is not None:
            first = main.rank == 1
            text += f"; {'next is' if first else 'first is'} {main.rival} with {amount(main.rival_value)}"
        if test.word is Word.NOTABLE and measure.level != "country":
            tenth = reach(Word.NOTABLE, main.covered, reading)
            text += f"; the first {tenth:,} of {main.covered:,} ranked cities count as notable"
    ranks = sorted({one.rank for one in placed if one is not None})
    if len(ranks) > 1 and test.word is not Word.GOOD:
        text += f"; {ordinal(ranks[0])} to {ordinal(ranks[-1])} by where the city's boundary is drawn"
    if main.lower_bound:
        text += "; the source under-covers the country, so it is a lower bound"
    return noted(text, test.note)


def value_test(test: ValueTest, city: str, evidence: Evidence) -> Finding:
    """Value of the city against a number; a lower bound can't refute "over"."""
    measure = evidence.measures.get(test.measure)
    rows = None if measure is None else measure.table.filter(
        (pl.col("boundary") == BOUNDARIES[0]) & (pl.col("slug") == city) & pl.col("value").is_not_null()
    )  # fmt: skip
    if measure is None or rows is None or rows.is_empty():
        return _unknown(test, f"{evidence.names.get(city, city)} has no value of {test.measure}")
    value, name = float(rows["value"][0]), str(rows["name"][0])
    if measure.level == "country":
        name = evidence.countries.get(str(rows["country"][0]), name)
    source, period = str(rows["source"][0]), str(rows["period"][0])
    threshold = number("things", evidence.reading) if test.comparator == "many" else test.value
    outcome = outcome_of(true=compares(value, test.comparator, threshold, reading=evidence.reading))
    if rows["status"][0] == Status.LOWER_BOUND.value and test.comparator in {"over", "at_least", "many"}:
        outcome = Outcome.HOLDS if outcome is Outcome.HOLDS else Outcome.UNKNOWN
    text = (
        f"{lower_first(measure.title)} of {name}: {amount(value, measure.unit)} ({period}, {source}), "
        f"against {COMPARED[test.comparator]} {amount(threshold)}"
    )
    return Finding("value", test.role, outcome, noted(text, test.note), (_observed(measure, name, value, source),))


def count_test(test: CountTest, evidence: Evidence) -> Finding:
    """How many cities, or countries, have more than so much."""
    measure = evidence.measures.get(test.measure)
    if measure is None:
        return _unknown(test, f"the edition has no {test.measure}")
    table = measure.table.filter((pl.col("boundary") == BOUNDARIES[0]) & pl.col("value").is_not_null())
    if table.is_empty():
        return _unknown(test, f"no city has a value of {lower_first(measure.title)}")
    if measure.level == "country":
        table = table.unique("country", keep="first", maintain_order=True)
    found = table.filter(pl.col("value") > test.above).height
    kind = "countries" if measure.level == "country" else "cities"
    asked = number(test.plural, evidence.reading)
    text = (
        f"{found:,} {kind} have more than {amount(test.above, measure.unit)} by {lower_first(measure.title)} "
        f"({measure.period}, {measure.source}), against at least {amount(asked)}"
    )
    item = _observed(measure, f"{kind} of the world", float(found), measure.source)
    return Finding("count", test.role, outcome_of(true=found >= asked), noted(text, test.note), (item,))


def growth_test(test: GrowthTest, city: str, evidence: Evidence) -> Finding:
    """Share of the world's total, later against earlier."""
    early, late = (evidence.measures.get(name) for name in (test.earlier, test.later))
    shares = [None if measure is None else _share(measure, city) for measure in (early, late)]
    if early is None or late is None or shares[0] is None or shares[1] is None:
        return _unknown(test, f"{evidence.names.get(city, city)} lacks {test.earlier} or {test.later}")
    before, after = shares[0], shares[1]
    name = evidence.names.get(city, city)
    text = (
        f"{name} had {before * 100:.2f} % of the world's {lower_first(early.title)}, and {after * 100:.2f} % of its "
        f"{lower_first(late.title)} ({', '.join(sorted({early.source, late.source}))})"
    )
    items = (
        Item("observation", early.id, early.source, name, before, "share", early.period, early.citation, early.url),
        Item("observation", late.id, late.source, name, after, "share", late.period, late.citation, late.url),
    )
    return Finding("growth", test.role, outcome_of(true=after > before), noted(text, test.note), items)


def _share(measure: Measure, city: str) -> float | None:
    table = measure.table.filter((pl.col("boundary") == BOUNDARIES[0]) & pl.col("value").is_not_null())
    own, total = table.filter(pl.col("slug") == city)["value"], float(table["value"].sum())
    return None if own.is_empty() or total <= 0 else float(own[0]) / total


def belongs_test(test: BelongsTest, city: str, evidence: Evidence) -> Finding:
    """Probability, over the edition's replicates, that the city ranks within reach."""
    standing = evidence.standings.get((test.lens, test.side, test.among or ""), {})
    if city not in standing:
        return _unknown(test, f"{evidence.names.get(city, city)} isn't ranked")
    within = standing[city]
    limit = reach(test.word, within.size, evidence.reading)
    chance = float(within[limit - 1])
    outcome = Outcome.HOLDS if chance >= LIKELY else Outcome.FAILS if chance <= 1 - LIKELY else Outcome.DEPENDS
    name = evidence.names.get(city, city)
    where = f" of {test.among}" if test.among else ""
    side = "whole index" if test.side == "index" else f"side {test.side}"
    reached = "first" if limit == 1 else f"among the first {limit:,}"
    text = (
        f"{name} is {reached} of {within.size:,} ranked cities{where} ({side}, lens {test.lens}) in "
        f"{chance * 100:.3g} % of the replicates of edition {evidence.edition}"
    )
    cited = f"Technopole, edition {evidence.edition}, uncertainty analysis"
    item = Item("probability", f"{test.lens}.{test.side}.{limit}", "technopole", name, round(chance, 4),
                f"probability of the first {limit}", evidence.edition, cited, "")  # fmt: skip
    return Finding("belongs", test.role, outcome, noted(text, test.note), (item,))


def initiative_test(test: InitiativeTest, city: str, evidence: Evidence) -> Finding:
    """An initiative of the theme is registered. That none is registered says nothing."""
    deeds = [deed for deed in evidence.deeds.get(city, ()) if deed.theme == test.theme]
    deeds = [deed for deed in deeds if not test.ids or deed.id in test.ids]
    name = evidence.names.get(city, city)
    if not deeds:
        return _unknown(test, f"no initiative of {name} is registered for {test.theme}")
    first = deeds[0]
    text = f"{name} has an initiative on record: {lower_first(first.what.rstrip('.'))} ({first.publisher})"
    items = tuple(
        Item("initiative", deed.id, deed.publisher, name, deed.what, "", deed.year, deed.citation, deed.url)
        for deed in deeds
    )
    return Finding("initiative", test.role, Outcome.HOLDS, noted(text, test.note), items)


def _observed(measure: Measure, place: str, value: float, source: str) -> Item:
    citation, url = measure.cited.get(source, (measure.citation, measure.url))
    return Item("observation", measure.id, source, place, value, measure.unit, measure.period, citation, url)


def _unknown(test: RankTest | ValueTest | CountTest | GrowthTest | BelongsTest | InitiativeTest, why: str) -> Finding:
    return Finding(test.kind, test.role, Outcome.UNKNOWN, why)
