"""Verdicts are computed: rules on made-up evidence, and every decided claim of the article turned round."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from technopole.claims.declarations import Claim, Where, article
from technopole.claims.evidence import COLUMNS, Deed, Evidence, Figure, Measure, figures
from technopole.claims.findings import Finding, Outcome, amount, compares, ordinal
from technopole.claims.own import read_own
from technopole.claims.verdicts import Judged, Verdict, decide, deciding, judge, judge_in_all_readings, run_test
from technopole.claims.words import PHRASES, REGIONS, Word, number, reach
from technopole.core.errors import FrameworkError, InputError
from technopole.editions.read import open_edition
from technopole.publish.claims import gather

BOUNDARIES = ("core", "agglomeration", "region")


@cache
def all_evidence() -> Evidence:
    return gather(open_edition(), article().claims)


@cache
def judged() -> dict[str, Judged]:
    return {claim.id: judge(claim, all_evidence()) for claim in article().claims}


DECIDED = [one for one, found in judged().items() if found.verdict is not Verdict.UNTESTABLE]


# evidence that is turned round: written here, apart from the engine's own comparisons


def turned_figure(one: Figure, test: object, outcome: Outcome) -> Figure:
    """The figure with the value that says the opposite of what it said."""
    turned = _turned(one, test, outcome)
    return replace(turned, text="" if turned.value is None else f"{turned.value:g}")


def _turned(one: Figure, test: object, outcome: Outcome) -> Figure:
    kind = test.kind
    if kind == "definition":
        return replace(one, tag="something else" if outcome is Outcome.HOLDS else test.expects[0])
    if kind == "stated_rank":
        return replace(one, value=10_000.0 if outcome is Outcome.HOLDS else 1.0)
    if kind == "figure_rank":
        return replace(one, value=-1.0 if outcome is Outcome.HOLDS else 1e12)
    if kind == "early":
        return replace(one, value=2900.0 if outcome is Outcome.HOLDS else 1000.0)
    if kind == "ratio":
        high = (outcome is Outcome.HOLDS) == (test.comparator in {"under", "at_most"})
        return replace(one, value=1e12 if high else 1e-12, bound="")
    if test.comparator in {"about", "equals", "in_year"}:
        return replace(one, value=test.value * 7 + 1 if outcome is Outcome.HOLDS else test.value, bound="")
    high = (outcome is Outcome.HOLDS) == (test.comparator in {"under", "at_most"})
    return replace(one, value=1e12 if high else -1.0, bound="")


def with_value(one: Measure, city: str, value: float) -> Measure:
    """The measure with another value for a city, or for all of its country."""
    mine = pl.col("slug") == city
    if one.level == "country":
        mine = pl.col("country") == one.table.filter(mine)["country"][0]
    changed = one.table.with_columns(
        value=pl.when(mine).then(pl.lit(value)).otherwise("value"),
        status=pl.when(mine).then(pl.lit("observed")).otherwise("status"),
    )
    return replace(one, table=changed)


def turn_round(evidence: Evidence, test: object, city: str, outcome: Outcome) -> Evidence:
    """Evidence in which one test finds the opposite."""
    if test.kind in {"rank", "value"}:
        one = evidence.measures[test.measure]
        top = float(one.table["value"].max()) * 10 + 1
        low = -1.0
        high = outcome is not Outcome.HOLDS
        if test.kind == "value" and test.comparator in {"under", "at_most"}:
            high = not high
        return replace(evidence, measures={**evidence.measures, one.id: with_value(one, city, top if high else low)})
    if test.kind == "count":
        one = evidence.measures[test.measure]
        none = one.table.with_columns(value=pl.when(pl.col("value").is_not_null()).then(pl.lit(test.above)))
        return replace(evidence, measures={**evidence.measures, one.id: replace(one, table=none)})
    if test.kind == "growth":
        one = evidence.measures[test.later]
        value = 0.0 if outcome is Outcome.HOLDS else 1e12
        return replace(evidence, measures={**evidence.measures, one.id: with_value(one, city, value)})
    if test.kind == "belongs":
        key = (test.lens, test.side, test.among or "")
        chances = dict(evidence.standings[key])
        chances[city] = np.full_like(chances[city], 0.0 if outcome is Outcome.HOLDS else 1.0)
        return replace(evidence, standings={**evidence.standings, key: chances})
    if test.kind == "initiative":
        return replace(evidence, deeds={})
    one = evidence.figures[test.figure]
    changed = {**evidence.figures, one.id: turned_figure(one, test, outcome)}
    if test.kind == "early" and test.by == "count":
        # an unlimited count of earlier places, or none
        for name in test.counted:
            changed[name] = replace(evidence.figures[name], value=100.0 if outcome is Outcome.HOLDS else 0.0)
        if outcome is Outcome.HOLDS:
            other = test.others[0]
            places = {f"place {n}": replace(evidence.figures[other], place=f"place {n}", value=1.0) for n in range(12)}
            return replace(evidence, figures={**changed, **places})
    return replace(evidence, figures=changed)


def turn(claim: Claim, findings: tuple[Finding, ...], outcome: Outcome) -> Evidence:
    """Turn round the evidence of all tests that decide with this outcome."""
    evidence = all_evidence()
    for test, found in zip(claim.tests, findings, strict=True):
        if found.role == "now" and found.outcome is outcome:
            evidence = turn_round(evidence, test, claim.city or "", outcome)
    return evidence


@pytest.mark.parametrize("name", DECIDED)
def test_turning_the_decisive_evidence_round_turns_the_verdict(name: str) -> None:
    found = judged()[name]
    outcomes = {one.outcome for one in deciding(found.findings)}
    for outcome in outcomes - {Outcome.DEPENDS}:
        again = judge(found.claim, turn(found.claim, found.findings, outcome))
        mixed = found.verdict is Verdict.IMPRECISE
        expected = {
            Outcome.HOLDS: {Verdict.CONTRADICTED, Verdict.OUTDATED, Verdict.IMPRECISE} if mixed else {
                Verdict.CONTRADICTED, Verdict.OUTDATED,
            },
            Outcome.FAILS: {Verdict.SUPPORTED, Verdict.IMPRECISE} if mixed else {Verdict.SUPPORTED},
        }[outcome]  # fmt: skip
        assert again.verdict in expected
        if Outcome.DEPENDS not in outcomes and not shares_evidence(found.claim):
            assert again.verdict is not found.verdict
        assert again.because != found.because


def shares_evidence(claim: Claim) -> bool:
    """Two deciding tests read one figure: turning it for one turns it for the other too."""
    used = [test.figure for test in claim.tests if test.role == "now" and hasattr(test, "figure")]
    return len(used) != len(set(used))


@pytest.mark.parametrize("name", DECIDED)
def test_without_evidence_a_claim_is_untestable_and_says_what_is_missing(name: str) -> None:
    nothing = Evidence(names=all_evidence().names)
    found = judge(judged()[name].claim, nothing)
    assert found.verdict is Verdict.UNTESTABLE
    assert found.because.startswith("Not testable")
    assert found.to_json()["evidence"] == []


def without_source(evidence: Evidence, source: str) -> Evidence:
    """Evidence without anything that one source made."""
    return replace(
        evidence,
        figures={key: one for key, one in evidence.figures.items() if one.origin != source},
        measures={
            key: replace(one, table=one.table.filter(pl.col("source").is_null() | (pl.col("source") != source)))
            for key, one in evidence.measures.items()
        },
        standings={} if source == "technopole" else evidence.standings,
        deeds={slug: tuple(one for one in some if one.publisher != source) for slug, some in evidence.deeds.items()},
    )


def agreeing() -> list[tuple[str, str]]:
    """Each decided claim with each source that another, independent one agrees with."""
    pairs = []
    for name in DECIDED:
        found = deciding(judged()[name].findings)
        for outcome in {one.outcome for one in found}:
            same = [one for one in found if one.outcome is outcome]
            for source in sorted({source for one in same for source in one.sources}):
                others = [one for one in same if source not in one.sources]
                # what the source gives beside this outcome falls away with it, so it must have witnesses too
                lost = {one.outcome for one in found if source in one.sources}
                kept = {one.outcome for one in found if source not in one.sources}
                if others and lost <= kept:
                    pairs.append((name, source))
    return sorted(set(pairs))


@pytest.mark.parametrize(("name", "source"), agreeing())
def test_removing_one_of_two_agreeing_sources_keeps_the_verdict(name: str, source: str) -> None:
    found = judged()[name]
    again = judge(found.claim, without_source(all_evidence(), source))
    assert again.verdict is found.verdict
    assert source not in {item.source for one in deciding(again.findings) for item in one.items}


def test_many_claims_have_independent_sources_that_agree() -> None:
    assert len({name for name, _ in agreeing()}) >= 35


NAMED = [
    "seoul_patents", "new_york_companies", "new_york_kiosks", "toronto_it_firms", "toronto_revenue",
    "tokyo_electronic_payments", "seoul_lte", "shanghai_financial_centre_world", "london_trains",
    "helsinki_satisfaction",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_the_named_claims_rest_on_two_independent_sources_and_name_the_definitions(name: str) -> None:
    found = judged()[name]
    assert found.verdict is not Verdict.UNTESTABLE
    assert len(found.to_json()["sources"]) >= 2
    notes = [test.note for test in found.claim.tests if test.note]
    assert notes
    assert any(note in found.because for note in notes)


def test_most_claims_on_technology_economy_and_services_are_decided() -> None:
    mine = [one for one in judged().values() if one.claim.scope in {"technology", "economy", "services"}]
    decided = [one for one in mine if one.verdict is not Verdict.UNTESTABLE]
    assert len(mine) >= 45
    assert len(decided) / len(mine) >= 0.6


def test_no_declaration_holds_a_verdict() -> None:
    text = (Path(__file__).parents[2] / "src/technopole/claims/article.yaml").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for verdict in Verdict:
        assert not [line for line in lines if verdict.value in line]


# rules


def figure(**changes: object) -> Figure:
    given = {
        "id": "f", "place": "Here", "what": "things", "text": "5", "value": 5.0, "unit": "things", "year": 2020,
        "bound": "", "of": None, "tag": "", "origin": "o", "citation": "c", "url": "u", **changes,
    }  # fmt: skip
    return Figure(**given)


def finding(role: str, outcome: Outcome) -> Finding:
    return Finding("figure", role, outcome, "text")


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        ([("now", "holds"), ("now", "holds")], Verdict.SUPPORTED),
        ([("now", "fails")], Verdict.CONTRADICTED),
        ([("now", "fails"), ("before", "holds")], Verdict.OUTDATED),
        ([("now", "fails"), ("before", "fails")], Verdict.CONTRADICTED),
        ([("now", "fails"), ("context", "holds")], Verdict.CONTRADICTED),
        ([("now", "holds"), ("before", "fails")], Verdict.SUPPORTED),
        ([("now", "holds"), ("now", "fails")], Verdict.IMPRECISE),
        ([("now", "depends")], Verdict.IMPRECISE),
        ([("now", "unknown"), ("now", "holds")], Verdict.SUPPORTED),
        ([("now", "unknown"), ("before", "holds"), ("context", "fails")], Verdict.UNTESTABLE),
        ([], Verdict.UNTESTABLE),
    ],
)
def test_the_rule_of_verdicts(found: list[tuple[str, str]], verdict: Verdict) -> None:
    assert decide(tuple(finding(role, Outcome(outcome)) for role, outcome in found)) is verdict


@pytest.mark.parametrize(
    ("value", "comparator", "threshold", "bound", "true"),
    [
        (7000, "over", 7000, "", False), (7000, "over", 7000, "below", False), (7000, "over", 7000, "above", True),
        (7001, "over", 7000, "", True), (7000, "at_least", 7000, "", True), (7000, "at_least", 7000, "below", False),
        (7000, "under", 7000, "below", True), (7000, "at_most", 7000, "above", False), (57, "about", 52, "", True),
        (58, "about", 52, "", False), (52, "equals", 52.0, "", True), (1965.6, "in_year", 1965, "", True),
        (1966.0, "in_year", 1965, "", False),
    ],
)  # fmt: skip
def test_comparisons_know_nearly_and_more_than(
    value: float, comparator: str, threshold: float, bound: str, true: bool
) -> None:
    assert compares(value, comparator, threshold, bound) is true


@pytest.mark.parametrize(
    ("word", "size", "rank"),
    [
        (Word.FIRST, 500, 1), (Word.ONE_OF, 500, 10), (Word.ONE_OF, 17, 5), (Word.ONE_OF, 2, 1),
        (Word.NOTABLE, 482, 49), (Word.NOTABLE, 5, 1), (Word.GOOD, 30, 15), (Word.GOOD, 1, 1),
    ],
)  # fmt: skip
def test_vague_words_reach_a_declared_rank(word: Word, size: int, rank: int) -> None:
    assert reach(word, size) == rank


def test_a_reading_stretches_vague_words_and_leaves_the_first_alone() -> None:
    assert [reach(word, 500, 0.5) for word in (Word.FIRST, Word.ONE_OF, Word.NOTABLE, Word.GOOD)] == [1, 5, 25, 125]
    assert [reach(word, 500, 2.0) for word in (Word.FIRST, Word.ONE_OF, Word.NOTABLE, Word.GOOD)] == [1, 20, 100, 500]
    assert [number("things", reading) for reading in (0.5, 1.0, 2.0)] == [20, 10, 5]
    assert reach(Word.NOTABLE, 3, 0.5) == 1


def test_all_tests_of_a_claim_take_the_word_that_the_text_says() -> None:
    for claim in article().claims:
        words = {test.word for test in claim.tests if hasattr(test, "word")}
        assert words <= ({PHRASES[claim.says]} if claim.says else set()), claim.id
    given = {"id": "x", "where": {"paragraph": 1, "sentence": 1}, "quote": "q", "statement": "s", "subject": "s",
             "scope": "economy", "true_if": "t", "says": "many"}  # fmt: skip
    test = {"kind": "rank", "measure": "unicorns"}
    assert Claim.model_validate({**given, "tests": [test]}).tests[0].word is Word.NOTABLE
    with pytest.raises(ValueError, match="has no word of its own"):
        Claim.model_validate({**given, "tests": [{**test, "word": "good"}]})
    with pytest.raises(ValueError, match=r"isn't one of words\.PHRASES"):
        Claim.model_validate({**given, "says": "lots", "tests": [test]})


def test_readings_say_which_verdicts_hang_on_the_words() -> None:
    hang = set()
    for name, found in judged().items():
        again = judge_in_all_readings(found.claim, all_evidence())
        assert again.verdict is found.verdict
        if found.verdict is Verdict.SUPPORTED:
            assert again.readings["loose"] is Verdict.SUPPORTED, name
        if found.verdict is Verdict.UNTESTABLE:
            assert set(again.readings.values()) == {Verdict.UNTESTABLE}
        differs = set(again.readings.values()) != {found.verdict}
        assert ("It hangs on the words" in again.because) is differs
        hang |= {name} if differs else set()
    assert "toronto_progressive" in hang
    assert not hang & {"seoul_patents", "new_york_kiosks", "toronto_it_firms", "singapore_independence"}


def test_two_leaders_are_not_the_leader() -> None:
    asked = {"kind": "rank", "measure": "m", "word": "the first"}
    assert one_test(asked, Evidence(measures={"m": table({"a": [5] * 3, "b": [5] * 3})})).outcome is Outcome.DEPENDS
    own, other = figure(id="own", value=5.0), figure(id="other", place="There", value=5.0)
    both = Evidence(figures={"own": own, "other": other})
    listed = {"kind": "figure_rank", "figure": "own", "others": ["other"], "word": "the first", "complete": True}
    assert one_test(listed, both).outcome is Outcome.DEPENDS
    assert one_test({**asked, "word": "one of the first"}, Evidence(measures={"m": table({"a": [5] * 3, "b": [5] * 3})})
                    ).outcome is Outcome.HOLDS  # fmt: skip


def test_numbers_and_ordinals_as_words() -> None:
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th",
    ]  # fmt: skip
    assert amount(127418.0, "applications") == "127,418 applications"
    assert amount(5.4, "%") == "5.4 %"
    assert amount(28.98875, "% of generation") == "28.99 % of generation"


def table(values: dict[str, list[float | None]], status: str = "observed") -> Measure:
    rows = [
        {"city": n, "slug": slug, "name": slug.title(), "country": "JP", "boundary": boundary, "value": value,
         "status": status, "period": "2020", "source": "s"}
        for n, (slug, by_boundary) in enumerate(values.items())
        for boundary, value in zip(BOUNDARIES, by_boundary, strict=True)
    ]  # fmt: skip
    schema = {"city": pl.Int64, "value": pl.Float64}
    return Measure("m", "Things", "things", "city", "2020", "s", "c", "u", pl.DataFrame(rows, schema_overrides=schema))


def one_test(test: dict[str, object], evidence: Evidence, city: str = "a") -> Finding:
    declared = Claim(
        id="x", city=city, where=Where(paragraph=1, sentence=1), quote="q", statement="s", subject="s",
        scope="technology", true_if="t", tests=({"role": "now", **test},),
    )  # fmt: skip
    return run_test(declared.tests[0], city, evidence)


def test_a_rank_that_hangs_on_the_boundary_depends() -> None:
    evidence = Evidence(measures={"m": table({"a": [5, 5, 1], "b": [3, 3, 3]})})
    asked = {"kind": "rank", "measure": "m", "word": "the first"}
    found = one_test(asked, evidence)
    assert found.outcome is Outcome.DEPENDS
    assert "1st to 2nd by where the city's boundary is drawn" in found.sentence
    assert one_test(asked, Evidence(measures={"m": table({"a": [5, 5, 4], "b": [3, 3, 3]})})).outcome is Outcome.HOLDS


def test_a_missing_value_is_unknown_and_a_lower_bound_refutes_nothing() -> None:
    asked = {"kind": "rank", "measure": "m", "word": "the first"}
    missing = Evidence(measures={"m": table({"a": [None] * 3, "b": [3, 3, 3]})})
    assert one_test(asked, missing).outcome is Outcome.UNKNOWN
    lower = Evidence(measures={"m": table({"a": [1, 1, 1], "b": [3, 3, 3]}, status="lower bound")})
    assert one_test(asked, lower).outcome is Outcome.UNKNOWN
    over = {"kind": "value", "measure": "m", "comparator": "over", "value": 2}
    assert one_test(over, lower).outcome is Outcome.UNKNOWN
    assert one_test(over, lower, "b").outcome is Outcome.HOLDS


def test_the_list_is_the_ranked_cities_that_the_measure_covers() -> None:
    values = {"a": [9.0] * 3, "b": [5.0] * 3} | {f"z{n}": [0.0] * 3 for n in range(98)}
    asked = {"kind": "rank", "measure": "m", "word": "notable"}
    few = one_test(asked, Evidence(measures={"m": table(values)}, ranked=frozenset({"a", "b", "z1"})), "b")
    assert "2nd of 2 cities" in few.sentence
    assert "the first 1 of 3 ranked cities" in few.sentence
    assert few.outcome is Outcome.FAILS
    many = one_test(asked, Evidence(measures={"m": table(values)}, ranked=frozenset(values)), "b")
    assert "the first 10 of 100 ranked cities" in many.sentence
    assert many.outcome is Outcome.HOLDS
    below = table({"a": [9.0] * 3, "b": [5.0] * 3} | {f"c{n}": [None] * 3 for n in range(98)})
    cut = below.table.with_columns(
        status=pl.when(pl.col("value").is_null()).then(pl.lit("not in the list")).otherwise("status")
    )
    listed = Evidence(measures={"m": replace(below, table=cut)}, ranked=frozenset(cut["slug"]))
    assert one_test(asked, listed, "b").outcome is Outcome.HOLDS  # below the cut of a list is known to be lower
    assert one_test(asked, Evidence(measures={"m": below}, ranked=listed.ranked), "b").outcome is Outcome.FAILS


def test_an_incomplete_list_refutes_a_superlative_and_proves_none() -> None:
    own, other = figure(id="own", value=5.0), figure(id="other", place="There", value=3.0)
    asked = {"kind": "figure_rank", "figure": "own", "others": ["other"], "word": "the first"}
    evidence = Evidence(figures={"own": own, "other": other})
    assert one_test(asked, evidence).outcome is Outcome.UNKNOWN
    assert one_test({**asked, "complete": True}, evidence).outcome is Outcome.HOLDS
    higher = Evidence(figures={"own": own, "other": replace(other, value=9.0)})
    assert one_test(asked, higher).outcome is Outcome.FAILS


def test_one_of_the_first_counts_years_and_places() -> None:
    own = figure(id="own", value=2011.5, text="2011", unit="date")
    before = figure(id="first", place="Stockholm", value=2009.9, text="2009-12", unit="date")
    count = figure(id="many", place="the world", value=17.0)
    evidence = Evidence(figures={"own": own, "first": before, "many": count})
    asked = {"kind": "early", "figure": "own", "others": ["first"]}
    assert one_test({**asked, "by": "lag"}, evidence).outcome is Outcome.HOLDS
    late = Evidence(figures={**evidence.figures, "own": replace(own, value=2012.5)})
    assert one_test({**asked, "by": "lag"}, late).outcome is Outcome.FAILS
    assert one_test({**asked, "by": "count"}, evidence).outcome is Outcome.UNKNOWN  # others may be missing
    assert one_test({**asked, "by": "count", "complete": True}, evidence).outcome is Outcome.HOLDS
    assert one_test({**asked, "by": "count", "counted": ["many"]}, evidence).outcome is Outcome.FAILS


def test_that_no_initiative_is_registered_says_nothing() -> None:
    deed = Deed("d", "public_wifi", "Free networks in libraries.", "2006", "City", "c", "u")
    asked = {"kind": "initiative", "theme": "public_wifi"}
    assert one_test(asked, Evidence(deeds={"a": (deed,)})).outcome is Outcome.HOLDS
    assert one_test(asked, Evidence(deeds={"b": (deed,)})).outcome is Outcome.UNKNOWN


def test_regions_are_codes_of_countries_and_apart() -> None:
    assert all(len(code) == 2 for codes in REGIONS.values() for code in codes)
    assert REGIONS["the Far East"] <= REGIONS["Asia"]
    assert not REGIONS["Asia"] & REGIONS["Europe"] - {"RU", "TR", "CY"}


def test_a_framework_without_the_sides_leaves_claims_about_them_undecided() -> None:
    edition = open_edition()
    declared = edition.framework()
    renamed = declared.model_copy(
        update={"tree": tuple(one.model_copy(update={"id": f"{one.id}_x"}) for one in declared.tree)}
    )

    class Other(type(edition)):
        def framework(self) -> object:
            return renamed

    evidence = gather(Other(edition.folder, edition.manifest), article().claims)
    assert {side for _, side, _ in evidence.standings} == {"index"}
    assert judge(judged()["tokyo_innovative"].claim, evidence).verdict is Verdict.SUPPORTED  # by its other test


# files


def test_every_figure_is_used_and_every_test_has_its_figure() -> None:
    used = {
        name
        for claim in article().claims
        for test in claim.tests
        for field in ("figure", "over", "others", "counted")
        for name in np.atleast_1d(getattr(test, field, ())).tolist()
    }
    known = set(figures())
    assert known == used


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,Here,w,x,things,,,,,o,c,u", "line 2"),
        ("a,Here,w,1,things,,sideways,,,o,c,u", "bound is 'sideways'"),
        ("a,Here,w,1,things,,,,,,c,u", "origin, citation and url"),
        ("a,Here,w,12-01,date,,,,,o,c,u", "no date"),
        ("a,Here,w,1,things,,,,,o,c,u\na,Here,w,1,things,,,,,o,c,u", "stands twice"),
    ],
)
def test_a_broken_line_of_figures_is_named(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "evidence.csv"
    path.write_text(f"{','.join(COLUMNS)}\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match=message):
        figures(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title: t\nclaims:\n- id: a\n  where: {paragraph: 1, sentence: 1}\n  quote: q\n  statement: s\n  subject: s\n"
         "  scope: life\n  true_if: t\n", "doesn't say what would be needed"),
        ("title: t\nclaims:\n- id: a\n  where: {paragraph: 1, sentence: 1}\n  quote: q\n  statement: s\n  subject: s\n"
         "  scope: life\n  true_if: t\n  verdict: supported\n  needs: n\n", "verdict"),
        ("title: t\nclaims:\n- id: a\n  where: {paragraph: 1, sentence: 1}\n  quote: q\n  statement: s\n  subject: s\n"
         "  scope: life\n  true_if: t\n  tests: [{kind: rank, measure: m, word: the best}]\n", "tests"),
    ],
)  # fmt: skip
def test_a_broken_declaration_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "claims.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FrameworkError, match=message):
        article(path)


def test_a_file_of_own_claims_is_read_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(
        "- {city: Tokyo, indicator: unicorns, comparator: '>=', value: 3, year: 2025}\n"
        "- {city: Tokyo, indicator: unicorns, comparator: '>=', value: three}\n"
        "- {city: Tokyo, indicator: unicorns, theme: startups, comparator: '>=', value: 3}\n",
        encoding="utf-8",
    )
    claims, problems = read_own(path, last_year=2026)
    assert [one.statement() for one in claims] == ["Tokyo: unicorns is at least 3 in 2025"]
    assert [one.where for one in problems] == ["claim 2", "claim 3"]
    assert "write a number" in problems[0].message
    path.write_text("- {city: Tokyo, verdict: true}\n", encoding="utf-8")
    claims, problems = read_own(path, last_year=2026)
    assert not claims
    assert "unknown column 'verdict'" in problems[0].message
