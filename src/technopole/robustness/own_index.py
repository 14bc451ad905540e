"""The user's own index under every choice that its framework declares uncertain.

A point of the unit cube says everything about a replicate: which option of each choice, which draw of the imputations,
which weights, which errors. Uncertainty draws points at random, sensitivity by design; `own_replicates` computes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import FrameworkError, InputError, UnknownNameError
from technopole.index.begun import Begun, begin
from technopole.index.generic import GenericFramework, Group, Indicator, parse_generic
from technopole.index.scoring import GenericRun, ranks_within, score
from technopole.index.tabular import labels, numbers, read_table
from technopole.index.tree import Floats
from technopole.index.uncertain import METHODS, WHOLE, Varied
from technopole.indicators.declarations import suggestion
from technopole.kernel.impute import DRAWS
from technopole.kernel.sample import between, choose
from technopole.kernel.weight import dirichlet_from_uniform
from technopole.robustness.sensitivity import Factor

OF_INDICATORS: Final = ("treat", "impute", "normalise", "direction", "denominator")
RANDOM: Final = {"nearest": DRAWS}
"""Imputations that are random without saying so, and how many draws they make."""


@dataclass(frozen=True)
class IndexStudy:
    """A nominal run and everything that varies around it.

    Attributes
    ----------
    run : at the nominal choices. Where a choice decides which rows are scored, all rows of the source stand in it, and
        those that the nominal choices leave out have no values.
    table : the rows of the run, as the user gave them. source : all rows.
    factors : in the order of their coordinates: choices, draw, weights of each node, errors.
    errors : indicator number -> (relative error, or 0) and (n,) absolute errors.
    """

    run: GenericRun
    table: pl.DataFrame
    source: pl.DataFrame
    factors: tuple[Factor, ...]
    errors: Mapping[int, tuple[float, Floats]]

    @property
    def framework(self) -> GenericFramework:
        """The nominal framework."""
        return self.run.framework

    def coordinates(self, name: str) -> slice:
        """Columns of a factor in the points; an empty slice where there is no such factor."""
        start = 0
        for one in self.factors:
            if one.name == name:
                return slice(start, start + one.coordinates)
            start += one.coordinates
        return slice(0, 0)

    def taken(self, points: Floats) -> Floats:
        """What each point takes, (replicates, choices): the number of the option, or the parameter along a range."""
        columns = []
        for varied in self.framework.uncertainty.choices:
            own = points[:, self.coordinates(varied.name)][:, 0]
            if varied.options:
                columns.append(choose(own, len(varied.options), varied.chances or None).astype(np.float64))
            else:
                assert varied.low is not None
                assert varied.high is not None
                columns.append(between(own, varied.low, varied.high))
        return np.stack(columns, axis=1) if columns else np.empty((len(points), 0))

    def pick(self, taken: Floats) -> dict[str, Any]:
        """Option of each choice by its name, of one row of `taken`."""
        return {
            varied.name: varied.options[int(value)] if varied.options
            else varied.along(value)
            for varied, value in zip(self.framework.uncertainty.choices, taken.tolist(), strict=True)
        }  # fmt: skip

    def parameters(self, point: Floats) -> dict[str, Any]:
        """Everything that one replicate took."""
        found = self.pick(self.taken(point[None])[0])
        for one in self.factors:
            own = point[self.coordinates(one.name)]
            if one.name == "draw":
                found["draw"] = int(choose(own, len(one.options))[0])
            elif one.name.startswith("weights of "):
                found[one.name] = self._declared_weights(one.name.removeprefix("weights of "), own, found)
        return found

    def _declared_weights(self, node: str, own: Floats, picks: Mapping[str, Any]) -> dict[str, float]:
        """Weights of a node's children; factors of them where they are found from the data."""
        weights = {name: value for name, value in picks.items() if name.startswith("weight at ")}
        framework = with_bases(self.framework, weights)
        group = next(group for group in framework.groups() if group.id == node)
        given = (group.weights or framework.defaults.weights).method == "given"
        centre = np.array([child.weight if given else 1.0 for child in group.children])
        weights = self.weights_around(centre, own[None])[0].tolist()
        return dict(zip((child.id for child in group.children), weights, strict=True))

    def weights_around(self, centre: Floats, points: Floats) -> Floats:
        """Weights (replicates, children) around the centre (children,)."""
        kind = self.framework.uncertainty.weights
        if kind.kind == "dirichlet":
            return dirichlet_from_uniform(points, centre, kind.concentration)
        return np.asarray(centre * kind.factor ** (2.0 * points - 1.0), dtype=np.float64)


