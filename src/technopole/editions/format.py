"""The form of an edition on disk: which tables it has, and their digest.

An edition is a folder: ``edition.json`` (manifest: sources with licences, size and sha256 of every other file, content
digest), ``framework.yaml``, Parquet tables, ``indicators.yaml`` with indicators of the user's own where there are any, and ``reference/`` with the tables of the city frame.
"""

from __future__ import annotations

import hashlib
from typing import Final

import polars as pl

MANIFEST: Final = "edition.json"
FRAMEWORK: Final = "framework.yaml"
REFERENCE: Final = "reference"
INDICATORS: Final = "indicators.yaml"
"""Indicators of the user's own; only an edition that was combined has it."""
FORMAT: Final = 1
SIGNIFICANT_DIGITS: Final = 10

TABLES: Final[dict[str, str]] = {
    "results": "rank, range, tier and score of each ranked city, per lens, boundary and side",
    "scores": "score of each ranked city at each node of the framework",
    "indicators": "value of each indicator in each city under each boundary, or why it is missing",
    "coverage": "share of indicators with a value, non-zero counts, and whether the city is ranked",
    "observations": "numbers about places, added up from upstream rows",
    "evidence": "upstream rows behind each observation (amounts only where the licence allows)",
    "files": "upstream files: address, size, sha256, licence class",
    "unresolved": "what could not be placed, with the reason and how much it is",
}


def content_digest(tables: dict[str, pl.DataFrame]) -> str:
    """Digest of what tables say, whatever machine wrote them: rows sorted, floats at 10 significant digits.

    Parameters
    ----------
    tables : name -> frame without nested columns.
    """
    whole = hashlib.sha256()
    for name in sorted(tables):
        frame = tables[name]
        rounded = frame.with_columns(
            # + 0.0 turns -0.0 into 0.0
            pl.col(pl.Float64).round_sig_figs(SIGNIFICANT_DIGITS) + 0.0
        ).select(sorted(frame.columns))
        text = rounded.sort(rounded.columns, nulls_last=True).write_csv(quote_style="necessary", null_value="\\N")
        whole.update(f"{name}\n".encode())
        whole.update(text.encode())
    return whole.hexdigest()
