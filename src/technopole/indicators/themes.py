"""The themes of the article as declared in themes.yaml: what measures each, or why nothing does."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, model_validator

from technopole.observations.variables import Declaration, Identifier, read_yaml, validated

DECLARED: Final = Path(__file__).with_name("themes.yaml")
Kind = Literal["city", "region", "country", "evidence only", "not measured"]
MEASURED: Final = frozenset({"city", "region", "country"})


class Theme(Declaration):
    """One theme. `kind` is the finest level at which it is measured."""

    id: Identifier
    theme: str
    cities: tuple[str, ...]
    kind: Kind
    indicators: tuple[Identifier, ...] = ()
    variables: tuple[Identifier, ...] = ()
    evidence: tuple[Identifier, ...] = ()
    sources: tuple[Identifier, ...] = ()
    reason: str = Field(min_length=20)

    @model_validator(mode="after")
    def _says_what_it_is(self) -> Theme:
        measured = bool(self.indicators or self.variables)
        if measured != (self.kind in MEASURED):
            raise ValueError(f"{self.id!r} is {self.kind!r}, and has {'' if measured else 'no '}measures")
        if self.kind == "not measured" and (self.evidence or self.sources):
            raise ValueError(f"{self.id!r} isn't measured, yet has evidence or sources")
        return self


class Themes(Declaration):
    """All themes, in the order of the article."""

    themes: tuple[Theme, ...]

    @model_validator(mode="after")
    def _unique(self) -> Themes:
        ids = [one.id for one in self.themes]
        if len(set(ids)) != len(ids):
            raise ValueError("two themes share one id")
        return self


@cache
def themes(path: Path = DECLARED) -> tuple[Theme, ...]:
    """Read the themes.

    Raises
    ------
    FrameworkError : a declaration breaks the schema; the message names the first.
    """
    return validated(Themes, read_yaml(path), path.name).themes
