"""What is known to be uncertain moves in the replicates, what isn't stays, and guesses never separate a country."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from technopole.core.types import Lens
from technopole.editions.read import open_edition
from technopole.index.complete import complete
from technopole.index.matrix import Matrix
from technopole.index.run import treat
from technopole.indicators.declarations import catalogue
from technopole.indicators.errors import ERRORS, unicorn_lists
from technopole.indicators.patents import TYPICAL_ERROR
from technopole.robustness.drawn import measured
from technopole.robustness.uncertainty import simulate


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    return open_edition().matrix()


def test_every_declared_error_exists_and_brackets_its_value() -> None:
    table = open_edition().table("indicators").filter(pl.col("low").is_not_null() | pl.col("high").is_not_null())
    declared = {one.id: one.error for one in catalogue().indicators if one.error is not None}
    assert set(declared.values()) == set(ERRORS)
    assert set(table["indicator"].unique()) == set(declared)
    assert table.filter((pl.col("low") <= pl.col("value")) & (pl.col("value") <= pl.col("high"))).height == table.height


def test_two_lists_give_a_range_and_one_list_gives_none() -> None:
    lists = {"variable": "unicorns_other_lists", "level": "city", "boundary": "core"}
    observations = pl.DataFrame([{**lists, "place": "1", "value": 12.0}, {**lists, "place": "3", "value": 5.0}])
    values = pl.DataFrame({"city": [1, 2, 3], "boundary": ["core"] * 3, "value": [4.0, 7.0, None]})
    found = unicorn_lists(observations, pl.DataFrame(), values)
    assert found.to_dicts() == [{"city": 1, "boundary": "core", "low": 4.0, "high": 12.0}]


def test_draws_lie_between_the_ends_with_the_declared_spread(matrix: Matrix) -> None:
    column = matrix.indicators.index("patents")
    drawn = measured(matrix, 400, 0)
    assert drawn is not None
    low, high = matrix.low[:, column], matrix.high[:, column]
    known = (low < high) & (matrix.values[:, column] > 50)
    mine = drawn[:, known, column]
    assert (mine >= low[known] * (1 - 1e-9)).all()
    assert (mine <= high[known] * (1 + 1e-9)).all()
    spread = np.log(mine).std(axis=0)
    assert spread.min() == pytest.approx(min(TYPICAL_ERROR.values()), rel=0.15)
    assert spread.max() == pytest.approx(max(TYPICAL_ERROR.values()), rel=0.15)
    certain = ~(matrix.low < matrix.high)
    assert np.array_equal(drawn[7][certain], matrix.values[certain], equal_nan=True)


def test_without_a_declared_error_nothing_is_drawn(matrix: Matrix) -> None:
    nothing = np.full(matrix.values.shape, np.nan)
    assert measured(replace(matrix, low=nothing, high=nothing), 5, 0) is None


def test_an_error_widens_the_ranges_of_scores(matrix: Matrix) -> None:
    framework = open_edition().framework()
    few = framework.model_copy(update={"uncertainty": framework.uncertainty.model_copy(update={"replicates": 300})})
    nothing = np.full(matrix.values.shape, np.nan)
    with_error = simulate(matrix, few, Lens.SCALE)
    without = simulate(replace(matrix, low=nothing, high=nothing), few, Lens.SCALE)
    assert np.array_equal(with_error.weights, without.weights)  # the same choices, so that only the error differs
    moved = np.abs(with_error.scores["makes"] - without.scores["makes"]).max(axis=0)
    uncertain = (matrix.low < matrix.high).any(axis=1)
    assert moved[uncertain].min() > 0


def test_cities_of_one_country_get_one_guess_for_what_the_country_lacks(matrix: Matrix) -> None:
    framework = open_edition().framework()
    treated = treat(matrix, framework.method, Lens.SCALE)
    gaps = np.isnan(treated) & matrix.inherited
    assert gaps.any()
    completed = complete(treated, matrix, framework.method, seed=3)
    for column in np.flatnonzero(gaps.any(axis=0)):
        for country in np.unique(matrix.countries[gaps[:, column]]):
            mine = gaps[:, column] & (matrix.countries == country)
            assert len({*completed.nominal[mine, column].tolist()}) == 1, (country, matrix.indicators[column])
            assert all(len({*draw[mine, column].tolist()}) == 1 for draw in completed.draws)
    assert not np.isnan(completed.nominal).any()
    observed = ~np.isnan(treated)
    assert np.array_equal(completed.nominal[observed], treated[observed])
