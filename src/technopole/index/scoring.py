"""A table and a generic framework become an index; every stage is kept.

Order of the stages, as in COINr's own example: denominate, screen, impute, treat, orient and normalise, aggregate.
In a panel a row is a unit in a period. Rows of all periods are treated and normalised together: the goalposts are
shared, so that scores compare over time; ranks are within a period.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import InputError, UnknownNameError
from technopole.index.begun import begin, period_numbers
from technopole.index.climbing import climb, named
from technopole.index.generic import Choice, GenericFramework, Indicator
from technopole.index.notebook import SHOWN, bar, html_table
from technopole.indicators.declarations import suggestion
from technopole.kernel.arrays import degenerate_columns
from technopole.kernel.normalise import NORMALISERS, orient, orient_bounds
from technopole.kernel.panel import trends
from technopole.kernel.rank import UNRANKED, competition_ranks
from technopole.kernel.treat import TREATMENTS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GenericRun:
    """An index of anything, stage by stage.

    Attributes
    ----------
    ids, names : (n,) of the rows that were scored; `screened` are the ids of those left out.
    indicators : (k,) ids in the order of the matrices.
    denominated, imputed, treated, normalised : (n, k), NaN where missing; normalised: higher is better.
    scores : node id -> (n,), the index last; NaN where nothing is there.
    weights : node or indicator id -> its share among its siblings (as declared or found; missing values aside).
    ranks : (n,) of the index, 0 without a score; in a panel within each period.
    times : (n,) the period of each row in a panel; empty otherwise.
    draws : (draws, n, k) of a multiple imputation, of which `imputed` is the mean; None where nothing is random.
    notes : what a reader should know beside the scores.
    """

    framework: GenericFramework
    ids: tuple[str, ...]
    names: tuple[str, ...]
    screened: tuple[str, ...]
    indicators: tuple[str, ...]
    denominated: Floats
    imputed: Floats
    treated: Floats
    normalised: Floats
    scores: Mapping[str, Floats]
    weights: Mapping[str, float]
    ranks: NDArray[np.int32]
    times: tuple[str, ...] = ()
    draws: Floats | None = None
    notes: tuple[str, ...] = ()

    def to_polars(self) -> pl.DataFrame:
        """Rank, id, name (in a panel time), score, then one column a node; best first, those without a score last.

        A panel is sorted by period, then by rank.
        """
        nodes = [name for name in self.scores if name != self.framework.index.id]
        columns: dict[str, Any] = {
            "rank": pl.Series(self.ranks, dtype=pl.Int32).replace(UNRANKED, None),
            "id": self.ids,
            "name": self.names,
            **({"time": self.times} if self.times else {}),
            "score": pl.Series(self.scores[self.framework.index.id]).fill_nan(None),
        }
        table = pl.DataFrame(columns).with_columns(
            **{f"node:{name}": pl.Series(self.scores[name]).fill_nan(None) for name in nodes}
        )
        keys = ["time", "rank"] if self.times else ["rank"]
        return table.sort(keys, maintain_order=True, nulls_last=True)

    def trends(self, of: str | None = None) -> pl.DataFrame:
        """Of each unit of a panel: first and last score, change, slope of the line through all, ranks at both ends.

        Parameters
        ----------
        of : another node, or an indicator (its values after denominators, as measured); None: the index.

        Returns
        -------
        id, name, periods (with a value), slope (per unit of time), first, last, change, first_rank, last_rank, growth;
        nulls for a unit without two values. First and last are a unit's own. `growth` is the yearly (per unit of time)
        rate that leads from first to last, 0.05 for 5 %; null where one isn't above 0. Sorted by slope, largest first.
        """
        if not self.times:
            raise InputError("The index has no periods, so there are no trends.", "Name `time` under `unit`.")
        values, ranks = self._traced(of or self.framework.index.id)
        when = period_numbers(list(self.times))
        units, lines = trends(values, np.array(self.ids), when)
        own: dict[str, list[int]] = {unit: [] for unit in units}
        for place in np.argsort(when, kind="stable").tolist():
            own[self.ids[place]].append(place)
        rows = []
        for unit, (slope, count) in zip(units, lines, strict=True):
            mine = [place for place in own[unit] if not np.isnan(values[place])]
            if count < 2:
                rows.append((unit, self.names[own[unit][-1]], int(count), *[None] * 7))
                continue
            first, last = mine[0], mine[-1]
            low, high = float(values[first]), float(values[last])
            growth = (high / low) ** (1 / (when[last] - when[first])) - 1 if min(low, high) > 0 else None
            places = int(ranks[first]), int(ranks[last])
            rows.append((unit, self.names[last], int(count), slope, low, high, high - low, *places, growth))
        schema = {
            "id": pl.String, "name": pl.String, "periods": pl.Int64, "slope": pl.Float64, "first": pl.Float64,
            "last": pl.Float64, "change": pl.Float64, "first_rank": pl.Int64, "last_rank": pl.Int64,
            "growth": pl.Float64,
        }  # fmt: skip
        table = pl.DataFrame(rows, schema=schema, orient="row")
        return table.sort("slope", descending=True, nulls_last=True, maintain_order=True)

    def _traced(self, of: str) -> tuple[Floats, NDArray[np.int32]]:
        """Values (n,) of a node or an indicator, and their ranks within each period; 1 is best."""
        if of in self.scores:
            return self.scores[of], ranks_within(self.scores[of], self.times)
        if of not in self.indicators:
            raise UnknownNameError(f"there is no {of!r}:", suggestion(of, [*self.scores, *self.indicators]))
        column = self.indicators.index(of)
        values = self.denominated[:, column]
        return values, ranks_within(values * self.framework.indicators()[column].direction, self.times)

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of `technopole score --json`; a panel has `time` at its units, and `trends`."""
        table = self.to_polars()
        nodes = [name for name in table.columns if name.startswith("node:")]
        own = ["rank", "id", "name", *(["time"] if self.times else []), "score"]
        units = [
            {key: row[key] for key in own} | {"nodes": {name.removeprefix("node:"): row[name] for name in nodes}}
            for row in table.iter_rows(named=True)
        ]
        shape = {"index": self.framework.index.id, "units": units, "screened": list(self.screened)}
        if self.times:
            shape["trends"] = self.trends().to_dicts()
        if self.notes:
            shape["notes"] = list(self.notes)
        return shape

    def _repr_html_(self) -> str:
        table = self.to_polars()
        shown = table.head(SHOWN)
        low, high = (float(np.nanmin(self.normalised)), float(np.nanmax(self.normalised)))
        nodes = [name for name in table.columns if name.startswith("node:")]
        own = ["rank", "id", "name", *(["time"] if self.times else []), "score"]
        rows = [
            [*(row[name] for name in own), bar(row["score"], low, high), *(row[name] for name in nodes)]
            for row in shown.iter_rows(named=True)
        ]
        head = [*own, f"{low:.0f} to {high:.0f}", *(name.removeprefix("node:") for name in nodes)]
        caption = f"{self.framework.index.title or self.framework.index.id}: {len(self.indicators)} indicators"
        return html_table(caption, head, rows, table.height)


