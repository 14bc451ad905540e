"""Published indices: Human Development Index, Mazziotta-Pareto on the regions of Europe, SMAA on TAI and thrombosis."""

from __future__ import annotations

import numpy as np
import pytest

from technopole.kernel.aggregate import Aggregation, aggregate, mazziotta_pareto
from technopole.kernel.normalise import goalposts, min_max, orient, rank, z_score
from technopole.kernel.rank import central_weights, competition_ranks, pairwise_wins, rank_acceptability

COUNTRIES = "country"


def human_development(life, expected_schooling, mean_schooling, income):
    """UNDP, Human Development Report technical note 1: goalposts, mean of the two schoolings, geometric mean."""
    raw = np.stack([life, expected_schooling, mean_schooling, np.log(income)], axis=-1)
    posts = goalposts(raw, [20, 0, 0, np.log(100)], [85, 18, 15, np.log(75000)])
    education = aggregate(posts[:, 1:3], np.ones(2))
    return aggregate(np.stack([posts[:, 0], education, posts[:, 3]], axis=-1), np.ones(3), Aggregation("geometric"))


def test_human_development_2022(golden):
    table = golden("hdi/hdi2022_raw_published.csv")
    published = table.numbers("hdi_2022")
    known = ~np.isnan(published)
    assert known.sum() == 193
    hdi = human_development(*table.numbers("le_2022", "eys_2022", "mys_2022", "gnipc_2022")[known].T)
    np.testing.assert_array_equal(np.round(hdi, 3), published[known])
    ranks = competition_ranks(np.round(hdi, 3))
    np.testing.assert_array_equal(ranks, table.numbers("hdi_rank_2022")[known])


def test_human_development_1990_to_2022(golden):
    table = golden("hdi/hdi_panel_1990_2022.csv")
    published, parts = table.numbers("hdi"), table.numbers("le", "eys", "mys", "gnipc")
    known = ~np.isnan(published) & ~np.isnan(parts).any(axis=1)
    assert known.sum() == 5808
    np.testing.assert_array_equal(np.round(human_development(*parts[known].T), 3), published[known])


@pytest.mark.parametrize(("name", "penalty"), [("NEG", 1.0), ("POS", -1.0)])
def test_mazziotta_pareto(golden, name, penalty):
    # Compind's "NEG" adds the penalty
    x = golden("compind_expected/data_EU_NUTS1.csv").numbers("roads", "trains")
    expected = golden(f"compind_expected/nuts1_mpi_{name}.csv").numbers("est")
    np.testing.assert_allclose(mazziotta_pareto(x, np.ones(2), penalty), expected, rtol=1e-12)


def test_mazziotta_pareto_on_z_scores(golden):
    x = golden("compind_expected/nuts1_norm_z100_10.csv").numbers("roads", "trains")
    expected = golden("compind_expected/nuts1_mpi_NEG_on_z.csv").numbers("est")
    np.testing.assert_allclose(mazziotta_pareto(x, np.ones(2), 1.0), expected, rtol=1e-12)
    raw = golden("compind_expected/data_EU_NUTS1.csv").numbers("roads", "trains")
    np.testing.assert_allclose(z_score(raw, 100.0, 10.0), x, rtol=1e-12)


def test_compind_normalisations(golden):
    # its methods 1 to 3: z-score, min-max, rank; roads count as negative
    raw = orient(golden("compind_expected/data_EU_NUTS1.csv").numbers("roads", "trains"), [-1, 1])
    expected = [golden(f"compind_expected/nuts1_norm_m{k}.csv").numbers("roads", "trains") for k in (1, 2, 3)]
    np.testing.assert_allclose(z_score(raw, 100.0, 10.0), expected[0], rtol=1e-12)
    np.testing.assert_allclose(min_max(raw, 0.0, 1.0), expected[1], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(rank(raw), expected[2])


def test_smaa_on_technology_achievement(golden):
    table, posts = golden("tai/tai23_raw.csv"), golden("tai/un2001_goalposts.csv")
    low, high, logged = posts.numbers("min", "max", "log10").T
    low, high = (np.where(logged == 1, np.log10(np.where(v > 0, v, 1.0)), v) for v in (low, high))
    x = goalposts(table.numbers(*table.header[1:]), low, high)
    weights = golden("smaa_expected/tai_weights_5000.csv").numbers(*(f"V{k}" for k in range(1, 9)))
    ranks = competition_ranks(aggregate(x, weights))
    places = [f"X{k}" for k in range(1, 24)]
    expected = {
        name: golden(f"smaa_expected/tai_{name}.csv") for name in ("rank_acceptability", "pairwise", "central_weights")
    }
    assert expected["pairwise"].text(COUNTRIES) == table.text(COUNTRIES)
    np.testing.assert_allclose(rank_acceptability(ranks), expected["rank_acceptability"].numbers(*places), atol=1e-12)
    np.testing.assert_allclose(pairwise_wins(ranks), expected["pairwise"].numbers(*places), atol=1e-12)
    central = central_weights(weights, ranks)
    assert np.isnan(central).all(axis=1).sum() == 16
    np.testing.assert_allclose(central, expected["central_weights"].numbers(*places[:8]), rtol=1e-12)


def test_smaa_with_measurements_per_replicate(golden):
    names = ("Heparin", "Enoxaparin")
    x = np.stack([golden(f"smaa_expected/thrombo_meas_crit{k}.csv").numbers(*names) for k in (1, 2, 3)], axis=-1)
    weights = golden("smaa_expected/thrombo_weights_10000.csv").numbers("Prox DVT", "Dist DVT", "Bleed")
    ranks = competition_ranks(aggregate(x, weights))
    acceptability = golden("smaa_expected/thrombo_rank_acceptability.csv").numbers("V1", "V2")
    np.testing.assert_allclose(rank_acceptability(ranks), acceptability, atol=1e-12)
    wins = golden("smaa_expected/thrombo_pairwise_winning.csv").numbers(*names)
    np.testing.assert_allclose(pairwise_wins(ranks), wins, atol=1e-12)
    central = golden("smaa_expected/thrombo_central_weights.csv").numbers("Prox DVT", "Dist DVT", "Bleed")
    np.testing.assert_allclose(central_weights(weights, ranks), central, rtol=1e-12)
