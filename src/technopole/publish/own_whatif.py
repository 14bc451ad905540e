"""A unit of one's own index with other values: its score, rank and range before and after."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from technopole.core.errors import InputError, UnknownNameError
from technopole.index.begun import period_numbers
from technopole.index.generic import GenericFramework
from technopole.index.tabular import labels, numbers, read_table
from technopole.indicators.declarations import suggestion
from technopole.kernel.rank import UNRANKED
from technopole.robustness.acceptability import RankEvidence, rank_evidence
from technopole.robustness.own_bases import evaluate_all
from technopole.robustness.own_index import IndexStudy, index_study


@dataclass(frozen=True)
class _Case:
    """An index, and what its replicates say."""

    study: IndexStudy
    evidence: RankEvidence

    def row(self, unit: str, period: str | None) -> int | None:
        run = self.study.run
        rows = [
            place for place, one in enumerate(run.ids) if one == unit and (not period or run.times[place] == period)
        ]
        return rows[0] if rows else None


def own_whatif(
    data: Path | str | pl.DataFrame,
    framework: GenericFramework,
    unit: str,
    changes: Mapping[str, float],
    *,
    replicates: int | None = None,
) -> dict[str, Any]:
    """Compute an index of one's own anew with other values of a unit, as `technopole whatif --data --json`.

    Parameters
    ----------
    unit : its id; of a panel the unit's last period changes.
    changes : column (an indicator, or a denominator) -> its new value, in the unit of the table.
    replicates : for the ranges, instead of the framework's number; the same seed before and after.

    Returns
    -------
    index, period, unit, changes (from: None where it was missing; normalised before and after), before and after
    (rank, tier, score, rank_low, rank_high; None where the unit has no score), units.

    Raises
    ------
    UnknownNameError : no such unit or column. InputError : no change, a value that isn't finite; what `score` raises.
    """
    table = data if isinstance(data, pl.DataFrame) else read_table(Path(data))
    place, period = _place(table, framework, unit)
    known = [leaf.id for leaf in framework.indicators()]
    columns = [*known, *(leaf.denominator for leaf in framework.indicators() if leaf.denominator)]
    if not changes:
        raise InputError("No value is changed:", "write INDICATOR=VALUE.")
    for name, value in changes.items():
        if name not in columns:
            raise UnknownNameError(f"the framework has no indicator {name!r}:", suggestion(name, columns))
        if not math.isfinite(value):
            raise InputError(f"{name} can't be {value:g}:", "give a finite number.")
    before = _case(table, framework, replicates)
    after = _case(_changed(table, place, changes), framework, replicates)
    return {
        "index": framework.index.id,
        "period": period,
        "unit": {"id": unit, "name": _name(after, unit, period)},
        "changes": [
            {
                "indicator": name,
                "from": _finite(numbers(table, name, "The table")[place]),
                "to": value,
                "normalised_before": _normalised(before, name, unit, period),
                "normalised_after": _normalised(after, name, unit, period),
            }
            for name, value in changes.items()
        ],
        "before": _placed(before, unit, period),
        "after": _placed(after, unit, period),
        "units": int((after.evidence.rank[_of_period(after, period)] != UNRANKED).sum()),
    }


def _place(table: pl.DataFrame, framework: GenericFramework, unit: str) -> tuple[int, str | None]:
    ids = labels(table, framework.unit.id, "The table")
    rows = [place for place, one in enumerate(ids) if one == unit]
    if not rows:
        raise UnknownNameError(f"there is no unit {unit!r}:", suggestion(unit, [one for one in ids if one]))
    if framework.unit.time is None:
        return rows[0], None
    times = [time or "" for time in labels(table, framework.unit.time, "The table")]
    when = period_numbers(times)
    last = max(rows, key=lambda row: when[row])
    return last, times[last]


def _changed(table: pl.DataFrame, place: int, changes: Mapping[str, float]) -> pl.DataFrame:
    here = pl.int_range(pl.len()) == place
    return table.with_columns(
        pl.when(here)
        .then(pl.lit(repr(float(value))) if table[name].dtype == pl.String else pl.lit(float(value)))
        .otherwise(pl.col(name))
        .alias(name)
        for name, value in changes.items()
    )


def _case(table: pl.DataFrame, framework: GenericFramework, replicates: int | None) -> _Case:
    declared, study = framework.uncertainty, index_study(table, framework)
    count = declared.replicates if replicates is None else replicates
    if not 1 <= count <= 1_000_000:
        raise InputError(f"{count} replicates can't be:", "give 1 to 1,000,000.")
    points = np.random.default_rng(declared.seed).random((count, sum(one.coordinates for one in study.factors)))
    scores = evaluate_all(study, points).scores
    nominal = study.run.scores[framework.index.id]
    return _Case(study, rank_evidence(nominal, scores, 1, declared.least_win, study.run.times))


def _placed(case: _Case, unit: str, period: str | None) -> dict[str, Any] | None:
    row = case.row(unit, period)
    if row is None or case.evidence.rank[row] == UNRANKED:
        return None
    evidence = case.evidence
    return {
        "rank": int(evidence.rank[row]),
        "tier": int(evidence.tier[row]),
        "score": float(case.study.run.scores[case.study.framework.index.id][row]),
        "rank_low": _finite(evidence.low[row]),
        "rank_high": _finite(evidence.high[row]),
    }


def _normalised(case: _Case, name: str, unit: str, period: str | None) -> float | None:
    row, run = case.row(unit, period), case.study.run
    # a denominator has no score of its own
    return (
        None if row is None or name not in run.indicators else _finite(run.normalised[row, run.indicators.index(name)])
    )


def _name(case: _Case, unit: str, period: str | None) -> str:
    row = case.row(unit, period)
    return unit if row is None else case.study.run.names[row]


def _of_period(case: _Case, period: str | None) -> Any:
    run = case.study.run
    return np.array([time == period for time in run.times]) if run.times else slice(None)


def _finite(value: Any) -> float | None:
    return float(value) if math.isfinite(value) else None
