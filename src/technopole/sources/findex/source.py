"""Adults with an account, and adults who made or received a digital payment, by country (Global Findex).

Two releases of one survey: accounts from the 2025 database (with Taiwan), digital payments from the series of 2021,
which the file of the 2025 database at hand doesn't hold.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.national import WORLD_BANK_GROUPS, country, national_records, number, year
from technopole.observations.placing import Resolver
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

ACCOUNTS: Final = "findex/GlobalFindexDatabase2025.csv"
ACCOUNT_COLUMNS: Final = ["countrynewwb", "codewb", "year", "group", "account_t_d"]
PAYMENTS: Final = "findex/Made_or_received_digital_payments_in_the_past_year____age_15__.csv"
PAYMENT_COLUMNS: Final = ["Indicator Code", "Country Name", "Country Code", "Year", "Value"]
ALL_ADULTS: Final = "all"  # of the groups (women, the poorest 40 % ...)
PAYMENT_SERIES: Final = "g20.t.d"  # both sexes
OLDEST: Final = 2021
"""Fieldwork of the round of 2021 ran into 2022; both rounds since the pandemic count, the earlier ones don't."""


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read both tables; return records of both variables (RECORD_SCHEMA). `cities` isn't needed."""
    accounts = apply_corrections(read_csv(upstream.open(ACCOUNTS), columns=ACCOUNT_COLUMNS), ACCOUNTS, meta.corrections)
    payments = apply_corrections(read_csv(upstream.open(PAYMENTS), columns=PAYMENT_COLUMNS), PAYMENTS, meta.corrections)
    owners = accounts.filter((pl.col("group") == ALL_ADULTS) & ~pl.col("codewb").is_in(WORLD_BANK_GROUPS)).select(
        ROW,
        written="countrynewwb",
        country=country("codewb"),
        amount=100.0 * number("account_t_d"),
        year=year("year"),
    )
    payers = payments.filter(
        (pl.col("Indicator Code") == PAYMENT_SERIES) & ~pl.col("Country Code").is_in(WORLD_BANK_GROUPS)
    ).select(ROW, written="Country Name", country=country("Country Code"), amount=number("Value"), year=year("Year"))
    return pl.concat(
        [
            national_records(owners, variable="account_ownership_percent", file=ACCOUNTS, oldest=OLDEST),
            national_records(payers, variable="digital_payments_percent", file=PAYMENTS, oldest=OLDEST),
        ]
    )
