"""Choices that aren't methods: who is scored, divided by what, which way up, with what weight, period by period."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

import technopole as tp
from technopole.core.errors import FrameworkError, InputError, UnknownNameError
from technopole.index.generic import parse_generic
from technopole.index.scoring import score
from technopole.robustness.own_bases import evaluate_all
from technopole.robustness.own_index import index_study, varied_framework

TREE = {
    "id": "x",
    "children": [
        {"id": "skills", "children": [{"indicator": "a"}, {"indicator": "b", "direction": -1}]},
        {"indicator": "c"},
    ],
}
FIXED = {"kind": "fixed"}
BASES = [
    {"of": "screen", "parameter": "least_share", "low": 0.2, "high": 0.9},
    {"of": "direction", "at": "b", "options": [1, -1]},
    {"of": "denominator", "at": "a", "options": ["none", "people", {"denominator": "area", "per": 1000}]},
    {"of": "weight", "at": "skills", "low": 0.5, "high": 3},
    {"of": "weight", "at": "b", "options": [0, 1]},
]


def table(units=20):
    x = np.random.default_rng(4).gamma(2, 10, (units, 5))
    c = [None if place % 4 == 0 else value for place, value in enumerate(x[:, 2])]
    b = [None if place % 8 == 0 else value for place, value in enumerate(x[:, 1])]
    return pl.DataFrame({"id": [f"U{k}" for k in range(units)], "a": x[:, 0], "b": b, "c": c, "people": x[:, 3],
                         "area": x[:, 4]})  # fmt: skip


def framework(choices, **more):
    uncertain = {"replicates": 60, "seed": 1, "weights": FIXED, "choices": choices, **more.pop("uncertainty", {})}
    return {"index": TREE, "uncertainty": uncertain, **more}


def test_each_replicate_is_the_index_that_its_choices_describe():
    choices = [*BASES, {"of": "normalise", "options": ["min_max", "rank"]}]
    impute = {"method": "nearest", "donors": 3, "draws": 4}
    declared = framework(choices, defaults={"impute": impute}, uncertainty={"errors": {"c": 0.1}})
    study = index_study(table(), parse_generic(declared, "framework"))
    assert [one.name for one in study.factors][-2:] == ["draw", "errors"]
    points = np.random.default_rng(0).random((40, sum(one.coordinates for one in study.factors)))
    found = evaluate_all(study, points)
    assert found.problems == {}
    counts = set()
    for number, point in enumerate(points):
        picks = study.pick(study.taken(point[None])[0])
        one = varied_framework(study.framework, picks)
        begun = score(table(), one)
        counts.add(len(begun.ids))
        deviates = np.random.default_rng(int(point[-1] * 2.0**53)).standard_normal((1, len(begun.ids)))
        x = begun.imputed.copy() if begun.draws is None else begun.draws[int(point[-2] * 4)].copy()
        there = ~np.isnan(begun.denominated[:, 2])
        x[there, 2] *= np.exp(0.1 * deviates[0])[there]
        certain = one.model_dump(exclude={"uncertainty", "screen"})
        skills = certain["index"]["children"][0]
        skills["children"] = [leaf | {"denominator": None, "per": 1.0} for leaf in skills["children"]]
        read = pl.DataFrame({"id": begun.ids, **{name: x[:, k] for k, name in enumerate("abc")}})
        alone = score(read, parse_generic(certain, "one"))
        expected = dict(zip(alone.ids, alone.scores["x"], strict=True))
        got = {one: s for one, s in zip(study.run.ids, found.scores[number], strict=True) if not np.isnan(s)}
        assert got == pytest.approx(expected, rel=0, abs=1e-9)
        assert found.shares[number] == pytest.approx([alone.weights["skills"], alone.weights["c"]])
    assert len(counts) > 1


def test_where_such_choices_have_one_option_nothing_changes():
    methods = [{"of": "normalise", "options": ["min_max", "rank"]}]
    plain = framework(methods, screen=0.6)
    same = framework([*methods, {"of": "direction", "at": "b", "options": [-1]}], screen=0.6)
    points = np.random.default_rng(0).random((30, 2))
    with_bases = evaluate_all(index_study(table(), parse_generic(same, "framework")), points)
    without = evaluate_all(index_study(table(), parse_generic(plain, "framework")), points[:, :1])
    np.testing.assert_array_equal(with_bases.scores, without.scores)


def test_a_unit_that_some_replicates_leave_out():
    data = table().with_columns(a=pl.when(pl.col("id") == "U8").then(None).otherwise(pl.col("a")))
    declared = framework([{"of": "screen", "options": [0.6, 0.9]}], screen={"least_share": 0.6, "leave_out": ["U3"]})
    found = tp.uncertainty(data, framework=declared)
    ids = found.table["id"].to_list()
    assert "U8" not in ids  # no value at all: no choice lets it in
    assert "U3" not in ids  # an option names only the share; what is left out stays out
    assert found.table.filter(id="U4")["rank"].item() is not None
    some = sum(found.places["U4"])
    assert 0 < some < 1
    strict = framework([{"of": "screen", "options": [0.6, 0.9]}], screen=0.9)
    row = tp.uncertainty(data, framework=strict).table.row(by_predicate=pl.col("id") == "U4", named=True)
    assert (row["rank"], row["tier"], row["score"]) == (None, None, None)
    assert row["rank_low"] >= 1
    shares = tp.sensitivity(data, framework=strict, base_points=64, top=None)
    assert "U4" not in shares.units["id"].to_list()
    assert "U5" in shares.units["id"].to_list()


def test_a_choice_of_two_equal_options_has_exactly_no_effect():
    pytest.importorskip("SALib", reason="the sensitivity analysis needs technopole[analysis]")
    for one in (
        {"of": "screen", "options": [0.6, {"least_share": 0.6}]},
        {"of": "panel", "options": [{"normalise": "together"}, {}]},
        {"of": "direction", "at": "b", "options": [-1, -1]},
        {"of": "denominator", "at": "a", "options": ["people", {"denominator": "people", "per": 1}]},
        {"of": "weight", "at": "b", "options": [2, 2.0]},
    ):
        choices = [one, {"of": "aggregate", "at": "x", "options": ["arithmetic", "harmonic"]}]
        defaults = {"normalise": {"method": "min_max", "low": 1, "high": 100}, "impute": "median"}
        found = tp.sensitivity(table(), framework=framework(choices, defaults=defaults), base_points=64)
        rows = {row["factor"]: row for row in found.table.iter_rows(named=True)}
        name = next(name for name in rows if name.startswith(one["of"]))
        assert rows[name]["first"] == rows[name]["total"] == 0.0, one
        assert rows["aggregate at x"]["total"] > 0
        assert set(found.units.filter(factor=name)["total"]) == {0.0}


def test_each_of_them_moves_what_it_should():
    pytest.importorskip("SALib", reason="the sensitivity analysis needs technopole[analysis]")
    found = tp.sensitivity(table(), framework=framework(BASES, defaults={"impute": "median"}), base_points=128)
    assert (found.table["total"] > 0).all()
    assert found.failed_points == 0
    assert set(found.table["factor"]) == {
        "screen", "direction at b", "denominator at a", "weight at skills", "weight at b"
    }  # fmt: skip


def test_a_replicate_that_fails_is_counted_and_shown_with_what_it_took():
    reference = {"method": "distance_to_reference", "reference": "U4"}
    declared = framework([{"of": "screen", "options": [0, 0.9]}, {"of": "weight", "at": "c", "options": [1, 2]}])
    declared["defaults"] = {"normalise": reference}
    found = tp.uncertainty(table(), framework=declared)
    assert 0 < len(found.failures) < 60
    assert {one["parameters"]["screen"] for one in found.failures} == {0.9}
    assert {one["parameters"]["weight at c"] for one in found.failures} == {1, 2}
    assert all("no reference unit 'U4'" in one["because"] for one in found.failures)


def test_weights_around_a_varied_weight_are_shown():
    declared = framework([{"of": "weight", "at": "skills", "options": [5]}], uncertainty={"weights": {"factor": 1}})
    study = index_study(table(), parse_generic(declared, "framework"))
    point = np.full(sum(one.coordinates for one in study.factors), 0.5)
    assert study.parameters(point)["weights of x"] == {"skills": 5.0, "c": 1.0}
    assert evaluate_all(study, point[None]).shares[0].tolist() == pytest.approx([5 / 6, 1 / 6])


def test_a_range_keeps_the_other_parameters_of_its_method():
    choice = {"of": "normalise", "method": {"method": "min_max", "low": 50}, "parameter": "high", "low": 60, "high": 90}
    study = index_study(table(), parse_generic(framework([choice]), "framework"))
    taken = study.pick(study.taken(np.array([[0.5]]))[0])
    assert taken == {"normalise": {"method": "min_max", "low": 50, "high": 75.0}}
    assert np.nanmin(evaluate_all(study, np.array([[0.5]])).scores) >= 50


def test_a_panel_of_which_a_row_is_left_out_keeps_its_rows_in_order():
    years = [table().with_columns(year=pl.lit(year), group=pl.lit(f"g{year}")) for year in (2020, 2021)]
    years[1] = years[1].with_columns(
        a=pl.when(pl.col("id") == "U5").then(None).otherwise(pl.col("a") * 3),
        b=pl.when(pl.col("id") == "U5").then(None).otherwise(pl.col("b")),
    )
    choices = [
        {"of": "panel", "options": [{"normalise": "each"}, {"normalise": "together"}]},
        {"of": "impute", "options": [{"method": "group_mean", "group": "group"}]},
    ]
    declared = framework(choices, unit={"id": "id", "time": "year"}, screen=0.5)
    study = index_study(pl.concat(years), parse_generic(declared, "framework"))
    points = np.random.default_rng(0).random((8, 2))
    found = evaluate_all(study, points)
    assert found.problems == {}
    for number, point in enumerate(points):
        one = varied_framework(study.framework, study.pick(study.taken(point[None])[0]))
        alone = score(pl.concat(years), one)
        assert alone.ids == study.run.ids
        np.testing.assert_allclose(found.scores[number], alone.scores["x"], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("choice", "kind", "text"),
    [
        ({"of": "screen", "at": "a", "options": [0.5]}, FrameworkError, "of the whole index"),
        ({"of": "screen", "options": [1.5]}, FrameworkError, "screen"),
        ({"of": "screen", "options": [{"least": 0.5}]}, FrameworkError, "least"),
        ({"of": "screen", "parameter": "least_share", "low": 0.5}, FrameworkError, "parameter, low and high"),
        ({"of": "direction", "options": [1, -1]}, FrameworkError, "say `at`"),
        ({"of": "direction", "at": "b", "options": [1, 0]}, FrameworkError, "direction"),
        ({"of": "direction", "at": "skills", "options": [1]}, UnknownNameError, "no indicator 'skills'"),
        ({"of": "direction", "at": "b", "low": -1, "high": 1}, FrameworkError, "options of the direction"),
        ({"of": "denominator", "at": "a", "options": ["peopel"]}, InputError, "denominator at a peopel"),
        ({"of": "denominator", "at": "a", "options": ["zero"]}, InputError, "zero somewhere"),
        ({"of": "weight", "at": "skill", "options": [1]}, UnknownNameError, "no indicator or node 'skill'"),
        ({"of": "weight", "at": "c", "options": [-1]}, FrameworkError, "weight"),
        ({"of": "panel", "options": [{"normalise": "never"}]}, FrameworkError, "normalise"),
        ({"of": "screen", "options": [{"keep": ["nobody"]}]}, InputError, "nobody"),
    ],
)
def test_what_cannot_be_applied_is_named(choice, kind, text):
    data = table().with_columns(zero=pl.lit(0.0))
    with pytest.raises(kind) as caught:
        tp.uncertainty(data, framework=framework([choice]))
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)
