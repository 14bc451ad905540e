"""Technology Achievement Index, 23 countries, typed from the Handbook: these tests need no file.

Source: OECD/JRC, Handbook on Constructing Composite Indicators (2008), doi:10.1787/9789264043466-en: data of its
annex with tables 15 (normalisation), 19 (benefit of the doubt), 23 (ranks by weighting), 36 (outranking), 38 (by
aggregation) and 41 (without two indicators);
goalposts: UNDP, Human Development Report 2001, technical note 2.
"""

from __future__ import annotations

import numpy as np
import pytest

from technopole.kernel.aggregate import Aggregation, aggregate
from technopole.kernel.doubt import benefit_of_the_doubt
from technopole.kernel.normalise import goalposts, min_max, rank, z_score
from technopole.kernel.outrank import outranking
from technopole.kernel.rank import competition_ranks

# country: patents, royalties, internet, exports, telephones (log10), electricity (log10), schooling, university
DATA = {
    "Finland": (187, 125.6, 200.2, 50.7, 3.08, 4.15, 10, 27.4),
    "United States": (289, 130, 179.1, 66.2, 3.00, 4.07, 12, 13.9),
    "Sweden": (271, 156.6, 125.8, 59.7, 3.10, 4.14, 11.4, 15.3),
    "Japan": (994, 64.6, 49, 80.8, 3.00, 3.86, 9.5, 10),
    "Korea, Rep. of": (779, 9.8, 4.8, 66.7, 2.97, 3.65, 10.8, 23.2),
    "Netherlands": (189, 151.2, 136, 50.9, 3.02, 3.77, 9.4, 9.5),
    "United Kingdom": (82, 134, 57.4, 61.9, 3.02, 3.73, 9.4, 14.9),
    "Canada": (31, 38.6, 108, 48.7, 2.94, 4.18, 11.6, 14.2),
    "Australia": (75, 18.2, 125.9, 16.2, 2.94, 3.94, 10.9, 25.3),
    "Singapore": (8, 25.5, 72.3, 74.9, 2.95, 3.83, 7.1, 24.2),
    "Germany": (235, 36.8, 41.2, 64.2, 2.94, 3.75, 10.2, 14.4),
    "Norway": (103, 20.2, 193.6, 19, 3.12, 4.39, 11.9, 11.2),
    "Ireland": (106, 110.3, 48.6, 53.6, 2.97, 3.68, 9.4, 12.3),
    "Belgium": (72, 73.9, 58.9, 47.6, 2.91, 3.86, 9.3, 13.6),
    "New Zealand": (103, 13, 146.7, 15.4, 2.86, 3.91, 11.7, 13.1),
    "Austria": (165, 14.8, 84.2, 50.3, 2.99, 3.79, 8.4, 13.6),
    "France": (205, 33.6, 36.4, 58.9, 2.97, 3.80, 7.9, 12.6),
    "Israel": (74, 43.6, 43.2, 45, 2.96, 3.74, 9.6, 11),
    "Spain": (42, 8.6, 21, 53.4, 2.86, 3.62, 7.3, 15.6),
    "Italy": (13, 9.8, 30.4, 51, 3.00, 3.65, 7.2, 13),
    "Czech Republic": (28, 4.2, 25, 51.7, 2.75, 3.68, 9.5, 8.2),
    "Hungary": (26, 6.2, 21.6, 63.5, 2.73, 3.46, 9.1, 7.7),
    "Slovenia": (105, 4, 20.3, 49.5, 2.84, 3.71, 7.1, 10.6),
}
# lower post, upper post, on the log10 scale where the data are logged
POSTS = [
    (0, 994),
    (0, 272.6),
    (0, 232.4),
    (0, 80.8),
    (np.log10(1), np.log10(901)),
    (np.log10(22), np.log10(6969)),
    (0.8, 12.0),
    (0.1, 27.4),
]
# ranks in the order of DATA: table 23 EW and BAP, table 38 GME, table 41 TAI6
EQUAL_WEIGHTS = [1, 2, 3, 4, 5, 6, 7, 9, 10, 8, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]
BUDGET_ALLOCATION = [1, 2, 3, 5, 4, 8, 7, 10, 11, 6, 9, 13, 12, 14, 17, 15, 16, 18, 19, 21, 22, 20, 23]
GEOMETRIC = [2, 1, 3, 4, 16, 5, 6, 13, 14, 18, 8, 11, 7, 9, 17, 12, 10, 15, 19, 21, 23, 22, 20]
SIX_INDICATORS = [1, 2, 3, 4, 5, 6, 7, 9, 10, 8, 11, 12, 13, 14, 15, 16, 17, 18, 19, 22, 21, 20, 23]
# table 19, benefit of the doubt, in the order of DATA
DOUBT = [
    1,
    1,
    1,
    0.87,
    0.8,
    0.75,
    0.71,
    0.73,
    0.66,
    0.62,
    0.62,
    0.86,
    0.6,
    0.54,
    0.58,
    0.52,
    0.51,
    0.49,
    0.34,
    0.38,
    0.31,
    0.27,
    0.28,
]
# table 15, mean years of schooling: z-score, min-max, ratio to the mean, rank from below
Z_SCORE = [
    0.26,
    1.52,
    1.14,
    -0.06,
    0.76,
    -0.12,
    -0.12,
    1.27,
    0.83,
    -1.58,
    0.38,
    1.46,
    -0.12,
    -0.19,
    1.33,
    -0.76,
    -1.08,
    0.00,
    -1.46,
    -1.52,
    -0.06,
    -0.31,
    -1.58,
]
MIN_MAX = [
    0.59,
    1.00,
    0.88,
    0.49,
    0.76,
    0.47,
    0.47,
    0.92,
    0.78,
    0.00,
    0.63,
    0.98,
    0.47,
    0.45,
    0.94,
    0.27,
    0.16,
    0.51,
    0.04,
    0.02,
    0.49,
    0.41,
    0.00,
]
RATIO_TO_MEAN = [
    1.04,
    1.25,
    1.19,
    0.99,
    1.13,
    0.98,
    0.98,
    1.21,
    1.14,
    0.74,
    1.06,
    1.24,
    0.98,
    0.97,
    1.22,
    0.88,
    0.82,
    1.00,
    0.76,
    0.75,
    0.99,
    0.95,
    0.74,
]
RANK = [15, 23, 19, 12, 17, 9, 9, 20, 18, 1, 16, 22, 9, 8, 21, 6, 5, 14, 4, 3, 12, 7, 1]
X = np.array(list(DATA.values()))
LOW, HIGH = np.array(POSTS).T
BUDGET_WEIGHTS = [0.11, 0.11, 0.11, 0.18, 0.10, 0.06, 0.15, 0.18]  # table 22
WITHOUT_TWO = [0, 1, 2, 3, 6, 7]
SCHOOLING = 6