def index_study(data: Path | str | pl.DataFrame, framework: GenericFramework) -> IndexStudy:
    """Lay out what the framework declares uncertain, and check that every option can be applied.

    Raises
    ------
    FrameworkError, InputError : what `scoring.score` raises at the nominal choices; a choice at a node that isn't
        there; an option that isn't one (named).
    """
    table = data if isinstance(data, pl.DataFrame) else read_table(Path(data))
    run = score(table, framework)
    declared = framework.uncertainty
    factors = [_choice_factor(framework, varied) for varied in declared.choices]
    denominated = [run.denominated, *(begun.denominated for begun in _begun_otherwise(table, framework))]
    draws = _draws(framework)
    if draws > 1 and any(np.isnan(values).any() for values in denominated):
        factors.append(Factor("draw", 1, tuple(range(draws))))
    if declared.weights.kind != "fixed":
        factors += [
            Factor(f"weights of {group.id}", len(group.children), (declared.weights.kind,))
            for group in reversed(framework.groups()) if len(group.children) > 1
        ]  # fmt: skip
    if {"screen", "denominator"} & {one.of for one in declared.choices}:
        run = over_all_rows(run, table)
    rows = table[rows_within(*_ids_and_times(table, framework), run)]
    errors = measurement_errors(run, rows)
    if errors:
        factors.append(Factor("errors", 1, ("random",)))
    return IndexStudy(run, rows, table, tuple(factors), errors)


def varied_framework(framework: GenericFramework, picks: Mapping[str, Any]) -> GenericFramework:
    """Return the framework with other options of its varied choices, which is certain otherwise.

    Raises
    ------
    FrameworkError : an option that isn't one, named.
    """
    if not picks:
        return framework
    data = framework.model_dump(exclude={"uncertainty"})
    for varied in framework.uncertainty.choices:
        if varied.name not in picks:
            continue
        target, option = data, picks[varied.name]
        if varied.at is not None:
            target = _find(data["index"], varied.at)
        elif varied.of in METHODS:
            target = data["defaults"]
        if varied.of == "denominator":
            target |= _denominator(option)
        elif varied.of in WHOLE:
            target[varied.of] |= option if isinstance(option, Mapping) else {"least_share": option}
        else:
            target[varied.of] = option
    return parse_generic(data, ", ".join(f"{name} {value}" for name, value in picks.items()))


def with_bases(framework: GenericFramework, picks: Mapping[str, Any]) -> GenericFramework:
    """Return the framework with these options of what isn't a method; methods stay uncertain."""
    declared = framework.uncertainty
    methods = declared.model_copy(update={"choices": tuple(one for one in declared.choices if one.of in METHODS)})
    return varied_framework(framework, picks).model_copy(update={"uncertainty": methods})


def _denominator(option: Any) -> dict[str, Any]:
    """An option: a column, none, or a column with what is 1 of it."""
    if isinstance(option, Mapping):
        return dict(option)
    return {"denominator": None if option in {None, "none"} else option}


def _begun_otherwise(table: pl.DataFrame, framework: GenericFramework) -> list[Begun]:
    """The table under each other option of what isn't a method, to know that each can be applied."""
    found = []
    for varied in framework.uncertainty.choices:
        if varied.of in METHODS:
            continue
        options = varied.options or tuple(varied.along(end) for end in (varied.low, varied.high) if end is not None)
        for option in options:
            try:
                found.append(begin(table, varied_framework(framework, {varied.name: option})))
            except InputError as error:
                raise InputError(f"{varied.name} {option}: {error.what}", error.remedy) from error
    return found


def over_all_rows(run: GenericRun, table: pl.DataFrame) -> GenericRun:
    """Lay a run out over all rows of its table: NaN, and no rank, where it left them out."""
    ids, times = _ids_and_times(table, run.framework)
    named = run.framework.unit.name
    names = ids if named is None else labels(table, named, "The table")
    places, count = rows_within(ids, times, run), len(ids)
    scores = {node: _spread(score, places, count) for node, score in run.scores.items()}
    return replace(
        run, ids=tuple(ids), names=tuple(name or one for name, one in zip(names, ids, strict=True)),
        times=tuple(times), denominated=_spread(run.denominated, places, count),
        imputed=_spread(run.imputed, places, count), treated=_spread(run.treated, places, count),
        normalised=_spread(run.normalised, places, count), scores=scores, draws=None,
        ranks=ranks_within(scores[run.framework.index.id], times),
    )  # fmt: skip


