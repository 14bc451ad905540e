"""ASEM Sustainable Connectivity, every stage as COINr 1.1.14 computed it: 51 units, 49 indicators, four levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.kernel.impute import impute_group_mean, impute_group_median, impute_mean, impute_median
from technopole.kernel.normalise import NORMALISERS, min_max, orient, z_score
from technopole.kernel.outrank import copeland, outranking
from technopole.kernel.rank import competition_ranks, rank_quantiles
from technopole.kernel.treat import apply_skew_kurtosis_rule
from technopole.kernel.tree import Tree
from technopole.kernel.weight import effective_weights

EXPECTED = "asem_expected"


@dataclass(frozen=True)
class Asem:
    indicators: tuple[str, ...]
    nodes: tuple[str, ...]
    tree: Tree
    weights: np.ndarray
    direction: np.ndarray

    @property
    def aggregates(self) -> tuple[str, ...]:
        return self.nodes[len(self.indicators) :]


@pytest.fixture(scope="module")
def asem(golden) -> Asem:
    meta = golden(f"{EXPECTED}/meta_ind.csv")
    rows = sorted(
        (int(level), i) for i, level in enumerate(meta.text("Level")) if level not in ("", "NA")
    )  # leaves first, then level by level
    codes = [meta.text("iCode")[i] for _, i in rows]
    parents = [meta.text("Parent")[i] for _, i in rows]
    leaves = sum(level == 1 for level, _ in rows)
    tree = Tree(tuple(codes.index(p) if p in codes else -1 for p in parents), leaves)
    numbers = {name: meta.numbers(name)[[i for _, i in rows]] for name in ("Weight", "Direction")}
    return Asem(tuple(codes[:leaves]), tuple(codes), tree, numbers["Weight"], numbers["Direction"][:leaves])


def matrix(golden, asem, name):
    return golden(f"{EXPECTED}/{name}.csv").numbers(*asem.indicators)


def assert_same(actual, expected, rtol=1e-12):
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=rtol)


def test_tree_is_four_levels_with_one_root(asem):
    assert len(asem.indicators) == 49
    assert asem.aggregates[-3:] == ("Conn", "Sust", "Index")


@pytest.mark.parametrize(
    ("function", "name", "grouped"),
    [
        (impute_mean, "impute_i_mean", False),
        (impute_median, "impute_i_median", False),
        (impute_group_mean, "impute_i_mean_grp", True),
        (impute_group_median, "impute_i_median_grp", True),
        (impute_group_mean, "data_Imputed", True),
    ],
)
def test_imputation(golden, asem, function, name, grouped):
    x = matrix(golden, asem, "data_Denominated")
    assert np.isnan(x).any()
    groups = dict(
        zip(golden("asem/iData.csv").text("uCode"), golden("asem/iData.csv").text("EurAsia_group"), strict=True)
    )
    units = golden(f"{EXPECTED}/data_Denominated.csv").text("uCode")
    arguments = ([groups[unit] for unit in units],) if grouped else ()
    assert_same(function(x, *arguments), matrix(golden, asem, name))


def test_treatment(golden, asem):
    outcome = apply_skew_kurtosis_rule(matrix(golden, asem, "data_Screened"))
    np.testing.assert_array_equal(outcome.x, matrix(golden, asem, "data_Treated"))
    details = golden(f"{EXPECTED}/treat_details.csv")
    points = dict(zip(details.text("iCode"), np.nan_to_num(details.numbers("winsorise.nwin")), strict=True))
    assert [points[code] for code in asem.indicators] == list(outcome.points)
    assert not any(outcome.logged)


@pytest.mark.parametrize(
    ("name", "method", "parameters"),
    [
        ("norm_minmax_0_100", "min_max", {}),
        ("norm_minmax_1_100", "min_max", {"low": 1.0}),
        ("norm_zscore_0_1", "z_score", {}),
        ("norm_zscore_10_2", "z_score", {"mean": 10.0, "sd": 2.0}),
        ("norm_rank", "rank", {}),
        ("norm_borda", "borda", {}),
        ("norm_prank", "percentile_rank", {}),
        ("norm_dist2max", "distance_to_maximum", {}),
        ("norm_dist2ref_1", "distance_to_reference", {"reference": 0}),
        ("norm_fracmax", "fraction_of_maximum", {}),
        ("norm_scaled", "scaled", {}),
    ],
)
def test_eleven_normalisations(golden, asem, name, method, parameters):
    x = orient(matrix(golden, asem, "data_Treated"), asem.direction)
    expected = matrix(golden, asem, name)
    actual = NORMALISERS[method].function(x, **parameters)
    np.testing.assert_array_equal(np.isnan(actual), np.isnan(expected))
    np.testing.assert_array_equal(np.isinf(actual), np.isinf(expected))
    if name == "norm_dist2ref_1":
        assert (np.isnan(expected).sum(), np.isinf(expected).sum()) == (24, 180)
    # z-scores near zero are differences of large numbers: relative to the column's spread of 1
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-13 if method == "z_score" else 0)


def test_aggregation(golden, asem):
    x = matrix(golden, asem, "data_Normalised")
    np.testing.assert_array_equal(x, min_max(orient(matrix(golden, asem, "data_Treated"), asem.direction)))
    expected = golden(f"{EXPECTED}/data_Aggregated.csv").numbers(*asem.aggregates)
    assert_same(aggregate_tree(x, asem.weights, asem.tree, Aggregation()), expected)


@pytest.mark.parametrize(
    ("name", "method"), [("a_amean", "arithmetic"), ("a_gmean", "geometric"), ("a_hmean", "harmonic")]
)
def test_aggregation_by_means(golden, asem, name, method):
    x = matrix(golden, asem, "norm_minmax_1_100")
    expected = golden(f"{EXPECTED}/agg_minmax1_100_{name}.csv").numbers(*asem.aggregates)
    assert_same(aggregate_tree(x, asem.weights, asem.tree, Aggregation(method)), expected)


def test_effective_weights(golden, asem):
    table = golden(f"{EXPECTED}/eff_weights.csv")
    expected = dict(zip(table.text("iCode"), table.numbers("EffWeight"), strict=True))
    assert_same(effective_weights(asem.weights, asem.tree), [expected[code] for code in asem.nodes])


def test_copeland_of_pillars(golden, asem):
    pillars = [n for n, parent in zip(asem.nodes, asem.tree.parents, strict=True) if parent == asem.nodes.index("Conn")]
    x = golden(f"{EXPECTED}/data_Aggregated.csv").numbers(*pillars)
    expected = golden(f"{EXPECTED}/copeland_conn_pillars.csv").numbers("copeland")
    np.testing.assert_array_equal(copeland(x, np.ones(len(pillars))), expected)
    matrix_file = golden(f"{EXPECTED}/outrank_conn_pillars.csv")
    assert_same(outranking(x, np.ones(len(pillars))), matrix_file.numbers(*matrix_file.header[1:]))


def test_copeland_of_all_indicators(golden, asem):
    # COINr compares bits. It adds 49 weights of 1/49, so a pair that is exactly even lands at 0.5 or a bit beside it
    # and then counts as won or lost; Greece's 5.1000000000000005 in TolMin loses to the 5.1 of Bulgaria and Czechia.
    # We count both as ties. Nothing else differs: our count on COINr's own matrix, with a tolerance, is our score.
    x = matrix(golden, asem, "data_Normalised")
    table = golden(f"{EXPECTED}/outrank_all_indicators_equalw.csv")
    theirs = table.numbers(*table.header[1:])
    units = golden(f"{EXPECTED}/data_Normalised.csv").text("uCode")
    greece = units.index("GRC")
    for other in (units.index("BGR"), units.index("CZE")):
        theirs[greece, other] += 0.5 / 49
        theirs[other, greece] -= 0.5 / 49
    assert_same(outranking(x, np.ones(49)), theirs)
    even = np.abs(theirs - 0.5) < 1e-12
    won = np.where(even, 0, np.sign(theirs - 0.5))
    np.fill_diagonal(won, 0)
    ours = copeland(x, np.ones(49))
    np.testing.assert_array_equal(ours, won.sum(axis=1))
    expected = golden(f"{EXPECTED}/copeland_all_indicators_equalw.csv").numbers("copeland")
    assert (np.abs(ours - expected) <= even.sum(axis=1)).all()
    assert (ours == expected).sum() >= 41


def test_uncertainty_replays_200_runs(golden, asem):
    screened = matrix(golden, asem, "data_Screened")
    prepared = {}
    for points in range(1, 6):
        x = orient(apply_skew_kurtosis_rule(screened, maximum_points=points).x, asem.direction)
        prepared[f"{points}", "n_minmax"] = min_max(x, 1.0, 100.0)
        prepared[f"{points}", "n_zscore"] = z_score(x, 10.0, 2.0)
    runs = golden(f"{EXPECTED}/ua_parameters.csv")
    sets = noisy_weight_sets(golden, asem)
    scores = golden(f"{EXPECTED}/ua_scores.csv")
    methods = {"a_amean": "arithmetic", "a_gmean": "geometric"}
    ranks = []
    for run, winmax, norm, chosen, method in runs.rows:
        actual = aggregate_tree(
            prepared[winmax, norm], sets[int(chosen)], asem.tree, Aggregation(methods[method]), [asem.tree.root]
        )[:, 0]
        np.testing.assert_allclose(actual, scores.numbers(f"r_{run}"), rtol=1e-10, err_msg=f"run {run}")
        ranks.append(competition_ranks(actual))
    assert len(ranks) == 200
    stats = golden(f"{EXPECTED}/ua_rankstats.csv")
    place = [golden(f"{EXPECTED}/ua_ranks.csv").text("uCode").index(unit) for unit in stats.text("uCode")]
    actual = rank_quantiles(np.array(ranks), (0.05, 0.5, 0.95))[:, place]
    assert_same(actual, stats.numbers("Q5", "Median", "Q95").T)


def noisy_weight_sets(golden, asem):
    table = golden(f"{EXPECTED}/ua_noisy_weight_sets.csv")
    place = {code: i for i, code in enumerate(asem.nodes)}
    sets = {}
    for number, code, weight in zip(table.text("rep"), table.text("iCode"), table.numbers("Weight"), strict=True):
        sets.setdefault(int(number), np.full(len(place), np.nan))[place[code]] = weight
    return sets


def test_a_stack_of_runs_equals_the_runs(golden, asem):
    x = matrix(golden, asem, "norm_minmax_1_100")
    sets = np.array(list(noisy_weight_sets(golden, asem).values()))
    for method in ("arithmetic", "geometric", "harmonic"):
        batched = aggregate_tree(x, sets, asem.tree, Aggregation(method))
        for one, weights in zip(batched, sets, strict=True):
            np.testing.assert_array_equal(one, aggregate_tree(x, weights, asem.tree, Aggregation(method)))
