"""Which choice of method moves the ranks: over all cities, and city by city."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import InputError
from technopole.core.types import Boundary, Lens
from technopole.editions.read import Edition, open_edition
from technopole.index.framework import Framework
from technopole.index.run import run_index
from technopole.kernel.rank import UNRANKED, competition_ranks, mean_absolute_rank_change
from technopole.publish.finding import find_city
from technopole.publish.ranking import known_boundary, known_lens
from technopole.publish.uncertainty import (
    computed,
    failures,
    known_side,
    known_weights,
    prepared_study,
    shown_cities,
    with_replicates,
)
from technopole.robustness.factors import factor_space
from technopole.robustness.sensitivity import Factor, Indices, design, sobol, without_failures
from technopole.robustness.study import RandomWeights

BASE_POINTS: Final = 512
TOP: Final = 10
HEAD: Final = ("city", "slug", "name", "country", "rank", "variance")
COLUMNS: Final = ("first", "first_low", "first_high", "total", "total_low", "total_high")


@dataclass(frozen=True)
class Sensitivity:
    """Outcome of `technopole sensitivity`.

    `table`: factor, options and COLUMNS, for the mean absolute rank change, largest total first. `cities`: city, slug,
    name, country, rank, variance (of its rank), factor and COLUMNS, for the rank of each shown city.
    `failed_points`: base points left out because one of their runs failed; `failures` lists these runs.
    """

    edition: str
    framework: str
    lens: str
    side: str | None
    boundaries: tuple[str, ...]
    base_points: int
    runs: int
    failed_points: int
    seed: int
    mean_change: float
    variance: float
    table: pl.DataFrame
    cities: pl.DataFrame
    failures: list[dict[str, Any]]

    def to_polars(self) -> pl.DataFrame:
        """Return the table."""
        return self.table

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of `technopole sensitivity --json`."""
        return {
            "edition": self.edition,
            "framework": self.framework,
            "lens": self.lens,
            "side": self.side,
            "boundaries": list(self.boundaries),
            "base_points": self.base_points,
            "runs": self.runs,
            "failed_points": self.failed_points,
            "seed": self.seed,
            "mean_change": self.mean_change,
            "variance": self.variance,
            "factors": self.table.to_dicts(),
            "cities": [
                {**dict(zip(("id", *HEAD[1:]), key, strict=True)), "factors": rows.drop(HEAD).to_dicts()}
                for key, rows in self.cities.group_by(HEAD, maintain_order=True)
            ],
            "failures": self.failures,
        }


def sensitivity(
    edition: Edition | None = None,
    *,
    lens: str = Lens.SCALE,
    side: str | None = None,
    boundary: str = Boundary.AGGLOMERATION,
    vary_boundary: bool = False,
    framework: Framework | None = None,
    base_points: int = BASE_POINTS,
    seed: int | None = None,
    weights: str = "bounded",
    concentration: float = 1.0,
    errors: Mapping[str, float] | None = None,
    cities: Sequence[str] = (),
    top: int | None = TOP,
) -> Sensitivity:
    """Share the variance of the ranks out among the choices of method.

    Parameters
    ----------
    base_points : a power of two; the index runs base_points x (factors + 2) times.
    cities : whose ranks to analyse one by one; without, the first `top` (None: all).
    The others as `publish.uncertainty.uncertainty`.

    Raises
    ------
    UnknownNameError, FrameworkError, InputError : what was asked for isn't there, can't be, or SALib is absent.
    """
    edition = edition or open_edition()
    declared = with_replicates(framework or edition.framework(), None, seed)
    node = known_side(declared, side)
    lens_, boundary_ = known_lens(lens), known_boundary(boundary)
    prepared = prepared_study(edition, declared, lens_, boundary_, vary_boundary)
    relative = {**declared.uncertainty.relative_error, **(errors or {})}
    noisy = any(relative.values())
    space = factor_space(prepared, RandomWeights(known_weights(weights), concentration), errors=noisy)
    points = design(space.factors, base_points, declared.uncertainty.seed)
    choices = space.choices(points)
    seeds = space.seeds(points) if noisy else np.zeros(len(points), dtype=np.int64)
    scores, problems = computed(prepared, choices, node, relative, edition, seeds)
    nominal = run_index(prepared.matrices[0], framework or edition.framework(), lens_)
    kept, dropped = without_failures(scores, len(space.factors))
    ranks = competition_ranks(kept)
    change = mean_absolute_rank_change(ranks, nominal.ranks[node])
    overall = sobol(change, space.factors, declared.uncertainty.seed)
    listed = _listed(edition, prepared.matrices[0].cities.tolist(), nominal.ranks[node], cities, top)
    return Sensitivity(
        edition.id, declared.id, lens_.value, side, tuple(one.boundary.value for one in prepared.matrices),
        base_points, len(points), dropped, declared.uncertainty.seed, float(change.mean()), overall.variance,
        indices_table(space.factors, overall).sort("total", descending=True, maintain_order=True),
        one_by_one(listed, ranks, space.factors, declared.uncertainty.seed, HEAD[:-1]),
        failures(prepared, choices, problems),
    )  # fmt: skip


def indices_table(factors: Sequence[Factor], found: Indices) -> pl.DataFrame:
    """One row a factor: its name, how many options it has, and COLUMNS."""
    columns = {name: getattr(found, name) for name in COLUMNS}
    return pl.DataFrame(
        {"factor": [one.name for one in factors], "options": [len(one.options) for one in factors], **columns}
    )


def _listed(edition: Edition, ids: list[int], ranks: Any, cities: Sequence[str], top: int | None) -> pl.DataFrame:
    named = edition.frame().select("city", "slug", "name", "country")
    table = pl.DataFrame({"city": ids, "rank": ranks, "place": range(len(ids))}).join(
        named, on="city", how="left", validate="1:1"
    )
    found = [find_city(edition, name) for name in cities]
    return shown_cities(table.sort("rank", "city"), found, None if cities else top)


def one_by_one(
    listed: pl.DataFrame, ranks: NDArray[Any], factors: Sequence[Factor], seed: int, head: Sequence[str]
) -> pl.DataFrame:
    """Shares of the variance of each listed unit's rank: the columns `head`, variance, factor and COLUMNS.

    Parameters
    ----------
    listed : one row a unit, with `place`, its column in `ranks`, (runs, n). A run in which a unit has no rank (0) says
        nothing of it: its base point is left out, and the unit where less than two are left.
    """
    parts = []
    for row in listed.iter_rows(named=True):
        own_ranks = np.ascontiguousarray(ranks[:, row["place"]], dtype=np.float64)
        if (own_ranks == UNRANKED).any():
            try:
                own_ranks, _ = without_failures(np.where(own_ranks == UNRANKED, np.nan, own_ranks), len(factors))
            except InputError:
                continue
        found = sobol(own_ranks, factors, seed)
        own = [pl.lit(row[name]).alias(name) for name in head]
        variance = pl.lit(found.variance).alias("variance")
        parts.append(indices_table(factors, found).select(*own, variance, "factor", *COLUMNS))
    return pl.concat(parts)