def score(data: Path | str | pl.DataFrame, framework: GenericFramework) -> GenericRun:
    """Compute an index of anything.

    Parameters
    ----------
    data : a file (`tabular.read_table`) or a frame; one row a unit, in a panel one a unit and period.

    Raises
    ------
    InputError : a missing column, a cell that isn't a number, a unit twice, an indicator without range, what a method
        refuses (all name the indicator or node).
    """
    begun = begin(data, framework)
    treated, normalised = prepare(begun.filled.nominal, framework, begun.ids, begun.times)
    climbed = climb(normalised, framework, begun.times)
    return GenericRun(
        framework, tuple(begun.ids), tuple(begun.names), begun.screened,
        tuple(leaf.id for leaf in framework.indicators()), begun.denominated, begun.filled.nominal, treated,
        normalised, climbed.scores, climbed.weights, ranks_within(climbed.scores[framework.index.id], begun.times),
        tuple(begun.times), begun.filled.draws, climbed.notes,
    )  # fmt: skip


def prepare(filled: Floats, framework: GenericFramework, ids: list[str], times: list[str]) -> tuple[Floats, Floats]:
    """Treat and normalise filled values (n, k), each indicator by its choice.

    Parameters
    ----------
    filled : (n, k), or a stack (replicates, n, k), each on its own; fastest where an indicator's values lie together.
    ids : (n,), to name a reference unit. times : (n,) in a panel, else empty: `framework.panel` says which stage takes
        each period alone.

    Returns
    -------
    Treated and normalised, each of the shape of `filled`.

    Raises
    ------
    InputError : an indicator without range, what a method refuses; names the indicator.
    """
    leaves, panel, defaults = framework.indicators(), framework.panel, framework.defaults
    treated, normalised = np.empty_like(filled), np.empty_like(filled)
    for columns in _alike([leaf.treat or defaults.treat for leaf in leaves]):
        own = leaves if isinstance(columns, slice) else [leaves[k] for k in columns]
        for rows in rows_of_periods(times, panel.treat == "each"):
            cells = _cells(rows, columns)
            treated[cells] = _all_or_each(_treated, filled[cells], own, framework, ids)
    for columns in _alike([leaf.normalise or defaults.normalise for leaf in leaves]):
        own = leaves if isinstance(columns, slice) else [leaves[k] for k in columns]
        for rows in rows_of_periods(times, panel.normalise == "each"):
            units = ids if isinstance(rows, slice) else [ids[row] for row in rows]
            cells = _cells(rows, columns)
            normalised[cells] = _all_or_each(_normalised, treated[cells], own, framework, units)
    return treated, normalised


