"""Ranks that come out the same on every processor, and what a matrix of ranks says.

Scores are compared after rounding to 10 significant digits: the last bits of a score depend on the processor's
exp, log and vector units, its rank must not.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from technopole.core.errors import InputError
from technopole.kernel.arrays import BoolArray, FloatArray, IntArray, RankArray

DIGITS: Final = 10
GUARD_DIGITS: Final = 3
EXACT_POWERS: Final = 22
"""The largest power of ten that is a float without error."""
SMALLEST: Final = -291
"""Power of ten of the least values that count."""
UNRANKED: Final = 0
"""The rank of a unit without a score (NaN)."""

BLOCK: Final = 1 << 17
PACKED_UNITS: Final = 1 << 14
"""Rows of more units have neighbours so near that packing their positions into the scores decides little."""
_POWERS: Final = np.array([float(f"1e{k}") for k in range(309)])


def round_significant(scores: ArrayLike, digits: int = DIGITS) -> FloatArray:
    """Round to `digits` significant decimal digits, row by row (last axis = units).

    No value is rounded finer than `digits` + 3 digits of the largest absolute value in its row: near zero (z-scores)
    what remains after cancellation is noise, and noise must not order units. So 0.1 + 0.2 - 0.3 equals 0 beside a 1.
    Nor finer than 1e-300.

    Parameters
    ----------
    scores : (..., units). NaN stays NaN, infinite stays infinite.

    Returns
    -------
    float64, same shape; -0.0 becomes 0.0.
    """
    values = np.asarray(scores, dtype=np.float64)
    rows = values.reshape(-1, values.shape[-1]) if values.ndim else values.reshape(1, 1)
    rounded = np.empty_like(rows)
    step = max(1, BLOCK // max(1, rows.shape[-1]))
    for start in range(0, rows.shape[0], step):
        rounded[start : start + step] = _round_rows(rows[start : start + step], digits)
    return rounded.reshape(values.shape)


def competition_ranks(scores: ArrayLike, digits: int | None = DIGITS) -> RankArray:
    """Competition ranks ("1224"): one plus the number of units with a higher score.

    Parameters
    ----------
    scores : (..., units), higher is better; each row is ranked on its own.
    digits : compare after `round_significant`; None compares the bits.

    Returns
    -------
    int32, same shape. Equal scores share the better rank; NaN has the rank 0 (`UNRANKED`) and no influence.
    """
    values = np.asarray(scores, dtype=np.float64)
    rows = values.reshape(-1, values.shape[-1])
    ranks = np.empty(rows.shape, dtype=np.int32)
    step = max(1, BLOCK // max(1, rows.shape[-1]))
    for start in range(0, rows.shape[0], step):
        _rank_rows(rows[start : start + step], digits, ranks[start : start + step])
    return ranks.reshape(values.shape)


def ranking_order(scores: ArrayLike, digits: int | None = DIGITS) -> IntArray:
    """Positions of the units from best to worst: rounded score descending, then unit order; NaN last.

    Parameters
    ----------
    scores : (..., units).
    """
    values = np.asarray(scores, dtype=np.float64)
    compared = values if digits is None else round_significant(values, digits)
    return np.argsort(-compared, axis=-1, kind="stable")


def rank_quantiles(ranks: ArrayLike, quantiles: ArrayLike = (0.05, 0.95), method: str = "linear") -> FloatArray:
    """Quantiles of each unit's rank over the replicates.

    Parameters
    ----------
    ranks : (replicates, units). Replicates in which a unit is unranked (0) don't count for it.
    method : as numpy.quantile; "linear" is R's type 7, as COINr. Quantiles may lie between two ranks.

    Returns
    -------
    (quantiles, units); NaN for a unit that is never ranked.

    Raises
    ------
    InputError
        No replicate, or a quantile outside [0, 1].
    """
    table = _as_ranks(ranks)
    wanted = np.atleast_1d(np.asarray(quantiles, dtype=np.float64))
    if not ((wanted >= 0) & (wanted <= 1)).all():
        raise InputError("A quantile lies outside 0 to 1.", "Choose quantiles such as 0.05 and 0.95.")
    result = np.full((wanted.size, table.shape[1]), np.nan)
    complete = (table != UNRANKED).all(axis=0)
    step = max(1, (BLOCK * 8) // table.shape[0])
    whole = np.flatnonzero(complete)
    for start in range(0, whole.size, step):
        units = whole[start : start + step]
        columns = np.sort(np.ascontiguousarray(table[:, units].T), axis=1)
        result[:, units] = np.quantile(columns, wanted, axis=1, method=method)  # type: ignore[call-overload]
    for unit in np.flatnonzero(~complete):
        present = table[table[:, unit] != UNRANKED, unit]
        if present.size:
            result[:, unit] = np.quantile(present, wanted, method=method)  # type: ignore[call-overload]
    return result


def rank_acceptability(ranks: ArrayLike, places: int | None = None) -> FloatArray:
    """Share of the replicates in which a unit takes each place (SMAA, doi:10.1016/S0377-2217(97)00163-X).

    Parameters
    ----------
    ranks : (replicates, units).
    places : the first so many places (None: as many as units; memory is units x places).

    Returns
    -------
    (units, places); column 0 is rank 1. Unranked replicates count in the denominator, at no place.
    """
    table = _as_ranks(ranks)
    replicates, units = table.shape
    width = units if places is None else places
    counts = np.zeros((units, width))
    for unit in range(units):
        counted = np.bincount(np.clip(table[:, unit], 0, width + 1), minlength=width + 2)
        counts[unit] = counted[1 : width + 1]
    return counts / float(replicates)


def win_probability(ranks: ArrayLike, anchor: int) -> FloatArray:
    """Share of the replicates in which each unit ranks strictly better than the unit `anchor`; ties aren't wins.

    Parameters
    ----------
    ranks : (replicates, units). A unit without a rank never wins; against an unranked anchor every ranked unit wins.

    Returns
    -------
    (units,); the anchor itself has 0.
    """
    table = _as_ranks(ranks)
    if not 0 <= anchor < table.shape[1]:
        raise InputError(f"There is no unit {anchor} among {table.shape[1]}.", "Give a position from 0.")
    compared = _last_if_unranked(table)
    return np.asarray((compared < compared[:, [anchor]]).mean(axis=0), dtype=np.float64)


def pairwise_wins(ranks: ArrayLike) -> FloatArray:
    """`win_probability` against every unit: entry (i, k) is how often i ranks better than k. Shape (units, units)."""
    table = np.ascontiguousarray(_last_if_unranked(_as_ranks(ranks)).T)
    return np.stack([(row[None, :] < table).mean(axis=1) for row in table])


def central_weights(weights: ArrayLike, ranks: ArrayLike, places: int = 1) -> FloatArray:
    """Mean of the weights that put a unit among the first `places`, shape (units, indicators); NaN where none does.

    For one place: the central weight vector of SMAA (Lahdelma, Hokkanen and Salminen 1998,
    doi:10.1016/S0377-2217(97)00163-X).

    Parameters
    ----------
    weights : (replicates, indicators), those that gave `ranks`.
    ranks : (replicates, units).
    """
    used = np.asarray(weights, dtype=np.float64)
    table = _as_ranks(ranks)
    if used.ndim != 2 or used.shape[0] != table.shape[0]:
        raise InputError(
            f"Weights of the shape {used.shape} don't belong to {table.shape[0]} replicates.",
            "Give the weights of each replicate.",
        )
    result = np.full((table.shape[1], used.shape[1]), np.nan)
    for unit in range(table.shape[1]):
        favoured = (table[:, unit] != UNRANKED) & (table[:, unit] <= places)
        if favoured.any():
            result[unit] = used[favoured].mean(axis=0)
    return result


def mean_absolute_rank_change(ranks: ArrayLike, nominal: ArrayLike) -> FloatArray:
    """Mean over units of |rank - nominal rank|: the output that COINr `get_sensitivity` analyses.

    Parameters
    ----------
    ranks : (runs, units), 0 for unranked. nominal : (units,).

    Returns
    -------
    (runs,), over the units ranked in both; NaN (a failed run) where there is none.
    """
    table, before = np.asarray(ranks), np.asarray(nominal)
    if table.ndim != 2 or before.shape != table.shape[1:]:
        raise InputError(
            f"Ranks of the shape {table.shape} and {before.shape} don't belong together.", "Give the same units."
        )
    both = (table != UNRANKED) & (before != UNRANKED)
    change = np.where(both, np.abs(table.astype(np.int64) - before), 0).sum(axis=1)
    count = both.sum(axis=1)
    return np.asarray(np.where(count > 0, change / count.clip(min=1), np.nan), dtype=np.float64)


def _as_ranks(ranks: ArrayLike) -> RankArray:
    table = np.asarray(ranks)
    if table.ndim != 2 or 0 in table.shape or not np.issubdtype(table.dtype, np.integer):
        raise InputError(
            f"A table of ranks has the shape (replicates, units) and whole numbers, not {table.shape} {table.dtype}.",
            "Give the result of competition_ranks over at least one replicate.",
        )
    return table.astype(np.int32, copy=False)


def _last_if_unranked(table: RankArray) -> RankArray:
    return np.where(table == UNRANKED, np.int32(np.iinfo(np.int32).max), table)


def _round_rows(rows: FloatArray, digits: int) -> FloatArray:
    """Round rows; those so large or small that their powers of ten are no exact floats are scaled to ones before.

    With inexact powers two values could round to neighbours instead of to one value.
    """
    magnitude = np.abs(rows)
    finite = np.isfinite(magnitude)
    largest = np.where(finite, magnitude, 0.0).max(axis=1, initial=0.0)
    exponent = np.floor(np.log10(np.where(largest > 0, largest, 1.0))).astype(np.int64)
    far = (exponent < digits - EXACT_POWERS + GUARD_DIGITS) | (exponent > EXACT_POWERS)
    if not far.any():
        return _round_near(rows, magnitude, finite, exponent, digits)
    scale = _power(np.where(far, np.maximum(exponent, SMALLEST), 0))[:, None]
    with np.errstate(invalid="ignore", over="ignore"):
        return _round_near(rows / scale, magnitude / scale, finite, np.where(far, 0, exponent), digits) * scale


def _round_near(
    rows: FloatArray, magnitude: FloatArray, finite: BoolArray, exponent: IntArray, digits: int
) -> FloatArray:
    """Round rows: only digits .. digits + GUARD_DIGITS decimals relative to the row's maximum can occur."""
    decimals = np.clip(digits - 1 - exponent, -300, 300)[:, None]
    extra = np.zeros(rows.shape, dtype=np.int8)
    for k in range(GUARD_DIGITS):
        extra += magnitude < _power(exponent - k)[:, None]
    if (decimals >= 0).all() and finite.all():
        scale = _POWERS[np.minimum(decimals + np.arange(GUARD_DIGITS + 1), 308)]
        factor = np.take_along_axis(scale, extra.astype(np.intp), axis=1)
        return np.asarray(np.rint(rows * factor) / factor + 0.0, dtype=np.float64)
    places = decimals + extra
    factor = _POWERS[np.minimum(np.abs(places), 308)]
    with np.errstate(invalid="ignore", over="ignore"):
        fine = np.rint(rows * factor) / factor
        coarse = np.rint(rows / factor) * factor
    return np.asarray(np.where(finite, np.where(places >= 0, fine, coarse), rows) + 0.0, dtype=np.float64)


