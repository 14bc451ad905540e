"""Weightings, components, audit and Kemeny on cases small enough to check by hand."""

from __future__ import annotations

import inspect
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from technopole.core.errors import InputError
from technopole.kernel.audit import (
    availability,
    correlations,
    cronbach_alpha,
    effect_of_removal,
    group_correlations,
    influence,
    strengths_and_weaknesses,
)
from technopole.kernel.components import principal_components, varimax
from technopole.kernel.kemeny import kemeny
from technopole.kernel.tree import Tree, flat_tree
from technopole.kernel.weighting import WEIGHTINGS, analytic_hierarchy, entropy, match_correlations

UNITS, ELEMENTS = 40, 4
NEEDED = {
    "weights": [1.0, 2.0, 3.0, 4.0],
    "points": [[10, 20, 30, 40], [1, 1, 1, 1]],
    "matrix": [[1, 2, 4, 8], [0.5, 1, 2, 4], [0.25, 0.5, 1, 2], [0.125, 0.25, 0.5, 1]],
}


@pytest.fixture
def x():
    rng = np.random.default_rng(0)
    common = rng.random((UNITS, 1))
    return 10 + 50 * common + 20 * rng.random((UNITS, ELEMENTS))


def weights_of(name, x):
    weighting = WEIGHTINGS[name]
    return weighting.function(x, **{need: NEEDED[need] for need in weighting.needs})


@pytest.mark.parametrize("name", sorted(WEIGHTINGS))
class TestWeighting:
    def test_weights_are_shares_and_the_input_is_kept(self, name, x):
        kept = x.copy()
        x.setflags(write=False)
        weights = weights_of(name, x)
        assert weights.shape == (ELEMENTS,)
        assert weights.sum() == pytest.approx(1)
        assert (weights >= 0).all()
        np.testing.assert_array_equal(x, kept)

    def test_the_same_twice(self, name, x):
        np.testing.assert_array_equal(weights_of(name, x), weights_of(name, x))

    def test_missing_units_are_left_out(self, name, x):
        gap = np.vstack([x, [[np.nan, 1.0, 1.0, 1.0]]])
        np.testing.assert_allclose(weights_of(name, gap), weights_of(name, x), atol=1e-6)

    def test_free_of_the_unit_of_an_element(self, name, x):
        if name == "correlation_matched":  # the index itself changes when one element's unit does
            return
        np.testing.assert_allclose(weights_of(name, x * [1, 8, 1, 1]), weights_of(name, x), atol=1e-9)

    def test_follows_a_permutation_of_the_elements(self, name, x):
        if WEIGHTINGS[name].needs:
            return
        order = [2, 0, 3, 1]
        tolerance = 1e-4 if name == "correlation_matched" else 1e-9
        np.testing.assert_allclose(weights_of(name, x[:, order]), weights_of(name, x)[order], atol=tolerance)

    def test_declared_needs_are_those_of_the_function(self, name, x):
        signature = inspect.signature(WEIGHTINGS[name].function).parameters
        without = {p for p, one in signature.items() if one.default is inspect.Parameter.empty} - {"x"}
        assert without == set(WEIGHTINGS[name].needs)
        assert WEIGHTINGS[name].summary


def test_budget_allocation_counts_experts_the_same(x):
    np.testing.assert_allclose(weights_of("budget_allocation", x), [0.175, 0.225, 0.275, 0.325])


def test_consistent_judgements():
    judged = analytic_hierarchy(NEEDED["matrix"])
    np.testing.assert_allclose(judged.weights, np.array([8, 4, 2, 1]) / 15)
    assert judged.consistency_index == pytest.approx(0, abs=1e-12)
    assert judged.consistency_ratio == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        ([[1, 2], [2, 1]], "not reciprocal"),
        ([[1, 0], [0, 1]], "zero or negative"),
        ([[1, 2, 3]], "isn't square"),
    ],
)
def test_bad_judgements(matrix, message):
    with pytest.raises(InputError, match=message):
        analytic_hierarchy(matrix)


def test_equal_elements_get_equal_entropy_weights():
    column = np.arange(1.0, 11.0)
    np.testing.assert_allclose(entropy(np.stack([column, column * 3], axis=1)), 0.5)
    with pytest.raises(InputError, match="negative"):
        entropy(-np.ones((3, 2)))


def test_an_element_against_the_others_is_refused(x):
    against = np.column_stack([x, -x.mean(axis=1) + np.arange(UNITS) % 3])
    with pytest.raises(InputError, match="column 4 with a negative sign"):
        WEIGHTINGS["principal_component"].function(against)


