"""Regions of nine public cloud providers, placed by coordinates after a reviewed table of wrong ones.

Upstream gives a region that its provider names after a country or a state the middle of it, or its capital.
placements.csv (beside this file) says for each such region where it really is, or why that isn't known; it also
lists regions that a provider doesn't publish or has closed. Each line holds the coordinates that it corrects: when
upstream changes them, the build fails and the line is to be reviewed.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Final

import polars as pl

from technopole.core.errors import SourceCheckError, UpstreamError
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import read_csv, read_json
from technopole.snapshots.upstream import Upstream

PLACEMENTS: Final = Path(__file__).with_name("placements.csv")
SCHEMA: Final = {
    "provider": pl.String,
    "region": pl.String,
    "location": pl.String,
    "country": pl.String,
    "lat": pl.Float64,
    "lon": pl.Float64,
    "file": pl.String,
}
SAME: Final = 1e-6  # degrees


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the providers' files; return a record a region for both variables (RECORD_SCHEMA)."""
    regions = pl.concat([_provider(upstream, file) for pattern in meta.files for file in upstream.paths(pattern)])
    placed = _corrected(regions, read_csv(PLACEMENTS))
    rows = placed.select(
        "country",
        "lat",
        "lon",
        "reason",
        amount=pl.lit(1.0),
        key=pl.col("provider"),
        label=pl.concat_str("location", "provider", "region", separator=" | ", ignore_nulls=True),
        file=pl.col("file"),
        row=pl.col("region"),
    )
    return pl.concat(
        [
            place(rows.with_columns(variable=pl.lit("cloud_providers")), cities),
            place(rows.with_columns(variable=pl.lit("cloud_region_count"), key=pl.lit(None, pl.String)), cities),
        ]
    )


def _provider(upstream: Upstream, file: str) -> pl.DataFrame:
    """One row a region of one provider's file.

    Raises
    ------
    UpstreamError : the file isn't an object of regions with location, country, latitude and longitude.
    """
    regions = read_json(upstream.open(file))
    provider = PurePosixPath(file).stem.removesuffix("_regions")
    try:
        rows = [
            (
                provider,
                str(region),
                str(fields["location"]),
                str(fields["country"]),
                float(fields["latitude"]),
                float(fields["longitude"]),
                file,
            )
            for region, fields in regions.items()
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UpstreamError(
            f"{file}: not an object of regions with location, country, latitude and longitude ({error!r})."
        ) from error
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _corrected(regions: pl.DataFrame, placements: pl.DataFrame) -> pl.DataFrame:
    """Replace the place of the regions in `placements`; a line without a place becomes the region's ``reason``.

    Raises
    ------
    SourceCheckError : upstream's coordinates of a listed region are no longer those that the line corrects. A listed
        region that upstream doesn't have is passed over.
    """
    wanted = placements.select(
        "provider",
        "region",
        "why",
        new_country="country",
        old_lat=pl.col("upstream_latitude").cast(pl.Float64),
        old_lon=pl.col("upstream_longitude").cast(pl.Float64),
        new_lat=pl.col("latitude").cast(pl.Float64),
        new_lon=pl.col("longitude").cast(pl.Float64),
    )
    joined = regions.join(wanted, on=["provider", "region"], how="left", validate="1:1", maintain_order="left")
    moved = ((pl.col("lat") - pl.col("old_lat")).abs() > SAME) | ((pl.col("lon") - pl.col("old_lon")).abs() > SAME)
    changed = joined.filter(moved.fill_null(value=False))
    if changed.height:
        provider, region = changed.select("provider", "region").row(0)
        raise SourceCheckError(
            f"cloud_regions: upstream has changed the coordinates of {provider} {region}:",
            "review its line in placements.csv.",
        )
    listed = pl.col("why").is_not_null()
    return joined.with_columns(
        country=pl.when(listed).then("new_country").otherwise("country"),
        lat=pl.when(listed).then("new_lat").otherwise("lat"),
        lon=pl.when(listed).then("new_lon").otherwise("lon"),
        reason=pl.when(listed & pl.col("new_lat").is_null()).then("why"),
    )