def test_table_15_normalisations_of_schooling():
    schooling = X[:, [SCHOOLING]]
    np.testing.assert_allclose(z_score(schooling)[:, 0], Z_SCORE, atol=0.00501)
    np.testing.assert_allclose(min_max(schooling, 0, 1)[:, 0], MIN_MAX, atol=0.00501)
    np.testing.assert_allclose(schooling[:, 0] / schooling.mean(), RATIO_TO_MEAN, atol=0.00501)


def test_table_15_ranks_of_schooling_up_to_ties():
    # the table gives tied countries one rank or another: units that it separates keep their order
    ours, theirs = rank(X[:, [SCHOOLING]])[:, 0], np.array(RANK)
    different = X[:, None, SCHOOLING] != X[None, :, SCHOOLING]
    assert (np.sign(ours[:, None] - ours)[different] == np.sign(theirs[:, None] - theirs)[different]).all()


def test_table_19_benefit_of_the_doubt():
    # each weight between 10 and 15 % of the sum; the printed data are rounded, hence 0.007
    np.testing.assert_allclose(benefit_of_the_doubt(min_max(X, 0, 1), 0.10, 0.15).scores, DOUBT, atol=0.007)


@pytest.mark.parametrize(
    ("weights", "expected"), [(np.ones(8), EQUAL_WEIGHTS), (BUDGET_WEIGHTS, BUDGET_ALLOCATION)], ids=["EW", "BAP"]
)
def test_table_23_ranks_by_weighting(weights, expected):
    ranks = competition_ranks(aggregate(goalposts(X, LOW, HIGH), weights))
    np.testing.assert_array_equal(ranks, expected)


def test_table_38_geometric_mean_of_the_data():
    np.testing.assert_array_equal(competition_ranks(aggregate(X, np.ones(8), Aggregation("geometric"))), GEOMETRIC)


def test_table_41_without_telephones_and_electricity():
    x = goalposts(X[:, WITHOUT_TWO], LOW[WITHOUT_TWO], HIGH[WITHOUT_TWO])
    np.testing.assert_array_equal(competition_ranks(aggregate(x, np.ones(6))), SIX_INDICATORS)


def test_unclipped_posts_give_another_ranking():
    ranks = competition_ranks(aggregate(goalposts(X, LOW, HIGH, clip=False), np.ones(8)))
    assert (ranks == EQUAL_WEIGHTS).sum() == 18


def test_table_36_outranking_of_five_countries():
    # table 36 itself rests on unrounded telephones: entries that hang on the tie of USA and Japan move by 1/16
    five = X[[0, 1, 2, 3, 4]]
    printed = np.array(
        [
            [0, 0.5, 0.375, 0.75, 0.625],
            [0.5, 0, 0.5, 0.625, 0.625],
            [0.625, 0.5, 0, 0.75, 0.625],
            [0.25, 0.375, 0.25, 0, 0.75],
            [0.375, 0.375, 0.375, 0.25, 0],
        ]
    )
    difference = np.abs(outranking(five, np.ones(8)) - printed)
    assert difference.max() <= 0.0625 + 1e-12
    assert np.argwhere(difference > 1e-12).tolist() == [[1, 3], [3, 1]]
