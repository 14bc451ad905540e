"""Tests on published figures: value, rank, order in time, ratio, definition."""

from __future__ import annotations

from collections.abc import Sequence

from technopole.claims.declarations import (
    DefinitionTest,
    EarlyTest,
    FigureRankTest,
    FigureTest,
    RatioTest,
    StatedRankTest,
)
from technopole.claims.evidence import Evidence, Figure, item_of
from technopole.claims.findings import COMPARED, Finding, Outcome, amount, compares, noted, ordinal, outcome_of
from technopole.claims.words import EARLIER_PLACES, LAG_YEARS, Word, number, reach

UNKNOWN_LENGTH = 1000
"""Taken for a list whose length isn't known; it decides for "the first" and "one of the first" only."""
BOUNDS = {"": "", "below": "nearly ", "above": "more than "}
AnyTest = FigureTest | StatedRankTest | FigureRankTest | EarlyTest | RatioTest | DefinitionTest


def figure_test(test: FigureTest, evidence: Evidence) -> Finding:
    """A published figure against a number."""
    one = evidence.figures.get(test.figure)
    if one is None or one.value is None:
        return _unknown(test, [test.figure])
    threshold = number("things", evidence.reading) if test.comparator == "many" else test.value
    outcome = outcome_of(true=compares(one.value, test.comparator, threshold, one.bound, evidence.reading))
    asked = f"{threshold:.0f}" if test.comparator == "in_year" else amount(threshold)
    text = f"{_said(one)}, against {COMPARED[test.comparator]} {asked}"
    return _found(test, outcome, text, [one])


def stated_rank_test(test: StatedRankTest, evidence: Evidence) -> Finding:
    """A published rank, in a list whose length may be known."""
    one = evidence.figures.get(test.figure)
    if one is None or one.value is None:
        return _unknown(test, [test.figure])
    rank = round(one.value)
    if one.of is None and test.word not in {Word.FIRST, Word.ONE_OF}:
        return _unknown(test, [test.figure])
    limit = reach(test.word, one.of or UNKNOWN_LENGTH, evidence.reading)
    length = f" of {one.of:,}" if one.of else ""
    text = f"{one.place} is {ordinal(rank)}{length}: {one.what} ({_whose(one)})"
    return _found(test, outcome_of(true=rank <= limit), text, [one])


def figure_rank_test(test: FigureRankTest, evidence: Evidence) -> Finding:
    """A figure against those of other places of the same source or definition."""
    own = evidence.figures.get(test.figure)
    others = [one for name in test.others if (one := evidence.figures.get(name)) is not None and one.value is not None]
    if own is None or own.value is None or not others:
        return _unknown(test, [test.figure, *test.others])
    higher = [one for one in others if one.value is not None and one.value > own.value]
    limit = reach(test.word, len(others) + 1 if test.complete else UNKNOWN_LENGTH, evidence.reading)
    fits = len(higher) < limit
    outcome = Outcome.FAILS if not fits else Outcome.HOLDS if test.complete else Outcome.UNKNOWN
    if outcome is Outcome.HOLDS and test.word is Word.FIRST and any(one.value == own.value for one in others):
        outcome = Outcome.DEPENDS  # two leaders: neither is the one
    ahead = ", ".join(f"{one.place} {amount(one.value or 0)}" for one in higher)
    text = f"{_said(own)}; {f'higher are {ahead}' if higher else 'none of those compared is higher'}"
    return _found(test, outcome, text, [own, *others])


