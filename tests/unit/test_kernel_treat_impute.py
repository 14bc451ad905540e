"""Treatment and imputation on cases small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from technopole.core.errors import InputError
from technopole.kernel.impute import (
    IMPUTERS,
    impute_group_mean,
    impute_nearest,
)
from technopole.kernel.neighbours import nearest_donors
from technopole.kernel.treat import (
    apply_skew_kurtosis_rule,
    box_cox,
    kurtosis,
    log1p,
    log_by_skew,
    log_shifted,
    skewness,
    winsorise_points,
    winsorise_quantile,
    winsorise_until_pass,
)

NAN = np.nan


def column(*values):
    return np.array(values, dtype=float)[:, None]


def test_skewness_and_kurtosis_by_hand():
    # deviations -1, -1, -1, 3: m2 = 3, m3 = 6, m4 = 21
    values = [0, 0, 0, 4, NAN]
    assert skewness(values) == pytest.approx(6 / 3**1.5 * np.sqrt(12) / 2)
    assert kurtosis(values) == pytest.approx((5 * (21 / 9 - 3) + 6) * 3 / 2)
    assert np.isnan(skewness([1, 1, 1, 1]))
    assert np.isnan(kurtosis([1, 2, 3]))
    assert skewness([-1, 0, 1]) == 0


def test_log1p_refuses_what_has_no_logarithm():
    np.testing.assert_allclose(log1p(column(0, np.e - 1, NAN)), column(0, 1, NAN))
    with pytest.raises(InputError, match="column 0"):
        log1p(column(0, -1))


def test_shifted_log_and_box_cox():
    np.testing.assert_allclose(log_shifted(column(10, 20)), np.log(column(0.1, 10.1)))
    np.testing.assert_array_equal(log_shifted(column(3, 3)), column(3, 3))
    np.testing.assert_allclose(box_cox(column(5, 7), 0.0), np.log(column(1, 3)))
    np.testing.assert_allclose(box_cox(column(5, 7), 2.0), column(0, 4))


def test_the_log_by_skew_is_mirrored_where_the_long_tail_is_on_the_left():
    right = column(1, 2, 3, 101, NAN)
    np.testing.assert_array_equal(log_by_skew(right), log_shifted(right))
    # max 103, a = 0.01 (103 - 3) = 1: -ln(103 + 1 - x)
    left = column(3, 101, 102, 103, NAN)
    np.testing.assert_allclose(log_by_skew(left), -np.log(column(101, 3, 2, 1, NAN)))
    assert abs(skewness(log_by_skew(left)[:, 0])) < abs(skewness(left[:, 0]))
    np.testing.assert_allclose(log_by_skew(column(0, 50, 100)), -np.log(column(101, 51, 1)))  # no skew, as COINr
    for plain in (column(3, 3, NAN), column(NAN, NAN)):
        np.testing.assert_array_equal(log_by_skew(plain), plain)


def test_winsorising_by_quantile_and_by_points():
    values = column(*range(101), 1000)
    np.testing.assert_array_equal(winsorise_quantile(values, 1.0), values)
    assert winsorise_quantile(values, 0.5).max() == 50.5
    assert winsorise_points(values, high=1).max() == 100
    assert winsorise_points(values, low=2).min() == 2
    for bad in (lambda: winsorise_quantile(values, 0.0), lambda: winsorise_points(column(1, 2), high=2)):
        with pytest.raises(InputError):
            bad()


def test_rule_caps_one_end_at_a_time_by_the_sign_of_the_skew():
    body = list(range(20))
    capped, points = winsorise_until_pass([*body, 1000])
    assert (points, capped.max()) == (1, 19)
    capped, points = winsorise_until_pass([*body, -1000])
    assert (points, capped.min()) == (1, 0)
    assert winsorise_until_pass([*body, 25])[1] == 0


def test_rule_takes_the_log_of_the_raw_values_when_five_points_do_not_suffice():
    heavy = 1.5 ** np.arange(150)[:, None]
    outcome = apply_skew_kurtosis_rule(heavy)
    assert outcome.logged == (True,)
    assert list(outcome.points) == [0]
    np.testing.assert_array_equal(outcome.x, log_shifted(heavy))


def test_short_constant_and_empty_columns_pass_the_rule():
    x = np.array([[1.0, 5.0, NAN], [9.0, 5.0, NAN], [100.0, 5.0, NAN]])
    np.testing.assert_array_equal(apply_skew_kurtosis_rule(x).x, x)


def test_simple_imputers():
    x = np.array([[1.0, NAN], [NAN, NAN], [3.0, NAN], [8.0, NAN]])
    for name, value in (("mean", 4.0), ("median", 3.0), ("zero", 0.0), ("none", NAN)):
        filled = IMPUTERS[name].function(x)
        np.testing.assert_array_equal(filled[1, 0], value)
        np.testing.assert_array_equal(filled[:, 1], 0.0 if name == "zero" else NAN)
    filled = impute_group_mean(column(1, NAN, 3, NAN, NAN), ["a", "a", "b", "b", "c"])
    np.testing.assert_array_equal(filled, column(1, 1, 3, 3, NAN))
    with pytest.raises(InputError, match="group labels"):
        impute_group_mean(column(1, 2), ["a"])


def test_donors_are_the_nearest_that_have_the_indicator_and_ties_go_to_the_first():
    z = np.array([[0.0, NAN], [5.0, 1.0], [-5.0, 2.0], [1.0, NAN], [9.0, 3.0]])
    rows, columns, donors = nearest_donors(np.isnan(z), z, donors=2)
    np.testing.assert_array_equal(rows, [0, 3])
    np.testing.assert_array_equal(columns, [1, 1])
    # unit 0: units 1 and 2 are equally far, row order decides; unit 3 is nearer but lacks the indicator
    np.testing.assert_array_equal(donors, [[1, 2], [1, 2]])


def test_distance_is_a_mean_over_the_shared_indicators():
    # unit 1 shares two indicators at distance 3 each (root mean square 3), unit 2 shares one at distance 4
    z = np.array([[0.0, 0.0, NAN], [3.0, 3.0, 7.0], [4.0, NAN, 8.0]])
    _, _, donors = nearest_donors(np.isnan([[0, 0, NAN], [0, 0, 0], [0, 0, 0]]), z, donors=2)
    np.testing.assert_array_equal(donors, [[1, 2]])


def test_fewer_donors_or_none():
    x = np.array([[1.0, NAN, NAN], [2.0, 7.0, NAN], [NAN, 9.0, 1.0]])
    imputed = impute_nearest(x, coordinates=x, rng=np.random.default_rng(0))
    filled = imputed.nominal
    assert filled[0, 1] == 7.0  # only unit 1 shares an indicator with unit 0
    assert np.isnan(filled[0, 2])  # unit 2 has it, but shares nothing with unit 0
    assert filled[1, 2] == 1.0
    assert imputed.draws.shape == (20, 4)
    np.testing.assert_array_equal(imputed.replicate(3)[~np.isnan(x)], x[~np.isnan(x)])
    strict = impute_nearest(x, coordinates=x, rng=np.random.default_rng(0), minimum_shared=2)
    np.testing.assert_array_equal(strict.nominal, x)


def test_the_nominal_value_is_the_mean_of_the_draws_and_draws_cover_the_donors():
    rng = np.random.default_rng(5)
    x = rng.random((30, 3))
    x[0, 2] = NAN
    imputed = impute_nearest(x, coordinates=x, rng=rng, donors=10, draws=2000)
    assert imputed.nominal[0, 2] == pytest.approx(imputed.draws.mean())
    values, counts = np.unique(imputed.draws, return_counts=True)
    assert values.size == 10
    assert counts.min() > 120
    assert set(values) == set(x[imputed.donors[0], 2])


def test_equal_draws_have_exactly_their_value_as_mean():
    x = np.full((12, 2), 0.1)
    x[:, 0] = np.arange(12)
    x[0, 1] = NAN
    assert impute_nearest(x, coordinates=x, rng=np.random.default_rng(0)).nominal[0, 1] == 0.1


def test_bad_imputation_input():
    x = np.ones((3, 2))
    for bad in ({"coordinates": np.ones((2, 2))}, {"coordinates": x, "donors": 0}, {"coordinates": x, "draws": 0}):
        with pytest.raises(InputError):
            impute_nearest(x, rng=np.random.default_rng(0), **bad)
