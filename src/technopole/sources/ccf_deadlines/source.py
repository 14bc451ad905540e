"""Academic computer-science conferences: how many editions took place in a city since 2022."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "ccf_deadlines/ccf_confs.csv"
YEARS: Final = tuple(str(year) for year in range(2022, 2027))
ONLINE: Final = "held online"
NOTE: Final = r"(?i)\s*\([^)]*\)|\s*(?:and|&|\+|/)\s*(?:online|virtual).*$|\s*[-,]?\s*hybrid.*$"
COLUMNS: Final = ["conf", "sub", "ccf", "year", "place"]


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the list; return one record an edition and variable (RECORD_SCHEMA)."""
    table = apply_corrections(read_csv(upstream.open(FILE), columns=COLUMNS), FILE, meta.corrections)
    editions = table.filter(pl.col("year").is_in(YEARS)).unique(
        ["conf", "sub", "year"], keep="first", maintain_order=True
    )
    top = editions.filter(pl.col("ccf") == "A")
    return pl.concat(
        [
            place(_queries(editions, "academic_conferences"), cities),
            place(_queries(top, "academic_conferences_a"), cities),
        ]
    )


def _queries(editions: pl.DataFrame, variable: str) -> pl.DataFrame:
    """Places end with the country, often after a state, and may begin with a venue."""
    text = pl.col("place").str.strip_chars()
    plain = text.str.replace_all(NOTE, "").str.strip_chars()
    parts = plain.str.split(",").list.eval(pl.element().str.strip_chars()).list
    many = parts.len() > 1
    online = text.str.contains(r"(?i)^\s*(?:virtual|online|fully (?:virtual|online))") & ~text.str.contains(
        r"(?i)hybrid"
    )
    return editions.select(
        name=pl.when(many).then(parts.slice(0, parts.len() - 1).list.join(", ")).otherwise(plain),
        country=pl.when(many).then(parts.last()),
        variable=pl.lit(variable),
        amount=pl.lit(1.0),
        label=text,
        reason=pl.when(online).then(pl.lit(ONLINE)),
        file=pl.lit(FILE),
        row=ROW,
    )
