"""The declared index: a tree of weights, and every choice of method with the range that uncertainty gives it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from technopole.core.errors import FrameworkError
from technopole.indicators.declarations import suggestion
from technopole.observations.variables import Declaration, Identifier, read_yaml, validated

ROOT: Final = "index"
"""Name of the whole index among the nodes of the tree."""

Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1)]
Normalisation = Literal["min_max", "z_score", "rank"]
Aggregation = Literal["arithmetic", "geometric"]
Transform = Literal["log1p", "none"]
Imputation = Literal["nearest", "iterative", "mean", "median", "zero"]
RANDOM_IMPUTATIONS: Final = frozenset({"nearest", "iterative"})
"""Those that draw each missing value `Method.draws` times."""


class Leaf(Declaration):
    """An indicator in the tree."""

    indicator: Identifier
    weight: Weight

    @property
    def id(self) -> str:
        """Id of the indicator."""
        return self.indicator


class Node(Declaration):
    """A side or a pillar: children and their weights."""

    id: Identifier
    title: str
    weight: Weight
    children: tuple[Node | Leaf, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _some_weight(self) -> Node:
        if not any(child.weight > 0 for child in self.children):
            raise ValueError(f"all weights below {self.id!r} are zero")
        return self


class Eligibility(Declaration):
    """When a city is ranked."""

    least_share: Share
    least_nonzero: Annotated[int, Field(ge=0)]


class Method(Declaration):
    """Every choice of method; see docs/method.md for the formula of each."""

    transform: Transform
    cap_quantile: Annotated[float, Field(gt=0, le=1)]
    shrink_millions: Annotated[float, Field(gt=0)]
    imputation: Imputation
    neighbours: Annotated[int, Field(ge=1)]
    draws: Annotated[int, Field(ge=1, le=1000)]
    normalisation: Normalisation
    aggregation: Aggregation


class Uncertainty(Declaration):
    """What varies between replicates, and how much; an empty `transform` or `imputation` is the method's own."""

    replicates: Annotated[int, Field(ge=1, le=1_000_000)]
    seed: Annotated[int, Field(ge=0)]
    weight_factor: Annotated[float, Field(ge=1)]
    normalisation: tuple[Normalisation, ...] = Field(min_length=1)
    aggregation: tuple[Aggregation, ...] = Field(min_length=1)
    cap_quantile: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(min_length=1)
    shrink_millions: tuple[Annotated[float, Field(gt=0)], ...] = Field(min_length=1)
    transform: tuple[Transform, ...] = ()
    imputation: tuple[Imputation, ...] = ()
    relative_error: dict[Identifier, Annotated[float, Field(ge=0, le=10)]] = Field(default_factory=dict)
    """Of measurement, by indicator: a value v is read as v exp(e z), z standard normal (robustness/measurement.py)."""


class Tiers(Declaration):
    """How tiers are cut."""

    least_win: Share


class Framework(Declaration):
    """A whole framework."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    title: str
    version: int
    tree: tuple[Node, ...] = Field(min_length=1)
    eligibility: Eligibility
    method: Method
    uncertainty: Uncertainty
    tiers: Tiers

    @model_validator(mode="after")
    def _unique_ids(self) -> Framework:
        ids = [node.id for node in self.walk()]
        twice = sorted({one for one in ids if ids.count(one) > 1})
        if twice:
            raise ValueError(f"{twice[0]!r} stands twice in the tree")
        if not any(side.weight > 0 for side in self.tree):
            raise ValueError("all weights of the sides are zero")
        for name in self.uncertainty.relative_error:
            if name not in self.indicator_ids():
                raise ValueError(f"relative_error names {name!r}: {suggestion(name, self.indicator_ids())}")
        return self

    def walk(self) -> Iterator[Node | Leaf]:
        """All nodes and leaves, parents before children."""
        stack: list[Node | Leaf] = list(reversed(self.tree))
        while stack:
            node = stack.pop()
            yield node
            if isinstance(node, Node):
                stack.extend(reversed(node.children))

    def indicator_ids(self) -> list[str]:
        """Indicators in the order of the tree."""
        return [node.id for node in self.walk() if isinstance(node, Leaf)]

    def sides(self) -> list[str]:
        """Ids of the top level."""
        return [side.id for side in self.tree]

    def pillars(self) -> list[str]:
        """Ids of the second level (nodes only)."""
        return [child.id for side in self.tree for child in side.children if isinstance(child, Node)]

    def with_weights(self, weights: Mapping[str, float]) -> Framework:
        """Return the framework with other weights at the named sides, pillars or indicators.

        Raises
        ------
        FrameworkError : an unknown name (near names are suggested), a weight that is negative or not a number, or a
            node whose weights are all zero.
        """
        known = [node.id for node in self.walk()]
        for name, weight in weights.items():
            if name not in known:
                raise FrameworkError(f"the framework has no {name!r}:", suggestion(name, known))
            if not math.isfinite(weight) or weight < 0:
                raise FrameworkError(f"the weight of {name!r} is {weight:g}:", "give a number of 0 and more.")
        data = self.model_dump()
        data["tree"] = [_reweighted(side, weights) for side in data["tree"]]
        return parse_framework(data, "--weights")


def _reweighted(node: dict[str, object], weights: Mapping[str, float]) -> dict[str, object]:
    name = str(node.get("id", node.get("indicator")))
    changed = {**node, "weight": weights.get(name, node["weight"])}
    if "children" in node:
        children: list[dict[str, object]] = list(node["children"])  # type: ignore[call-overload]
        changed["children"] = [_reweighted(child, weights) for child in children]
    return changed


def parse_framework(data: object, where: str) -> Framework:
    """Check a framework that was read from YAML.

    Raises
    ------
    FrameworkError : names the first key that is missing, unknown or wrong.
    """
    # a child is one of two kinds: pydantic reports both attempts
    return validated(Framework, data, where, {"Node", "Leaf"})


def read_framework(path: Path) -> Framework:
    """Read a framework file; see `parse_framework` and `read_yaml` for what they raise."""
    return parse_framework(read_yaml(path), path.name)
