"""Aggregation, ranks and tiers on cases small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from technopole.core.errors import InputError
from technopole.kernel.aggregate import AGGREGATORS, Aggregation, aggregate, aggregate_tree, mazziotta_pareto
from technopole.kernel.outrank import copeland, outranking
from technopole.kernel.rank import (
    central_weights,
    competition_ranks,
    mean_absolute_rank_change,
    pairwise_wins,
    rank_acceptability,
    rank_quantiles,
    ranking_order,
    round_significant,
    win_probability,
)
from technopole.kernel.tiers import tiers, tiers_of_ranks
from technopole.kernel.tree import Tree

NAN = np.nan


@pytest.mark.parametrize(
    ("method", "parameters", "expected"),
    [
        ("arithmetic", {}, 7.0),
        ("geometric", {}, 9**0.75),
        ("harmonic", {}, 1 / (0.25 / 1 + 0.75 / 9)),
        ("generalised_mean", {"power": 1.0}, 7.0),
        ("generalised_mean", {"power": 2.0}, np.sqrt(0.25 + 0.75 * 81)),
    ],
)
def test_means_by_hand(method, parameters, expected):
    assert aggregate([[1.0, 9.0]], [1, 3], Aggregation(method, parameters)) == pytest.approx(expected)


def test_a_power_of_nearly_zero_is_nearly_geometric():
    x = np.random.default_rng(0).random((5, 3)) + 1
    near = aggregate(x, np.ones(3), Aggregation("generalised_mean", {"power": 1e-7}))
    np.testing.assert_allclose(near, aggregate(x, np.ones(3), Aggregation("geometric")), rtol=1e-6)


def test_missing_children_renormalise_the_weights():
    x = [[1.0, NAN, 3.0], [NAN, NAN, NAN], [NAN, 5.0, NAN]]
    np.testing.assert_allclose(aggregate(x, [1, 5, 3]), [2.5, NAN, 5.0])
    np.testing.assert_allclose(aggregate(x, [1, 0, 3]), [2.5, NAN, NAN])
    np.testing.assert_allclose(aggregate(x, [1, 5, 3], Aggregation(minimum_availability=2 / 3)), [2.5, NAN, NAN])


def test_availability_counts_children_of_each_node():
    tree = Tree((3, 3, 4, 4, -1), 3)
    x = [[1.0, NAN, 3.0]]
    strict = [Aggregation(minimum_availability=0.6), Aggregation()]
    np.testing.assert_allclose(aggregate_tree(x, np.ones(5), tree, strict), [[NAN, 3.0]])
    np.testing.assert_allclose(aggregate_tree(x, np.ones(5), tree, Aggregation()), [[1.0, 2.0]])


@pytest.mark.parametrize("method", ["geometric", "harmonic"])
@pytest.mark.parametrize("value", [0.0, -2.0])
def test_means_of_ratios_refuse_zero_and_below(method, value):
    with pytest.raises(InputError, match="above zero"):
        aggregate([[1.0, value]], [1, 1], Aggregation(method))


def test_each_parent_may_have_its_own_method():
    tree = Tree((4, 4, 5, 5, 6, 6, -1), 4)
    x = np.array([[2.0, 8.0, 2.0, 8.0]])
    mixed = [Aggregation("geometric"), Aggregation("arithmetic"), Aggregation("harmonic")]
    np.testing.assert_allclose(aggregate_tree(x, np.ones(7), tree, mixed), [[4.0, 5.0, 2 / (1 / 4 + 1 / 5)]])


def test_nodes_chooses_what_is_kept():
    tree = Tree((3, 3, 4, 4, -1), 3)
    x, weights = np.random.default_rng(0).random((6, 3)), np.random.default_rng(1).random((9, 5))
    everything = aggregate_tree(x, weights, tree, Aggregation())
    assert everything.shape == (9, 6, 2)
    root = aggregate_tree(x, weights, tree, Aggregation(), [4])
    np.testing.assert_allclose(root, everything[..., 1:], rtol=1e-14)  # inner nodes merged: rounding only
    np.testing.assert_array_equal(competition_ranks(root[..., 0]), competition_ranks(everything[..., 1]))
    with pytest.raises(InputError):
        aggregate_tree(x, weights, tree, Aggregation(), [1])


def test_leading_axes_broadcast():
    x = np.random.default_rng(0).random((4, 1, 6, 3))
    weights = np.random.default_rng(1).random((5, 3))
    scores = aggregate(x, weights)
    assert scores.shape == (4, 5, 6)
    np.testing.assert_allclose(scores[2, 3], aggregate(x[2, 0], weights[3]), rtol=1e-13)
    np.testing.assert_array_equal(aggregate(x[2, 0], weights)[3], aggregate(x[2, 0], weights[3]))


def test_mazziotta_pareto_by_hand():
    # mean 100, sample deviation 10 * sqrt(2): penalty 200 / 100
    x = [[90.0, 110.0], [100.0, 100.0], [NAN, 70.0]]
    np.testing.assert_allclose(mazziotta_pareto(x, [1, 1]), [98.0, 100.0, 70.0])
    np.testing.assert_allclose(mazziotta_pareto(x, [2, 2], 1.0), [102.0, 100.0, 70.0])
    with pytest.raises(InputError, match="penalty"):
        mazziotta_pareto(x, [1, 1], 0.0)


def test_copeland_by_hand():
    # a beats b on the weight 0.1 + 0.2, b beats a on 0.3: a tie, though 0.1 + 0.2 != 0.3 in binary
    x = np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0], [-1.0, -1.0, -1.0]])
    np.testing.assert_array_equal(copeland(x, [0.1, 0.2, 0.3]), [1, 1, -2])
    np.testing.assert_allclose(outranking(x, [1, 1, 2]), [[0, 0.5, 1], [0.5, 0, 1], [0, 0, 0]])
    gaps = np.array([[1.0, NAN], [NAN, 1.0], [0.0, 0.0], [NAN, NAN]])
    np.testing.assert_array_equal(copeland(gaps, [1, 1]), [1, 1, -2, NAN])


def test_unknown_methods_and_parameters_are_named():
    with pytest.raises(InputError, match="no aggregator"):
        Aggregation("median")
    with pytest.raises(InputError, match="power"):
        Aggregation("arithmetic", {"power": 2})
    with pytest.raises(InputError, match="isn't a share"):
        Aggregation(minimum_availability=2)
    with pytest.raises(InputError, match="columns for"):
        aggregate_tree(np.ones((2, 2)), np.ones(4), Tree((3, 3, 3, -1), 3), Aggregation())


def test_ranks_by_hand():
    scores = [[3.0, 1.0, 3.0, NAN, 2.0], [0.3, 0.1 + 0.2, 0.0, -0.0, NAN]]
    np.testing.assert_array_equal(competition_ranks(scores), [[1, 4, 1, 0, 3], [1, 1, 3, 3, 0]])
    np.testing.assert_array_equal(ranking_order(scores), [[0, 2, 4, 1, 3], [0, 1, 2, 3, 4]])
    assert competition_ranks([0.3, 0.1 + 0.2], digits=None).tolist() == [2, 1]


@pytest.mark.parametrize("digits", [None, 10])
@pytest.mark.parametrize("seed", range(4))
def test_the_fast_way_ranks_as_the_definition(seed, digits):
    """Smooth rows, ties, values that differ in the last bits or at the edge of a rounding, signs, gaps, infinities."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(60, 37)) * 10.0 ** rng.integers(-8, 9, size=(60, 1))
    rows[10:20] = np.round(rows[10:20] / np.abs(rows[10:20]).max(), 1)
    rows[20:30, ::2] = np.nextafter(rows[20:30, 1::2].repeat(2, axis=1)[:, :19], np.inf)
    rows[30:40, 1::3] = rows[30:40, 0:1] * (1 + 1e-10 * rng.integers(-3, 4, size=(10, 12)))
    rows[40:45][rng.random((5, 37)) < 0.3] = NAN
    rows[45:50, 3], rows[45:50, 4] = np.inf, -np.inf
    rows[50] = NAN
    rows[51] = 0.0
    rows[52, ::2] = -0.0
    compared = rows if digits is None else round_significant(rows, digits)
    above = (compared[:, None, :] > compared[:, :, None]).sum(axis=2)
    np.testing.assert_array_equal(competition_ranks(rows, digits), np.where(np.isnan(rows), 0, 1 + above))


