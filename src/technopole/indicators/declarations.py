"""Indicators as declared in catalogue.yaml: a question, its unit and direction, and where its numbers come from."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import model_validator

from technopole.core.errors import UnknownNameError
from technopole.observations.variables import Declaration, Identifier, read_yaml, validated

CATALOGUE = Path(__file__).with_name("catalogue.yaml")


class Indicator(Declaration):
    """One question answered by observations."""

    id: Identifier
    title: str
    question: str
    unit: str
    kind: Literal["count", "level"]
    direction: Literal[1, -1]
    variable: Identifier | None = None
    recipe: Identifier | None = None
    error: Identifier | None = None  # a key of indicators.errors.ERRORS

    @model_validator(mode="after")
    def _one_origin(self) -> Indicator:
        if (self.variable is None) == (self.recipe is None):
            raise ValueError("give either `variable` or `recipe`")
        return self


class Catalogue(Declaration):
    """All indicators, in the order of the file."""

    indicators: tuple[Indicator, ...]

    def get(self, indicator: str) -> Indicator:
        """One indicator by id.

        Raises
        ------
        UnknownNameError : there is none; the message suggests near ids.
        """
        for one in self.indicators:
            if one.id == indicator:
                return one
        raise UnknownNameError(f"there is no indicator {indicator!r}:", suggestion(indicator, self.ids()))

    def ids(self) -> list[str]:
        """Ids in order."""
        return [one.id for one in self.indicators]


def suggestion(name: str, known: list[str], count: int = 3) -> str:
    """Say which known names are near to a misspelt one: "did you mean a, b or c?"."""
    from rapidfuzz import fuzz, process

    near = [text for text, _, _ in process.extract(name, known, scorer=fuzz.WRatio, limit=count, score_cutoff=55)]
    if not near:
        return f"known are {', '.join(known[:12])}{' ...' if len(known) > 12 else ''}."
    return f"did you mean {' or '.join(near)}?"


@cache
def catalogue(path: Path = CATALOGUE) -> Catalogue:
    """Read the catalogue.

    Raises
    ------
    FrameworkError : a declaration breaks the schema.
    """
    return validated(Catalogue, read_yaml(path), path.name)
