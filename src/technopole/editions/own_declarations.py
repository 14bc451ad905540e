"""What a user declares about observations of their own: sources with licence and variables, and indicators (YAML).

Sources of a user need less than ours: no files, corrections or checks of a build. What absence means has the safe
default: a place without a row is missing, never zero.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from pydantic import model_validator

from technopole.core.types import LicenceClass
from technopole.indicators.declarations import Catalogue, Indicator
from technopole.observations.variables import (
    Absence,
    Declaration,
    Expected,
    Identifier,
    Meta,
    Variable,
    read_yaml,
    validated,
)

OWN: Final = "own"
"""Source of rows that name none. Nobody said what may be done with them: unclear, so for the user alone."""
ANYTHING: Final = Expected(
    total=(-1e300, 1e300), records=(0, 10**12), places=(0, 10**9), value=(-1e300, 1e300), resolved_share=0.0
)
MISSING: Final = Absence(default="missing", why="the rows are the user's own; where there is none, nothing is known")


class OwnVariable(Declaration):
    """One measured quantity."""

    id: Identifier
    title: str
    unit: str
    period: str
    level: Literal["city", "country"] = "city"
    absence: Absence = MISSING
    note: str = ""

    def variable(self) -> Variable:
        """The same as ours are declared."""
        return Variable(
            id=self.id, title=self.title, unit=self.unit, aggregate="single", level=self.level, granularity=self.level,
            period=self.period, absence=self.absence, expected=ANYTHING, note=self.note,
        )  # fmt: skip


class OwnSource(Declaration):
    """One source of the user's."""

    id: Identifier
    title: str
    licence: str
    licence_class: LicenceClass
    citation: str
    vintage: str
    producer: str = ""
    url: str = ""
    what: str = ""
    limits: tuple[str, ...] = ()
    variables: tuple[OwnVariable, ...] = ()

    def meta(self) -> Meta:
        """The same as ours are declared."""
        data = self.model_dump(exclude={"variables"})
        return Meta(**data, files=(), variables=tuple(one.variable() for one in self.variables))


class OwnDeclarations(Declaration):
    """A whole file: sources, and indicators made of their variables."""

    sources: tuple[OwnSource, ...] = ()
    indicators: tuple[Indicator, ...] = ()

    @model_validator(mode="after")
    def _unique(self) -> OwnDeclarations:
        for what, ids in (
            ("source", [one.id for one in self.sources]),
            ("variable", [one.id for source in self.sources for one in source.variables]),
            ("indicator", [one.id for one in self.indicators]),
        ):
            twice = sorted({one for one in ids if ids.count(one) > 1})
            if twice:
                raise ValueError(f"the {what} {twice[0]!r} is declared twice")
        if any(one.recipe is not None or one.error is not None for one in self.indicators):
            raise ValueError("an indicator of your own names a variable, no recipe and no error")
        return self

    def catalogue(self) -> Catalogue:
        """The indicators in the form of the package's catalogue."""
        return Catalogue(indicators=self.indicators)


def read_own(path: Path | None) -> OwnDeclarations:
    """Read a file of declarations; none declares nothing.

    Raises
    ------
    FrameworkError : unreadable, or a key that is missing, unknown or wrong (named).
    """
    return OwnDeclarations() if path is None else validated(OwnDeclarations, read_yaml(path), path.name)


OPENSTREETMAP: Final = OwnSource(
    id="osm",
    title="An extract of OpenStreetMap, measured by the user",
    producer="OpenStreetMap contributors",
    url="https://www.openstreetmap.org/copyright",
    licence="ODbL 1.0",
    licence_class=LicenceClass.SHARE_ALIKE,
    citation="Contains information from OpenStreetMap, made available under the Open Database License; "
    "© OpenStreetMap contributors.",
    vintage="that of the extract",
)
"""Rows of `technopole measure osm`: the licence of the data is known. That of a timetable is its publisher's."""


def undeclared(source: str, licence_class: LicenceClass) -> Meta:
    """Declaration of a source that only its rows speak of; its variables come from them too."""
    if source == OPENSTREETMAP.id:
        return OPENSTREETMAP.meta()
    unclear = licence_class is LicenceClass.UNCLEAR
    return OwnSource(
        id=source, title=f"Rows of the user's own ({source})", producer="the user",
        licence="not declared" if unclear else f"{licence_class}, as the rows say", licence_class=licence_class,
        citation="Rows of the user's own.", vintage="not declared",
    ).meta()  # fmt: skip
