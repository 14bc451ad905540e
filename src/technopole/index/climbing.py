"""Normalised values become scores: weights found or declared, then node after node up to the index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from technopole.core.errors import InputError
from technopole.index.generic import GenericFramework, Group
from technopole.kernel.aggregate import Aggregation, aggregate
from technopole.kernel.weighting import WEIGHTINGS, analytic_hierarchy

Floats = NDArray[np.float64]
INCONSISTENT = 0.1


@dataclass(frozen=True)
class Climbed:
    """Outcome of `climb`.

    Attributes
    ----------
    scores : node -> (n,), children before parents, the index last.
    weights : node or indicator -> its share among its siblings; the index has 1.
    notes : what a reader should know: judgements that contradict each other.
    """

    scores: dict[str, Floats]
    weights: dict[str, float]
    notes: tuple[str, ...]


def climb(normalised: Floats, framework: GenericFramework, periods: Sequence[str] = ()) -> Climbed:
    """Aggregate up the tree.

    Parameters
    ----------
    normalised : (n, k), higher is better.
    periods : (n,) in a panel: Copeland and Kemeny compare the units of one period; all else is over all rows, so that
        scores of different periods compare.

    Raises
    ------
    InputError : what a weighting or an aggregator refuses; names the node.
    """
    found = {leaf.id: normalised[:, k] for k, leaf in enumerate(framework.indicators())}
    scores: dict[str, Floats] = {}
    shares: dict[str, float] = {framework.index.id: 1.0}
    notes: list[str] = []
    for group in framework.groups():
        children = np.stack([found[child.id] for child in group.children], axis=1)
        weights = named(group.id, partial(weights_of, group, children, framework))
        notes += _contradictions(group, framework)
        aggregation = framework.aggregation(group)
        scores[group.id] = named(group.id, partial(scores_of, children, weights, aggregation, periods))
        found[group.id] = scores[group.id]
        shares |= {child.id: float(w / weights.sum()) for child, w in zip(group.children, weights, strict=True)}
    return Climbed(scores, shares, tuple(notes))


def weights_of(group: Group, children: Floats, framework: GenericFramework) -> Floats:
    """Weights of a node's children (n, children) by the node's choice; they need no sum.

    Raises
    ------
    InputError : what the weighting refuses, by position.
    """
    choice = group.weights or framework.defaults.weights
    if choice.method == "given":
        # as declared, not over their sum: the aggregation divides, and a division less keeps the last bit
        return np.array([child.weight for child in group.children])
    if len(group.children) == 1:
        return np.ones(1)
    return WEIGHTINGS[choice.method].function(children, **choice.parameters)


def named(what: str, call: Callable[[], Floats]) -> Floats:
    """Let an error of the kernel, which knows columns by position only, name the indicator or node."""
    try:
        return call()
    except InputError as error:
        raise InputError(f"{what}: {error.what}", error.remedy) from error
    except (TypeError, ValueError) as error:
        raise InputError(f"{what}: a parameter of its method isn't of the right kind ({error}).") from error


def scores_of(children: Floats, weights: Floats, aggregation: Aggregation, periods: Sequence[str]) -> Floats:
    """Aggregate (..., n, children) to (..., n); Copeland and Kemeny within each period."""
    if not periods or aggregation.method not in {"copeland", "kemeny"}:
        return aggregate(children, weights, aggregation)
    of = np.array(periods)
    lead = np.broadcast_shapes(children.shape[:-2], weights.shape[:-1])
    scores = np.full((*lead, of.size), np.nan)
    for period in dict.fromkeys(periods):
        scores[..., of == period] = aggregate(children[..., of == period, :], weights, aggregation)
    return scores


def _contradictions(group: Group, framework: GenericFramework) -> list[str]:
    choice = group.weights or framework.defaults.weights
    if choice.method != "hierarchy" or len(group.children) == 1:
        return []
    ratio = analytic_hierarchy(choice.parameters["matrix"]).consistency_ratio
    if not ratio > INCONSISTENT:
        return []
    return [f"{group.id}: the judgements contradict each other (consistency ratio {ratio:.2f} > {INCONSISTENT})."]
