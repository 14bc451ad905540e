"""Best and worst possible ranks: cases by hand, brute force on small random ones, certificates that reproduce."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from technopole.core.errors import InputError
from technopole.kernel.admissible import (
    draw_weights,
    free,
    free_nodes,
    largest,
    lowest,
    node_values,
    ordered,
    shares,
    within_factor,
)
from technopole.kernel.aggregate import Aggregation, aggregate, aggregate_tree
from technopole.kernel.cells import Box, Simplex, fewest_left
from technopole.kernel.climbing import TOLERANCE, Climb
from technopole.kernel.covering import Half, cover
from technopole.kernel.extremes import (
    Extreme,
    _known_limit,
    _Program,
    best_rank,
    dominance,
    extreme_ranks,
    worst_rank,
)
from technopole.kernel.rank import competition_ranks
from technopole.kernel.tree import Tree, flat_tree
from technopole.kernel.weight import effective_weights

# units: strong in one, strong in the other, middling, dominated by the middle
X = np.array([[10.0, 0.0], [0.0, 10.0], [4.0, 4.0], [3.0, 4.0]])
TREE = Tree((3, 3, 4, 4, -1), 3)  # two leaves under node 3, one leaf beside it


def reproduces(x, unit, extreme, kind):
    weights = extreme.weights
    assert weights.sum() == pytest.approx(1)
    assert (weights >= 0).all()
    assert competition_ranks(aggregate(x, weights))[unit] == extreme.rank
    assert extreme.gap == 0, kind


def grid(count, steps):
    """All weights in steps of 1 / steps."""
    points = itertools.product(range(steps + 1), repeat=count - 1)
    return np.array([(*p, steps - sum(p)) for p in points if sum(p) <= steps]) / steps


def test_two_columns_by_hand():
    weights = free(2)
    assert [best_rank(X, unit, weights).rank for unit in range(4)] == [1, 1, 2, 2]  # at the edge 2 and 3 tie
    assert [worst_rank(X, unit, weights).rank for unit in range(4)] == [4, 4, 3, 4]
    for unit in range(4):
        reproduces(X, unit, best_rank(X, unit, weights), "best")
        reproduces(X, unit, worst_rank(X, unit, weights), "worst")


def test_the_certificate_says_which_weights():
    first = best_rank(X, 0, free(2))
    assert first.weights[0] > 0.5
    assert best_rank(X, 1, free(2)).weights[1] > 0.5


def test_order_of_importance_takes_the_other_from_the_top():
    importance = ordered([0, 1])  # the first column weighs at least as much: 0 and 1 tie at equal weights
    assert best_rank(X, 1, importance).rank == 1
    tilted = X + np.array([[0.5, 0.0]] + [[0.0, 0.0]] * 3)
    assert best_rank(tilted, 1, importance).rank == 2
    assert worst_rank(tilted, 0, importance).rank == 1
    assert worst_rank(X, 1, importance).rank == 4
    assert best_rank(tilted, 1, ordered([1, 0])).rank == 1


def test_bounds_of_one_fix_the_rank():
    nominal = competition_ranks(aggregate(X, [2, 1]))
    fixed = within_factor([2, 1, 1], flat_tree(2), 1.0)
    for unit in range(4):
        assert best_rank(X, unit, fixed).rank == nominal[unit] == worst_rank(X, unit, fixed).rank


def test_dominance_pairs():
    ahead = dominance(X, free(2))
    assert np.argwhere(ahead).tolist() == [[2, 3]]
    assert dominance(X, within_factor([1, 1, 1], flat_tree(2), 1.0)).sum() == 5  # all but the tie at the top


def test_equal_units_share_their_ranks():
    x = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 0.0]])
    for unit in (0, 1):
        assert best_rank(x, unit, free(2)).rank == worst_rank(x, unit, free(2)).rank == 1
    assert not dominance(x, free(2))[0, 1]


def test_bounds_in_a_tree_keep_to_each_parent():
    rng = np.random.default_rng(5)
    x = rng.random((9, 3))
    weights = np.array([1.0, 2.0, 1.0, 3.0, 1.0])
    bounded = within_factor(weights, TREE, 2.0)
    samples = weights * 2.0 ** rng.uniform(-1, 1, size=(20000, 5))
    corners = weights * np.array(list(itertools.product([0.5, 2.0], repeat=5)))
    scores = aggregate_tree(x, np.vstack([samples, corners]), TREE, Aggregation(), [TREE.root])[..., 0]
    ranks = competition_ranks(scores)
    for unit in range(9):
        best, worst = best_rank(x, unit, bounded), worst_rank(x, unit, bounded)
        reproduces(x, unit, best, "best")
        reproduces(x, unit, worst, "worst")
        assert best.rank <= ranks[:, unit].min()
        assert worst.rank >= ranks[:, unit].max()
        assert best.rank == ranks[:, unit].min()  # so many samples reach it
        for extreme in (best, worst):
            pair = extreme.weights[:2]
            assert 0.5 / 4 - 1e-9 <= pair[0] / pair[1] <= 2.0 / 1 + 1e-9
    sums = effective_weights(np.vstack([samples, corners]), TREE)[:, :3]
    np.testing.assert_allclose(largest(x, bounded), (sums @ x.T).max(axis=0), rtol=1e-3)
    assert (largest(x, bounded) >= (sums @ x.T).max(axis=0) - 1e-12).all()


def test_free_pillars_with_fixed_indicators():
    rng = np.random.default_rng(2)
    x = rng.random((8, 3))
    weights = np.array([1.0, 2.0, 1.0, 1.0, 1.0])
    pillars = np.stack([aggregate(x[:, :2], [1, 2]), x[:, 2]], axis=1)
    loose = free_nodes(weights, TREE, (2, 3))
    for unit in range(8):
        assert best_rank(x, unit, loose).rank == best_rank(pillars, unit, free(2)).rank
        assert worst_rank(x, unit, loose).rank == worst_rank(pillars, unit, free(2)).rank
    with pytest.raises(InputError, match="siblings"):
        free_nodes(weights, TREE, (2,))


@settings(max_examples=60)
@given(hnp.arrays(np.float64, st.tuples(st.integers(2, 7), st.just(3)), elements=st.integers(0, 9)), st.data())
def test_against_all_weights_of_a_grid(x, data):
    unit = data.draw(st.integers(0, x.shape[0] - 1))
    order = data.draw(st.permutations(range(3)))
    points = grid(3, 24)
    falling = points[(np.diff(points[:, order], axis=1) <= 1e-12).all(axis=1)]
    inside = points[(points.max(axis=1) <= 4 * points.min(axis=1) + 1e-12)]
    cases = [(free(3), points), (ordered(order), falling), (within_factor(np.ones(4), flat_tree(3), 2.0), inside)]
    for weights, candidates in cases:
        ranks = competition_ranks(aggregate(x, candidates))[:, unit]
        best, worst = best_rank(x, unit, weights), worst_rank(x, unit, weights)
        reproduces(x, unit, best, "best")
        reproduces(x, unit, worst, "worst")
        assert best.rank <= ranks.min()
        assert worst.rank >= ranks.max()


@settings(max_examples=60)
@given(hnp.arrays(np.float64, st.tuples(st.integers(2, 7), st.just(2)), elements=st.integers(0, 9)), st.data())
def test_two_columns_exactly(x, data):
    # in one dimension every change of order is a crossing of two lines: all of them, and the middles between
    unit = data.draw(st.integers(0, x.shape[0] - 1))
    crossings = {0.0, 1.0}
    for a, b in itertools.combinations(x, 2):
        slope = (a[0] - b[0]) - (a[1] - b[1])
        if slope:
            crossings.add((b[1] - a[1]) / slope)
    inside = sorted(c for c in crossings if 0 <= c <= 1)
    middles = [(a + b) / 2 for a, b in itertools.pairwise(inside)]
    first = np.array([*inside, *middles])
    ranks = competition_ranks(aggregate(x, np.stack([first, 1 - first], axis=1)))[:, unit]
    assert best_rank(x, unit, free(2)).rank == ranks.min()
    assert worst_rank(x, unit, free(2)).rank == ranks.max()


def test_a_time_limit_leaves_a_gap_that_is_reported():
    rng = np.random.default_rng(0)
    x = rng.random((120, 8))
    unit = int(np.argsort(x.sum(axis=1))[60])
    weights = within_factor(np.ones(9), flat_tree(8), 2.0)
    hurried = best_rank(x, unit, weights, seconds=0.0)
    patient = best_rank(x, unit, weights, seconds=20.0)
    assert competition_ranks(aggregate(x, hurried.weights))[unit] == hurried.rank
    assert hurried.bound <= patient.rank <= hurried.rank
    assert hurried.gap > 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: best_rank([[1.0, np.nan]], 0, free(2)), "1 missing"),
        (lambda: best_rank([[1.0, 2.0]], 0, free(3)), "3 columns"),
        (lambda: worst_rank([[1.0, 2.0]], 1, free(2)), "no unit 1"),
        (lambda: ordered([0, 0]), "isn't an order"),
        (lambda: within_factor(np.ones(3), flat_tree(2), 0.5), "factor 0.5"),
    ],
)
def test_what_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()


@pytest.mark.parametrize("weights", [free(4), ordered([2, 0, 3, 1]), within_factor(np.ones(5), flat_tree(4), 3.0)])
@pytest.mark.parametrize("seed", range(3))
def test_the_cover_proves_what_the_program_proves(weights, seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(40, 4))
    rows = rows[(largest(rows, weights) > 1e-6) & (-largest(-rows, weights) < -1e-6)]
    drawn = draw_weights(weights, 50, rng)
    np.testing.assert_allclose(drawn.sum(axis=1), 1)
    found = cover(Half(rows, rows, np.full(len(rows), 1e-9), weights), drawn, 20.0)
    fewest, _ = _Program(rows, weights, 0.0).solve(20.0)
    left = int((rows @ (found.best @ weights.basis()) > 1e-7).sum())
    assert found.bound == fewest == left


def test_drawn_weights_are_admissible_and_reach_the_bounds():
    weights = within_factor(np.array([1.0, 2.0, 1.0, 3.0, 1.0]), TREE, 2.0)
    drawn = draw_weights(weights, 400, np.random.default_rng(0))
    ratio = drawn[:, 0] / drawn[:, 1]
    assert ratio.min() == pytest.approx(0.5 / 4)
    assert ratio.max() == pytest.approx(2 / 1)
    values = np.random.default_rng(1).normal(size=(30, 3))
    assert ((drawn @ values.T) <= largest(values, weights) + 1e-12).all()
    with pytest.raises(InputError):
        draw_weights(weights, 0, np.random.default_rng(0))


SETS = [free(4), within_factor(np.array([1.0, 2.0, 1.0, 3.0, 1.0, 2.0, 1.0]), Tree((4, 4, 5, 5, 6, 6, -1), 4), 2.0),
        free_nodes(np.ones(7), Tree((4, 4, 5, 5, 6, 6, -1), 4), (4, 5))]  # fmt: skip


@pytest.mark.parametrize("weights", SETS)
def test_the_lowest_weights_have_the_sign_of_the_least_value(weights):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(300, 4)) + 0.5
    found = lowest(rows, weights)
    sums = (rows * found).sum(axis=1) / found.sum(axis=1)
    least = -largest(-rows, weights)
    assert 0 < (least > 0).sum() < 300
    np.testing.assert_array_equal(sums > 0, least > 0)
    assert (sums >= least - 1e-12).all()


@pytest.mark.parametrize("weights", SETS)
def test_values_of_nodes_lie_between_their_bounds_and_give_the_weights_back(weights):
    drawn = draw_weights(weights, 50, np.random.default_rng(0))
    values = node_values(drawn, weights)
    assert (values >= weights.low - 1e-12)[:, :-1].all()
    assert (values <= weights.high + 1e-12)[:, :-1].all()
    np.testing.assert_allclose(shares(values, weights.tree), drawn, atol=1e-12)


def cells(weights):
    """A cell, ways to draw weights from it."""
    if not weights.low[:4].any():
        corners = draw_weights(weights, 4, np.random.default_rng(1))
        return Simplex(corners), lambda cell, rng: rng.dirichlet(np.ones(4), 500) @ cell.corners
    return Box(weights), lambda cell, rng: draw_weights(cell.weights, 500, rng)


@pytest.mark.parametrize("weights", SETS)
def test_the_bound_of_a_cell_holds_for_its_weights_and_its_halves_are_all_of_it(weights):
    rng = np.random.default_rng(2)
    whole, draw = cells(weights)
    rows = rng.normal(size=(60, 4))
    queue = [whole]
    for _ in range(15):
        cell = queue.pop(0)
        points = np.vstack([draw(cell, rng), cell.middle()[None]])
        above = points @ rows.T > 0
        always, ever = cell.sides(rows)
        assert above[:, always].all()
        assert not above[:, ~ever].any()
        open_ = ever & ~always
        pairs = cell.pairs(rows[open_])
        for i, k in zip(*pairs, strict=True):
            assert i < k
            assert (above[:, open_][:, i] | above[:, open_][:, k]).all()
        assert fewest_left(int(open_.sum()), pairs) + always.sum() <= above.sum(axis=1).min()
        halves = cell.halves(rows[open_])
        if halves is None:
            assert (weights.low == 0).any()  # only bounds above zero can be cut
            return
        for half in halves:
            assert (draw(half, rng) @ rows[always].T > 0).all()
        assert above[:, halves[0].sides(rows)[0] & halves[1].sides(rows)[0]].all()
        queue += halves


def test_pairs_are_proven_however_narrow_the_mixture():
    rows = np.array([[1.0, -0.999, 0.5], [-0.001, 1.0, -1.0], [1.0, -1.001, 0.5]])
    corners = Simplex(np.eye(3)[:2])  # without the last: one to a thousand, give or take a little
    pairs = corners.pairs(rows)
    assert np.stack(pairs, axis=1).tolist() == [[0, 1], [1, 2]]
    assert fewest_left(3, pairs) == 1
    narrow = within_factor(np.ones(4), flat_tree(3), 1e6)
    first, second = Box(narrow).pairs(rows * [1, 1, 0])
    found = set(zip(first.tolist(), second.tolist(), strict=True))
    assert (0, 1) in found
    assert (0, 2) not in found


@pytest.mark.parametrize("weights", SETS)
def test_a_climb_never_goes_up_and_stays_in_the_set(weights):
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(80, 4))
    drawn = draw_weights(weights, 20, rng)
    climb = Climb(rows, weights, drawn)
    assert climb.fewest == (drawn @ rows.T > TOLERANCE).sum(axis=1).min()
    climb.search(30, 0, np.inf)
    many = draw_weights(weights, 20_000, rng)
    assert climb.fewest == (rows @ climb.best > TOLERANCE).sum()
    assert climb.fewest <= (many @ rows.T > TOLERANCE).sum(axis=1).min()
    assert climb.best.sum() == pytest.approx(1)
    assert (np.abs(rows) @ climb.best <= largest(np.abs(rows), weights) + 1e-9).all()
    again = Climb(rows, weights, drawn)
    again.search(30, 0, np.inf)
    np.testing.assert_array_equal(again.best, climb.best)


def test_many_units_at_once_are_those_one_by_one():
    rng = np.random.default_rng(4)
    x = rng.random((40, 5))
    x[7] = x[3]
    weights = free(5)
    together = extreme_ranks(x, weights, [0, 3, 7, 9, 21], seconds=20)
    for unit, (best, worst) in zip([0, 3, 7, 9, 21], together, strict=True):
        assert (best.gap, worst.gap) == (0, 0)
        assert best.rank == best_rank(x, unit, weights).rank
        assert worst.rank == worst_rank(x, unit, weights).rank
        reproduces(x, unit, best, "best")
        reproduces(x, unit, worst, "worst")


def test_a_unit_that_can_tie_with_the_one_ahead_of_it_may_share_its_rank():
    x = np.array([[0.5, 0.9], [0.4, 0.9], [0.3, 0.8], [1.0, 0.0]])
    weights = np.array([0.0, 1.0])
    found = {0: Extreme(1, 1, weights)}
    behind = np.array([True, False, False, False])
    assert _known_limit(x, 1, free(2), behind, found, best=True) == 1  # level at weights 0, 1
    assert _known_limit(x, 2, free(2), behind, found, best=True) == 2  # never level
    assert _known_limit(x, 2, free(2), ~behind, found, best=True) is None
    last = {2: Extreme(4, 4, weights), 1: Extreme(3, 3, weights)}
    ahead_of = np.array([False, True, True, False])
    assert _known_limit(x, 0, free(2), ahead_of, last, best=False) == 3


def test_nothing_is_printed_by_the_solver(capfd):
    rng = np.random.default_rng(0)
    _Program(rng.normal(size=(60, 6)), free(6), 0.0).solve(5.0)
    assert capfd.readouterr().out == ""
