"""Normalisers: columns with units of their own become comparable.

Each function maps (..., units, indicators) to the same shape, along the axis of units; leading axes are replicates.
Missing values stay missing and take no part in minima, means or ranks. Higher must already be better: `orient` is
the one place where an indicator's direction is applied.

Formulas and tie rules are those of COINr 1.1.14 (`n_minmax` ... `n_goalposts`); see also OECD/JRC, Handbook on
Constructing Composite Indicators (2008), table 15, doi:10.1787/9789264043466-en.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, as_matrix, columns_text, extremes, refuse_degenerate
from technopole.kernel.rank import UNRANKED, competition_ranks


@dataclass(frozen=True)
class Normaliser:
    """One normaliser, with what the contract tests and the help say about it.

    Attributes
    ----------
    function : (x, **parameters) -> normalised x.
    parameters : defaults of the optional parameters.
    needs : parameters that have no default (a reference unit, targets, goalposts), one value a column or one for all.
    unit_free : the result is the same when a column is multiplied by a positive constant.
    shift_free : the result is the same when a constant is added to a column.
    """

    function: Callable[..., FloatArray]
    summary: str
    unit_free: bool
    shift_free: bool
    parameters: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()


def orient(x: ArrayLike, direction: ArrayLike) -> FloatArray:
    """Multiply each column by its direction, so that higher is better everywhere after it.

    Parameters
    ----------
    x : (..., units, indicators).
    direction : (indicators,), each 1 or -1.

    Raises
    ------
    InputError
        Another number of directions, or one that is neither 1 nor -1.
    """
    values = as_matrix(x)
    signs = np.asarray(direction, dtype=np.float64)
    if signs.shape != values.shape[-1:] or not np.isin(signs, (-1.0, 1.0)).all():
        raise InputError(
            f"Directions are 1 or -1, one for each of the {values.shape[-1]} indicators.", "Check the directions."
        )
    return values * signs


def orient_bounds(low: ArrayLike, high: ArrayLike, direction: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Goalposts of oriented columns: (low, high) where the direction is 1, (-high, -low) where it is -1."""
    lower, upper = np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)
    positive = np.asarray(direction, dtype=np.float64) > 0
    return np.where(positive, lower, -upper), np.where(positive, upper, -lower)


def min_max(x: ArrayLike, low: float = 0.0, high: float = 100.0) -> FloatArray:
    """(x - min) / (max - min) * (high - low) + low. Raises InputError for a column without range or low >= high."""
    values = as_matrix(x)
    if not low < high:
        raise InputError(f"Min-max to {low:g}..{high:g} would turn the order around.", "Choose low below high.")
    smallest, largest = refuse_degenerate(values, "min-max")
    normalised: FloatArray = values - smallest
    normalised /= largest - smallest
    normalised *= high - low
    normalised += low
    return normalised


def z_score(x: ArrayLike, mean: float = 0.0, sd: float = 1.0) -> FloatArray:
    """(x - column mean) / column standard deviation * sd + mean, ddof = 1.

    Raises InputError for a column without spread, or sd <= 0.
    """
    values = as_matrix(x)
    if not sd > 0:
        raise InputError(f"A standard deviation of {sd:g} loses or turns the order.", "Choose one above zero.")
    refuse_degenerate(values, "a z-score")
    present = ~np.isnan(values)
    count = present.sum(axis=-2, keepdims=True)
    centre = np.where(present, values, 0.0).sum(axis=-2, keepdims=True) / count
    deviation = values - centre
    variance = (np.where(present, deviation, 0.0) ** 2).sum(axis=-2, keepdims=True) / (count - 1)
    _refuse(~(variance > 0)[..., 0, :], "a spread too small for a z-score")
    return np.asarray(deviation / np.sqrt(variance) * sd + mean, dtype=np.float64)


def rank(x: ArrayLike, digits: int | None = None) -> FloatArray:
    """One plus the number of units with a smaller value in the column (minimum ties); higher is better.

    Values are compared bit by bit, as in COINr, or at `digits` significant digits (see `rank.round_significant`):
    prefer 10 for values that were computed, so that their last bit can't make a whole rank.
    """
    values = as_matrix(x)
    ranks = competition_ranks(-np.swapaxes(values, -1, -2), digits=digits)
    return np.swapaxes(np.where(ranks == UNRANKED, np.nan, ranks), -1, -2)


def borda(x: ArrayLike, digits: int | None = None) -> FloatArray:
    """Count the units with a smaller value in the column: `rank` minus 1."""
    return rank(x, digits) - 1.0


def percentile_rank(x: ArrayLike, digits: int | None = None) -> FloatArray:
    """(`rank` - 1) / (present values - 1), from 0; COINr `n_prank`.

    Raises InputError for a column with fewer than two present values.
    """
    values = as_matrix(x)
    count = (~np.isnan(values)).sum(axis=-2, keepdims=True)
    _refuse((count < 2)[..., 0, :], "fewer than two values, so there is no percentile")
    return np.asarray(borda(values, digits) / (count - 1.0), dtype=np.float64)


def distance_to_maximum(x: ArrayLike) -> FloatArray:
    """1 - (max - x) / (max - min): 1 at the best, 0 at the worst. Raises InputError for a column without range."""
    values = as_matrix(x)
    smallest, largest = refuse_degenerate(values, "the distance to the maximum")
    return 1.0 - (largest - values) / (largest - smallest)


