"""Towns of listed companies, by ticker, from FinanceDatabase's lists of an exchange.

Registers of some countries name only a province. FinanceDatabase has the town of the offices of a part of the same
companies, as they write it themselves. It only tells where a company is, never that there is one: the register counts.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

LISTING: Final = ("symbol", "country", "city")


def offices(upstream: Upstream, pattern: str, country: str) -> pl.DataFrame:
    """Town of each ticker's company whose offices are in `country`.

    Parameters
    ----------
    pattern : the exchange's files in the mirror, as a glob.
    country : name of a country as upstream writes it ("South Korea").

    Returns
    -------
    DataFrame : ``code`` (the ticker, unique), ``office`` (the town as written), ``office_file`` and ``office_row``.
        Companies elsewhere or without a town have no row. Of several listings with one ticker the first counts.

    Raises
    ------
    UpstreamError : a file is absent, unreadable, or lacks a column.
    """
    listings = pl.concat(
        read_csv(upstream.open(path), columns=list(LISTING)).with_columns(office_file=pl.lit(path))
        for path in upstream.paths(pattern)
    )
    here = listings.filter((pl.col("country") == country) & pl.col("city").is_not_null())
    return here.select(
        code=pl.col("symbol").str.extract(r"^([^.]+)\."), office="city", office_file="office_file", office_row=ROW
    ).unique("code", keep="first", maintain_order=True)
