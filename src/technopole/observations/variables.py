"""What a source declares (meta.yaml): identity, licence, variables, what absence means, and the checks."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from technopole.core.errors import FrameworkError
from technopole.core.types import SHIPPABLE, LicenceClass

Model = TypeVar("Model", bound=BaseModel)
LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The safe loader, the compiled one where there is one (ten times as fast)."""
YAML_SIZE_LIMIT = 400_000
YAML_DEPTH_LIMIT = 40
Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class Declaration(BaseModel):
    """Base of everything that is declared in YAML: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Absence(Declaration):
    """What it means that a source has nothing for a place.

    `default` zero: the source covers the world, nothing there is 0. `default` missing: it says nothing.
    `censored`: the source lists only units above a cut. `missing_in`: countries that the source under-covers: there
    a city with rows has a lower bound (used, and marked so), and a city without rows is missing, never 0.
    `why` explains, with the evidence for it.
    """

    default: Literal["zero", "missing", "censored"]
    missing_in: tuple[Country, ...] = ()
    why: str


class Expected(Declaration):
    """Checks of one variable, wide enough for a new vintage and narrow enough for a unit error or a silent drop.

    `total`: closed range of the sum of all amounts, resolved or not. `records`: the same for the number of records.
    `places`: for the number of distinct resolved places. `value`: for each single amount. `resolved_share`: least
    share of all amounts that must be placed; the rest carries a reason, is counted, and is listed.
    """

    total: tuple[float, float]
    records: tuple[int, int]
    places: tuple[int, int]
    value: tuple[float, float]
    resolved_share: float = Field(ge=0, le=1)


class Variable(Declaration):
    """One measured quantity of a source."""

    id: Identifier
    title: str
    unit: str
    aggregate: Literal["sum", "distinct", "max", "single"]
    level: Literal["city", "region", "country"] = "city"
    granularity: Literal["point", "place", "city", "region", "country"]
    period: str
    absence: Absence
    expected: Expected
    note: str = ""


class Correction(Declaration):
    """A known upstream defect, repaired by declared data; when the defect is gone the build fails.

    In rows of `file` (mirror path or glob) where every column of `match` has the given text, `column` must hold
    `expect` (null: empty) and becomes `value`. ``drop: true`` removes the rows instead. Of a file that a user brings,
    which may be of another date, a correction mends what it finds (``expires=False``).
    """

    file: str
    match: dict[str, str | None]
    column: str = ""
    expect: str | None = None
    value: str | None = None
    drop: bool = False
    expires: bool = True
    why: str


class Meta(Declaration):
    """One source, as its meta.yaml declares it."""

    id: Identifier
    title: str
    producer: str
    url: str
    licence: str
    licence_class: LicenceClass
    citation: str
    vintage: str
    what: str
    limits: tuple[str, ...]  # what the source can't tell, one sentence each
    files: tuple[str, ...]  # globs of mirror paths that are read
    left_out: tuple[str, ...] = ()  # beginnings of the reasons by which a rule leaves rows out: not a failure to place
    variables: tuple[Variable, ...]
    corrections: tuple[Correction, ...] = ()

    @property
    def shipped(self) -> bool:
        """Whether it enters an edition. Otherwise it is an adapter, for a file that the user brings.

        The licence decides, and nothing else can say otherwise. The class of a source is the strictest one among the
        files that it reads; that the files' own classes agree is checked where an edition is built.
        """
        return self.licence_class in SHIPPABLE

    @model_validator(mode="after")
    def _unique(self) -> Meta:
        ids = [variable.id for variable in self.variables]
        if len(set(ids)) != len(ids):
            raise ValueError("two variables share one id")
        return self


def read_yaml(path: Path) -> Any:
    """Read YAML safely: limits of size and depth, no aliases, no tags.

    Raises
    ------
    FrameworkError : absent, too large, too deep, not UTF-8, not YAML, or with aliases.
    """
    if not path.is_file():
        raise FrameworkError(f"{path} isn't there.", "Name a YAML file that exists.")
    if path.stat().st_size > YAML_SIZE_LIMIT:
        raise FrameworkError(f"{path} is larger than {YAML_SIZE_LIMIT} bytes:", "declarations are small files.")
    try:
        text = path.read_text(encoding="utf-8")
        _refuse_aliases_and_depth(text, path)
        return yaml.load(text, Loader=LOADER)
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise FrameworkError(f"{path} isn't valid YAML: {error}.") from error


def _refuse_aliases_and_depth(text: str, path: Path) -> None:
    """Stop at the first alias (they can swell to gigabytes) or at deep nesting (the parser's time is quadratic)."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.AliasEvent):
            raise FrameworkError(f"{path} uses YAML aliases (*name):", "write the value out.")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > YAML_DEPTH_LIMIT:
            raise FrameworkError(f"{path} nests deeper than {YAML_DEPTH_LIMIT} levels:", "declarations are flat.")


def read_meta(path: Path) -> Meta:
    """Read and check a source's meta.yaml.

    Raises
    ------
    FrameworkError : unreadable, or a key that is missing, unknown or of the wrong kind (named in the message).
    """
    return validated(Meta, read_yaml(path), str(path))


def validated(model: type[Model], data: object, where: str, branches: Collection[str] = ()) -> Model:
    """Check what was read from YAML against its declaration.

    Parameters
    ----------
    where : the file, as the message names it.
    branches : names of alternatives in the schema, which say nothing to a reader and are left out of the key.

    Raises
    ------
    FrameworkError : names the first key that is missing, unknown or wrong.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"] if part not in branches)
        message = first["msg"].removeprefix("Value error, ").rstrip(".")
        raise FrameworkError(f"{where}: {key + ': ' if key else ''}{message}.") from error
