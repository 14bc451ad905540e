"""Benefit of the doubt by hand; the published table stands with the golden tests."""

from __future__ import annotations

import numpy as np
import pytest

from technopole.core.errors import InputError
from technopole.kernel.doubt import benefit_of_the_doubt


def test_free_weights_put_every_corner_first():
    # the third unit is dominated by the first, at half of it
    found = benefit_of_the_doubt([[1.0, 0.2], [0.2, 1.0], [0.5, 0.1]])
    np.testing.assert_allclose(found.scores, [1.0, 1.0, 0.5])
    np.testing.assert_allclose((found.weights * [[1.0, 0.2], [0.2, 1.0], [0.5, 0.1]]).sum(axis=1), found.scores)


def test_equal_shares_are_the_mean_over_the_best_mean():
    x = np.random.default_rng(0).random((8, 4))
    found = benefit_of_the_doubt(x, 0.25, 0.25)
    np.testing.assert_allclose(found.scores, x.mean(axis=1) / x.mean(axis=1).max(), rtol=1e-6)


def test_the_weights_keep_the_bounds_and_no_unit_exceeds_one():
    x = np.random.default_rng(1).random((10, 5))
    found = benefit_of_the_doubt(x, 0.1, 0.4)
    shares = found.weights / found.weights.sum(axis=1, keepdims=True)
    assert ((shares >= 0.1 - 1e-7) & (shares <= 0.4 + 1e-7)).all()
    assert (x @ found.weights.T <= 1 + 1e-7).all()


@pytest.mark.parametrize(
    ("x", "low", "high"),
    [
        ([[1.0, np.nan]], 0, 1),
        ([[1.0, -1.0]], 0, 1),
        ([[1.0, 0.0]], 0, 1),
        ([[1.0, 1.0]], 0.6, 1),
        ([[1.0, 1.0]], 0, 0.4),
    ],
)
def test_what_it_refuses(x, low, high):
    with pytest.raises(InputError):
        benefit_of_the_doubt(x, low, high)
