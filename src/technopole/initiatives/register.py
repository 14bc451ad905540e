"""The register: one YAML file a city in register/ (written by people) and in derived/ (written by `derive`).

Paraphrases are ours; addresses and figures are those of the source. An entry names organisations, never persons.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import yaml
from pydantic import Field, model_validator

from technopole.core.errors import FrameworkError
from technopole.observations.variables import Declaration, Identifier, read_yaml, validated

READ_FOLDER: Final = Path(__file__).with_name("register")
DERIVED_FOLDER: Final = Path(__file__).with_name("derived")
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class Figure(Declaration):
    """One number of an initiative: its unit is one of units.yaml, or that of the observation beside it."""

    value: float = Field(allow_inf_nan=False)
    unit: str = Field(min_length=1, max_length=60)
    year: int


class Source(Declaration):
    """What was read: `seen` is the day on which it was read, in a stored copy or in a file that we hold."""

    title: str = Field(min_length=3)
    publisher: str = Field(min_length=2)
    address: str = Field(min_length=10)
    seen: datetime.date

    def cited(self) -> str:
        """How it is cited, without its address."""
        return f"{self.title}. {self.publisher}, seen {self.seen}."


class Observed(Declaration):
    """A number of the edition that an entry's figure must agree with.

    `tolerance` is the largest relative difference; 0 (of every derived entry) means equal. An entry that was read may
    have a wider one where definitions or years differ, and says so in `what`.
    """

    source: Identifier
    variable: Identifier
    tolerance: float = Field(default=0.0, ge=0, le=0.25)


class Initiative(Declaration):
    """One thing that is done in a city.

    Attributes
    ----------
    id : unique in its city. theme : id of indicators/themes.yaml.
    what : our own words. since : year or day on which it began; None where the source doesn't say.
    by : the organisation that does it. figure, observation : None where there is none.
    kind : ``read`` in a source, or ``derived`` from an observation (which it then names, with its figure).
    """

    id: Identifier
    city: Slug
    theme: Identifier
    what: str = Field(min_length=20, max_length=400)
    since: int | datetime.date | None = None
    by: str = Field(min_length=2)
    figure: Figure | None = None
    source: Source
    kind: Literal["read", "derived"]
    observation: Observed | None = None

    @model_validator(mode="after")
    def _derived_from_something(self) -> Initiative:
        if self.kind == "derived" and (self.figure is None or self.observation is None):
            raise ValueError(f"{self.id!r} is derived, so it needs a figure and the observation that it comes from")
        if self.observation is not None and self.figure is None:
            raise ValueError(f"{self.id!r} names an observation, but has no figure to compare with it")
        return self


class CityFile(Declaration):
    """One file: a city's slug, and its entries without the slug."""

    city: Slug
    initiatives: tuple[Initiative, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _name_the_city(cls, data: Any) -> Any:
        """Write the file's slug into each entry, so that an entry is whole by itself."""
        if not isinstance(data, dict) or not isinstance(data.get("initiatives"), list):
            return data
        entries = [{**one, "city": data.get("city")} if isinstance(one, dict) else one for one in data["initiatives"]]
        return {**data, "initiatives": entries}


class _WithoutAliases(yaml.SafeDumper):
    """Writes equal values out each time: declarations with aliases aren't read."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never refer back."""
        del data
        return True


def of_city(slug: str) -> tuple[Initiative, ...]:
    """What is done in one city, read entries first, in the order of their files; empty where nothing is registered."""
    return tuple(one for folder in (READ_FOLDER, DERIVED_FOLDER) for one in read_city(folder / f"{slug}.yaml"))


def all_initiatives() -> tuple[Initiative, ...]:
    """Every entry of the register, city by city in the order of slugs."""
    return tuple(one for slug in registered_cities() for one in of_city(slug))


def registered_cities() -> tuple[str, ...]:
    """Slugs of the cities that have an entry."""
    return tuple(sorted({path.stem for folder in (READ_FOLDER, DERIVED_FOLDER) for path in folder.glob("*.yaml")}))


def city_text(slug: str, entries: Sequence[Initiative]) -> str:
    """Text of one city's file, as `read_city` reads it: without what an entry doesn't have."""
    listed = [one.model_dump(exclude={"city"}, exclude_none=True, exclude_defaults=True) for one in entries]
    for one in listed:
        if "figure" in one and one["figure"]["value"].is_integer():
            one["figure"]["value"] = int(one["figure"]["value"])
    data = {"city": slug, "initiatives": listed}
    text = yaml.dump(data, Dumper=_WithoutAliases, sort_keys=False, allow_unicode=True, width=116)
    return text.replace("\n- id:", "\n\n- id:").replace("initiatives:\n\n", "initiatives:\n")


@cache
def read_city(path: Path) -> tuple[Initiative, ...]:
    """Read one file; empty where there is none.

    Raises
    ------
    FrameworkError : it breaks its form, or is named after another city than it says.
    """
    if not path.is_file():
        return ()
    read = validated(CityFile, read_yaml(path), f"{path.parent.name}/{path.name}")
    if read.city != path.stem:
        raise FrameworkError(
            f"{path.parent.name}/{path.name} says city {read.city!r}:", "name the file after its city."
        )
    return read.initiatives
