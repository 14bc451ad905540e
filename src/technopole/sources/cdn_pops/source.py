"""Points of presence of two content-delivery networks, by the airport code that names them."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv, read_json
from technopole.snapshots.upstream import Upstream

CLOUDFLARE: Final = "cdn_pops/DC-Colos.json"
AWS: Final = "cdn_pops/aws-edge-locations.csv"
VARIABLE: Final = "cdn_providers"
SCHEMA: Final = {"city": pl.String, "country": pl.String, "lat": pl.Float64, "lon": pl.Float64, ROW: pl.String}


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read both lists; return one record a network and place (RECORD_SCHEMA), placed by name, then by point."""
    cloudflare = _cloudflare(upstream)
    aws = read_csv(upstream.open(AWS), columns=["code", "city", "country_code", "latitude", "longitude"]).select(
        "city",
        country="country_code",
        lat=pl.col("latitude").cast(pl.Float64, strict=False),
        lon=pl.col("longitude").cast(pl.Float64, strict=False),
        _row=ROW,
    )
    aws = apply_corrections(aws, AWS, meta.corrections)
    cloudflare = apply_corrections(cloudflare, CLOUDFLARE, meta.corrections)
    return place(
        pl.concat([_queries(cloudflare, "Cloudflare", CLOUDFLARE), _queries(aws, "Amazon CloudFront", AWS)]), cities
    )


def _cloudflare(upstream: Upstream) -> pl.DataFrame:
    """One row an airport code, as SCHEMA.

    Raises
    ------
    UpstreamError : not an object of codes with city and country code. Points may be absent (most of China's are).
    """
    content: Any = read_json(upstream.open(CLOUDFLARE))
    try:
        rows = [
            (str(one["city"]), str(one["cca2"]), _degrees(one.get("lat")), _degrees(one.get("lon")), str(code))
            for code, one in content.items()
        ]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UpstreamError(f"{CLOUDFLARE}: not codes with city and cca2 ({error!r}).") from error
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _degrees(number: object) -> float | None:
    return float(str(number)) if number is not None else None


def _queries(table: pl.DataFrame, provider: str, file: str) -> pl.DataFrame:
    return table.select(
        "country",
        "lat",
        "lon",
        name="city",
        variable=pl.lit(VARIABLE),
        amount=pl.lit(1.0),
        key=pl.lit(provider),
        label=pl.concat_str("city", "country", separator=" | "),
        file=pl.lit(file),
        row=ROW,
    )
