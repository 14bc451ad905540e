"""Industrial robots per 10,000 employees in manufacturing: single figures, each from a publication that can be named.

The full table is sold. A figure is used where its row names one of the publications below; a figure for which the
list names none stays out. Chinese figures from 2021 on stay out too: the number of employees under them is disputed.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.national import country, national_records, number, year
from technopole.observations.placing import Resolver
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "robots/ifr_robot_density_selected.csv"
COLUMNS: Final = ["iso3", "year", "robots_per_10k_mfg_employees", "source"]
PUBLICATIONS: Final = (
    "slashdot 2018-02-13 quoting IFR",
    "mtimagazine.com/robot-density-list-revealed",
    "jissoprotec.jp quoting IFR World Robotics 2022",
    "finanznachrichten.de 2024-01-10 IFR press release",
    "sputniknews.jp 2024-11-22",
)
DISPUTED: Final = ("CN", 2021)  # country, and from which year on
COMMON_YEAR: Final = 2016  # one list of ten economies, with Taiwan
OLDEST: Final = 2019


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read the table; return records of both variables (RECORD_SCHEMA). `cities` isn't needed."""
    table = apply_corrections(read_csv(upstream.open(FILE), columns=COLUMNS), FILE, meta.corrections)
    rows = table.select(
        ROW,
        "source",
        written="iso3",
        country=country("iso3"),
        amount=number("robots_per_10k_mfg_employees"),
        year=year("year"),
    )
    disputed = (pl.col("country") == DISPUTED[0]) & (pl.col("year") >= DISPUTED[1])
    unusable = (
        pl.when(disputed)
        .then(pl.lit("the number of employees behind it is disputed"))
        .when(~pl.col("source").is_in(PUBLICATIONS).fill_null(value=False))
        .then(pl.lit("no publication that we can name"))
    )
    common = rows.filter(pl.col("year") == COMMON_YEAR)
    newest = rows.filter(pl.col("year") > COMMON_YEAR)
    return pl.concat(
        [
            national_records(common, variable="robot_density_2016", file=FILE, unusable=unusable),
            national_records(newest, variable="robot_density", file=FILE, oldest=OLDEST, unusable=unusable),
        ]
    )
