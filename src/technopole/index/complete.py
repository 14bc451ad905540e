"""Missing values filled: a city's own from its nearest cities, a country's from its nearest countries.

An indicator that cities inherit from their country is missing for all of them or for none. It is filled once for the
country, so that a guess, too, never separates two cities of one country.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from technopole.index.framework import RANDOM_IMPUTATIONS, Method
from technopole.index.learned import impute_iterative
from technopole.index.matrix import Matrix
from technopole.index.tree import Floats
from technopole.kernel.impute import IMPUTERS, impute_nearest
from technopole.kernel.normalise import NORMALISERS, orient


@dataclass(frozen=True)
class Completed:
    """Treated values with the missing ones filled.

    Attributes
    ----------
    nominal : (n, k), filled with the mean of the draws.
    draws : (draws, n, k), each filled with one draw; one layer where the imputation isn't random.
    """

    nominal: Floats
    draws: Floats


def complete(treated: Floats, matrix: Matrix, method: Method, seed: int) -> Completed:
    """Fill missing values by the method's imputation; draws are the same for one seed.

    `nearest` draws from the values of the nearest cities (countries), `iterative` from the predictive distribution of
    regressions of each indicator on the others (scikit-learn, technopole[analysis]).

    Parameters
    ----------
    treated : (n, k), the matrix's values after treatment, NaN where missing.
    """
    if method.imputation not in RANDOM_IMPUTATIONS:
        filled = IMPUTERS[method.imputation].function(treated)
        return Completed(filled, filled[None])
    coordinates = NORMALISERS["min_max"].function(orient(treated, matrix.direction))
    own = _guessed(treated, coordinates, method, seed)
    if not matrix.inherited.any():
        return own
    country, countries = _country_of_each(matrix), len(set(matrix.countries.tolist()))
    values, means = _mean_by(treated, country, countries), _mean_by(coordinates, country, countries)
    # nearest: only what is inherited is asked for; regressions learn from the countries' means of all indicators
    asked = np.where(matrix.inherited, values, 0.0) if method.imputation == "nearest" else values
    theirs = _guessed(asked, means, method, seed)
    gaps = np.isnan(treated) & matrix.inherited
    own.nominal[gaps] = theirs.nominal[country][gaps]
    for mine, guess in zip(own.draws, theirs.draws, strict=True):
        mine[gaps] = guess[country][gaps]
    return own


def _guessed(values: Floats, coordinates: Floats, method: Method, seed: int) -> Completed:
    if method.imputation == "iterative":
        draws = impute_iterative(values, method.draws, seed)
        return Completed(draws[0] + (draws - draws[0]).mean(axis=0), draws)
    found = impute_nearest(
        values,
        coordinates=coordinates,
        rng=np.random.default_rng(seed),
        donors=method.neighbours,
        draws=method.draws,
    )
    return Completed(found.nominal, np.stack([found.replicate(draw) for draw in range(method.draws)]))


def _country_of_each(matrix: Matrix) -> NDArray[np.int64]:
    """Number of each city's country, in the order of their codes; (n,)."""
    return np.unique(matrix.countries, return_inverse=True)[1].astype(np.int64)


def _mean_by(values: Floats, group: NDArray[np.int64], groups: int) -> Floats:
    """Mean of each group's present values: (groups, k); NaN where there is none. Equal values keep their bits."""
    result = np.full((groups, values.shape[1]), np.nan)
    for column in range(values.shape[1]):
        there = ~np.isnan(values[:, column])
        members, present = group[there], values[there, column]
        first = np.zeros(groups)
        first[members[::-1]] = present[::-1]
        count = np.bincount(members, minlength=groups)
        total = np.bincount(members, weights=present - first[members], minlength=groups)
        some = count > 0
        result[some, column] = first[some] + total[some] / count[some]
    return result
