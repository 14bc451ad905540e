"""Audit of an index of anything: what is there, what moves together, what each element does to the result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from technopole.core.errors import InputError
from technopole.index.begun import period_numbers
from technopole.index.generic import Group
from technopole.index.scoring import GenericRun
from technopole.index.tree import Floats, LabelledTree, generic_tree
from technopole.kernel.audit import (
    HIGH,
    availability,
    correlations,
    cronbach_alpha,
    effect_of_removal,
    group_correlations,
    strengths_and_weaknesses,
)
from technopole.kernel.components import principal_components
from technopole.kernel.rank import UNRANKED
from technopole.kernel.treat import kurtosis, passes_skew_kurtosis, skewness
from technopole.kernel.tree import Tree
from technopole.kernel.weight import effective_weights

LOW: Final = -0.4
"""A correlation below it inside a group: the elements run against each other."""
NAMED: Final = 5


def audit_run(run: GenericRun) -> dict[str, Any]:
    """Audit an index, in the shape of `technopole audit DATA --framework FILE --json`.

    Of a panel the last period is audited. Numbers that aren't defined (a correlation of a constant) are null.

    Returns
    -------
    index, units, indicators, period (None without a panel);
    `availability`: share of present and of non-zero values of each indicator and unit, before imputation;
    `statistics`: of the raw values of each indicator, and whether they and the treated values pass the rule of skewness
    and kurtosis;
    `correlations`: Pearson's matrix of the normalised indicators, pairs of one group above 0.7 and below -0.4, and the
    mean within and across groups;
    `groups`: of each node, Cronbach's alpha, the shares of variance of its components, and the loadings on the first;
    `elements`: of each node and indicator, its weight among its siblings, in the index (effective), its correlation
    with its parent and with the index, the share of the squared correlations within its level (influence), and what
    leaving it out does: mean and largest change of rank;
    `profiles`: of each unit, the indicators on which it ranks best and worst;
    `notes` of the run.
    """
    rows = last_period(run)
    laid = generic_tree(run.framework, dict(run.weights))
    normalised = run.normalised[rows]
    parents = [laid.names[laid.tree.parents[k]] for k in range(laid.tree.leaves)]
    return {
        "index": run.framework.index.id,
        "units": int(rows.size),
        "indicators": len(run.indicators),
        "period": run.times[rows[0]] if run.times else None,
        "availability": _availability(run, rows),
        "statistics": [
            _statistics(name, run.denominated[rows, k], run.treated[rows, k]) for k, name in enumerate(run.indicators)
        ],
        "correlations": _correlations(normalised, run.indicators, parents),
        "groups": [_group(group, run, rows) for group in run.framework.groups()],
        "elements": _elements(run, rows, laid),
        "profiles": [_profile(run, rows, place) for place in range(rows.size)],
        "notes": list(run.notes),
    }


def last_period(run: GenericRun) -> NDArray[np.int64]:
    """Positions of the rows of a panel's last period; of all rows where there is no panel."""
    if not run.times:
        return np.arange(len(run.ids))
    when = period_numbers(list(run.times))
    return np.flatnonzero(when == when.max())


def _availability(run: GenericRun, rows: NDArray[np.int64]) -> dict[str, Any]:
    found = availability(run.denominated[rows])
    return {
        "indicators": [
            {"id": name, "present": float(found.indicators[k]), "non_zero": float(found.indicators_non_zero[k])}
            for k, name in enumerate(run.indicators)
        ],
        "units": [
            {"id": run.ids[row], "name": run.names[row], "present": float(found.units[place]),
             "non_zero": float(found.units_non_zero[place])}
            for place, row in enumerate(rows)
        ],
    }  # fmt: skip


def _statistics(name: str, raw: Floats, treated: Floats) -> dict[str, Any]:
    values = raw[~np.isnan(raw)]
    many = values.size > 1
    return {
        "id": name,
        "count": int(values.size),
        "minimum": _number(values.min()) if values.size else None,
        "maximum": _number(values.max()) if values.size else None,
        "mean": _number(values.mean()) if values.size else None,
        "median": _number(np.median(values)) if values.size else None,
        "standard_deviation": _number(values.std(ddof=1)) if many else None,
        "skewness": _number(skewness(values)),
        "kurtosis": _number(kurtosis(values)),
        "passes": passes_skew_kurtosis(values),
        "passes_treated": passes_skew_kurtosis(treated),
    }


def _correlations(x: Floats, names: Sequence[str], parents: Sequence[str]) -> dict[str, Any]:
    matrix = correlations(x)
    labels, means = group_correlations(matrix, parents)
    pairs: list[dict[str, Any]] = [
        {"a": names[i], "b": names[k], "group": parents[i], "correlation": float(matrix[i, k])}
        for i in range(len(names))
        for k in range(i + 1, len(names))
        if parents[i] == parents[k] and (matrix[i, k] > HIGH or matrix[i, k] < LOW)
    ]
    return {
        "indicators": list(names),
        "matrix": [[_number(cell) for cell in row] for row in matrix],
        "high": [pair for pair in pairs if pair["correlation"] > 0],
        "negative": [pair for pair in pairs if pair["correlation"] < 0],
        "groups": [str(label) for label in labels],
        "group_means": [[_number(cell) for cell in row] for row in means],
    }


