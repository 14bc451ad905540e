"""The league table: read from the edition, or computed anew when weights or framework are the reader's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import polars as pl

from technopole.cities.countries import country_code
from technopole.core.errors import InputError, UnknownNameError
from technopole.core.types import Boundary, Lens
from technopole.editions.read import Edition, open_edition
from technopole.index.framework import ROOT, Framework
from technopole.index.notebook import SHOWN, bar, html_table, whisker
from technopole.index.shares import evidence_shares
from technopole.indicators.declarations import suggestion


@dataclass(frozen=True)
class Ranking:
    """One league table.

    `table`: rank, tier, city, slug, name, country, score, rank_low, rank_high, nominal_outside, coverage,
    confidence (share of the weight that is observed: neither imputed nor inherited nor a lower bound),
    population_thousands, and one column a pillar ("pillar:<id>"), in order of rank.
    `unranked`: cities of the frame that lack evidence: city, slug, name, country, coverage, nonzero, missing.
    """

    edition: str
    framework: str
    lens: str
    side: str | None
    boundary: str
    table: pl.DataFrame
    unranked: pl.DataFrame

    def to_polars(self) -> pl.DataFrame:
        """Return the table."""
        return self.table

    def to_pandas(self) -> Any:
        """Return the table as pandas (needs pandas and pyarrow)."""
        return self.table.to_pandas()

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of `technopole rank --json`."""
        pillars = [column for column in self.table.columns if column.startswith("pillar:")]
        return {
            "edition": self.edition,
            "framework": self.framework,
            "lens": self.lens,
            "side": self.side,
            "boundary": self.boundary,
            "cities": [_city_json(row, pillars) for row in self.table.iter_rows(named=True)],
            "unranked": [
                {
                    "id": row["city"],
                    "slug": row["slug"],
                    "name": row["name"],
                    "country": row["country"],
                    "coverage": row["coverage"],
                    "nonzero": row["nonzero"],
                    "missing": row["missing"],
                }
                for row in self.unranked.iter_rows(named=True)
            ],
        }

    def _repr_html_(self) -> str:
        shown = self.table.head(SHOWN)
        last = float(shown["rank_high"].max() or 1) if shown.height else 1.0  # type: ignore[arg-type]
        rows = [
            (
                row["rank"],
                f"{row['rank_low']:.0f}–{row['rank_high']:.0f}",
                whisker(row["rank"], row["rank_low"], row["rank_high"], last),
                row["tier"],
                row["name"],
                row["country"],
                round(row["score"], 1),
                bar(row["score"], 0, 100),
            )
            for row in shown.iter_rows(named=True)
        ]
        view = f"edition {self.edition}, {self.lens} lens, {self.side or 'both sides'}, {self.boundary} boundary"
        head = ("rank", "5–95 %", f"1 to {last:.0f}", "tier", "city", "country", "score", "0 to 100")
        return html_table(f"High-tech and innovative cities: {view}", head, rows, self.table.height)


def _city_json(row: dict[str, Any], pillars: list[str]) -> dict[str, Any]:
    return {
        "rank": row["rank"],
        "tier": row["tier"],
        "id": row["city"],
        "slug": row["slug"],
        "name": row["name"],
        "country": row["country"],
        "score": row["score"],
        "rank_low": row["rank_low"],
        "rank_high": row["rank_high"],
        "nominal_outside": row["nominal_outside"],
        "coverage": row["coverage"],
        "confidence": row["confidence"],
        "pillars": {column.removeprefix("pillar:"): row[column] for column in pillars},
    }


def rank(
    edition: Edition | None = None,
    *,
    lens: str = Lens.SCALE,
    side: str | None = None,
    boundary: str = Boundary.AGGLOMERATION,
    weights: Mapping[str, float] | None = None,
    framework: Framework | None = None,
    countries: Sequence[str] = (),
    min_population: int | None = None,
    top: int | None = None,
    everything: bool = False,
) -> Ranking:
    """Make the league table.

    Parameters
    ----------
    edition : the newest shipped one by default.
    lens : scale or intensity. side : id of a side of the framework; None is the whole index.
    boundary : core, agglomeration or region.
    weights : other weights of sides, pillars or indicators, by id.
    framework : another framework.
    countries, min_population, top : show only these; ranks, ranges and tiers stay those of the whole table.
    everything : list also cities without any evidence among the unranked.

    Raises
    ------
    UnknownNameError, FrameworkError, InputError : what was asked for isn't there; says what is.
    """
    edition = edition or open_edition()
    lens_, boundary_ = known_lens(lens), known_boundary(boundary)
    declared = framework or edition.framework()
    chosen = declared.with_weights(weights) if weights else declared
    if side is not None and side not in chosen.sides():
        raise UnknownNameError(f"there is no side {side!r}:", suggestion(side, chosen.sides()))
    if framework is None and not weights:
        results = _at(edition.table("results"), lens_, boundary_)
        scores = _at(edition.table("scores"), lens_, boundary_)
        covered = edition.table("coverage")
    else:
        from technopole.index.matrix import coverage
        from technopole.robustness.league import league

        values = edition.table("indicators")
        results, scores = league(values, edition.frame(), chosen, edition.catalogue(), lens_, boundary_)
        covered = coverage(values, chosen, edition.catalogue())
    results = results.filter(pl.col("side") == (side or ROOT))
    ranked = edition.table("indicators").filter(pl.col("city").is_in(results["city"].implode()))
    shares = evidence_shares(ranked, chosen, boundary_, [side or ROOT])
    table = _table(results, scores, shares, edition.frame(), chosen)
    table, unranked = _shown(table, _unranked(edition, covered, chosen, everything), countries, min_population, top)
    return Ranking(edition.id, chosen.id, lens_.value, side, boundary_.value, table, unranked)


