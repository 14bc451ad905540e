"""Telecom figures of Taiwan, which the World Bank's series leave out. One page of the Factbook, figures out of text."""

from __future__ import annotations

import re
from typing import Any, Final

import polars as pl

from technopole.cities.countries import country_code
from technopole.core.errors import UpstreamError
from technopole.core.types import Level
from technopole.observations.placing import Resolver
from technopole.observations.schema import RECORD_SCHEMA
from technopole.observations.variables import Meta
from technopole.snapshots.tables import read_json
from technopole.snapshots.upstream import Upstream

FILE: Final = "factbook/tw.json"
NAME: Final = ("Government", "Country name", "conventional short form", "text")
FIGURES: Final[dict[str, tuple[tuple[str, ...], str]]] = {  # variable -> (where it stands, the year of meta.yaml)
    "taiwan_mobile_subscriptions_per_100": (
        ("Communications", "Telephones - mobile cellular", "subscriptions per 100 inhabitants", "text"),
        "2024",
    ),
    "taiwan_fixed_broadband_per_100": (
        ("Communications", "Broadband - fixed subscriptions", "subscriptions per 100 inhabitants", "text"),
        "2019",
    ),
    "taiwan_internet_users_percent": (("Communications", "Internet users", "percent of population", "text"), "2021"),
}
_FIGURE: Final = re.compile(r"(\d+(?:\.\d+)?)%? \((\d{4}) est\.\)")  # "128 (2024 est.)", "90% (2021 est.)"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:  # noqa: ARG001 (the Reader protocol)
    """Read the page; return one record a variable (RECORD_SCHEMA). `cities` isn't needed.

    Raises
    ------
    UpstreamError : another page, a figure that is gone, in another form, or of another year than declared.
    """
    page = read_json(upstream.open(FILE))
    economy = _text(page, NAME)
    rows = []
    for variable, (where, year) in FIGURES.items():
        found = _FIGURE.fullmatch(_text(page, where).strip())
        if found is None or found[2] != year:
            raise UpstreamError(
                f"{FILE}: {'.'.join(where)} holds {_text(page, where)[:80]!r}, a figure of {year} expected:",
                "read the page, and renew FIGURES and the period in meta.yaml.",
            )
        rows.append(
            {
                "variable": variable,
                "level": Level.COUNTRY.value,
                "place": country_code(economy),
                "ring": 0,
                "amount": float(found[1]),
                "file": FILE,
                "row": f"{'.'.join(NAME)}; {'.'.join(where)}",
                "label": economy,
            }
        )
    table = pl.DataFrame(rows, schema_overrides={"ring": pl.Int8}).with_columns(
        key=pl.lit(None), reason=pl.when(pl.col("place").is_null()).then(pl.lit("no country of today"))
    )
    return table.select([pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()])


def _text(page: Any, keys: tuple[str, ...]) -> str:
    for key in keys:
        if not isinstance(page, dict) or key not in page:
            raise UpstreamError(f"{FILE} lacks {'.'.join(keys)} (at {key!r}):", "the page has another form.")
        page = page[key]
    return str(page)
