"""Change of a unit's share of the total between two periods, shrunk where there is little to go by, with its range."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray


def share_growth(early: ArrayLike, late: ArrayLike, *, event: float = 1.0, prior: float = 10.0) -> FloatArray:
    """Shrunk natural logarithm of the ratio of shares, late over early; 0 is no change.

    With A and B the totals of `early` and `late` (missing ones left out), p = B / (A + B), and a, b, the counts of a
    unit in events (count / `event`)::

        growth = ln((b + prior p) / (a + prior (1 - p))) - ln(B / A)

    The `prior` events are added as the world's totals divide them, that is, as no change: without evidence the growth
    is 0, and with much it is ln((b / B) / (a / A)).

    Parameters
    ----------
    early, late : (units,), zero and more; NaN in either means that the unit has no evidence (growth 0).
    event : what amounts to one independent event (an amount that comes at once counts once).
    prior : above zero.

    Returns
    -------
    (units,).

    Raises
    ------
    InputError : another shape, a negative count, a total of zero, or `event` or `prior` not above zero.
    """
    before, after, share = _events(early, late, event, prior)
    odds = np.log(share / (1.0 - share))
    return np.asarray(np.log((after + prior * share) / (before + prior * (1.0 - share))) - odds, dtype=np.float64)


def resampled_growth(
    early: ArrayLike,
    late: ArrayLike,
    *,
    rng: np.random.Generator,
    draws: int,
    event: float = 1.0,
    prior: float = 10.0,
) -> FloatArray:
    """Draw the growth of each unit from what its counts leave open.

    Counts of events are taken as Poisson; with the prior of `share_growth` their means are Gamma(b + prior p) and
    Gamma(a + prior (1 - p)), drawn independently. A unit without evidence has the width of the prior alone.

    Returns
    -------
    (draws, units).
    """
    before, after, share = _events(early, late, event, prior)
    if draws < 1:
        raise InputError(f"Can't take {draws} draws.", "Take at least one.")
    size = (draws, before.size)
    first = rng.standard_gamma(before + prior * (1.0 - share), size)
    second = rng.standard_gamma(after + prior * share, size)
    return np.asarray(np.log(second) - np.log(first) - np.log(share / (1.0 - share)), dtype=np.float64)


def _events(early: ArrayLike, late: ArrayLike, event: float, prior: float) -> tuple[FloatArray, FloatArray, float]:
    before, after = np.asarray(early, dtype=np.float64), np.asarray(late, dtype=np.float64)
    if before.ndim != 1 or before.shape != after.shape:
        raise InputError(
            f"Growth needs two counts for each unit, not the shapes {before.shape} and {after.shape}.",
            "Give early and late of the same units.",
        )
    if not (event > 0 and prior > 0):
        raise InputError(f"An event of {event:g} and a prior of {prior:g} mean nothing.", "Give numbers above zero.")
    known = ~(np.isnan(before) | np.isnan(after))
    before, after = np.where(known, before, 0.0), np.where(known, after, 0.0)
    if (before < 0).any() or (after < 0).any():
        raise InputError("A count is negative.", "Counts are zero or more.")
    total = before.sum() + after.sum()
    if before.sum() == 0 or after.sum() == 0:
        raise InputError("The total of a period is zero, so nothing has a share of it.", "Choose other periods.")
    return before / event, after / event, float(after.sum() / total)