def parse_weights(text: str | None) -> dict[str, float] | None:
    """Parse "industry=2,unicorns=0.5".

    Raises
    ------
    InputError : not of that form.
    """
    if text is None:
        return None
    weights: dict[str, float] = {}
    for part in text.split(","):
        name, equals, number = part.partition("=")
        try:
            weights[name.strip()] = float(number)
        except ValueError:
            equals = ""
        if not equals:
            raise InputError(f"the weight {part!r} isn't name=number:", "write weights as industry=2,unicorns=0.5.")
    return weights


Choice = TypeVar("Choice", Lens, Boundary)


def _member(kind: type[Choice], text: str, what: str) -> Choice:
    try:
        return kind(text)
    except ValueError:
        raise UnknownNameError(f"there is no {what} {text!r}:", suggestion(text, [str(one) for one in kind])) from None


def known_lens(text: str) -> Lens:
    """Lens by name; UnknownNameError says which there are."""
    return _member(Lens, text, "lens")


def known_boundary(text: str) -> Boundary:
    """Boundary by name; UnknownNameError says which there are."""
    return _member(Boundary, text, "boundary")


def _at(table: pl.DataFrame, lens: Lens, boundary: Boundary) -> pl.DataFrame:
    return table.filter((pl.col("lens") == lens.value) & (pl.col("boundary") == boundary.value))


def _table(
    results: pl.DataFrame, scores: pl.DataFrame, shares: pl.DataFrame, frame: pl.DataFrame, framework: Framework
) -> pl.DataFrame:
    pillars = framework.pillars()
    wide = (
        scores.filter(pl.col("node").is_in(pillars))
        .pivot("node", index="city", values="score")
        .select("city", *[pl.col(pillar).alias(f"pillar:{pillar}") for pillar in pillars])
    )
    named = frame.select("city", "slug", "name", "country", "population_thousands")
    return (
        results.drop("lens", "boundary", "side")
        .join(shares.select("city", confidence="observed"), on="city", how="left", validate="1:1")
        .join(named, on="city", how="left", validate="1:1")
        .join(wide, on="city", how="left", validate="1:1")
        .sort("rank", "city")
    )


def _unranked(edition: Edition, covered: pl.DataFrame, framework: Framework, everything: bool) -> pl.DataFrame:
    names = edition.frame().select("city", "slug", "name", "country", "population_thousands")
    table = covered.filter(~pl.col("eligible"))
    if not everything:
        table = table.filter(pl.col("nonzero") > 0)
    wanted = framework.indicator_ids()
    missing = (
        edition.table("indicators")
        .filter(
            (pl.col("boundary") == Boundary.AGGLOMERATION.value)
            & pl.col("value").is_null()
            & pl.col("indicator").is_in(wanted)
        )
        .group_by("city", maintain_order=True)
        .agg(missing=pl.struct("indicator", reason="status"))
    )
    return (
        table.drop("eligible")
        .join(names, on="city", how="left", validate="1:1")
        .join(missing, on="city", how="left", validate="1:1")
        .with_columns(pl.col("missing").fill_null([]))
        .sort(["nonzero", "coverage", "city"], descending=[True, True, False])
    )


def _shown(
    table: pl.DataFrame,
    unranked: pl.DataFrame,
    countries: Sequence[str],
    min_population: int | None,
    top: int | None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    if min_population is not None and min_population < 0:
        raise InputError(f"a population of {min_population} can't be:", "give a number of 0 and more.")
    if top is not None and top < 1:
        raise InputError(f"the top {top} can't be shown:", "give a number of 1 and more.")
    if countries:
        codes = [known_country(country) for country in countries]
        table, unranked = (one.filter(pl.col("country").is_in(codes)) for one in (table, unranked))
    if min_population:
        least = pl.col("population_thousands") * 1000 >= min_population
        table, unranked = table.filter(least), unranked.filter(least)
    return (table if top is None else table.head(top)), unranked


def known_country(text: str) -> str:
    """ISO code of a country in any spelling.

    Raises
    ------
    UnknownNameError : no such country.
    """
    code = country_code(text)
    if code is None:
        raise UnknownNameError(f"there is no country {text!r}:", "give an ISO code (JP) or an English name.")
    return code
