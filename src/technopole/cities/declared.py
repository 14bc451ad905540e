"""What a person declared about names (aliases.yaml): aliases, districts, city states, registered offices, regions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from technopole.cities.names import fold_series
from technopole.core.errors import FrameworkError


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Alias(_Declared):
    """One name that stands for a place."""

    name: str
    country: str
    place: int
    why: str


class Districts(_Declared):
    """Names of parts of one place; with `admin1` (the name of a state) only where that state is given."""

    place: int
    country: str
    names: tuple[str, ...]
    why: str
    admin1: str | None = None


class NamesFile(_Declared):
    """aliases.yaml as a whole."""

    aliases: tuple[Alias, ...]
    districts: tuple[Districts, ...]
    city_states: dict[str, int]
    registered_offices: tuple[str, ...]
    regions: tuple[str, ...]
    not_places: tuple[str, ...]
    shared: tuple[str, ...]


@dataclass(frozen=True)
class DeclaredNames:
    """The declarations, folded.

    `aliases` has the columns folded, country, state (name, null for any), place; one line a name, country and state.
    """

    aliases: pl.DataFrame
    city_states: dict[str, int]
    registered_offices: frozenset[str]
    regions: frozenset[str]
    not_places: frozenset[str]
    shared: frozenset[str]  # districts that several cities of a country have under one name


@cache
def declared_names() -> DeclaredNames:
    """Read aliases.yaml.

    Raises
    ------
    FrameworkError : the file breaks its form.
    """
    text = resources.files(__package__).joinpath("aliases.yaml").read_text(encoding="utf-8")
    try:
        data = NamesFile.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise FrameworkError(f"cities/aliases.yaml: {error}") from error
    rows: list[tuple[str, str, str | None, int]] = [(a.name, a.country, None, a.place) for a in data.aliases]
    rows += [(name, d.country, d.admin1, d.place) for d in data.districts for name in d.names]
    table = pl.DataFrame(
        rows,
        schema={"name": pl.String, "country": pl.String, "state": pl.String, "place": pl.Int64},
        orient="row",
    )
    aliases = (
        table.with_columns(folded=fold_series(table["name"]))
        .unique(["folded", "country", "state"], keep="first", maintain_order=True)
        .select("folded", "country", "state", "place")
    )
    return DeclaredNames(
        aliases=aliases,
        city_states=dict(data.city_states),
        registered_offices=frozenset(data.registered_offices),
        regions=frozenset(fold_series(pl.Series(data.regions)).to_list()),
        not_places=frozenset(fold_series(pl.Series(data.not_places)).to_list()),
        shared=frozenset(fold_series(pl.Series(data.shared)).to_list()),
    )
