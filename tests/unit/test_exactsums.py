"""Weighted sums by exact products: right, and the same bits in any company."""

from fractions import Fraction

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from technopole.kernel.aggregate import Aggregation, aggregate
from technopole.kernel.arrays import FloatArray
from technopole.kernel.exactsums import MOST_TERMS, ExactSums
from technopole.kernel.threads import one_thread


def example(terms: int, units: int, replicates: int) -> tuple[FloatArray, FloatArray]:
    rng = np.random.default_rng(terms)
    scale = 10.0 ** rng.integers(-4, 5, (terms, 1))
    x = scale * rng.normal(size=(terms, units))
    weights = rng.dirichlet(np.ones(terms), replicates) / scale.T
    return x, weights


@pytest.mark.parametrize("terms", [1, 2, 24, MOST_TERMS])
def test_sums_agree_with_fractions(terms: int) -> None:
    x, weights = example(terms, 5, 3)
    got = ExactSums(x)(weights)
    for replicate in range(3):
        for unit in range(5):
            products = [Fraction(w) * Fraction(v) for w, v in zip(weights[replicate], x[:, unit], strict=True)]
            largest = max(map(abs, products))
            assert abs(Fraction(got[replicate, unit]) - sum(products)) <= largest / 2**51


def test_bits_depend_on_the_own_weights_and_the_own_values_only() -> None:
    x, weights = example(24, 301, 200)
    whole = ExactSums(x)(weights)
    assert np.array_equal(ExactSums(x)(weights[17:18])[0], whole[17])
    order = np.random.default_rng(1).permutation(301)
    assert np.array_equal(ExactSums(x[:, order])(weights), whole[:, order])
    terms = np.random.default_rng(2).permutation(24)
    assert np.array_equal(ExactSums(x[terms])(weights[:, terms]), whole)


def test_parts_leave_room_for_every_sum() -> None:
    """All bits set in every part: the sums would round here first, and then depend on the order."""
    x = np.full((MOST_TERMS, 4), 1.0 - 2.0**-45)
    weights = np.full((3, MOST_TERMS), 1.0 - 2.0**-45)
    shuffled = np.random.default_rng(0).permutation(MOST_TERMS)
    assert np.array_equal(ExactSums(x)(weights), ExactSums(x[shuffled])(weights[:, shuffled]))
    assert ExactSums(x)(weights)[0, 0] == pytest.approx(MOST_TERMS, rel=1e-13)


def test_a_small_unit_among_large_ones_is_as_right() -> None:
    x = np.array([[1e-3, 15.992, 1e6], [2e-3, 1e-6, 1e5]])
    for method, power in (("arithmetic", 1.0), ("harmonic", -1.0)):
        got = aggregate(x.T, np.array([3.0, 1.0]), Aggregation(method))
        for unit in range(3):
            exact = sum(Fraction(w) * Fraction(v) ** int(power) for w, v in zip((3, 1), x[:, unit], strict=True)) / 4
            assert got[unit] == pytest.approx(float(exact ** int(power)), rel=1e-15)


def test_nothing_weighs_nothing() -> None:
    assert np.array_equal(ExactSums(np.zeros((3, 2)))(np.ones((1, 3))), np.zeros((1, 2)))
    assert np.array_equal(ExactSums(np.ones((3, 2)))(np.zeros((1, 3))), np.zeros((1, 2)))
    assert ExactSums(np.full((2, 1), 1e-300))(np.full((1, 2), 0.5))[0, 0] == pytest.approx(1e-300, rel=1e-13)


def test_equal_units_stay_equal_among_many_others() -> None:
    rng = np.random.default_rng(3)
    x = np.repeat(rng.random((67, 24)), 2, axis=0)
    for method in ("arithmetic", "geometric", "harmonic"):
        scores = aggregate(x, rng.dirichlet(np.ones(24), 500), Aggregation(method))
        assert np.array_equal(scores[:, ::2], scores[:, 1::2])


def test_products_of_matrices_take_one_thread_inside_and_as_many_as_before_after_it():
    def threads():
        return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]

    before = threads()
    with one_thread():
        assert set(threads()) == {1}
    assert threads() == before
