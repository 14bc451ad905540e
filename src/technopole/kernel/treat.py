"""Outliers and skew: each treatment maps (units, indicators) to the same shape, column by column.

Missing values stay missing and take no part in any statistic. A stack of replicates is more columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, IntArray, as_matrix, columns_text

MAXIMUM_POINTS: Final = 5
SKEW_LIMIT: Final = 2.0
KURTOSIS_LIMIT: Final = 3.5


@dataclass(frozen=True)
class Treatment:
    """One treatment: a function (units, indicators) -> (units, indicators), with its parameters' defaults."""

    function: Callable[..., FloatArray]
    summary: str
    parameters: Mapping[str, float]


@dataclass(frozen=True)
class RuleOutcome:
    """What the skew and kurtosis rule did: treated matrix, points capped and whether the log was taken, per column."""

    x: FloatArray
    points: IntArray
    logged: tuple[bool, ...]


def untreated(x: ArrayLike) -> FloatArray:
    """Return a copy of the values as they are."""
    return as_matrix(x).copy()


def log1p(x: ArrayLike) -> FloatArray:
    """ln(1 + x), for counts: zero stays zero. Raises InputError where x <= -1."""
    values = as_matrix(x)
    bad = (values <= -1).any(axis=0) if not values.min() > -1 else np.zeros(1, dtype=np.bool_)
    if bad.any():
        raise InputError(
            f"ln(1 + x) of values at or below -1 ({columns_text(np.flatnonzero(bad))}).",
            "Counts are zero or more: check the values, or choose another treatment.",
        )
    return np.log1p(values)


def log(x: ArrayLike) -> FloatArray:
    """Return ln x. Raises InputError where a value is zero or below."""
    return np.log(_positive(x, "ln x"))


def log10(x: ArrayLike) -> FloatArray:
    """log10 x (UN 2001, Technology Achievement Index). Raises InputError where a value is zero or below."""
    return np.log10(_positive(x, "log10 x"))


def log_gii(x: ArrayLike, factor: float = 1.0) -> FloatArray:
    """ln((factor max - 1)(x - min) / (max - min) + 1), the transformation of the Global Innovation Index.

    A column without range stays as it is. Raises InputError where factor max isn't above 1: the order would be lost.
    Source: Saisana and Saltelli in the Global Innovation Index (2011), annex 3. (COINr's `log_GII` returns its input.)
    """

    def transform(column: FloatArray) -> FloatArray:
        low, high = column.min(), column.max()
        if not factor * high > 1:
            raise InputError(
                f"The transformation of the GII needs a maximum above 1, not {factor * high:g}.",
                "Raise `factor`, or choose log_shifted.",
            )
        return np.log((factor * high - 1.0) * (column - low) / (high - low) + 1.0) if high > low else column

    return _by_column(x, transform)


def log_shifted(x: ArrayLike) -> FloatArray:
    """ln(x - min + 0.01 (max - min)), column by column (COINr `log_CT`); a column without range stays as it is."""
    return _by_column(x, _log_shifted, together=True)


def log_by_skew(x: ArrayLike) -> FloatArray:
    """`log_shifted` of a column skewed to the right, otherwise -ln(max - x + 0.01 (max - min)) (COINr `log_CT_plus`).

    Higher stays higher. A column without range stays as it is; skewness that isn't defined (of two values) isn't to
    the right. Source: COINr 1.1.14 `log_CT_plus`, which fails for such columns.
    """

    def transform(column: FloatArray) -> FloatArray:
        return _log_shifted(column) if skewness(column) > 0 or np.ptp(column) == 0 else -_log_shifted(-column)

    return _by_column(x, transform)


def box_cox(x: ArrayLike, power: float | None = 0.0) -> FloatArray:
    """Box-Cox of y = x - min + 1: (y**power - 1) / power, or ln y where power is 0 (COINr `boxcox`).

    A power of None takes the most likely one of each column (`scipy.stats.boxcox`); a column without range stays.
    Source: Box and Cox (1964), doi:10.1111/j.2517-6161.1964.tb00553.x.
    """
    if power is None:
        from scipy import stats  # a second to import: only where a power is estimated

    def transform(column: FloatArray) -> FloatArray:
        positive = column - column.min() + 1.0
        if power is None:
            return np.asarray(stats.boxcox(positive)[0], dtype=np.float64) if np.ptp(column) > 0 else column
        return np.asarray(np.log(positive) if power == 0 else (positive**power - 1.0) / power, dtype=np.float64)

    return _by_column(x, transform)


