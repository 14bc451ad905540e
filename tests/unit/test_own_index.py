"""Uncertainty and sensitivity of a user's own index: each replicate is the index that its choices describe."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import technopole as tp
from technopole.core.errors import FrameworkError, InputError, UnknownNameError
from technopole.index.generic import parse_generic
from technopole.index.scoring import prepare, score
from technopole.kernel.normalise import NORMALISERS
from technopole.kernel.treat import TREATMENTS
from technopole.robustness.own_index import index_study, varied_framework
from technopole.robustness.own_replicates import evaluate, with_choices

TREE = {
    "id": "readiness",
    "children": [
        {"id": "skills", "weight": 2, "children": [{"indicator": "a"}, {"indicator": "b", "direction": -1}]},
        {"indicator": "c"},
    ],
}
CHOICES = [
    {"of": "normalise", "options": [{"method": "min_max", "low": 1, "high": 100}, "rank"], "chances": [3, 1]},
    {"of": "treat", "at": "a", "options": ["none", "log1p"]},
    {"of": "aggregate", "at": "readiness", "options": ["arithmetic", "geometric"]},
    {"of": "aggregate", "at": "skills", "method": "generalised_mean", "parameter": "power", "low": 0.2, "high": 1},
]


def table(units=25, seed=1, gaps=True):
    x = np.random.default_rng(seed).gamma(2, 10, (units, 3))
    c = [None if gaps and place % 6 == 0 else value for place, value in enumerate(x[:, 2])]
    return pl.DataFrame({"id": [f"U{k}" for k in range(units)], "a": x[:, 0], "b": x[:, 1], "c": c,
                         "error": x[:, 1] / 10})  # fmt: skip


def framework(**uncertainty):
    return {
        "index": TREE,
        "defaults": {"impute": {"method": "nearest", "donors": 3, "draws": 4},
                     "normalise": {"method": "min_max", "low": 1, "high": 100}},
        "uncertainty": {"replicates": 60, "seed": 3, "choices": CHOICES, **uncertainty},
    }  # fmt: skip


@pytest.fixture
def files(tmp_path):
    def write(declared=None, units=25):
        table(units).write_csv(tmp_path / "data.csv")
        (tmp_path / "framework.yaml").write_text(yaml.safe_dump(declared or framework(), sort_keys=False))
        return tmp_path / "data.csv", tmp_path / "framework.yaml"

    return write


def test_each_replicate_is_the_index_that_its_choices_describe():
    """The stacks against `score`, one framework at a time: every option and weight written into it."""
    data = table(gaps=False)
    study = index_study(data, parse_generic(framework(), "framework"))
    points = np.random.default_rng(0).random((120, sum(one.coordinates for one in study.factors)))
    found = evaluate(study, points)
    assert found.problems == {}
    seen = set()
    for number, point in enumerate(points):
        taken = study.parameters(point)
        picks = study.pick(study.taken(point[None])[0])
        seen.add(str(picks["normalise"]) + picks["treat at a"] + picks["aggregate at readiness"])
        declared = varied_framework(study.framework, picks).model_dump(exclude={"uncertainty"})
        skills, c = declared["index"]["children"]
        skills["weight"], c["weight"] = taken["weights of readiness"]["skills"], taken["weights of readiness"]["c"]
        for child in skills["children"]:
            child["weight"] = taken["weights of skills"][child["indicator"]]
        alone = score(data, parse_generic(declared, "one"))
        assert np.allclose(found.scores[number], alone.scores["readiness"], rtol=0, atol=1e-9)
        assert found.shares[number] == pytest.approx([alone.weights["skills"], alone.weights["c"]])
    assert len(seen) == 8


def test_a_draw_of_the_imputations_is_one_draw():
    data = table()
    fixed = framework(choices=[], weights={"kind": "fixed"})
    study = index_study(data, parse_generic(fixed, "framework"))
    assert [(one.name, len(one.options)) for one in study.factors] == [("draw", 4)]
    found = evaluate(study, np.array([[0.1], [0.3], [0.6], [0.9]]))
    run = score(data, parse_generic(fixed, "framework"))
    for draw in range(4):
        filled = data.with_columns(c=pl.Series(run.draws[draw][:, 2]))
        alone = score(filled, parse_generic(fixed, "framework"))
        assert np.allclose(found.scores[draw], alone.scores["readiness"], rtol=0, atol=1e-9)


def test_with_errors_each_replicate_reads_what_is_there_anew_and_keeps_its_imputations():
    data = table()
    declared = framework(choices=[], weights={"kind": "fixed"}, errors={"a": 0.2, "b": {"absolute": 3.0}, "c": 0.5})
    study = index_study(data, parse_generic(declared, "framework"))
    assert [one.name for one in study.factors] == ["draw", "errors"]
    points = np.random.default_rng(5).random((7, 2))
    found = evaluate(study, points)
    certain = parse_generic(framework(choices=[]), "framework")
    run = score(data, certain)
    for number, point in enumerate(points):
        deviates = np.random.default_rng(int(point[1] * 2.0**53)).standard_normal((3, data.height))
        x = run.draws[int(point[0] * 4)].copy()
        there = ~np.isnan(run.denominated[:, 2])
        x[:, 0] *= np.exp(0.2 * deviates[0])
        x[:, 1] += 3.0 * deviates[1]
        x[there, 2] *= np.exp(0.5 * deviates[2])[there]
        alone = score(data.with_columns(*[pl.Series(name, x[:, k]) for k, name in enumerate("abc")]), certain)
        np.testing.assert_allclose(found.scores[number], alone.scores["readiness"], rtol=0, atol=1e-9)


def test_a_stack_with_errors_that_fails_names_the_replicate():
    data = pl.DataFrame({"id": list("ABC"), "a": [1.0, 0.9, 5.0], "c": [1.0, 2.0, 4.0]})
    declared = {
        "defaults": {"treat": "log"},
        "index": {"id": "x", "children": [{"indicator": "a"}, {"indicator": "c"}]},
        "uncertainty": {"replicates": 50, "weights": {"kind": "fixed"}, "errors": {"a": {"absolute": 0.7}}},
    }
    found = tp.uncertainty(data, framework=declared)
    assert 0 < len(found.failures) < 50
    assert all("a: ln x of values" in one["because"] for one in found.failures)


def test_choices_checked_once_are_those_checked_each_time():
    study = index_study(table(), parse_generic(framework(), "framework"))
    points = np.random.default_rng(0).random((20, sum(one.coordinates for one in study.factors)))
    for pick in map(study.pick, study.taken(points)):
        fast, slow = with_choices(study.framework, pick), varied_framework(study.framework, pick)
        assert fast.model_dump(exclude={"uncertainty"}) == slow.model_dump(exclude={"uncertainty"})


PARAMETERS = {
    "scaled": {"low": 0, "high": 60}, "goalposts": {"low": 1, "high": 60}, "distance_to_targets": {"targets": 80},
    "distance_to_reference": {"reference": "U4"},
}  # fmt: skip


@pytest.mark.parametrize("method", [*TREATMENTS, *NORMALISERS])
@pytest.mark.parametrize("direction", [1, -1])
def test_a_stack_is_prepared_as_each_of_it_alone(method, direction):
    stage = "treat" if method in TREATMENTS else "normalise"
    choice = {"method": method, **PARAMETERS.get(method, {})}
    if method == "distance_to_targets" and direction < 0:
        choice["targets"] = 1e-3
    tree = {"id": "x", "children": [{"indicator": "a", "direction": direction, stage: choice}, {"indicator": "b"}]}
    declared = parse_generic({"index": tree}, "framework")
    stack = np.random.default_rng(2).gamma(2, 10, (3, 12, 2)) + 0.5
    stack[:, 4] = 25.0  # a reference in the middle
    ids = [f"U{k}" for k in range(12)]
    for values in (stack, np.moveaxis(np.ascontiguousarray(np.moveaxis(stack, -1, 0)), 0, -1)):
        together = prepare(values, declared, ids, [])
        for place in range(3):
            alone = prepare(stack[place], declared, ids, [])
            for one, other in zip(together, alone, strict=True):
                np.testing.assert_allclose(one[place], other, rtol=1e-13)


def test_nothing_uncertain_is_the_nominal_index():
    found = tp.uncertainty(table(gaps=False), framework=framework(choices=[], weights={"kind": "fixed"}))
    assert found.factors == []
    assert (found.table["rank_low"] == found.table["rank"]).all()
    assert (found.table["rank_high"] == found.table["rank"]).all()
    assert found.table["first"].sum() == 1


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), units=st.integers(3, 12), kind=st.sampled_from(["bounded", "dirichlet"]))
def test_shares_sum_to_one_and_wins_are_complements(seed, units, kind):
    declared = framework(replicates=20, weights={"kind": kind}, choices=CHOICES[:1])
    found = tp.uncertainty(table(units, seed, gaps=False), framework=declared, seed=seed, first_places=units)
    places = np.array([found.places[one] for one in found.table["id"]])
    assert np.allclose(places.sum(axis=1), 1, rtol=0, atol=1e-12)
    wins = {(a, b): share for a, b, share in found.wins.iter_rows()}
    for (a, b), share in wins.items():
        assert 0 <= share + wins[b, a] <= 1 + 1e-12
    central = found.table.select(pl.selectors.starts_with("central:")).to_numpy()
    assert np.allclose(central.sum(axis=1), 1)
    assert ((found.table["rank_low"] <= found.table["rank_median"])
            & (found.table["rank_median"] <= found.table["rank_high"])).all()  # fmt: skip


def test_a_replicate_that_fails_is_counted_and_shown(files, run):
    """A geometric mean of a min-max from 0 meets zeros; one of ranks doesn't."""
    zero = framework(
        choices=[
            {"of": "normalise", "options": ["min_max", "rank"]},
            {"of": "aggregate", "at": "skills", "options": ["arithmetic", "geometric"]},
        ]
    )
    found = tp.uncertainty(table(), framework=zero)
    assert 0 < len(found.failures) < found.replicates
    for one in found.failures:
        assert one["parameters"]["normalise"] == "min_max"
        assert one["parameters"]["aggregate at skills"] == "geometric"
        assert one["because"].startswith("skills: ")
    data, declared = files(zero)
    status, out, err = run("uncertainty", data, "--framework", declared)
    assert (status, err) == (0, "")
    assert f"{60 - len(found.failures)} of 60 replicates" in out
    assert "Failed: replicate" in out
    with pytest.raises(InputError, match="replicates failed"):
        tp.uncertainty(table(), framework={**zero, "uncertainty": {"replicates": 5, "choices": [
            {"of": "normalise", "options": ["min_max"]}, {"of": "aggregate", "options": ["geometric"]}]}})  # fmt: skip


