"""The cities whose rank depends most on where the line around them is drawn.

``python -m technopole.publish.boundaries [FOLDER]`` writes docs/boundaries.md from an edition.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.types import BOUNDARY_FACTOR, RINGS, Boundary, Lens
from technopole.editions.read import Edition
from technopole.index.framework import ROOT
from technopole.index.shares import weights_within
from technopole.publish.pages import table, write_page
from technopole.publish.ranking import rank
from technopole.publish.validate import spearman

REASONS: Final = 3
SHOWN: Final = 25
NAMES: Final = tuple(boundary.value for boundary in RINGS)
Floats = NDArray[np.float64]


def boundary_table(edition: Edition, lens: Lens = Lens.SCALE, side: str | None = None) -> dict[str, Any]:
    """Ranks under the three boundaries, in the documented shape of `technopole boundaries --json`.

    `cities`, most dependent first: `spread` is the worst less the best of the three ranks; `beyond_range` is true where
    a rank under another boundary lies outside the range of the rank under the agglomeration. `because` names the
    indicators whose contribution differs most between the city's best and worst boundary, in points of the score
    (best less worst).
    `indicators`: *re-attributed* where the value of a ranked city differs between boundaries (points and places), and
    in how many; *fixed* where none does (tables by city or country: the line can't move them).
    `correlations`: Spearman's, of each two boundaries.
    """
    tables = {name: rank(edition, lens=lens, side=side, boundary=name).table.sort("city") for name in NAMES}
    default = tables[Boundary.AGGLOMERATION.value]
    ranks = np.stack([tables[name]["rank"].to_numpy() for name in NAMES], axis=1).astype(np.int64)
    leaves, contributions = _contributions(edition, lens, side, default["city"])
    rows = []
    for place, city in enumerate(default.iter_rows(named=True)):
        best, worst = int(ranks[place].argmin()), int(ranks[place].argmax())
        others = [int(one) for one in ranks[place]]
        rows.append(
            {
                "id": city["city"],
                "slug": city["slug"],
                "name": city["name"],
                "country": city["country"],
                **dict(zip(NAMES, others, strict=True)),
                "spread": int(np.ptp(ranks[place])),
                "rank_low": city["rank_low"],
                "rank_high": city["rank_high"],
                "beyond_range": not all(city["rank_low"] <= one <= city["rank_high"] for one in others),
                "because": _because(leaves, contributions[:, place], best, worst),
            }
        )
    rows.sort(key=lambda row: (-row["spread"], row["agglomeration"], row["id"]))
    return {
        "edition": edition.id,
        "lens": lens.value,
        "side": side,
        "correlations": {
            f"{a}_{b}": spearman(tables[a]["rank"].to_list(), tables[b]["rank"].to_list())[0]
            for a, b in combinations(NAMES, 2)
        },
        "median_spread": float(np.median([row["spread"] for row in rows])),
        "beyond_range": sum(row["beyond_range"] for row in rows),
        "indicators": _indicators(edition, leaves, default["city"]),
        "cities": rows,
    }


def flat(shape: dict[str, Any]) -> pl.DataFrame:
    """One row a city; `because` as text."""
    rows = [
        {**row, "because": "; ".join(f"{one['indicator']} {one['points']:+.2f}" for one in row["because"])}
        for row in shape["cities"]
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _contributions(edition: Edition, lens: Lens, side: str | None, cities: pl.Series) -> tuple[list[str], Floats]:
    """Indicators, and weight times normalised value, (boundaries, cities, indicators)."""
    within = weights_within(edition.framework())
    weights = within[side or ROOT]
    leaves = list(weights)
    scores = edition.table("scores").filter((pl.col("lens") == lens.value) & pl.col("node").is_in(leaves))
    layers = []
    for name in NAMES:
        wide = scores.filter(pl.col("boundary") == name).pivot("node", index="city", values="score").sort("city")
        layers.append(wide.filter(pl.col("city").is_in(cities.implode())).select(leaves).to_numpy())
    return leaves, np.stack(layers) * np.array([weights[name] for name in leaves])


def _because(leaves: list[str], contributions: Floats, best: int, worst: int) -> list[dict[str, Any]]:
    difference = contributions[best] - contributions[worst]
    order = np.argsort(-np.abs(difference), kind="stable")[:REASONS]
    return [
        {"indicator": leaves[k], "points": float(difference[k])} for k in order if round(float(difference[k]), 6) != 0
    ]


def _indicators(edition: Edition, leaves: list[str], cities: pl.Series) -> list[dict[str, Any]]:
    values = edition.table("indicators").filter(
        pl.col("city").is_in(cities.implode()) & pl.col("indicator").is_in(leaves)
    )
    differing = (
        values.group_by("indicator", "city")
        .agg(different=pl.col("value").n_unique() > 1)
        .group_by("indicator")
        .agg(cities=pl.col("different").sum())
    )
    found = dict(differing.select("indicator", "cities").rows())
    return [
        {"id": name, "line": "re-attributed" if found[name] else "fixed", "cities_that_differ": found[name]}
        for name in leaves
    ]


def page(edition: Edition) -> str:
    """Text of docs/boundaries.md."""
    shapes = {lens: boundary_table(edition, lens) for lens in Lens}
    scale = shapes[Lens.SCALE]
    moved = [one for one in scale["indicators"] if one["line"] == "re-attributed"]
    fixed = [one["id"] for one in scale["indicators"] if one["line"] == "fixed"]
    factors = ", ".join(f"{name.value} {factor:g} r" for name, factor in BOUNDARY_FACTOR.items())
    parts = [
        "# Boundaries: whose rank depends on the line",
        f"Each city is counted within three lines around its anchors ({factors}; r is its radius, "
        "[method.md](method.md)). `technopole rank --boundary region` ranks under each; `technopole boundaries` "
        "(`--json`, `--csv`) lists the cities whose rank depends most on the line.",
        f"Edition {edition.id}, both sides of the framework. {len(scale['cities'])} cities are ranked under all three.",
        table(
            ["lens", "core and agglomeration", "agglomeration and region", "core and region", "median spread",
             "beyond the range"],
            [
                [lens.value, *(f"{one:.3f}" for one in (shape["correlations"][f"{a}_{b}"] for a, b in
                 (("core", "agglomeration"), ("agglomeration", "region"), ("core", "region")))),
                 f"{shape['median_spread']:.0f} ranks", f"{shape['beyond_range']} cities"]
                for lens, shape in shapes.items()
            ],
        ),
        "Correlations are Spearman's of the ranks. *Spread* is the worst less the best of a city's three ranks. "
        "*Beyond the range*: under another line the rank lies outside the 5–95 % range that the agglomeration has.",
        "## What the line moves",
        "Rows with a point or a place are counted anew within each line. Tables by city and by country have one number "
        "for each city, whatever the line.",
        table(["re-attributed", "ranked cities that differ"],
              [[one["id"], str(one["cities_that_differ"])] for one in moved]),
        f"Fixed: {', '.join(fixed)}.",
    ]  # fmt: skip
    for lens, shape in shapes.items():
        parts += [
            f"## Most dependent, {lens.value} lens",
            table(
                ["city", "core", "agglomeration", "region", "spread", "5–95 %", "because (points of the score)"],
                [
                    [f"{row['name']} ({row['country']})", *(str(row[name]) for name in NAMES), str(row["spread"]),
                     f"{row['rank_low']:.0f}–{row['rank_high']:.0f}",
                     ", ".join(f"{one['indicator']} {one['points']:+.1f}" for one in row["because"])]
                    for row in shape["cities"][:SHOWN]
                ],
            ),
        ]  # fmt: skip
    parts.append(
        "*Because* gives the indicators whose contribution differs most between the city's best and its worst line. "
        "Two towns side by side, each with a centre of its own, share what lies between them by distance over radius; "
        "where a laboratory or an airport stands just outside the radius, the region has it and the agglomeration "
        "hasn't. Scores are normalised anew under each line, so that a city can also fall because others gain."
    )
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    write_page("boundaries.md", page)
