"""Missing values: each imputer fills (units, indicators); the random ones also return their draws.

Nothing is invented without evidence: a cell for which a method has no value to go by stays NaN, and the aggregators
leave it out of the weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, IntArray, as_matrix
from technopole.kernel.neighbours import nearest_donors

DONORS: Final = 10
DRAWS: Final = 20


@dataclass(frozen=True)
class Imputer:
    """One way of filling: a function (x, ...) -> filled matrix; `needs` names what it takes beside the matrix."""

    function: Callable[..., FloatArray]
    summary: str
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class NearestImputation:
    """Missing cells, their donors, and the values drawn from them.

    Attributes
    ----------
    observed : (units, indicators), the matrix before filling.
    rows, columns : (cells,), position of each missing cell, by row, then column.
    donors : (cells, donors) row of each donor, nearest first, -1 where there are fewer.
    draws : (draws, cells) value of one random donor each; NaN where a cell has no donor.
    """

    observed: FloatArray
    rows: IntArray
    columns: IntArray
    donors: IntArray
    draws: FloatArray

    @property
    def nominal(self) -> FloatArray:
        """The matrix filled with the mean of the draws, shape (units, indicators)."""
        return self._filled(_mean_in_order(self.draws))

    def replicate(self, draw: int) -> FloatArray:
        """Return the matrix filled with draw number `draw`, shape (units, indicators)."""
        return self._filled(self.draws[draw])

    def _filled(self, values: FloatArray) -> FloatArray:
        filled = self.observed.copy()
        filled[self.rows, self.columns] = values
        return filled


def impute_none(x: ArrayLike) -> FloatArray:
    """Leave missing values missing (aggregators renormalise the weights over what is there)."""
    return as_matrix(x).copy()


def impute_zero(x: ArrayLike) -> FloatArray:
    """Fill with zero: punishes what isn't known. For comparison only."""
    values = as_matrix(x)
    return np.where(np.isnan(values), 0.0, values)


def impute_mean(x: ArrayLike) -> FloatArray:
    """Fill with the column's mean of present values (COINr `i_mean`); an empty column stays empty."""
    values = as_matrix(x)
    return np.where(np.isnan(values), _column_statistic(values, np.mean), values)


def impute_median(x: ArrayLike) -> FloatArray:
    """Fill with the column's median of present values (COINr `i_median`); an empty column stays empty."""
    values = as_matrix(x)
    return np.where(np.isnan(values), _column_statistic(values, np.median), values)


def impute_group_mean(x: ArrayLike, groups: ArrayLike) -> FloatArray:
    """Fill with the mean over the unit's group (COINr `i_mean_grp`).

    Parameters
    ----------
    x : (units, indicators).
    groups : (units,), one label (text or number) each. A cell whose group has no value stays NaN.
    """
    return _by_group(x, groups, impute_mean)


def impute_group_median(x: ArrayLike, groups: ArrayLike) -> FloatArray:
    """Fill with the median over the unit's group (COINr `i_median_grp`); a group without a value stays NaN."""
    return _by_group(x, groups, impute_median)


def impute_nearest(
    x: ArrayLike,
    *,
    coordinates: ArrayLike,
    rng: np.random.Generator,
    donors: int = DONORS,
    draws: int = DRAWS,
    minimum_shared: int = 1,
) -> NearestImputation:
    """Draw each missing value at random from the values of the `donors` nearest units that have it (hot deck).

    Parameters
    ----------
    x : (units, indicators), values to fill.
    coordinates : (units, indicators), the same cells on a common scale (normalised), on which distance is measured;
        see `nearest_donors` for distance, ties, and what makes a donor.
    rng : each of `draws` draws takes one donor of each cell, with equal chances, with replacement.

    Returns
    -------
    NearestImputation. Its `nominal` is the mean of the draws. A cell with fewer donors draws from those there are; a
    cell with none (no unit that has the indicator shares another one with this unit) stays NaN.
    """
    values = as_matrix(x)
    if draws < 1:
        raise InputError(f"Can't take {draws} draws.", "Take at least one.")
    rows, columns, chosen = nearest_donors(np.isnan(values), coordinates, donors, minimum_shared)
    count = (chosen >= 0).sum(axis=1)
    uniform = rng.random((draws, rows.size))
    pick = np.minimum((uniform * count).astype(np.int64), np.maximum(count - 1, 0))
    donor = chosen[np.arange(rows.size), pick]
    drawn = np.where(donor >= 0, values[donor, columns], np.nan)
    return NearestImputation(values.copy(), rows, columns, chosen, drawn)


def impute_nearest_nominal(
    x: ArrayLike, coordinates: ArrayLike, rng: np.random.Generator, donors: int = DONORS, draws: int = DRAWS
) -> FloatArray:
    """`impute_nearest`, the nominal matrix alone."""
    return impute_nearest(x, coordinates=coordinates, rng=rng, donors=donors, draws=draws).nominal


IMPUTERS: Final[dict[str, Imputer]] = {
    "none": Imputer(impute_none, "missing stays missing; weights are renormalised over what is there"),
    "zero": Imputer(impute_zero, "zero, for comparison only"),
    "mean": Imputer(impute_mean, "mean of the indicator"),
    "median": Imputer(impute_median, "median of the indicator"),
    "group_mean": Imputer(impute_group_mean, "mean of the unit's group", ("groups",)),
    "group_median": Imputer(impute_group_median, "median of the unit's group", ("groups",)),
    "nearest": Imputer(
        impute_nearest_nominal, "mean of random draws from the nearest units' values", ("coordinates", "rng")
    ),
}
"""Every imputer by its name in a framework."""


def _column_statistic(values: FloatArray, statistic: Callable[[FloatArray], np.floating]) -> FloatArray:
    columns = [column[~np.isnan(column)] for column in values.T]
    return np.array([statistic(column) if column.size else np.nan for column in columns], dtype=np.float64)


def _by_group(x: ArrayLike, groups: ArrayLike, impute: Callable[[FloatArray], FloatArray]) -> FloatArray:
    values = as_matrix(x)
    labels = np.asarray(groups)
    if labels.shape != values.shape[:1]:
        raise InputError(
            f"There are {labels.size} group labels for {values.shape[0]} units.", "Give one for each unit."
        )
    filled = values.copy()
    _, of = np.unique(labels, return_inverse=True)
    for members in np.split(np.argsort(of, kind="stable"), np.cumsum(np.bincount(of))[:-1]):
        filled[members] = impute(values[members])
    return filled


def _mean_in_order(draws: FloatArray) -> FloatArray:
    # around the first draw: the mean of equal draws is then exactly their value, a tie on every processor
    total: FloatArray = np.zeros(draws.shape[1])
    for drawn in draws:
        total += drawn - draws[0]
    return np.asarray(draws[0] + total / draws.shape[0], dtype=np.float64)
