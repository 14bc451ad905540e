"""What every listed treatment, imputer, normaliser and aggregator keeps, by being listed."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from technopole.index.generic import BESIDE
from technopole.index.learned import impute_iterative, impute_knn
from technopole.kernel.aggregate import AGGREGATORS, Aggregation, aggregate
from technopole.kernel.impute import IMPUTERS, Imputer
from technopole.kernel.normalise import NORMALISERS
from technopole.kernel.panel import impute_panel
from technopole.kernel.treat import TREATMENTS

UNITS, INDICATORS = 30, 4
NEEDED = {
    "reference": 0,
    "targets": [400.0] * INDICATORS,
    "low": 0.5,
    "high": 3.5,
    "groups": ["a", "b"] * (UNITS // 2),
    "units": np.arange(UNITS) % 7,
    "times": -(np.arange(UNITS) // 7),
}
BESIDE_THE_KERNEL = {
    "knn": Imputer(impute_knn, "mean of the nearest units"),
    "iterative": Imputer(lambda x: impute_iterative(x)[0], "chained regressions"),
    "panel": Imputer(impute_panel, "along time", ("units", "times")),
}
BESIDE_THE_KERNEL["iterative"].function.__doc__ = impute_iterative.__doc__
TABLES = {"treat": TREATMENTS, "impute": IMPUTERS | BESIDE_THE_KERNEL, "normalise": NORMALISERS}
PARTS = [(kind, name) for kind, table in TABLES.items() for name in table]


@pytest.fixture
def x():
    values = np.random.default_rng(0).gamma(2.0, size=(UNITS, INDICATORS)) + 1
    values[[3, 8, 9], [0, 2, 2]] = np.nan
    values[0] = 3.0  # the reference unit, above every minimum
    return values


def call(kind, name, x):
    part = TABLES[kind][name]
    given = {"coordinates": x, "rng": np.random.default_rng(1)} | NEEDED
    return part.function(x, **{need: given[need] for need in getattr(part, "needs", ())})


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_shape_dtype_and_input_are_kept(kind, name, x):
    kept = x.copy()
    x.setflags(write=False)
    y = call(kind, name, x)
    assert y.shape == x.shape
    assert y.dtype == np.float64
    assert not np.shares_memory(x, y)
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_array_equal(y, call(kind, name, x))


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_missing_stays_missing_or_is_filled_and_the_rest_is_finite(kind, name, x):
    y = call(kind, name, x)
    if kind == "impute":
        np.testing.assert_array_equal(y[~np.isnan(x)], x[~np.isnan(x)])
        assert np.isnan(y).any() == (name == "none")
    else:
        np.testing.assert_array_equal(np.isnan(y), np.isnan(x))
    assert not np.isinf(y).any()


@pytest.mark.parametrize(("kind", "name"), [part for part in PARTS if part[0] != "impute"])
def test_higher_stays_at_least_as_high(kind, name, x):
    y = call(kind, name, x)
    for before, after in zip(x.T, y.T, strict=True):
        order = np.argsort(before)[: (~np.isnan(before)).sum()]
        assert (np.diff(after[order]) >= 0).all()


@pytest.mark.parametrize("name", sorted(NORMALISERS))
def test_normalisers_are_free_of_units_and_origin_exactly_where_they_say(name, x):
    normaliser = NORMALISERS[name]
    y = call("normalise", name, x)
    assert np.allclose(call("normalise", name, x * 8), y, equal_nan=True) == normaliser.unit_free
    assert np.allclose(call("normalise", name, x + 16), y, equal_nan=True) == normaliser.shift_free


@pytest.mark.parametrize(("kind", "name"), PARTS)
def test_declared_parameters_are_those_of_the_function(kind, name):
    part = TABLES[kind][name]
    signature = inspect.signature(part.function).parameters
    for parameter, default in getattr(part, "parameters", {}).items():
        assert signature[parameter].default == default or parameter in {"low", "high"}
    assert set(getattr(part, "needs", ())) <= set(signature)
    assert part.summary
    assert part.function.__doc__


def test_every_imputer_that_a_framework_may_name_is_here():
    assert set(BESIDE) == set(BESIDE_THE_KERNEL)


@pytest.mark.parametrize("name", sorted(AGGREGATORS))
class TestAggregator:
    def test_missing_is_left_out_and_nothing_gives_nothing(self, name, x):
        x[5] = np.nan
        score = aggregate(x, np.ones(INDICATORS), Aggregation(name))
        assert np.isnan(score[5])
        assert np.isfinite(np.delete(score, 5)).all()

    def test_weight_zero_is_absence(self, name, x):
        full = aggregate(x, [1, 2, 0, 1], Aggregation(name))
        np.testing.assert_allclose(full, aggregate(x[:, [0, 1, 3]], [1, 2, 1], Aggregation(name)), rtol=1e-12)

    def test_equal_children_give_their_value_where_it_lies_between(self, name, x):
        same = np.repeat(x[:, :1], INDICATORS, axis=1)
        score = aggregate(same, [1, 2, 3, 4], Aggregation(name))
        if AGGREGATORS[name].relative:
            present = ~np.isnan(x[:, 0])
            assert (np.argsort(score[present]) == np.argsort(x[present, 0])).all()
            assert np.isnan(score[~present]).all()
        else:
            np.testing.assert_allclose(score, x[:, 0], rtol=1e-12)

    def test_between_the_children_exactly_where_it_says_so(self, name, x):
        score = aggregate(x, [1, 2, 3, 4], Aggregation(name))
        inside = (score >= np.nanmin(x, axis=1) - 1e-12) & (score <= np.nanmax(x, axis=1) + 1e-12)
        if AGGREGATORS[name].between:
            assert inside.all()

    def test_scores_of_a_stack_are_those_of_its_parts(self, name, x):
        sets = np.random.default_rng(2).random((3, INDICATORS)) + 0.1
        stack = aggregate(x, sets, Aggregation(name))
        for score, weights in zip(stack, sets, strict=True):
            np.testing.assert_array_equal(score, aggregate(x, weights, Aggregation(name)))

    def test_positive_is_asked_for_exactly_where_it_says_so(self, name, x):
        negative = Aggregation(name, {"power": 2.0} if "power" in AGGREGATORS[name].parameters else {})
        if AGGREGATORS[name].positive:
            with pytest.raises(Exception, match="above zero"):
                aggregate(-x, np.ones(INDICATORS), negative)
        else:
            assert np.isfinite(aggregate(-x, np.ones(INDICATORS), negative)).all()

    def test_declared_parameters_are_those_of_the_function(self, name, x):
        signature = inspect.signature(AGGREGATORS[name].function).parameters
        assert {p: signature[p].default for p in AGGREGATORS[name].parameters} == dict(AGGREGATORS[name].parameters)