def early_test(test: EarlyTest, evidence: Evidence) -> Finding:
    """One of the first? No later than two years after the first found; or fewer than ten places earlier.

    A list that isn't complete can show that many were earlier, not that few were.
    """
    own = evidence.figures.get(test.figure)
    found = [one for name in test.others if (one := evidence.figures.get(name)) is not None and one.value is not None]
    counted = [one for name in test.counted if (one := evidence.figures.get(name)) is not None]
    if own is None or own.value is None or not (found or counted):
        return _unknown(test, [test.figure, *test.others, *test.counted])
    start = own.value
    dated_earlier = [(one.value, one) for one in found if one.value is not None and one.value < start]
    earlier = [one for _, one in sorted(dated_earlier, key=lambda pair: pair[0])]
    if test.by == "lag":
        first = earlier[0] if earlier else own
        lag = start - (first.value or start)
        text = (
            f"{_said(own)}, {lag:.1f} years after {first.place} ({first.text}: {first.what}; {_whose(first)})"
            if earlier
            else f"{_said(own)}, and none of those compared was earlier"
        )
        return _found(test, outcome_of(true=lag <= LAG_YEARS * evidence.reading), text, [own, *found])
    before = len({one.place for one in earlier}) + round(sum(one.value or 0 for one in counted))
    told = "; ".join(_said(one) for one in counted)
    # the earliest date of each place, first place first
    dated = {one.place: one.text for one in reversed(earlier)}
    places = ", ".join(f"{place} ({dated[place]})" for place in dict.fromkeys(one.place for one in earlier))
    text = f"at least {before} places were earlier than {own.place} ({own.text})"
    text += f": {'; '.join(part for part in (places, told) if part)}" if before else ""
    few = before < EARLIER_PLACES * evidence.reading
    # places that nobody listed may have been earlier too: a list can show that there were many, not that there were few
    outcome = Outcome.FAILS if not few else Outcome.HOLDS if test.complete else Outcome.UNKNOWN
    return _found(test, outcome, text, [own, *found, *counted])


def ratio_test(test: RatioTest, evidence: Evidence) -> Finding:
    """One figure over another against a number."""
    upper, lower = evidence.figures.get(test.figure), evidence.figures.get(test.over)
    if upper is None or lower is None or upper.value is None or not lower.value:
        return _unknown(test, [test.figure, test.over])
    ratio = upper.value / (lower.value * test.times)
    text = (
        f"{_said(upper)}; {_said(lower)}; that makes {amount(ratio)} {test.unit}, against "
        f"{COMPARED[test.comparator]} {amount(test.value)}"
    )
    outcome = outcome_of(true=compares(ratio, test.comparator, test.value, reading=evidence.reading))
    return _found(test, outcome, text, [upper, lower])


def definition_test(test: DefinitionTest, evidence: Evidence) -> Finding:
    """What the source means, in its controlled word."""
    one = evidence.figures.get(test.figure)
    if one is None or not one.tag:
        return _unknown(test, [test.figure])
    fits = one.tag in test.expects
    text = _said(one) if fits else f'{_said(one)}; that is "{one.tag}", not "{" or ".join(test.expects)}"'
    return _found(test, outcome_of(true=fits), text, [one])


def _said(one: Figure) -> str:
    """Say what a figure says: "New York, high-tech firms: nearly 7,000 (2013, State Comptroller)"."""
    if one.value is None or not one.unit:
        return f"{one.place}: {one.what} ({_whose(one)})"
    return f"{one.place}, {one.what}: {_number(one)} ({_whose(one)})"


def _number(one: Figure) -> str:
    if one.unit == "date":
        return one.text
    if one.unit == "rank":
        return f"rank {amount(one.value or 0)}"
    return f"{BOUNDS[one.bound]}{amount(one.value or 0, one.unit)}"


def _whose(one: Figure) -> str:
    return one.origin if one.year is None or one.unit == "date" else f"{one.year}, {one.origin}"


def _found(test: AnyTest, outcome: Outcome, text: str, used: Sequence[Figure]) -> Finding:
    return Finding(test.kind, test.role, outcome, noted(text, test.note), tuple(item_of(one) for one in used))


def _unknown(test: AnyTest, names: Sequence[str]) -> Finding:
    return Finding(test.kind, test.role, Outcome.UNKNOWN, f"no figure {', '.join(names)}")
