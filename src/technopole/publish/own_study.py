"""How far ranks of a user's own index move when its weights move: ranges, places, and which weight moves them most.

The weight of each node among its siblings varies on its own, log-uniform between half and twice its value; all other
choices stay as declared. In a panel it is the last period that is studied.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from technopole.core.errors import InputError
from technopole.index.generic import Group
from technopole.index.scoring import GenericRun
from technopole.kernel.aggregate import aggregate
from technopole.kernel.rank import UNRANKED, competition_ranks, rank_acceptability, rank_quantiles
from technopole.kernel.sensitivity import mean_absolute_rank_change
from technopole.kernel.weight import bounded_weights
from technopole.robustness.sensitivity import Factor, design, sobol

Floats = NDArray[np.float64]
FACTOR: Final = 2.0
REPLICATES: Final = 2000
SEED: Final = 20261124
MOST_RUNS: Final = 40_000
BASE_POINTS: Final = (1024, 512, 256, 128, 64)
OF_THEIR_OWN: Final = frozenset({"kemeny", "benefit_of_the_doubt"})
"""Aggregators that random weights can't be put to: one solves a program a replicate, the other finds weights itself."""


@dataclass(frozen=True)
class OwnStudy:
    """Outcome of `own_study`, for the units of the run (in a panel: of its last period).

    Attributes
    ----------
    units : positions in the run. names : what to call them, each once. scores, ranks : nominal.
    low, median, high : 5, 50 and 95 % quantiles of the rank.
    places : (units, p) share of the replicates on place 1 to p.
    """

    units: NDArray[np.int64]
    names: tuple[str, ...]
    scores: Floats
    ranks: NDArray[np.int32]
    low: Floats
    median: Floats
    high: Floats
    places: Floats


@dataclass(frozen=True)
class WeightEffect:
    """Sobol indices of one node's weight for the mean absolute change of rank, with bootstrap intervals."""

    node: str
    first: float
    first_low: float
    first_high: float
    total: float
    total_low: float
    total_high: float


def own_study(run: GenericRun, places: int, replicates: int = REPLICATES, seed: int = SEED) -> OwnStudy:
    """Draw weights and rank anew.

    Raises
    ------
    InputError : an aggregator that random weights can't be put to, or a number that can't be.
    """
    if not 1 <= replicates <= MOST_RUNS or places < 1:
        raise InputError(f"{replicates} replicates with {places} places can't be:", f"give 1 to {MOST_RUNS:,} and 1.")
    units, varied = last_period(run), _varied(run)
    centre = np.array([run.weights[name] for name in varied])
    weights = bounded_weights(np.random.default_rng(seed), centre, replicates, FACTOR)
    ranks = competition_ranks(_scores(run, units, varied, weights))
    low, median, high = rank_quantiles(ranks, (0.05, 0.5, 0.95))
    nominal = run.scores[run.framework.index.id][units]
    shares = rank_acceptability(ranks, min(places, units.size))
    return OwnStudy(units, unique_names(run, units), nominal, run.ranks[units], low, median, high, shares)


def weight_effects(run: GenericRun, seed: int = SEED) -> tuple[list[WeightEffect], int]:
    """Which weight moves the ranks most, largest total effect first; and how many times the index was computed.

    Raises
    ------
    InputError : no node has siblings, too many have, or SALib is absent.
    """
    units, varied = last_period(run), _varied(run)
    if not varied:
        raise InputError("No node of the framework has siblings, so no weight matters.", "Add indicators.")
    fitting = [points for points in BASE_POINTS if points * (len(varied) + 2) <= MOST_RUNS]
    if not fitting:
        raise InputError(f"{len(varied)} weights are too many for a sensitivity analysis.", "Group the indicators.")
    factors = [Factor(name, 1, ()) for name in varied]
    points = design(factors, fitting[0], seed)
    centre = np.array([run.weights[name] for name in varied])
    ranks = competition_ranks(_scores(run, units, varied, centre * FACTOR ** (2 * points - 1)))
    found = sobol(mean_absolute_rank_change(ranks, run.ranks[units]), factors, seed)
    columns = (found.first, found.first_low, found.first_high, found.total, found.total_low, found.total_high)
    effects = [WeightEffect(name, *[float(column[place]) for column in columns]) for place, name in enumerate(varied)]
    return sorted(effects, key=lambda one: (-one.total, one.node)), len(points)


def last_period(run: GenericRun) -> NDArray[np.int64]:
    """Positions of the units that have a rank; in a panel those of the last period."""
    from technopole.index.scoring import period_numbers

    ranked = run.ranks != UNRANKED
    if run.times:
        when = period_numbers(list(run.times))
        ranked &= when == when.max()
    return np.flatnonzero(ranked).astype(np.int64)


def unique_names(run: GenericRun, units: NDArray[np.int64]) -> tuple[str, ...]:
    """Names of units; where two share one, with the id."""
    names = [run.names[unit] for unit in units]
    return tuple(
        name if names.count(name) == 1 else f"{name} ({run.ids[unit]})" for name, unit in zip(names, units, strict=True)
    )


def _varied(run: GenericRun) -> list[str]:
    """Nodes and indicators that have siblings and a weight: of all others the weight says nothing."""
    _refuse(run)
    return [
        child.id
        for group in run.framework.groups()
        if len(group.children) > 1
        for child in group.children
        if run.weights[child.id] > 0
    ]


def _refuse(run: GenericRun) -> None:
    for group in run.framework.groups():
        method = run.framework.aggregation(group).method
        if method in OF_THEIR_OWN:
            raise InputError(
                f"{group.id} is aggregated by {method}, to which random weights can't be put:", "choose a mean there."
            )


def _scores(run: GenericRun, units: NDArray[np.int64], varied: list[str], weights: Floats) -> Floats:
    """Scores of the index, (replicates, units), under weights (replicates, varied)."""
    column = {name: place for place, name in enumerate(varied)}
    found: dict[str, Floats] = {name: run.normalised[units, place][None] for place, name in enumerate(run.indicators)}

    def of(group: Group) -> Floats:
        children = np.broadcast_arrays(*[found[child.id] for child in group.children])
        used = [
            weights[:, column[child.id]] if child.id in column else np.full(weights.shape[0], run.weights[child.id])
            for child in group.children
        ]
        return aggregate(np.stack(children, axis=-1), np.stack(used, axis=-1), run.framework.aggregation(group))

    for group in run.framework.groups():
        found[group.id] = of(group)
    return found[run.framework.index.id]
