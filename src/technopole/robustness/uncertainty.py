"""How far ranks move when every choice of method moves within its declared range."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from technopole.core.types import Lens
from technopole.index.framework import ROOT, Framework
from technopole.index.matrix import Matrix
from technopole.index.run import complete, normalise, positive, treat
from technopole.index.tree import Floats, labelled_tree
from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.kernel.rank import competition_ranks
from technopole.kernel.weight import bounded_weights


@dataclass(frozen=True)
class Replicates:
    """Outcome of the uncertainty analysis.

    Attributes
    ----------
    scores, ranks : node -> (replicates, n), for the whole index (`framework.ROOT`) and each side.
    variant : (replicates,) which prepared matrix each replicate used.
    variants : (cap_quantile, shrink_millions, draw, normalisation) of each prepared matrix.
    aggregation : (replicates,) name of the aggregator.
    weights : (replicates, nodes) in the order of the labelled tree.
    """

    scores: Mapping[str, Floats]
    ranks: Mapping[str, NDArray[np.int32]]
    variant: NDArray[np.int64]
    variants: tuple[tuple[float, float, int, str], ...]
    aggregation: NDArray[np.str_]
    weights: Floats


def simulate(matrix: Matrix, framework: Framework, lens: Lens) -> Replicates:
    """Replay the index with random choices, all from the declared seed.

    Each replicate takes at random, with equal chances: the cap, the shrinkage s (intensity lens), one draw of the
    imputations, the normalisation and the aggregation; and each weight log-uniform between 1/f and f times its value,
    f = `weight_factor`. The nominal choice has no privilege.
    """
    declared, labelled = framework.uncertainty, labelled_tree(framework)
    rng = np.random.default_rng(declared.seed)
    prepared, variants = _prepare(matrix, framework, lens)
    count = declared.replicates
    variant = rng.integers(len(variants), size=count)
    aggregation = np.array(declared.aggregation)[rng.integers(len(declared.aggregation), size=count)]
    weights = bounded_weights(rng, labelled.weights, count, declared.weight_factor)
    wanted = (ROOT, *framework.sides())
    positions = [labelled.names.index(name) for name in wanted]
    scores = np.empty((count, len(matrix.cities), len(wanted)))
    # one matrix at a time, shared by all replicates that use it: no stack of copies
    for name, used in itertools.product(declared.aggregation, range(len(variants))):
        mine = np.flatnonzero((aggregation == name) & (variant == used))
        if mine.size:
            values = positive(prepared[used], name)
            scores[mine] = aggregate_tree(values, weights[mine], labelled.tree, Aggregation(name), positions)
    by_node = {name: np.ascontiguousarray(scores[..., place]) for place, name in enumerate(wanted)}
    ranks = {name: competition_ranks(score) for name, score in by_node.items()}
    return Replicates(by_node, ranks, variant, variants, aggregation, weights)


def _prepare(
    matrix: Matrix, framework: Framework, lens: Lens
) -> tuple[Floats, tuple[tuple[float, float, int, str], ...]]:
    """Every combination of treatment, imputation draw and normalisation: (variants, n, k), and what each is."""
    declared = framework.uncertainty
    shrinks = declared.shrink_millions if lens is Lens.INTENSITY else declared.shrink_millions[:1]
    matrices, variants = [], []
    for cap, shrink in itertools.product(declared.cap_quantile, shrinks):
        method = framework.method.model_copy(update={"cap_quantile": cap, "shrink_millions": shrink})
        draws = complete(treat(matrix, method, lens), matrix, method, declared.seed).draws
        for draw, normalisation in itertools.product(range(len(draws)), declared.normalisation):
            matrices.append(normalise(draws[draw], matrix, normalisation))
            variants.append((cap, shrink, draw, normalisation))
    return np.stack(matrices), tuple(variants)
