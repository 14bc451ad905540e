"""Weighted sums of one matrix by many sets of weights: products of matrices with the same bits on every processor.

A library for matrices adds in an order of its own, which differs between processors. Here both sides are cut into
parts of so few bits that every product and every sum of them is exact in double precision: then any order gives the
same bits, and the fastest may be taken (the splitting of Ozaki, Ogita, Oishi and Rump 2012,
doi:10.1007/s11075-011-9478-1, in three parts).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from technopole.kernel.arrays import FloatArray
from technopole.kernel.threads import one_thread

MOST_TERMS: Final = 128
"""Terms of a sum up to which the parts keep 22 bits and more."""
BLOCK: Final = 1 << 15
"""Sums of one product: so few that they stay in the cache."""
_MANTISSA: Final = 53


class ExactSums:
    """One matrix, cut for exact sums.

    Parameters
    ----------
    x : (terms, units), finite, up to MOST_TERMS terms.
    """

    def __init__(self, x: FloatArray) -> None:
        self._bit = 2.0 ** ((_MANTISSA - (3 * len(x) - 1).bit_length()) // 2)
        self._exponents = np.frexp(np.abs(x).max(axis=1, initial=0.0))[1]
        scaled = x * np.ldexp(1.0, -self._exponents)[:, None]
        unit = np.frexp(np.abs(scaled).max(axis=0, initial=0.0))[1]
        high, middle, low = (np.ldexp(part, unit) for part in self._parts(scaled * np.ldexp(1.0, -unit)))
        self._factors = (high, np.concatenate([middle, high]), np.concatenate([low, middle, high]))

    def __call__(self, weights: FloatArray) -> FloatArray:
        """sum(w x), (replicates, units), for weights (replicates, terms).

        Each sum is right to about 2**-52 of itself and 2**-64 of the product of its largest weight and the unit's
        largest value (after each term's scaling to its own largest value). Its bits depend on its own weights only.
        """
        largest = self._exponents.max()
        scaled = weights * np.ldexp(1.0, self._exponents - largest)
        exponents = np.frexp(np.abs(scaled).max(axis=1, keepdims=True))[1]
        parts = self._parts(scaled * np.ldexp(1.0, -exponents))
        parts = [np.ldexp(part, exponents + largest) for part in parts]
        # parts of one order stand side by side: high x high; high x middle + middle x high; and so on
        factors = [np.concatenate(parts[: order + 1], axis=1) for order in range(len(parts))]
        units = self._factors[0].shape[1]
        sums = np.empty((len(weights), units))
        step = max(1, BLOCK // max(1, units))
        small = np.empty((2, step, units))
        with one_thread():
            for start in range(0, len(weights), step):
                block = sums[start : start + step]
                first, second, third = (factor[start : start + step] for factor in factors)
                np.matmul(first, self._factors[0], out=block)
                minor = np.matmul(second, self._factors[1], out=small[0, : len(block)])
                minor += np.matmul(third, self._factors[2], out=small[1, : len(block)])
                block += minor
        return sums

    def _parts(self, values: FloatArray) -> list[FloatArray]:
        """Values from -1 to 1 as a high, a middle and a low part: multiples of 1 / bit, 1 / bit**2, 1 / bit**3."""
        parts, rest, bit = [], values, 1.0
        for _ in range(3):
            bit *= self._bit
            parts.append(np.rint(rest * bit) / bit)
            rest = rest - parts[-1]
        return parts
