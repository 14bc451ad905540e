"""Aggregation: the children of a node become one score, batched over replicates, up a tree of any depth.

Every aggregator maps x (..., units, children) and weights (..., children) to (..., units); leading axes broadcast, so
2,000 sets of weights over one matrix are one call. Missing children (NaN) are left out and the weights of the others
are renormalised (COINr); a unit with no child, or only children of weight zero, has NaN. `minimum_availability` also
gives NaN where a smaller share of the children (by number, as COINr's `dat_thresh`) is present.

Sums run child after child over whole planes of units: the order of additions is written, so the sum is the same on
every processor. Blocks of replicates keep the planes in the cache. Where nothing is missing, inner nodes that nobody
asks for are merged into their parent, and leaves that all replicates share are summed by `ExactSums`; so the last bits
of a score may depend on whether its stack shares one matrix without gaps, its rank (10 significant digits) doesn't.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, as_matrix, as_weights
from technopole.kernel.exactsums import MOST_TERMS, ExactSums
from technopole.kernel.means import QuasiMean, generalised, mean_of, sums_of
from technopole.kernel.outrank import copeland
from technopole.kernel.relative import doubt_scores, kemeny_scores
from technopole.kernel.tree import Tree
from technopole.kernel.weight import as_tree_weights

BLOCK_VALUES: Final = 1 << 16
SHARED_VALUES: Final = 1 << 18
"""Values of a matrix above which a stack has too few replicates for cutting it (`ExactSums`) to pay."""


@dataclass(frozen=True)
class Aggregator:
    """One aggregator, with what the contract tests and the help say about it.

    Attributes
    ----------
    function : (x, weights, **parameters) -> scores, on checked arrays.
    parameters : names and defaults.
    positive : values below zero (for means also zero) are refused.
    between : the score lies between the smallest and the largest child.
    relative : scores compare units and have a scale of their own; a unit's score changes with the other units.
    mean : for the quasi-arithmetic means, parameters -> the mean; the tree then stays in its transformed space.
    """

    function: Callable[..., FloatArray]
    summary: str
    positive: bool
    between: bool
    parameters: Mapping[str, float] = field(default_factory=dict)
    mean: Callable[..., QuasiMean] | None = None
    relative: bool = False


@dataclass(frozen=True)
class Aggregation:
    """A choice of aggregator for one node: its name in AGGREGATORS, its parameters, and the availability asked for."""

    method: str = "arithmetic"
    parameters: Mapping[str, float] = field(default_factory=dict)
    minimum_availability: float = 0.0

    def __post_init__(self) -> None:
        if self.method not in AGGREGATORS:
            raise InputError(f'There is no aggregator "{self.method}".', f"Choose one of {', '.join(AGGREGATORS)}.")
        unknown = set(self.parameters) - set(AGGREGATORS[self.method].parameters)
        if unknown:
            raise InputError(
                f"The aggregator {self.method} has no parameter {', '.join(sorted(unknown))}.",
                f"It takes {', '.join(AGGREGATORS[self.method].parameters) or 'none'}.",
            )
        if not 0 <= self.minimum_availability <= 1:
            raise InputError(
                f"A minimum availability of {self.minimum_availability:g} isn't a share.", "Choose 0 to 1."
            )

    @cached_property
    def mean(self) -> QuasiMean | None:
        """The quasi-arithmetic mean behind it, if it is one."""
        aggregator = AGGREGATORS[self.method]
        return aggregator.mean(**{**aggregator.parameters, **self.parameters}) if aggregator.mean else None


def arithmetic(x: ArrayLike, weights: ArrayLike) -> FloatArray:
    """sum(w x) / sum(w)."""
    return _quasi(x, weights, generalised(1.0))


def geometric(x: ArrayLike, weights: ArrayLike) -> FloatArray:
    """exp(sum(w ln x) / sum(w)). Raises InputError where a value is zero or below."""
    return _quasi(x, weights, generalised(0.0))


def harmonic(x: ArrayLike, weights: ArrayLike) -> FloatArray:
    """sum(w) / sum(w / x). Raises InputError where a value is zero or below."""
    return _quasi(x, weights, generalised(-1.0))


def generalised_mean(x: ArrayLike, weights: ArrayLike, power: float = 1.0) -> FloatArray:
    """(sum(w x**power) / sum(w))**(1 / power); power 0 is the geometric mean.

    Raises InputError where a value is zero or below, unless the power is 1.
    """
    return _quasi(x, weights, generalised(power))


def mazziotta_pareto(x: ArrayLike, weights: ArrayLike, penalty: float = -1.0) -> FloatArray:
    """M + penalty S cv, cv = S / M: the mean, less a penalty for imbalance between the children.

    M is the weighted mean and S**2 = sum(w (x - M)**2) / (W - sum(w**2) / W), W = sum(w): with equal weights the
    sample variance (ddof = 1). penalty -1 is for scores where higher is better (MPI-), 1 for the other sense (MPI+).
    One present child has no imbalance: its own value. Meant for z-scores around 100, where M is far from zero.

    Source: Mazziotta and Pareto (2016), doi:10.1007/s11205-015-0998-2. (R package Compind's "NEG" is penalty 1.)
    Raises InputError for another penalty than -1 or 1; a mean of zero gives NaN.
    """
    if penalty not in (-1, 1):
        raise InputError(f"A penalty of {penalty:g} is neither -1 nor 1.", "Choose -1 where higher is better.")
    values, w = _checked(x, weights)
    planes = list(np.moveaxis(values, -1, 0))
    total, weight = sums_of(planes, w, None)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = total / weight
        spread, _ = sums_of([(plane - mean) ** 2 for plane in planes], w, None)
        squares, _ = sums_of([np.where(np.isnan(plane), np.nan, 1.0) for plane in planes], w**2, None)
        freedom = weight - squares / weight
        single = freedom <= 1e-12 * weight
        variance = np.where(single, 0.0, spread / np.where(single, 1.0, freedom))
        score = mean + penalty * variance / mean
    return np.asarray(np.where(single & ~np.isnan(mean), mean, score), dtype=np.float64)


AGGREGATORS: Final[dict[str, Aggregator]] = {
    "arithmetic": Aggregator(arithmetic, "weighted mean", False, True, mean=lambda: generalised(1.0)),
    "geometric": Aggregator(geometric, "weighted geometric mean", True, True, mean=lambda: generalised(0.0)),
    "harmonic": Aggregator(harmonic, "weighted harmonic mean", True, True, mean=lambda: generalised(-1.0)),
    "generalised_mean": Aggregator(
        generalised_mean, "weighted power mean", True, True, {"power": 1.0}, mean=generalised
    ),
    "mazziotta_pareto": Aggregator(
        mazziotta_pareto, "mean with a penalty for imbalance", False, False, {"penalty": -1.0}
    ),
    "copeland": Aggregator(copeland, "pairs won less pairs lost", False, False, relative=True),
    "kemeny": Aggregator(
        kemeny_scores, "units behind in the exact Kemeny ranking", False, False, {"seconds": 60.0}, relative=True
    ),
    "benefit_of_the_doubt": Aggregator(
        doubt_scores,
        "each unit under the weights that suit it best",
        True,
        False,
        {"lowest_share": 0.0, "highest_share": 1.0},
        relative=True,
    ),
}
"""Every aggregator by its name in a framework."""


def aggregate(x: ArrayLike, weights: ArrayLike, aggregation: Aggregation | None = None) -> FloatArray:
    """Aggregate the last axis of `x` by one aggregation (default: arithmetic).

    Parameters
    ----------
    x : (..., units, children), NaN where missing.
    weights : (..., children); leading axes of both broadcast.

    Returns
    -------
    (..., units).

    Raises
    ------
    InputError
        What `as_matrix` and `as_weights` refuse, and what the aggregator refuses.
    """
    values, w = _checked(x, weights)
    tree = Tree((values.shape[-1],) * values.shape[-1] + (-1,), values.shape[-1])
    full = np.concatenate([w, np.ones((*w.shape[:-1], 1))], axis=-1)
    return aggregate_tree(values, full, tree, aggregation or Aggregation())[..., 0]


def aggregate_tree(
    x: ArrayLike,
    weights: ArrayLike,
    tree: Tree,
    aggregations: Aggregation | Sequence[Aggregation],
    nodes: Sequence[int] | None = None,
) -> FloatArray:
    """Aggregate up a tree.

    Parameters
    ----------
    x : (..., units, leaves), NaN where missing.
    weights : (..., nodes), each node's among its siblings; the root's isn't used. Leading axes broadcast with those
        of `x`: (nodes,) with (units, leaves) is one index, (replicates, nodes) a stack of them.
    aggregations : one for all aggregates, or one for each in node order.
    nodes : the aggregates to return (None: all, in node order). Only these are kept over the replicates; inner nodes
        that aren't asked for may be merged into their parent (a difference in the last bits).

    Returns
    -------
    (..., units, len(nodes)).

    Raises
    ------
    InputError
        Arrays that don't fit the tree, bad weights, or values that an aggregator refuses.
    """
    values, w = as_matrix(x), as_tree_weights(weights, tree)
    if values.shape[-1] != tree.leaves:
        raise InputError(f"The matrix has {values.shape[-1]} columns for {tree.leaves} leaves.", "Give one a leaf.")
    chosen = [aggregations] * len(tree.aggregates) if isinstance(aggregations, Aggregation) else list(aggregations)
    wanted = list(tree.aggregates if nodes is None else nodes)
    if len(chosen) != len(tree.aggregates) or not set(wanted) <= set(tree.aggregates):
        raise InputError(
            f"The tree has {len(tree.aggregates)} aggregates, with {len(chosen)} methods and {wanted} asked for.",
            "Give one method for each and ask for aggregates only.",
        )
    lead = np.broadcast_shapes(values.shape[:-2], w.shape[:-1])
    flat = np.broadcast_to(w, (*lead, w.shape[-1])).reshape(-1, w.shape[-1])
    plan = _Plan(tree, tuple(chosen), tuple(wanted), complete=False)
    if all(one.mean for one in chosen) and not np.isnan(values).any():
        plan, flat = _merged(plan, flat)
    result = np.empty((*lead, len(wanted), values.shape[-2]))
    rows = result.reshape(-1, len(wanted), values.shape[-2])
    sums: dict[int, ExactSums] = {}
    for place, leaves in _blocks(plan, values, lead):
        _climb(plan, leaves, flat[place], rows[place], sums)
    return np.moveaxis(result, -2, -1)


@dataclass(frozen=True)
class _Plan:
    """What to compute; `complete` says that no plane can hold a missing value."""

    tree: Tree
    aggregations: tuple[Aggregation, ...]
    wanted: tuple[int, ...]
    complete: bool

    def mean_of(self, node: int) -> QuasiMean | None:
        return self.aggregations[node - self.tree.leaves].mean


@dataclass(frozen=True)
class _Node:
    """Scores of one node, (1 or replicates, units), in the space of `mean` (None: as they are)."""

    values: FloatArray
    mean: QuasiMean | None

    def plain(self) -> FloatArray:
        return self.values if self.mean is None else self.mean.backward(self.values)

    def within(self, mean: QuasiMean) -> FloatArray:
        # a mean of means of one kind needs no way back and forth between its levels
        return self.values if self.mean == mean else mean.forward(self.plain())


def _merged(plan: _Plan, weights: FloatArray) -> tuple[_Plan, FloatArray]:
    """Hand the children of each inner node to its parent where both take one mean and nobody asks for the node.

    Without missing values that changes the score by rounding only, and saves the planes of the inner nodes.
    """
    tree, w = plan.tree, weights.copy()
    parents, gone = list(tree.parents), set()
    for node in tree.aggregates:
        children = [child for child in range(node) if parents[child] == node and child not in gone]
        w[:, children] /= w[:, children].sum(axis=1, keepdims=True)
        parent = parents[node]
        if parent >= 0 and node not in plan.wanted and plan.mean_of(node) == plan.mean_of(parent):
            w[:, children] *= w[:, [node]]
            gone.add(node)
            for child in children:
                parents[child] = parent
    kept = [node for node in range(len(parents)) if node not in gone]
    place = {node: position for position, node in enumerate(kept)} | {-1: -1}
    merged = Tree(tuple(place[parents[node]] for node in kept), tree.leaves)
    aggregations = tuple(plan.aggregations[node - tree.leaves] for node in kept[tree.leaves :])
    wanted = tuple(place[node] for node in plan.wanted)
    return _Plan(merged, aggregations, wanted, complete=True), np.ascontiguousarray(w[:, kept])


def _climb(
    plan: _Plan, leaves: Sequence[_Node], weights: FloatArray, out: FloatArray, sums: dict[int, ExactSums]
) -> None:
    """Aggregate one block of replicates into `out`, (replicates, wanted, units).

    `sums` keeps, from block to block, those of nodes whose children are leaves that every replicate shares.
    """
    found = dict(enumerate(leaves))
    for node, aggregation in zip(plan.tree.aggregates, plan.aggregations, strict=True):
        children = plan.tree.children[node]
        w = weights[..., list(children)]
        mean = aggregation.mean
        if mean is None:
            stacked = np.stack(np.broadcast_arrays(*(found[child].plain() for child in children)), axis=-1)
            scores = AGGREGATORS[aggregation.method].function(stacked, w, **aggregation.parameters)
        else:
            planes = [found[child].within(mean) for child in children]
            shared = children[-1] < plan.tree.leaves and all(len(plane) == 1 for plane in planes)
            small = len(planes) <= MOST_TERMS and len(planes) * out.shape[-1] <= SHARED_VALUES
            if plan.complete and shared and small:
                if node not in sums:
                    sums[node] = ExactSums(np.concatenate(planes))
                scores = sums[node](w)
            else:
                scores = mean_of(planes, w, plan.complete)
        if aggregation.minimum_availability > 0 and not plan.complete:
            scores = _blank_sparse(scores, [found[child].values for child in children], aggregation)
        found[node] = _Node(scores, mean)
    for position, node in enumerate(plan.wanted):
        out[:, position] = found[node].plain()


def _blank_sparse(scores: FloatArray, planes: list[FloatArray], aggregation: Aggregation) -> FloatArray:
    present = sum((~np.isnan(plane)).astype(np.int64) for plane in planes)
    sparse = np.asarray(present) / len(planes) < aggregation.minimum_availability * (1 - 1e-12)
    return np.where(sparse, np.nan, scores)


def _blocks(plan: _Plan, values: FloatArray, lead: tuple[int, ...]) -> Iterator[tuple[slice, Sequence[_Node]]]:
    """Split the replicates into blocks whose planes fit the cache; leaves without a replicate axis are shared."""
    count = int(np.prod(lead, dtype=np.int64))
    units, leaves = values.shape[-2:]
    shared = values.size == units * leaves
    if shared:
        common = _leaves(plan, values.reshape(1, units, leaves))
    else:
        stacked = np.broadcast_to(values, (*lead, units, leaves)).reshape(count, units, leaves)
    step = max(1, BLOCK_VALUES // units)
    for start in range(0, count, step):
        place = slice(start, start + step)
        yield place, common if shared else _leaves(plan, stacked[place])


def _leaves(plan: _Plan, block: FloatArray) -> Sequence[_Node]:
    """Leaves as planes, each already in the space of its parent's mean."""
    nodes = []
    for leaf, plane in enumerate(np.ascontiguousarray(np.moveaxis(block, -1, 0))):
        mean = plan.mean_of(plan.tree.parents[leaf])
        nodes.append(_Node(plane, None) if mean is None else _Node(mean.forward(plane), mean))
    return nodes


def _checked(x: ArrayLike, weights: ArrayLike) -> tuple[FloatArray, FloatArray]:
    values = as_matrix(x)
    return values, as_weights(weights, values.shape[-1])


def _quasi(x: ArrayLike, weights: ArrayLike, mean: QuasiMean) -> FloatArray:
    values, w = _checked(x, weights)
    planes = [mean.forward(plane) for plane in np.moveaxis(values, -1, 0)]
    return mean.backward(mean_of(planes, w))