def test_rounding_to_ten_digits():
    values = [123456.78901234, 0.000123456789049, 1234567890123.0, -5.5, 0.0, NAN]
    rounded = [round_significant([value])[0] for value in values]
    np.testing.assert_array_equal(rounded, [123456.7890, 0.0001234567890, 1234567890000.0, -5.5, 0.0, NAN])
    # what is left of a cancellation beside a score of 1 is zero
    np.testing.assert_array_equal(round_significant([1.0, 0.1 + 0.2 - 0.3]), [1.0, 0.0])
    np.testing.assert_array_equal(round_significant([1.0, 1e-9]), [1.0, 1e-9])


def test_rank_quantiles_leave_out_unranked_replicates():
    ranks = np.array([[1, 2, 0], [2, 1, 0], [3, 0, 0], [4, 3, 0]])
    np.testing.assert_allclose(rank_quantiles(ranks, [0.0, 0.5, 1.0]), [[1, 1, NAN], [2.5, 2, NAN], [4, 3, NAN]])
    np.testing.assert_allclose(rank_quantiles(ranks, [0.5], method="inverted_cdf"), [[2, 2, NAN]])
    with pytest.raises(InputError):
        rank_quantiles(ranks, [1.5])
    with pytest.raises(InputError, match="whole numbers"):
        rank_quantiles(ranks / 1.0)


