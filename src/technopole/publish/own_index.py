"""Uncertainty and sensitivity of the user's own index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.core.errors import InputError, UnknownNameError
from technopole.index.generic import GenericFramework
from technopole.index.scoring import GenericRun, ranks_within
from technopole.indicators.declarations import suggestion
from technopole.kernel.rank import UNRANKED, central_weights, mean_absolute_rank_change
from technopole.publish.sensitivity import BASE_POINTS, indices_table, one_by_one
from technopole.publish.uncertainty import WINS_SHOWN, range_columns, win_table
from technopole.robustness.acceptability import RankEvidence, rank_evidence
from technopole.robustness.own_bases import evaluate_all
from technopole.robustness.own_index import IndexStudy, index_study
from technopole.robustness.own_replicates import Evaluated
from technopole.robustness.sensitivity import design, enough_points, sobol, without_failures

FIRST_PLACES: Final = 10


@dataclass(frozen=True)
class OwnUncertainty:
    """Outcome of `technopole uncertainty DATA`.

    `table`: rank, tier, id, name, score, rank_low, rank_median, rank_high, nominal_outside, first, top, and one column
    a child of the index ("central:<id>"), best first; nulls for a unit without a score. `wins`, `failures` as in
    `publish.uncertainty.Uncertainty`; `places` by `row_name`. In a panel `time` follows name, all ranks are within a
    period, rows are sorted by period first, and `wins` are those of the last one.
    """

    index: str
    replicates: int
    seed: int
    factors: list[dict[str, Any]]
    first_places: int
    table: pl.DataFrame
    places: dict[str, list[float]]
    wins: pl.DataFrame
    failures: list[dict[str, Any]]

    def to_polars(self) -> pl.DataFrame:
        """Return the table."""
        return self.table

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of `technopole uncertainty DATA --json`."""
        children = [column for column in self.table.columns if column.startswith("central:")]
        units = [
            {
                **{key: cell for key, cell in row.items() if key not in children},
                "places": self.places[row_name(row["id"], row.get("time"))],
                "central_weights": {name.removeprefix("central:"): row[name] for name in children}
                if row["top"]
                else None,
            }
            for row in self.table.iter_rows(named=True)
        ]
        return {
            "index": self.index,
            "replicates": self.replicates,
            "failed": len(self.failures),
            "seed": self.seed,
            "factors": self.factors,
            "first_places": self.first_places,
            "units": units,
            "wins": self.wins.to_dicts(),
            "failures": self.failures,
        }


