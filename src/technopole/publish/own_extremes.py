"""Best and worst possible rank of each unit of one's own index, with the weights that prove it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from technopole.index.generic import GenericFramework
from technopole.index.scoring import score
from technopole.kernel.extremes import Progress, dominance
from technopole.publish.extremes import ENDS, SECONDS, TOP, ordered_pairs, seek
from technopole.publish.own_index import chosen_units
from technopole.robustness.own_extremes import compared, own_weight_set


@dataclass(frozen=True)
class OwnExtremes:
    """Outcome of `technopole extremes DATA`.

    `table`: rank, id, name, score, best, best_bound, worst, worst_bound, always_ahead, always_behind, as
    `publish.extremes.Extremes`. `weights`: id -> "best" and "worst" -> share of each element of the set;
    `framework_weights`: the same as weights of nodes, to write into the framework: scored so, the unit has that rank.
    `pairs`: ahead, behind, of the shown units: ordered under all weights. `period`: of a panel the last.
    """

    index: str
    period: str | None
    kind: str
    factor: float | None
    order: tuple[str, ...]
    units: int
    table: pl.DataFrame
    weights: dict[str, dict[str, dict[str, float]]]
    framework_weights: dict[str, dict[str, dict[str, float]]]
    pairs: pl.DataFrame

    def to_polars(self) -> pl.DataFrame:
        """Return the table."""
        return self.table

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of `technopole extremes DATA --json`."""
        return {
            "index": self.index,
            "period": self.period,
            "set": self.kind,
            "factor": self.factor,
            "order": list(self.order),
            "ranked": self.units,
            "units": [self._unit(row) for row in self.table.iter_rows(named=True)],
            "pairs": self.pairs.to_dicts(),
        }

    def _unit(self, row: dict[str, Any]) -> dict[str, Any]:
        ends = {
            end: {
                "rank": row[end],
                "bound": row[f"{end}_bound"],
                "weights": self.weights[row["id"]][end],
                "framework_weights": self.framework_weights[row["id"]][end],
            }
            for end in ENDS
        }
        plain = {key: row[key] for key in ("rank", "id", "name", "score")}
        return {**plain, **ends, "always_ahead": row["always_ahead"], "always_behind": row["always_behind"]}


def own_extremes(
    data: Path | str | pl.DataFrame,
    framework: GenericFramework,
    *,
    kind: str = "pillars",
    factor: float = 2.0,
    order: Sequence[str] = (),
    units: Sequence[str] = (),
    top: int | None = TOP,
    seconds: float = SECONDS,
    progress: Progress = lambda *_: None,
) -> OwnExtremes:
    """Seek the best and the worst rank of units of one's own index over a set of weights.

    Parameters
    ----------
    kind, factor, order : see `robustness.own_extremes.own_weight_set`.
    units : only these ids; without, the first `top` (None: all).
    seconds : limit of processor time of each end of each unit. Where it is hit, the bound says what is open.
    progress : is told how many ends are found, of how many.

    Raises
    ------
    FrameworkError, InputError, UnknownNameError : what `scoring.score` and `own_weight_set` raise; no such unit.
    """
    run = score(data, framework)
    rows = compared(run)
    chosen = own_weight_set(run, rows, kind, factor, order)
    ahead = dominance(chosen.x, chosen.weights)
    ids = [run.ids[row] for row in rows]
    table = pl.DataFrame(
        {
            "rank": run.ranks[rows],
            "id": ids,
            "name": [run.names[row] for row in rows],
            "score": run.scores[framework.index.id][rows],
            "always_ahead": ahead.sum(axis=1),
            "always_behind": ahead.sum(axis=0),
            "place": np.arange(rows.size),
        }
    ).sort("rank", maintain_order=True)
    shown = chosen_units(table, units, None if units else top)
    ends = seek(chosen, shown["place"].to_list(), seconds, progress)
    listed = shown["id"].to_list()
    pairs = ordered_pairs(ahead, ids, set(listed))
    return OwnExtremes(
        framework.index.id, run.times[rows[0]] if run.times else None, kind, factor if kind == "bounded" else None,
        tuple(order), len(ids),
        shown.with_columns(**ends.columns).select(
            "rank", "id", "name", "score", *ends.columns, "always_ahead", "always_behind"
        ),
        dict(zip(listed, ends.weights, strict=True)),
        dict(zip(listed, ends.of_nodes, strict=True)),
        pl.DataFrame(pairs, schema={"ahead": pl.String, "behind": pl.String}, orient="row"),
    )  # fmt: skip
