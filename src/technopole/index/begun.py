"""The first stages of an index of anything: its rows are read, divided by their denominators, screened and filled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import InputError, UnknownNameError
from technopole.index.filling import Filled, fill
from technopole.index.generic import GenericFramework, Indicator
from technopole.index.tabular import labels, numbers, read_table, unique_labels, unique_rows
from technopole.index.tree import Floats
from technopole.indicators.declarations import suggestion


@dataclass(frozen=True)
class Begun:
    """What stands before any value is treated.

    Attributes
    ----------
    table : the rows that are scored. ids, names, times : (n,) of them; times only in a panel.
    screened : ids of those left out. denominated : (n, k). filled : their missing values.
    """

    table: pl.DataFrame
    ids: list[str]
    names: list[str]
    times: list[str]
    screened: tuple[str, ...]
    denominated: Floats
    filled: Filled


def begin(data: Path | str | pl.DataFrame, framework: GenericFramework) -> Begun:
    """Read, denominate, screen and impute; what `score` raises up to there."""
    table = data if isinstance(data, pl.DataFrame) else read_table(Path(data))
    where = "The table" if isinstance(data, pl.DataFrame) else Path(data).name
    rows = _rows(table, framework, where)
    denominated = np.stack([_denominated(table, leaf, where) for leaf in framework.indicators()], axis=1)
    kept = _kept(denominated, rows.ids, framework, where)
    screened = tuple(dict.fromkeys(one for one, keep in zip(rows.ids, kept, strict=True) if not keep))
    table, denominated, rows = table.filter(pl.Series(kept)), denominated[kept], rows.only(kept)
    empty = np.flatnonzero(np.isnan(denominated).all(axis=0))
    if empty.size:
        raise InputError(
            f"{framework.indicators()[empty[0]].id}: all values are missing in the units that are scored.",
            "Drop the indicator, or screen fewer units.",
        )
    periods = (rows.ids, period_numbers(rows.times)) if rows.times else None
    filled = fill(denominated, table, framework, where, periods)
    return Begun(table, rows.ids, rows.names, rows.times, screened, denominated, filled)


def period_numbers(times: list[str]) -> Floats:
    """Periods as numbers: years as they are, else (such as 2024-Q1) their places in alphabetical order."""
    try:
        return np.array([float(one) for one in times])
    except ValueError:
        place = {one: number for number, one in enumerate(sorted(set(times)))}
        return np.array([float(place[one]) for one in times])


@dataclass(frozen=True)
class _Rows:
    ids: list[str]
    names: list[str]
    times: list[str]

    def only(self, kept: NDArray[np.bool_]) -> _Rows:
        chosen = np.flatnonzero(kept).tolist()
        times = [self.times[place] for place in chosen] if self.times else []
        return _Rows([self.ids[place] for place in chosen], [self.names[place] for place in chosen], times)


def _rows(table: pl.DataFrame, framework: GenericFramework, where: str) -> _Rows:
    unit = framework.unit
    times: list[str] = []
    if unit.time is None:
        ids = unique_labels(table, unit.id, where)
    else:
        ids, times = unique_rows(table, unit.id, unit.time, where)
    names = ids if unit.name is None else labels(table, unit.name, where)
    return _Rows(ids, [name or one for name, one in zip(names, ids, strict=True)], times)


def _kept(x: Floats, ids: list[str], framework: GenericFramework, where: str) -> NDArray[np.bool_]:
    """Which rows stay; a row with nothing but zeros has no non-zero share."""
    screen = framework.screen
    for one in (*screen.keep, *screen.leave_out):
        if one not in ids:
            raise UnknownNameError(f"screen: {where} has no unit {one!r}:", suggestion(one, ids))
    present = ~np.isnan(x)
    kept: NDArray[np.bool_] = present.mean(axis=1) >= screen.least_share - 1e-12
    kept &= (present & (x != 0)).mean(axis=1) >= screen.least_nonzero - 1e-12
    kept |= np.isin(ids, screen.keep)
    kept &= ~np.isin(ids, screen.leave_out)
    if not kept.any():
        raise InputError("No unit is left after screening.", "Lower the shares of `screen`, or leave out fewer.")
    return kept


def _denominated(table: pl.DataFrame, leaf: Indicator, where: str) -> Floats:
    values = numbers(table, leaf.id, where)
    if leaf.denominator is None:
        return values
    below = numbers(table, leaf.denominator, where)
    if (below == 0).any():
        raise InputError(f"{leaf.id}: its denominator {leaf.denominator!r} is zero somewhere.", "Leave it empty there.")
    return np.asarray(values / below * leaf.per if leaf.per != 1 else values / below, dtype=np.float64)
