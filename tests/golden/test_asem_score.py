"""`index.scoring` on COINr's two files as they are: ASEM from raw data to the index."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from technopole.cli.main import main
from technopole.index.generic import Panel, Screen
from technopole.index.imeta import framework_from_imeta
from technopole.index.scoring import score

RTOL = 1e-12


@pytest.fixture
def folder(golden, request):
    golden("asem/iMeta.csv")  # skips where the golden tables are absent
    return request.path.parents[2].parent / "shared" / "golden"


def assert_stage(actual, golden, name, columns, ids):
    table = golden(f"asem_expected/{name}.csv")
    order = [table.text("uCode").index(one) for one in ids]
    np.testing.assert_allclose(actual, table.numbers(*columns)[order], rtol=RTOL, atol=RTOL, err_msg=name)


def test_every_stage_from_the_raw_data(golden, folder):
    choices = {"treat": "skew_kurtosis_rule", "impute": {"method": "group_mean", "group": "EurAsia_group"}}
    run = score(folder / "asem/iData.csv", framework_from_imeta(folder / "asem/iMeta.csv", choices, denominate=True))
    assert (len(run.ids), len(run.indicators)) == (51, 49)
    stages = [
        ("data_Denominated", run.denominated),
        ("data_Imputed", run.imputed),
        ("data_Treated", run.treated),
        ("data_Normalised", run.normalised),
    ]
    for name, values in stages:
        assert_stage(values, golden, name, run.indicators, run.ids)
    nodes = list(run.scores)
    assert len(nodes) == 11
    assert_stage(np.stack([run.scores[n] for n in nodes], axis=1), golden, "data_Aggregated", nodes, run.ids)
    summary = golden("asem_expected/results_summ_ranks.csv")
    expected = dict(zip(summary.text("uCode"), summary.text("Index"), strict=True))
    assert {one: str(rank) for one, rank in zip(run.ids, run.ranks, strict=True)} == expected


def test_the_default_on_treated_data(golden, folder):
    # nothing but min-max and weighted means: on treated data that is the golden index
    run = score(folder / "asem_expected/data_Treated.csv", framework_from_imeta(folder / "asem/iMeta.csv", named=False))
    nodes = list(run.scores)
    assert_stage(np.stack([run.scores[n] for n in nodes], axis=1), golden, "data_Aggregated", nodes, run.ids)


@pytest.mark.parametrize(
    ("name", "method"), [("a_amean", "arithmetic"), ("a_gmean", "geometric"), ("a_hmean", "harmonic")]
)
def test_other_means(golden, folder, name, method):
    choices = {"normalise": {"method": "min_max", "low": 1.0, "high": 100.0}, "aggregate": method}
    framework = framework_from_imeta(folder / "asem/iMeta.csv", choices, named=False)
    run = score(folder / "asem_expected/data_Treated.csv", framework)
    nodes = list(run.scores)
    values = np.stack([run.scores[n] for n in nodes], axis=1)
    assert_stage(values, golden, f"agg_minmax1_100_{name}", nodes, run.ids)


def test_a_panel_shares_its_goalposts(golden, folder):
    # COINr's purse: units screened by period at 90 %, treated by period, normalised over all periods together
    framework = framework_from_imeta(folder / "asem/iMeta.csv", {"treat": "skew_kurtosis_rule"}, time="Time")
    framework = framework.model_copy(update={"screen": Screen(least_share=0.9), "panel": Panel(treat="each")})
    run = score(folder / "asem/iData_panel.csv", framework)
    index = golden("asem_expected/purse_index.csv")
    rows = {row: place for place, row in enumerate(zip(index.text("Time"), index.text("uCode"), strict=True))}
    assert (len(rows), len(run.ids), len(run.screened)) == (230, 230, 5)
    order = [rows[row] for row in zip(run.times, run.ids, strict=True)]
    np.testing.assert_allclose(run.scores["Index"], index.numbers("Index")[order], rtol=RTOL)
    table = golden("asem_expected/purse_normalised.csv")
    rows = {row: place for place, row in enumerate(zip(table.text("Time"), table.text("uCode"), strict=True))}
    order = [rows[row] for row in zip(run.times, run.ids, strict=True)]
    np.testing.assert_allclose(run.normalised, table.numbers(*run.indicators)[order], rtol=RTOL, atol=RTOL)


def run_command(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["technopole", *map(str, words)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 0


def test_the_command_with_coinrs_recipe(golden, folder, monkeypatch, capsys):
    data, meta = folder / "asem/iData.csv", folder / "asem/iMeta.csv"
    run_command(monkeypatch, "score", data, "--imeta", meta, "--recipe", "coinr", "--json")
    out, err = capsys.readouterr()
    assert err == ""
    units = json.loads(out)["units"]
    table = golden("asem_expected/data_Aggregated.csv")
    expected = dict(zip(table.text("uCode"), table.numbers("Index"), strict=True))
    assert len(units) == len(expected)
    assert all(abs(one["score"] - expected[one["id"]]) < 1e-12 * 100 for one in units)
    run_command(monkeypatch, "score", data, "--imeta", meta, "--csv")
    assert "17 indicators; --denominate" in capsys.readouterr().err
