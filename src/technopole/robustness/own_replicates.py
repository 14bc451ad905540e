"""Replicates of the user's own index, in stacks: what many of them share is computed once, their weights all at a time.

Replicates that share an imputation share its draws; those that share draw, treatment and normalisation share a matrix;
those that also share aggregation and ways of weighting are one call of the kernel. With errors of measurement each
replicate has a matrix of its own, and a stack of them is one call. What is missing keeps its imputations: their draws
are uncertain already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from technopole.core.errors import InputError, TechnopoleError
from technopole.index.begun import period_numbers
from technopole.index.climbing import named, scores_of, weights_of
from technopole.index.filling import fill
from technopole.index.generic import Choice, GenericFramework, Group, spelled_out
from technopole.index.scoring import prepare
from technopole.index.tree import Floats, LabelledTree, generic_tree
from technopole.index.uncertain import Varied
from technopole.kernel.aggregate import AGGREGATORS, Aggregation, aggregate_tree
from technopole.kernel.sample import choose
from technopole.robustness.own_index import IndexStudy

STACKED: Final = 1 << 20
"""Scores of one stack over a shared matrix, so that memory doesn't grow with the replicates."""
KEPT: Final = 256
"""Frameworks that are kept once laid out: choices along a range have no end."""
EVERY: Final = {"treat", "impute", "normalise", "aggregate", "weights"}
WITH_ERRORS: Final = 1 << 20
"""Values of a stack in which each replicate has a matrix of its own: it stays in the processor's cache."""


@dataclass(frozen=True)
class Evaluated:
    """Outcome of points: scores of the index (replicates, n), shares of its children (replicates, children), problems.

    NaN where a replicate failed; `problems` says why, by its number.
    """

    scores: Floats
    shares: Floats
    problems: dict[int, str]


@dataclass(frozen=True)
class _Laid:
    """A framework, laid out once for all replicates that take its choices.

    Attributes
    ----------
    tree : nodes by their place, with the declared weights.
    children : places of the children of each node above the leaves, by its id. aggregations : in node order.
    at_once : whether one call of the kernel takes the whole tree.
    """

    framework: GenericFramework
    tree: LabelledTree
    children: Mapping[str, list[int]]
    aggregations: list[Aggregation]
    at_once: bool


@dataclass(frozen=True)
class _Stack:
    """Replicates `members` of one framework; `matrix` (n, k) is shared, or (members, n, k)."""

    laid: _Laid
    members: NDArray[np.int64]
    matrix: Floats


def evaluate(study: IndexStudy, points: Floats) -> Evaluated:
    """Compute the index at each point, (replicates, coordinates)."""
    children = len(study.framework.index.children)
    found = Evaluated(np.full((len(points), len(study.run.ids)), np.nan), np.full((len(points), children), np.nan), {})
    taken = study.taken(points)

    @lru_cache(maxsize=KEPT)
    def laid(row: bytes) -> _Laid:
        return _laid(study, with_choices(study.framework, study.pick(np.frombuffer(row))))

    def at(replicate: np.int64) -> _Laid:
        return laid(taken[replicate].tobytes())

    for places in _alike(np.arange(len(points)), _of(taken, study, {"impute"})):
        try:
            draws = _filled(study, at(places[0]).framework)
        except TechnopoleError as error:
            found.problems.update(dict.fromkeys(places.tolist(), str(error)))
            continue
        stacks = _noisy if study.errors else _shared
        for stack in stacks(study, points, taken, places, draws, at, found.problems):
            _climb(study, stack, points, found)
    return found


def with_choices(framework: GenericFramework, picks: Mapping[str, Any]) -> GenericFramework:
    """`own_index.varied_framework` for options that were checked before: nothing is parsed anew."""
    for varied in framework.uncertainty.choices:
        choice = Choice.model_validate(spelled_out(picks[varied.name]))
        if varied.at is None:
            defaults = framework.defaults.model_copy(update={varied.of: choice})
            framework = framework.model_copy(update={"defaults": defaults})
        else:
            framework = framework.model_copy(update={"index": _with(framework.index, varied, choice)})
    return framework


def _with(node: Group, varied: Varied, choice: Choice) -> Group:
    if node.id == varied.at:
        return node.model_copy(update={varied.of: choice})
    children = tuple(
        _with(child, varied, choice) if isinstance(child, Group)
        else child.model_copy(update={varied.of: choice}) if child.id == varied.at
        else child
        for child in node.children
    )  # fmt: skip
    return node.model_copy(update={"children": children})


