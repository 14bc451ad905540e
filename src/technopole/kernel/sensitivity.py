"""Sobol indices: how much of an output's variance each uncertain choice makes, alone and with all its interactions.

Design: two quasi-random matrices A and B of the unit cube, and for each factor A with that column of B. A factor is a
coordinate in [0, 1); what it means (a choice, a range, a seed) is the caller's: `sample.choose` cuts [0, 1) itself, so
discrete factors are native. Estimators: first order of Saltelli et al. (2010), doi:10.1016/j.cpc.2009.09.018, total
order of Jansen (1999), doi:10.1016/S0010-4655(98)00154-4. In both a factor that changes nothing has exactly 0.

A run that failed is NaN: its base point is left out with all its runs and counted, never hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, IntArray
from technopole.kernel.rank import UNRANKED
from technopole.kernel.sample import sobol_points

RESAMPLES: Final = 500
INTERVAL: Final = (0.05, 0.95)


@dataclass(frozen=True)
class SobolIndices:
    """Indices by factor and output, each (factors, outputs), or (factors,) where the outputs were one vector.

    Attributes
    ----------
    first, total : shares of the variance. Estimates can lie a little outside 0 to 1; they aren't cut. Where the
        output doesn't vary at all both are 0.
    first_low, first_high, total_low, total_high : bootstrap interval over base points.
    variance : (outputs,) or a scalar array.
    base_points, failed : base points used, and left out because one of their runs failed.
    failed_runs : positions in the design of the runs that failed, to be shown with their parameters.
    """

    first: FloatArray
    total: FloatArray
    first_low: FloatArray
    first_high: FloatArray
    total_low: FloatArray
    total_high: FloatArray
    variance: FloatArray
    base_points: int
    failed: int
    failed_runs: IntArray


def sobol_design(rng: np.random.Generator, base_points: int, factors: int) -> FloatArray:
    """Sample the unit cube for `sobol_indices`.

    Parameters
    ----------
    base_points : best a power of two. factors : number of coordinates.

    Returns
    -------
    (base_points x (factors + 2), factors): all of A, all of B, then A with column 0 of B, with column 1, ...

    Raises
    ------
    InputError
        Fewer than 2 base points or no factor.
    """
    if base_points < 2 or factors < 1:
        raise InputError(
            f"A sensitivity analysis needs 2 base points and a factor, not {base_points} and {factors}.",
            "Take a power of two such as 256.",
        )
    points = sobol_points(rng, base_points, 2 * factors)
    a, b = points[:, :factors], points[:, factors:]
    mixed = np.repeat(a[None], factors, axis=0)
    for factor in range(factors):
        mixed[factor, :, factor] = b[:, factor]
    return np.concatenate([a, b, mixed.reshape(-1, factors)])


def sobol_indices(
    outputs: ArrayLike,
    factors: int,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    interval: tuple[float, float] = INTERVAL,
) -> SobolIndices:
    """Estimate the indices from the outputs of a `sobol_design`.

    Parameters
    ----------
    outputs : (runs,), or (runs, outputs) such as the rank of every unit; NaN marks a failed run.
    rng : for the bootstrap over base points, in which the variance is estimated anew each time.

    Raises
    ------
    InputError
        A number of runs that isn't a multiple of factors + 2, infinite outputs, or fewer than 2 base points without
        a failure.
    """
    y = np.asarray(outputs, dtype=np.float64)
    if y.ndim not in (1, 2) or factors < 1 or y.shape[0] % (factors + 2) or y.shape[0] == 0 or np.isinf(y).any():
        raise InputError(
            f"Outputs of the shape {y.shape} don't belong to a design of {factors} factors, or are infinite.",
            "Give one finite output (or NaN for a failure) for each run of sobol_design.",
        )
    runs = y.reshape(factors + 2, -1, 1 if y.ndim == 1 else y.shape[1])
    broken = np.isnan(runs).any(axis=2)
    kept = ~broken.any(axis=0)
    if kept.sum() < 2:
        raise InputError(
            f"Of {kept.size} base points {int((~kept).sum())} hold a failed run.", "Repair the runs that fail."
        )
    used = runs[:, kept]
    # around the first output: a constant output then has a variance of exactly 0
    a, b, mixed = used[0] - used[0, 0], used[1] - used[0, 0], used[2:] - used[0, 0]
    centre = (a.mean(axis=0) + b.mean(axis=0)) / 2
    terms = _Terms(a, b, (b - centre) * (mixed - a), (a - mixed) ** 2 / 2)
    first, total, variance = _estimate(terms, np.ones((1, a.shape[0])))
    counts = rng.multinomial(a.shape[0], np.full(a.shape[0], 1.0 / a.shape[0]), size=resamples).astype(np.float64)
    firsts, totals, _ = _estimate(terms, counts)
    bounds = [np.quantile(draws, quantile, axis=0) for draws in (firsts, totals) for quantile in interval]
    parts = (first[0], total[0], *bounds, variance[0])
    shaped = [part[..., 0] for part in parts] if y.ndim == 1 else list(parts)
    failed_runs = np.flatnonzero(broken.ravel()).astype(np.int64)
    return SobolIndices(
        shaped[0], shaped[1], shaped[2], shaped[3], shaped[4], shaped[5], np.asarray(shaped[6]),
        int(kept.sum()), int((~kept).sum()), failed_runs,
    )  # fmt: skip


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


@dataclass(frozen=True)
class _Terms:
    """Outputs at A and B, (points, outputs); summands of first and total order, (factors, points, outputs)."""

    a: FloatArray
    b: FloatArray
    first: FloatArray
    total: FloatArray


def _estimate(terms: _Terms, counts: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Indices of each resample: counts is (resamples, points); results (resamples, factors, outputs), (., outputs)."""
    points = counts.sum(axis=1)[:, None]
    mean = counts @ (terms.a + terms.b) / (2 * points)
    variance = np.maximum(counts @ (terms.a**2 + terms.b**2) / (2 * points) - mean**2, 0.0)
    still = variance <= 1e-14 * mean**2
    variance = np.where(still, 0.0, variance)
    shape = (counts.shape[0], *terms.first.shape[::2])
    first, total = np.zeros(shape), np.zeros(shape)
    divisor = np.where(still, 1.0, variance)
    for factor in range(shape[1]):
        first[:, factor] = np.where(still, 0.0, counts @ terms.first[factor] / points / divisor)
        total[:, factor] = np.where(still, 0.0, counts @ terms.total[factor] / points / divisor)
    return first, total, variance
