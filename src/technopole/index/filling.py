"""Missing values of a user's table: each indicator by its own choice, with the draws of multiple imputation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import InputError
from technopole.index.generic import Choice, GenericFramework, Indicator
from technopole.index.learned import impute_iterative, impute_knn
from technopole.index.tabular import labels
from technopole.kernel.arrays import degenerate_columns
from technopole.kernel.impute import IMPUTERS, impute_nearest
from technopole.kernel.normalise import min_max, orient
from technopole.kernel.panel import impute_panel

Floats = NDArray[np.float64]
WHOLE: Final = frozenset({"nearest", "knn", "iterative"})
"""Methods that look at all indicators at once."""


@dataclass(frozen=True)
class Filled:
    """Filled values.

    Attributes
    ----------
    nominal : (n, k); the mean of the draws where the imputation is random.
    draws : (draws, n, k), or None where nothing is random. A cell that isn't random is the same in each.
    """

    nominal: Floats
    draws: Floats | None


def fill(
    x: Floats,
    table: pl.DataFrame,
    framework: GenericFramework,
    where: str,
    periods: tuple[list[str], Floats] | None = None,
) -> Filled:
    """Fill each indicator by its choice.

    Parameters
    ----------
    x : (n, k), rows as in `table`. periods : in a panel, the unit and the time of each row.

    Raises
    ------
    InputError : no such column of groups, a parameter of the wrong kind, `panel` without a time; names the indicator.
    """
    filled, draws = x.copy(), _Draws(x)
    memory: dict[str, Floats] = {}
    for k, leaf in enumerate(framework.indicators()):
        choice = leaf.impute or framework.defaults.impute
        if not np.isnan(x[:, k]).any() or choice.method == "none":
            continue
        try:
            if choice.method in WHOLE:
                key = repr((choice.method, sorted(choice.parameters.items())))
                if key not in memory:
                    memory[key] = _whole(x, framework.indicators(), choice)
                filled[:, k] = _mean(memory[key][:, :, k])
                draws.put(k, memory[key])
            else:
                filled[:, k] = _column(x[:, [k]], choice, table, where, periods)
        except InputError as error:
            raise InputError(f"{leaf.id}: {error.what}", error.remedy) from error
        except (TypeError, ValueError) as error:
            raise InputError(f"{leaf.id}: a parameter of {choice.method} isn't of the right kind ({error}).") from error
    return Filled(filled, draws.over(filled))


class _Draws:
    """Random imputations, each of the whole matrix, by the columns that take them, until all are known."""

    def __init__(self, x: Floats) -> None:
        self.missing, self.whole = np.isnan(x), dict[int, Floats]()

    def put(self, column: int, whole: Floats) -> None:
        if whole.shape[0] > 1:
            self.whole[column] = whole

    def over(self, filled: Floats) -> Floats | None:
        """Every draw as a whole matrix; fewer draws of one indicator go round."""
        if not self.whole:
            return None
        others = [column for column in range(filled.shape[1]) if column not in self.whole]
        first, *different = {id(whole): whole for whole in self.whole.values()}.values()
        if not different and not self.missing[:, others].any():
            return first  # no second one of its size
        count = max(whole.shape[0] for whole in self.whole.values())
        result = np.repeat(filled[None], count, axis=0)
        for column, whole in self.whole.items():
            result[:, :, column] = whole[np.arange(count) % whole.shape[0], :, column]
        return result


def _mean(drawn: Floats) -> Floats:
    """Mean of draws around the first, so that equal draws give exactly their value."""
    total = np.zeros(drawn.shape[1])
    for one in drawn:
        total += one - drawn[0]
    return np.asarray(drawn[0] + total / drawn.shape[0], dtype=np.float64)


def _column(
    column: Floats, choice: Choice, table: pl.DataFrame, where: str, periods: tuple[list[str], Floats] | None
) -> Floats:
    if choice.method == "panel":
        if periods is None:
            raise InputError("`panel` fills along time, but the table has no periods.", "Name `time` under `unit`.")
        units, times = periods
        return impute_panel(column, np.array(units), times, **choice.parameters)[:, 0]
    grouped = "group" in choice.parameters
    arguments = [np.array(labels(table, str(choice.parameters["group"]), where))] if grouped else []
    return IMPUTERS[choice.method].function(column, *arguments)[:, 0]


def _whole(x: Floats, leaves: list[Indicator], choice: Choice) -> Floats:
    """Fill the whole matrix: (draws, n, k)."""
    parameters = {name: _whole_number(name, value) for name, value in choice.parameters.items()}
    if choice.method == "knn":
        return impute_knn(x, **parameters)[None]
    if choice.method == "iterative":
        return impute_iterative(x, **parameters)
    return _nearest(x, leaves, parameters)


def _whole_number(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise InputError(f"The parameter {name} is {value!r}.", "Give a whole number.")
    return int(value)


def _nearest(x: Floats, leaves: list[Indicator], given: Mapping[str, int]) -> Floats:
    """Draw from the nearest units, the distance over all indicators that have a range, on min-max scales."""
    parameters = dict(given)
    seed = parameters.pop("seed", 0)
    if seed < 0:
        raise InputError(f"The seed is {seed}.", "Give 0 or more.")
    able = ~degenerate_columns(x)
    coordinates = np.full(x.shape, np.nan)
    signs = np.array([leaf.direction for leaf in leaves])
    coordinates[:, able] = min_max(orient(x[:, able], signs[able]))
    imputed = impute_nearest(x, coordinates=coordinates, rng=np.random.default_rng(seed), **parameters)
    draws: Floats = np.repeat(x[None], len(imputed.draws), axis=0)
    draws[:, imputed.rows, imputed.columns] = imputed.draws
    return draws
