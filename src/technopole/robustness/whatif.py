"""One city with other values: on the edition's own goalposts, or with everything computed anew."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping

import numpy as np

from technopole.core.types import Lens
from technopole.index.complete import complete
from technopole.index.framework import Framework, Method
from technopole.index.matrix import Matrix
from technopole.index.run import positive, treat
from technopole.index.tree import Floats, labelled_tree
from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.kernel.normalise import NORMALISERS
from technopole.kernel.treat import log1p
from technopole.robustness.drawn import drawn_matrices, measured
from technopole.robustness.study import Prepared, Variant


def on_goalposts(
    matrix: Matrix,
    treated: Floats,
    completed: Floats,
    method: Method,
    lens: Lens,
    row: int,
    column: int,
    value: float,
) -> float:
    """Normalised score of another value of one cell, all that was fitted to the data left as it was.

    The cap, the lowest and highest value, mean and standard deviation stay those of the edition; a rank is that among
    the other cities. A value beyond the goalposts scores 0 or 100 (a z-score has no upper end). The value that the
    cell already has gives the score that it already has.

    Parameters
    ----------
    treated, completed : (n, k) of the edition, before and after imputation.
    method : with the cap, shrinkage and normalisation to apply.
    """
    own = treated_value(matrix, treated, method, lens, column, value, float(matrix.population_millions[row]))
    return normalised_value(completed[:, column], row, own, float(matrix.direction[column]), method.normalisation)


def treated_value(
    matrix: Matrix, treated: Floats, method: Method, lens: Lens, column: int, value: float, population: float
) -> float:
    """Intensity, transform and the edition's cap of one value; `population` in millions."""
    if matrix.is_count[column]:
        if lens is Lens.INTENSITY:
            value = value / (population + method.shrink_millions)
        if method.transform == "log1p":
            value = float(log1p(np.array([[value]]))[0, 0])
    if method.cap_quantile < 1:
        # capping leaves the cap itself as the largest value
        value = float(np.clip(value, np.nanmin(treated[:, column]), np.nanmax(treated[:, column])))
    return value


def normalised_value(column: Floats, row: int, value: float, direction: float, normalisation: str) -> float:
    """Score of 0 to 100 of a treated value of the city in `row`, on the goalposts of a completed column (n,)."""
    oriented, own = column * direction, value * direction
    if normalisation == "z_score":
        return max(0.0, float((own - oriented.mean()) / oriented.std(ddof=1) * 15.0 + 50.0))
    if normalisation == "rank":
        others = oriented.copy()
        others[row] = own
        own = float(NORMALISERS["rank"].function(others[:, None], digits=10)[row, 0])
        oriented = NORMALISERS["rank"].function(oriented[:, None], digits=10)[:, 0]
    low, high = oriented.min(), oriented.max()
    return float(np.clip((own - low) / (high - low) * 100.0, 0.0, 100.0))


def moved_run(
    matrix: Matrix, framework: Framework, lens: Lens, row: int, changes: Mapping[int, float], normalised: Floats
) -> dict[str, Floats]:
    """Scores of all nodes with these values (column -> value) of the city in `row`, on the nominal goalposts.

    Parameters
    ----------
    normalised : (n, k) of the nominal run; not changed.
    """
    method, labelled = framework.method, labelled_tree(framework)
    treated = treat(matrix, method, lens)
    completed = complete(treated, matrix, method, framework.uncertainty.seed).nominal
    changed = normalised.copy()
    for column, value in changes.items():
        changed[row, column] = on_goalposts(matrix, treated, completed, method, lens, row, column, value)
    scored = positive(changed, method.aggregation)
    found = aggregate_tree(scored, labelled.weights, labelled.tree, Aggregation(method.aggregation))
    return {name: found[:, place] for place, name in enumerate(labelled.aggregates)} | {
        name: changed[:, place] for place, name in enumerate(matrix.indicators)
    }


def moved_study(prepared: Prepared, row: int, changes: Mapping[int, float]) -> Prepared:
    """Every variant with these values of one city, each on its own goalposts."""
    matrix, framework, lens = prepared.matrices[0], prepared.framework, prepared.lens
    normalised = prepared.normalised.copy()
    readings = measured(matrix, framework.method.draws, framework.uncertainty.seed)
    layers: dict[Variant, Floats] = {}
    for (number, variant), (column, value) in itertools.product(enumerate(prepared.variants), changes.items()):
        if number in prepared.problems:
            continue
        method, key = variant.method(framework.method), variant.matrix
        if key not in layers:
            layers[key] = drawn_matrices(matrix, method, lens, framework.uncertainty.seed)
        layer, read = layers[key][variant.draw % len(layers[key])], value
        if readings is not None and matrix.values[row, column] > 0:
            # read with the error that the value which it replaces has in this draw
            read = value * float(readings[variant.draw, row, column] / matrix.values[row, column])
        normalised[number, row, column] = on_goalposts(matrix, layer, layer, method, lens, row, column, read)
    return dataclasses.replace(prepared, normalised=normalised)
