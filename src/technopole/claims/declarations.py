"""Claims as declared: where the text makes them, what would have to be true, and the tests that decide.

A declaration holds no verdict. `role` of a test: ``now`` decides; ``before`` says whether it was true earlier;
``context`` is shown (another definition, another year) and never decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from technopole.claims.words import PHRASES, REGIONS, Word
from technopole.observations.variables import Declaration, Identifier, read_yaml, validated

ARTICLE: Final = Path(__file__).with_name("article.yaml")


def _known_region(name: str) -> str:
    if name not in REGIONS:
        raise ValueError(f"there is no region {name!r}: {', '.join(REGIONS)}")
    return name


Scope = Literal["technology", "economy", "services", "life", "trivia"]
DECIDABLE: Final = frozenset({"technology", "economy", "services"})
"""Scopes of which at least 60 % of the claims are to be decided."""
Comparator = Literal["over", "at_least", "under", "at_most", "about", "equals", "in_year", "many"]
"""``many``: at least as many as the plural takes; it needs no value."""
Region = Annotated[str, AfterValidator(_known_region)]
Role = Literal["now", "before", "context"]


class Base(Declaration):
    """What all tests have. `note`: one clause on the definition, shown behind the finding."""

    role: Role = "now"
    note: str = ""


class RankTest(Base):
    """The city's rank by a measure over all cities that have it, under the three boundaries."""

    kind: Literal["rank"]
    measure: Identifier
    word: Word
    among: Region | None = None


class ValueTest(Base):
    """The city's value of a measure against a number."""

    kind: Literal["value"]
    measure: Identifier
    comparator: Comparator
    value: float = 0.0


class CountTest(Base):
    """How many cities (of countries' measures: countries) have more than `above` of a measure."""

    kind: Literal["count"]
    measure: Identifier
    above: float = 0.0
    plural: Literal["cities", "several cities"]


class GrowthTest(Base):
    """The city's share of the world's total later against earlier: it rises."""

    kind: Literal["growth"]
    earlier: Identifier
    later: Identifier


class BelongsTest(Base):
    """The city ranks within the word's reach in at least 90 % of the edition's replicates."""

    kind: Literal["belongs"]
    word: Word
    among: Region | None = None
    lens: Literal["scale", "intensity"] = "scale"
    side: str = "index"


class FigureTest(Base):
    """A published figure against a number."""

    kind: Literal["figure"]
    figure: Identifier
    comparator: Comparator
    value: float = 0.0


class StatedRankTest(Base):
    """A published rank: the figure's value is a rank in a list."""

    kind: Literal["stated_rank"]
    figure: Identifier
    word: Word


class FigureRankTest(Base):
    """A published figure against those of other places. An incomplete list can refute a superlative, not prove it."""

    kind: Literal["figure_rank"]
    figure: Identifier
    others: tuple[Identifier, ...] = Field(min_length=1)
    word: Word
    complete: bool = False


class EarlyTest(Base):
    """Was the place one of the first? By `lag` after the first place found, or by the `count` of earlier places.

    `counted`: figures that count earlier places themselves, added to the places in `others` that came earlier.
    """

    kind: Literal["early"]
    figure: Identifier
    by: Literal["lag", "count"]
    others: tuple[Identifier, ...] = ()
    counted: tuple[Identifier, ...] = ()
    complete: bool = False


class RatioTest(Base):
    """One figure over another (times `times`) against a number."""

    kind: Literal["ratio"]
    figure: Identifier
    over: Identifier
    times: float = 1.0
    comparator: Comparator
    value: float
    unit: str


class DefinitionTest(Base):
    """A source means what the claim means: its tag is one of those expected."""

    kind: Literal["definition"]
    figure: Identifier
    expects: tuple[str, ...] = Field(min_length=1)


class InitiativeTest(Base):
    """The register of initiatives has one of this theme for the city."""

    kind: Literal["initiative"]
    theme: Identifier
    ids: tuple[Identifier, ...] = ()


