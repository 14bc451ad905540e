"""Who is rising: the table of momentum of an edition. Never blended into the index."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.types import Boundary
from technopole.editions.declared import declared_variables
from technopole.editions.read import Edition
from technopole.indicators.momentum import Momentum, Series, counts, momentum
from technopole.kernel.growth import resampled_growth, share_growth
from technopole.kernel.rank import competition_ranks, rank_quantiles

RANGE: Final = (0.05, 0.95)
Floats = NDArray[np.float64]


def momentum_table(edition: Edition, declared: Momentum | None = None) -> dict[str, Any]:
    """Momentum of the cities that have evidence, in the documented shape of `technopole momentum --json`.

    A series' growth is the shrunk logarithm of the ratio of a city's shares of the world (`kernel.growth`); the
    momentum is its mean over the combined series. A series without evidence of a city counts as no change, with the
    whole width of the prior in the range. `low` and `high` are the 5 % and 95 % quantiles of the draws;
    `change_percent` is 100 (exp(momentum) - 1). `verdict`: rising where `low` is above 0, falling where `high` is below
    0, otherwise open. Growth of a series that isn't combined is shown beside; arrivals are counts.

    Parameters
    ----------
    declared : another declaration than momentum.yaml.
    """
    chosen = declared or momentum()
    variables = declared_variables(edition)
    known = [one for one in chosen.series if set(one.variables) <= set(variables)]
    frame, evidence = edition.frame().sort("city"), _evidence(edition, known)
    tables = {one.id: counts(one, variables, edition.table("observations"), evidence, frame) for one in known}
    usable = [one for one in known if min(tables[one.id].select("early", "late").sum().row(0)) > 0]
    events = {one.id: _events(tables[one.id], one) for one in usable}
    combined = [one for one in usable if one.combined]
    seen = np.sum([events[one.id] >= chosen.least_events for one in combined], axis=0)
    listed = np.flatnonzero(np.atleast_1d(seen) >= chosen.least_series)
    grown = {one.id: _growth(tables[one.id], one, chosen, place) for place, one in enumerate(usable)}
    return {
        "edition": edition.id,
        "measure": "ln of the ratio of a city's shares of the world, later over earlier, shrunk towards no change",
        "prior_events": chosen.prior_events,
        "least_events": chosen.least_events,
        "least_series": chosen.least_series,
        "draws": chosen.draws,
        "seed": chosen.seed,
        "series": [_series(one, tables[one.id], events[one.id], chosen) for one in usable],
        "arrivals": [one.model_dump() for one in chosen.arrivals if one.id in variables],
        "absent": [one.id for one in chosen.series if one not in usable],
        "cities": _cities(edition, frame, chosen, usable, tables, events, grown, listed),
    }


def flat(table: dict[str, Any]) -> pl.DataFrame:
    """Momentum as a flat table: one row a city, the series as columns "<id>_early", "<id>_late", "<id>_growth"."""
    rows = []
    for city in table["cities"]:
        row = {key: cell for key, cell in city.items() if key not in {"series", "arrivals"}}
        for name, one in city["series"].items():
            row |= {f"{name}_{key}": one[key] for key in ("early", "late", "growth", "low", "high")}
        rows.append({**row, **city["arrivals"]})
    return pl.DataFrame(rows, infer_schema_length=None)


def _evidence(edition: Edition, series: list[Series]) -> pl.DataFrame:
    wanted = [name for one in series if one.kind == "years" for name in (one.late, one.less) if name is not None]
    rows = edition.table("evidence").filter(pl.col("variable").is_in(wanted))
    return rows.join(edition.table("files").select("file", "path"), on="file", how="left", validate="m:1")


def _events(table: pl.DataFrame, series: Series) -> Floats:
    """Events of both periods of each city; 0 without evidence."""
    total = (table["early"] + table["late"]).fill_null(0.0).to_numpy()
    return np.asarray(total / series.event, dtype=np.float64)


def _growth(table: pl.DataFrame, series: Series, chosen: Momentum, place: int) -> tuple[Floats, Floats]:
    """Nominal growth (cities,) and its draws (draws, cities)."""
    early, late = (table[column].fill_null(float("nan")).to_numpy() for column in ("early", "late"))
    options = {"event": series.event, "prior": chosen.prior_events}
    # a generator of its own for each series: one that is added moves no other
    rng = np.random.default_rng([chosen.seed, place])
    return share_growth(early, late, **options), resampled_growth(early, late, rng=rng, draws=chosen.draws, **options)


def _series(series: Series, table: pl.DataFrame, events: Floats, chosen: Momentum) -> dict[str, Any]:
    early, late = table.select("early", "late").sum().row(0)
    return {
        "id": series.id,
        "title": series.title,
        "periods": list(series.periods),
        "variables": list(series.variables),
        "event": series.event,
        "combined": series.combined,
        "world_early": early,
        "world_late": late,
        "cities": int((events >= chosen.least_events).sum()),
        "why": series.why,
    }


def _cities(
    edition: Edition,
    frame: pl.DataFrame,
    chosen: Momentum,
    usable: list[Series],
    tables: dict[str, pl.DataFrame],
    events: dict[str, Floats],
    grown: dict[str, tuple[Floats, Floats]],
    listed: NDArray[np.int64],
) -> list[dict[str, Any]]:
    combined = [one.id for one in usable if one.combined]
    if not listed.size:
        return []
    nominal = np.mean([grown[name][0][listed] for name in combined], axis=0)
    draws = np.mean([grown[name][1][:, listed] for name in combined], axis=0)
    rank = competition_ranks(nominal)
    rank_low, rank_high = rank_quantiles(competition_ranks(draws), RANGE)
    low, high = np.quantile(draws, RANGE, axis=0)
    spans = {one.id: np.quantile(grown[one.id][1][:, listed], RANGE, axis=0) for one in usable}
    arrived = _arrivals(edition, chosen)
    rows = []
    for position, where in enumerate(listed):
        city = frame.row(int(where), named=True)
        rows.append(
            {
                "rank": int(rank[position]),
                "rank_low": float(rank_low[position]),
                "rank_high": float(rank_high[position]),
                "id": city["city"],
                "slug": city["slug"],
                "name": city["name"],
                "country": city["country"],
                "momentum": float(nominal[position]),
                "low": float(low[position]),
                "high": float(high[position]),
                "change_percent": float(100.0 * np.expm1(nominal[position])),
                "verdict": _verdict(low[position], high[position]),
                "evidence": sum(bool(events[name][where] >= chosen.least_events) for name in combined),
                "series": {
                    one.id: {
                        "early": tables[one.id]["early"][int(where)],
                        "late": tables[one.id]["late"][int(where)],
                        "lower_bound": tables[one.id]["lower_bound"][int(where)],
                        "growth": float(grown[one.id][0][where]),
                        "low": float(spans[one.id][0][position]),
                        "high": float(spans[one.id][1][position]),
                    }
                    for one in usable
                },
                "arrivals": {name: found.get(city["city"]) for name, found in arrived.items()},
            }
        )
    return sorted(rows, key=lambda row: (row["rank"], row["id"]))


def _arrivals(edition: Edition, chosen: Momentum) -> dict[str, dict[int, float]]:
    here = pl.col("boundary") == Boundary.AGGLOMERATION.value
    table = edition.table("observations").filter(here & (pl.col("level") == "city"))
    known = declared_variables(edition)
    return {
        one.id: {
            int(place): value
            for place, value in table.filter(pl.col("variable") == one.id).select("place", "value").rows()
        }
        for one in chosen.arrivals
        if one.id in known
    }


def _verdict(low: float, high: float) -> str:
    if low > 0:
        return "rising"
    return "falling" if high < 0 else "open"