@dataclass(frozen=True)
class OwnSensitivity:
    """Outcome of `technopole sensitivity DATA`: as `publish.sensitivity.Sensitivity`, `units` for its cities.

    In a panel ranks are within a period, and `units` has a column `time`.
    """

    index: str
    base_points: int
    runs: int
    failed_points: int
    seed: int
    mean_change: float
    variance: float
    table: pl.DataFrame
    units: pl.DataFrame
    failures: list[dict[str, Any]]

    def to_polars(self) -> pl.DataFrame:
        """Return the table."""
        return self.table

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of `technopole sensitivity DATA --json`."""
        head = tuple(name for name in ("id", "name", "time", "rank", "variance") if name in self.units.columns)
        return {
            "index": self.index,
            "base_points": self.base_points,
            "runs": self.runs,
            "failed_points": self.failed_points,
            "seed": self.seed,
            "mean_change": self.mean_change,
            "variance": self.variance,
            "factors": self.table.to_dicts(),
            "units": [
                {**dict(zip(head, key, strict=True)), "factors": rows.drop(head).to_dicts()}
                for key, rows in self.units.group_by(head, maintain_order=True)
            ],
            "failures": self.failures,
        }


def own_uncertainty(
    data: Path | str | pl.DataFrame,
    framework: GenericFramework,
    *,
    replicates: int | None = None,
    seed: int | None = None,
    first_places: int = FIRST_PLACES,
    units: Sequence[str] = (),
    top: int | None = None,
) -> OwnUncertainty:
    """Run the user's index many times, with everything at random that its framework declares uncertain.

    Parameters
    ----------
    replicates, seed : instead of the framework's own. first_places : how many places count as the top.
    units : show only these ids, and their wins against each other. top : show only so many.

    Raises
    ------
    FrameworkError, InputError, UnknownNameError : see `robustness.own_index.index_study`; a unit that isn't there.
    """
    declared = framework.uncertainty
    count, first = declared.replicates if replicates is None else replicates, declared.seed if seed is None else seed
    if not 1 <= count <= 1_000_000 or first < 0:
        raise InputError(f"{count} replicates of the seed {first} can't be:", "give 1 to 1,000,000, and 0 or more.")
    study = index_study(data, framework)
    points = np.random.default_rng(first).random((count, sum(one.coordinates for one in study.factors)))
    found = evaluate_all(study, points)
    nominal = study.run.scores[framework.index.id]
    run = study.run
    evidence = rank_evidence(nominal, found.scores, first_places, declared.least_win, run.times)
    shown = chosen_units(_table(study, evidence, found), units, top)
    last = shown if not run.times else shown.filter(time=shown["time"][-1])
    compared = last["id"].to_list()[: None if units else WINS_SHOWN]
    # who beats whom within one period: rows of others have no name there
    ids = [one if not run.times or time == last["time"][0] else "" for one, time in _rows(run)]
    return OwnUncertainty(
        framework.index.id, count, first,
        [{"factor": one.name, "options": list(one.options)} for one in study.factors],
        evidence.places.shape[1], shown,
        {row_name(one, time): evidence.places[place].tolist() for place, (one, time) in enumerate(_rows(run))},
        win_table(evidence, ids, compared, "id", "other_id"), _failures(study, points, found),
    )  # fmt: skip


def own_sensitivity(
    data: Path | str | pl.DataFrame,
    framework: GenericFramework,
    *,
    base_points: int | None = None,
    seed: int | None = None,
    units: Sequence[str] = (),
    top: int | None = FIRST_PLACES,
) -> OwnSensitivity:
    """Share the variance of the ranks out among what the framework declares uncertain.

    Parameters
    ----------
    base_points : None: 512, or more where that many coordinates need it.

    Raises
    ------
    FrameworkError, InputError, UnknownNameError : see `own_uncertainty` and `robustness.sensitivity.design`.
    """
    study = index_study(data, framework)
    start = framework.uncertainty.seed if seed is None else seed
    if start < 0:
        raise InputError(f"The seed {start} can't be:", "give a whole number of 0 and more.")
    count = enough_points(study.factors, BASE_POINTS, start) if base_points is None else base_points
    points = design(study.factors, count, start)
    found = evaluate_all(study, points)
    places = np.flatnonzero(study.run.ranks != UNRANKED)
    times = [study.run.times[k] for k in places] if study.run.times else []
    nominal = study.run.ranks[places]
    ranks = ranks_within(found.scores, study.run.times)[:, places]
    # a unit without a score is no failure of the replicate, no score at all is
    failed = np.isnan(mean_absolute_rank_change(ranks, nominal))
    kept, dropped = without_failures(np.where(failed[:, None], np.nan, ranks), len(study.factors))
    ranks = kept.astype(np.int32)
    change = mean_absolute_rank_change(ranks, nominal)
    overall = sobol(change, study.factors, start)
    table = pl.DataFrame(
        {"rank": nominal, "id": [study.run.ids[k] for k in places], "name": [study.run.names[k] for k in places],
         **({"time": times} if times else {}), "place": range(places.size)}
    ).sort(*(["time"] if times else []), "rank", maintain_order=True)  # fmt: skip
    listed = chosen_units(table, units, None if units else top)
    return OwnSensitivity(
        framework.index.id, count, len(points), dropped, start, float(change.mean()), overall.variance,
        indices_table(study.factors, overall).sort("total", descending=True, maintain_order=True),
        one_by_one(
            listed, ranks, study.factors, start, ("id", "name", *(["time"] if times else []), "rank")
        ), _failures(study, points, found),
    )  # fmt: skip


def _table(study: IndexStudy, evidence: RankEvidence, found: Evaluated) -> pl.DataFrame:
    favoured = central_weights(found.shares[evidence.kept], evidence.ranks, evidence.places.shape[1])
    children = [child.id for child in study.framework.index.children]
    table = pl.DataFrame(
        {
            "rank": evidence.rank,
            "tier": evidence.tier,
            "id": study.run.ids,
            "name": study.run.names,
            **({"time": study.run.times} if study.run.times else {}),
            "score": study.run.scores[study.framework.index.id],
            **range_columns(evidence, favoured, children),
        }
    )
    # a row that no choice lets in
    table = table.filter(
        (pl.col("rank") > 0) | pl.col("rank_low").is_not_null() | ~pl.col("id").is_in(study.run.screened)
    )
    return table.with_columns(
        pl.col("score").fill_nan(None), rank=pl.col("rank").replace(0, None), tier=pl.col("tier").replace(0, None)
    ).sort(*(["time"] if study.run.times else []), "rank", maintain_order=True, nulls_last=True)


def row_name(unit: str, time: str | None) -> str:
    """What a row is called among others: the id of its unit, in a panel with its period."""
    return f"{unit}, {time}" if time else unit


def _rows(run: GenericRun) -> list[tuple[str, str]]:
    return list(zip(run.ids, run.times or ("",) * len(run.ids), strict=True))


def chosen_units(table: pl.DataFrame, units: Sequence[str], top: int | None) -> pl.DataFrame:
    """Rows of these units, or the first `top` (in a panel of each period). Raises UnknownNameError, InputError."""
    if top is not None and top < 1:
        raise InputError(f"the top {top} can't be shown:", "give a number of 1 and more.")
    known = table["id"].to_list()
    for unit in units:
        if unit not in known:
            raise UnknownNameError(f"there is no unit {unit!r} with a score:", suggestion(unit, known))
    if units:
        table = table.filter(pl.col("id").is_in(list(units)))
    if top is None:
        return table
    return table.group_by("time", maintain_order=True).head(top) if "time" in table.columns else table.head(top)


def _failures(study: IndexStudy, points: Any, found: Evaluated) -> list[dict[str, Any]]:
    return [
        {"replicate": number, "parameters": study.parameters(points[number]), "because": why}
        for number, why in sorted(found.problems.items())
    ]
