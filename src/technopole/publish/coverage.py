"""What each source covers, by country, and what the gaps do to the ranks: docs/coverage.md.

``python -m technopole.publish.coverage [FOLDER]`` writes the page from an edition.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from technopole.cities.countries import country_codes, country_name
from technopole.core.types import Boundary, Lens, Level
from technopole.editions.declared import declared_sources
from technopole.editions.read import Edition
from technopole.index.shares import SHARES
from technopole.observations.variables import Meta, Variable
from technopole.publish.audit import audit_table, evidence_audit, policy_audit
from technopole.publish.evidence import scored_variables, source_roles
from technopole.publish.pages import table, write_page
from technopole.publish.ranking import rank

FIRST: Final = 100
"""Countries with a city among the first so many, under either lens, are the ones that the page lists."""
FEW: Final = 3
"""A variable with records in fewer of the listed countries has no column of its own."""
COLUMNS: Final = 6
SEPARATOR: Final = " | "


def listed_countries(edition: Edition) -> list[str]:
    """Countries with a city among the first ranks under either lens, most ranked cities first."""
    tables = [rank(edition, lens=lens).table for lens in Lens]
    first = {code for one in tables for code in one.head(FIRST)["country"]}
    counted = tables[0].group_by("country").len().filter(pl.col("country").is_in(sorted(first)))
    return counted.sort(["len", "country"], descending=[True, False])["country"].to_list()


def country_counts(edition: Edition) -> pl.DataFrame:
    """Records of each city-level variable by country.

    Returns
    -------
    DataFrame with source, variable, country, placed (in a city of that country), unplaced (not placed, though no rule
    leaves them out) and left_out (by a rule), sorted. Records that aren't placed are counted under the country that
    their label ends in ("Hinwil | Switzerland"); where it ends in none, `country` is null.
    """
    metas = declared_sources(edition)
    owner = [(one.id, meta.id) for meta in metas.values() for one in meta.variables if one.level == Level.CITY.value]
    owners = pl.DataFrame(owner, schema={"variable": pl.String, "source": pl.String}, orient="row")
    countries = edition.frame().select(place=pl.col("city").cast(pl.String), country="country")
    placed = (
        edition.table("evidence")
        .join(owners, on="variable", validate="m:1")
        .join(countries, on="place", how="left", validate="m:1")
        .group_by("source", "variable", "country")
        .agg(placed=pl.len().cast(pl.Int64))
    )
    rest = edition.table("unresolved").join(owners, on=["source", "variable"], how="semi")
    named = country_codes(rest["label"].str.split(SEPARATOR).list.last())
    rules = [(name, text) for name, meta in metas.items() for text in meta.left_out]
    by_rule = pl.any_horizontal(
        [pl.lit(value=False), *((pl.col("source") == n) & pl.col("reason").str.starts_with(t) for n, t in rules)]
    )
    missing = (
        rest.with_columns(country=named)
        .group_by("source", "variable", "country")
        .agg(
            unplaced=pl.col("records").filter(~by_rule).sum().cast(pl.Int64),
            left_out=pl.col("records").filter(by_rule).sum().cast(pl.Int64),
        )
    )
    keys = ["source", "variable", "country"]
    joined = placed.join(missing, on=keys, how="full", coalesce=True, nulls_equal=True, validate="1:1")
    return joined.with_columns(pl.col("placed", "unplaced", "left_out").fill_null(0)).sort(keys, nulls_last=True)


def absence(variable: Variable, country: str) -> str:
    """What it means in a country that a city isn't there: zero, missing, censored, or lower bound (under-covered)."""
    return "lower bound" if country in variable.absence.missing_in else variable.absence.default


def page(edition: Edition) -> str:
    """Text of docs/coverage.md."""
    countries, scored = listed_countries(edition), scored_variables(edition)
    parts = [
        "# Coverage and bias",
        "What is there of what should be there, how we know, and what the gaps do to the ranks. Written by "
        f"`python -m technopole.publish.coverage` from edition {edition.id}.",
        *_sources(edition),
        *_countries(edition, countries, scored),
        *_indicators(edition),
        *_confidence(edition, countries),
        *_policies(edition),
    ]
    return "\n\n".join(parts) + "\n"


def _percent(share: float | None, digits: int = 0) -> str:
    return "" if share is None else f"{100 * share:.{digits}f} %"


