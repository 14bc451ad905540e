"""Public Wi-Fi of New York and Singapore, as their city governments publish it: points of the two cities alone."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv, read_json
from technopole.snapshots.upstream import Upstream

KIOSKS: Final = "public_wifi/LinkNYC_Kiosk_Locations_20250426.csv"
HOTSPOTS: Final = "public_wifi/nyc_wifi_hotspots.csv"
SINGAPORE: Final = "public_wifi/sg_wireless_hotspots.geojson"
LIVE: Final = "Live"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read the three files; return one record a kiosk or hotspot (RECORD_SCHEMA)."""
    kiosks = read_csv(upstream.open(KIOSKS), columns=["Installation Status", "Borough", "Latitude", "Longitude"])
    live = apply_corrections(kiosks, KIOSKS, meta.corrections).filter(pl.col("Installation Status") == LIVE)
    table = read_csv(upstream.open(HOTSPOTS), columns=["BoroName", "Latitude", "Longitude"])
    hotspots = apply_corrections(table, HOTSPOTS, meta.corrections).rename({"BoroName": "Borough"})
    return pl.concat(
        [
            place(_queries(live, "public_wifi_kiosks", KIOSKS), cities),
            place(_queries(hotspots, "public_wifi_hotspots", HOTSPOTS), cities),
            place(_singapore(upstream), cities),
        ]
    )


def _queries(points: pl.DataFrame, variable: str, file: str) -> pl.DataFrame:
    return points.select(
        lat="Latitude",
        lon="Longitude",
        country=pl.lit("US"),
        variable=pl.lit(variable),
        amount=pl.lit(1.0),
        label="Borough",
        file=pl.lit(file),
        row=ROW,
    )


def _singapore(upstream: Upstream) -> pl.DataFrame:
    """One row a feature; its own name ("kml_7") is the label, the shop's name isn't read.

    Raises
    ------
    UpstreamError : not a collection of named points.
    """
    content: Any = read_json(upstream.open(SINGAPORE))
    try:
        rows = [
            (str(one["properties"]["Name"]), float(one["geometry"]["coordinates"][1]),
             float(one["geometry"]["coordinates"][0]), f"features[{number}]")
            for number, one in enumerate(content["features"])
        ]  # fmt: skip
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UpstreamError(f"{SINGAPORE}: not a collection of named points ({error!r}).") from error
    table = pl.DataFrame(
        rows, schema={"label": pl.String, "lat": pl.Float64, "lon": pl.Float64, "row": pl.String}, orient="row"
    )
    return table.with_columns(
        country=pl.lit("SG"),
        variable=pl.lit("public_wifi_hotspots"),
        amount=pl.lit(1.0),
        file=pl.lit(SINGAPORE),
    )
