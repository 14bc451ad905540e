"""From findings to a verdict. Nothing here knows a claim: the same rule for all of them.

=============  =====================================================================================================
supported      every test that decides holds
contradicted   every test that decides fails
outdated       every test that decides fails, and it held at an earlier date
imprecise      some hold and some fail (sources, definitions or boundaries differ), or the outcome is a close call
untestable     no test that decides has its evidence
=============  =====================================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import accumulate
from typing import Any, Final

from technopole.claims import measured, published
from technopole.claims.declarations import Claim
from technopole.claims.evidence import Evidence
from technopole.claims.findings import Finding, Outcome
from technopole.claims.words import READINGS


class Verdict(StrEnum):
    """What the evidence says of a claim."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    OUTDATED = "outdated"
    IMPRECISE = "imprecise"
    UNTESTABLE = "untestable"


MEASURED: Final[dict[str, Callable[[Any, str, Evidence], Finding]]] = {
    "rank": measured.rank_test,
    "value": measured.value_test,
    "growth": measured.growth_test,
    "belongs": measured.belongs_test,
    "initiative": measured.initiative_test,
}
"""Kind -> test on a city. A new kind of test: its declaration in declarations.py and one line here."""

GENERAL: Final[dict[str, Callable[[Any, Evidence], Finding]]] = {
    "count": measured.count_test,
    "figure": published.figure_test,
    "stated_rank": published.stated_rank_test,
    "figure_rank": published.figure_rank_test,
    "early": published.early_test,
    "ratio": published.ratio_test,
    "definition": published.definition_test,
}
"""Kind -> test that names its own places."""


READING_WORDS: Final = {
    "strict": "were they to reach half as far,",
    "loose": "were they to reach twice as far,",
}


@dataclass(frozen=True)
class Judged:
    """A claim with what its tests found. `readings`: verdicts were vague words to reach half or twice as far."""

    claim: Claim
    verdict: Verdict
    because: str
    findings: tuple[Finding, ...]
    readings: Mapping[str, Verdict] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of `technopole claims --json`."""
        claim = self.claim
        ends = list(accumulate(len(one.items) for one in self.findings))
        return {
            "id": claim.id,
            "city": claim.city,
            "statement": claim.statement,
            "verdict": self.verdict.value,
            "because": self.because,
            "evidence": [
                {**item.to_json(), "test": finding.kind, "role": finding.role, "outcome": finding.outcome.value}
                for finding in self.findings
                for item in finding.items
            ],
            "paragraph": claim.where.paragraph,
            "sentence": claim.where.sentence,
            "subject": claim.subject,
            "theme": claim.theme,
            "scope": claim.scope,
            "true_if": claim.true_if,
            "sources": sorted({source for one in deciding(self.findings) for source in one.sources}),
            "needs": claim.needs,
            "says": claim.says,
            "readings": {name: verdict.value for name, verdict in self.readings.items()},
            "findings": [
                {"test": one.kind, "role": one.role, "outcome": one.outcome.value, "sentence": _sentence(one.sentence),
                 "evidence": list(range(end - len(one.items), end))}
                for one, end in zip(self.findings, ends, strict=True)
            ],
        }  # fmt: skip


def judge(claim: Claim, evidence: Evidence) -> Judged:
    """Run the declared tests and compute the verdict."""
    findings = _run(claim, evidence)
    verdict = decide(findings)
    return Judged(claim, verdict, reason(verdict, findings, claim.needs), findings)


def judge_in_all_readings(claim: Claim, evidence: Evidence) -> Judged:
    """Judge a claim, and say whether the verdict hangs on how far vague words reach (`words.READINGS`)."""
    judged = judge(claim, evidence)
    readings = {
        name: decide(_run(claim, replace(evidence, reading=factor)))
        for name, factor in READINGS.items()
        if factor != evidence.reading
    }
    hangs = hanging(judged.verdict.value, {name: one.value for name, one in readings.items()})
    because = f"{judged.because} It hangs on the words: {hangs}." if hangs else judged.because
    return replace(judged, because=because, readings=readings)


def hanging(verdict: str, readings: Mapping[str, str]) -> str:
    """Say which other verdicts there would be, were vague words to reach less or more far; empty where none."""
    return "; ".join(f"{READING_WORDS[name]} {one}" for name, one in readings.items() if one != verdict)


def _run(claim: Claim, evidence: Evidence) -> tuple[Finding, ...]:
    return tuple(run_test(test, claim.city or "", evidence) for test in claim.tests)


def run_test(test: Any, city: str, evidence: Evidence) -> Finding:
    """Run one declared test.

    Raises
    ------
    KeyError : a kind that neither table knows (the schema allows none).
    """
    if test.kind in MEASURED:
        return MEASURED[test.kind](test, city, evidence)
    return GENERAL[test.kind](test, evidence)


def deciding(findings: tuple[Finding, ...]) -> list[Finding]:
    """Findings that decide: of role ``now``, with evidence."""
    return [one for one in findings if one.role == "now" and one.outcome is not Outcome.UNKNOWN]


def decide(findings: tuple[Finding, ...]) -> Verdict:
    """Apply the rule of the table above."""
    outcomes = {one.outcome for one in deciding(findings)}
    if not outcomes:
        return Verdict.UNTESTABLE
    if outcomes == {Outcome.HOLDS}:
        return Verdict.SUPPORTED
    if outcomes == {Outcome.FAILS}:
        held = any(one.role == "before" and one.outcome is Outcome.HOLDS for one in findings)
        return Verdict.OUTDATED if held else Verdict.CONTRADICTED
    return Verdict.IMPRECISE


def reason(verdict: Verdict, findings: tuple[Finding, ...], needs: str) -> str:
    """Say why, in sentences made from the evidence."""
    now = deciding(findings)
    parts = {outcome: _joined([one for one in now if one.outcome is outcome]) for outcome in Outcome}
    if verdict is Verdict.UNTESTABLE:
        missing = _joined([one for one in findings if one.role == "now"])
        text = f"Not testable: {missing}." if missing else "Not testable with open evidence."
        near = _joined([one for one in findings if one.role == "context" and one.outcome is not Outcome.UNKNOWN])
        text += f" By another definition: {near}." if near else ""
        return f"{text} Needed: {_clause(needs)}." if needs else text
    if verdict is Verdict.IMPRECISE:
        texts = [
            f"{label}: {parts[outcome]}."
            for label, outcome in (
                ("For", Outcome.HOLDS),
                ("Against", Outcome.FAILS),
                ("Undecided", Outcome.DEPENDS),
            )
            if parts[outcome]
        ]
    else:
        texts = [_sentence(parts[Outcome.HOLDS] or parts[Outcome.FAILS])]
    before = _joined([one for one in findings if one.role == "before" and one.outcome is not Outcome.UNKNOWN])
    context = _joined([one for one in findings if one.role == "context" and one.outcome is not Outcome.UNKNOWN])
    texts += [f"Earlier: {before}."] if before else []
    texts += [f"By other definitions: {context}."] if context else []
    texts += [f"What would settle it: {_clause(needs)}."] if needs and verdict is Verdict.IMPRECISE else []
    return " ".join(texts)


def _joined(findings: list[Finding]) -> str:
    sentences = [one.sentence.rstrip(".") for one in findings]
    return ". ".join(f"{text[:1].upper()}{text[1:]}" if place else text for place, text in enumerate(sentences))


def _clause(text: str) -> str:
    return f"{text[:1].lower()}{text[1:].rstrip('.')}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