def _ids_and_times(table: pl.DataFrame, framework: GenericFramework) -> tuple[list[str], list[str]]:
    unit = framework.unit
    times = labels(table, unit.time, "The table") if unit.time else []
    return labels(table, unit.id, "The table"), times


def rows_within(ids: Sequence[str], times: Sequence[str], run: GenericRun | Begun) -> NDArray[np.int64]:
    """Places of the rows of a run among more rows, which have these ids and (in a panel) periods."""
    place = {row: number for number, row in enumerate(zip(ids, times or ids, strict=True))}
    return np.array([place[row] for row in zip(run.ids, run.times or run.ids, strict=True)], dtype=np.int64)


def _spread(values: Floats, places: NDArray[np.int64], count: int) -> Floats:
    result = np.full((count, *values.shape[1:]), np.nan)
    result[places] = values
    return result


def _choice_factor(framework: GenericFramework, varied: Varied) -> Factor:
    if varied.at is not None:
        kinds = _kinds(varied.of)
        known = [node.id for node in framework.walk() if isinstance(node, kinds)]
        if varied.at not in known:
            what = "node" if kinds == (Group,) else "indicator" if kinds == (Indicator,) else "indicator or node"
            raise UnknownNameError(f"uncertainty: there is no {what} {varied.at!r}:", suggestion(varied.at, known))
    others = {one.name: _first(one) for one in framework.uncertainty.choices}
    if varied.options:
        for option in varied.options:
            varied_framework(framework, others | {varied.name: option})
        return Factor(varied.name, 1, varied.options)
    assert varied.low is not None
    assert varied.high is not None
    for end in (varied.low, varied.high):
        varied_framework(framework, others | {varied.name: varied.along(end)})
    return Factor(varied.name, 1, (varied.low, varied.high))


def _kinds(stage: str) -> tuple[type[Group] | type[Indicator], ...]:
    """What a stage is of, where it isn't of the whole index."""
    if stage in OF_INDICATORS:
        return (Indicator,)
    return (Group, Indicator) if stage == "weight" else (Group,)


def _first(varied: Varied) -> Any:
    return varied.options[0] if varied.low is None else varied.along(varied.low)


def _draws(framework: GenericFramework) -> int:
    """Most draws that any imputation can make; 1 where none is random."""
    first = {one.name: _first(one) for one in framework.uncertainty.choices}
    frameworks = [framework] + [
        varied_framework(framework, first | {varied.name: option})
        for varied in framework.uncertainty.choices
        if varied.of == "impute"
        for option in varied.options
    ]
    choices = [leaf.impute or one.defaults.impute for one in frameworks for leaf in one.indicators()]
    return max((int(one.parameters.get("draws", RANDOM.get(one.method, 1))) for one in choices), default=1)


def measurement_errors(run: GenericRun, table: pl.DataFrame) -> dict[int, tuple[float, Floats]]:
    """Errors of the framework that aren't 0, by indicator number; `table` holds the rows of the run."""
    found: dict[int, tuple[float, Floats]] = {}
    for name, error in run.framework.uncertainty.errors.items():
        if name not in run.indicators:
            raise UnknownNameError(f"errors: there is no indicator {name!r}:", suggestion(name, list(run.indicators)))
        none = np.zeros(len(run.ids))
        absolute = none if error.absolute is None else none + error.absolute
        if error.column is not None:
            absolute = np.nan_to_num(numbers(table, error.column, "The table"), nan=0.0)
            if (absolute < 0).any():
                raise InputError(f"errors: the column {error.column!r} has a negative value.", "Give standard errors.")
        if error.relative or absolute.any():
            found[run.indicators.index(name)] = (error.relative or 0.0, absolute)
    return found


def _find(node: dict[str, Any], name: str) -> dict[str, Any]:
    stack = [node]
    while stack:
        one = stack.pop()
        if one.get("id", one.get("indicator")) == name:
            return one
        stack.extend(one.get("children", ()))
    raise FrameworkError(f"there is no {name!r}.")
