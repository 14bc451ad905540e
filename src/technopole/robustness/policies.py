"""What each way of treating missing values does to scores and ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from technopole.core.types import Lens
from technopole.index.complete import complete
from technopole.index.framework import RANDOM_IMPUTATIONS, ROOT, Framework
from technopole.index.matrix import Matrix
from technopole.index.run import normalise, positive, treat
from technopole.index.tree import Floats, labelled_tree
from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.kernel.impute import IMPUTERS
from technopole.kernel.rank import competition_ranks

POLICIES: Final[dict[str, str]] = {
    "nearest": "mean of 20 draws from the ten nearest cities on the indicators that both have",
    "drop": "left out; the weights of the others are renormalised, so a city is judged by what is known",
    "zero": "0 (of the treated value): what isn't known isn't there",
    "median": "median of the ranked cities",
    "mean": "mean of the ranked cities",
}
"""Policy -> what a missing value becomes."""

MODEL_BASED: Final[dict[str, str]] = {
    "iterative": "mean of 20 draws from regressions of each indicator on all others (multiple imputation by chained "
    "equations)",
}
"""As POLICIES; these take a model (scikit-learn) and their time."""


@dataclass(frozen=True)
class PolicyRun:
    """Scores and ranks of the ranked cities, (n,), under one policy."""

    policy: str
    scores: Floats
    ranks: NDArray[np.int32]


def policy_run(matrix: Matrix, framework: Framework, lens: Lens, policy: str) -> PolicyRun:
    """Compute the index with another treatment of missing values, and all else as nominal.

    Raises
    ------
    KeyError : `policy` isn't one of POLICIES or MODEL_BASED. InputError : a model needs scikit-learn.
    """
    method, labelled = framework.method, labelled_tree(framework)
    treated = treat(matrix, method, lens)
    if policy in RANDOM_IMPUTATIONS:
        chosen = method.model_copy(update={"imputation": policy})
        filled = complete(treated, matrix, chosen, framework.uncertainty.seed).nominal
    else:
        filled = IMPUTERS[{"drop": "none"}.get(policy, policy)].function(treated)
    values = positive(normalise(filled, matrix, method.normalisation), method.aggregation)
    found = aggregate_tree(values, labelled.weights, labelled.tree, Aggregation(method.aggregation))
    scores = np.ascontiguousarray(found[:, labelled.aggregates.index(ROOT)])
    return PolicyRun(policy, scores, competition_ranks(scores))


def rank_bands(ranks: NDArray[np.int32], bands: int) -> NDArray[np.int64]:
    """Band of each unit, 0 for the best: as many units in each as can be; (n,)."""
    position = np.empty(ranks.size, dtype=np.int64)
    position[np.argsort(ranks, kind="stable")] = np.arange(ranks.size)
    return np.asarray(position * bands // max(ranks.size, 1), dtype=np.int64)
