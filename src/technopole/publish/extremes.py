"""Best and worst possible rank of each city under any admissible weights, with the weights that prove it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import InputError
from technopole.core.types import Boundary, Lens
from technopole.editions.read import Edition, open_edition
from technopole.index.framework import Framework
from technopole.index.matrix import build_matrix
from technopole.index.run import run_index
from technopole.kernel.extremes import Extreme, best_rank, dominance, worst_rank
from technopole.publish.finding import find_city
from technopole.publish.ranking import known_boundary, known_lens
from technopole.publish.uncertainty import known_side, shown_cities
from technopole.robustness.extremes import WeightSet, framework_weights, weight_set

TOP: Final = 10
SECONDS: Final = 10.0
Progress = Callable[[str], None]


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
            for end in ("best", "worst")
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
    progress: Progress = lambda _: None,
) -> Extremes:
    """Seek the best and the worst rank of each city over a set of weights.

    Parameters
    ----------
    kind, factor, order : see `robustness.extremes.weight_set`.
    cities : only these; without, the first `top` (None: all).
    seconds : limit of each program, two a city. Where it is hit, the bound says what is open.
    progress : is told each city.

    Raises
    ------
    UnknownNameError, FrameworkError, InputError : what was asked for isn't there, or can't be.
    """
    edition = edition or open_edition()
    declared = framework or edition.framework()
    node, lens_, boundary_ = known_side(declared, side), known_lens(lens), known_boundary(boundary)
    if not seconds > 0:
        raise InputError(f"A limit of {seconds:g} seconds leaves no time:", "give a number above 0.")
    matrix = build_matrix(edition.table("indicators"), edition.frame(), declared, edition.catalogue(), boundary_)
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
    ends: dict[str, list[Extreme]] = {"best": [], "worst": []}
    for number, row in enumerate(listed.iter_rows(named=True), start=1):
        progress(f"{number} of {listed.height}: {row['name']}")
        ends["best"].append(best_rank(chosen.x, row["place"], chosen.weights, seconds))
        ends["worst"].append(worst_rank(chosen.x, row["place"], chosen.weights, seconds))
    ids = listed["city"].to_list()
    weights = {
        city: {end: _by_element(chosen, found[place]) for end, found in ends.items()} for place, city in enumerate(ids)
    }
    return Extremes(
        edition.id, declared.id, lens_.value, side, boundary_.value, kind, factor if kind == "bounded" else None,
        tuple(order), int(matrix.cities.size), _table(listed, ends), weights,
        {city: {end: framework_weights(chosen, one) for end, one in both.items()} for city, both in weights.items()},
        _pairs(ahead, matrix.cities, set(ids), named),
    )  # fmt: skip


def _by_element(chosen: WeightSet, found: Extreme) -> dict[str, float]:
    return dict(zip(chosen.elements, found.weights.tolist(), strict=True))


def _table(listed: pl.DataFrame, ends: dict[str, list[Extreme]]) -> pl.DataFrame:
    columns = {
        name: pl.Series([getattr(one, part) for one in found], dtype=pl.Int64)
        for end, found in ends.items()
        for name, part in ((end, "rank"), (f"{end}_bound", "bound"))
    }
    order = ("rank", "city", "slug", "name", "country", "score", *columns, "always_ahead", "always_behind")
    return listed.with_columns(**columns).select(order)


def _pairs(ahead: NDArray[np.bool_], cities: NDArray[np.int64], listed: set[int], named: pl.DataFrame) -> pl.DataFrame:
    """Pairs of which both cities are listed; of one listed city alone, all pairs that it is in."""
    names = dict(named.select("city", "name").iter_rows())
    rows = [
        (one, names[one], other, names[other])
        for one, other in ((int(cities[i]), int(cities[k])) for i, k in np.argwhere(ahead))
        if len({one, other} & listed) == min(2, len(listed))
    ]
    schema = {"ahead": pl.Int64, "ahead_name": pl.String, "behind": pl.Int64, "behind_name": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
