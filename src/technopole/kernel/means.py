"""Quasi-arithmetic means: f^-1(sum(w f(x)) / sum(w)), child after child, over planes of (replicates, units)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray


@dataclass(frozen=True)
class QuasiMean:
    """The power mean: f(x) = x**power, or ln x where power is 0. Two of one power are equal."""

    power: float

    def forward(self, x: FloatArray) -> FloatArray:
        """f(x). Raises InputError where f(x) is infinite, or (unless the power is 1) a present value zero or below."""
        if self.power == 1:
            return x
        with np.errstate(invalid="ignore"):
            lowest = np.fmin.reduce(x, axis=None)
        if lowest <= 0:
            raise InputError(
                f"{self.name.capitalize()} of {lowest:g}: it needs values above zero.",
                "Normalise to a range above zero, such as 1 to 100.",
            )
        if self.power == 0:
            return np.asarray(np.log(x), dtype=np.float64)
        with np.errstate(over="ignore"):
            y = np.asarray(1.0 / x if self.power == -1 else x**self.power, dtype=np.float64)
        if np.isinf(y).any():
            raise InputError(
                f"{self.name.capitalize()} of {lowest:g} and more: its powers are too large for numbers.",
                "Choose a power nearer to 1, or normalise to a smaller range.",
            )
        return y

    def backward(self, y: FloatArray) -> FloatArray:
        """f^-1(y)."""
        if self.power == 1:
            return y
        if self.power == 0:
            return np.asarray(np.exp(y), dtype=np.float64)
        return np.asarray(1.0 / y if self.power == -1 else y ** (1.0 / self.power), dtype=np.float64)

    @property
    def name(self) -> str:
        """What a message calls it."""
        return {0.0: "a geometric mean", -1.0: "a harmonic mean"}.get(self.power, f"a power mean ({self.power:g})")


def generalised(power: float) -> QuasiMean:
    """Return the mean of this power. Raises InputError unless it is finite."""
    if not np.isfinite(power):
        raise InputError(f"A mean of the power {power:g} isn't defined here.", "Choose a finite power.")
    return QuasiMean(float(power))


def mean_of(planes: Sequence[FloatArray], weights: FloatArray, complete: bool = False) -> FloatArray:
    """sum(w p) / sum(w) over the present planes; NaN where none, or none of positive weight, is present.

    Parameters
    ----------
    planes : one array (..., units) a child.
    weights : (..., children).
    complete : nothing is missing and the weights already sum to 1 (saves looking and dividing).
    """
    shape = np.broadcast_shapes(*(plane.shape for plane in planes), (*weights.shape[:-1], 1))
    if complete:
        total, part = np.multiply(planes[0], weights[..., 0, None]), np.empty(shape)
        for j in range(1, len(planes)):
            np.multiply(planes[j], weights[..., j, None], out=part)
            total += part
        return total
    total, weight = sums_of(planes, weights, shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        np.divide(total, weight, out=total)
    return total


def sums_of(
    planes: Sequence[FloatArray], weights: FloatArray, shape: tuple[int, ...] | None
) -> tuple[FloatArray, FloatArray]:
    """sum(w p) of the full shape, and sum(w) over the present planes (broadcastable to it)."""
    if shape is None:
        shape = np.broadcast_shapes(*(plane.shape for plane in planes), (*weights.shape[:-1], 1))
    total, part = np.zeros(shape), np.empty(shape)
    weight: FloatArray = np.zeros((*weights.shape[:-1], 1))
    for j, plane in enumerate(planes):
        w = weights[..., j, None]
        missing = np.isnan(plane)
        if missing.any():
            np.multiply(np.where(missing, 0.0, plane), w, out=part)
            weight = weight + np.where(missing, 0.0, w)
        else:
            np.multiply(plane, w, out=part)
            weight = weight + w
        total += part
    return total, weight
