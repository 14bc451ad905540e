"""What if a city had other values: its new score, rank and range."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.core.errors import InputError, UnknownNameError
from technopole.core.types import PRESENT, Boundary, Lens, Status
from technopole.editions.read import Edition
from technopole.index.framework import Framework
from technopole.index.matrix import build_matrix, coverage
from technopole.index.run import run_index
from technopole.index.tree import Floats
from technopole.indicators.declarations import Catalogue, Indicator, suggestion
from technopole.publish.uncertainty import known_side
from technopole.robustness.acceptability import rank_evidence
from technopole.robustness.study import Prepared, RandomWeights, evaluate, prepare, random_choices
from technopole.robustness.whatif import moved_run, moved_study

GOALPOSTS: Final[dict[str, str]] = {
    "recomputed": "caps, lowest and highest values and imputations are found anew with the new value",
    "edition": "caps, lowest and highest values stay the edition's; a value beyond them scores 0 or 100",
}
_BOUNDS: Final = re.compile(r"from (\d+) to (\d+)")


def whatif(
    edition: Edition,
    city: dict[str, Any],
    changes: Mapping[str, float],
    *,
    lens: Lens = Lens.SCALE,
    side: str | None = None,
    boundary: Boundary = Boundary.AGGLOMERATION,
    goalposts: str = "recomputed",
) -> dict[str, Any]:
    """Rank a city anew with other values, in the documented shape of `technopole whatif --json`.

    The whole chain is run: intensity, transform, cap, imputation, normalisation, aggregation; and the same replicates
    as the edition's (same seed, same choices, same weights) give the range. An indicator that cities inherit from
    their country changes in this city alone.

    Parameters
    ----------
    city : a row of the frame. changes : indicator -> value in the indicator's unit.
    goalposts : a key of GOALPOSTS. A city that the edition doesn't rank needs "recomputed": with enough new values
        it joins the table.

    Raises
    ------
    UnknownNameError, InputError : no such indicator, a value that can't be, or too little evidence even so.
    """
    framework = edition.framework()
    node = known_side(framework, side)
    if goalposts not in GOALPOSTS:
        raise UnknownNameError(f"there are no goalposts {goalposts!r}:", suggestion(goalposts, list(GOALPOSTS)))
    _check(framework, changes, edition.catalogue())
    values = edition.table("indicators")
    before = _nominal_case(edition, values, framework, lens, boundary)
    ranked = city["city"] in before.cities
    if goalposts == "edition":
        if not ranked:
            raise InputError(f"{city['name']} isn't ranked:", "use --goalposts recomputed.")
        after = _on_goalposts(before, city["city"], changes)
    else:
        changed = with_changes(values, city["city"], changes, boundary)
        _refuse_thin(changed, framework, edition.catalogue(), city)
        after = _nominal_case(edition, changed, framework, lens, boundary)
    return {
        "edition": edition.id,
        "lens": lens.value,
        "side": side,
        "boundary": boundary.value,
        "goalposts": goalposts,
        "city": {"id": city["city"], **{key: city[key] for key in ("slug", "name", "country")}},
        "changes": [
            {
                **_change(edition.catalogue().get(name), values, city["city"], name, value, boundary),
                "normalised_before": before.score(name, city["city"]) if ranked else None,
                "normalised_after": after.score(name, city["city"]),
            }
            for name, value in changes.items()
        ],
        "before": _placed(before, city["city"], node) if ranked else None,
        "after": _placed(after, city["city"], node),
        "cities": len(after.cities),
    }


@dataclass(frozen=True)
class _Case:
    """An index with all its variants; `scores` has the nodes and, normalised, the indicators."""

    scores: Mapping[str, Floats]
    prepared: Prepared

    @property
    def cities(self) -> list[int]:
        return [int(city) for city in self.prepared.matrices[0].cities]

    def score(self, name: str, city: int) -> float:
        return float(self.scores[name][self.cities.index(city)])


def _nominal_case(
    edition: Edition, values: pl.DataFrame, framework: Framework, lens: Lens, boundary: Boundary
) -> _Case:
    matrix = build_matrix(values, edition.frame(), framework, edition.catalogue(), boundary)
    run = run_index(matrix, framework, lens)
    columns = {name: run.normalised[:, place] for place, name in enumerate(matrix.indicators)}
    return _Case({**run.scores, **columns}, prepare([matrix], framework, lens))


def _on_goalposts(case: _Case, city: int, changes: Mapping[str, float]) -> _Case:
    matrix, row = case.prepared.matrices[0], case.cities.index(city)
    columns = {matrix.indicators.index(name): value for name, value in changes.items()}
    normalised = np.stack([case.scores[name] for name in matrix.indicators], axis=1)
    scores = moved_run(matrix, case.prepared.framework, case.prepared.lens, row, columns, normalised)
    return _Case(scores, moved_study(case.prepared, row, columns))


def _refuse_thin(values: pl.DataFrame, framework: Framework, catalogue: Catalogue, city: dict[str, Any]) -> None:
    covered = coverage(values, framework, catalogue).filter(city=city["city"])
    if not covered["eligible"][0]:
        raise InputError(
            f"{city['name']} has too little evidence to be ranked even so ({covered['coverage'][0]:.0%} of the "
            f"indicators, {covered['nonzero'][0]} counts above zero):",
            f"see `technopole city {city['slug']}` for what is missing.",
        )


def with_changes(values: pl.DataFrame, city: int, changes: Mapping[str, float], boundary: Boundary) -> pl.DataFrame:
    """Return the table of indicator values with other values of one city under a boundary.

    A missing value becomes observed, also under the default boundary, which decides who is ranked.
    """
    chosen = (pl.col("city") == city) & pl.col("indicator").is_in(list(changes))
    here = chosen & (pl.col("boundary") == boundary.value)
    absent = chosen & (pl.col("boundary") == Boundary.AGGLOMERATION.value) & pl.col("value").is_null()
    new = pl.col("indicator").replace_strict(changes, default=None, return_dtype=pl.Float64)
    present = pl.col("status").is_in([status.value for status in PRESENT])
    status = pl.when(new == 0).then(pl.lit(Status.ZERO.value)).otherwise(pl.lit(Status.OBSERVED.value))
    share = new / pl.col("value")  # another value has the relative error of the one that it replaces
    return values.with_columns(
        value=pl.when(here | absent).then(new).otherwise(pl.col("value")),
        low=pl.when(here).then(pl.col("low") * share).otherwise("low"),
        high=pl.when(here).then(pl.col("high") * share).otherwise("high"),
        status=pl.when((here | absent) & ~present).then(status).otherwise(pl.col("status")),
    )


def _check(framework: Framework, changes: Mapping[str, float], catalogue: Catalogue) -> None:
    if not changes:
        raise InputError("No value is changed:", "write INDICATOR=VALUE, for example metro_length=500.")
    for name, value in changes.items():
        if name not in framework.indicator_ids():
            raise UnknownNameError(
                f"the framework has no indicator {name!r}:", suggestion(name, framework.indicator_ids())
            )
        low, high = bounds(catalogue.get(name))
        if not math.isfinite(value) or not low <= value <= high:
            unit = catalogue.get(name).unit
            limit = f"{low:g} and more" if math.isinf(high) else f"{low:g} to {high:g}"
            raise InputError(f"{name} can't be {value:g} ({unit}):", f"give a number of {limit}.")


def bounds(indicator: Indicator) -> tuple[float, float]:
    """Smallest and largest value that the indicator's unit allows."""
    stated = _BOUNDS.search(indicator.unit)
    if stated:
        return float(stated[1]), float(stated[2])
    if indicator.unit.startswith("%"):
        return 0.0, 100.0
    return 0.0, math.inf


def _placed(case: _Case, city: int, node: str) -> dict[str, Any]:
    """Rank, tier and range, over the edition's own replicates."""
    declared, row = case.prepared.framework, case.cities.index(city)
    rng = np.random.default_rng(declared.uncertainty.seed)
    scores = evaluate(case.prepared, random_choices(case.prepared, rng, RandomWeights()), [node])[node]
    evidence = rank_evidence(case.scores[node], scores, 1, declared.tiers.least_win)
    return {
        "rank": int(evidence.rank[row]),
        "tier": int(evidence.tier[row]),
        "score": float(case.scores[node][row]),
        "rank_low": float(evidence.low[row]),
        "rank_high": float(evidence.high[row]),
    }


def _change(
    indicator: Indicator, values: pl.DataFrame, city: int, name: str, value: float, boundary: Boundary
) -> dict[str, Any]:
    found = values.filter(city=city, indicator=name, boundary=boundary.value).row(0, named=True)
    return {
        "indicator": name,
        "title": indicator.title,
        "unit": found["unit"],
        "status": found["status"],
        "from": found["value"],
        "to": value,
    }
