"""`technopole audit` on COINr's example: its own figures for weights, removal, coherence, statistics and profiles."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest

from technopole.cli.main import main
from technopole.index.coherence import audit_run
from technopole.index.imeta import framework_from_imeta
from technopole.index.scoring import score


@pytest.fixture(scope="module")
def folder(golden, request):
    golden("asem/iMeta.csv")  # skips where the golden tables are absent
    return request.path.parents[2].parent / "shared" / "golden" / "asem"


@pytest.fixture(scope="module")
def shape(folder):
    with pytest.MonkeyPatch.context() as patch:
        words = ["audit", folder / "iData.csv", "--imeta", folder / "iMeta.csv", "--recipe", "coinr", "--json"]
        patch.setattr(sys, "argv", ["technopole", *map(str, words)])
        with pytest.MonkeyPatch.context() as output:
            written: list[str] = []
            output.setattr(sys.stdout, "write", written.append)
            with pytest.raises(SystemExit) as stop:
                main()
    assert stop.value.code == 0
    return json.loads("".join(written))


def test_effective_weights(golden, shape):
    table = golden("asem_expected/eff_weights.csv")
    expected = dict(zip(table.text("iCode"), table.numbers("EffWeight"), strict=True))
    found = {one["id"]: one["effective_weight"] for one in shape["elements"]}
    assert len(found) == 59
    for name, weight in found.items():
        assert weight == pytest.approx(expected[name], rel=1e-12)


def test_removal_of_pillars(golden, shape):
    table = golden("asem_expected/remove_L2_meanabsdiff.csv")
    expected = dict(zip(table.text("el"), table.numbers("d"), strict=True))
    found = {one["id"]: one["mean_rank_change"] for one in shape["elements"]}
    pillars = [name for name in expected if name != "Nominal"]
    assert len(pillars) == 8
    for name in pillars:
        assert found[name] == pytest.approx(expected[name], rel=1e-12)


def test_cronbach_of_pillars(golden, shape):
    table = golden("asem_expected/cronbach_norm_pillars.csv")
    found = {one["id"]: one["cronbach_alpha"] for one in shape["groups"]}
    for name, alpha in zip(table.text("pillar"), table.numbers("cronbach"), strict=True):
        assert found[name] == pytest.approx(alpha, rel=1e-10)


def test_statistics_of_the_raw_values(golden, shape):
    availability = {one["id"]: one for one in shape["availability"]["indicators"]}
    assert len(availability) == 49
    # indicators without a denominator are raw in both
    table = golden("asem_expected/stats_raw.csv")
    meta = golden("asem/iMeta.csv")
    below = dict(zip(meta.text("iCode"), meta.text("Denominator"), strict=True))
    divided = {code for code, denominator in below.items() if denominator not in {"", "NA"}}
    rows = {name: place for place, name in enumerate(table.text("iCode"))}
    columns = {
        "minimum": "Min", "maximum": "Max", "mean": "Mean", "median": "Median", "standard_deviation": "Std",
        "skewness": "Skew", "kurtosis": "Kurt",
    }  # fmt: skip
    plain = [one for one in shape["statistics"] if one["id"] not in divided]
    assert len(plain) == 32
    for one in plain:
        for key, column in columns.items():
            assert one[key] == pytest.approx(table.numbers(column)[rows[one["id"]]], rel=1e-9, abs=1e-12)
        assert one["passes"] == (table.text("Flag.SkewKurt")[rows[one["id"]]] == "ok")
        assert availability[one["id"]]["present"] == pytest.approx(table.numbers("Frc.Avail")[rows[one["id"]]])


def test_profiles_rank_a_unit_where_coinr_does(golden, folder):
    # COINr's are of the raw values
    shape = audit_run(score(folder / "iData.csv", framework_from_imeta(folder / "iMeta.csv")))
    one = next(unit for unit in shape["profiles"] if unit["id"] == "GBR")
    for kind in ("strengths", "weaknesses"):
        table = golden(f"asem_expected/{kind}_GBR.csv")
        expected = dict(zip(table.text("Code"), table.numbers("Rank"), strict=True))
        ranks = [entry["rank"] for entry in one[kind]]
        assert ranks == sorted(ranks, reverse=kind == "weaknesses")
        shared = [entry for entry in one[kind] if entry["indicator"] in expected]
        assert len(shared) >= 3
        assert all(entry["rank"] == expected[entry["indicator"]] for entry in shared)


def test_correlations_inside_groups(golden, shape):
    found = shape["correlations"]
    matrix = np.array(found["matrix"], dtype=float)
    table = golden("asem_expected/corr_flags_high.csv")
    pairs = {frozenset((one["a"], one["b"])): one["correlation"] for one in found["high"]}
    shared = 0
    for a, b, r in zip(table.text("Ind1"), table.text("Ind2"), table.numbers("Corr"), strict=True):
        if frozenset((a, b)) in pairs:
            shared += 1
            assert pairs[frozenset((a, b))] == pytest.approx(r, abs=5e-4)
    assert shared >= 4
    np.testing.assert_allclose(matrix.diagonal(), 1)