WORDED: Final = frozenset({"rank", "belongs", "stated_rank", "figure_rank"})
"""Kinds of test that a vague word decides."""
Test = Annotated[
    RankTest
    | ValueTest
    | CountTest
    | GrowthTest
    | BelongsTest
    | FigureTest
    | StatedRankTest
    | FigureRankTest
    | EarlyTest
    | RatioTest
    | DefinitionTest
    | InitiativeTest,
    Field(discriminator="kind"),
]


class Where(Declaration):
    """Place in the text: paragraph of prose (headings and captions don't count) and sentence, from 1."""

    paragraph: int = Field(ge=1)
    sentence: int = Field(ge=1)


class Claim(Declaration):
    """One factual claim. `quote`: at most eight words of the sentence, to find it by. `city`: a slug; None: of cities.

    `says`: the vague word of the text (a key of `words.PHRASES`), whose meaning all tests of the claim take. `also`:
    where the text says it again. `needs` says what evidence would be needed, of a claim without tests; and what would
    settle it, of others.
    """

    id: Identifier
    city: str | None = None
    where: Where
    also: tuple[Where, ...] = ()
    quote: str
    says: str | None = None
    statement: str
    subject: str
    theme: Identifier | None = None
    scope: Scope
    true_if: str
    tests: tuple[Test, ...] = ()
    needs: str = ""

    @model_validator(mode="before")
    @classmethod
    def _one_word_for_all_tests(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or data.get("says") is None:
            return data
        if data["says"] not in PHRASES:
            raise ValueError(f"{data.get('id')!r} says {data['says']!r}, which isn't one of words.PHRASES")
        tests = [dict(one) for one in data.get("tests", ())]
        for one in tests:
            if "word" in one:
                raise ValueError(f"{data.get('id')!r} says {data['says']!r}; a test has no word of its own")
            if one.get("kind") in WORDED:
                one["word"] = PHRASES[data["says"]]
        return {**data, "tests": tests}

    @model_validator(mode="after")
    def _testable_or_says_what_is_needed(self) -> Claim:
        if not any(test.role == "now" for test in self.tests) and not self.needs:
            raise ValueError(f"{self.id!r} has no test that decides, and doesn't say what would be needed")
        if len(self.quote.split()) > 8:
            raise ValueError(f"{self.id!r} quotes more than eight words")
        return self


class Opinion(Declaration):
    """A sentence without a factual claim, and why it has none."""

    where: Where
    why: str


class Article(Declaration):
    """All claims of one text, in its order."""

    title: str
    claims: tuple[Claim, ...]
    no_claim: tuple[Opinion, ...] = ()

    @model_validator(mode="after")
    def _unique(self) -> Article:
        ids = [claim.id for claim in self.claims]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"{twice[0]!r} stands twice")
        return self


@cache
def article(path: Path = ARTICLE) -> Article:
    """Read the claims of the article.

    Raises
    ------
    FrameworkError : a declaration breaks the schema; the message names the first.
    """
    return validated(Article, read_yaml(path), path.name)


def standings_needed(claims: tuple[Claim, ...]) -> list[tuple[str, str, str]]:
    """Lens, side and region ("" is the world) of each probability of a rank that the tests name, sorted."""
    tests = (test for claim in claims for test in claim.tests)
    return sorted({(one.lens, one.side, one.among or "") for one in tests if isinstance(one, BelongsTest)})


def measures_needed(claims: tuple[Claim, ...]) -> list[str]:
    """Ids of the measures that the tests of these claims name, sorted."""
    found: set[str] = set()
    for test in (test for claim in claims for test in claim.tests):
        if isinstance(test, RankTest | ValueTest | CountTest):
            found.add(test.measure)
        elif isinstance(test, GrowthTest):
            found.update((test.earlier, test.later))
    return sorted(found)
