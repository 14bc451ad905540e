"""Sobol indices on functions whose indices are known: linear, Ishigami, Sobol's g, discrete factors, null effects."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from technopole.core.errors import InputError
from technopole.kernel.aggregate import Aggregation, aggregate
from technopole.kernel.normalise import min_max, rank
from technopole.kernel.rank import competition_ranks
from technopole.kernel.sample import choose
from technopole.kernel.sensitivity import mean_absolute_rank_change, sobol_design, sobol_indices

POINTS = 4096


def study(function, factors, points=POINTS, seed=1):
    design = sobol_design(np.random.default_rng(seed), points, factors)
    return sobol_indices(function(design), factors, np.random.default_rng(seed + 1), resamples=200)


def test_linear_function():
    coefficients = np.array([1.0, 2.0, 3.0])
    found = study(lambda u: u @ coefficients, 3)
    expected = coefficients**2 / (coefficients**2).sum()
    np.testing.assert_allclose(found.first, expected, atol=0.01)
    np.testing.assert_allclose(found.total, expected, atol=0.01)
    assert found.variance == pytest.approx(14 / 12, rel=0.01)


def test_ishigami():
    # Ishigami and Homma (1990), a = 7, b = 0.1
    a, b = 7.0, 0.1

    def ishigami(u):
        x = (2 * u - 1) * np.pi
        return np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0])

    variance = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
    first = np.array([0.5 * (1 + b * np.pi**4 / 5) ** 2, a**2 / 8, 0.0]) / variance
    cross = 8 * b**2 * np.pi**8 / 225 / variance
    found = study(ishigami, 3)
    np.testing.assert_allclose(found.first, first, atol=0.02)
    total = first + np.array([cross, 0, cross])
    np.testing.assert_allclose(found.total, total, atol=0.02)
    assert ((found.total_low <= total) & (total <= found.total_high)).all()


def test_g_function():
    # Saltelli and Sobol (1995): product of (|4x - 2| + a) / (1 + a)
    a = np.array([0.0, 1.0, 4.5, 9.0, 99.0])
    parts = 1 / (3 * (1 + a) ** 2)
    variance = np.prod(1 + parts) - 1
    first = parts / variance
    total = parts * np.array([np.prod(np.delete(1 + parts, i)) for i in range(5)]) / variance
    found = study(lambda u: np.prod((np.abs(4 * u - 2) + a) / (1 + a), axis=1), 5)
    np.testing.assert_allclose(found.first, first, atol=0.02)
    np.testing.assert_allclose(found.total, total, atol=0.02)


def test_discrete_factors_are_native():
    # three equal choices and two unequal ones; all indices by enumeration
    values = np.array([[0.0, 1.0], [2.0, 5.0], [1.0, 0.0]])
    probability = np.array([0.25, 0.75])

    def function(u):
        return values[choose(u[:, 0], 3), choose(u[:, 1], 2, probability)]

    weights = np.full(3, 1 / 3)[:, None] * probability
    mean = (weights * values).sum()
    variance = (weights * (values - mean) ** 2).sum()
    by_row, by_column = values @ probability, values.mean(axis=0)
    first = np.array([((by_row - mean) ** 2).mean(), (probability * (by_column - mean) ** 2).sum()]) / variance
    found = study(function, 2)
    np.testing.assert_allclose(found.first, first, atol=0.01)
    np.testing.assert_allclose(found.total, 1 - first[::-1], atol=0.01)


def test_a_factor_without_effect_has_exactly_zero():
    rng = np.random.default_rng(0)
    x = rng.random((12, 4)) + 0.1
    methods = (Aggregation("arithmetic"), Aggregation("geometric"))
    equal = (min_max(x, 1, 100), min_max(x.copy(), 1, 100))  # two names of one choice

    def ranks(u):
        rows = []
        for method, matrix, shift in zip(choose(u[:, 0], 2), choose(u[:, 1], 2), u[:, 2], strict=True):
            rows.append(competition_ranks(aggregate(equal[matrix], [1 + shift, 1, 1, 1], methods[method])))
        return np.array(rows)

    found = study(ranks, 3, points=128)
    assert found.first.shape == (3, 12)
    for values in (found.first[1], found.total[1], found.total_low[1], found.total_high[1], found.first_high[1]):
        assert (values == 0).all()
    assert (found.total[[0, 2]] > 0).any(axis=1).all()


def test_nothing_varies_at_all():
    found = study(lambda u: np.full(u.shape[0], 3.7), 2, points=16)
    assert found.variance == 0
    assert (found.first == 0).all()
    assert (found.total == 0).all()


def test_the_same_seed_twice():
    first, second = (study(lambda u: u[:, 0] * u[:, 1], 2, points=64) for _ in range(2))
    np.testing.assert_array_equal(first.first_low, second.first_low)
    np.testing.assert_array_equal(first.total, second.total)


def test_a_failed_run_is_left_out_and_counted():
    design = sobol_design(np.random.default_rng(1), 512, 3)
    y = design @ np.array([1.0, 2.0, 3.0])
    y[[5, 512 + 9, 4 * 512 + 5]] = np.nan
    found = sobol_indices(y, 3, np.random.default_rng(2), resamples=50)
    assert (found.base_points, found.failed) == (510, 2)
    assert found.failed_runs.tolist() == [5, 521, 2053]
    np.testing.assert_allclose(found.total, np.array([1, 4, 9]) / 14, atol=0.03)


def test_the_design_changes_one_column_at_a_time():
    design = sobol_design(np.random.default_rng(0), 8, 3).reshape(5, 8, 3)
    for factor in range(3):
        same = [k for k in range(3) if k != factor]
        np.testing.assert_array_equal(design[2 + factor][:, same], design[0][:, same])
        np.testing.assert_array_equal(design[2 + factor][:, factor], design[1][:, factor])


def test_mean_absolute_rank_change():
    ranks = np.array([[1, 2, 3], [3, 2, 1], [0, 1, 2], [0, 0, 0]])
    change = mean_absolute_rank_change(ranks, [1, 2, 3])
    np.testing.assert_array_equal(change, [0, 4 / 3, 1, np.nan])


@pytest.mark.parametrize("outputs", [np.ones(7), np.ones((8, 2, 2)), np.array([np.inf] * 8), np.full(8, np.nan)])
def test_outputs_that_do_not_fit(outputs):
    with pytest.raises(InputError):
        sobol_indices(outputs, 2, np.random.default_rng(0))
    with pytest.raises(InputError, match="2 base points"):
        sobol_design(np.random.default_rng(0), 1, 2)


def test_rank_normalisation_as_a_factor_matters():
    # a choice that does matter isn't zero: min-max against ranks of a skewed column
    x = np.stack([np.arange(6.0) ** 4, np.arange(6.0)[::-1]], axis=1)
    matrices = (min_max(x), rank(x))
    scores = np.array([aggregate(m, np.ones(2)) for m in matrices])
    assert not np.array_equal(*competition_ranks(scores))
    pairs = list(itertools.product(range(2), repeat=2))
    assert len(pairs) == 4
    found = study(lambda u: competition_ranks(scores)[choose(u[:, 0], 2)].astype(float), 1, points=64)
    assert found.total.max() > 0.5