def test_errors_are_relative_absolute_or_a_column():
    plain = framework(choices=[], weights={"kind": "fixed"}, replicates=200)
    base = tp.uncertainty(table(gaps=False), framework=plain).table
    for error in ({"a": 0.3}, {"a": {"absolute": 5.0}}, {"b": {"column": "error"}}):
        declared = {**plain, "uncertainty": {**plain["uncertainty"], "errors": error}}
        noisy = tp.uncertainty(table(gaps=False), framework=declared)
        assert [one["factor"] for one in noisy.factors] == ["errors"]
        assert (noisy.table["rank_high"] - noisy.table["rank_low"]).mean() > 0
        assert noisy.table["rank"].equals(base["rank"])
    none = {**plain, "uncertainty": {**plain["uncertainty"], "errors": {"a": 0.0}}}
    assert tp.uncertainty(table(gaps=False), framework=none).factors == []


def test_chances_are_kept():
    study = index_study(table(), parse_generic(framework(), "framework"))
    points = np.random.default_rng(1).random((4000, sum(one.coordinates for one in study.factors)))
    ranks = [pick["normalise"] == "rank" for pick in map(study.pick, study.taken(points))]
    assert np.mean(ranks) == pytest.approx(0.25, abs=0.03)


def test_a_unit_without_a_score_has_no_rank_and_json_holds():
    data = table(gaps=False).with_columns(
        *[pl.when(pl.col("id") == "U3").then(None).otherwise(pl.col(name)).alias(name) for name in ("a", "b", "c")]
    )
    declared = framework()
    declared["defaults"] = {"impute": "none", "normalise": {"method": "min_max", "low": 1, "high": 100}}
    found = tp.uncertainty(data, framework=declared)
    row = found.table.row(by_predicate=pl.col("id") == "U3", named=True)
    assert (row["rank"], row["tier"], row["rank_low"], row["top"]) == (None, None, None, 0)
    json.dumps(found.to_json(), allow_nan=False)
    shares = tp.sensitivity(data, framework=declared, base_points=256, top=2)
    assert shares.units["id"].n_unique() == 2


