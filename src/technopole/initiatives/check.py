"""The checker: what is wrong with the register, entry by entry; nothing is repaired silently."""

from __future__ import annotations

import datetime
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import polars as pl
from pydantic import Field

from technopole.core.types import Boundary
from technopole.initiatives.register import Initiative
from technopole.initiatives.reviews import Review
from technopole.observations.variables import Declaration, read_yaml, validated

EXTRACT_WORDS: Final = 25
COPIED_WORDS: Final = 8
FIRST_YEAR: Final = 1800
UNITS: Final = Path(__file__).with_name("units.yaml")
PERSONAL_TITLES: Final = frozenset({"mr", "mrs", "ms", "dr", "prof", "professor", "sir", "mayor", "president"})
NUMBER_WORDS: Final = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
HOST: Final = re.compile(r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$")
Values = Mapping[tuple[int, str, str], tuple[float, str]]  # (city id, source, variable) -> value, unit


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: the entry (`id` None: the city's file), the rule that it breaks, and how."""

    city: str
    id: str | None
    rule: str
    message: str


@dataclass(frozen=True)
class Known:
    """What entries are checked against.

    `cities`: slug -> id of the cities of the frame. `themes`: ids. `units`: of units.yaml. `values`: observations of
    cities at the agglomeration boundary. `today`: nothing may be later.
    """

    cities: Mapping[str, int]
    themes: Collection[str]
    units: Collection[str]
    values: Values
    today: datetime.date


class Units(Declaration):
    """units.yaml: units of figures that no observation stands beside."""

    units: tuple[str, ...] = Field(min_length=1)


@cache
def known_units(path: Path = UNITS) -> frozenset[str]:
    """Units that a figure may have."""
    return frozenset(validated(Units, read_yaml(path), path.name).units)


def observed_values(observations: pl.DataFrame) -> Values:
    """Value and unit of each city, source and variable at the agglomeration boundary, of an edition's observations."""
    here = observations.filter((pl.col("level") == "city") & (pl.col("boundary") == Boundary.AGGLOMERATION.value))
    columns = here.select(pl.col("place").cast(pl.Int64), "source", "variable", "value", "unit")
    return {(place, source, name): (value, unit) for place, source, name, value, unit in columns.iter_rows()}


def faults(entries: Sequence[Initiative], read: Sequence[Review], known: Known) -> list[Fault]:
    """Everything that is wrong with the register and its reviews; empty where nothing is."""
    of_entry: dict[tuple[str, str], list[Review]] = {}
    for review in read:
        of_entry.setdefault((review.city, review.id), []).append(review)
    found = [*_repeated(entries)]
    for entry in entries:
        for rule, check in RULES.items():
            found += [Fault(entry.city, entry.id, rule, text) for text in check(entry, known)]
        own = of_entry.get((entry.city, entry.id), [])
        found += [Fault(entry.city, entry.id, "figure", text) for text in _figure_read(entry, own)]
        if not own:
            found.append(Fault(entry.city, entry.id, "review", "no line of the review file says where it was read"))
        found += [Fault(entry.city, entry.id, "review", text) for one in own for text in _review(entry, one, known)]
    return [*found, *_reviews_of_nothing(entries, read)]


def agrees(entry: Initiative, known: Known) -> bool:
    """Whether an entry's figure agrees with an observation that we hold; False where it names none."""
    return entry.observation is not None and not list(_observation(entry, known))


def _repeated(entries: Sequence[Initiative]) -> Iterator[Fault]:
    for (city, name), times in Counter((one.city, one.id) for one in entries).items():
        if times > 1:
            yield Fault(city, name, "form", f"the id stands {times} times in its city")


def _reviews_of_nothing(entries: Sequence[Initiative], read: Sequence[Review]) -> Iterator[Fault]:
    known = {(one.city, one.id) for one in entries}
    for review in read:
        if (review.city, review.id) not in known:
            yield Fault(review.city, review.id, "review", "a review of an entry that doesn't exist")


def _city(entry: Initiative, known: Known) -> Iterator[str]:
    if entry.city not in known.cities:
        yield f"{entry.city!r} isn't a city of the frame"


def _theme(entry: Initiative, known: Known) -> Iterator[str]:
    if entry.theme not in known.themes:
        yield f"{entry.theme!r} isn't a theme of indicators/themes.yaml"


def _organisation(entry: Initiative, _known: Known) -> Iterator[str]:
    first = entry.by.split()[0].rstrip(".").casefold()
    if first in PERSONAL_TITLES:
        yield f"`by` names a person ({entry.by!r}); name the organisation"


def _address(entry: Initiative, _known: Known) -> Iterator[str]:
    yield from address_faults(entry.source.address)


def address_faults(address: str) -> Iterator[str]:
    """Say what keeps an address from being a well-formed https one."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError as error:
        yield f"{address!r} isn't an address ({error})"
        return
    if parts.scheme != "https":
        yield f"{address!r} doesn't begin with https://"
    if port is not None or parts.username is not None or not HOST.match(parts.hostname or ""):
        yield f"{address!r} has no plain host name"
    if any(letter.isspace() or ord(letter) < 32 or letter in '<>"\\{}|^`' for letter in address):
        yield f"{address!r} has a letter that no address may have"


def _years(entry: Initiative, known: Known) -> Iterator[str]:
    since = entry.since
    year = since.year if isinstance(since, datetime.date) else since
    figure = entry.figure.year if entry.figure else None
    for name, one in (("since", year), ("figure.year", figure)):
        if one is not None and not FIRST_YEAR <= one <= known.today.year:
            yield f"{name} is {one}: before {FIRST_YEAR}, or not yet"
    if isinstance(since, datetime.date) and since > known.today:
        yield f"since is {since}, which isn't yet"
    if entry.source.seen > known.today:
        yield f"the source was seen on {entry.source.seen}, which isn't yet"


def _units(entry: Initiative, known: Known) -> Iterator[str]:
    if entry.figure and entry.observation is None and entry.figure.unit not in known.units:
        yield f"the unit {entry.figure.unit!r} isn't one of units.yaml"


def _observation(entry: Initiative, known: Known) -> Iterator[str]:
    if entry.observation is None or entry.figure is None:
        return
    named = entry.observation
    held = known.values.get((known.cities.get(entry.city, -1), named.source, named.variable))
    if held is None:
        yield f"no observation {named.source}/{named.variable} of this city is held"
        return
    value, unit = held
    if entry.kind == "derived" and named.tolerance:
        yield "a derived figure equals its observation: leave the tolerance out"
    if entry.figure.unit != unit:
        yield f"the unit is {entry.figure.unit!r}, that of the observation {unit!r}"
    if abs(entry.figure.value - value) > max(named.tolerance * abs(value), 1e-9 * max(1.0, abs(value))):
        yield f"the figure is {entry.figure.value:g}, the observation {value:g} (tolerance {named.tolerance:.0%})"


RULES: Final[dict[str, Callable[[Initiative, Known], Iterator[str]]]] = {
    "city": _city,
    "theme": _theme,
    "organisation": _organisation,
    "address": _address,
    "years": _years,
    "units": _units,
    "observation": _observation,
}


def _review(entry: Initiative, review: Review, known: Known) -> Iterator[str]:
    if review.read_on > known.today:
        yield f"read on {review.read_on}, which isn't yet"
    words = len(review.extract.split())
    if words > EXTRACT_WORDS:
        yield f"the extract has {words} words, {EXTRACT_WORDS} are allowed"
    if entry.kind == "read":
        yield from address_faults(review.read_at)
        copied = copied_words(entry.what, review.extract)
        if copied:
            yield f"`what` repeats the source's words: {copied!r}"


def _figure_read(entry: Initiative, own: Sequence[Review]) -> Iterator[str]:
    """Look for the figure of an entry that was read in the extracts from its sources."""
    if entry.kind != "read" or entry.figure is None or not own:
        return
    told = {number for one in own for number in numbers_in(one.extract)}
    if entry.figure.value not in told:
        yield f"the figure {entry.figure.value:g} stands in none of its extracts"


def numbers_in(text: str) -> set[float]:
    """Numbers that a text tells, in digits or in words up to twenty; "4.5 million" tells 4.5.

    >>> sorted(numbers_in("two buses on 9.8 kilometres, 1,869 kiosks, 7·5 million"))
    [2.0, 7.5, 9.8, 1869.0]
    """
    digits = re.findall(r"\d[\d,]*(?:\.\d+)?", text.replace("·", "."))
    words = re.findall(r"[a-z]+", text.casefold())
    return {float(one.replace(",", "")) for one in digits} | {
        float(NUMBER_WORDS.index(word)) for word in words if word in NUMBER_WORDS
    } | ({2.0} if "pair" in words else set())  # fmt: skip


def copied_words(text: str, source: str, length: int = COPIED_WORDS) -> str | None:
    """First run of `length` words that two texts share, whatever their case and punctuation; None where none.

    >>> copied_words("Free for all: one two three four", "says: one, two, three", 3)
    'one two three'
    """
    own, other = (re.findall(r"\w+", one.casefold()) for one in (text, source))
    runs = {tuple(other[start : start + length]) for start in range(len(other) - length + 1)}
    for start in range(len(own) - length + 1):
        if tuple(own[start : start + length]) in runs:
            return " ".join(own[start : start + length])
    return None
