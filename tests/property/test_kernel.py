"""Laws of the kernel that hold for any data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from technopole.core.errors import InputError
from technopole.kernel.aggregate import AGGREGATORS, Aggregation, aggregate, aggregate_tree
from technopole.kernel.impute import impute_nearest
from technopole.kernel.kemeny import kemeny
from technopole.kernel.neighbours import nearest_donors
from technopole.kernel.normalise import NORMALISERS, goalposts, min_max, z_score
from technopole.kernel.outrank import outranking
from technopole.kernel.rank import (
    competition_ranks,
    rank_acceptability,
    rank_quantiles,
    ranking_order,
    round_significant,
)
from technopole.kernel.sample import choose
from technopole.kernel.tiers import tiers
from technopole.kernel.treat import TREATMENTS, skew_kurtosis_rule, winsorise_quantile
from technopole.kernel.tree import Tree, flat_tree
from technopole.kernel.weight import bounded_weights, dirichlet_from_uniform, dirichlet_weights, effective_weights

# whole thousandths: two values are equal or clearly apart, so that a law isn't tested on rounding noise
NUMBERS = st.integers(-1_000_000, 1_000_000).map(lambda n: n / 1000)
POSITIVE = st.integers(1, 1_000_000).map(lambda n: n / 1000)
WEIGHT = st.integers(1, 100).map(float)
SEEDS = st.integers(0, 2**32 - 1)


def matrices(elements=NUMBERS, missing=False, units=(2, 12), indicators=(1, 5)):
    cells = st.one_of(elements, st.just(np.nan)) if missing else elements
    shapes = st.tuples(st.integers(*units), st.integers(*indicators))
    return shapes.flatmap(lambda shape: hnp.arrays(np.float64, shape, elements=cells))


def with_range(x):
    low, high = np.where(np.isnan(x), np.inf, x).min(axis=0), np.where(np.isnan(x), -np.inf, x).max(axis=0)
    return (high > low).all()


@st.composite
def weighted(draw, elements=NUMBERS, missing=False):
    x = draw(matrices(elements, missing))
    return x, np.array(draw(st.lists(WEIGHT, min_size=x.shape[1], max_size=x.shape[1])))


@given(matrices(missing=True))
def test_competition_ranks_count_the_better(x):
    scores = x[:, 0]
    ranks = competition_ranks(scores)
    rounded = round_significant(scores)
    for unit, rank in enumerate(ranks):
        assert rank == (0 if np.isnan(scores[unit]) else 1 + (rounded > rounded[unit]).sum())


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 9)), elements=st.floats(-1e300, 1e300)))
@example(np.array([[-1e300, -9.999999999999999e299]]))  # both round to 1e300, by two inexact powers of ten
def test_ranks_of_any_floats_are_those_of_the_rounded_scores(scores):
    rounded = round_significant(scores)
    np.testing.assert_array_equal(competition_ranks(scores), competition_ranks(rounded, digits=None))
    np.testing.assert_array_equal(competition_ranks(scores), np.stack([competition_ranks(row) for row in scores]))
    assert (np.abs(rounded - scores) <= 1e-9 * np.abs(scores).max(axis=1, keepdims=True) + 1e-299).all()


@given(hnp.arrays(np.float64, st.integers(1, 12), elements=NUMBERS))
def test_a_last_bit_never_orders_units(scores):
    scores = np.append(scores, 1000.0)  # beside which 5e-324 is zero
    shaken = np.nextafter(scores, np.where(np.arange(scores.size) % 2, np.inf, -np.inf))
    np.testing.assert_array_equal(competition_ranks(scores), competition_ranks(shaken))
    np.testing.assert_array_equal(ranking_order(scores), ranking_order(shaken))


@given(hnp.arrays(np.float64, st.integers(1, 12), elements=NUMBERS))
def test_monotone_transformations_keep_ranks(scores):
    np.testing.assert_array_equal(competition_ranks(scores), competition_ranks(np.exp(scores / 1000) * 7 + 3))


@given(matrices(), SEEDS)
def test_order_is_a_permutation_consistent_with_ranks(x, seed):
    scores = x[:, 0]
    order = ranking_order(scores)
    assert sorted(order) == list(range(scores.size))
    ranks = competition_ranks(scores)[order]
    assert ranks[0] == 1
    assert (np.diff(ranks) >= 0).all()
    permutation = np.random.default_rng(seed).permutation(scores.size)
    np.testing.assert_array_equal(competition_ranks(scores[permutation]), competition_ranks(scores)[permutation])


@given(hnp.arrays(np.int32, st.tuples(st.integers(1, 30), st.integers(1, 6)), elements=st.integers(1, 6)))
def test_rank_quantiles_are_ordered_and_within(ranks):
    quantiles = rank_quantiles(ranks, (0.05, 0.5, 0.95))
    assert (np.diff(quantiles, axis=0) >= 0).all()
    assert (quantiles[0] >= ranks.min(axis=0)).all()
    assert (quantiles[2] <= ranks.max(axis=0)).all()
    np.testing.assert_allclose(rank_acceptability(ranks, 6).sum(axis=1), 1.0)


@given(weighted(POSITIVE, missing=True), st.sampled_from(["arithmetic", "geometric", "harmonic"]), POSITIVE)
def test_weights_are_scale_free_and_means_between(data, method, factor):
    x, weights = data
    score = aggregate(x, weights, Aggregation(method))
    np.testing.assert_allclose(score, aggregate(x, weights * factor, Aggregation(method)), rtol=1e-12)
    present = ~np.isnan(x).all(axis=1)
    np.testing.assert_array_equal(np.isnan(score), ~present)
    assert (score[present] <= np.nanmax(x[present], axis=1) * (1 + 1e-12)).all()
    assert (score[present] >= np.nanmin(x[present], axis=1) * (1 - 1e-12)).all()


@given(weighted(POSITIVE, missing=True))
def test_harmonic_geometric_arithmetic_are_ordered(data):
    x, weights = data
    means = [aggregate(x, weights, Aggregation(m)) for m in ("harmonic", "geometric", "arithmetic")]
    known = ~np.isnan(means[0])
    assert (means[0][known] <= means[1][known] * (1 + 1e-12)).all()
    assert (means[1][known] <= means[2][known] * (1 + 1e-12)).all()


@given(weighted(POSITIVE, missing=True), st.sampled_from(sorted(AGGREGATORS)), SEEDS)
def test_aggregators_follow_a_permutation_of_units_and_of_indicators(data, method, seed):
    x, weights = data
    rng = np.random.default_rng(seed)
    units, indicators = rng.permutation(x.shape[0]), rng.permutation(x.shape[1])
    if method == "kemeny":  # of several optimal rankings one is taken, and the order of rows may decide
        assume(len(kemeny(np.nan_to_num(outranking(x, weights), nan=0.5)).rankings) == 1)
    score = aggregate(x, weights, Aggregation(method))
    np.testing.assert_array_equal(aggregate(x[units], weights, Aggregation(method)), score[units])
    np.testing.assert_allclose(
        aggregate(x[:, indicators], weights[indicators], Aggregation(method)), score, rtol=1e-9, atol=1e-9
    )


@given(weighted(POSITIVE), st.sampled_from(["arithmetic", "geometric", "harmonic", "copeland"]), SEEDS)
def test_a_better_value_never_lowers_the_own_score(data, method, seed):
    x, weights = data
    rng = np.random.default_rng(seed)
    unit, indicator = rng.integers(x.shape[0]), rng.integers(x.shape[1])
    better = x.copy()
    better[unit, indicator] += 1
    before, after = (aggregate(m, weights, Aggregation(method))[unit] for m in (x, better))
    assert after >= before * (1 - 1e-12) if method != "copeland" else after >= before


@given(weighted(POSITIVE), st.sampled_from(["arithmetic", "geometric", "harmonic"]))
def test_a_tree_of_one_mean_is_its_effective_weights(data, method):
    x, weights = data
    assume(x.shape[1] >= 3)
    leaves = x.shape[1]
    tree = Tree((leaves, leaves) + (leaves + 1,) * (leaves - 2) + (leaves + 1, -1), leaves)
    full = np.concatenate([weights, [2.0, 1.0]])
    score = aggregate_tree(x, full, tree, Aggregation(method), [tree.root])[:, 0]
    flat = aggregate(x, effective_weights(full, tree)[:leaves], Aggregation(method))
    np.testing.assert_allclose(score, flat, rtol=1e-12)


@given(weighted(POSITIVE, missing=True), st.integers(1, 5), SEEDS)
def test_a_stack_equals_its_replicates(data, replicates, seed):
    x, weights = data
    rng = np.random.default_rng(seed)
    sets = bounded_weights(rng, weights, replicates)
    stack = x * rng.uniform(0.5, 2.0, size=(replicates, 1, 1))
    for method in ("arithmetic", "geometric", "mazziotta_pareto"):
        batched = aggregate(stack, sets, Aggregation(method))
        for k in range(replicates):
            # one matrix alone is summed in another order (ExactSums)
            np.testing.assert_allclose(batched[k], aggregate(stack[k], sets[k], Aggregation(method)), rtol=1e-13)


@given(matrices(missing=True), st.integers(1, 1000), st.integers(-1000, 1000))
def test_normalisers_are_free_of_units_where_they_say_so(x, factor, shift):
    assume(with_range(x))
    for name, normaliser in NORMALISERS.items():
        if normaliser.needs or not normaliser.unit_free:
            continue
        moved = x * factor + (shift if normaliser.shift_free else 0.0)
        np.testing.assert_allclose(
            normaliser.function(moved), normaliser.function(x), rtol=1e-6, atol=1e-6, err_msg=name
        )


@given(matrices(missing=True))
def test_normalisers_keep_the_order_and_the_gaps(x):
    assume(with_range(x))
    ranked = [NORMALISERS[name].function for name in ("rank", "borda")]
    for normalise in (min_max, z_score, lambda v: goalposts(v, -2000, 2000), *ranked):
        y = normalise(x)
        np.testing.assert_array_equal(np.isnan(x), np.isnan(y))
        for before, after in zip(x.T, y.T, strict=True):
            np.testing.assert_array_equal(competition_ranks(before), competition_ranks(after))


@given(matrices(missing=True, units=(1, 30)))
def test_treatments_keep_gaps_and_never_turn_the_order(x):
    for name, treatment in TREATMENTS.items():
        above = {"log1p": 0.0, "log": 1.0, "log10": 1.0, "log_gii": 2.0}.get(name)
        y = treatment.function(x if above is None else x - np.nanmin(x, initial=0.0) + above)
        np.testing.assert_array_equal(np.isnan(x), np.isnan(y), err_msg=name)
        for before, after in zip(x.T, y.T, strict=True):
            order = np.argsort(before)
            present = order[~np.isnan(before[order])]
            assert (np.diff(after[present]) >= 0).all(), name


@given(matrices(missing=True, units=(1, 30)), st.floats(0.5, 1.0))
def test_winsorising_stays_within_the_data(x, upper):
    y = winsorise_quantile(x, upper)
    assert not (y > x).any()
    assert not (skew_kurtosis_rule(np.zeros_like(x)) != 0).any()


def donors_one_by_one(z, donors, minimum_shared):
    """The definition: all units in the order of their rounded distances, ties by position."""
    found = []
    for i, j in zip(*np.nonzero(np.isnan(z)), strict=True):
        squares, shared = np.zeros((2, len(z)))
        for column in z.T:
            both = ~np.isnan(column) & ~np.isnan(column[i])
            squares[both] += (column[both] - column[i]) ** 2
            shared += both
        allowed = (shared >= minimum_shared) & (np.arange(len(z)) != i)
        distance = round_significant(np.where(allowed, np.sqrt(squares / np.maximum(shared, 1)), 0.0))
        order = [k for k in np.argsort(distance, kind="stable") if allowed[k] and not np.isnan(z[k, j])][:donors]
        found.append(order + [-1] * (donors - len(order)))
    return np.array(found).reshape(-1, donors)


@given(
    SEEDS,
    st.integers(1, 150),
    st.integers(1, 4),
    st.integers(1, 2),
    st.sampled_from(["spread", "ties", "far", "digits"]),
    st.sampled_from([0.05, 0.5]),
)
def test_nearest_donors_are_those_of_all_units_one_by_one(seed, units, donors, minimum_shared, kind, gaps):
    """Candidates found by matrix products against the definition, also with ties and values that nearly tie."""
    rng = np.random.default_rng(seed)
    z = {
        "spread": lambda: rng.lognormal(0, 4, (units, 5)),
        "ties": lambda: rng.integers(0, 3, (units, 5)).astype(float),
        "far": lambda: 1e6 + rng.integers(0, 2, (units, 5)),
        "digits": lambda: rng.integers(0, 5, (units, 5)) + rng.choice([0.0, 1e-12, 1e-11, 1e-10, 1e-9], (units, 5)),
    }[kind]()
    z[rng.random(z.shape) < gaps] = np.nan
    _, _, found = nearest_donors(np.isnan(z), z, donors, minimum_shared)
    np.testing.assert_array_equal(found, donors_one_by_one(z, donors, minimum_shared))


@given(matrices(missing=True, units=(2, 15), indicators=(2, 5)), SEEDS)
def test_nearest_imputation_takes_values_of_the_same_column_only(x, seed):
    imputed = impute_nearest(x, coordinates=x, rng=np.random.default_rng(seed), donors=3, draws=4)
    again = impute_nearest(x, coordinates=x, rng=np.random.default_rng(seed), donors=3, draws=4)
    np.testing.assert_array_equal(imputed.draws, again.draws)
    np.testing.assert_array_equal(imputed.nominal[~np.isnan(x)], x[~np.isnan(x)])
    for cell, (row, column) in enumerate(zip(imputed.rows, imputed.columns, strict=True)):
        donors = imputed.donors[cell][imputed.donors[cell] >= 0]
        assert row not in donors
        assert len(set(donors)) == donors.size
        assert set(imputed.draws[:, cell][~np.isnan(imputed.draws[:, cell])]) <= set(x[donors, column])
        assert np.isnan(imputed.nominal[row, column]) == (donors.size == 0)


@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 20), st.integers(1, 8)), elements=NUMBERS), st.floats(0.01, 1.0))
def test_tiers_follow_their_definition(replicates, least_win):
    nominal = replicates.mean(axis=0)
    found = tiers(nominal, replicates, least_win)
    order = ranking_order(nominal)
    ranks = competition_ranks(replicates)
    assert found[order[0]] == 1
    assert sorted(set(found)) == list(range(1, found.max() + 1))
    for tier in range(1, found.max() + 1):
        anchor = next(unit for unit in order if found[unit] == tier)
        for unit in order:
            share = (ranks[:, unit] < ranks[:, anchor]).mean()
            if found[unit] == tier and unit != anchor:
                assert share >= least_win * (1 - 1e-9)
            if found[unit] > tier:
                assert share < least_win


@given(
    hnp.arrays(np.float64, st.tuples(st.integers(1, 20), st.integers(1, 6)), elements=st.floats(0, 1, exclude_max=True))
)
def test_dirichlet_points_are_weights(uniform):
    weights = dirichlet_from_uniform(uniform, np.ones(uniform.shape[1]))
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    assert (weights >= 0).all()


@given(st.lists(WEIGHT, min_size=1, max_size=6), SEEDS, st.floats(0.01, 1000))
def test_random_weights_are_valid(centre, seed, concentration):
    weights = dirichlet_weights(np.random.default_rng(seed), centre, 5, concentration)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    bounded = bounded_weights(np.random.default_rng(seed), centre, 5, 2.0)
    assert (bounded >= np.array(centre) / 2 * (1 - 1e-12)).all()
    assert (bounded <= np.array(centre) * 2 * (1 + 1e-12)).all()


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 9))
def test_choices_cut_the_unit_interval(uniform, choices):
    chosen = int(choose(uniform, choices))
    assert 0 <= chosen < choices
    assert abs(chosen - uniform * choices) <= 1


@given(hnp.arrays(np.float64, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0), elements=st.floats()))
def test_anything_gives_a_result_or_one_clear_line(x):
    flat = flat_tree(x.shape[-1]) if x.ndim and x.shape[-1] else flat_tree(1)
    attempts = [lambda: aggregate_tree(x, np.ones(len(flat.parents)), flat, Aggregation("geometric"))]
    attempts += [lambda n=n: n.function(x) for n in NORMALISERS.values() if not n.needs]
    for attempt in attempts:
        try:
            attempt()
        except InputError as error:
            assert "\n" not in str(error)


def test_input_is_never_changed():
    x = np.random.default_rng(0).random((12, 4)) + 1
    x[3, 1] = np.nan
    kept = x.copy()
    x.setflags(write=False)
    for treatment in TREATMENTS.values():
        treatment.function(x)
    for normaliser in NORMALISERS.values():
        if not normaliser.needs:
            normaliser.function(x)
    for name in AGGREGATORS:
        aggregate(x, np.ones(4), Aggregation(name))
    impute_nearest(x, coordinates=x, rng=np.random.default_rng(1)).nominal  # noqa: B018
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("method", sorted(AGGREGATORS))
def test_null_effect_of_two_equal_choices(method):
    # a factor that switches between two equal matrices and two equal weightings changes no bit
    rng = np.random.default_rng(3)
    x = rng.random((20, 5)) + 1
    choice = rng.integers(2, size=50)
    stacks, sets = np.stack([x, x.copy()])[choice], np.stack([np.ones(5), np.ones(5)])[choice]
    scores = aggregate(stacks, sets, Aggregation(method))
    assert (scores == scores[0]).all()
    lowest, highest = rank_quantiles(competition_ranks(scores), (0.0, 1.0))
    np.testing.assert_array_equal(lowest, highest)