def test_acceptability_wins_and_central_weights():
    ranks = np.array([[1, 2, 3], [1, 1, 3], [2, 1, 0], [1, 2, 3]])
    np.testing.assert_allclose(rank_acceptability(ranks), [[0.75, 0.25, 0], [0.5, 0.5, 0], [0, 0, 0.75]])
    np.testing.assert_allclose(rank_acceptability(ranks, 1), [[0.75], [0.5], [0]])
    np.testing.assert_allclose(win_probability(ranks, 0), [0, 0.25, 0])
    np.testing.assert_allclose(pairwise_wins(ranks)[:, 0], [0, 0.25, 0])
    np.testing.assert_allclose(pairwise_wins(ranks)[0], [0, 0.5, 1])
    weights = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5], [0.5, 0.5]])
    np.testing.assert_allclose(central_weights(weights, ranks), [[0.5, 0.5], [0.75, 0.25], [NAN, NAN]])


def test_tiers_have_a_fixed_anchor_and_do_not_chain():
    # neighbours overlap, the ends don't: a chain would put all four into one tier
    nominal = np.array([4.0, 3.0, 2.0, 1.0])
    noise = np.array([-1.2, 0.0, 1.2])
    replicates = np.array(
        [nominal + np.array([a, b, c, d]) for a in noise for b in noise for c in noise for d in noise]
    )
    np.testing.assert_array_equal(tiers(nominal, replicates, 0.05), [1, 1, 1, 2])
    np.testing.assert_array_equal(tiers(nominal, replicates, 0.2), [1, 1, 2, 2])
    np.testing.assert_array_equal(tiers(nominal, replicates, 1.0), [1, 2, 3, 4])


def test_tiers_need_not_be_contiguous():
    # unit 1 is always just behind unit 0; unit 2 is behind both but sometimes far ahead
    replicates = np.array([[10.0, 9.0, 0.0]] * 9 + [[10.0, 9.0, 20.0]])
    np.testing.assert_array_equal(tiers([10.0, 9.0, 2.0], replicates), [1, 2, 1])


def test_tiers_at_the_threshold_ties_and_missing_scores():
    order, ranks = [0, 1], np.array([[1, 2]] * 19 + [[2, 1]])
    np.testing.assert_array_equal(tiers_of_ranks(order, ranks, 0.05), [1, 1])  # 1 of 20 is 5 %
    np.testing.assert_array_equal(tiers_of_ranks(order, np.vstack([ranks, [[1, 2]]]), 0.05), [1, 2])
    same = np.ones((5, 2))
    np.testing.assert_array_equal(tiers([1.0, 1.0], same), [1, 2])  # a tie isn't a win
    np.testing.assert_array_equal(tiers([NAN, 1.0], [[5.0, 1.0]]), [0, 1])
    np.testing.assert_array_equal(tiers([NAN, NAN], [[NAN, NAN]]), [0, 0])
    for bad in (lambda: tiers([1.0], [[1.0, 2.0]]), lambda: tiers([1.0], [[1.0]], 0.0), lambda: tiers([], [[]])):
        with pytest.raises(InputError):
            bad()


def test_every_aggregator_is_listed_with_its_summary():
    assert all(aggregator.summary and aggregator.function.__doc__ for aggregator in AGGREGATORS.values())


def test_mean_absolute_rank_change():
    ranks = np.array([[1, 2, 3], [3, 2, 1], [0, 1, 2], [0, 0, 0]])
    change = mean_absolute_rank_change(ranks, [1, 2, 3])
    np.testing.assert_array_equal(change, [0, 4 / 3, 1, np.nan])


def test_powers_beyond_the_largest_number_are_an_error():
    for x in ([[1.0, 100.0], [50.0, 60.0]], [[1.0, 100.0], [50.0, NAN]]):
        with pytest.raises(InputError, match="too large"):
            aggregate(np.array(x), np.ones(2), Aggregation("generalised_mean", {"power": 300.0}))
