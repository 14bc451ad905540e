"""Normalisers, weights, trees and samples on cases small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from technopole.core.errors import InputError
from technopole.kernel.arrays import as_matrix, degenerate_columns
from technopole.kernel.normalise import (
    distance_to_maximum,
    distance_to_reference,
    distance_to_targets,
    goalposts,
    min_max,
    orient,
    orient_bounds,
    percentile_rank,
    rank,
    scaled,
    z_score,
)
from technopole.kernel.sample import between, choose, sobol_points, standard_normal
from technopole.kernel.tree import Tree, flat_tree
from technopole.kernel.weight import (
    bounded_weights,
    dirichlet_from_uniform,
    dirichlet_weights,
    effective_weights,
    equal_weights,
    given_weights,
    noisy_weights,
    normalised_weights,
    tree_dirichlet_weights,
)

NAN = np.nan
RNG = np.random.default_rng


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_normalisers_by_hand():
    x = column(10, 20, NAN, 40)
    np.testing.assert_allclose(min_max(x, 1, 100), column(1, 34, NAN, 100))
    np.testing.assert_allclose(z_score(column(1, 2, NAN, 3), 10, 2), column(8, 10, NAN, 12))
    np.testing.assert_array_equal(rank(column(5, 5, 1, NAN, 9)), column(2, 2, 1, NAN, 4))
    np.testing.assert_array_equal(percentile_rank(column(5, 5, 1, NAN, 9)), column(1 / 3, 1 / 3, 0, NAN, 1))
    np.testing.assert_allclose(distance_to_maximum(x), column(0, 1 / 3, NAN, 1))
    np.testing.assert_allclose(distance_to_reference(x, 1), column(0, 1, NAN, 3))
    np.testing.assert_allclose(distance_to_reference(x, 1, cap=True), column(0, 1, NAN, 1))
    np.testing.assert_allclose(distance_to_targets(x, [30], cap=True), column(0, 0.5, NAN, 1))
    np.testing.assert_allclose(scaled(x, 0, 20), column(50, 100, NAN, 200))
    np.testing.assert_allclose(goalposts(x, 15, 25), column(0, 0.5, NAN, 1))
    np.testing.assert_allclose(goalposts(x, 15, 25, clip=False), column(-0.5, 0.5, NAN, 2.5))


def test_computed_values_rank_at_ten_digits_if_asked():
    x = column(0.1 + 0.2, 0.3, 0.2)
    np.testing.assert_array_equal(rank(x), column(3, 2, 1))
    np.testing.assert_array_equal(rank(x, digits=10), column(2, 2, 1))


def test_a_stack_is_normalised_replicate_by_replicate():
    stack = RNG(0).random((3, 7, 2))
    stack[1, 2, 0] = NAN
    for function in (min_max, z_score, rank, percentile_rank, distance_to_maximum):
        np.testing.assert_array_equal(function(stack), np.stack([function(one) for one in stack]))


def test_direction_is_applied_to_data_and_goalposts_alike():
    x, direction = np.array([[1.0, 2.0], [3.0, 5.0]]), [1, -1]
    low, high = orient_bounds([0, 0], [10, 10], direction)
    score = goalposts(orient(x, direction), low, high)
    np.testing.assert_allclose(score, [[0.1, 0.8], [0.3, 0.5]])
    with pytest.raises(InputError, match="Directions"):
        orient(x, [1, 0])


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: min_max(np.array([[1.0, 2.0], [1.0, 3.0]])),
        lambda: z_score(np.array([[1.0], [NAN]])),
        lambda: min_max(np.array([[NAN, 2.0], [NAN, 3.0]])),
        lambda: min_max(column(1, 2), 5, 5),
        lambda: percentile_rank(column(1, NAN)),
        lambda: distance_to_reference(column(1, 2), 2),
        lambda: distance_to_targets(column(1, 2), [1]),
        lambda: distance_to_targets(column(1, 2), [3, 4]),
        lambda: goalposts(column(1, 2), 5, 5),
        lambda: as_matrix([1.0, 2.0]),
        lambda: as_matrix([["a"], ["b"]]),
        lambda: as_matrix(column(1, np.inf)),
        lambda: as_matrix(np.empty((0, 3))),
    ],
)
def test_bad_input_is_one_clear_line(attempt):
    with pytest.raises(InputError) as caught:
        attempt()
    assert "\n" not in str(caught.value)
    assert caught.value.remedy


def test_degenerate_columns_are_named_by_position():
    x = np.array([[1.0, 2.0, NAN], [1.0, 3.0, NAN]])
    np.testing.assert_array_equal(degenerate_columns(x), [True, False, True])
    with pytest.raises(InputError, match="Columns 0, 2"):
        min_max(x)


def test_given_and_equal_weights():
    np.testing.assert_array_equal(equal_weights(3), [1, 1, 1])
    np.testing.assert_allclose(normalised_weights([1, 3]), [0.25, 0.75])
    for bad in ([1, -1], [0, 0], [1, NAN], [1, np.inf], [1, 2, 3], ["a", "b"]):
        with pytest.raises(InputError):
            given_weights(bad, 2)


def test_effective_weights_multiply_along_the_path():
    # leaves 0, 1 under 3; leaf 2 and aggregate 3 under the root 4
    tree = Tree((3, 3, 4, 4, -1), 3)
    effective = effective_weights([1, 3, 1, 1, 7], tree)
    np.testing.assert_allclose(effective, [0.125, 0.375, 0.5, 0.5, 1])
    stacked = effective_weights([[1, 3, 1, 1, 7], [1, 1, 0, 1, 1]], tree)
    np.testing.assert_allclose(stacked[1], [0.5, 0.5, 0, 1, 1])
    with pytest.raises(InputError, match="children of node 3"):
        effective_weights([0, 0, 1, 1, 1], tree)


@pytest.mark.parametrize(
    ("parents", "leaves"),
    [
        ((2, 2), 2),  # no root
        ((3, 3, 2, -1), 2),  # its own parent
        ((2, 2, -1, -1), 2),  # two roots
        ((3, 3, 3, -1), 2),  # aggregate 2 has no children
        ((1, 2, -1), 2),  # a leaf as a parent
        ((-1,), 1),
        ((3, 3, 4, 2, -1), 2),  # a parent before its child: a cycle of 2 and 3 has no order
    ],
)
def test_bad_trees(parents, leaves):
    with pytest.raises(InputError):
        Tree(parents, leaves)


def test_tree_knows_its_children():
    tree = Tree((3, 3, 4, 4, -1), 3)
    assert tree.children == {3: (0, 1), 4: (2, 3)}
    assert flat_tree(2) == Tree((2, 2, -1), 2)


def test_dirichlet_has_the_centre_as_mean_and_is_uniform_at_one():
    weights = dirichlet_weights(RNG(0), [1, 2, 0, 3], 20_000, 2.0)
    np.testing.assert_allclose(weights.mean(axis=0), [1 / 6, 1 / 3, 0, 1 / 2], atol=0.005)
    assert (weights[:, 2] == 0).all()
    # uniform over three weights: each has the distribution Beta(1, 2)
    uniform = dirichlet_weights(RNG(1), [5, 5, 5], 5_000)
    assert stats.kstest(uniform[:, 0], stats.beta(1, 2).cdf).pvalue > 0.001
    mapped = dirichlet_from_uniform(sobol_points(RNG(2), 4096, 3), [5, 5, 5])
    assert stats.kstest(mapped[:, 0], stats.beta(1, 2).cdf).statistic < 0.01
    skewed = dirichlet_from_uniform(sobol_points(RNG(3), 4096, 2), [1, 3], 2.0)
    np.testing.assert_allclose(skewed.mean(axis=0), [0.25, 0.75], atol=0.003)
    assert np.isfinite(dirichlet_weights(RNG(4), [1, 1], 100, 1e-4)).all()


def test_bounded_and_noisy_weights_stay_within_and_vanish_at_null():
    centre = np.array([1.0, 2.0, 0.0])
    np.testing.assert_array_equal(bounded_weights(RNG(0), centre, 4, 1.0), np.tile(centre, (4, 1)))
    np.testing.assert_array_equal(noisy_weights(RNG(0), centre, 4, 0.0), np.tile(centre, (4, 1)))
    logs = np.log2(bounded_weights(RNG(0), centre, 5_000, 2.0)[:, 1] / 2)
    assert stats.kstest(logs, stats.uniform(-1, 2).cdf).pvalue > 0.001
    noisy = noisy_weights(RNG(0), centre, 5_000, 0.25)[:, 1]
    assert stats.kstest(noisy, stats.uniform(1.5, 1.0).cdf).pvalue > 0.001


def test_tree_weights_are_drawn_among_siblings():
    tree = Tree((3, 3, 4, 4, -1), 3)
    weights = tree_dirichlet_weights(RNG(0), np.ones(5), tree, 50)
    for children in tree.children.values():
        np.testing.assert_allclose(weights[:, list(children)].sum(axis=1), 1)
    np.testing.assert_allclose(effective_weights(weights, tree)[:, :3].sum(axis=1), 1)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: bounded_weights(RNG(0), [1], 2, 0.5),
        lambda: noisy_weights(RNG(0), [1], 2, 1.0),
        lambda: dirichlet_weights(RNG(0), [1, 1], 2, 0.0),
        lambda: dirichlet_from_uniform([1.0, 0.5], [1, 1]),
        lambda: equal_weights(0),
        lambda: sobol_points(RNG(0), 0, 1),
        lambda: choose([0.5], 0),
        lambda: choose([1.0], 2),
        lambda: choose([0.5], 2, [0, 0]),
        lambda: between([0.5], 2, 1),
    ],
)
def test_bad_distributions(attempt):
    with pytest.raises(InputError):
        attempt()


def test_sobol_points_are_balanced_reproducible_and_scrambled():
    points = sobol_points(RNG(7), 64, 3)
    np.testing.assert_array_equal(points, sobol_points(RNG(7), 64, 3))
    assert (points != sobol_points(RNG(8), 64, 3)).any()
    assert sobol_points(RNG(7), 50, 3).shape == (50, 3)
    for dimension in points.T:
        np.testing.assert_array_equal(np.bincount((dimension * 64).astype(int)), np.ones(64))


def test_choices_have_their_probabilities_in_every_balanced_sample():
    points = sobol_points(RNG(0), 64, 1)[:, 0]
    np.testing.assert_array_equal(np.bincount(choose(points, 4)), [16] * 4)
    np.testing.assert_array_equal(np.bincount(choose(points, 3, [1, 2, 1])), [16, 32, 16])
    # the unit interval is cut, not the sample's range
    np.testing.assert_array_equal(choose([0.1, 0.2], 2), [0, 0])
    np.testing.assert_array_equal(choose([0.0, 0.999], 3, [0, 1, 0]), [1, 1])
    np.testing.assert_allclose(between([0.0, 0.5], 1, 2), [1, 1.5])
    np.testing.assert_allclose(standard_normal([0.5, 0.975]), [0, 1.959963984540054])
    assert np.isfinite(standard_normal([0.0])).all()