def test_sensitivity_sees_what_moves_and_not_what_doesnt():
    pytest.importorskip("SALib", reason="the sensitivity analysis needs technopole[analysis]")
    declared = framework(
        choices=[
            {"of": "normalise", "options": ["min_max", "min_max"]},
            {"of": "aggregate", "at": "readiness", "options": ["arithmetic", "harmonic"]},
        ]
    )
    declared["uncertainty"]["choices"][0]["options"] = [{"method": "min_max", "low": 1, "high": 100}] * 2
    found = tp.sensitivity(table(), framework=declared, base_points=256)
    rows = {row["factor"]: row for row in found.table.iter_rows(named=True)}
    assert rows["normalise"]["first"] == rows["normalise"]["total"] == 0.0
    assert rows["aggregate at readiness"]["total"] > 0
    assert set(rows) == {"normalise", "aggregate at readiness", "draw", "weights of readiness", "weights of skills"}


@pytest.mark.parametrize(
    ("uncertainty", "kind", "text"),
    [
        ({"choices": [{"of": "normalise", "options": ["minmax"]}]}, FrameworkError, "minmax"),
        ({"choices": [{"of": "treat", "at": "aa", "options": ["none"]}]}, UnknownNameError, "no indicator 'aa'"),
        ({"choices": [{"of": "aggregate", "at": "a", "options": ["geometric"]}]}, UnknownNameError, "no node 'a'"),
        ({"choices": [{"of": "normalise"}]}, FrameworkError, "give options"),
        ({"choices": [{"of": "normalise", "options": ["rank"], "chances": [1, 2]}]}, FrameworkError, "one chance"),
        ({"choices": [CHOICES[0], CHOICES[0]]}, FrameworkError, "varies twice"),
        ({"choices": [{**CHOICES[3], "low": 2}]}, FrameworkError, "no range"),
        ({"choices": [{**CHOICES[3], "parameter": "exponent"}]}, FrameworkError, "exponent"),
        ({"choices": [{"of": "colour", "options": ["red"]}]}, FrameworkError, "of"),
        ({"errors": {"z": 0.1}}, UnknownNameError, "no indicator 'z'"),
        ({"errors": {"a": {"column": "nothing"}}}, InputError, "nothing"),
        ({"errors": {"a": {"relative": 0.1, "absolute": 1}}}, FrameworkError, "one of relative"),
        ({"weights": {"kind": "bounded", "factor": 0.5}}, FrameworkError, "factor"),
        ({"replicates": 0}, FrameworkError, "replicates"),
    ],
)
def test_what_cannot_be_applied_is_named(uncertainty, kind, text):
    with pytest.raises(kind) as caught:
        tp.uncertainty(table(), framework=framework(**uncertainty))
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_commands_on_a_table_have_their_shapes(files, run):
    data, declared = files()
    words = ("uncertainty", data, "--framework", declared)
    status, out, err = run(*words, "--json", "--top", 4)
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert list(shape) == [
        "index", "replicates", "failed", "seed", "factors", "first_places", "units", "wins", "failures"
    ]  # fmt: skip
    assert list(shape["units"][0]) == [
        "rank", "tier", "id", "name", "score", "rank_low", "rank_median", "rank_high", "nominal_outside", "first",
        "top", "places", "central_weights",
    ]  # fmt: skip
    assert len(shape["units"]) == 4
    assert out == run(*words, "--json", "--top", 4)[1]
    assert run(*words, "--csv")[1].startswith("rank,tier,id,name,score")
    assert "ranks better than" in run(*words)[1]
    words = ("sensitivity", data, "--framework", declared, "--base-points", 64)
    shape = json.loads(run(*words, "--json", "--city", "U3")[1])
    assert list(shape) == [
        "index", "base_points", "runs", "failed_points", "seed", "mean_change", "variance", "factors", "units",
        "failures",
    ]  # fmt: skip
    assert [unit["id"] for unit in shape["units"]] == ["U3"]
    assert run(*words, "--csv")[1].startswith("factor,options,first")
    assert "What moves the ranks: readiness" in run(*words)[1]
    for wrong, text in (
        (("uncertainty", data), "needs a framework"),
        (("uncertainty", data, "--framework", declared, "--lens", "scale"), "--lens belongs to the edition"),
        (("uncertainty", data, "--framework", declared, "--city", "U99"), "no unit 'U99'"),
        (("uncertainty", data, "--framework", declared, "--replicates", 0), "can't be"),
        (("sensitivity", data, "--framework", declared, "--base-points", 3), "power of two"),
        (("sensitivity", data, "--framework", declared, "--weights", "fixed"), "--weights belongs"),
    ):
        status, out, err = run(*wrong)
        assert (status, out) == (1, "")
        assert err.count("\n") == 1
        assert text in err


