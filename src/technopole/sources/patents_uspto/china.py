"""Which province of mainland China a point lies in: that of the nearest place of 100,000 inhabitants and more.

The places (china_places.csv beside this file) are GeoNames' (CC BY 4.0), with the province as ISO 3166-2 code. The
inventor points of China are themselves geocodes of cities, so the nearest place is the city meant; along a border
between provinces a village can fall on the wrong side.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from technopole.snapshots.tables import read_csv


@cache
def places() -> pl.DataFrame:
    """Read the reference places: ``province`` (ISO 3166-2), ``latitude``, ``longitude``."""
    table = read_csv(Path(__file__).with_name("china_places.csv"), columns=["province", "latitude", "longitude"])
    return table.select("province", pl.col("latitude", "longitude").cast(pl.Float64))


def provinces(latitude: pl.Series, longitude: pl.Series) -> pl.Series:
    """ISO 3166-2 code of the province of each point; null where a coordinate is null.

    Parameters
    ----------
    latitude, longitude : n degrees each, of points in mainland China (not checked).
    """
    known = places()
    points = _unit_vectors(latitude.to_numpy().astype(float), longitude.to_numpy().astype(float))
    references = _unit_vectors(known["latitude"].to_numpy(), known["longitude"].to_numpy())
    nearest = np.argmax(points @ references.T, axis=1)  # largest cosine: smallest angle
    codes = known["province"].gather(nearest.tolist())
    given = latitude.is_not_null() & longitude.is_not_null()
    return pl.select(pl.when(given).then(codes)).to_series().alias("province")


def _unit_vectors(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    phi, theta = np.radians(latitude), np.radians(longitude)
    return np.column_stack([np.cos(phi) * np.cos(theta), np.cos(phi) * np.sin(theta), np.sin(phi)])
