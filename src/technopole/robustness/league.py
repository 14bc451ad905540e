"""League tables: nominal ranks with their ranges and tiers, for the whole index and for each side."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from technopole.core.types import Boundary, Lens
from technopole.index.framework import ROOT, Framework
from technopole.index.matrix import Matrix, build_matrix, coverage
from technopole.index.run import IndexRun, run_index
from technopole.indicators.declarations import Catalogue
from technopole.kernel.rank import rank_quantiles
from technopole.kernel.tiers import tiers
from technopole.robustness.measurement import measurement_errors
from technopole.robustness.uncertainty import Replicates, simulate

RESULT_SCHEMA: Final[dict[str, Any]] = {
    "lens": pl.String,
    "boundary": pl.String,
    "side": pl.String,  # index.framework.ROOT for the whole index
    "city": pl.Int64,
    "rank": pl.Int32,
    "tier": pl.Int32,
    "score": pl.Float64,
    "rank_low": pl.Float64,  # 5 % quantile of the rank over the replicates
    "rank_high": pl.Float64,  # 95 % quantile
    "nominal_outside": pl.Boolean,
    "coverage": pl.Float64,
}
SCORE_SCHEMA: Final[dict[str, Any]] = {
    "lens": pl.String,
    "boundary": pl.String,
    "city": pl.Int64,
    "node": pl.String,  # root, side, pillar or indicator (normalised value)
    "score": pl.Float64,
    "treated": pl.Float64,  # of an indicator: after intensity, transform and cap, before normalisation; null elsewhere
    "imputed": pl.Boolean,  # an indicator without a value: the score is the mean of its imputations
}
RANGE: Final = (0.05, 0.95)


def league(
    values: pl.DataFrame,
    frame: pl.DataFrame,
    framework: Framework,
    catalogue: Catalogue,
    lens: Lens,
    boundary: Boundary,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rank the eligible cities under one lens and boundary.

    Returns
    -------
    results (RESULT_SCHEMA: the whole index and each side) and scores (SCORE_SCHEMA).
    """
    matrix = build_matrix(values, frame, framework, catalogue, boundary)
    run = run_index(matrix, framework, lens)
    declared = framework.uncertainty.relative_error
    errors = measurement_errors(declared, values, frame, matrix) if declared else None
    replicates = simulate(matrix, framework, lens, errors)
    covered = coverage(values, framework, catalogue).filter("eligible")["coverage"].to_numpy()
    results = [
        _ranked(run, replicates, framework, node).with_columns(coverage=pl.Series(covered))
        for node in (ROOT, *framework.sides())
    ]
    labels = {"lens": pl.lit(lens.value), "boundary": pl.lit(boundary.value)}
    table = pl.concat(results).with_columns(**labels).select([pl.col(n).cast(t) for n, t in RESULT_SCHEMA.items()])
    scores = _scores(run, matrix).with_columns(**labels)
    return table, scores.select([pl.col(n).cast(t) for n, t in SCORE_SCHEMA.items()])


def _ranked(run: IndexRun, replicates: Replicates, framework: Framework, node: str) -> pl.DataFrame:
    rank = run.ranks[node]
    low, high = rank_quantiles(replicates.ranks[node], RANGE)
    return pl.DataFrame(
        {
            "side": [node] * len(rank),
            "city": run.matrix.cities,
            "rank": rank,
            "tier": tiers(run.scores[node], replicates.scores[node], framework.tiers.least_win),
            "score": run.scores[node],
            "rank_low": low,
            "rank_high": high,
            "nominal_outside": (rank < low) | (rank > high),
        }
    )


def _scores(run: IndexRun, matrix: Matrix) -> pl.DataFrame:
    parts = [
        pl.DataFrame(
            {"city": matrix.cities, "node": [node] * len(matrix.cities), "score": score, "imputed": False}
        ).with_columns(treated=pl.lit(None, pl.Float64))
        for node, score in run.scores.items()
    ]
    for column, indicator in enumerate(matrix.indicators):
        part = {
            "city": matrix.cities,
            "node": [indicator] * len(matrix.cities),
            "score": run.normalised[:, column],
            "treated": pl.Series(run.treated[:, column]).fill_nan(None),
            "imputed": np.isnan(matrix.values[:, column]),
        }
        parts.append(pl.DataFrame(part))
    columns = ["city", "node", "score", "treated", "imputed"]
    return pl.concat([part.select(columns) for part in parts])