def panel(units=12):
    years = [table(units, seed, gaps=False).with_columns(year=pl.lit(2019 + seed)) for seed in (1, 2, 3)]
    declared = framework(replicates=80, errors={"a": 0.1}) | {"unit": {"id": "id", "time": "year"}}
    return pl.concat(years), declared


def test_a_panel_has_ranges_within_each_period():
    data, declared = panel()
    found = tp.uncertainty(data, framework=declared)
    assert found.table.columns[:5] == ["rank", "tier", "id", "name", "time"]
    assert found.table["time"].to_list() == ["2020"] * 12 + ["2021"] * 12 + ["2022"] * 12
    for _, year in found.table.group_by("time"):
        assert sorted(year["rank"]) == list(range(1, 13))
        assert year["first"].sum() == pytest.approx(1)
        assert year["rank_high"].max() <= 12
        assert set(year["tier"]) >= {1}
    assert set(found.wins["id"]) <= set(found.table.filter(time="2022")["id"])
    shape = found.to_json()
    assert [unit["time"] for unit in shape["units"]] == found.table["time"].to_list()
    nominal = tp.score(data, declared).to_polars()
    assert nominal.select("id", "time", "rank").equals(found.table.select("id", "time", "rank"))
    one = tp.uncertainty(data, framework=declared, units=["U3"])
    assert one.table.select("id", "time").rows() == [("U3", "2020"), ("U3", "2021"), ("U3", "2022")]
    assert tp.uncertainty(data, framework=declared, top=2).table["rank"].to_list() == [1, 2] * 3


