"""Points of the unit cube, and what a coordinate in [0, 1) means for a factor: a choice, a range, a normal error."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special
from scipy.stats import qmc

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, IntArray, as_weights


def sobol_points(rng: np.random.Generator, points: int, dimensions: int) -> FloatArray:
    """Scrambled Sobol sequence, shape (points, dimensions), in [0, 1).

    The balance of the sequence holds for powers of two; another number takes the first so many of the next power.
    Source: Owen (1998), doi:10.1006/jcom.1998.0487, by scipy.stats.qmc. Raises InputError below one point or dimension.
    """
    if points < 1 or dimensions < 1:
        raise InputError(f"Can't sample {points} points in {dimensions} dimensions.", "Give at least one of each.")
    sequence = qmc.Sobol(dimensions, scramble=True, rng=rng)
    drawn = sequence.random_base2(max(0, (points - 1).bit_length()))
    # a scrambled coordinate can round up to 1, which no choice owns
    return np.minimum(np.asarray(drawn[:points], dtype=np.float64), np.nextafter(1.0, 0.0))


def choose(uniform: ArrayLike, choices: int, probabilities: ArrayLike | None = None) -> IntArray:
    """Choice number 0 .. choices - 1 of each coordinate.

    [0, 1) itself is cut, never the range of a sample: into equal parts, or in proportion to `probabilities` (any
    positive scale). So a choice has its probability in every sample.

    Parameters
    ----------
    uniform : any shape, in [0, 1).

    Raises
    ------
    InputError
        No choice, coordinates outside [0, 1), or probabilities that are negative, all zero or of another number.
    """
    points = _unit(uniform)
    if choices < 1:
        raise InputError(f"Can't choose among {choices}.", "Give at least one choice.")
    if probabilities is None:
        return np.minimum((points * choices).astype(np.int64), choices - 1)
    weights = as_weights(probabilities, choices, "probabilities")
    upper = np.cumsum(weights) / np.cumsum(weights)[-1]
    chosen = np.searchsorted(upper, points, side="right")
    return np.asarray(np.minimum(chosen, np.flatnonzero(weights > 0)[-1]), dtype=np.int64)


def between(uniform: ArrayLike, low: float, high: float) -> FloatArray:
    """Low + (high - low) * coordinate. Raises InputError unless low <= high, both finite."""
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise InputError(f"There is no range from {low:g} to {high:g}.", "Give low at or below high.")
    return low + (high - low) * _unit(uniform)


def standard_normal(uniform: ArrayLike) -> FloatArray:
    """Return standard normal deviates by the inverse distribution; a coordinate of 0 counts as 2**-53."""
    return np.asarray(special.ndtri(np.maximum(_unit(uniform), 2.0**-53)), dtype=np.float64)


def _unit(uniform: ArrayLike) -> FloatArray:
    points = np.asarray(uniform, dtype=np.float64)
    if not ((points >= 0) & (points < 1)).all():
        raise InputError("A coordinate lies outside 0 (with) to 1 (without).", "Sample the unit cube.")
    return points
