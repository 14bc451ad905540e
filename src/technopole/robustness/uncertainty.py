"""How far ranks move when every choice of method moves within its declared range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from technopole.core.errors import InputError
from technopole.core.types import Lens
from technopole.index.framework import ROOT, Framework
from technopole.index.matrix import Matrix
from technopole.index.tree import Floats
from technopole.kernel.rank import competition_ranks
from technopole.robustness.measurement import MeasurementErrors, error_seeds, evaluate_with_errors
from technopole.robustness.study import Choices, RandomWeights, evaluate, prepare, random_choices


@dataclass(frozen=True)
class Replicates:
    """Outcome of the uncertainty analysis.

    Attributes
    ----------
    scores, ranks : node -> (replicates, n), for the whole index (`framework.ROOT`) and each side.
    choices : what each replicate took.
    """

    scores: Mapping[str, Floats]
    ranks: Mapping[str, NDArray[np.int32]]
    choices: Choices

    @property
    def weights(self) -> Floats:
        """(replicates, nodes) in the order of the labelled tree."""
        return self.choices.weights


def simulate(matrix: Matrix, framework: Framework, lens: Lens, errors: MeasurementErrors | None = None) -> Replicates:
    """Replay the index with random choices, all from the declared seed.

    Each replicate takes at random, with equal chances: the cap, the shrinkage s (intensity lens), one draw of the
    imputations, the normalisation and the aggregation; and each weight log-uniform between 1/f and f times its value,
    f = `weight_factor`. The nominal choice has no privilege.

    Parameters
    ----------
    errors : of measurement, where the framework declares some.

    Raises
    ------
    InputError : a declared choice can't be applied. (`technopole uncertainty` counts and shows such replicates.)
    """
    prepared = prepare([matrix], framework, lens)
    for why in prepared.problems.values():
        raise InputError(f"A declared choice of method can't be applied: {why}")
    choices = random_choices(prepared, np.random.default_rng(framework.uncertainty.seed), RandomWeights())
    nodes = (ROOT, *framework.sides())
    if errors is None:
        scores = evaluate(prepared, choices, nodes)
    else:
        seeds = error_seeds(framework.uncertainty.seed, framework.uncertainty.replicates)
        scores, _ = evaluate_with_errors(prepared, choices, nodes, {matrix.boundary: errors}, seeds)
    return Replicates(scores, {name: competition_ranks(score) for name, score in scores.items()}, choices)