def _power(exponent: IntArray) -> FloatArray:
    positive = _POWERS[np.clip(np.abs(exponent), 0, 308)]
    return np.asarray(np.where(exponent >= 0, positive, 1.0 / positive), dtype=np.float64)


def _rank_rows(rows: FloatArray, digits: int | None, ranks: RankArray) -> None:
    """Rank rows of one block: a plain sort where that settles the order, the careful way for the other rows."""
    count = rows.shape[1]
    if not 1 < count <= PACKED_UNITS:
        ranks[:] = _rank_carefully(rows, np.argsort(-rows, axis=1), digits)
        return
    order, settled = _packed_order(rows, digits)
    ranks.reshape(-1)[order + count * np.arange(len(rows))[:, None]] = np.arange(count, 0, -1, dtype=np.int32)
    if not settled.all():
        ranks[~settled] = _rank_carefully(rows[~settled], order[~settled, ::-1], digits)


def _packed_order(rows: FloatArray, digits: int | None) -> tuple[IntArray, BoolArray]:
    """Ascending order of the units, and for which rows it is sure: finite, and no two neighbours nearly equal.

    The last bits of each score make room for its unit's position, so that one sort of whole numbers (several times
    as fast as an argsort) gives both. Bits of a float order as whole numbers do once the negative ones are turned
    round.
    """
    bits = (rows.shape[1] - 1).bit_length()
    positions = np.int64((1 << bits) - 1)
    keys = rows.view(np.int64) & ~positions
    negative = bool((keys < 0).any())
    if negative:
        keys = _turned(rows.view(np.int64)) & ~positions
    keys |= np.arange(rows.shape[1])
    keys.sort(axis=1)
    order = keys & positions
    keys &= ~positions
    ascending = (_turned(keys) if negative else keys).view(np.float64)
    largest = np.maximum(np.abs(ascending[:, 0]), np.abs(ascending[:, -1]))
    cut = 2.0 ** (bits - 51)
    near = cut if digits is None else cut + 10.0 ** (1 - digits)
    with np.errstate(invalid="ignore", over="ignore"):
        apart = (ascending[:, 1:] - ascending[:, :-1]).min(axis=1) > near * largest + 1e-298
    return order, apart & np.isfinite(largest)


