"""The audit of evidence: what each score rests on, and what missing values could do to it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import EditionError
from technopole.core.types import Boundary, Lens
from technopole.editions.read import Edition
from technopole.index.framework import ROOT
from technopole.index.shares import SHARES, evidence_shares
from technopole.publish.ranking import rank
from technopole.publish.validate import spearman
from technopole.robustness.policies import MODEL_BASED, POLICIES, PolicyRun, policy_run, rank_bands

LARGEST: Final = 10
BANDS: Final = 5
COVERAGE_BANDS: Final = (("all indicators", 1.0), ("90 % and more", 0.9), ("less than 90 %", 0.0))
"""Name and lower end of each band of coverage, from above."""
TOLERANCE: Final = 1e-9

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


def evidence_audit(edition: Edition, lens: Lens, boundary: Boundary) -> dict[str, Any]:
    """What the scores of each ranked city rest on, in the documented shape of `technopole audit --json`.

    Shares are of the weight of the indicators: `observed` (zero included), `lower_bound`, `inherited` from the country,
    and `imputed`; they add up to 1. `scores` gives them for each side and pillar, the keys beside it for the whole.
    `mean` is over the ranked cities.
    """
    shares = evidence_shares(edition.table("indicators"), edition.framework(), boundary)
    by_city: dict[int, dict[str, dict[str, float]]] = {}
    for row in shares.iter_rows(named=True):
        by_city.setdefault(row["city"], {})[row["node"]] = {name: row[name] for name in SHARES}
    nodes = [ROOT, *edition.framework().sides(), *edition.framework().pillars()]
    cities = [
        {
            "rank": row["rank"],
            "id": row["city"],
            "slug": row["slug"],
            "name": row["name"],
            "country": row["country"],
            **by_city[row["city"]][ROOT],
            "scores": {node: by_city[row["city"]][node] for node in nodes[1:]},
        }
        for row in rank(edition, lens=lens, boundary=boundary).table.iter_rows(named=True)
    ]
    return {
        "edition": edition.id,
        "framework": edition.framework().id,
        "lens": lens.value,
        "boundary": boundary.value,
        "mean": {name: float(np.mean([one[name] for one in cities])) for name in SHARES},
        "cities": cities,
    }


def audit_table(audit: dict[str, Any]) -> pl.DataFrame:
    """Flatten `evidence_audit`: one row a city; the shares of sides and pillars are columns "<node>_<share>"."""
    rows = []
    for city in audit["cities"]:
        flat = {key: cell for key, cell in city.items() if key != "scores"}
        for node, one in city["scores"].items():
            flat |= {f"{node}_{name}": share for name, share in one.items()}
        rows.append(flat)
    return pl.DataFrame(rows, infer_schema_length=None)


def policy_audit(edition: Edition, lens: Lens, *, model: bool = False) -> dict[str, Any]:
    """What each treatment of missing values does to the ranks, in the shape of `technopole audit policies --json`.

    `policies`: rank correlation (Spearman) with the edition's own method, mean absolute and largest moves (`to` less
    `from`: negative is up), and the mean move in each band of coverage. `width`: the rank correlation between coverage
    and the width of the range of ranks (rank_high - rank_low) within bands of rank, and their mean weighted by cities;
    null where coverage doesn't vary. The draws of the nearest cities enter the ranges, so that more imputation should
    mean a wider range: a negative correlation. `width_confidence` is the same for the share of the weight observed.

    Parameters
    ----------
    model : also by multiple imputation from regressions (MODEL_BASED).

    Raises
    ------
    EditionError : the edition ranks other cities than today's declarations would.
    InputError : a model needs scikit-learn.
    """
    framework = edition.framework()
    matrix = edition.matrix()
    table = rank(edition, lens=lens).table.sort("city")
    if matrix.cities.tolist() != table["city"].to_list():
        raise EditionError("the edition was built with other declarations of indicators:", "rebuild it.")
    runs = [policy_run(matrix, framework, lens, policy) for policy in (*POLICIES, *(MODEL_BASED if model else ()))]
    nominal = table["rank"].to_numpy()
    width = (table["rank_high"] - table["rank_low"]).to_numpy()
    return {
        "edition": edition.id,
        "lens": lens.value,
        "default": framework.method.imputation,
        "cities": table.height,
        "policies": [_policy(run, table) for run in runs],
        "width": _width(nominal, table["coverage"].to_numpy(), width),
        "width_confidence": _width(nominal, table["confidence"].to_numpy(), width),
    }


def _policy(run: PolicyRun, table: pl.DataFrame) -> dict[str, Any]:
    moves = run.ranks.astype(np.int64) - table["rank"].to_numpy().astype(np.int64)
    moved = table.with_columns(move=pl.Series(moves), to=pl.Series(run.ranks))
    largest = moved.sort(pl.col("move").abs(), pl.col("city"), descending=[True, False]).head(LARGEST)
    correlation, _, _ = spearman(table["rank"].to_list(), run.ranks.tolist())
    return {
        "policy": run.policy,
        "summary": (POLICIES | MODEL_BASED)[run.policy],
        "correlation": correlation,
        "mean_absolute_move": float(np.abs(moves).mean()),
        "largest_move": int(np.abs(moves).max()),
        "bands": _bands(moved),
        "largest": [
            {
                "id": row["city"],
                "name": row["name"],
                "country": row["country"],
                "coverage": row["coverage"],
                "from": row["rank"],
                "to": row["to"],
            }
            for row in largest.filter(pl.col("move") != 0).iter_rows(named=True)
        ],
    }


def _bands(moved: pl.DataFrame) -> list[dict[str, Any]]:
    rows, above = [], np.inf
    for name, least in COVERAGE_BANDS:
        inside = moved.filter((pl.col("coverage") >= least - TOLERANCE) & (pl.col("coverage") < above - TOLERANCE))
        above = least
        if inside.height:
            move = inside["move"].to_numpy()
            rows.append(
                {
                    "coverage": name,
                    "cities": inside.height,
                    "mean_move": float(move.mean()),
                    "mean_absolute_move": float(np.abs(move).mean()),
                }
            )
    return rows


def _width(ranks: IntArray, share: FloatArray, width: FloatArray) -> dict[str, Any]:
    bands: list[dict[str, Any]] = []
    band, weighted, counted = rank_bands(ranks, BANDS), 0.0, 0
    for place in range(BANDS):
        inside = band == place
        cities = int(inside.sum())
        if not cities:
            continue
        found, low, high = spearman(share[inside].tolist(), width[inside].tolist())
        if found is not None:
            weighted, counted = weighted + found * cities, counted + cities
        bands.append(
            {
                "first": int(ranks[inside].min()),
                "last": int(ranks[inside].max()),
                "cities": cities,
                "correlation": found,
                "correlation_low": low,
                "correlation_high": high,
            }
        )
    return {"mean": weighted / counted if counted else None, "bands": bands}
