"""Companies by headquarters and branch, from the listings of FinanceDatabase.

Listings become companies in companies.py; here the files are read, each company gets its place as upstream writes
it, and its branch. `docs/sources/financedatabase.md` explains each rule.
"""

from __future__ import annotations

from importlib import resources
from pathlib import PurePosixPath
from typing import Final

import polars as pl

from technopole.cities.countries import countries, country_codes
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream
from technopole.sources.financedatabase import companies

SUPPLEMENT: Final = "us_equities_2023-02_from_old_json.csv"
LISTING: Final = ("symbol", "name", "summary", "sector", "industry", "exchange", "country", "state", "city")
FULL: Final = (*LISTING, "industry_group", "website", "delisted")
STATES_IN: Final = ("US", "CA", "AU", "BR", "MX", "IT")  # upstream fills `state` elsewhere with other rows' values
COVERED: Final = 0.8  # a country below it is in `missing_in`: its cities without companies are missing, not zero
REGISTERED: Final = ("CN", "JP", "KR", "TW")  # their own exchanges have an official register in sources of their own
ABROAD: Final = "_abroad"  # variables of companies of these countries that their own registers can't have
NO_CITY: Final = "no listing names a headquarters city"

HARDWARE_GROUPS: Final = ("Technology Hardware & Equipment", "Semiconductors & Semiconductor Equipment")
SOFTWARE_2023: Final = (
    "Software - Application",
    "Software - Infrastructure",
    "Information Technology Services",
    "Business Software & Services",
)
HARDWARE_2023: Final = (
    "Communication Equipment",
    "Computer Based Systems",
    "Computer Hardware",
    "Consumer Electronics",
    "Diversified Electronics",
    "Electronic Components",
    "Electronics & Computer Distribution",
    "Networking & Communication Devices",
    "Scientific & Technical Instruments",
    "Semiconductor - Broad Line",
    "Semiconductor Equipment & Materials",
    "Semiconductors",
    "Solar",
)
HEALTH_2023: Final = ("Biotechnology", "Diagnostics & Research", r"Drug Manufacturers")


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """One record for each company and each variable that it counts for, in RECORD_SCHEMA.

    A company of a country in ``missing_in`` counts only where its place is written: of the others we know neither
    the place nor how many there are.

    Raises
    ------
    UpstreamError : a file is absent, unreadable, or lacks a column.
    SourceCheckError : a correction is stale.
    """
    firms = home_or_placed(headquarters(read_listings(upstream, meta)))
    partial = meta.variables[0].absence.missing_in
    counted = firms.filter(pl.col("city").is_not_null() | ~pl.col("country").is_in(partial))
    branches = branch_rules()
    parts = [
        counted.filter(rule).select(
            variable=pl.lit(variable.id),
            amount=pl.lit(1.0),
            file="file",
            row=ROW,
            name="city",
            admin1="state",
            country="country",
            label=pl.concat_str("city", "state", "written_in", separator=" | ", ignore_nulls=True).replace("", None),
            reason=pl.when(pl.col("city").is_null()).then(pl.lit(NO_CITY)),
        )
        for variable in meta.variables
        for rule in [branches[variable.id]]
    ]
    return place(pl.concat(parts), cities)


def read_listings(upstream: Upstream, meta: Meta) -> pl.DataFrame:
    """All listings as text, with their file and row; corrections applied."""
    frames = []
    for path in upstream.paths("financedatabase/equities/*.csv") + upstream.paths(f"financedatabase/{SUPPLEMENT}"):
        old = PurePosixPath(path).name == SUPPLEMENT
        table = read_csv(upstream.open(path), columns=list(LISTING if old else FULL))
        absent = {name: pl.lit(None, pl.String) for name in FULL if name not in table.columns}
        frames.append(
            apply_corrections(table, path, meta.corrections)
            .with_columns(file=pl.lit(path), line=pl.col(ROW).cast(pl.UInt32), old=pl.lit(old), **absent)
            .select(ROW, "file", "line", "old", *FULL)
        )
    return pl.concat(frames)


def headquarters(listings: pl.DataFrame) -> pl.DataFrame:
    """One row a company: its listing of choice, with a country code and the place that upstream writes.

    The place is the listing's city; where a listing on an exchange of the company's own country has none, the city
    that its summary names, if summary and country agree.
    """
    keyed = companies.add_keys(listings)
    believed = companies.distrust(keyed, companies.pasted_profiles(keyed))
    living = companies.add_written_place(companies.leave_out(believed))
    with_home = living.join(venues(), on="exchange", how="left", validate="m:1", maintain_order="left")
    placed = take_written_place(with_home)
    return companies.representatives(placed.with_columns(companies.company_ids(placed)))


