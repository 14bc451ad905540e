"""Framework and matrix become an IndexRun, which keeps every stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from technopole.core.types import Lens
from technopole.index.complete import complete
from technopole.index.framework import Framework, Method
from technopole.index.matrix import Matrix
from technopole.index.tree import Floats, labelled_tree
from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.kernel.normalise import NORMALISERS, orient
from technopole.kernel.rank import competition_ranks
from technopole.kernel.treat import log1p, winsorise_quantile

LOWEST: Final = 1.0
"""Normalised scores are floored here (of 100) before a geometric mean: one zero must not erase everything else."""


@dataclass(frozen=True)
class IndexRun:
    """An index at its nominal choices.

    Attributes
    ----------
    treated : (n, k) after intensity, transform and cap; NaN where missing.
    completed : (n, k) with missing values filled (mean of the imputations).
    normalised : (n, k) 0 to 100, higher is better.
    scores, ranks : node -> (n,); node is a pillar, a side, or `framework.ROOT`.
    """

    matrix: Matrix
    framework: Framework
    lens: Lens
    treated: Floats
    completed: Floats
    normalised: Floats
    scores: Mapping[str, Floats]
    ranks: Mapping[str, NDArray[np.int32]]


def run_index(matrix: Matrix, framework: Framework, lens: Lens) -> IndexRun:
    """Compute the index at its nominal choices. Nothing is random but the imputations, from the declared seed."""
    method, labelled = framework.method, labelled_tree(framework)
    treated = treat(matrix, method, lens)
    completed = complete(treated, matrix, method, framework.uncertainty.seed).nominal
    normalised = normalise(completed, matrix, method.normalisation)
    found = aggregate_tree(
        positive(normalised, method.aggregation), labelled.weights, labelled.tree, Aggregation(method.aggregation)
    )
    scores = {name: found[:, place] for place, name in enumerate(labelled.aggregates)}
    ranks = {name: competition_ranks(score) for name, score in scores.items()}
    return IndexRun(matrix, framework, lens, treated, completed, normalised, scores, ranks)


def treat(matrix: Matrix, method: Method, lens: Lens) -> Floats:
    """Intensity (counts under that lens), transform (counts), cap (all).

    intensity = count / (population + s), both in millions; log1p = ln(1 + x); values above the column's quantile
    `cap_quantile` are set to it. Missing stays missing.
    """
    values, counts = matrix.values.copy(), matrix.is_count
    if lens is Lens.INTENSITY:
        values[:, counts] /= (matrix.population_millions + method.shrink_millions)[:, None]
    if method.transform == "log1p" and counts.any():
        values[:, counts] = log1p(values[:, counts])
    return values if method.cap_quantile >= 1 else winsorise_quantile(values, method.cap_quantile)


def normalise(completed: Floats, matrix: Matrix, normalisation: str) -> Floats:
    """Normalise to 0 to 100, higher is better.

    min_max: lowest to highest; rank: the same of the ranks; z_score: 50 + 15 z, floored at 0.
    """
    oriented = orient(completed, matrix.direction)
    if normalisation == "z_score":
        return np.maximum(NORMALISERS["z_score"].function(oriented, 50.0, 15.0), 0.0)
    if normalisation == "rank":
        oriented = NORMALISERS["rank"].function(oriented, digits=10)
    return NORMALISERS["min_max"].function(oriented, 0.0, 100.0)


def positive(normalised: Floats, aggregation: str) -> Floats:
    """Floor at `LOWEST` what a geometric mean is to be taken of; other means take the scores as they are."""
    return np.maximum(normalised, LOWEST) if aggregation == "geometric" else normalised
