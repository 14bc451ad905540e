"""Institutions in the register of research organisations (ROR), by name and country.

The register as we have it gives an English or native name and the point of its city, without aliases. A name counts
only when one country's register has it for one city: the same name in another country is another institution
(York University isn't the University of York, and Sofia University isn't the one in Palo Alto).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.cities.countries import TERRITORIES, country_codes
from technopole.cities.names import fold_expression

UNREGISTERED: Final = "institution not in the register under this name and country"
SEVERAL: Final = "several institutions of this name in its country"
STATE_OF: Final = {territory: state for state, territories in TERRITORIES.items() for territory in territories}


def registered(institutions: pl.DataFrame, register: pl.DataFrame) -> pl.DataFrame:
    """Look institutions up by folded name and country.

    Parameters
    ----------
    institutions : ``institution`` (unique), ``name``, ``country`` in any spelling (null: not found).
    register : ROR's ``name``, ``types``, ``city``, ``country``, ``lat``, ``lon``, all text.

    Returns
    -------
    One row an institution: ``institution``, ``city``, ``country``, ``lat``, ``lon`` (null where not found),
    ``company`` (the register calls it one) and ``unregistered`` (why it isn't found; null when it is).
    """
    entries = _entries(register)
    asked = institutions.select("institution", state=_state(institutions["country"]), folded=_key("name"))
    home = asked.join(entries, on=["folded", "state"], how="inner")
    found = home.group_by("institution", maintain_order=True).agg(
        pl.col("city", "country", "lat", "lon").first(),
        places=pl.struct("city", "country").n_unique(),
        company=pl.col("company").any(),
    )
    one = pl.col("places") == 1
    return (
        institutions.select("institution")
        .join(found, on="institution", how="left", validate="1:1")
        .select(
            "institution",
            *(pl.when(one).then(column).alias(column) for column in ("city", "country", "lat", "lon")),
            company=pl.col("company").fill_null(value=False),
            unregistered=pl.when(one)
            .then(None)
            .when(pl.col("places") > 1)
            .then(pl.lit(SEVERAL))
            .otherwise(pl.lit(UNREGISTERED)),
        )
    )


def _entries(register: pl.DataFrame) -> pl.DataFrame:
    """Make the register's ``folded`` name, ``state``, ``company``, and the point as numbers."""
    return register.select(
        "city",
        "country",
        pl.col("lat", "lon").cast(pl.Float64, strict=False),
        company=pl.col("types").fill_null("").str.to_lowercase().str.contains("company"),
        state=_state(register["country"]),
        folded=_key("name"),
    )


def _key(column: str) -> pl.Expr:
    """Folded name without a bracket at its end ("IBM (Germany)") and a leading "the"."""
    bare = pl.col(column).str.replace(r"\s*\([^)]*\)$", "")
    return fold_expression(bare).str.strip_prefix("the ")


def _state(countries: pl.Series) -> pl.Series:
    """Alpha-2 codes, a territory under its state: upstream files Hong Kong's universities under China."""
    codes = country_codes(countries)
    return codes.replace(STATE_OF)
