"""Words of the project as types: the same word means the same thing in every stage. No I/O."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class LicenceClass(StrEnum):
    """What a licence allows; the class is per upstream file."""

    OPEN = "open"
    ATTRIBUTION = "attribution"
    SHARE_ALIKE = "share-alike"
    AGGREGATE_ONLY = "aggregate-only"
    QUOTED = "quoted"
    RESTRICTED = "restricted"
    UNCLEAR = "unclear"


SHIPPABLE: Final = frozenset(LicenceClass) - {LicenceClass.RESTRICTED, LicenceClass.UNCLEAR}
"""Licence classes whose derived figures may enter the shipped edition."""


class Boundary(StrEnum):
    """Where the line around a city is drawn, as a multiple of its radius."""

    CORE = "core"
    AGGLOMERATION = "agglomeration"
    REGION = "region"


BOUNDARY_FACTOR: Final[dict[Boundary, float]] = {
    Boundary.CORE: 0.5,
    Boundary.AGGLOMERATION: 1.0,
    Boundary.REGION: 1.5,
}
"""Distance over radius up to which a point belongs to the city. Boundaries of one city are nested."""

RINGS: Final[tuple[Boundary, ...]] = (Boundary.CORE, Boundary.AGGLOMERATION, Boundary.REGION)
"""``RINGS[ring]`` is the narrowest boundary that holds a record of that ring (0, 1, 2)."""


class Level(StrEnum):
    """What a record or an observation is about."""

    CITY = "city"
    REGION = "region"
    COUNTRY = "country"


class Status(StrEnum):
    """What a value is, or why it is missing. Missing is a reason, not just null."""

    OBSERVED = "observed"
    ZERO = "zero"  # the source covers the country and has nothing for the city
    LOWER_BOUND = "lower bound"  # rows exist, in a country that the source under-covers
    INHERITED = "inherited"  # a country's or region's value
    NOT_COVERED = "not covered"  # the source doesn't cover the country (well enough)
    CENSORED = "not in the list"  # the source lists only units above a cut
    UNRESOLVED = "unresolved"
    WITHHELD = "withheld by licence"
    TOO_OLD = "too old"


PRESENT: Final = frozenset({Status.OBSERVED, Status.ZERO, Status.LOWER_BOUND, Status.INHERITED})
"""Statuses that carry a value; all others are reasons for its absence."""


class Lens(StrEnum):
    """Scale: how much happens in the city. Intensity: how much per inhabitant, shrunk."""

    SCALE = "scale"
    INTENSITY = "intensity"
