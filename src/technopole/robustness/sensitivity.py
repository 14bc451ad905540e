"""Sobol indices of the choices of method, by SALib: which choice moves the ranks, alone and with its interactions.

A factor owns one or more coordinates of the unit cube, which vary together (all weights of a level are one factor). A
discrete factor is a cut of [0, 1) itself: every option keeps its probability in every sample, so nothing is rounded or
treated as if it were ordered.

Sample and estimators are SALib's (Herman and Usher 2017, doi:10.21105/joss.00097; Iwanaga et al. 2022,
doi:10.18174/sesmo.18155): scrambled Sobol sequence, first order of Saltelli et al. (2010), total order of Jansen
(1999), bootstrap over base points. A factor that changes nothing has exactly 0.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from technopole.core.errors import InputError
from technopole.index.tree import Floats

RESAMPLES: Final = 100
CONFIDENCE: Final = 0.9
MOST_RUNS: Final = 200_000


@dataclass(frozen=True)
class Factor:
    """One uncertain choice: how many coordinates it owns, and what it chooses from (for the reader)."""

    name: str
    coordinates: int
    options: tuple[Any, ...]


@dataclass(frozen=True)
class Indices:
    """Indices of one output, each (factors,): estimates can lie a little outside 0 to 1 and aren't cut.

    `low` and `high` are the ends of the 90 % interval; 0 throughout where the output doesn't vary.
    """

    first: Floats
    first_low: Floats
    first_high: Floats
    total: Floats
    total_low: Floats
    total_high: Floats
    variance: float


def design(factors: Sequence[Factor], base_points: int, seed: int) -> Floats:
    """Points of the unit cube, (base_points x (factors + 2), coordinates).

    Rows come base point after base point: the point, the point with each factor's coordinates from its partner, the
    partner.

    Raises
    ------
    InputError : base points that aren't a power of two of 2 and more, too few of them
        for so many coordinates, too many runs, no factor, or SALib is absent.
    """
    if base_points < 2 or base_points & (base_points - 1):
        raise InputError(f"{base_points} base points have no balance:", "give a power of two, such as 512.")
    if not factors:
        raise InputError("Nothing varies, so there is nothing to be sensitive to:", "declare choices.")
    if base_points * (len(factors) + 2) > MOST_RUNS:
        raise InputError(f"{base_points} base points need more than {MOST_RUNS} runs:", "give fewer.")
    sample = _sample(factors, base_points, seed)
    if _locked(sample, base_points):
        raise InputError(
            f"{base_points} base points are too few for {sample.shape[1]} coordinates: one choice would change in none "
            "of them, or in all.",
            f"Give {enough_points(factors, 2 * base_points, seed)} or more.",
        )
    return sample


def enough_points(factors: Sequence[Factor], least: int, seed: int) -> int:
    """Number of base points, `least` times a power of two, that `design` takes for these coordinates."""
    enough = least
    while factors and enough * (len(factors) + 2) <= MOST_RUNS and _locked(_sample(factors, enough, seed), enough):
        enough *= 2
    return enough


def _sample(factors: Sequence[Factor], base_points: int, seed: int) -> Floats:
    points = _salib("SALib.sample.sobol").sample(
        _problem(factors), base_points, calc_second_order=False, seed=np.random.default_rng(seed)
    )
    # a scrambled coordinate can round up to 1, which no option owns
    return np.minimum(np.asarray(points, dtype=np.float64), np.nextafter(1.0, 0.0))


def _locked(sample: Floats, base_points: int) -> bool:
    """Whether a coordinate and its partner lie in the same half in all base points, or in none.

    With few points two dimensions of a Sobol sequence can have one first binary digit (scrambling keeps this): a
    choice of two options then changes in no base point or in all, and its effect would come out as 0, or doubled.
    """
    blocks = sample.reshape(base_points, -1, sample.shape[1])
    same = ((blocks[:, 0] < 0.5) == (blocks[:, -1] < 0.5)).mean(axis=0)
    return bool((same == 0).any() or (same == 1).any())


def without_failures(outputs: Floats, factors: int) -> tuple[Floats, int]:
    """Drop every base point that has a failed (NaN) run.

    Parameters
    ----------
    outputs : (runs, ...) in the order of `design`.

    Returns
    -------
    The outputs that are left, and how many base points were dropped.

    Raises
    ------
    InputError : fewer than 2 base points are left.
    """
    blocks = outputs.reshape(-1, factors + 2, *outputs.shape[1:])
    failed = np.isnan(blocks).any(axis=tuple(range(1, blocks.ndim)))
    kept = blocks[~failed]
    if len(kept) < 2:
        raise InputError(
            f"Of {len(blocks)} base points {int(failed.sum())} hold a run that failed:", "narrow the choices."
        )
    return np.ascontiguousarray(kept.reshape(-1, *outputs.shape[1:])), int(failed.sum())


def sobol(outputs: Floats, factors: Sequence[Factor], seed: int, resamples: int = RESAMPLES) -> Indices:
    """Estimate the indices of one output.

    Parameters
    ----------
    outputs : (runs,) in the order of `design`, complete.
    """
    flat = np.ptp(outputs) == 0
    count = len(factors)
    if flat:
        zero = np.zeros(count)
        return Indices(zero, zero, zero, zero, zero, zero, 0.0)
    names = {"num_vars": count, "names": [one.name for one in factors], "bounds": [[0.0, 1.0]] * count}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a resample can be constant where the sample isn't
        found = _salib("SALib.analyze.sobol").analyze(
            names, outputs, calc_second_order=False, num_resamples=resamples, conf_level=CONFIDENCE,
            seed=seed + 1,  # SALib takes 0 for no seed
        )  # fmt: skip
    first, total = np.asarray(found["S1"]), np.asarray(found["ST"])
    near, far = np.asarray(found["S1_conf"]), np.asarray(found["ST_conf"])
    blocks = outputs.reshape(-1, count + 2)
    variance = float(np.concatenate([blocks[:, 0], blocks[:, -1]]).var())
    return Indices(first, first - near, first + near, total, total - far, total + far, variance)


def _problem(factors: Sequence[Factor]) -> dict[str, Any]:
    names = [f"{one.name} {place}" for one in factors for place in range(one.coordinates)]
    groups = [one.name for one in factors for _ in range(one.coordinates)]
    return {"num_vars": len(names), "names": names, "groups": groups, "bounds": [[0.0, 1.0]] * len(names)}


def _salib(module: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(module)
    except ImportError as error:
        raise InputError(
            "The sensitivity analysis needs the package SALib:", "pip install 'technopole[analysis]'."
        ) from error
