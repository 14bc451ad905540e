"""What a table of replicates says about each unit: range, tier, places, wins, and the weights that favour it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from technopole.core.errors import InputError
from technopole.index.scoring import ranks_within, rows_of_periods
from technopole.index.tree import Floats
from technopole.kernel.rank import (
    pairwise_wins,
    rank_acceptability,
    rank_quantiles,
    ranking_order,
)
from technopole.kernel.tiers import tiers_of_ranks
from technopole.robustness.league import RANGE


@dataclass(frozen=True)
class RankEvidence:
    """Ranks of the units over the replicates; all arrays are (n,) unless it says otherwise.

    Attributes
    ----------
    rank, tier : nominal; 0 for a unit without a nominal score.
    low, median, high : 5 %, 50 % and 95 % quantiles of the rank; NaN for a unit that is never ranked.
    places : (n, p) share of the replicates in which the unit takes place 1 to p.
    ranks : (replicates, n), of the replicates that didn't fail; 0 is unranked.
    kept : positions of those replicates among all.
    """

    rank: NDArray[np.int32]
    tier: NDArray[np.int32]
    low: Floats
    median: Floats
    high: Floats
    places: Floats
    ranks: NDArray[np.int32]
    kept: NDArray[np.int64]

    def wins(self, units: NDArray[np.int64]) -> Floats:
        """Share of the replicates in which each of these units ranks strictly better than each: (units, units)."""
        return pairwise_wins(self.ranks[:, units])


def rank_evidence(
    nominal: Floats, scores: Floats, places: int, least_win: float, times: Sequence[str] = ()
) -> RankEvidence:
    """Sum up replicates.

    Parameters
    ----------
    nominal : (n,) scores, NaN for a unit without one.
    scores : (replicates, n). A replicate in which no unit has a score has failed: it is left out.
    places : acceptability is given for places 1 to this.
    least_win : of the tiers.
    times : (n,) in a panel, the period of each row: ranks, tiers and places are then within a period.

    Raises
    ------
    InputError : every replicate failed, or `places` is below 1.
    """
    if places < 1:
        raise InputError(f"The first {places} places can't be:", "give a number of 1 and more.")
    kept = np.flatnonzero(~np.isnan(scores).all(axis=1)).astype(np.int64)
    if not kept.size:
        raise InputError(f"All {scores.shape[0]} replicates failed:", "look at `failures`, and narrow the choices.")
    ranks = ranks_within(scores[kept], times)
    tier = np.zeros(nominal.size, dtype=np.int32)
    for rows in rows_of_periods(times):
        own = nominal[rows]
        tier[rows] = tiers_of_ranks(ranking_order(own)[: int((~np.isnan(own)).sum())], ranks[:, rows], least_win)
    low, high, median = rank_quantiles(ranks, (*RANGE, 0.5))
    return RankEvidence(
        ranks_within(nominal, times), tier, low, median, high,
        rank_acceptability(ranks, min(places, nominal.size)), ranks, kept,
    )  # fmt: skip