def _sources(edition: Edition) -> list[str]:
    rows, known = [], []
    numbers, roles = ("records", "resolved", "left out"), source_roles(edition)
    for name, meta in declared_sources(edition).items():
        facts = edition.sources[name]
        rows.append(
            [f"[{name}](sources/{name}.md)", meta.vintage, roles[name], f"{facts['records']:,}",
             _percent(facts["resolved_share"], 1), _percent(facts["left_out_share"], 1)]
        )  # fmt: skip
        known.append([f"[{name}](sources/{name}.md)", *_absence_of(meta)])
    return [
        "## Sources",
        "*Resolved*: share of the amount of a source's first city-level variable that was placed in a city of the "
        "frame, of what no rule leaves out; *left out*: the share that a declared rule leaves out (companies with many "
        "sites, conferences held online). Empty: the source has no city-level variable. *Role*: an indicator of the "
        "framework is made of it (score), it tells how wrong one may be (range), it is shown (evidence), or nothing "
        "shown rests on it (check).",
        table(["source", "vintage", "role", *numbers], rows, numbers),
        "## What should be there, and how we know",
        "What absence means, by declaration: *zero* (the source covers the place), *missing* (it says nothing), "
        "*censored* (only what is above a cut is listed). *Under-covered*: countries in which a city with rows has a "
        "lower bound and one without is missing, never 0.",
        table(["source", "absence", "under-covered", "why, and how we know"], known),
    ]  # fmt: skip


def _absence_of(meta: Meta) -> list[str]:
    """Absence, under-covered countries and reasons of a source's variables, each once."""
    defaults = dict.fromkeys(one.absence.default for one in meta.variables)
    reasons = dict.fromkeys(one.absence.why for one in meta.variables)
    under = {one.absence.missing_in for one in meta.variables if one.absence.missing_in}
    codes = sorted({code for one in under for code in one})
    listed = ", ".join(codes) if len(codes) <= 12 else f"{len(codes)} countries and territories"
    return [", ".join(defaults), listed or "none declared", " ".join(reasons)]


def _countries(edition: Edition, countries: list[str], scored: set[str]) -> list[str]:
    counts = country_counts(edition)
    cells = {(row["variable"], row["country"]): row for row in counts.iter_rows(named=True)}
    variables = [
        one
        for meta in declared_sources(edition).values()
        for one in meta.variables
        if one.id in scored and one.level == Level.CITY.value
    ]
    wide = [one for one in variables if sum((one.id, code) in cells for code in countries) >= FEW]
    parts = [
        "## By country",
        "City-level variables that enter a score, in the countries with a city among the first "
        f"{FIRST} of either lens: records (not amounts) placed in cities, and in brackets those that name the country "
        "but weren't placed, though no rule leaves them out. † under-covered (lower bound); a dash: no record. Records "
        "that aren't placed and name no country stand in the last row.",
    ]
    for start in range(0, len(wide), COLUMNS):
        chunk = wide[start : start + COLUMNS]
        rows = [
            [f"{country_name(code)} ({code})", *(_cell(cells.get((one.id, code)), one, code) for one in chunk)]
            for code in countries
        ]
        rows.append(["no country named", *(_cell(cells.get((one.id, None)), None, "") for one in chunk)])
        names = [one.id for one in chunk]
        parts.append(table(["country", *names], rows, names))
    narrow = [
        [one.id, code or "no country named", _cell(cells[key], one, code or "")]
        for one in variables
        if one not in wide
        for key in sorted((key for key in cells if key[0] == one.id), key=str)
        for code in (key[1],)
    ]
    if narrow:
        parts += ["Variables of one or two of these countries:", table(["variable", "country", "records"], narrow)]
    return parts


def _cell(row: dict[str, Any] | None, variable: Variable | None, country: str) -> str:
    mark = "†" if variable is not None and absence(variable, country) == "lower bound" else ""
    if row is None or row["placed"] + row["unplaced"] == 0:
        return f"–{mark}"
    placed = f"{row['placed']:,}" if row["placed"] or country else ""
    rest = f"({row['unplaced']:,})" if row["unplaced"] else ""
    return f"{placed} {rest}".strip() + mark


def _indicators(edition: Edition) -> list[str]:
    ranked = edition.table("coverage").filter("eligible")["city"]
    values = edition.table("indicators").filter(
        (pl.col("boundary") == Boundary.AGGLOMERATION.value) & pl.col("city").is_in(ranked.implode())
    )
    wanted = edition.framework().indicator_ids()
    counts = {(name, status): cities for name, status, cities in values.group_by("indicator", "status").len().rows()}
    statuses = sorted({status for name, status in counts if name in wanted})
    rows = [[name, *(str(counts.get((name, status), "–")) for status in statuses)] for name in wanted]
    return [
        "## What the ranked cities have",
        f"Number of the {ranked.len()} ranked cities by the status of each indicator (agglomeration). *zero* is a "
        "value: the source covers the place and has nothing there.",
        table(["indicator", *statuses], rows, statuses),
    ]


