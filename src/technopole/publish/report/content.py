"""What a report says, as data: every number has the numbers of the sources that it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field

Cites = tuple[int, ...]
"""Numbers in the report's list of sources, from 1."""


@dataclass(frozen=True)
class Cited:
    """A text with its sources."""

    text: str
    cites: Cites


@dataclass(frozen=True)
class Source:
    """One line of the list of sources."""

    number: int
    citation: str
    url: str


@dataclass(frozen=True)
class Bar:
    """A range on a line from 0 to 100 (the drawing's own units): ends and the point, left is first."""

    low: float
    high: float
    point: float


@dataclass(frozen=True)
class Standing:
    """One league table. `chances`: probability of the first 10, 20, 50 in percent, as text."""

    lens: str
    side: str
    rank: str
    span: str
    tier: str
    chances: tuple[str, ...]
    bar: Bar
    cites: Cites


@dataclass(frozen=True)
class Pillar:
    """Score of a pillar, 0 to 100, with the median and the ends of the ten peers."""

    title: str
    own: str
    peers: str
    bar: Bar
    median: float
    cites: Cites


@dataclass(frozen=True)
class Standout:
    """An indicator in which the city differs from its peers."""

    title: str
    value: str
    own: str
    peers: str
    cites: Cites


@dataclass(frozen=True)
class Row:
    """One indicator. `status` as the edition has it; `rank` of those with a value."""

    title: str
    value: str
    period: str
    score: str
    rank: str
    status: str
    cites: Cites


@dataclass(frozen=True)
class Done:
    """One initiative."""

    theme: str
    what: str
    since: str
    by: str
    figure: str
    cites: Cites


@dataclass(frozen=True)
class Said:
    """One claim. `because`: groups of reasons, each with its label ("" where none). `where`: place in the article.

    `cites`: the article, whose the statement and its numbers are.
    """

    statement: str
    verdict: str
    because: tuple[tuple[str, tuple[Cited, ...]], ...]
    where: str
    city: str
    cites: Cites


@dataclass(frozen=True)
class CityReport:
    """All that the report of one city renders; the template gets nothing else."""

    edition: str
    name: str
    native: str
    native_family: str
    country: str
    ranked: bool
    summary: tuple[Cited, ...]
    standings: tuple[Standing, ...]
    ranked_cities: str
    peers: tuple[str, ...]
    pillars: tuple[Pillar, ...]
    strengths: tuple[Standout, ...]
    weaknesses: tuple[Standout, ...]
    rows: tuple[Row, ...]
    initiatives: tuple[Done, ...]
    claims: tuple[Said, ...]
    missing: tuple[Cited, ...]
    sources: tuple[Source, ...]


@dataclass(frozen=True)
class Listed:
    """One of the ten cities of the article's list, in one league table."""

    name: str
    rank: str
    span: str
    chances: tuple[str, ...]


@dataclass(frozen=True)
class Judgement:
    """The list of ten under one lens and side. `belongs`: names with the number of places, fewest first."""

    lens: str
    side: str
    cities: tuple[Listed, ...]
    belongs: tuple[tuple[str, str], ...]
    left_out: str
    cites: Cites


@dataclass(frozen=True)
class FactCheck:
    """All that the fact-check of the article renders."""

    edition: str
    title: str
    counts: tuple[tuple[str, int], ...]
    summary: tuple[Cited, ...]
    judgements: tuple[Judgement, ...]
    claims: tuple[Said, ...]
    sources: tuple[Source, ...]


@dataclass
class Sources:
    """Numbers sources in the order of their first use; one citation has one number."""

    listed: list[Source] = field(default_factory=list)

    def cite(self, citation: str, url: str = "") -> int:
        """Number of a source."""
        for one in self.listed:
            if one.citation == citation:
                return one.number
        self.listed.append(Source(len(self.listed) + 1, citation, url))
        return len(self.listed)