def winsorise_quantile(x: ArrayLike, upper: float = 0.999, lower: float = 0.0) -> FloatArray:
    """Cap each column at its `upper` and `lower` quantiles (linear interpolation, R type 7, of the present values).

    Raises InputError unless 0 <= lower < upper <= 1.
    """
    if not 0 <= lower < upper <= 1:
        raise InputError(
            f"The quantiles {lower:g} and {upper:g} don't give a range.", "Choose 0 <= lower < upper <= 1."
        )

    def cap(columns: FloatArray) -> FloatArray:
        low, high = np.quantile(columns, [lower, upper], axis=0)
        return np.clip(columns, low, high)

    return _by_column(x, cap, together=True)


def winsorise_points(x: ArrayLike, high: int = 0, low: int = 0) -> FloatArray:
    """Set the `high` largest values of each column to the next largest one, and the `low` smallest likewise.

    Ties count as points of their own. Raises InputError where fewer than high + low + 1 values are present, or a
    number is negative.
    """
    if high < 0 or low < 0:
        raise InputError(f"Can't cap {high} high and {low} low points.", "Numbers of points are zero or more.")

    def cap(column: FloatArray) -> FloatArray:
        if high + low >= column.size:
            raise InputError(
                f"Can't cap {high} high and {low} low points of {column.size} values.", "Cap fewer points."
            )
        ordered = np.sort(column)
        return np.clip(column, ordered[int(low)], ordered[column.size - 1 - int(high)])

    return _by_column(x, cap)


def skewness(column: ArrayLike) -> float:
    """Skewness, e1071 type 2: G1 = g1 sqrt(n (n - 1)) / (n - 2), g1 = m3 / m2**1.5; NaN below 3 values or no spread.

    Missing values are left out. Source: Joanes and Gill (1998), doi:10.1111/1467-9884.00122.
    """
    values = _present(column)
    n = values.size
    deviation = values - values.mean() if n else values
    m2 = (deviation**2).mean() if n else 0.0
    if n < 3 or not m2 > 0:
        return float("nan")
    g1 = (deviation**3).mean() / m2**1.5
    return float(g1 * np.sqrt(n * (n - 1.0)) / (n - 2.0))


def kurtosis(column: ArrayLike) -> float:
    """Excess kurtosis, e1071 type 2: G2 = ((n + 1) g2 + 6)(n - 1) / ((n - 2)(n - 3)), g2 = m4 / m2**2 - 3.

    NaN below 4 values or without spread; missing values are left out. Source: doi:10.1111/1467-9884.00122.
    """
    values = _present(column)
    n = values.size
    deviation = values - values.mean() if n else values
    m2 = (deviation**2).mean() if n else 0.0
    if n < 4 or not m2 > 0:
        return float("nan")
    g2 = (deviation**4).mean() / m2**2 - 3.0
    return float(((n + 1.0) * g2 + 6.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0)))


def passes_skew_kurtosis(
    column: ArrayLike, skew_limit: float = SKEW_LIMIT, kurtosis_limit: float = KURTOSIS_LIMIT
) -> bool:
    """|skewness| < skew_limit or kurtosis < kurtosis_limit; a column too short or without spread passes."""
    skew, kurt = skewness(column), kurtosis(column)
    if np.isnan(skew) or np.isnan(kurt):
        return True
    return bool(abs(skew) < skew_limit or kurt < kurtosis_limit)


def winsorise_until_pass(
    column: ArrayLike,
    maximum_points: int = MAXIMUM_POINTS,
    skew_limit: float = SKEW_LIMIT,
    kurtosis_limit: float = KURTOSIS_LIMIT,
) -> tuple[FloatArray, int]:
    """Cap one column, one end at a time, until it passes the skew and kurtosis rule or the points are used up.

    While the rule fails and fewer than `maximum_points` points are capped: at positive (or zero) skewness the largest
    values become the next largest one, otherwise the smallest become the next smallest. Tied values are capped
    together, as in COINr 1.1.14 `winsorise`, so that the last step may pass the limit by the size of its tie.

    Returns
    -------
    The capped column, shape (units,), missing values as they were; and the number of capped points.
    """
    values = np.array(column, dtype=np.float64)
    present = ~np.isnan(values)
    high = low = 0
    while high + low < maximum_points and not passes_skew_kurtosis(values, skew_limit, kurtosis_limit):
        if skewness(values) >= 0:
            ends = present & (values == values[present].max())
            values[ends] = values[present & ~ends].max()
            high = int(ends.sum())
        else:
            ends = present & (values == values[present].min())
            values[ends] = values[present & ~ends].min()
            low = int(ends.sum())
    return values, high + low


