"""Weighted sums of one matrix by many sets of weights: products of matrices with the same bits on every processor.

A library for matrices adds in an order of its own, which differs between processors. Here both sides are cut into a
high and a low part of so few bits that every product and every sum of them is exact in double precision: then any order
gives the same bits, and the fastest may be taken (the splitting of Ozaki, Ogita, Oishi and Rump 2012,
doi:10.1007/s11075-011-9478-1, in two parts).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from technopole.kernel.arrays import FloatArray

MOST_TERMS: Final = 128
"""Terms of a sum up to which the parts keep 22 bits and more, so that a score is right to some 13 digits."""
BLOCK: Final = 1 << 13
"""Sums of one product: so few that they stay in the cache, and that no time is lost in spreading them over threads."""
_MANTISSA: Final = 53


class ExactSums:
    """One matrix, cut for exact sums.

    Parameters
    ----------
    x : (terms, units), finite, up to MOST_TERMS terms.
    """

    def __init__(self, x: FloatArray) -> None:
        self._unit = 2.0 ** ((_MANTISSA - (2 * len(x) - 1).bit_length()) // 2)
        self._exponents = np.frexp(np.abs(x).max(axis=1, initial=0.0))[1]
        self._high, low = self._parts(x * np.ldexp(1.0, -self._exponents)[:, None])
        self._both = np.concatenate([low, self._high])

    def __call__(self, weights: FloatArray) -> FloatArray:
        """sum(w x), (replicates, units), for weights (replicates, terms).

        Each sum is right to about 2**-44 of its largest term, and its bits depend on its own weights only.
        """
        largest = self._exponents.max()
        scaled = weights * np.ldexp(1.0, self._exponents - largest)
        exponents = np.frexp(np.abs(scaled).max(axis=1, keepdims=True))[1]
        high, low = self._parts(scaled * np.ldexp(1.0, -exponents))
        high, low = np.ldexp(high, exponents + largest), np.ldexp(low, exponents + largest)
        both = np.concatenate([high, low], axis=1)
        units = self._high.shape[1]
        sums = np.empty((len(weights), units))
        step = max(1, BLOCK // max(1, units))
        part = np.empty((step, units))
        for start in range(0, len(weights), step):
            block = sums[start : start + step]
            np.matmul(high[start : start + step], self._high, out=block)
            block += np.matmul(both[start : start + step], self._both, out=part[: len(block)])
        return sums

    def _parts(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """High and low part of values from -1 to 1, whole multiples of 1 / unit and of 1 / unit**2."""
        high = np.rint(values * self._unit) / self._unit
        low = np.rint((values - high) * self._unit**2) / self._unit**2
        return high, low
