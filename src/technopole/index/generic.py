"""The framework of an index of anything: a hierarchy of any depth and every choice of method, as YAML.

Defaults hold for all indicators and nodes; each indicator may override treatment, imputation and normalisation, each
node its aggregation and the way its children's weights are found. Methods are named as in the kernel's tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from technopole.core.errors import FrameworkError, InputError
from technopole.index.uncertain import Uncertain
from technopole.indicators.declarations import suggestion
from technopole.kernel.aggregate import AGGREGATORS, Aggregation
from technopole.kernel.impute import IMPUTERS
from technopole.kernel.normalise import NORMALISERS
from technopole.kernel.treat import TREATMENTS
from technopole.kernel.weighting import WEIGHTINGS
from technopole.observations.variables import Declaration, read_yaml, validated

BESIDE: Final[dict[str, set[str]]] = {
    "knn": {"neighbours"},
    "iterative": {"draws", "rounds", "seed"},
    "panel": {"how", "longest"},
}
"""Imputers that aren't in the kernel's table (scikit-learn, along time), and their parameters."""
OF_IMPUTERS: Final[dict[str, set[str]]] = {"nearest": {"donors", "draws", "seed"}}
Name = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Choice(Declaration):
    """A method by its name and its parameters; in YAML ``min_max`` or ``{method: min_max, low: 1}``."""

    method: str
    parameters: dict[str, Any] = Field(default_factory=dict)


def spelled_out(value: object) -> object:
    """Lay a choice as YAML has it out as `Choice` takes it."""
    if isinstance(value, str):
        return {"method": value}
    if isinstance(value, Mapping) and "parameters" not in value:
        return {"method": value.get("method"), "parameters": {k: v for k, v in value.items() if k != "method"}}
    return value


def _checked(stage: str, choice: Choice) -> Choice:
    names, parameters, needs = _known(stage, choice.method)
    if choice.method not in names:
        raise ValueError(f"there is no way to {stage} called {choice.method!r}: {suggestion(choice.method, names)}")
    unknown = set(choice.parameters) - parameters - needs
    if unknown:
        known = ", ".join(sorted(parameters | needs)) or "none"
        raise ValueError(f"{choice.method} has no parameter {min(unknown)!r}: it takes {known}")
    lacking = needs - set(choice.parameters)
    if lacking:
        raise ValueError(f"{choice.method} needs {', '.join(sorted(lacking))}")
    return choice


def _known(stage: str, method: str) -> tuple[list[str], set[str], set[str]]:
    """Names of a stage, and what `method` takes and needs in a framework file."""
    if stage == "impute":
        needs = {"group"} if method in {"group_mean", "group_median"} else set()
        return [*IMPUTERS, *BESIDE], {**OF_IMPUTERS, **BESIDE}.get(method, set()), needs
    if stage == "aggregate":
        extra = {"minimum_availability"}
        aggregator = AGGREGATORS.get(method)
        return list(AGGREGATORS), extra | set(aggregator.parameters if aggregator else ()), set()
    if stage == "weight":
        weighting = WEIGHTINGS.get(method)
        # declared weights stand at the children; factors of a factor analysis are optional
        optional = {"factor_analysis": {"factors"}, "correlation_matched": {"wanted"}}.get(method, set())
        return list(WEIGHTINGS), optional, set(weighting.needs if weighting else ()) - {"weights"}
    if stage == "treat":
        treatment = TREATMENTS.get(method)
        return list(TREATMENTS), set(treatment.parameters if treatment else ()), set()
    normaliser = NORMALISERS.get(method)
    return (
        list(NORMALISERS),
        set(normaliser.parameters if normaliser else ()),
        set(normaliser.needs if normaliser else ()),
    )


def _stage(stage: str) -> Any:
    def check(value: object) -> object:
        return value if isinstance(value, Choice) else _checked(stage, Choice.model_validate(spelled_out(value)))

    return BeforeValidator(check)


Treat = Annotated[Choice, _stage("treat")]
Impute = Annotated[Choice, _stage("impute")]
Normalise = Annotated[Choice, _stage("normalise")]
Aggregate = Annotated[Choice, _stage("aggregate")]
Weighted = Annotated[Choice, _stage("weight")]


class Indicator(Declaration):
    """A leaf: one column of the table."""

    indicator: Name
    title: str = ""
    unit: str = ""
    direction: Literal[1, -1] = 1
    weight: Weight = 1.0
    denominator: Name | None = None
    per: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0  # of so many of the denominator
    treat: Treat | None = None
    impute: Impute | None = None
    normalise: Normalise | None = None

    @property
    def id(self) -> str:
        """Name of the column."""
        return self.indicator


class Group(Declaration):
    """A node: children become one score."""

    id: Name
    title: str = ""
    weight: Weight = 1.0
    aggregate: Aggregate | None = None
    weights: Weighted | None = None
    children: tuple[Child, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _some_weight(self) -> Group:
        given = self.weights is None or self.weights.method == "given"
        if given and not any(child.weight > 0 for child in self.children):
            raise ValueError(f"all weights below {self.id!r} are zero")
        return self


def _kind(value: object) -> str:
    """Say what a child is, so that its errors are those of its own kind."""
    leaf = isinstance(value, Indicator) or (isinstance(value, Mapping) and "indicator" in value)
    return "indicator" if leaf else "group"


Child = Annotated[
    Annotated[Group, Tag("group")] | Annotated[Indicator, Tag("indicator")],
    Discriminator(_kind),
]


class Unit(Declaration):
    """Columns that say what a row is: its id, its name (the id where there is none), in a panel its time."""

    id: Name = "id"
    name: Name | None = None
    time: Name | None = None


class Screen(Declaration):
    """Which units are left out: by the share of indicators that they have, that they have and isn't 0, and by id."""

    least_share: Share = 0.0
    least_nonzero: Share = 0.0
    keep: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _share_alone(cls, value: object) -> object:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return {"least_share": value} if number else value

    @model_validator(mode="after")
    def _no_contradiction(self) -> Screen:
        both = sorted(set(self.keep) & set(self.leave_out))
        if both:
            raise ValueError(f"{both[0]!r} is to be kept and to be left out")
        return self