def _of(taken: Floats, study: IndexStudy, stages: set[str]) -> Floats:
    """What replicates take at these stages: the columns of `taken` that belong to them."""
    return taken[:, [one.of in stages for one in study.framework.uncertainty.choices]]


def _alike(places: NDArray[np.int64], keys: Floats) -> list[NDArray[np.int64]]:
    """Places (numbers of replicates) by their keys, rows of `keys`, in the order in which the keys first come."""
    _, first, group = np.unique(keys[places], axis=0, return_index=True, return_inverse=True)
    grouped = np.split(places[np.argsort(group, kind="stable")], np.cumsum(np.bincount(group))[:-1])
    return [grouped[number] for number in np.argsort(first)]


def _filled(study: IndexStudy, framework: GenericFramework) -> Floats:
    """Completed matrices: (draws, n, k)."""
    run = study.run
    if not any(varied.of == "impute" for varied in framework.uncertainty.choices):
        return run.imputed[None] if run.draws is None else run.draws
    periods = (list(run.ids), period_numbers(list(run.times))) if run.times else None
    filled = fill(run.denominated, study.table, framework, "The table", periods)
    return filled.nominal[None] if filled.draws is None else filled.draws


def _drawn(study: IndexStudy, points: Floats, draws: int) -> NDArray[np.int64]:
    """Which draw of the imputations each point takes."""
    own = points[:, study.coordinates("draw")]
    return choose(own[:, 0], draws) if own.size else np.zeros(len(points), np.int64)


