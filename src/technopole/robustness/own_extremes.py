"""The sets of weights over which best and worst ranks of one's own index are sought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from technopole.core.errors import InputError, UnknownNameError
from technopole.index.coherence import last_period
from technopole.index.generic import GenericFramework, Group, Indicator
from technopole.index.scoring import GenericRun
from technopole.index.tree import Floats, generic_tree
from technopole.indicators.declarations import suggestion
from technopole.kernel.admissible import Admissible, free, ordered, within_factor

OWN_KINDS: Final[dict[str, str]] = {
    "pillars": "any weights of the index's children; below them as declared or found",
    "bounded": "every weight of the tree between 1/f and f times its own, among its siblings",
    "ordered": "weights of the index's children that fall in the given order; below them as declared or found",
    "free": "any weights of the indicators",
}
"""Name of a set -> which weights are in it."""


@dataclass(frozen=True)
class OwnWeightSet:
    """Admissible weights and the matrix that they weigh.

    Attributes
    ----------
    elements : ids of the columns: children of the index, or indicators.
    rows : (n,) positions in the run of the units that are compared: those with a score, in a panel of the last period.
    x : (n, elements), normalised, higher is better.
    """

    elements: tuple[str, ...]
    rows: NDArray[np.int64]
    x: Floats
    weights: Admissible


def own_weight_set(run: GenericRun, kind: str, factor: float = 2.0, order: Sequence[str] = ()) -> OwnWeightSet:
    """Lay out a set of weights for an index of one's own.

    Parameters
    ----------
    kind : a key of OWN_KINDS. factor : for bounded. order : for ordered, every child of the index once, the most
        important first.

    Raises
    ------
    InputError : a mean that isn't arithmetic (a best rank then has no linear program), missing values, an order that
        isn't one, a bad factor.
    UnknownNameError : no such set, or no such child.
    """
    if kind not in OWN_KINDS:
        raise UnknownNameError(f"there is no set of weights {kind!r}:", suggestion(kind, list(OWN_KINDS)))
    if order and kind != "ordered":
        raise InputError(f"An order means nothing for {kind} weights:", "use it with the set `ordered`.")
    _refuse_other_means(run.framework, kind)
    children = [child.id for child in run.framework.index.children]
    elements = children if kind in ("pillars", "ordered") else list(run.indicators)
    scores = dict(run.scores) | {name: run.normalised[:, k] for k, name in enumerate(run.indicators)}
    scored = ~np.isnan(run.scores[run.framework.index.id])
    rows = last_period(run)
    rows = rows[scored[rows]]
    x = np.stack([scores[name] for name in elements], axis=1)[rows]
    lacking = np.flatnonzero(np.isnan(x).any(axis=1))
    if lacking.size:
        who = ", ".join(run.ids[rows[place]] for place in lacking[:3])
        raise InputError(
            f"Best and worst ranks need complete values; {lacking.size} units lack some ({who} ...).",
            "Fill them (`impute` in the framework), or leave the units out (`screen: 1`).",
        )
    if kind == "bounded":
        laid = generic_tree(run.framework, dict(run.weights))
        return OwnWeightSet(tuple(elements), rows, x, within_factor(laid.weights, laid.tree, factor))
    if kind == "ordered":
        return OwnWeightSet(tuple(elements), rows, x, ordered(_positions(order, children)))
    return OwnWeightSet(tuple(elements), rows, x, free(len(elements)))


def weights_in_framework(framework: GenericFramework, weights: Mapping[str, float]) -> dict[str, float]:
    """Weights of nodes and indicators to write into the framework, from those of the elements of a set.

    Each node weighs what its elements weigh together; below a node that weighs nothing, and below an element, the
    framework's own weights stay.
    """
    found: dict[str, float] = {}

    def total(node: Group | Indicator) -> float:
        if node.id in weights:
            return weights[node.id]
        return sum(total(child) for child in node.children) if isinstance(node, Group) else 0.0

    def descend(group: Group) -> None:
        for child in group.children:
            found[child.id] = total(child)
            if child.id not in weights and found[child.id] > 0 and isinstance(child, Group):
                descend(child)

    descend(framework.index)
    return found


def _refuse_other_means(framework: GenericFramework, kind: str) -> None:
    # below the children of the index any method serves where their scores are what is weighed
    weighed = [framework.index] if kind in ("pillars", "ordered") else framework.groups()
    for group in weighed:
        method = framework.aggregation(group).method
        if method != "arithmetic":
            raise InputError(
                f"Best and worst ranks need arithmetic means, but {group.id} has {method}:",
                "use `technopole uncertainty` for other means.",
            )


def _positions(order: Sequence[str], children: list[str]) -> list[int]:
    for name in order:
        if name not in children:
            raise UnknownNameError(f"there is no {name!r} below the index:", suggestion(name, children))
    if sorted(order) != sorted(children):
        raise InputError("An order names every child of the index once:", f"here these are {', '.join(children)}.")
    return [children.index(name) for name in order]
