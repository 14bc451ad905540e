"""Tiers with a fixed anchor: units that the evidence can't tell from the best of their tier share it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from technopole.core.errors import InputError
from technopole.kernel.arrays import IntArray
from technopole.kernel.rank import UNRANKED, competition_ranks, ranking_order

LEAST_WIN: Final = 0.05


def tiers(scores: ArrayLike, replicate_scores: ArrayLike, least_win: float = LEAST_WIN) -> NDArray[np.int32]:
    """Return the number of each unit's tier, from 1.

    Walk the units in nominal order. The best one without a tier anchors the next tier; every unit still without a
    tier that beats the anchor in at least `least_win` of the replicates belongs to it. The anchor is fixed: a member
    isn't compared with other members, so tiers don't chain.

    Tiers need not be contiguous in rank: a unit with a wide range can share the tier of an anchor that a
    better-placed, surer unit never beats. Tier numbers say with whom the evidence confuses a unit; ranks say the
    nominal order.

    Parameters
    ----------
    scores : (units,) nominal scores, higher is better; ties go to the unit that comes first; NaN has no tier.
    replicate_scores : (replicates, units). A win is a strictly better competition rank (scores at 10 significant
        digits); a tie isn't a win. A replicate without the anchor's score is a win for every unit that has one.
    least_win : share of all replicates, above 0 and at most 1.

    Returns
    -------
    (units,) int32; 0 for a unit without a nominal score.

    Raises
    ------
    InputError
        Shapes that don't fit, no replicate, or `least_win` outside (0, 1].
    """
    nominal = np.asarray(scores, dtype=np.float64)
    replicates = np.asarray(replicate_scores, dtype=np.float64)
    if nominal.ndim != 1 or replicates.ndim != 2 or replicates.shape[1:] != nominal.shape or 0 in replicates.shape:
        raise InputError(
            f"Tiers need scores (units,) and (replicates, units), not {nominal.shape} and {replicates.shape}.",
            "Give the nominal scores and at least one replicate of the same units.",
        )
    ranked = ranking_order(nominal)[: int((~np.isnan(nominal)).sum())]
    return tiers_of_ranks(ranked, competition_ranks(replicates), least_win)


def tiers_of_ranks(order: ArrayLike, ranks: ArrayLike, least_win: float = LEAST_WIN) -> NDArray[np.int32]:
    """`tiers` from ranks that are already there.

    Parameters
    ----------
    order : positions of the ranked units, best first.
    ranks : (replicates, units) competition ranks; 0 is unranked and never wins.
    """
    if not 0 < least_win <= 1:
        raise InputError(f"A share of wins of {least_win:g} makes no tiers.", "Choose above 0 and at most 1.")
    walked: IntArray = np.asarray(order, dtype=np.int64)
    table = np.asarray(ranks)
    compact = np.uint16 if table.shape[1] < np.iinfo(np.uint16).max else np.uint32
    # one row a unit, in the order of the walk; unranked sorts behind every rank
    rows = np.where(table == UNRANKED, np.iinfo(compact).max, table).T.astype(compact)[walked]
    least_count = np.ceil(least_win * table.shape[0] * (1 - 1e-12))
    result = np.zeros(table.shape[1], dtype=np.int32)
    waiting, number = np.arange(walked.size), 0
    while waiting.size:
        number += 1
        wins = np.count_nonzero(rows[waiting] < rows[waiting[0]], axis=1)
        member = wins >= least_count
        member[0] = True
        result[walked[waiting[member]]] = number
        waiting = waiting[~member]
    return result
