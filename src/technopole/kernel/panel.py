"""Panels: rows are units in periods. Filling along time, and the trend of each unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, IntArray, as_matrix

HOW: Final = ("latest", "linear")


def impute_panel(
    x: ArrayLike, units: ArrayLike, times: ArrayLike, how: str = "latest", longest: float = np.inf
) -> FloatArray:
    """Fill from the same unit in other periods, indicator by indicator.

    Parameters
    ----------
    x : (rows, indicators).
    units : (rows,) labels. times : (rows,) numbers, such as years; one row a unit and time.
    how : "latest" takes the last value before (COINr `i_panel`); "linear" lies on the line between the last value
        before and the first one after, and where one of them is missing the cell stays NaN (as R `approx`).
    longest : a value that is further away in time isn't used.

    Returns
    -------
    (rows, indicators); a cell without a usable value stays NaN.
    """
    values = as_matrix(x).copy()
    when = _times(times, values.shape[0])
    if how not in HOW or not longest >= 0:
        raise InputError(
            f"There is no way {how!r} to fill along time within {longest:g}.", f"Choose one of {', '.join(HOW)}."
        )
    for rows in _units(units, when):
        for j in range(values.shape[1]):
            column, period = values[rows, j], when[rows]
            known = np.flatnonzero(~np.isnan(column))
            if 0 < known.size < column.size:
                values[rows, j] = _filled(column, period, known, how, longest)
    return values


def trends(scores: ArrayLike, units: ArrayLike, times: ArrayLike) -> tuple[list[Any], FloatArray]:
    """Slope of the least-squares line of each unit's scores over time, per unit of time.

    Returns
    -------
    Labels of the units in order of appearance, and (units, 2): slope and number of scores; the slope is NaN below two.
    """
    values = np.asarray(scores, dtype=np.float64)
    when = _times(times, values.size)
    labels, table = [], []
    for rows in _units(units, when):
        use = rows[~np.isnan(values[rows])]
        slope = np.nan
        if use.size > 1:
            centred = when[use] - when[use].mean()
            slope = float((centred @ (values[use] - values[use].mean())) / (centred @ centred))
        labels.append(np.asarray(units)[rows[0]].item())
        table.append((slope, float(use.size)))
    return labels, np.array(table)


def _filled(column: FloatArray, period: FloatArray, known: IntArray, how: str, longest: float) -> FloatArray:
    filled = column.copy()
    for place in np.flatnonzero(np.isnan(column)):
        before, after = known[known < place], known[known > place]
        if not before.size or period[place] - period[before[-1]] > longest:
            continue
        low = before[-1]
        if how == "latest":
            filled[place] = column[low]
        elif after.size and period[after[0]] - period[place] <= longest:
            high = after[0]
            share = (period[place] - period[low]) / (period[high] - period[low])
            filled[place] = column[low] + share * (column[high] - column[low])
    return filled


def _times(times: ArrayLike, count: int) -> FloatArray:
    try:
        when = np.asarray(times, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("Times must be numbers, such as years.", "Number the periods.") from error
    if when.shape != (count,) or not np.isfinite(when).all():
        raise InputError(f"There are {when.size} times for {count} rows, or one is missing.", "Give one for each row.")
    return when


def _units(units: ArrayLike, when: FloatArray) -> Iterator[IntArray]:
    """Rows of each unit by time, units in order of appearance."""
    labels: NDArray[Any] = np.asarray(units)
    if labels.shape != when.shape:
        raise InputError(f"There are {labels.size} units for {when.size} rows.", "Give one for each row.")
    _, first, of = np.unique(labels, return_index=True, return_inverse=True)
    by_unit = np.split(np.lexsort((when, of)), np.cumsum(np.bincount(of))[:-1])
    for unit in np.argsort(first):
        yield by_unit[unit].astype(np.int64)