def _shared(
    study: IndexStudy, points: Floats, taken: Floats, places: NDArray[np.int64], draws: Floats,
    at: Callable[[np.int64], _Laid], problems: dict[int, str],
) -> Iterator[_Stack]:  # fmt: skip
    """Stacks over one matrix each."""
    draw, run = _drawn(study, points, len(draws)), study.run
    prepared = np.column_stack([draw, _of(taken, study, {"treat", "normalise"})])
    whole = _of(taken, study, {"aggregate", "weights"})
    for alike in _alike(places, prepared):
        try:
            _, matrix = prepare(draws[draw[alike[0]]], at(alike[0]).framework, list(run.ids), list(run.times))
        except TechnopoleError as error:
            problems.update(dict.fromkeys(alike.tolist(), str(error)))
            continue
        for members in _alike(alike, whole):
            size = max(1, STACKED // len(matrix))
            for start in range(0, members.size, size):
                yield _Stack(at(members[0]), members[start : start + size], matrix)


def _noisy(
    study: IndexStudy, points: Floats, taken: Floats, places: NDArray[np.int64], draws: Floats,
    at: Callable[[np.int64], _Laid], problems: dict[int, str],
) -> Iterator[_Stack]:  # fmt: skip
    """Stacks in which each replicate reads all values anew."""
    draw, run = _drawn(study, points, len(draws)), study.run
    seeds = (points[:, study.coordinates("errors")][:, 0] * 2.0**53).astype(np.int64)
    planes = np.ascontiguousarray(np.moveaxis(draws, -1, 0))  # (k, draws, n): the values of an indicator together
    missing = np.isnan(run.denominated)
    size = max(1, WITH_ERRORS // run.denominated.size)
    pending = _alike(places, _of(taken, study, EVERY))
    for alike in pending:
        laid = at(alike[0])
        for start in range(0, alike.size, size):
            members = alike[start : start + size]
            values = _with_errors(study, planes[:, draw[members]], missing, seeds[members])
            try:
                _, matrix = prepare(values, laid.framework, list(run.ids), list(run.times))
            except TechnopoleError as error:
                if members.size == 1:
                    problems[int(members[0])] = str(error)
                else:  # one by one, to know which replicate it is
                    pending.extend(members[[place]] for place in range(members.size))
                continue
            yield _Stack(laid, members, matrix)


def _with_errors(study: IndexStudy, planes: Floats, missing: NDArray[np.bool_], seeds: NDArray[np.int64]) -> Floats:
    """Values with errors, (replicates, n, k), over planes (k, replicates, n) of completed values, which are changed."""
    columns = sorted(study.errors)
    deviates = np.empty((len(columns), planes.shape[2]))
    for place, seed in enumerate(seeds.tolist()):
        np.random.default_rng(seed).standard_normal(out=deviates)
        for column, deviate in zip(columns, deviates, strict=True):
            relative, absolute = study.errors[column]
            values = planes[column, place]
            read = values * np.exp(relative * deviate) if relative else values
            if absolute.any():
                read = read + absolute * deviate
            planes[column, place] = np.where(missing[:, column], values, read)
    return np.moveaxis(planes, 0, -1)


def _climb(study: IndexStudy, stack: _Stack, points: Floats, found: Evaluated) -> None:
    """Fill in the members' scores; a stack that fails is tried one by one, to know which replicate it is."""
    try:
        scores, shares = _root(study, stack, points[stack.members])
    except TechnopoleError as error:
        if stack.members.size == 1:
            found.problems[int(stack.members[0])] = str(error)
            return
        for place in range(stack.members.size):
            matrix = stack.matrix if stack.matrix.ndim == 2 else stack.matrix[[place]]
            _climb(study, _Stack(stack.laid, stack.members[[place]], matrix), points, found)
    else:
        found.scores[stack.members], found.shares[stack.members] = scores, shares


def _root(study: IndexStudy, stack: _Stack, points: Floats) -> tuple[Floats, Floats]:
    """Scores of the index and shares of its children."""
    if stack.laid.at_once:
        try:
            return _whole_tree(study, stack, points)
        except InputError:  # node after node, to know at which
            pass
    framework, matrix = stack.laid.framework, stack.matrix if stack.matrix.ndim == 3 else stack.matrix[None]
    # one row for all replicates until weights differ
    scores = {leaf.id: matrix[..., k] for k, leaf in enumerate(framework.indicators())}
    weights = np.ones((len(points), 1))
    for group in framework.groups():
        children = np.stack(np.broadcast_arrays(*[scores[child.id] for child in group.children]), axis=-1)
        weights = _weights(study, framework, group, children, points)
        scores[group.id] = _aggregated(group, children, weights, framework, study.run.times)
    # the index is the last of the groups
    return scores[framework.index.id], weights / weights.sum(axis=1, keepdims=True)


def _laid(study: IndexStudy, framework: GenericFramework) -> _Laid:
    tree, groups = generic_tree(framework, {node.id: node.weight for node in framework.walk()}), framework.groups()
    place = {name: number for number, name in enumerate(tree.names)}
    return _Laid(
        framework,
        tree,
        {group.id: [place[child.id] for child in group.children] for group in groups},
        [framework.aggregation(group) for group in groups],
        not _from_data(framework) and not _by_period(study, framework),
    )


def _whole_tree(study: IndexStudy, stack: _Stack, points: Floats) -> tuple[Floats, Floats]:
    laid = stack.laid
    weights = np.tile(laid.tree.weights, (len(points), 1))
    for name, children in laid.children.items():
        own = points[:, study.coordinates(f"weights of {name}")]
        if len(children) == 1:
            weights[:, children] = 1.0
        elif own.size:
            weights[:, children] = study.weights_around(laid.tree.weights[children], own)
    tree = laid.tree.tree
    scores = aggregate_tree(stack.matrix, weights, tree, laid.aggregations, [tree.root])[..., 0]
    top = weights[:, laid.children[laid.framework.index.id]]
    return scores, top / top.sum(axis=1, keepdims=True)


def _from_data(framework: GenericFramework) -> bool:
    """Whether any weights have to be found from the values."""
    choices = [group.weights or framework.defaults.weights for group in framework.groups() if len(group.children) > 1]
    return any(choice.method != "given" for choice in choices)


def _by_period(study: IndexStudy, framework: GenericFramework) -> bool:
    """Whether any aggregation compares the units of a period of a panel."""
    return bool(study.run.times) and any(
        AGGREGATORS[framework.aggregation(group).method].relative for group in framework.groups()
    )


def _aggregated(
    group: Group, children: Floats, weights: Floats, framework: GenericFramework, times: Sequence[str]
) -> Floats:
    return named(group.id, lambda: scores_of(children, weights, framework.aggregation(group), times))


def _weights(study: IndexStudy, framework: GenericFramework, group: Group, children: Floats, points: Floats) -> Floats:
    """Weights of a node's children in each replicate, (replicates, children)."""
    choice = group.weights or framework.defaults.weights
    if choice.method == "given" or len(group.children) == 1:
        centres = np.tile(weights_of(group, children[0], framework), (len(points), 1))
    else:
        of_each = np.stack(
            [named(group.id, lambda one=one: weights_of(group, one, framework)) for one in children]  # type: ignore[misc]
        )
        centres = np.broadcast_to(of_each, (len(points), of_each.shape[1]))
    own = points[:, study.coordinates(f"weights of {group.id}")]
    if not own.size:
        return centres
    if (centres == centres[0]).all():
        return study.weights_around(centres[0], own)
    return np.concatenate([study.weights_around(centre, one[None]) for centre, one in zip(centres, own, strict=True)])
