"""The sets of weights over which best and worst ranks of one's own index are sought."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from technopole.core.errors import InputError
from technopole.index.coherence import last_period
from technopole.index.generic import GenericFramework
from technopole.index.scoring import GenericRun
from technopole.index.tree import generic_tree
from technopole.robustness.extremes import BY_PILLAR, WeightSet, admissible


def compared(run: GenericRun) -> NDArray[np.int64]:
    """Positions in the run of the units that are compared: those with a score, of a panel in the last period."""
    rows = last_period(run)
    return rows[~np.isnan(run.scores[run.framework.index.id][rows])]


def own_weight_set(
    run: GenericRun, rows: NDArray[np.int64], kind: str, factor: float = 2.0, order: Sequence[str] = ()
) -> WeightSet:
    """Lay out a set of weights for an index of one's own; its pillars are the children of the index.

    Parameters
    ----------
    rows : the units to compare, as `compared`. kind, factor, order : as in `robustness.extremes.admissible`.

    Raises
    ------
    InputError : a mean that isn't arithmetic (a best rank then has no linear program), missing values, an order that
        isn't one, a bad factor.
    UnknownNameError : no such set, or no such child.
    """
    top = run.framework.index.children
    children = [child.id for child in top]
    weights = admissible(kind, factor, order, children, generic_tree(run.framework, run.weights))
    _refuse_other_means(run.framework, kind)
    elements = children if kind in BY_PILLAR else list(run.indicators)
    scores = dict(run.scores) | {name: run.normalised[:, k] for k, name in enumerate(run.indicators)}
    x = np.stack([scores[name] for name in elements], axis=1)[rows]
    lacking = np.flatnonzero(np.isnan(x).any(axis=1))
    if lacking.size:
        who = ", ".join(run.ids[rows[place]] for place in lacking[:3])
        raise InputError(
            f"Best and worst ranks need complete values; {lacking.size} units lack some ({who} ...).",
            "Fill them (`impute` in the framework), or leave the units out (`screen: 1`).",
        )
    return WeightSet(tuple(elements), x, weights, top)


def _refuse_other_means(framework: GenericFramework, kind: str) -> None:
    # below the children of the index any method serves where their scores are what is weighed
    weighed = [framework.index] if kind in BY_PILLAR else framework.groups()
    for group in weighed:
        method = framework.aggregation(group).method
        if method != "arithmetic":
            raise InputError(
                f"Best and worst ranks need arithmetic means, but {group.id} has {method}:",
                "use `technopole uncertainty` for other means.",
            )