def _turned(bits: IntArray) -> IntArray:
    """Bits of floats, the negative ones turned round (or back)."""
    return bits ^ ((bits >> np.int64(63)) & np.int64(np.iinfo(np.int64).max))


def _rank_carefully(rows: FloatArray, order: IntArray, digits: int | None) -> RankArray:
    """Rank rows with ties or gaps, given nearly their order. Rounding keeps it: only near values are rounded."""
    ordered = np.take_along_axis(rows, order, axis=1)
    wrong = ~(ordered[:, 1:] <= ordered[:, :-1]).all(axis=1)
    if wrong.any():
        order = order.copy()
        order[wrong] = np.argsort(-rows[wrong], axis=1)
        ordered[wrong] = np.take_along_axis(rows[wrong], order[wrong], axis=1)
    places = np.broadcast_to(np.arange(1, rows.shape[1] + 1, dtype=np.int32), rows.shape).copy()
    equal = ordered[:, 1:] == ordered[:, :-1]
    if digits is not None:
        near = _with_near_neighbours(ordered, digits)
        rounded = _round_rows(ordered[near], digits)
        equal[near] |= rounded[:, 1:] == rounded[:, :-1]
    tied = equal.any(axis=1)
    if tied.any():
        places[:, 1:][equal] = 0
        places[tied] = np.maximum.accumulate(places[tied], axis=1)
    places[np.isnan(ordered)] = UNRANKED
    ranks = np.empty(rows.shape, dtype=np.int32)
    np.put_along_axis(ranks, order, places, axis=1)
    return ranks


def _with_near_neighbours(ordered: FloatArray, digits: int) -> IntArray:
    """Rows in which two neighbours of the descending order might round to one value."""
    largest = np.nanmax(np.where(np.isfinite(ordered), np.abs(ordered), 0.0), axis=1, initial=0.0)
    with np.errstate(invalid="ignore"):
        gaps = ordered[:, :-1] - ordered[:, 1:]
        near = (gaps > 0) & (gaps <= 10.0 ** (1 - digits) * largest[:, None] + 1e-298)
    return np.flatnonzero(near.any(axis=1))
