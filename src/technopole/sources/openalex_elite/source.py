"""Publications of 288 universities of the top lists, 2021 to 2025, by OpenAlex: a check whether leiden is still right.

A university is placed by its number in the register of research organisations (ROR); of the few that the register
lacks here, placements.csv beside this file says where they are.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

import polars as pl

from technopole.cities.institutions import UNREGISTERED
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

FILE: Final = "openalex_elite/open_metrics_2021_2025.csv"
REGISTER: Final = "ror/ror_records_merged.csv"
VALUES: Final[dict[str, str]] = {
    "elite_publications_2021_2025": "works",
    "elite_top10_publications_2021_2025": "top10_count",
}


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read table and register; return one record a university and variable (RECORD_SCHEMA)."""
    columns = ["canonical_name", "matched_name", "country_code", "ror_id", *VALUES.values()]
    table = apply_corrections(read_csv(upstream.open(FILE), columns=columns), FILE, meta.corrections)
    rows = table.join(_places(upstream), on="ror_id", how="left", validate="m:1", maintain_order="left").select(
        *VALUES.values(),
        "name",
        "lat",
        "lon",
        country="country_code",
        label=pl.concat_str("canonical_name", "country_code", separator=" | "),
        reason=pl.when(pl.col("lat").is_null() & pl.col("name").is_null()).then(pl.lit(UNREGISTERED)),
        file=pl.lit(FILE),
        row=ROW,
    )
    queries = [
        rows.with_columns(variable=pl.lit(name), amount=pl.col(column).cast(pl.Float64, strict=False))
        for name, column in VALUES.items()
    ]
    return place(pl.concat(queries).filter(pl.col("amount").is_not_null()), cities)


def _places(upstream: Upstream) -> pl.DataFrame:
    """ROR number with ``lat``, ``lon``, or with the ``name`` of its city."""
    register = read_csv(upstream.open(REGISTER), columns=["ror", "lat", "lon"]).select(
        pl.col("lat", "lon").cast(pl.Float64, strict=False), ror_id="ror", name=pl.lit(None, pl.String)
    )
    with resources.as_file(resources.files(__package__).joinpath("placements.csv")) as path:
        declared = read_csv(Path(path)).select("ror_id", name="city")
    return pl.concat([register, declared.join(register, on="ror_id", how="anti")], how="diagonal")
