"""`technopole extremes DATA` and `technopole whatif --data`: an index of one's own."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
import yaml

import technopole as tp
from technopole.core.errors import InputError, UnknownNameError
from technopole.index.generic import parse_generic
from technopole.index.scoring import score
from technopole.publish.own_extremes import own_extremes
from technopole.publish.own_whatif import own_whatif
from technopole.robustness.extremes import KINDS

TREE = {
    "id": "readiness",
    "children": [
        {"id": "skills", "weight": 2, "children": [{"indicator": "a"}, {"indicator": "b", "direction": -1}]},
        {"id": "means", "children": [{"indicator": "c"}, {"indicator": "d", "weight": 3}]},
        {"indicator": "e"},
    ],
}


def table(units=18, seed=1):
    x = np.random.default_rng(seed).gamma(2, 10, (units, 5))
    return pl.DataFrame({"id": [f"U{k}" for k in range(units)], **{name: x[:, k] for k, name in enumerate("abcde")}})


@pytest.fixture
def files(tmp_path):
    def write(data=None, declared=None):
        (table() if data is None else data).write_csv(tmp_path / "data.csv")
        (tmp_path / "framework.yaml").write_text(yaml.safe_dump(declared or {"index": TREE}, sort_keys=False))
        return tmp_path / "data.csv", tmp_path / "framework.yaml"

    return write


def with_weights(tree, weights):
    """The tree with other weights of its nodes."""
    name = tree.get("indicator", tree.get("id"))
    changed = {**tree, "weight": weights.get(name, tree.get("weight", 1))}
    if "children" in tree:
        changed["children"] = [with_weights(child, weights) for child in tree["children"]]
    return changed


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_written_into_the_framework_give_the_rank(kind):
    data = table()
    order = ["skills", "e", "means"] if kind == "ordered" else []
    found = own_extremes(data, parse_generic({"index": TREE}, "x"), kind=kind, order=order, top=6, seconds=20)
    nominal = dict(score(data, parse_generic({"index": TREE}, "x")).to_polars().select("id", "rank").iter_rows())
    for row in found.table.iter_rows(named=True):
        assert row["best"] <= row["worst"]
        if kind != "ordered":
            assert row["best"] <= nominal[row["id"]] <= row["worst"]
        assert (row["best"], row["worst"]) == (row["best_bound"], row["worst_bound"])
        for end in ("best", "worst"):
            weights = found.framework_weights[row["id"]][end]
            again = score(data, parse_generic({"index": with_weights(TREE, weights)}, "x"))
            assert again.ranks[again.ids.index(row["id"])] == row[end]
    if kind == "ordered":
        best = found.weights[found.table["id"][0]]["best"]
        assert best["skills"] >= best["e"] - 1e-12 >= best["means"] - 2e-12


def test_no_drawn_weights_of_the_pillars_pass_the_bounds():
    data, declared = table(), parse_generic({"index": TREE}, "x")
    found = own_extremes(data, declared, top=None, seconds=20).table
    run = score(data, declared)
    x = np.stack([run.scores["skills"], run.scores["means"], run.normalised[:, 4]], axis=1)
    scores = np.random.default_rng(0).dirichlet(np.ones(3), 4000) @ x.T
    ranks = 1 + (scores[:, None, :] > scores[:, :, None]).sum(axis=2)
    for row in found.iter_rows(named=True):
        place = run.ids.index(row["id"])
        assert row["best_bound"] <= ranks[:, place].min()
        assert row["worst_bound"] >= ranks[:, place].max()


def test_pillars_may_have_other_means_below_and_other_sets_may_not():
    tree = with_weights(TREE, {})
    tree["children"][0]["aggregate"] = "geometric"
    declared = parse_generic({"defaults": {"normalise": {"method": "min_max", "low": 1}}, "index": tree}, "x")
    assert own_extremes(table(), declared, top=2).table.height == 2
    with pytest.raises(InputError, match="skills has geometric"):
        own_extremes(table(), declared, kind="free")


def test_of_a_panel_the_last_period_is_taken():
    years = pl.concat([table(8, seed).with_columns(year=pl.lit(2020 + seed)) for seed in (1, 2)])
    declared = {"index": TREE, "unit": {"id": "id", "time": "year"}}
    found = own_extremes(years, parse_generic(declared, "x"), top=None)
    assert (found.period, found.units, found.table["worst"].max()) == ("2022", 8, 8)


def test_a_changed_value_is_the_index_of_the_changed_table():
    data, declared = table(), parse_generic({"index": TREE, "uncertainty": {"replicates": 200}}, "x")
    shape = own_whatif(data, declared, "U3", {"a": 60.0, "e": 80.0})
    changed = data.with_columns(
        pl.when(pl.col("id") == "U3").then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
        for name, value in (("a", 60.0), ("e", 80.0))
    )
    run = score(changed, declared)
    assert shape["after"]["score"] == run.scores["readiness"][3]
    assert shape["after"]["rank"] == run.ranks[3] < shape["before"]["rank"]
    assert shape["after"]["rank_low"] <= shape["after"]["rank"] <= shape["after"]["rank_high"]
    assert [change["from"] for change in shape["changes"]] == [data["a"][3], data["e"][3]]


def test_the_same_value_changes_nothing():
    data, declared = table(), parse_generic({"index": TREE, "uncertainty": {"replicates": 100}}, "x")
    shape = own_whatif(data, declared, "U3", {"a": data["a"][3]})
    assert shape["before"] == shape["after"]


def test_commands_have_their_shapes(files, run):
    data, declared = files()
    status, out, err = run("extremes", data, "--framework", declared, "--top", 3, "--json")
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert list(shape) == ["index", "period", "set", "factor", "order", "ranked", "units", "pairs"]
    assert list(shape["units"][0]) == [
        "rank", "id", "name", "score", "best", "worst", "always_ahead", "always_behind"
    ]  # fmt: skip
    assert list(shape["units"][0]["best"]) == ["rank", "bound", "weights", "framework_weights"]
    status, out, err = run("extremes", data, "--framework", declared, "--city", "U3", "--pairs")
    assert (status, err) == (0, "")
    assert "U3, rank" in out
    status, out, err = run("whatif", "U3", "a=60", "--data", data, "--framework", declared, "--json")
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert list(shape) == ["index", "period", "unit", "changes", "before", "after", "units"]
    assert list(shape["before"]) == ["rank", "tier", "score", "rank_low", "rank_high"]
    status, out, err = run("whatif", "U3", "a=60", "--data", data, "--framework", declared)
    assert (status, err) == (0, "")
    assert "of 18 (" in out
    assert run("whatif", "U3", "a=60", "--data", data, "--framework", declared, "--csv")[1].startswith("case,rank")


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("extremes", "DATA"), "needs a framework"),
        (("extremes", "DATA", "--framework", "FRAMEWORK", "--lens", "scale"), "--lens belongs to the edition"),
        (("extremes", "DATA", "--framework", "FRAMEWORK", "--city", "U99"), "no unit 'U99'"),
        (("extremes", "DATA", "--framework", "FRAMEWORK", "--set", "all"), "no set of weights"),
        (
            ("extremes", "DATA", "--framework", "FRAMEWORK", "--set", "ordered", "--order", "e"),
            "every pillar once: here these are skills, means, e",
        ),
        (("whatif", "U3", "a=1", "--data", "DATA"), "needs a framework"),
        (("whatif", "U3", "a=1", "--framework", "FRAMEWORK"), "--data FILE"),
        (("whatif", "U99", "a=1", "--data", "DATA", "--framework", "FRAMEWORK"), "no unit 'U99'"),
        (("whatif", "U3", "z=1", "--data", "DATA", "--framework", "FRAMEWORK"), "no indicator 'z'"),
        (("whatif", "U3", "a=nan", "--data", "DATA", "--framework", "FRAMEWORK"), "can't be nan"),
        (("whatif", "U3", "a=1", "--data", "DATA", "--framework", "FRAMEWORK", "--side", "makes"), "--side belongs"),
    ],
)
def test_what_is_refused_is_one_line(files, run, words, text):
    data, declared = files()
    status, out, err = run(*({"DATA": data, "FRAMEWORK": declared}.get(word, word) for word in words))
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert text in err


def test_missing_values_are_refused_with_what_to_do(files, run):
    gaps = table().with_columns(a=pl.when(pl.col("id") == "U2").then(None).otherwise(pl.col("a")))
    data, declared = files(gaps)
    status, _, err = run("extremes", data, "--framework", declared, "--set", "free")
    assert (status, err.count("\n")) == (1, 1)
    assert "1 units lack some (U2 ...)" in err
    with pytest.raises(UnknownNameError):
        own_whatif(gaps, parse_generic({"index": TREE}, "x"), "u2", {"a": 1.0})
    shape = own_whatif(gaps, parse_generic({"index": TREE}, "x"), "U2", {"a": 1.0}, replicates=20)
    assert shape["changes"][0]["from"] is None


def test_the_python_api_takes_a_table_as_well():
    declared = {"index": TREE}
    framework = parse_generic(declared, "framework")
    assert tp.extremes(table(), framework=declared).to_json() == own_extremes(table(), framework).to_json()
    asked = own_whatif(table(), framework, "U3", {"a": 99.0})
    assert tp.whatif(table(), "U3", {"a": 99.0}, framework=declared) == asked
    with pytest.raises(InputError, match="needs a framework"):
        tp.extremes(table())
