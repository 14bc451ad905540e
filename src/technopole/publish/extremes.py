"""Best and worst possible rank of each city under any admissible weights, with the weights that prove it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import InputError
from technopole.core.types import Boundary, Lens
from technopole.editions.read import Edition, open_edition
from technopole.index.framework import Framework
from technopole.index.run import run_index
from technopole.kernel.extremes import Progress, dominance, extreme_ranks
from technopole.publish.finding import find_city
from technopole.publish.ranking import known_boundary, known_lens
from technopole.publish.uncertainty import known_side, shown_cities
from technopole.robustness.extremes import WeightSet, node_weights, weight_set

TOP: Final = 10
SECONDS: Final = 10.0
ENDS: Final = ("best", "worst")
PAIRS: Final = {"ahead": pl.Int64, "ahead_name": pl.String, "behind": pl.Int64, "behind_name": pl.String}
Id = TypeVar("Id", int, str)


@dataclass(frozen=True)
class Extremes:
    """Outcome of `technopole extremes`.

    `table`: rank, city, slug, name, country, score, best, best_bound, worst, worst_bound, always_ahead (how many
    cities it is ahead of under all weights), always_behind. A rank is what the returned weights give; a bound is what
    no weights can pass; where they differ the time limit came first. `weights`: city id -> "best" and "worst" -> share
    of each element; `rank_weights`: the same as `technopole rank --weights` takes them. `pairs`: ahead, ahead_name,
    behind, behind_name, for the cities of the table: ordered under all weights.
    """

    edition: str
    framework: str
    lens: str
    side: str | None
    boundary: str
    kind: str
    factor: float | None
    order: tuple[str, ...]
    cities: int
    table: pl.DataFrame
    weights: dict[int, dict[str, dict[str, float]]]
    rank_weights: dict[int, dict[str, dict[str, float]]]
    pairs: pl.DataFrame

    def to_polars(self) -> pl.DataFrame:
        """Return the table."""
        return self.table

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of `technopole extremes --json`."""
        return {
            "edition": self.edition,
            "framework": self.framework,
            "lens": self.lens,
            "side": self.side,
            "boundary": self.boundary,
            "set": self.kind,
            "factor": self.factor,
            "order": list(self.order),
            "ranked": self.cities,
            "cities": [self._city(row) for row in self.table.iter_rows(named=True)],
            "pairs": self.pairs.to_dicts(),
        }

    def _city(self, row: dict[str, Any]) -> dict[str, Any]:
        ends = {
            end: {
                "rank": row[end],
                "bound": row[f"{end}_bound"],
                "weights": self.weights[row["city"]][end],
                "rank_weights": self.rank_weights[row["city"]][end],
            }
            for end in ENDS
        }
        plain = {key: row[key] for key in ("slug", "name", "country", "score")}
        return {"rank": row["rank"], "id": row["city"], **plain, **ends,
                "always_ahead": row["always_ahead"], "always_behind": row["always_behind"]}  # fmt: skip


def extremes(
    edition: Edition | None = None,
    *,
    lens: str = Lens.SCALE,
    side: str | None = None,
    boundary: str = Boundary.AGGLOMERATION,
    kind: str = "pillars",
    factor: float = 2.0,
    order: Sequence[str] = (),
    framework: Framework | None = None,
    cities: Sequence[str] = (),
    top: int | None = TOP,
    seconds: float = SECONDS,
    progress: Progress = lambda *_: None,
) -> Extremes:
    """Seek the best and the worst rank of each city over a set of weights.

    Parameters
    ----------
    kind, factor, order : see `robustness.extremes.weight_set`.
    cities : only these; without, the first `top` (None: all).
    seconds : limit of processor time of each end of each city. Where it is hit, the bound says what is open.
    progress : is told how many ends are found, of how many.

    Raises
    ------
    UnknownNameError, FrameworkError, InputError : what was asked for isn't there, or can't be.
    """
    edition = edition or open_edition()
    declared = framework or edition.framework()
    node, lens_, boundary_ = known_side(declared, side), known_lens(lens), known_boundary(boundary)
    matrix = edition.matrix(boundary_, declared)
    run = run_index(matrix, declared, lens_)
    chosen = weight_set(run, node, kind, factor, order)
    ahead = dominance(chosen.x, chosen.weights)
    frame = pl.DataFrame(
        {"rank": run.ranks[node], "city": matrix.cities, "place": np.arange(matrix.cities.size),
         "score": run.scores[node], "always_ahead": ahead.sum(axis=1), "always_behind": ahead.sum(axis=0)}
    )  # fmt: skip
    named = edition.frame().select("city", "slug", "name", "country")
    table = frame.join(named, on="city", how="left", validate="1:1").sort("rank", "city")
    listed = shown_cities(table, [find_city(edition, name) for name in cities], None if cities else top)
    ends = seek(chosen, listed["place"].to_list(), seconds, progress)
    ids = listed["city"].to_list()
    name_of = dict(named.select("city", "name").iter_rows())
    pairs = [
        (one, name_of[one], other, name_of[other])
        for one, other in ordered_pairs(ahead, matrix.cities.tolist(), set(ids))
    ]
    return Extremes(
        edition.id, declared.id, lens_.value, side, boundary_.value, kind, factor if kind == "bounded" else None,
        tuple(order), int(matrix.cities.size),
        listed.with_columns(**ends.columns).select(
            "rank", "city", "slug", "name", "country", "score", *ends.columns, "always_ahead", "always_behind"
        ),
        dict(zip(ids, ends.weights, strict=True)),
        dict(zip(ids, ends.of_nodes, strict=True)),
        pl.DataFrame(pairs, schema=PAIRS, orient="row"),
    )  # fmt: skip


@dataclass(frozen=True)
class Ends:
    """Both ends of the range of some units, in their order.

    Attributes
    ----------
    columns : best, best_bound, worst, worst_bound.
    weights : of each unit, "best" and "worst" -> share of each element of the set.
    of_nodes : the same as weights of the framework's nodes.
    """

    columns: dict[str, pl.Series]
    weights: list[dict[str, dict[str, float]]]
    of_nodes: list[dict[str, dict[str, float]]]


def seek(chosen: WeightSet, places: Sequence[int], seconds: float, progress: Progress) -> Ends:
    """Seek the best and the worst rank of the units at `places`. Raises InputError where there is no time."""
    if not seconds > 0:
        raise InputError(f"A limit of {seconds:g} seconds leaves no time:", "give a number above 0.")
    pairs = extreme_ranks(chosen.x, chosen.weights, places, seconds, progress)
    found = [dict(zip(ENDS, pair, strict=True)) for pair in pairs]
    columns = {
        name: pl.Series([getattr(one[end], part) for one in found], dtype=pl.Int64)
        for end in ENDS
        for name, part in ((end, "rank"), (f"{end}_bound", "bound"))
    }
    weights = [
        {end: dict(zip(chosen.elements, one[end].weights.tolist(), strict=True)) for end in ENDS} for one in found
    ]
    return Ends(columns, weights, [{end: node_weights(chosen.top, both[end]) for end in ENDS} for both in weights])


def ordered_pairs(ahead: NDArray[np.bool_], ids: Sequence[Id], listed: set[Id]) -> list[tuple[Id, Id]]:
    """Pairs (ahead, behind) of which both units are listed; of one listed unit alone, all pairs that it is in.

    Parameters
    ----------
    ahead : (units, units), as `dominance`. ids : (units,).
    """
    pairs = [(ids[i], ids[k]) for i, k in np.argwhere(ahead)]
    return [pair for pair in pairs if len(set(pair) & listed) == min(2, len(listed))]