def test_a_panel_is_shown_by_the_commands(tmp_path, run):
    data, declared = panel()
    data.write_csv(tmp_path / "panel.csv")
    (tmp_path / "framework.yaml").write_text(yaml.safe_dump(declared, sort_keys=False))
    words = (tmp_path / "panel.csv", "--framework", tmp_path / "framework.yaml")
    status, out, err = run("uncertainty", *words, "--top", 2)
    assert (status, err) == (0, "")
    assert out.count("2021") == 2
    status, out, err = run("sensitivity", *words, "--base-points", 256, "--city", "U3")
    assert (status, err) == (0, "")
    assert "U3, 2022" in out
    status, out, err = run("plot", "acceptability", *words, "--out", tmp_path / "picture.svg", "--top", 3)
    assert (status, out.count("Traceback")) == (0, 0), err
    assert "2022" in (tmp_path / "picture.svg").read_text(encoding="utf-8")


def test_a_panel_of_one_period_is_the_table_alone():
    data = table(gaps=False)
    declared = framework(replicates=50, choices=[*CHOICES[:2], {"of": "aggregate", "options": ["copeland"]}])
    alone = tp.uncertainty(data, framework=declared).table
    timed = declared | {"unit": {"id": "id", "time": "year"}}
    same = tp.uncertainty(data.with_columns(year=pl.lit(2020)), framework=timed).table
    assert same.drop("time").equals(alone)


def test_sensitivity_of_a_panel_is_within_its_periods():
    data, declared = panel()
    found = tp.sensitivity(data, framework=declared, base_points=256, units=["U3"])
    assert found.units["time"].unique().sort().to_list() == ["2020", "2021", "2022"]
    assert found.units["rank"].max() <= 12
    assert found.mean_change < 12


def test_score_ignores_what_is_uncertain():
    certain = {key: value for key, value in framework().items() if key != "uncertainty"}
    assert tp.score(table(), framework()).to_polars().equals(tp.score(table(), certain).to_polars())
