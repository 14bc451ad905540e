"""Principal components of a correlation matrix, factor loadings, and their varimax rotation.

Units with a missing value are left out (listwise), as in COINr `get_PCA`. Signs are fixed: in each component the
element with the largest absolute loading is positive, so that the result is the same on every processor.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, as_matrix, refuse_degenerate

ROTATIONS: Final = 1000
TOLERANCE: Final = 1e-14


@dataclass(frozen=True)
class Components:
    """Principal components of standardised columns.

    Attributes
    ----------
    eigenvalues : (k,), descending; they sum to the number of elements.
    vectors : (elements, k), unit length, one column a component.
    used : number of complete units behind them.
    """

    eigenvalues: FloatArray
    vectors: FloatArray
    used: int

    @property
    def shares(self) -> FloatArray:
        """Share of the variance that each component explains, (k,)."""
        return np.asarray(self.eigenvalues / self.eigenvalues.sum(), dtype=np.float64)

    @property
    def loadings(self) -> FloatArray:
        """Correlation of each element with each component, (elements, k): vectors times sqrt(eigenvalue)."""
        return np.asarray(self.vectors * np.sqrt(self.eigenvalues), dtype=np.float64)


def complete_rows(x: ArrayLike, least: int = 3) -> FloatArray:
    """Return the rows of (units, elements) without a missing value.

    Raises
    ------
    InputError
        Fewer than `least` complete units, or an element that has one value only among them.
    """
    values = as_matrix(x)
    rows = values[~np.isnan(values).any(axis=-1)]
    if rows.shape[0] < least:
        raise InputError(
            f"Only {rows.shape[0]} units have all {values.shape[-1]} elements; correlations need {least}.",
            "Impute first, or drop the element with most gaps.",
        )
    refuse_degenerate(rows, "a correlation")
    return rows


def correlation_matrix(x: ArrayLike) -> FloatArray:
    """Pearson correlations of the columns over complete units, (elements, elements), diagonal exactly 1."""
    rows = complete_rows(x)
    centred = rows - rows.mean(axis=0)
    scaled = centred / np.sqrt((centred**2).sum(axis=0))
    matrix = np.clip(scaled.T @ scaled, -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    return np.asarray((matrix + matrix.T) / 2, dtype=np.float64)


def principal_components(x: ArrayLike) -> Components:
    """Eigenvectors of the correlation matrix of (units, elements).

    Source: Handbook on Constructing Composite Indicators (2008), tables 7 and 8; R `prcomp(scale. = TRUE)`.
    Raises InputError as `complete_rows`.
    """
    rows = complete_rows(x)
    values, vectors = np.linalg.eigh(correlation_matrix(rows))
    order = np.argsort(-values, kind="stable")
    vectors = vectors[:, order]
    largest = np.abs(vectors).argmax(axis=0)
    signs = np.where(vectors[largest, np.arange(vectors.shape[1])] < 0, -1.0, 1.0)
    return Components(np.maximum(values[order], 0.0), vectors * signs, rows.shape[0])


def varimax(loadings: ArrayLike, kaiser: bool = True) -> FloatArray:
    """Rotate loadings (elements, factors) so that each factor has few large ones.

    Maximises the sum over factors of the variance of the squared loadings (Kaiser 1958, doi:10.1007/BF02289233);
    `kaiser` divides each row by its communality first and multiplies it back after, as SPSS and R `varimax` do.

    Returns
    -------
    (elements, factors); factors by explained variance, largest first, each with its largest loading positive.
    """
    given = as_matrix(loadings, "matrix of loadings")
    length = np.sqrt((given**2).sum(axis=1, keepdims=True))
    scale = np.where(length > 0, length, 1.0) if kaiser else np.ones_like(length)
    base = given / scale
    rotation, before = np.eye(given.shape[1]), 0.0
    for _ in range(ROTATIONS):
        rotated = base @ rotation
        gradient = base.T @ (rotated**3 - rotated * (rotated**2).mean(axis=0))
        left, singular, right = np.linalg.svd(gradient)
        rotation = left @ right
        if singular.sum() <= before * (1 + TOLERANCE):
            break
        before = float(singular.sum())
    turned = base @ rotation * scale
    turned = turned[:, np.argsort(-(turned**2).sum(axis=0), kind="stable")]
    largest = np.abs(turned).argmax(axis=0)
    signs = np.where(turned[largest, np.arange(turned.shape[1])] < 0, -1.0, 1.0)
    return np.asarray(turned * signs, dtype=np.float64)
