"""`index.scoring` on COINr's two files as they are: ASEM from raw data to the index."""

from __future__ import annotations

import numpy as np
import pytest

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