def _confidence(edition: Edition, countries: list[str]) -> list[str]:
    audit = evidence_audit(edition, Lens.SCALE, Boundary.AGGLOMERATION)
    cities = audit_table(audit)
    means = cities.group_by("country").agg(pl.len().alias("cities"), *[pl.col(name).mean() for name in SHARES])
    by_code = {row["country"]: row for row in means.iter_rows(named=True)}
    rows = [
        [f"{country_name(code)} ({code})", str(by_code[code]["cities"]),
         *(_percent(by_code[code][name]) for name in SHARES)]
        for code in countries if code in by_code
    ]  # fmt: skip
    nodes = [*edition.framework().sides(), *edition.framework().pillars()]
    of_nodes = [[node, *(_percent(cities[f"{node}_{name}"].mean()) for name in SHARES)] for node in nodes]  # type: ignore[arg-type]
    everything = ["all ranked cities", str(cities.height), *(_percent(audit["mean"][name]) for name in SHARES)]
    header = ["observed", "lower bound", "inherited", "imputed"]
    return [
        "## What the scores rest on",
        "Share of the weight of the indicators (mean of the ranked cities) that is observed in the city, a lower "
        "bound, inherited from the country, or imputed. The share observed is the *confidence* that `technopole rank` "
        "shows beside each rank (column *own*); `technopole audit` has all four for every city, side and pillar. An "
        "inherited value can't separate two cities of one country.",
        table(["country", "ranked cities", *header], [*rows, everything], ("ranked cities", *header)),
        table(["side or pillar", *header], of_nodes, header),
    ]


def _policies(edition: Edition) -> list[str]:
    parts = [
        "## What the treatment of missing values does",
        "The index with each treatment and all else as nominal, against the edition's own "
        "(`technopole audit policies`). Moves are in ranks, negative is up; by coverage the mean move of the cities in "
        "that band.",
    ]
    for lens in Lens:
        audit = policy_audit(edition, lens)
        bands = [f"{one['coverage']} ({one['cities']})" for one in audit["policies"][0]["bands"]]
        rows = [
            [f"{one['policy']}: {one['summary']}", f"{one['correlation']:.3f}", f"{one['mean_absolute_move']:.1f}",
             str(one["largest_move"]), *(f"{band['mean_move']:+.1f}" for band in one["bands"])]
            for one in audit["policies"]
        ]  # fmt: skip
        header = ["correlation", "mean absolute move", "largest move", *bands]
        moves = [
            [one["policy"], "; ".join(f"{row['name']} {row['from']} → {row['to']}" for row in one["largest"][:6])]
            for one in audit["policies"]
            if one["largest"]
        ]
        parts += [
            f"### {lens.value.capitalize()} lens",
            table(["treatment", *header], rows, header),
            table(["treatment", "largest moves"], moves),
            *_width(audit),
        ]
    return parts


def _width(audit: dict[str, Any]) -> list[str]:
    rows = []
    for one, other in zip(audit["width"]["bands"], audit["width_confidence"]["bands"], strict=True):
        rows.append(
            [f"{one['first']}–{one['last']}", str(one["cities"]), _correlation(one), _correlation(other)]
        )  # fmt: skip
    means = [audit[key]["mean"] for key in ("width", "width_confidence")]
    rows.append(["mean", str(audit["cities"]), *("" if one is None else f"{one:+.2f}" for one in means)])
    header = ["cities", "coverage", "share observed"]
    return [
        "Rank correlation (Spearman, with a 95 % interval) of coverage, and of the share observed, with the width of "
        "the 5–95 % range of ranks, within fifths of rank. Guesses enter the ranges, so that thin evidence should mean "
        "a wide range: negative is right.",
        table(["ranks", *header], rows, header),
    ]


def _correlation(band: dict[str, Any]) -> str:
    if band["correlation"] is None:
        return "not defined"
    return f"{band['correlation']:+.2f} ({band['correlation_low']:+.2f} to {band['correlation_high']:+.2f})"


if __name__ == "__main__":
    write_page("coverage.md", page)
