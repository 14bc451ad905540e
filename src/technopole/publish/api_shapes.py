"""What the API takes and gives: each parameter with its limit, each answer as the CLI's ``--json`` shows it.

No request can ask for unbounded work: texts have a greatest length, lists a greatest count, numbers a range, and a
parameter that isn't known is refused rather than ignored. Answers may grow further keys; those here stay.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from technopole.core.types import Boundary, Lens
from technopole.publish.compare import MOST as MOST_COMPARED
from technopole.publish.state import MOST_COUNTRIES

LONGEST_NAME: Final = 200
LONGEST_WEIGHTS: Final = 4000
MOST_CITIES: Final = 5000
MOST_PEOPLE: Final = 100_000_000
MOST_QUERIES: Final = 500

CITY_HELP: Final = "A name in any script, a slug, or an id."
Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, description=CITY_HELP)]
Id = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
Degrees = Annotated[float, Field(allow_inf_nan=False)]


class Asked(BaseModel):
    """Parameters of a request; those that aren't known are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Where(Asked):
    """Which league table."""

    lens: Lens = Field(Lens.SCALE, description="scale (how much happens) or intensity (per inhabitant, shrunk).")
    boundary: Boundary = Field(Boundary.AGGLOMERATION, description="Where the line around each city is drawn.")


class RankAsked(Where):
    """Parameters of `technopole rank`."""

    side: Id | None = Field(None, description="One side of the framework alone: makes or lives.")
    weights: str | None = Field(
        None, max_length=LONGEST_WEIGHTS, description="Other weights.", examples=["industry=2,unicorns=0.5"]
    )
    country: list[Annotated[str, Field(min_length=2, max_length=60)]] = Field(
        [], max_length=MOST_COUNTRIES, description="Only these countries: ISO codes or English names (repeatable)."
    )
    min_population: int | None = Field(None, ge=0, le=MOST_PEOPLE, description="Only cities of this many people.")
    top: int | None = Field(None, ge=1, le=MOST_CITIES, description="Only the first N.")
    all: bool = Field(False, description="With the cities that nothing is known of among the unranked.")


class CompareAsked(Where):
    """Parameters of `technopole compare`."""

    city: list[Name] = Field(
        min_length=2, max_length=MOST_COMPARED, description="2 to 5 cities (repeatable).", examples=[["Oslo", "Turku"]]
    )


class WhyAsked(Where):
    """Parameters of `technopole why`."""

    a: Name = Field(examples=["Oslo"])
    b: Name = Field(examples=["Turku"])
    side: Id | None = Field(None, description="One side of the framework alone.")


class TraceAsked(Where):
    """Parameters of `technopole trace`."""

    city: Name = Field(examples=["Turku"])
    indicator: Id = Field(description="An indicator's id, as /v1/city lists them.", examples=["patents"])


class ExtremesAsked(Where):
    """Parameters of `technopole extremes` for one city."""

    city: Name = Field(examples=["Oslo"])
    set: Literal["pillars", "bounded", "free"] = Field("pillars", description="Which weights are admissible.")
    side: Id | None = Field(None, description="One side of the framework alone.")


class OfCity(Asked):
    """Entries of one city, or all."""

    city: Name | None = Field(None, description=f"{CITY_HELP} Without it: all.", examples=["Oslo"])


class InitiativesAsked(Asked):
    """Parameters of `technopole initiatives`."""

    city: Name = Field(examples=["Stockholm"])


class ResolveAsked(Asked):
    """One query of `technopole resolve`; any part may be absent."""

    name: str | None = Field(None, max_length=LONGEST_NAME, description="A place, in any script.")
    country: str | None = Field(None, max_length=60, description="ISO code or name; it always wins over coordinates.")
    admin1: str | None = Field(None, max_length=LONGEST_NAME, description="State or province, name or code.")
    lat: Degrees | None = Field(None, ge=-90, le=90, description="Degrees north; with lon.")
    lon: Degrees | None = Field(None, ge=-180, le=180, description="Degrees east; with lat.")


class ResolveBody(ResolveAsked):
    """The same in a body, where a number is a number and not a text or a truth value."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ResolveMany(Asked):
    """Many queries at once."""

    queries: list[ResolveBody] = Field(min_length=1, max_length=MOST_QUERIES)


class Problem(BaseModel):
    """Any answer that isn't what was asked for: one line of JSON."""

    error: str = Field(description="What is wrong.")
    why: str = Field(description="The rule that it broke.")
    what_to_do: str = Field(description="What to do next; empty where nothing helps.")