def apply_skew_kurtosis_rule(
    x: ArrayLike,
    maximum_points: int = MAXIMUM_POINTS,
    skew_limit: float = SKEW_LIMIT,
    kurtosis_limit: float = KURTOSIS_LIMIT,
) -> RuleOutcome:
    """COINr's default treatment (Handbook on Constructing Composite Indicators 2008; COINr 1.1.14 `qTreat`).

    A column that passes (|skewness| < 2 or kurtosis < 3.5) stays. Otherwise it is winsorised (at most 5 points); where
    that doesn't suffice, ln(x - min + 0.01 range) is taken of the *raw* values instead, whether or not it then passes.
    """
    values = as_matrix(x)
    treated = values.copy()
    points = np.zeros(values.shape[1], dtype=np.int64)
    logged = [False] * values.shape[1]
    for j in range(values.shape[1]):
        capped, points[j] = winsorise_until_pass(values[:, j], maximum_points, skew_limit, kurtosis_limit)
        logged[j] = not passes_skew_kurtosis(capped, skew_limit, kurtosis_limit)
        treated[:, j] = log_shifted(values[:, [j]])[:, 0] if logged[j] else capped
        points[j] = 0 if logged[j] else points[j]
    return RuleOutcome(treated, points, tuple(logged))


def skew_kurtosis_rule(
    x: ArrayLike,
    maximum_points: int = MAXIMUM_POINTS,
    skew_limit: float = SKEW_LIMIT,
    kurtosis_limit: float = KURTOSIS_LIMIT,
) -> FloatArray:
    """`apply_skew_kurtosis_rule`, the treated matrix alone."""
    return apply_skew_kurtosis_rule(x, maximum_points, skew_limit, kurtosis_limit).x


TREATMENTS: Final[dict[str, Treatment]] = {
    "none": Treatment(untreated, "values as they are", {}),
    "log1p": Treatment(log1p, "ln(1 + x), for counts", {}),
    "log": Treatment(log, "ln x, above zero", {}),
    "log10": Treatment(log10, "log10 x, above zero", {}),
    "log_gii": Treatment(log_gii, "ln((factor max - 1)(x - min) / range + 1)", {"factor": 1.0}),
    "log_shifted": Treatment(log_shifted, "ln(x - min + 0.01 range)", {}),
    "log_by_skew": Treatment(log_by_skew, "log_shifted, mirrored where the skewness is negative", {}),
    "box_cox": Treatment(box_cox, "Box-Cox of x - min + 1; power null: the most likely", {"power": 0.0}),
    "winsorise_quantile": Treatment(winsorise_quantile, "cap at quantiles", {"upper": 0.999, "lower": 0.0}),
    "winsorise_points": Treatment(winsorise_points, "cap a number of points", {"high": 0, "low": 0}),
    "skew_kurtosis_rule": Treatment(
        skew_kurtosis_rule,
        "winsorise until |skewness| < 2 or kurtosis < 3.5, otherwise a shifted log",
        {"maximum_points": MAXIMUM_POINTS, "skew_limit": SKEW_LIMIT, "kurtosis_limit": KURTOSIS_LIMIT},
    ),
}
"""Every treatment by its name in a framework."""


def _positive(x: ArrayLike, what: str) -> FloatArray:
    values = as_matrix(x)
    bad = (values <= 0).any(axis=0)
    if bad.any():
        raise InputError(
            f"{what} of values at or below zero ({columns_text(np.flatnonzero(bad))}).",
            "Choose log1p for counts, or log_shifted.",
        )
    return values


def _by_column(x: ArrayLike, function: Callable[[FloatArray], FloatArray], *, together: bool = False) -> FloatArray:
    """Apply `function` to the present values of each column; an empty column stays empty.

    together : the function takes many complete columns, (units, columns), as well as one.
    """
    values = as_matrix(x)
    if together and not np.isnan(values.min()):
        return function(values)
    treated = values.copy()
    for j in range(values.shape[1]):
        present = ~np.isnan(values[:, j])
        if present.any():
            treated[present, j] = function(values[present, j])
    return treated


def _log_shifted(column: FloatArray) -> FloatArray:
    low, high = column.min(axis=0), column.max(axis=0)
    with np.errstate(divide="ignore"):  # a column without range
        return np.where(high > low, np.log(column - low + 0.01 * (high - low)), column)


def _present(column: ArrayLike) -> FloatArray:
    values = np.asarray(column, dtype=np.float64)
    return values[~np.isnan(values)]
