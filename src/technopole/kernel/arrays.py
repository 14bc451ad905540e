"""What the kernel accepts: float64 matrices with NaN for missing, and one-line errors for anything else."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from technopole.core.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
RankArray = NDArray[np.int32]
BoolArray = NDArray[np.bool_]

LARGEST: Final = 1e70
"""Values beyond it are refused: fourth powers (kurtosis) must not overflow."""


def as_matrix(x: ArrayLike, what: str = "data matrix") -> FloatArray:
    """Return `x` as float64 of shape (..., units, indicators).

    Missing values stay NaN. The result may share memory with `x`; callers in the kernel never write to it.

    Raises
    ------
    InputError
        Fewer than two axes, no unit, no indicator, not numeric, or a value that is infinite or beyond `LARGEST`.
    """
    array = _as_float(x, what)
    if array.ndim < 2 or 0 in array.shape:
        raise InputError(
            f"The {what} has the shape {array.shape}, but units and indicators are needed.",
            "Give an array of shape (..., units, indicators) with at least one of each.",
        )
    refuse_unusable(array, what)
    return array


def as_weights(weights: ArrayLike, count: int, what: str = "weights") -> FloatArray:
    """Return weights as float64 of shape (..., count), checked: finite, not negative, not all zero along the last axis.

    Raises
    ------
    InputError
        Another length, NaN or infinite, negative, or all zero.
    """
    array = np.atleast_1d(_as_float(weights, what))
    if array.shape[-1] != count:
        raise InputError(
            f"There are {array.shape[-1]} {what} for {count} elements.", "Give one weight for each element."
        )
    if not np.isfinite(array).all():
        raise InputError(f"The {what} hold a missing or infinite value.", "Give a finite number for each element.")
    if (array < 0).any():
        raise InputError(f"The {what} hold a negative value ({array.min():g}).", "Weights are zero or more.")
    if not (array > 0).any(axis=-1).all():
        raise InputError(f"The {what} are all zero.", "At least one weight must be above zero.")
    return array


def refuse_unusable(array: FloatArray, what: str) -> None:
    """Raise InputError, naming the columns (last axis), where a value is infinite or beyond `LARGEST`."""
    if array.max() <= LARGEST and array.min() >= -LARGEST:
        return  # a missing value makes both comparisons false
    if np.fmax.reduce(array, axis=None) <= LARGEST and np.fmin.reduce(array, axis=None) >= -LARGEST:
        return
    beyond = np.abs(array) > LARGEST
    if beyond.any():
        columns = np.flatnonzero(beyond.reshape(-1, array.shape[-1]).any(axis=0))
        raise InputError(
            f"The {what} holds infinite values, or values beyond {LARGEST:g}, in {columns_text(columns)}.",
            "Replace them, or mark them as missing.",
        )


def columns_text(columns: ArrayLike) -> str:
    """Columns by position (from 0) as text for a message: "column 3", "columns 3, 5 and 9 more"."""
    positions = [int(column) for column in np.atleast_1d(np.asarray(columns))]
    shown, rest = positions[:5], len(positions) - 5
    text = ", ".join(str(position) for position in shown) + (f" and {rest} more" if rest > 0 else "")
    return f"column {text}" if len(positions) == 1 else f"columns {text}"


def extremes(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Smallest and largest present value of each column, shape (..., 1, indicators); NaN for an empty column."""
    low, high = x.min(axis=-2, keepdims=True), x.max(axis=-2, keepdims=True)
    if not np.isnan(low).any():
        return low, high
    missing = np.isnan(x)
    low = np.where(missing, np.inf, x).min(axis=-2, keepdims=True)
    high = np.where(missing, -np.inf, x).max(axis=-2, keepdims=True)
    empty = missing.all(axis=-2, keepdims=True)
    return np.where(empty, np.nan, low), np.where(empty, np.nan, high)


def degenerate_columns(x: ArrayLike) -> BoolArray:
    """Which columns can't tell units apart: all missing, or one value only. Shape (..., indicators).

    Callers that know the names check with this first and name the indicator in their error.
    """
    low, high = extremes(as_matrix(x))
    return np.asarray(~(high > low))[..., 0, :]


def refuse_degenerate(x: FloatArray, why: str) -> tuple[FloatArray, FloatArray]:
    """Return the `extremes`; raise InputError, naming the columns, where a column has no range."""
    low, high = extremes(x)
    flat = (~(high > low)).reshape(-1, x.shape[-1]).any(axis=0)
    if flat.any():
        raise InputError(
            f"{columns_text(np.flatnonzero(flat)).capitalize()}: all values are missing or equal, so {why} can't tell "
            "units apart.",
            "Drop the indicator, or choose units that differ in it.",
        )
    return low, high


def _as_float(x: ArrayLike, what: str) -> FloatArray:
    try:
        return np.asarray(x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"The {what} isn't numeric ({error}).", "Give numbers, with NaN for missing.") from error
