"""Imputation that learns from all indicators: nearest neighbours, and scikit-learn's chained regressions."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from technopole.core.errors import InputError
from technopole.kernel.arrays import as_matrix, degenerate_columns
from technopole.kernel.neighbours import nearest_donors

Floats = NDArray[np.float64]


def impute_knn(x: Floats, neighbours: int = 5) -> Floats:
    """Fill with the mean of the nearest units that have the value, as scikit-learn's `KNNImputer`.

    Distance is Euclidean over the indicators that both have, scaled to their ranges (`kernel.neighbours`); ties go to
    the unit that comes first. Where no unit shares an indicator with this one, the mean of all. Indicators without a
    range take no part; an empty one stays empty.

    Raises
    ------
    InputError : fewer than one neighbour.
    """
    if neighbours < 1:
        raise InputError(f"Can't fill from {neighbours} neighbours.", "Take at least one.")
    values = as_matrix(x)
    filled = values.copy()
    able = np.flatnonzero(~degenerate_columns(values))
    missing = np.isnan(values[:, able])
    if not missing.any():
        return filled
    part = values[:, able]
    low = np.nanmin(part, axis=0)
    rows, columns, donors = nearest_donors(missing, (part - low) / (np.nanmax(part, axis=0) - low), neighbours)
    there = donors >= 0
    chosen = np.where(there, part[donors, columns[:, None]], 0.0)
    count = there.sum(axis=1)
    means = np.nanmean(part, axis=0)[columns]
    # around the first: the mean of equal values is then exactly that value
    near = chosen[:, 0] + np.where(there, chosen - chosen[:, :1], 0.0).sum(axis=1) / np.maximum(count, 1)
    filled[rows, able[columns]] = np.where(count > 0, near, means)
    return filled


def impute_iterative(x: Floats, draws: int = 1, seed: int = 0, rounds: int = 10) -> Floats:
    """Fill by Bayesian ridge regressions of each indicator on the others, in turn (`IterativeImputer`).

    One draw is the regression's prediction; more are multiple imputation: draws from its predictive distribution (van
    Buuren and Groothuis-Oudshoorn 2011, doi:10.18637/jss.v045.i03). Values stay within what was observed.

    Returns
    -------
    (draws, units, indicators).

    Raises
    ------
    InputError : no draw or round, a negative seed, or scikit-learn isn't installed.
    """
    if draws < 1 or rounds < 1 or seed < 0:
        raise InputError(f"Can't impute with {draws} draws, {rounds} rounds and the seed {seed}.", "Use 1 and more.")
    impute = _scikit_learn()
    states = np.random.SeedSequence(seed).generate_state(draws)
    made = iter(states.tolist())

    def make() -> Any:
        return impute.IterativeImputer(
            max_iter=rounds, sample_posterior=draws > 1, random_state=next(made), min_value=0.0, max_value=1.0
        )

    return _on_scale(x, make, draws)


def _on_scale(x: Floats, make: Any, draws: int) -> Floats:
    """Impute the columns that have a range, scaled to 0..1; observed cells keep their bits."""
    values = as_matrix(x)
    filled: Floats = np.repeat(values[None], draws, axis=0)
    able = np.flatnonzero(~degenerate_columns(values))
    missing = np.isnan(values)
    if not able.size or not missing[:, able].any():
        return filled
    part = values[:, able]
    low = np.nanmin(part, axis=0)
    span = np.nanmax(part, axis=0) - low
    for draw in range(draws):
        with warnings.catch_warnings():
            # chained regressions end after their rounds, converged or not
            warnings.filterwarnings("ignore", message=".*Early stopping criterion not reached.*")
            found = make().fit_transform((part - low) / span) * span + low
        filled[draw][:, able] = np.where(missing[:, able], found, part)
    return filled


def _scikit_learn() -> Any:
    try:
        importlib.import_module("sklearn.experimental.enable_iterative_imputer")  # makes the class importable
        return importlib.import_module("sklearn.impute")
    except ImportError as error:
        raise InputError("This imputation needs scikit-learn.", "Install technopole[analysis].") from error