def distance_to_reference(x: ArrayLike, reference: int, cap: bool = False) -> FloatArray:
    """1 - (x_ref - x) / (x_ref - min), with the row `reference`; `cap` cuts at 1.

    Where the reference is itself the minimum the denominator is zero: better units are infinite and equal ones NaN,
    as in COINr `n_dist2ref` (the aggregators refuse infinite values). Where its value is missing the column is NaN.
    Raises InputError where there is no such row.
    """
    values = as_matrix(x)
    if not 0 <= reference < values.shape[-2]:
        raise InputError(
            f"There is no reference unit {reference} among {values.shape[-2]}.", "Give its position from 0."
        )
    smallest, _ = extremes(values)
    chosen = values[..., [reference], :]
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = 1.0 - (chosen - values) / (chosen - smallest)
    return np.minimum(distance, 1.0) if cap else distance


def distance_to_targets(x: ArrayLike, targets: ArrayLike, cap: bool = False) -> FloatArray:
    """(x - min) / (target - min), targets on the oriented scale; `cap` cuts at 1.

    Raises InputError for another number of targets, or a target at or below the column's minimum (the order would
    be lost or turned; COINr only warns).
    """
    values = as_matrix(x)
    wanted = _one_each(targets, values, "targets")
    smallest, _ = extremes(values)
    _refuse(~(wanted > smallest)[..., 0, :], "no value, or a target at or below its minimum")
    distance = (values - smallest) / (wanted - smallest)
    return np.minimum(distance, 1.0) if cap else distance


def fraction_of_maximum(x: ArrayLike) -> FloatArray:
    """X / max. Meant for columns whose values are all above zero.

    A maximum of zero (or next to it) gives infinite or NaN, a negative one turns the order around, as in COINr
    `n_fracmax`.
    """
    values = as_matrix(x)
    _, largest = extremes(values)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return values / largest


def scaled(x: ArrayLike, low: ArrayLike = 0.0, high: ArrayLike = 100.0, factor: float = 100.0) -> FloatArray:
    """(x - low) / (high - low) * factor with given bounds (one for all columns, or one each); not cut."""
    return goalposts(x, low, high, scale=factor, clip=False)


def goalposts(x: ArrayLike, low: ArrayLike, high: ArrayLike, scale: float = 1.0, clip: bool = True) -> FloatArray:
    """(x - low) / (high - low) with fixed posts, cut to 0..1 if `clip`, times `scale` (UNDP, UN 2001; COINr).

    Parameters
    ----------
    x : (..., units, indicators), oriented.
    low, high : one for all columns, or (indicators,), on the oriented scale (see `orient_bounds`).

    Raises
    ------
    InputError
        Posts in another number than the columns, or low >= high.
    """
    values = as_matrix(x)
    lower, upper = _one_each(low, values, "lower posts"), _one_each(high, values, "upper posts")
    _refuse(~(upper > lower), "a lower post at or above its upper post")
    share = (values - lower) / (upper - lower)
    return (np.clip(share, 0.0, 1.0) if clip else share) * scale


NORMALISERS: Final[dict[str, Normaliser]] = {
    "min_max": Normaliser(min_max, "lowest to highest value", True, True, {"low": 0.0, "high": 100.0}),
    "z_score": Normaliser(
        z_score, "distance from the mean in standard deviations", True, True, {"mean": 0.0, "sd": 1.0}
    ),
    "rank": Normaliser(rank, "rank from below, from 1", True, True, {"digits": None}),
    "borda": Normaliser(borda, "number of units below", True, True, {"digits": None}),
    "percentile_rank": Normaliser(percentile_rank, "share of units below", True, True, {"digits": None}),
    "distance_to_maximum": Normaliser(distance_to_maximum, "1 at the best, 0 at the worst", True, True),
    "distance_to_reference": Normaliser(
        distance_to_reference, "1 at a reference unit, 0 at the worst", True, True, {"cap": False}, ("reference",)
    ),
    "distance_to_targets": Normaliser(
        distance_to_targets, "1 at a target, 0 at the worst", False, False, {"cap": False}, ("targets",)
    ),
    "fraction_of_maximum": Normaliser(fraction_of_maximum, "share of the best value", True, False),
    "scaled": Normaliser(scaled, "given bounds, not cut", False, False, {"low": 0.0, "high": 100.0, "factor": 100.0}),
    "goalposts": Normaliser(
        goalposts, "given goalposts, cut to them", False, False, {"scale": 1.0, "clip": True}, ("low", "high")
    ),
}
"""Every normaliser by its name in a framework."""


def _one_each(bounds: ArrayLike, values: FloatArray, what: str) -> FloatArray:
    array = np.asarray(bounds, dtype=np.float64)
    if array.shape not in ((), values.shape[-1:]) or not np.isfinite(array).all():
        raise InputError(
            f"The {what} have the shape {array.shape} or a missing value, for {values.shape[-1]} indicators.",
            "Give one finite number for all, or one for each.",
        )
    return np.broadcast_to(array, values.shape[-1:])


def _refuse(bad: ArrayLike, why: str) -> None:
    array = np.asarray(bad)
    columns = np.flatnonzero(array.reshape(-1, array.shape[-1]).any(axis=0))
    if columns.size:
        raise InputError(f"{columns_text(columns).capitalize()}: {why}.", "Check the indicator and its parameters.")
