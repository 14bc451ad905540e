"""What cities do, for readers: a city's list, a theme's, how many entries each city has, and what the checker says."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

import polars as pl

from technopole.core.errors import FrameworkError, UnknownNameError
from technopole.editions.read import Edition
from technopole.indicators.declarations import suggestion
from technopole.indicators.themes import themes
from technopole.initiatives.check import Fault, Known, agrees, faults, known_units, observed_values
from technopole.initiatives.register import Initiative, all_initiatives, of_city, registered_cities
from technopole.initiatives.reviews import all_reviews


def initiative_list(slug: str) -> list[dict[str, Any]]:
    """What is done in a city, in the order of the themes of the article; empty where nothing is registered.

    `since` is a year or a day as text, None where the source doesn't say; `figure` and `observation` are None where
    there is none; `kind` is read or derived.
    """
    order = {theme.id: place for place, theme in enumerate(themes())}
    return [_initiative(one) for one in sorted(of_city(slug), key=lambda one: order.get(one.theme, len(order)))]


def theme_initiatives(theme: str) -> list[dict[str, Any]]:
    """What cities do in one theme: `city` (slug), then the keys of `initiative_list`.

    Raises
    ------
    UnknownNameError : no such theme; suggests a near one.
    """
    known = [one.id for one in themes()]
    if theme not in known:
        raise UnknownNameError(f"there is no theme {theme!r}:", suggestion(theme, known))
    return [{"city": one.city, **_initiative(one)} for one in all_initiatives() if one.theme == theme]


def _initiative(one: Initiative) -> dict[str, Any]:
    """One entry; without the city."""
    return {
        "id": one.id,
        "theme": one.theme,
        "what": one.what,
        "since": None if one.since is None else str(one.since),
        "by": one.by,
        "figure": None if one.figure is None else one.figure.model_dump(),
        "source": one.source.model_dump(mode="json"),
        "kind": one.kind,
        "observation": None if one.observation is None else one.observation.model_dump(include={"source", "variable"}),
    }


def initiative_counts(edition: Edition) -> list[dict[str, Any]]:
    """Entries of each registered city, most first: read, derived, with_figure, agreeing with an observation, themes."""
    known = known_facts(edition)
    names = dict(edition.frame().select("slug", "name").iter_rows())
    counted = []
    for slug in registered_cities():
        entries = of_city(slug)
        kinds = Counter(one.kind for one in entries)
        counted.append(
            {
                "city": slug,
                "name": names.get(slug, slug),
                "initiatives": len(entries),
                "read": kinds["read"],
                "derived": kinds["derived"],
                "with_figure": sum(one.figure is not None for one in entries),
                "agreeing": sum(agrees(one, known) for one in entries),
                "themes": len({one.theme for one in entries}),
            }
        )
    return sorted(counted, key=lambda one: (-one["read"], -one["initiatives"], one["city"]))


def known_facts(edition: Edition) -> Known:
    """What the register is checked against: an edition's cities and observations, the themes, the units, today."""
    frame = edition.frame()
    return Known(
        cities=dict(zip(frame["slug"], frame["city"], strict=True)),
        themes=frozenset(one.id for one in themes()),
        units=known_units(),
        values=observed_values(edition.table("observations")),
        today=datetime.datetime.now(tz=datetime.UTC).date(),
    )


def register_faults(edition: Edition) -> list[Fault]:
    """Everything that the checker finds wrong with the register, against an edition."""
    return faults(all_initiatives(), all_reviews(), known_facts(edition))


def check_register(edition: Edition) -> int:
    """Give the number of entries; they have no fault.

    Raises
    ------
    FrameworkError : the first fault, and how many there are.
    """
    found = register_faults(edition)
    if found:
        first = found[0]
        where = f"{first.city}/{first.id}" if first.id else first.city
        raise FrameworkError(
            f"initiatives: {where}: {first.message} ({first.rule}); {len(found)} faults in all:",
            "repair the entry, or write the derived ones anew (docs/initiatives.md).",
        )
    return len(all_initiatives())


def flat_table(listed: list[dict[str, Any]]) -> pl.DataFrame:
    """Entries as a flat table: figure and source become columns of their own."""
    rows = []
    for one in listed:
        figure, source, observed = one["figure"] or {}, one["source"], one["observation"] or {}
        flat = {key: cell for key, cell in one.items() if key not in {"figure", "source", "observation"}}
        flat |= {f"figure_{key}": figure.get(key) for key in ("value", "unit", "year")}
        flat |= {f"source_{key}": source[key] for key in ("title", "publisher", "address", "seen")}
        rows.append(flat | {f"observation_{key}": observed.get(key) for key in ("source", "variable")})
    return pl.DataFrame(rows, infer_schema_length=None)
