"""The sets of weights over which best and worst possible ranks are sought, laid out for the kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from technopole.core.errors import InputError, UnknownNameError
from technopole.index.framework import ROOT
from technopole.index.run import IndexRun
from technopole.index.tree import Floats, LabelledTree, labelled_tree
from technopole.indicators.declarations import suggestion
from technopole.kernel.admissible import Admissible, free, ordered, within_factor

KINDS: Final[dict[str, str]] = {
    "pillars": "any weights of the pillars; inside a pillar its own",
    "bounded": "every weight of the tree between 1/f and f times its own, among its siblings",
    "ordered": "pillar weights that fall in the given order; inside a pillar its own",
    "free": "any weights of the indicators",
}
"""Name of a set -> which weights are in it. The pillars of an index of one's own are the children of its root."""
BY_PILLAR: Final = ("pillars", "ordered")
"""The sets whose elements are the pillars; those of the others are the indicators."""


class Named(Protocol):
    """An element of a framework's tree; nodes have `children` too."""

    @property
    def id(self) -> str:
        """Name of the node or indicator."""


@dataclass(frozen=True)
class WeightSet:
    """Admissible weights and the matrix that they weigh.

    Attributes
    ----------
    elements : ids of the columns: pillars, or indicators.
    x : (n, elements) scores of 0 to 100, higher is better.
    weights : the set.
    top : the nodes below the root of the tree that the elements stand in; for `node_weights`.
    """

    elements: tuple[str, ...]
    x: Floats
    weights: Admissible
    top: Sequence[Named]


def weight_set(run: IndexRun, node: str, kind: str, factor: float = 2.0, order: Sequence[str] = ()) -> WeightSet:
    """Lay out a set of weights for the index, or for one side.

    Parameters
    ----------
    node : `ROOT` or a side. kind : a key of KINDS. factor : for bounded. order : for ordered, every pillar once, the
        most important first.

    Raises
    ------
    InputError : the framework doesn't take arithmetic means (a best rank then has no linear program), an order that
        isn't one, or a bad factor.
    UnknownNameError : no such set, or no such pillar.
    """
    if run.framework.method.aggregation != "arithmetic":
        raise InputError(
            f"Best and worst ranks need arithmetic means, not {run.framework.method.aggregation} ones:",
            "use `technopole uncertainty` for other means.",
        )
    sides = tuple(side for side in run.framework.tree if node in (ROOT, side.id))
    framework = run.framework.model_copy(update={"tree": sides})
    scores = {**run.scores, **{name: run.normalised[:, k] for k, name in enumerate(run.matrix.indicators)}}
    pillars = [child.id for side in sides for child in side.children]
    weights = admissible(kind, factor, order, pillars, labelled_tree(framework))
    elements = pillars if kind in BY_PILLAR else framework.indicator_ids()
    return WeightSet(tuple(elements), np.stack([scores[name] for name in elements], axis=1), weights, sides)


def admissible(
    kind: str, factor: float, order: Sequence[str], pillars: Sequence[str], labelled: LabelledTree
) -> Admissible:
    """Lay out a set of weights of the pillars (BY_PILLAR), or of the tree's indicators.

    Parameters
    ----------
    kind : a key of KINDS. factor : for bounded. order : for ordered, every pillar once, the most important first.

    Raises
    ------
    InputError : an order that isn't one, or a bad factor.
    UnknownNameError : no such set, or no such pillar.
    """
    if kind not in KINDS:
        raise UnknownNameError(f"there is no set of weights {kind!r}:", suggestion(kind, list(KINDS)))
    if order and kind != "ordered":
        raise InputError(f"An order means nothing for {kind} weights:", "use it with the set `ordered`.")
    if kind == "bounded":
        return within_factor(labelled.weights, labelled.tree, factor)
    if kind == "ordered":
        return ordered(_positions(order, pillars))
    return free(len(pillars) if kind in BY_PILLAR else labelled.tree.leaves)


def node_weights(top: Sequence[Named], weights: Mapping[str, float]) -> dict[str, float]:
    """Weights of a framework's nodes and indicators, from those of the elements of a set.

    Each node weighs what its elements weigh together; below a node that weighs nothing, and below an element, the
    framework's own weights stay.

    Parameters
    ----------
    top : children of the root.
    """
    found: dict[str, float] = {}

    def total(node: Named) -> float:
        return weights[node.id] if node.id in weights else sum((total(child) for child in _children(node)), 0.0)

    def descend(nodes: Sequence[Named]) -> None:
        for node in nodes:
            found[node.id] = total(node)
            if node.id not in weights and found[node.id] > 0:
                descend(_children(node))

    descend(top)
    return found


def _children(node: Named) -> Sequence[Named]:
    return getattr(node, "children", ())


def _positions(order: Sequence[str], pillars: Sequence[str]) -> list[int]:
    for name in order:
        if name not in pillars:
            raise UnknownNameError(f"there is no pillar {name!r}:", suggestion(name, list(pillars)))
    if sorted(order) != sorted(pillars):
        raise InputError("An order names every pillar once:", f"here these are {', '.join(pillars)}.")
    return [pillars.index(name) for name in order]