class RankedCity(BaseModel):
    """One line of the league table."""

    rank: int
    tier: int
    id: int
    slug: str
    name: str
    country: str
    score: float
    rank_low: float
    rank_high: float
    nominal_outside: bool
    coverage: float
    confidence: float
    pillars: dict[str, float]


class Missing(BaseModel):
    """An indicator without a value, and the reason."""

    indicator: str
    reason: str


class UnrankedCity(BaseModel):
    """A city with too little evidence."""

    id: int
    slug: str
    name: str
    country: str
    coverage: float
    nonzero: int
    missing: list[Missing]


class RankShape(BaseModel):
    """`technopole rank --json`."""

    edition: str
    framework: str
    lens: Lens
    side: str | None
    boundary: Boundary
    cities: list[RankedCity]
    unranked: list[UnrankedCity]


class CityShape(BaseModel):
    """`technopole city --json`."""

    name: str
    id: int
    slug: str
    country: str
    population_thousands: float
    ranked: bool
    coverage: float
    nonzero: int
    lens: Lens
    boundary: Boundary
    ranks: list[dict[str, Any]]
    pillars: dict[str, float]
    strengths: list[dict[str, Any]]
    weaknesses: list[dict[str, Any]]
    missing: list[Missing]
    indicators: list[dict[str, Any]]


class CompareShape(BaseModel):
    """`technopole compare --json`."""

    edition: str
    lens: Lens
    boundary: Boundary
    cities: list[dict[str, Any]]
    indicators: list[dict[str, Any]]


class Contribution(BaseModel):
    """A pillar's part of a gap."""

    id: str
    contribution: float


class WhyShape(BaseModel):
    """`technopole why --json`."""

    edition: str
    lens: Lens
    side: str | None
    boundary: Boundary
    a: dict[str, Any]
    b: dict[str, Any]
    gap: float
    pillars: list[Contribution]
    indicators: list[dict[str, Any]]


class TraceShape(BaseModel):
    """`technopole trace --json`."""

    city: str
    name: str
    indicator: str
    title: str
    lens: Lens
    boundary: Boundary
    status: str
    value: float | None
    unit: str
    period: str
    source: dict[str, str]
    files: list[dict[str, Any]]
    treated: float | None
    normalised: float | None
    weight: float | None
    contribution: float | None


class ExtremesShape(BaseModel):
    """`technopole extremes --json`."""

    edition: str
    lens: Lens
    side: str | None
    boundary: Boundary
    set: str
    ranked: int
    cities: list[dict[str, Any]]


class ClaimShape(BaseModel):
    """One claim of `technopole claims --json`."""

    id: str
    city: str | None
    statement: str
    verdict: Literal["supported", "contradicted", "outdated", "imprecise", "untestable"]
    because: str
    evidence: list[dict[str, Any]]


class InitiativeShape(BaseModel):
    """One entry of `technopole initiatives CITY --json`."""

    id: str
    theme: str
    what: str
    since: str | None
    by: str | None
    source: dict[str, Any]


class Resolved(BaseModel):
    """One answer of `technopole resolve --json`."""

    input: dict[str, str | float | None]
    id: int | None
    slug: str | None
    name: str | None
    country: str | None
    method: str | None
    reason: str | None


class ThemeShape(BaseModel):
    """One theme of `technopole themes --json`."""

    id: str
    theme: str
    cities: list[str]
    kind: str
    indicators: list[str]
    sources: list[str]
    reason: str


class LicenceShape(BaseModel):
    """One line of `technopole data licences --json`."""

    id: str
    title: str
    licence: str
    licence_class: str
    citation: str
    url: str


class SourceShape(LicenceShape):
    """One source of `technopole data sources --json`."""

    vintage: str
    resolved_share: float | None
    records: int | None
    variables: list[str]


class FileShape(BaseModel):
    """One file of the edition."""

    name: str
    bytes: int
    sha256: str


class EditionShape(BaseModel):
    """`technopole data status --json` without the folder, and the files."""

    edition: str
    framework: str
    sources: int
    cities: int
    ranked: int
    observations: int
    content_digest: str
    files: list[FileShape]


class HomeShape(BaseModel):
    """What is here."""

    name: str
    edition: str
    openapi: str
    routes: list[str]
