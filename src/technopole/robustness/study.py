"""Every choice of method, prepared once; then any number of replicates of the index under any of them.

A *variant* is a matrix that is ready to be weighted: one boundary, cap, shrinkage, draw of the imputations and
normalisation. A replicate is a variant, an aggregation and a set of weights. Uncertainty draws them at random,
sensitivity by a quasi-random design; both come here to be computed.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from technopole.core.errors import InputError, TechnopoleError
from technopole.core.types import Boundary, Lens
from technopole.index.framework import RANDOM_IMPUTATIONS, Framework, Imputation, Method, Normalisation, Transform
from technopole.index.matrix import Matrix
from technopole.index.run import normalise, positive
from technopole.index.tree import Floats, LabelledTree, labelled_tree
from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.kernel.weight import bounded_weights, tree_dirichlet_weights
from technopole.robustness.drawn import drawn_matrices

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Variant:
    """What one prepared matrix is."""

    boundary: Boundary
    transform: Transform
    cap_quantile: float
    shrink_millions: float
    imputation: Imputation
    draw: int
    normalisation: Normalisation

    @property
    def matrix(self) -> Variant:
        """What its completed matrices depend on: the same for all draws and normalisations."""
        return replace(self, draw=0, normalisation="min_max")

    def method(self, nominal: Method) -> Method:
        """The method of a framework with what this variant takes instead."""
        names = ("transform", "cap_quantile", "shrink_millions", "imputation", "normalisation")
        return nominal.model_copy(update={name: getattr(self, name) for name in names})


@dataclass(frozen=True)
class Prepared:
    """All variants of an index.

    Attributes
    ----------
    matrices : raw values, one for each boundary, of the same cities.
    variants : what each prepared matrix is, in the order of `normalised`.
    normalised : (variants, n, k), 0 to 100; NaN throughout where the variant can't be computed.
    problems : number of such a variant -> why.
    """

    matrices: tuple[Matrix, ...]
    framework: Framework
    lens: Lens
    labelled: LabelledTree
    variants: tuple[Variant, ...]
    normalised: Floats
    problems: Mapping[int, str]


@dataclass(frozen=True)
class Choices:
    """What each replicate takes: (replicates,) number of its variant, name of its aggregation, (., nodes) weights."""

    variant: Integers
    aggregation: NDArray[np.str_]
    weights: Floats


@dataclass(frozen=True)
class RandomWeights:
    """How weights vary.

    Attributes
    ----------
    kind : bounded (each node's log-uniform between 1/f and f times its value, f the framework's `weight_factor`),
        dirichlet (shares among siblings around the declared ones), or fixed.
    concentration : of the Dirichlet distribution; 1 around equal weights is uniform over all weights.
    """

    kind: Literal["bounded", "dirichlet", "fixed"] = "bounded"
    concentration: float = 1.0

    def draw(self, rng: np.random.Generator, labelled: LabelledTree, replicates: int, factor: float) -> Floats:
        """Weights of all nodes, (replicates, nodes)."""
        if self.kind == "dirichlet":
            return tree_dirichlet_weights(rng, labelled.weights, labelled.tree, replicates, self.concentration)
        return bounded_weights(rng, labelled.weights, replicates, factor if self.kind == "bounded" else 1.0)


def prepare(matrices: Sequence[Matrix], framework: Framework, lens: Lens) -> Prepared:
    """Every combination of boundary, treatment, imputation draw and normalisation that the framework declares.

    A combination that can't be computed (a column without range under it) is kept as a problem, not dropped.

    Raises
    ------
    InputError : the matrices aren't of the same cities.
    """
    if any(one.cities.tolist() != matrices[0].cities.tolist() for one in matrices[1:]):
        raise InputError("The boundaries rank different cities:", "build the edition anew.")
    declared, labelled = framework.uncertainty, labelled_tree(framework)
    shrinks = declared.shrink_millions if lens is Lens.INTENSITY else declared.shrink_millions[:1]
    transforms = declared.transform or (framework.method.transform,)
    imputations = declared.imputation or (framework.method.imputation,)
    count = _layers(matrices, framework.method, imputations)
    prepared: list[Floats] = []
    variants: list[Variant] = []
    problems: dict[int, str] = {}
    for matrix, transform, cap, shrink, imputation in itertools.product(
        matrices, transforms, declared.cap_quantile, shrinks, imputations
    ):
        first = Variant(matrix.boundary, transform, cap, shrink, imputation, 0, declared.normalisation[0])
        draws, problem = _draws(matrix, first.method(framework.method), lens, declared.seed)
        for draw, normalisation in itertools.product(range(count), declared.normalisation):
            variants.append(replace(first, draw=draw, normalisation=normalisation))
            why, normalised = problem, draws[draw % len(draws)]
            if not why:
                try:
                    normalised = normalise(normalised, matrix, normalisation)
                except TechnopoleError as error:
                    why, normalised = str(error), np.full(matrix.values.shape, np.nan)
            if why:
                problems[len(prepared)] = why
            prepared.append(normalised)
    return Prepared(tuple(matrices), framework, lens, labelled, tuple(variants), np.stack(prepared), problems)


def _layers(matrices: Sequence[Matrix], method: Method, imputations: Sequence[Imputation]) -> int:
    """How many draws there are of what isn't known exactly; what isn't random is the same in each."""
    random = RANDOM_IMPUTATIONS & set(imputations) or any((one.low < one.high).any() for one in matrices)
    return method.draws if random else 1


def _draws(matrix: Matrix, method: Method, lens: Lens, seed: int) -> tuple[Floats, str]:
    """Completed matrices, (draws, n, k), or NaN and why there are none."""
    try:
        return drawn_matrices(matrix, method, lens, seed), ""
    except TechnopoleError as error:
        return np.full((1, *matrix.values.shape), np.nan), str(error)


def random_choices(prepared: Prepared, rng: np.random.Generator, weights: RandomWeights) -> Choices:
    """Draw the framework's number of replicates, all choices with equal chances; the nominal one has no privilege."""
    declared = prepared.framework.uncertainty
    variant = rng.integers(len(prepared.variants), size=declared.replicates)
    aggregation = np.array(declared.aggregation)[rng.integers(len(declared.aggregation), size=declared.replicates)]
    drawn = weights.draw(rng, prepared.labelled, declared.replicates, declared.weight_factor)
    return Choices(variant, aggregation, drawn)


def evaluate(prepared: Prepared, choices: Choices, nodes: Sequence[str]) -> dict[str, Floats]:
    """Scores of the nodes in each replicate: name -> (replicates, n); NaN where the variant has a problem."""
    labelled = prepared.labelled
    positions = [labelled.names.index(name) for name in nodes]
    count, cities = choices.variant.size, prepared.normalised.shape[1]
    scores = np.full((count, cities, len(nodes)), np.nan)
    # one matrix at a time, shared by all replicates that use it: no stack of copies
    for name, used in itertools.product(dict.fromkeys(choices.aggregation.tolist()), range(len(prepared.variants))):
        mine = np.flatnonzero((choices.aggregation == name) & (choices.variant == used))
        if mine.size and used not in prepared.problems:
            values = positive(prepared.normalised[used], name)
            scores[mine] = aggregate_tree(values, choices.weights[mine], labelled.tree, Aggregation(name), positions)
    return {name: np.ascontiguousarray(scores[..., place]) for place, name in enumerate(nodes)}