class Panel(Declaration):
    """Whether a stage takes the rows of all periods together (scores then compare over time) or each period alone."""

    treat: Literal["together", "each"] = "together"
    normalise: Literal["together", "each"] = "together"


class Defaults(Declaration):
    """Choices where an indicator or node makes none of its own."""

    treat: Treat = Choice(method="none")
    impute: Impute = Choice(method="none")
    normalise: Normalise = Choice(method="min_max")
    aggregate: Aggregate = Choice(method="arithmetic")
    weights: Weighted = Choice(method="given")


class GenericFramework(Declaration):
    """A whole framework; `screen` says which units are left out (a number: those with a smaller share)."""

    index: Group
    unit: Unit = Unit()
    defaults: Defaults = Defaults()
    screen: Screen = Screen()
    panel: Panel = Panel()
    uncertainty: Uncertain = Uncertain()

    @model_validator(mode="after")
    def _unique_ids(self) -> GenericFramework:
        seen: set[str] = set()
        for node in self.walk():
            if node.id in seen:
                raise ValueError(f"{node.id!r} stands twice in the tree")
            seen.add(node.id)
        return self

    def walk(self) -> Iterator[Group | Indicator]:
        """All nodes, parents before children."""
        stack: list[Group | Indicator] = [self.index]
        while stack:
            node = stack.pop()
            yield node
            if isinstance(node, Group):
                stack.extend(reversed(node.children))

    def indicators(self) -> list[Indicator]:
        """Leaves in the order of the tree."""
        return [node for node in self.walk() if isinstance(node, Indicator)]

    def groups(self) -> list[Group]:
        """Nodes above the leaves, children before parents; the index is last."""
        return [node for node in self.walk() if isinstance(node, Group)][::-1]

    def aggregation(self, group: Group) -> Aggregation:
        """Return the aggregation of a group as the kernel takes it."""
        choice = group.aggregate or self.defaults.aggregate
        parameters = dict(choice.parameters)
        least = float(parameters.pop("minimum_availability", 0.0))
        try:
            return Aggregation(choice.method, {name: float(value) for name, value in parameters.items()}, least)
        except (TypeError, ValueError) as error:
            raise FrameworkError(f"{group.id}: a parameter of {choice.method} isn't a number.") from error
        except InputError as error:
            raise FrameworkError(f"{group.id}: {error.what}", error.remedy) from error


def parse_generic(data: object, where: str) -> GenericFramework:
    """Check a framework that was read from YAML or built from iMeta.

    Raises
    ------
    FrameworkError : names the first key that is missing, unknown or wrong.
    """
    if not isinstance(data, Mapping):
        raise FrameworkError(f"{where} isn't a framework:", "it starts with a key `index:` that holds the tree.")
    # a child is one of two kinds: pydantic reports both attempts
    return validated(GenericFramework, data, where, {"group", "indicator"})


def read_generic(path: Path) -> GenericFramework:
    """Read a framework file; see `parse_generic` and `read_yaml` for what they raise."""
    return parse_generic(read_yaml(path), path.name)