def _group(group: Group, run: GenericRun, rows: NDArray[np.int64]) -> dict[str, Any]:
    names = [child.id for child in group.children]
    x = _columns(run, rows, names)
    shape: dict[str, Any] = {"id": group.id, "children": names, "cronbach_alpha": _number(cronbach_alpha(x))}
    try:
        found = principal_components(x) if len(names) > 1 else None
    except InputError:  # too few complete units, or a child without spread
        found = None
    loadings = None if found is None else found.loadings[:, 0] * (1 if found.loadings[:, 0].sum() >= 0 else -1)
    return shape | {
        "components_above_one": None if found is None else int((found.eigenvalues > 1).sum()),
        "variance_shares": None if found is None else [float(share) for share in found.shares],
        "first_loadings": None if loadings is None else dict(zip(names, loadings.tolist(), strict=True)),
    }


def _elements(run: GenericRun, rows: NDArray[np.int64], laid: LabelledTree) -> list[dict[str, Any]]:
    framework = run.framework
    shares = effective_weights(laid.weights, laid.tree)
    aggregations = [framework.aggregation(group) for group in framework.groups()]
    removal = effect_of_removal(run.normalised[rows], laid.weights, laid.tree, aggregations)
    place_of = {node: place for place, node in enumerate(removal.nodes)}
    levels = _levels(laid.tree)
    index = run.scores[framework.index.id][rows]
    to_index = {name: _correlation(_columns(run, rows, [name])[:, 0], index) for name in laid.names}
    elements = []
    for node, name in enumerate(laid.names[:-1]):
        parent = laid.names[laid.tree.parents[node]]
        level = [laid.names[k] for k in range(laid.tree.root) if levels[k] == levels[node]]
        squares = sum((to_index[one] or 0.0) ** 2 for one in level)
        element = {
            "id": name,
            "parent": parent,
            "level": levels[node],
            "indicator": node < laid.tree.leaves,
            "weight": float(laid.weights[node]),
            "effective_weight": float(shares[node]),
            "correlation_with_parent": _correlation(
                _columns(run, rows, [name])[:, 0], _columns(run, rows, [parent])[:, 0]
            ),
            "correlation_with_index": to_index[name],
            "influence": (to_index[name] or 0.0) ** 2 / squares if squares > 0 else None,
        }
        elements.append(element | _without(removal.ranks, place_of.get(node), run.ranks[rows]))
    return elements


def _without(ranks: NDArray[np.int32], place: int | None, before: NDArray[np.int32]) -> dict[str, Any]:
    """What leaving an element out does to the ranks; null for an only child, and where no unit keeps a rank."""
    nothing: dict[str, Any] = {"mean_rank_change": None, "largest_rank_change": None}
    if place is None:
        return nothing
    both = (ranks[place] != UNRANKED) & (before != UNRANKED)
    moves = np.abs(ranks[place][both].astype(np.int64) - before[both])
    return {"mean_rank_change": float(moves.mean()), "largest_rank_change": int(moves.max())} if moves.size else nothing


def _levels(tree: Tree) -> list[int]:
    """Distance of each node from the root."""
    levels = [0] * len(tree.parents)
    for node in reversed(range(tree.root)):
        levels[node] = levels[tree.parents[node]] + 1
    return levels


def _profile(run: GenericRun, rows: NDArray[np.int64], place: int) -> dict[str, Any]:
    found = strengths_and_weaknesses(run.normalised[rows], place, NAMED)

    def listed(positions: NDArray[np.int64], ranks: NDArray[np.int32]) -> list[dict[str, Any]]:
        return [{"indicator": run.indicators[k], "rank": int(rank)} for k, rank in zip(positions, ranks, strict=True)]

    rank = int(run.ranks[rows[place]])
    return {
        "id": run.ids[rows[place]],
        "name": run.names[rows[place]],
        "rank": rank if rank != UNRANKED else None,
        "strengths": listed(found.strengths, found.strength_ranks),
        "weaknesses": listed(found.weaknesses, found.weakness_ranks),
    }


def _columns(run: GenericRun, rows: NDArray[np.int64], names: Sequence[str]) -> Floats:
    """Scores of nodes, normalised values of indicators."""
    place = {name: k for k, name in enumerate(run.indicators)}
    columns = [run.normalised[:, place[name]] if name in place else run.scores[name] for name in names]
    return np.stack(columns, axis=1)[rows]


def _correlation(a: Floats, b: Floats) -> float | None:
    return _number(correlations(a[:, None], b[:, None])[0, 0])


def _number(value: float | np.floating[Any]) -> float | None:
    return float(value) if math.isfinite(value) else None