def take_written_place(listings: pl.DataFrame) -> pl.DataFrame:
    """Make `country` a code, and fill empty places from the summary, on exchanges of the company's own country.

    American summaries end in a state, not a country ("Atlanta, Georgia" isn't in Tbilisi).
    """
    coded = listings.with_columns(
        written_in="country",
        country=country_codes(listings["country"]),
        written_code=country_codes(listings["written_country"]),
    )
    coded = coded.with_columns(
        country=pl.coalesce("country", pl.when(pl.col("home") == pl.col("written_code")).then("home"))
    )
    american = (pl.col("country") == "US") & (pl.col("written_code").is_null() | (pl.col("written_code") == "GE"))
    agreed = (pl.col("country") == pl.col("home")) & ((pl.col("country") == pl.col("written_code")) | american)
    take = (pl.col("city").is_null() & pl.col("written_city").is_not_null() & agreed).fill_null(value=False)
    state = pl.when(american).then("written_country").otherwise("written_state")
    return coded.with_columns(
        city=pl.when(take).then("written_city").otherwise("city"),
        state=pl.when(take).then(state).when(pl.col("country").is_in(STATES_IN)).then("state"),
        written_in=pl.when(take & ~american).then("written_country").when(~take).then("written_in"),
    )


def home_or_placed(firms: pl.DataFrame) -> pl.DataFrame:
    """Companies with a city, or listed at home: a foreign listing without a city repeats one under a cut-off name."""
    return firms.filter(pl.col("city").is_not_null() | pl.col("listed_at_home"))


def branch_rules() -> dict[str, pl.Expr]:
    """Variable -> which companies count for it, in the classes of today (GICS) and of the 2023 supplement (Yahoo).

    Of those ending in ABROAD: the companies of `REGISTERED` that are listed in other countries only.
    """
    group, industry, old = pl.col("industry_group"), pl.col("industry"), pl.col("sector") == "Technology"
    technology = pl.col("sector") == "Information Technology"
    rules = {
        "listed_companies": pl.col("name_key").is_not_null(),
        "listed_software_services": (technology & (group == "Software & Services"))
        | (old & industry.is_in(SOFTWARE_2023)),
        "listed_hardware": (technology & group.is_in(HARDWARE_GROUPS)) | (old & industry.is_in(HARDWARE_2023)),
        "listed_financials": pl.col("sector").is_in(["Financials", "Financial Services", "Financial"]),
        "listed_automobiles": (group == "Automobiles & Components")
        | industry.is_in(["Auto Manufacturers", "Auto Parts"]),
        "listed_biotech_pharma": (group == "Pharmaceuticals, Biotechnology & Life Sciences")
        | industry.str.contains("|".join(f"^{name}" for name in HEALTH_2023)),
    }
    abroad = pl.col("country").is_in(REGISTERED) & pl.col("listed_abroad") & ~pl.col("listed_at_home")
    abroad &= ~pl.col("symbol").is_in(also_at_home())
    rules |= {f"{name}{ABROAD}": rule & abroad for name, rule in rules.items()}
    return {name: rule.fill_null(value=False) for name, rule in rules.items()}


def also_at_home() -> list[str]:
    """Symbols of companies that a register has, though no listing here shows it (reviewed in also_at_home.csv)."""
    text = resources.files(__package__).joinpath("also_at_home.csv").read_bytes()
    return pl.read_csv(text, infer_schema=False)["symbol"].to_list()


def venues() -> pl.DataFrame:
    """Exchange code -> ``home``, the country whose companies it lists; null for venues that list the world."""
    text = resources.files(__package__).joinpath("venues.csv").read_bytes()
    return pl.read_csv(text, infer_schema=False).select("exchange", home="country")


def coverage(listings: pl.DataFrame) -> pl.DataFrame:
    """For each country with an exchange in the files: how many of its companies we can place.

    Parameters
    ----------
    listings : as `read_listings` returns them.

    Returns
    -------
    DataFrame ``country``, ``companies`` (listed at home in the files), ``placed`` (of these, with a written place),
    ``register`` (companies of the official register, where registers.csv has one), ``share`` (placed over the larger
    of the two), sorted by country.
    """
    text = resources.files(__package__).joinpath("registers.csv").read_bytes()
    registers = pl.read_csv(text).select("country", register="companies")
    return (
        headquarters(listings)
        .filter(pl.col("listed_at_home"))
        .group_by("country")
        .agg(companies=pl.len().cast(pl.Int64), placed=pl.col("city").is_not_null().sum().cast(pl.Int64))
        .join(registers, on="country", how="left", validate="1:1")
        .with_columns(share=pl.col("placed") / pl.max_horizontal("companies", "register"))
        .sort("country")
    )


def under_covered(shares: pl.DataFrame) -> list[str]:
    """Every country whose absence of companies says nothing: no exchange of its own here, or too few placed."""
    covered = set(shares.filter(pl.col("share") >= COVERED)["country"])
    return sorted(set(countries()) - covered)
