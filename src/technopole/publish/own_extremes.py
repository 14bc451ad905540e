"""Best and worst possible rank of each unit of one's own index, with the weights that prove it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.core.errors import InputError
from technopole.index.generic import GenericFramework
from technopole.index.scoring import GenericRun, score
from technopole.kernel.extremes import Extreme, dominance, extreme_ranks
from technopole.publish.own_index import chosen_units
from technopole.robustness.own_extremes import OwnWeightSet, own_weight_set, weights_in_framework

TOP: Final = 10
SECONDS: Final = 10.0
ENDS: Final = ("best", "worst")


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
) -> OwnExtremes:
    """Seek the best and the worst rank of units of one's own index over a set of weights.

    Parameters
    ----------
    kind, factor, order : see `robustness.own_extremes.own_weight_set`.
    units : only these ids; without, the first `top` (None: all).
    seconds : limit of processor time of each end of each unit. Where it is hit, the bound says what is open.

    Raises
    ------
    FrameworkError, InputError, UnknownNameError : what `scoring.score` and `own_weight_set` raise; no such unit.
    """
    if not seconds > 0:
        raise InputError(f"A limit of {seconds:g} seconds leaves no time:", "give a number above 0.")
    run = score(data, framework)
    chosen = own_weight_set(run, kind, factor, order)
    ahead = dominance(chosen.x, chosen.weights)
    rows = chosen.rows.tolist()
    table = pl.DataFrame(
        {
            "rank": run.ranks[chosen.rows],
            "id": [run.ids[row] for row in rows],
            "name": [run.names[row] for row in rows],
            "score": run.scores[framework.index.id][chosen.rows],
            "always_ahead": ahead.sum(axis=1),
            "always_behind": ahead.sum(axis=0),
            "place": np.arange(len(rows)),
        }
    ).sort("rank", maintain_order=True)
    shown = chosen_units(table, units, None if units else top)
    found = extreme_ranks(chosen.x, chosen.weights, shown["place"].to_list(), seconds)
    return _result(run, chosen, shown, found, ahead, (kind, factor, tuple(order)))


def _result(
    run: GenericRun, chosen: OwnWeightSet, shown: pl.DataFrame, found: list[tuple[Extreme, Extreme]], ahead: Any,
    how: tuple[str, float, tuple[str, ...]],
) -> OwnExtremes:  # fmt: skip
    ids, (kind, factor, order) = shown["id"].to_list(), how
    of_end = {end: [pair[place] for pair in found] for place, end in enumerate(ENDS)}
    columns = {
        f"{end}{suffix}": pl.Series([getattr(one, part) for one in extremes], dtype=pl.Int64)
        for end, extremes in of_end.items()
        for suffix, part in (("", "rank"), ("_bound", "bound"))
    }
    weights = {
        name: {end: dict(zip(chosen.elements, of_end[end][place].weights.tolist(), strict=True)) for end in ENDS}
        for place, name in enumerate(ids)
    }
    names = [run.ids[row] for row in chosen.rows]
    pairs = [
        (names[i], names[k]) for i, k in np.argwhere(ahead)
        if len({names[i], names[k]} & set(ids)) == min(2, len(ids))
    ]  # fmt: skip
    return OwnExtremes(
        run.framework.index.id, run.times[chosen.rows[0]] if run.times else None, kind,
        factor if kind == "bounded" else None, order, len(names),
        shown.with_columns(**columns).select(
            "rank", "id", "name", "score", *columns, "always_ahead", "always_behind"
        ),
        weights,
        {
            name: {end: weights_in_framework(run.framework, one) for end, one in both.items()}
            for name, both in weights.items()
        },
        pl.DataFrame(pairs, schema={"ahead": pl.String, "behind": pl.String}, orient="row"),
    )  # fmt: skip
