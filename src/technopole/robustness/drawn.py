"""What isn't known exactly, drawn: guesses for missing values, and values within their measurement error."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from technopole.core.types import Lens
from technopole.index.complete import complete
from technopole.index.framework import Method
from technopole.index.matrix import Matrix
from technopole.index.run import treat
from technopole.index.tree import Floats

MEASUREMENT: Final = 1
"""Names the stream of random numbers that measurement errors are drawn from, beside the framework's seed."""


def measured(matrix: Matrix, draws: int, seed: int) -> Floats | None:
    """Raw values within the ends that the matrix has for them: (draws, n, k); None where it has none.

    A value with ends is uniform between `low` and `high`, a count on the scale ln(1 + x). Others are as they are.
    """
    uncertain = matrix.low < matrix.high
    if not uncertain.any():
        return None
    share = np.random.default_rng([seed, MEASUREMENT]).random((draws, *matrix.values.shape))
    with np.errstate(invalid="ignore"):
        low, high = (np.where(matrix.is_count, np.log1p(end), end) for end in (matrix.low, matrix.high))
        between = low + share * (high - low)
        found = np.where(matrix.is_count, np.expm1(between), between)
    return np.where(uncertain, found, matrix.values)


def drawn_matrices(matrix: Matrix, method: Method, lens: Lens, seed: int) -> Floats:
    """Treated values without gaps, each layer one draw of all that isn't known exactly: (draws, n, k).

    One layer where nothing is drawn: no measurement error, and an imputation that isn't random.
    """
    layers = complete(treat(matrix, method, lens), matrix, method, seed).draws
    values = measured(matrix, method.draws, seed)
    if values is None:
        return layers
    uncertain = matrix.low < matrix.high
    drawn = np.broadcast_to(layers, (method.draws, *matrix.values.shape)).copy()
    for layer, read in zip(drawn, values, strict=True):
        layer[uncertain] = treat(replace(matrix, values=read), method, lens)[uncertain]
    return drawn
