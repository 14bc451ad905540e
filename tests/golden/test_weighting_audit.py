"""Weights of the Handbook's tables and COINr's audit of ASEM, against our weighting, audit and Kemeny modules."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from technopole.core.errors import InputError
from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.kernel.audit import (
    availability,
    correlation_p_values,
    correlations,
    cronbach_alpha,
    effect_of_removal,
    high_correlations,
    strengths_and_weaknesses,
)
from technopole.kernel.components import correlation_matrix, principal_components, varimax
from technopole.kernel.kemeny import kemeny
from technopole.kernel.normalise import orient
from technopole.kernel.outrank import outranking
from technopole.kernel.rank import competition_ranks
from technopole.kernel.tree import Tree
from technopole.kernel.weighting import analytic_hierarchy, entropy, factor_analysis, match_correlations

COUNTRY = "country"


@pytest.fixture(scope="module")
def achievement(golden):
    table = golden("tai/tai23_raw.csv")
    return table.numbers(*table.header[1:])


class Asem:
    def __init__(self, golden):
        meta = golden("asem_expected/meta_ind.csv")
        rows = sorted((int(level), i) for i, level in enumerate(meta.text("Level")) if level not in ("", "NA"))
        places = [i for _, i in rows]
        self.nodes = [meta.text("iCode")[i] for i in places]
        self.parent = [meta.text("Parent")[i] for i in places]
        self.level = [level for level, _ in rows]
        self.leaves = self.level.count(1)
        self.indicators = self.nodes[: self.leaves]
        self.tree = Tree(tuple(self.nodes.index(p) if p in self.nodes else -1 for p in self.parent), self.leaves)
        self.weights = meta.numbers("Weight")[places]
        self.direction = meta.numbers("Direction")[places][: self.leaves]
        self.normalised = golden("asem_expected/data_Normalised.csv").numbers(*self.indicators)
        self.units = golden("asem_expected/data_Normalised.csv").text("uCode")

    def of_level(self, level):
        return [n for n, at in zip(self.nodes, self.level, strict=True) if at == level]


@pytest.fixture(scope="module")
def asem(golden):
    return Asem(golden)


def test_tables_6_to_8_correlations_and_components(golden, achievement):
    names = golden("tai/tai23_raw.csv").header[1:]
    printed = golden("tai/handbook_t06_correlation_upper.csv").numbers(*names)
    upper = ~np.isnan(printed)
    np.testing.assert_allclose(correlation_matrix(achievement)[upper], printed[upper], atol=0.0182)
    found = principal_components(achievement)
    np.testing.assert_allclose(
        found.shares * 100, golden("tai/handbook_t07_eigenvalues.csv").numbers("pct_var"), atol=0.111
    )
    loadings = golden("tai/handbook_t08_pca_loadings.csv").numbers(*(f"PC{k}" for k in range(1, 9)))
    np.testing.assert_allclose(np.abs(found.loadings), np.abs(loadings), atol=0.0125)


def test_table_9_varimax(golden, achievement):
    rotated = varimax(principal_components(achievement).loadings[:, :4])
    printed = golden("tai/handbook_t09_varimax_loadings.csv").numbers("F1", "F2", "F3", "F4")[:8]
    gaps = [np.abs(np.abs(rotated[:, order]) - np.abs(printed)).max() for order in itertools.permutations(range(4))]
    assert min(gaps) < 0.013
    explained = (rotated**2).sum(axis=0)
    np.testing.assert_allclose(explained, [2.64, 1.76, 1.39, 1.19], atol=0.025)


def test_table_18_weights_of_the_factor_analysis(golden, achievement):
    printed = golden("tai/handbook_t18_fa_weights.csv").numbers("PC")
    np.testing.assert_allclose(factor_analysis(achievement, factors=4), printed, atol=0.0052)


def test_table_20_judgements(golden):
    table = golden("tai/handbook_t20_ahp_matrix.csv")
    judged = analytic_hierarchy(table.numbers(*table.header[1:]))
    assert judged.largest_eigenvalue == pytest.approx(8.2111, abs=5e-5)
    assert judged.consistency_index == pytest.approx(0.0302, abs=5e-5)
    assert judged.consistency_ratio == pytest.approx(0.0214, abs=5e-5)
    assert judged.weights.sum() == pytest.approx(1)


def test_entropy_agrees_with_two_other_programs(golden, achievement):
    expected = golden("tai/cross_objective_weights.csv").numbers("pymcdm_entropy", "skc_entropy")
    np.testing.assert_allclose(entropy(achievement), expected[:, 0], rtol=1e-10)
    np.testing.assert_allclose(entropy(achievement), expected[:, 1], rtol=1e-10)


@pytest.mark.parametrize(("level", "name"), [(2, "L2"), (3, "L3")])
def test_matched_correlations_reach_at_least_coinr(golden, asem, level, name):
    theirs = golden(f"asem_expected/weights_opt_equal_{name}_corr.csv")
    their_objective = ((theirs.numbers("Desired") - theirs.numbers("Obtained")) ** 2).sum()
    places = [asem.nodes.index(n) for n in asem.of_level(level)]
    elements = aggregate_tree(asem.normalised, asem.weights, asem.tree, Aggregation(), places)

    def score(weights):
        full = asem.weights.copy()
        full[places] = np.maximum(weights, 1e-12)  # both parents need some weight
        return aggregate_tree(asem.normalised, full, asem.tree, Aggregation(), [asem.tree.root])[:, 0]

    matched = match_correlations(elements, score=score)
    assert matched.objective <= their_objective
    np.testing.assert_allclose(matched.obtained.sum(), 1)


@pytest.mark.parametrize("parent", ["Conn", "Sust"])
def test_components_of_pillars(golden, asem, parent):
    rotation = golden(f"asem_expected/pca_L2_{parent}_rotation.csv")
    x = golden("asem_expected/data_Aggregated.csv").numbers(*rotation.text("var"))
    found = principal_components(x)
    np.testing.assert_allclose(
        np.sqrt(found.eigenvalues), golden(f"asem_expected/pca_L2_{parent}_sdev.csv").numbers("sdev"), rtol=1e-12
    )
    theirs = rotation.numbers(*rotation.header[1:])
    np.testing.assert_allclose(np.abs(found.vectors), np.abs(theirs), rtol=0, atol=1e-12)


def test_cronbach_alpha_of_pillars(golden, asem):
    for name, file in (("data_Normalised", "cronbach_norm_pillars"), ("data_Raw", "cronbach_raw_pillars")):
        table = golden(f"asem_expected/{file}.csv")
        data = golden(f"asem_expected/{name}.csv")
        for pillar, expected in zip(table.text("pillar"), table.numbers("cronbach"), strict=True):
            children = [n for n, p in zip(asem.nodes, asem.parent, strict=True) if p == pillar]
            assert cronbach_alpha(data.numbers(*children)) == pytest.approx(expected, rel=1e-12, abs=1e-13), pillar


def test_correlations_of_indicators_and_pillars(golden, asem):
    cases = [
        ("corr_ind_pearson", asem.indicators, "pearson"),
        ("corr_pillars_pearson", asem.of_level(2), "pearson"),
    ]
    data = golden("asem_expected/data_Aggregated.csv")
    for name, columns, method in cases:
        ours = correlations(data.numbers(*columns), method=method)
        table = golden(f"asem_expected/{name}.csv")
        for a, b, expected in zip(table.text("Var1"), table.text("Var2"), table.numbers("Correlation"), strict=True):
            assert ours[columns.index(a), columns.index(b)] == pytest.approx(expected, rel=1e-11, abs=1e-12)


@pytest.mark.parametrize("method", ["pearson", "spearman", "kendall"])
def test_correlations_with_the_index(golden, asem, method):
    data = golden("asem_expected/data_Aggregated.csv")
    ours = correlations(data.numbers(*asem.indicators), data.numbers("Index")[:, None], method)[:, 0]
    table = golden(f"asem_expected/corr_index_ind_{method}.csv")
    for code, expected in zip(table.text("Var2"), table.numbers("Correlation"), strict=True):
        assert ours[asem.indicators.index(code)] == pytest.approx(expected, rel=1e-11, abs=1e-12)


def test_high_correlations_within_pillars(golden, asem):
    table = golden("asem_expected/corr_flags_high.csv")
    expected = {frozenset(pair) for pair in zip(table.text("Ind1"), table.text("Ind2"), strict=True)}
    pairs = high_correlations(correlations(asem.normalised), asem.parent[: asem.leaves])
    assert {frozenset((asem.indicators[i], asem.indicators[k])) for i, k in pairs} == expected


def test_effect_of_leaving_out_a_pillar(golden, asem):
    pillars = golden("asem_expected/remove_L2_scores.csv").header[2:]
    places = [asem.nodes.index(p) for p in pillars]
    removed = effect_of_removal(asem.normalised, asem.weights, asem.tree, Aggregation(), places)
    assert golden("asem_expected/remove_L2_scores.csv").text("uCode") == asem.units
    scores = golden("asem_expected/remove_L2_scores.csv").numbers(*pillars)
    np.testing.assert_allclose(removed.scores.T, scores, rtol=1e-12)
    np.testing.assert_array_equal(removed.ranks.T, golden("asem_expected/remove_L2_ranks.csv").numbers(*pillars))
    change = golden("asem_expected/remove_L2_meanabsdiff.csv").numbers("d")[1:]
    np.testing.assert_allclose(removed.mean_rank_change, change, rtol=1e-12)


def test_strengths_and_weaknesses_of_one_unit(golden, asem):
    # COINr ranks the raw data here: Denominated and later stages give others
    x = orient(golden("asem_expected/data_Raw.csv").numbers(*asem.indicators), asem.direction)
    profile = strengths_and_weaknesses(x, asem.units.index("GBR"))
    strong, weak = golden("asem_expected/strengths_GBR.csv"), golden("asem_expected/weaknesses_GBR.csv")
    assert sorted(asem.indicators[i] for i in profile.strengths) == sorted(strong.text("Code"))
    assert sorted(profile.strength_ranks) == sorted(strong.numbers("Rank"))
    assert sorted(asem.indicators[i] for i in profile.weaknesses) == sorted(weak.text("Code"))
    assert sorted(profile.weakness_ranks) == sorted(weak.numbers("Rank"))


def test_availability(golden, asem):
    table = golden("asem_expected/data_avail_raw.csv")
    found = availability(golden("asem_expected/data_Raw.csv").numbers(*asem.indicators))
    order = [golden("asem_expected/data_Raw.csv").text("uCode").index(u) for u in table.text("uCode")]
    np.testing.assert_allclose(found.units[order], table.numbers("Dat_Avail"), rtol=1e-12)
    np.testing.assert_allclose(found.units_non_zero[order], table.numbers("Non_Zero"), rtol=1e-12)


def test_tables_36_and_37_three_winners(golden):
    table = golden("tai/handbook_t36_outranking5.csv")
    names = table.header[1:]
    result = kemeny(table.numbers(*names))
    printed = golden("tai/handbook_t37_kemeny_scores.csv")
    winners = {row[:5] for row in printed.rows if float(row[5]) == 6.375}
    assert result.score == 6.375
    assert result.complete
    assert {tuple(names[place] for place in ranking) for ranking in result.rankings} == winners
    assert len(winners) == 3


def test_kemeny_of_23_countries(achievement):
    # the ranking that table 38 prints scores 181.875 on these rounded data
    result = kemeny(outranking(achievement, np.ones(8)), most=1)
    assert result.score == pytest.approx(184.5, abs=1e-9)
    assert sorted(result.rankings[0]) == list(range(23))


def test_table_28_condorcet(golden):
    profile, expected = (golden(f"tai/handbook_t28_{n}.csv") for n in ("condorcet_profile", "expected_kemeny"))
    support = np.zeros((3, 3))
    for count, *places in profile.rows:
        order = ["abc".index(letter) for letter in places]
        for first, second in itertools.combinations(order, 2):
            support[first, second] += int(count)
    best = max(expected.rows, key=lambda row: float(row[1]))
    result = kemeny(support)
    assert result.score == float(best[1])
    assert result.rankings == (tuple("abc".index(letter) for letter in best[0]),)


def test_ranks_of_two_versions(golden, asem):
    table = golden("asem_expected/compare_minmax_vs_zscore_ranks.csv")
    zscore = golden("asem_expected/norm_zscore_0_1.csv").numbers(*asem.indicators)
    both = [
        competition_ranks(aggregate_tree(x, asem.weights, asem.tree, Aggregation(), [asem.tree.root])[:, 0])
        for x in (asem.normalised, zscore)
    ]
    for unit, first, second in zip(table.text("uCode"), table.numbers("coin.1"), table.numbers("coin.2"), strict=True):
        place = asem.units.index(unit)
        assert (both[0][place], both[1][place]) == (first, second), unit


def test_p_values_are_those_of_the_test_of_each_pair():
    """Anscombe's first pair: r = 0.81642, p = 0.00217 (R `cor.test`); a column with itself is certain."""
    x = np.array([10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5], float)
    y = np.array([8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68])
    flat, gaps = np.ones(11), np.where(x > 9, np.nan, y)
    found = correlation_p_values(np.stack([x, y, flat, gaps], axis=1))
    assert found[0, 1] == pytest.approx(0.00217, abs=5e-6)
    assert found[0, 0] == 0.0
    assert np.isnan(found[2]).all()
    r, n = correlations(gaps[:, None], x[:, None])[0, 0], 6
    t = r * np.sqrt((n - 2) / (1 - r**2))
    assert found[3, 0] == pytest.approx(2 * stats.t.sf(abs(t), n - 2))
    with pytest.raises(InputError):
        correlation_p_values(x[:, None], method="cosine")
