"""The sets of weights over which best and worst possible ranks are sought, laid out for the kernel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from technopole.core.errors import InputError, UnknownNameError
from technopole.index.framework import ROOT, Framework, Leaf, Node
from technopole.index.run import IndexRun
from technopole.index.tree import Floats, labelled_tree
from technopole.indicators.declarations import suggestion
from technopole.kernel.admissible import Admissible, free, ordered, within_factor

KINDS: Final[dict[str, str]] = {
    "pillars": "any weights of the pillars; inside a pillar as declared",
    "bounded": "every weight of the tree between 1/f and f times its declared one, among its siblings",
    "ordered": "pillar weights that fall in the given order; inside a pillar as declared",
    "free": "any weights of the indicators",
}
"""Name of a set -> which weights are in it."""


@dataclass(frozen=True)
class WeightSet:
    """Admissible weights and the matrix that they weigh.

    Attributes
    ----------
    elements : ids of the columns: pillars, or indicators.
    x : (n, elements) scores of 0 to 100, higher is better.
    weights : the set.
    framework : the tree that the elements stand in (one side alone where a side was asked for).
    """

    elements: tuple[str, ...]
    x: Floats
    weights: Admissible
    framework: Framework


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
    if kind not in KINDS:
        raise UnknownNameError(f"there is no set of weights {kind!r}:", suggestion(kind, list(KINDS)))
    if order and kind != "ordered":
        raise InputError(f"An order means nothing for {kind} weights:", "use it with the set `ordered`.")
    sides = tuple(side for side in run.framework.tree if node in (ROOT, side.id))
    framework = run.framework.model_copy(update={"tree": sides})
    scores = {**run.scores, **{name: run.normalised[:, k] for k, name in enumerate(run.matrix.indicators)}}
    pillars = [child.id for side in sides for child in side.children]
    elements = pillars if kind in ("pillars", "ordered") else framework.indicator_ids()
    x = np.stack([scores[name] for name in elements], axis=1)
    if kind == "bounded":
        labelled = labelled_tree(framework)
        return WeightSet(tuple(elements), x, within_factor(labelled.weights, labelled.tree, factor), framework)
    if kind == "ordered":
        return WeightSet(tuple(elements), x, ordered(_positions(order, pillars)), framework)
    return WeightSet(tuple(elements), x, free(len(elements)), framework)


def framework_weights(chosen: WeightSet, weights: Mapping[str, float]) -> dict[str, float]:
    """Weights of sides, pillars and indicators that `technopole rank --weights` takes, from those of the elements.

    Each node weighs what its elements weigh together. Below a node that weighs nothing the declared weights stay.
    """
    found: dict[str, float] = {}

    def total(node: Node | Leaf) -> float:
        if node.id in weights:
            return weights[node.id]
        return sum(total(child) for child in node.children) if isinstance(node, Node) else 0.0

    def descend(nodes: Sequence[Node | Leaf]) -> None:
        for node in nodes:
            found[node.id] = total(node)
            if node.id not in weights and found[node.id] > 0 and isinstance(node, Node):
                descend(node.children)

    descend(chosen.framework.tree)
    return found


def _positions(order: Sequence[str], pillars: list[str]) -> list[int]:
    for name in order:
        if name not in pillars:
            raise UnknownNameError(f"there is no pillar {name!r}:", suggestion(name, pillars))
    if sorted(order) != sorted(pillars):
        raise InputError("An order names every pillar once:", f"here these are {', '.join(pillars)}.")
    return [pillars.index(name) for name in order]
