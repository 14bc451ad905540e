"""In the explorer's bundle: which ranked cities the evidence can't tell apart."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from technopole.core.types import Lens
from technopole.editions.read import Edition
from technopole.index.framework import ROOT
from technopole.publish.claims import replicated

COUNTED: Final = 255
"""Replicates that a byte counts."""


def close_table(edition: Edition, ranked: pl.Series) -> pl.DataFrame:
    """Pairs of ranked cities under the default boundary, neither of which is nearly always before the other.

    Parameters
    ----------
    ranked : ids of the ranked cities, in the order of the bundle.

    Returns
    -------
    DataFrame with the column close; rows in the order lens, side (the whole index first), pair: the first city with
    each later one, then the second with each later one, and so on.
    """
    framework = edition.framework()
    slugs = dict(edition.frame().select("city", "slug").iter_rows())
    first, second = np.triu_indices(ranked.len(), 1)
    blocks = []
    for lens in Lens:
        known, _, replicates = replicated(edition, lens)
        place = {slug: position for position, slug in enumerate(known)}
        order = np.array([place[slugs[city]] for city in ranked], dtype=np.int64)
        for side in (ROOT, *framework.sides()):
            close = close_pairs(replicates.ranks[side][:, order], framework.tiers.least_win)
            blocks.append(close[first, second])
    return pl.DataFrame({"close": np.concatenate(blocks)}, schema={"close": pl.Boolean})


def close_pairs(ranks: ArrayLike, least_win: float) -> NDArray[np.bool_]:
    """Which units neither of two is before the other in more than 1 - `least_win` of the replicates.

    Parameters
    ----------
    ranks : (replicates, n).
    least_win : as that of the tiers: what beats an anchor less often isn't in its tier.

    Returns
    -------
    (n, n), symmetric; a unit is close to itself.

    >>> close_pairs([[1, 2, 3], [2, 1, 3]], 0.05).tolist()
    [[True, True, False], [True, True, False], [False, False, True]]
    """
    table = np.asarray(ranks).astype(np.uint16)
    most = (1 - least_win) * len(table)
    before = np.zeros((table.shape[1], table.shape[1]), dtype=np.int64)
    for start in range(0, len(table), COUNTED):
        few = np.zeros(before.shape, dtype=np.uint8)
        for row in table[start : start + COUNTED]:
            few += row[:, None] < row
        before += few
    return np.asarray((before <= most) & (most >= before.T))
