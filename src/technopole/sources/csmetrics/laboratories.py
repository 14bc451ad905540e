"""Organisations whose papers are shared out equally over their laboratories, by the declared table laboratories.csv.

Nothing open says how large each laboratory's part of an organisation's papers is, so any split is as likely: the
parts of k laboratories are a flat Dirichlet distribution. The mean part is 1/k; the part of a city with m of the
laboratories is Beta(m, k - m), with mean m/k and variance m (k - m) / (k² (k + 1)). A laboratory at several sites (one
line each in the table) has an equal share of its share at each.

An organisation is here when what was read names its laboratories as a whole. A laboratory counts when it did research
in computing, automation or information in at least seven of the years 2007 to 2018.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.aggregate import steady_sum
from technopole.observations.placing import Resolver, place
from technopole.observations.schema import RECORD_SCHEMA

LEAST_OF_ALL: Final = 0.003
"""Organisations left out by rule are shared out from this share of all papers on."""
DOUBTED: Final = ("computer_science_papers", "robotics_papers")
"""Variables that an indicator is made of: how uncertain their shared papers are is told by two variables more."""
SHARED: Final = "_shared"
VARIANCE: Final = "_shared_variance"


def laboratory_sites(laboratories: pl.DataFrame, cities: Resolver) -> pl.DataFrame:
    """Places of the laboratories, and what each adds to its city.

    Parameters
    ----------
    laboratories : ``institution``, ``laboratory``, ``city``, ``admin1``, ``country``; one row a site.

    Returns
    -------
    DataFrame with one row an institution, place and ring (or reason why there is no place): ``institution``, ``place``,
        ``ring``, ``reason``, ``label`` (the key, which is what upstream has, and the laboratories), ``share`` of the
        institution's papers (they add up to 1), and ``variance`` of it: what the ring adds to the variance of the
        city's share.
    """
    sites = laboratories.select(
        variable=pl.lit(""),
        file=pl.lit(""),
        row="institution",
        amount=1 / pl.len().over("institution", "laboratory"),
        label=pl.concat_str("laboratory", "city", "country", separator=", "),
        name="city",
        admin1="admin1",
        country="country",
    )
    held = (
        place(sites, cities)
        .group_by(institution="row", place="place", ring="ring", reason="reason")
        .agg(laboratories=steady_sum("amount"), label=pl.col("label").sort().str.join("; "))
        .sort("institution", "place", "ring", "reason")
    )
    number = steady_sum("laboratories").over("institution").round(6)  # thirds of a laboratory add up to a whole one
    so_far = pl.col("laboratories").cum_sum().over("institution", "place")
    before = so_far - pl.col("laboratories")
    added = so_far * (number - so_far) - before * (number - before)
    return held.with_columns(
        label=pl.concat_str("institution", "label", separator=" | "),
        share=pl.col("laboratories") / number,
        variance=pl.when(pl.col("place").is_not_null()).then(added / (number**2 * (number + 1))),
    ).drop("laboratories")


def share_out(rows: pl.DataFrame, sites: pl.DataFrame) -> pl.DataFrame:
    """Records of the organisations that have laboratories.

    Parameters
    ----------
    rows : ``file``, ``variable``, ``institution``, ``amount`` (papers); of other institutions too, which are left.
    sites : what `laboratory_sites` gives.

    Returns
    -------
    DataFrame in RECORD_SCHEMA. The papers of each row add up to what it had. For the variables of DOUBTED two more
        follow, of placed papers only: with SHARED the same papers again, and with VARIANCE the variance of a city's
        shared papers (papers²), laid out over the rows in proportion to their papers. The variances of
        organisations add up, for their splits have nothing to do with each other.
    """
    papers = (
        rows.with_columns(whole=steady_sum("amount").over("variable", "institution"))
        .join(sites, on="institution", how="inner", validate="m:m", maintain_order="left_right")
        .with_columns(level=pl.lit("city"), key=pl.lit(None, pl.String), row="institution")
    )
    doubted = papers.filter(pl.col("variable").is_in(DOUBTED) & pl.col("place").is_not_null())
    parts = [
        papers.with_columns(amount=pl.col("amount") * pl.col("share")),
        doubted.with_columns(variable=pl.col("variable") + SHARED, amount=pl.col("amount") * pl.col("share")),
        doubted.with_columns(
            variable=pl.col("variable") + VARIANCE, amount=pl.col("amount") * pl.col("whole") * pl.col("variance")
        ),
    ]
    return pl.concat(parts).select([pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()])