def test_matched_correlations_of_independent_elements_are_their_weights():
    x = np.array(list(itertools.product([0.0, 1.0], repeat=3)))  # uncorrelated, one variance: r is w over its length
    matched = match_correlations(x, wanted=[1, 2, 3])
    assert matched.objective < 1e-12
    np.testing.assert_allclose(matched.weights, [1 / 6, 2 / 6, 3 / 6], atol=1e-5)


def test_components_of_two_elements():
    x = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 4.0], [4.0, 3.0]])  # r = 0.6
    found = principal_components(x)
    np.testing.assert_allclose(found.eigenvalues, [1.6, 0.4])
    np.testing.assert_allclose(found.vectors[:, 0], np.sqrt([0.5, 0.5]))
    with pytest.raises(InputError, match="Only 2 units"):
        principal_components(x[:2])


def test_varimax_finds_back_a_simple_structure():
    simple = np.array([[0.9, 0], [0.8, 0], [0.7, 0], [0, 0.8], [0, 0.6], [0, 0]])
    turn = np.array([[np.cos(0.5), -np.sin(0.5)], [np.sin(0.5), np.cos(0.5)]])
    np.testing.assert_allclose(varimax(simple @ turn), simple, atol=1e-7)


def test_availability_counts_zero_among_the_present():
    found = availability([[1.0, 0.0], [np.nan, 2.0]])
    assert found.units.tolist() == [1.0, 0.5]
    assert found.units_non_zero.tolist() == [0.5, 1.0]
    assert found.indicators_non_zero.tolist() == [1.0, 0.5]


def test_correlations_within_and_across_groups():
    a = np.arange(10.0)
    b = np.tile([0.0, 1.0], 5)
    x = np.stack([a, 2 * a, b, -b], axis=1)
    labels, means = group_correlations(correlations(x), ["up", "up", "zig", "zig"])
    assert labels == ["up", "zig"]
    np.testing.assert_allclose(means, [[1, 0], [0, -1]], atol=1e-12)
    assert np.isnan(correlations(np.ones((5, 1)), a[:5, None])[0, 0])
    np.testing.assert_allclose(influence(x, a), [1, 1, correlations(x, a[:, None])[2, 0] ** 2, influence(x, a)[3]])


def test_alpha_of_copies_is_one_and_of_one_column_none():
    a = np.arange(6.0)
    assert cronbach_alpha(np.stack([a, a, a], axis=1)) == pytest.approx(1)
    assert np.isnan(cronbach_alpha(a[:, None]))


def test_leaving_out_says_what_it_moves():
    x = np.array([[1.0, 0.0], [0.0, 2.0]])
    removed = effect_of_removal(x, np.ones(3), flat_tree(2))
    np.testing.assert_array_equal(removed.ranks, [[2, 1], [1, 2]])
    np.testing.assert_array_equal(removed.mean_rank_change, [0.0, 1.0])
    only = Tree((2, 3, 3, -1), 2)  # leaf 0 is the only child of node 2
    assert effect_of_removal(x, np.ones(4), only).nodes == (1, 2)
    with pytest.raises(InputError, match="Without node 0"):
        effect_of_removal(x, np.ones(4), only, nodes=[0])


def test_missing_is_no_weakness():
    x = np.array([[3.0, np.nan, 1.0], [2.0, 1.0, 2.0]])
    profile = strengths_and_weaknesses(x, 0, 2)
    assert profile.strengths.tolist() == [0, 2]
    assert profile.weaknesses.tolist() == [2, 0]


@settings(max_examples=40)
@given(hnp.arrays(np.float64, (4, 4), elements=st.integers(0, 4).map(lambda n: n / 4)))
def test_kemeny_is_the_best_of_all_orders_and_lists_every_tie(support):
    def score(order):
        return sum(support[a, b] for a, b in itertools.combinations(order, 2))

    scores = {order: score(order) for order in itertools.permutations(range(4))}
    best = max(scores.values())
    result = kemeny(support, most=200)
    assert result.score == pytest.approx(best)
    assert result.complete
    assert set(result.rankings) == {order for order, one in scores.items() if one > best - 1e-9}


def test_kemeny_keeps_to_the_number_asked_for():
    result = kemeny(np.full((6, 6), 0.5), most=3)
    assert (len(result.rankings), result.complete) == (3, False)
    with pytest.raises(InputError, match="square"):
        kemeny(np.ones((2, 3)))
    with pytest.raises(InputError, match="missing"):
        kemeny([[0, np.nan], [1, 0]])
