"""The user's own index under every choice that its framework declares uncertain.

A point of the unit cube says everything about a replicate: which option of each choice, which draw of the imputations,
which weights, which errors. Uncertainty draws points at random, sensitivity by design; `own_replicates` computes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.core.errors import FrameworkError, InputError, UnknownNameError
from technopole.index.generic import GenericFramework, Group, Indicator, parse_generic
from technopole.index.scoring import GenericRun, score
from technopole.index.tabular import numbers, read_table
from technopole.index.tree import Floats
from technopole.index.uncertain import Varied
from technopole.indicators.declarations import suggestion
from technopole.kernel.impute import DRAWS
from technopole.kernel.sample import between, choose
from technopole.kernel.weight import dirichlet_from_uniform
from technopole.robustness.sensitivity import Factor

OF_INDICATORS: Final = ("treat", "impute", "normalise")
RANDOM: Final = {"nearest": DRAWS}
"""Imputations that are random without saying so, and how many draws they make."""


@dataclass(frozen=True)
class IndexStudy:
    """A nominal run and everything that varies around it.

    Attributes
    ----------
    run : at the nominal choices. table : its rows, as the user gave them.
    factors : in the order of their coordinates: choices, draw, weights of each node, errors.
    errors : indicator number -> (relative error, or 0) and (n,) absolute errors.
    """

    run: GenericRun
    table: pl.DataFrame
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
            else {"method": varied.method, varied.parameter: value}
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
                found[one.name] = self._declared_weights(one.name.removeprefix("weights of "), own)
        return found

    def _declared_weights(self, node: str, own: Floats) -> dict[str, float]:
        """Weights of a node's children; factors of them where they are found from the data."""
        group = next(group for group in self.framework.groups() if group.id == node)
        given = (group.weights or self.framework.defaults.weights).method == "given"
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
    kept = set(run.ids)
    rows = table.filter(table[framework.unit.id].cast(pl.String).is_in(sorted(kept)).fill_null(value=False))
    declared = framework.uncertainty
    factors = [_choice_factor(framework, varied) for varied in declared.choices]
    draws = _draws(framework)
    if draws > 1 and np.isnan(run.denominated).any():
        factors.append(Factor("draw", 1, tuple(range(draws))))
    if declared.weights.kind != "fixed":
        factors += [
            Factor(f"weights of {group.id}", len(group.children), (declared.weights.kind,))
            for group in reversed(framework.groups()) if len(group.children) > 1
        ]  # fmt: skip
    errors = {k: one for k, one in _errors(run, rows).items() if one[0] or one[1].any()}
    if errors:
        factors.append(Factor("errors", 1, ("random",)))
    return IndexStudy(run, rows, tuple(factors), errors)


def varied_framework(framework: GenericFramework, picks: Mapping[str, Any]) -> GenericFramework:
    """Return the framework with other options of its varied choices.

    Raises
    ------
    FrameworkError : an option that isn't one, named.
    """
    if not picks:
        return framework
    data = framework.model_dump(exclude={"uncertainty"})
    for varied in framework.uncertainty.choices:
        target = data["defaults"] if varied.at is None else _find(data["index"], varied.at)
        target[varied.of] = picks[varied.name]
    return parse_generic(data, ", ".join(f"{name} {value}" for name, value in picks.items()))


def _choice_factor(framework: GenericFramework, varied: Varied) -> Factor:
    if varied.at is not None:
        kinds = Indicator if varied.of in OF_INDICATORS else Group
        known = [node.id for node in framework.walk() if isinstance(node, kinds)]
        if varied.at not in known:
            what = "indicator" if kinds is Indicator else "node"
            raise UnknownNameError(f"uncertainty: there is no {what} {varied.at!r}:", suggestion(varied.at, known))
    others = {one.name: _first(one) for one in framework.uncertainty.choices}
    if varied.options:
        for option in varied.options:
            varied_framework(framework, others | {varied.name: option})
        return Factor(varied.name, 1, varied.options)
    for end in (varied.low, varied.high):
        varied_framework(framework, others | {varied.name: {"method": varied.method, varied.parameter: end}})
    return Factor(varied.name, 1, (varied.low, varied.high))


def _first(varied: Varied) -> Any:
    return varied.options[0] if varied.options else {"method": varied.method, varied.parameter: varied.low}


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


def _errors(run: GenericRun, table: pl.DataFrame) -> dict[int, tuple[float, Floats]]:
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