def _alike(choices: Sequence[Choice]) -> list[list[int]] | list[slice]:
    """Positions of equal choices; a slice where all are equal."""
    # most are the default, which is one object
    spelled = {key: repr(choice) for key, choice in {id(choice): choice for choice in choices}.items()}
    groups: dict[str, list[int]] = {}
    for place, choice in enumerate(choices):
        groups.setdefault(spelled[id(choice)], []).append(place)
    return [slice(None)] if len(groups) == 1 else list(groups.values())


def _cells(rows: NDArray[np.int64] | slice, columns: list[int] | slice) -> tuple[Any, ...]:
    """Index of some rows and columns of a matrix or a stack."""
    crossed = isinstance(rows, np.ndarray) and isinstance(columns, list)
    return (..., rows[:, None] if crossed else rows, columns)  # type: ignore[index]


def _all_or_each(
    stage: Callable[[Floats, list[Indicator], GenericFramework, list[str]], Floats],
    values: Floats, leaves: list[Indicator], framework: GenericFramework, ids: list[str],
) -> Floats:  # fmt: skip
    """Indicators with one choice, (..., n, g), in one call of the kernel; what fails one by one, to name it.

    The kernel takes (n, columns): an indicator of each replicate is a column, its values side by side in memory.
    """
    planes = np.ascontiguousarray(np.moveaxis(values, -1, 0))
    shape = planes.shape
    try:
        result = stage(planes.reshape(-1, shape[-1]).T, leaves, framework, ids)
    except (InputError, TypeError, ValueError) as error:
        if len(leaves) == 1 and isinstance(error, InputError):
            raise
        if len(leaves) == 1:
            raise InputError(f"{leaves[0].id}: a parameter of its method isn't of the right kind ({error}).") from error
        parts = [
            _all_or_each(stage, plane[..., None], [leaf], framework, ids)
            for plane, leaf in zip(planes, leaves, strict=True)
        ]
        return np.concatenate(parts, axis=-1)
    return np.moveaxis(result.T.reshape(shape), 0, -1)


def ranks_within(scores: Floats, times: Sequence[str]) -> NDArray[np.int32]:
    """Competition ranks of scores (..., n), in a panel (times of the rows not empty) within each period."""
    ranks = np.zeros(scores.shape, dtype=np.int32)
    for rows in rows_of_periods(times):
        ranks[..., rows] = competition_ranks(scores[..., rows])
    return ranks


def rows_of_periods(times: Sequence[str], each: bool = True) -> list[NDArray[np.int64]] | list[slice]:
    """Positions of the rows of each period; all rows where there are no periods, or not `each` stands alone."""
    if not times or not each:
        return [slice(None)]
    of = np.array(times)
    return [np.flatnonzero(of == period) for period in dict.fromkeys(times)]


def _treated(columns: Floats, leaves: list[Indicator], framework: GenericFramework, _: list[str]) -> Floats:
    choice = leaves[0].treat or framework.defaults.treat
    return named(leaves[0].id, lambda: TREATMENTS[choice.method].function(columns, **choice.parameters))


def _normalised(columns: Floats, leaves: list[Indicator], framework: GenericFramework, ids: list[str]) -> Floats:
    first, choice = leaves[0].id, leaves[0].normalise or framework.defaults.normalise
    parameters = dict(choice.parameters)
    needs = NORMALISERS[choice.method].needs
    directions = np.repeat([float(leaf.direction) for leaf in leaves], columns.shape[1] // len(leaves))
    if choice.method == "scaled" or {"low", "high"} <= set(needs):
        posts = parameters.get("low", 0.0), parameters.get("high", 100.0)
        parameters["low"], parameters["high"] = orient_bounds(*posts, directions)
    if "targets" in parameters:
        parameters["targets"] = float(parameters["targets"]) * directions
    if "reference" in parameters:
        wanted = str(parameters["reference"])
        if wanted not in ids:
            raise UnknownNameError(f"{first}: there is no reference unit {wanted!r}:", suggestion(wanted, ids))
        parameters["reference"] = ids.index(wanted)
    oriented = orient(columns, directions)
    try:
        result = named(first, lambda: NORMALISERS[choice.method].function(oriented, **parameters))
    except InputError as error:
        if choice.method in {"min_max", "z_score", "distance_to_maximum"} and degenerate_columns(columns).any():
            raise InputError(
                f"{first}: all values are missing or equal, so {choice.method} can't tell units apart.",
                "Drop the indicator, or normalise it by goalposts.",
            ) from error
        raise
    if np.isinf(result).any():
        raise InputError(f"{first}: {choice.method} gives infinite values.", "Choose another normalisation.")
    return result
