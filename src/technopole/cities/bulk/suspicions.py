"""What looks wrong with the points, said beside the result: swapped coordinates, metres, doubled rows.

Looked for in the first rows; a remark never changes a figure.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

from technopole.cities.bulk.territory import Floats, Territory

SAMPLE: Final = 100_000
"""Rows that are looked at."""
LEAST: Final = 20
"""Rows below which nothing is said."""


def suspicions(sample: pl.DataFrame, territory: Territory) -> tuple[str, ...]:
    """Remarks on the first rows.

    Parameters
    ----------
    sample : the columns of columns.named_columns.
    """
    if sample.height < LEAST:
        return ()
    north = sample["latitude"].to_numpy().astype(np.float64)
    east = sample["longitude"].to_numpy().astype(np.float64)
    finite = np.isfinite(north) & np.isfinite(east)
    checks = (
        _swapped(north[finite], east[finite], territory),
        _projected(north[finite], east[finite]),
        _null_island(north[finite], east[finite]),
        _doubled(sample),
    )
    return tuple(remark for remark in checks if remark is not None)


def _swapped(north: Floats, east: Floats, territory: Territory) -> str | None:
    """Swapped columns: few points hit a unit as they are, most do when the columns change places."""
    if len(north) < LEAST:
        return None
    here, swapped = _hits(north, east, territory), _hits(east, north, territory)
    if here < 0.1 and swapped > 0.5 and swapped > 5 * here:
        return (
            f"latitude and longitude look swapped: {here:.0%} of the first {len(north):,} points lie in"
            f" {territory.name} as they are, {swapped:.0%} with the columns exchanged."
        )
    return None


def _hits(north: Floats, east: Floats, territory: Territory) -> float:
    usable = (np.abs(north) <= 90) & (np.abs(east) <= 180)
    codes = territory.exact(north[usable], east[usable], None)
    return float((codes >= 0).sum()) / len(north)


def _projected(north: Floats, east: Floats) -> str | None:
    if len(north) < LEAST:
        return None
    metres = float(((np.abs(north) > 360) | (np.abs(east) > 360)).mean())
    if metres > 0.5:
        return (
            f"{metres:.0%} of the first {len(north):,} coordinates are beyond 360: they look like metres of a"
            " projection; convert them to degrees (EPSG:4326)."
        )
    return None


def _null_island(north: Floats, east: Floats) -> str | None:
    zero = int(((north == 0) & (east == 0)).sum())
    if zero >= LEAST:
        return f"{zero:,} of the first {len(north):,} points lie at 0, 0: often a missing coordinate written as zero."
    return None


def _doubled(sample: pl.DataFrame) -> str | None:
    doubled = sample.height - sample.n_unique()
    if doubled > 0.01 * sample.height:
        return (
            f"{doubled:,} of the first {sample.height:,} rows repeat an earlier one in all columns that were named;"
            " --distinct COL counts each item once."
        )
    return None
