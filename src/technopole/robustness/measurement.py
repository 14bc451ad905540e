"""Errors of measurement: every replicate reads each value anew, around what was observed.

A value v of an indicator with the relative error e becomes v exp(e z), z standard normal: about e of its size, never
below zero, and zero stays zero. A value that cities inherit from their country has one error in all of them: an error
of the country can't tell its cities apart. What is missing keeps its imputations, whose draws are uncertain already.
A value whose source tells its ends (indicators/errors.py) is drawn between them first (drawn.py).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from technopole.core.errors import FrameworkError, TechnopoleError
from technopole.core.types import Boundary, Status
from technopole.index.matrix import Matrix
from technopole.index.run import normalise, positive, treat
from technopole.index.tree import Floats
from technopole.indicators.declarations import suggestion
from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.robustness.drawn import drawn_matrices, measured
from technopole.robustness.study import Choices, Integers, Prepared, Variant


@dataclass(frozen=True)
class MeasurementErrors:
    """Relative error of each indicator, (k,), and which cells share one error: equal numbers in `shared`, (n, k)."""

    relative: Floats
    shared: Integers


def measurement_errors(
    relative: Mapping[str, float], values: pl.DataFrame, frame: pl.DataFrame, matrix: Matrix
) -> MeasurementErrors:
    """Lay declared errors out for a matrix.

    Parameters
    ----------
    relative : indicator -> relative error, 0 and more; an indicator that isn't named has none.
    values : indicators.matrix.VALUE_SCHEMA, for what is inherited from a country.
    frame : cities.tables.FRAME_SCHEMA.

    Raises
    ------
    FrameworkError : an indicator that the framework doesn't have, or an error that is negative or above 10.
    """
    for name, share in relative.items():
        if name not in matrix.indicators:
            raise FrameworkError(f"the framework has no {name!r}:", suggestion(name, list(matrix.indicators)))
        if not 0 <= share <= 10:
            raise FrameworkError(f"the relative error {share:g} of {name} can't be:", "give 0.1 for ten per cent.")
    countries = dict(frame.select("city", "country").iter_rows())
    numbers = {country: place for place, country in enumerate(sorted(set(countries.values())))}
    own = len(numbers) + np.arange(matrix.cities.size)
    shared = np.repeat(own[:, None], len(matrix.indicators), axis=1).astype(np.int64)
    inherited = values.filter(
        (pl.col("boundary") == matrix.boundary.value) & (pl.col("status") == Status.INHERITED.value)
    ).select("city", "indicator")
    row = {int(city): place for place, city in enumerate(matrix.cities)}
    column = {name: place for place, name in enumerate(matrix.indicators)}
    for city, name in inherited.iter_rows():
        if city in row and name in column:
            shared[row[city], column[name]] = numbers[countries[city]]
    return MeasurementErrors(np.array([relative.get(name, 0.0) for name in matrix.indicators]), shared)


def error_seeds(seed: int, replicates: int) -> Integers:
    """Seeds of the errors of each replicate, from that of the study; a stream of its own beside the choices."""
    return np.random.default_rng([seed, 1]).integers(2**53, size=replicates)


def evaluate_with_errors(
    prepared: Prepared,
    choices: Choices,
    nodes: Sequence[str],
    errors: Mapping[Boundary, MeasurementErrors],
    seeds: Integers,
) -> tuple[dict[str, Floats], dict[int, str]]:
    """`study.evaluate`, each replicate with errors of its own.

    Parameters
    ----------
    seeds : (replicates,), 0 and more, of each replicate's errors.

    Returns
    -------
    Scores, name -> (replicates, n), NaN in a replicate that failed; and why it failed, by its number.
    """
    labelled = prepared.labelled
    positions = [labelled.names.index(name) for name in nodes]
    scores = np.full((choices.variant.size, prepared.normalised.shape[1], len(nodes)), np.nan)
    problems: dict[int, str] = {}
    matrices = {matrix.boundary: matrix for matrix in prepared.matrices}
    filled: dict[Variant, Floats] = {}
    count, seed = prepared.framework.method.draws, prepared.framework.uncertainty.seed
    within = {matrix.boundary: measured(matrix, count, seed) for matrix in prepared.matrices}
    for replicate, number in enumerate(choices.variant):
        variant = prepared.variants[int(number)]
        matrix, error = matrices[variant.boundary], errors[variant.boundary]
        method = variant.method(prepared.framework.method)
        rng = np.random.default_rng(int(seeds[replicate]))
        deviates = rng.standard_normal((int(error.shared.max()) + 1, matrix.values.shape[1]))
        if int(number) in prepared.problems:
            problems[replicate] = prepared.problems[int(number)]
            continue
        key = variant.matrix
        if key not in filled:
            filled[key] = drawn_matrices(matrix, method, prepared.lens, seed)
        noise = np.exp(error.relative * np.take_along_axis(deviates, error.shared, axis=0))
        around = within.get(variant.boundary)
        treated = treat(dataclasses.replace(matrix, values=matrix.values * noise), method, prepared.lens)
        if around is not None:  # as in drawn.py: other cities' caps stay those of what was observed
            within_ends = treat(dataclasses.replace(matrix, values=around[variant.draw] * noise), method, prepared.lens)
            treated = np.where(matrix.low < matrix.high, within_ends, treated)
        treated = np.where(np.isnan(treated), filled[key][variant.draw], treated)
        name = str(choices.aggregation[replicate])
        try:
            values = positive(normalise(treated, matrix, variant.normalisation), name)
        except TechnopoleError as problem:
            problems[replicate] = str(problem)
            continue
        weights = choices.weights[replicate]
        scores[replicate] = aggregate_tree(values, weights, labelled.tree, Aggregation(name), positions)
    return {name: np.ascontiguousarray(scores[..., place]) for place, name in enumerate(nodes)}, problems
