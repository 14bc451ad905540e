"""What a link to the explorer says: the mirror of explorer/src/state.ts.

``tests/golden_explorer/state.json`` holds both to one result, so that Python can write links that the explorer opens.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from urllib.parse import unquote_to_bytes

VERSION: Final = 1
PAGES: Final = ("ranking", "city", "compare", "themes", "claims", "method")
LENSES: Final = ("scale", "intensity")
BOUNDARIES: Final = ("agglomeration", "core", "region")
EXTREMES: Final = ("pillars", "bounded")
VIEWS: Final = ("pillars",)
MOST_COMPARED: Final = 5
MOST_WEIGHTS: Final = 200
MOST_COUNTRIES: Final = 60
MOST_REGIONS: Final = 30
LONGEST: Final = 8000
TOKEN: Final = r"[A-Za-z0-9_.:,-]*"
NAME: Final = r"[a-z0-9][a-z0-9_-]{0,63}"
SHARE: Final = r"0(\.[0-9]{1,6})?|1(\.0{1,6})?"


@dataclass(frozen=True)
class State:
    """Everything that a link restores. Empty text, list or map and 0: not chosen."""

    page: str = "ranking"
    lens: str = "scale"
    side: str = ""
    boundary: str = "agglomeration"
    weights: Mapping[str, float] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    min_population: int = 0
    min_coverage: float = 0.0
    sort: str = "rank"
    extremes: str = ""
    view: str = ""
    city: str = ""
    compare: tuple[str, ...] = ()
    trace: str = ""
    verdict: str = ""
    theme: str = ""
    language: str = ""


def number(value: float) -> str:
    """Write a number with at most four decimals, without trailing zeros; halves away from zero, as JavaScript does."""
    rounded = Decimal(value).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    return f"{rounded.normalize():f}"


def encode(state: State) -> str:
    """Canonical text of a state, without "#"; the default state is ""."""
    parts = {
        "page": state.page if state.page != "ranking" else "",
        "lens": state.lens if state.lens != "scale" else "",
        "side": state.side,
        "boundary": state.boundary if state.boundary != "agglomeration" else "",
        "weights": ",".join(f"{name}:{number(state.weights[name])}" for name in sorted(state.weights)),
        "region": ",".join(sorted(state.regions)),
        "country": ",".join(sorted(state.countries)),
        "population": str(state.min_population) if state.min_population else "",
        "coverage": number(state.min_coverage) if state.min_coverage else "",
        "sort": state.sort if state.sort != "rank" else "",
        "extremes": state.extremes,
        "view": state.view,
        "city": state.city,
        "compare": ",".join(state.compare),
        "trace": state.trace,
        "verdict": state.verdict,
        "theme": state.theme,
        "lang": state.language,
    }
    written = [f"{key}={value}" for key, value in parts.items() if value]
    return "&".join([f"v={VERSION}", *written]) if written else ""


def decode(text: str) -> State:
    """State of a text; what can't be read keeps its default. A text of another version is the default state."""
    if len(text) > LONGEST:
        return State()
    fields = _fields(text.removeprefix("#"))
    if fields.get("v", str(VERSION)) != str(VERSION):
        return State()

    def one(key: str, pattern: str, otherwise: str = "") -> str:
        value = fields.get(key, "")
        return value if value and re.fullmatch(pattern, value) else otherwise

    def many(key: str, pattern: str, most: int) -> tuple[str, ...]:
        parts = [part for part in fields.get(key, "").split(",") if re.fullmatch(pattern, part)]
        return tuple(dict.fromkeys(parts))[:most]

    return State(
        page=one("page", "|".join(PAGES), "ranking"),
        lens=one("lens", "|".join(LENSES), "scale"),
        side=one("side", NAME),
        boundary=one("boundary", "|".join(BOUNDARIES), "agglomeration"),
        weights=_weights(fields.get("weights", "")),
        regions=tuple(sorted(many("region", "[0-9]{3}", MOST_REGIONS))),
        countries=tuple(sorted(many("country", "[A-Z]{2}", MOST_COUNTRIES))),
        min_population=int(one("population", "[0-9]{1,9}", "0")),
        min_coverage=float(number(float(one("coverage", SHARE, "0")))),
        sort=one("sort", "-?[a-z][a-z0-9_]{0,63}", "rank"),
        extremes=one("extremes", "|".join(EXTREMES)),
        view=one("view", "|".join(VIEWS)),
        city=one("city", NAME),
        compare=many("compare", NAME, MOST_COMPARED),
        trace=one("trace", f"{NAME}:{NAME}"),
        verdict=one("verdict", NAME),
        theme=one("theme", NAME),
        language=one("lang", "[a-z]{2}"),
    )


def _fields(text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for part in text.split("&"):
        key, equals, value = part.partition("=")
        try:
            plain = unquote_to_bytes(value).decode("utf-8")
        except UnicodeDecodeError:
            continue
        if equals and re.fullmatch(TOKEN, plain):
            fields[key] = plain
    return fields


def _weights(text: str) -> dict[str, float]:
    weights: dict[str, float] = {}
    for part in text.split(",")[:MOST_WEIGHTS]:
        name, _, value = part.partition(":")
        if re.fullmatch(NAME, name) and re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,6})?", value) and float(value) <= 100:
            weights[name] = float(number(float(value)))
    return weights
