"""Why scores differ between two editions: observations, cities and goalposts, or the framework. The parts sum exactly.

One thing is exchanged after the other, from the first edition to the second:

1. *observations*: each city's values (and population) become those of the second edition, on the goalposts of the
   first. Under the arithmetic mean this part is a sum over indicators; under the geometric mean too, by the
   logarithmic mean (Ang 2004, doi:10.1016/S0301-4215(03)00076-4).
2. *goalposts*: the cities that are ranked, lowest and highest values, caps and imputations become those of the second.
3. *framework*: weights and methods become those of the second.

Another order would share out differently; this one is fixed. What the first edition measures and the second no longer
does stays as it was until its framework goes, in step 3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.types import Boundary, Lens
from technopole.index.framework import Framework
from technopole.index.matrix import Matrix, build_matrix
from technopole.index.run import IndexRun, positive, run_index
from technopole.index.shares import weights_within
from technopole.index.tree import Floats, labelled_tree
from technopole.indicators.declarations import Catalogue
from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.robustness.whatif import normalised_value, treated_value


@dataclass(frozen=True)
class Evidence:
    """What an index is computed from: indicators.matrix.VALUE_SCHEMA, cities.tables.FRAME_SCHEMA, the framework."""

    values: pl.DataFrame
    frame: pl.DataFrame
    framework: Framework


@dataclass(frozen=True)
class Change:
    """Decomposition for the cities that both rank, all (n,) but `contributions`.

    Attributes
    ----------
    before, after : scores, computed with today's code.
    observations, goalposts, framework : sum to after - before.
    contributions : (n, k) of each indicator of the first framework, `indicators`; sums over k to `observations`.
    """

    cities: NDArray[np.int64]
    indicators: tuple[str, ...]
    before: Floats
    after: Floats
    observations: Floats
    goalposts: Floats
    framework: Floats
    contributions: Floats


def decompose(
    first: Evidence, second: Evidence, catalogue: Catalogue, lens: Lens, boundary: Boundary, node: str
) -> Change:
    """Decompose the change of each score of `node` (the index or a side that both frameworks have).

    Raises
    ------
    UnknownNameError, FrameworkError : a framework names an indicator that today's catalogue doesn't have, or ranks no
        city.
    """
    old = run_index(
        build_matrix(first.values, first.frame, first.framework, catalogue, boundary), first.framework, lens
    )
    new = run_index(
        build_matrix(second.values, second.frame, second.framework, catalogue, boundary), second.framework, lens
    )
    cities = np.intersect1d(old.matrix.cities, new.matrix.cities)
    values = _with_what_went(first, second)
    between = run_index(
        build_matrix(values, second.frame, first.framework, catalogue, boundary, also=cities.tolist()),
        first.framework,
        lens,
    )
    rows, then = _rows(old.matrix, cities), _rows(between.matrix, cities)
    normalised = _on_old_goalposts(old, between, lens, rows, then)
    labelled, method = labelled_tree(first.framework), first.framework.method
    found = aggregate_tree(
        positive(normalised, method.aggregation), labelled.weights, labelled.tree, Aggregation(method.aggregation)
    )
    moved = found[:, labelled.aggregates.index(node)]
    before, after = old.scores[node][rows], new.scores[node][_rows(new.matrix, cities)]
    middle = between.scores[node][then]
    return Change(
        cities, old.matrix.indicators, before, after, moved - before, middle - moved, after - middle,
        _contributions(old.normalised[rows], normalised, before, moved, first.framework, node),
    )  # fmt: skip


def _with_what_went(first: Evidence, second: Evidence) -> pl.DataFrame:
    """Values of the second, and the first's for indicators that the second doesn't have at all."""
    gone = set(first.values["indicator"].unique()) - set(second.values["indicator"].unique())
    kept = first.values.filter(pl.col("indicator").is_in(sorted(gone)))
    return pl.concat([second.values, kept.select(second.values.columns)])


def _rows(matrix: Matrix, cities: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.searchsorted(matrix.cities, cities).astype(np.int64)


def _on_old_goalposts(
    old: IndexRun, between: IndexRun, lens: Lens, rows: NDArray[np.int64], then: NDArray[np.int64]
) -> Floats:
    """Normalised values, (n, k): the second edition's observations measured by the first one's goalposts.

    A cell that neither observes keeps its imputed value; one that the second lost takes the second's imputed value.
    """
    method = old.framework.method
    normalised = old.normalised[rows].copy()
    for place, (row, later) in enumerate(zip(rows, then, strict=True)):
        was, now = old.matrix.values[row], between.matrix.values[later]
        people = (old.matrix.population_millions[row], between.matrix.population_millions[later])
        counts = old.matrix.is_count & (lens is Lens.INTENSITY) & (people[0] != people[1])
        changed = ~((was == now) | (np.isnan(was) & np.isnan(now))) | (counts & ~np.isnan(now))
        for column in np.flatnonzero(changed):
            own = float(between.completed[later, column])
            if not np.isnan(now[column]):
                own = treated_value(old.matrix, old.treated, method, lens, int(column), float(now[column]), people[1])
            normalised[place, column] = normalised_value(
                old.completed[:, column], int(row), own, float(old.matrix.direction[column]), method.normalisation
            )
    return normalised


def _contributions(was: Floats, now: Floats, before: Floats, after: Floats, framework: Framework, node: str) -> Floats:
    shares = weights_within(framework)[node]
    weights = np.array([shares.get(name, 0.0) for name in framework.indicator_ids()])
    if framework.method.aggregation != "geometric":
        return np.asarray(weights * (now - was), dtype=np.float64)
    lower, upper = np.log(positive(was, "geometric")), np.log(positive(now, "geometric"))
    same = before == after
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(same, before, (after - before) / (np.log(after) - np.log(before)))
    return np.asarray(mean[:, None] * weights * (upper - lower), dtype=np.float64)
