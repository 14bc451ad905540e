"""The 500 fastest supercomputers by the organisation that runs them: the list names sites, and no city.

A site is placed where the register of research organisations (ROR) has the organisation, by its name or by a part of
it ("DOE/SC/Oak Ridge National Laboratory"). Sites of companies aren't: the list doesn't say which of their data
centres it is, and many are anonymous. They are left out with the reason, and counted.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from technopole.cities.institutions import UNREGISTERED, registered
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv, read_sheet
from technopole.snapshots.upstream import Upstream

FILE: Final = "top500/june2025.xlsx"
REGISTER: Final = "ror/ror_records_merged.csv"
REGISTER_COLUMNS: Final = ["name", "types", "city", "country", "lat", "lon"]
SPEED: Final = "Rmax [TFlop/s]"
VALUES: Final[dict[str, pl.Expr]] = {
    "supercomputers": pl.lit(1.0),
    "supercomputer_speed_tflops": pl.col(SPEED).cast(pl.Float64, strict=False),
}
ANONYMOUS: Final = (
    r"^(Software|Cloud|Energy|Automotive|Internet|IT|Telecom\w*) Company\b|^Service Provider\b|^Government$"
    r"|^Manufacturing Industry\b|^Financial Services\b|^Research Institute$"
)
HIDDEN: Final = "anonymous site"
COMPANY: Final = "company: the list doesn't say at which of its sites the computer stands"
OWN_HOUSES: Final = ("Research", "Academic", "Government")  # segments whose computers stand at the organisation
PARTS: Final = re.compile(r"\s*[/,()]\s*|\s+[-–]\s+")


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read list and register; return one record a computer and variable (RECORD_SCHEMA)."""
    columns = ["Rank", "Site", "Country", "Segment", SPEED]
    table = apply_corrections(read_sheet(upstream.open(FILE), header_row=1, columns=columns), FILE, meta.corrections)
    register = read_csv(upstream.open(REGISTER), columns=REGISTER_COLUMNS)
    sites = _sites(table.select("Site", "Country").unique(maintain_order=True), register)
    rows = table.join(sites, on=["Site", "Country"], how="left", validate="m:1", maintain_order="left").with_columns(
        file=pl.lit(FILE), row=ROW, label=pl.concat_str("Site", "Country", separator=" | "), reason=_reason()
    )
    queries = [rows.with_columns(amount=amount, variable=pl.lit(name)) for name, amount in VALUES.items()]
    return place(pl.concat(queries).filter(pl.col("amount").is_not_null()), cities)


def _reason() -> pl.Expr:
    """Why a rule leaves a site out, else why the register doesn't know it; null where it does."""
    return (
        pl.when(pl.col("Site").str.contains(ANONYMOUS))
        .then(pl.lit(HIDDEN))
        .when(~pl.col("Segment").is_in(OWN_HOUSES) | pl.col("company"))
        .then(pl.lit(COMPANY))
        .when(pl.col("lat").is_null())
        .then(pl.lit(UNREGISTERED))
    )


def _sites(sites: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Sites with ``country``, ``lat``, ``lon`` of their organisation (null where unknown), and ``company``.

    The whole name is looked up first, then its parts from the first on; the first that the register has decides.
    """
    asked = (
        sites.with_columns(part=pl.col("Site").map_elements(name_parts, return_dtype=pl.List(pl.String)))
        .explode("part")
        .with_row_index("institution")
        .with_columns(pl.col("institution").cast(pl.String))
    )
    found = registered(asked.select("institution", name="part", country="Country"), register)
    answers = asked.join(found, on="institution", how="left", validate="1:1", maintain_order="left")
    first = answers.filter(pl.col("lat").is_not_null()).unique(["Site", "Country"], keep="first", maintain_order=True)
    return sites.join(
        first.select("Site", "Country", "country", "lat", "lon", "company"),
        on=["Site", "Country"], how="left", validate="1:1", maintain_order="left",
    ).with_columns(pl.col("company").fill_null(value=False))  # fmt: skip


def name_parts(site: str) -> list[str]:
    """Give the whole name of a site, then its parts: "A/B, C" -> "A/B, C", "A", "B", "C"."""
    parts = [part for part in PARTS.split(site) if part]
    return list(dict.fromkeys([site, *parts]))
