"""Notable AI models by the place of their makers, and GPU clusters by their own, both of Epoch AI.

A model of n organisations gives each one n-th. Where an organisation is, the reviewed table organisations.csv beside
this file says; one with laboratories in several cities isn't put at its headquarters, but halved between two sites
that lead it, or left out and counted. Clusters have an address; China's are redacted upstream, so they never rank.
"""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

MODELS: Final = "epoch/notable_ai_models.csv"
CLUSTERS: Final = "epoch/gpu_clusters.csv"
FIRST: Final = 2015
UNKNOWN: Final = "organisation not in organisations.csv"
NOBODY: Final = "no organisation given"
REDACTED: Final = "redacted: upstream hides the places of China's clusters"
NOWHERE: Final = "no location given"
POWER: Final = "H100 equivalents"
CLUSTER_VALUES: Final[dict[str, pl.Expr]] = {
    "gpu_clusters": pl.lit(1.0),
    "gpu_cluster_h100_equivalents": pl.col(POWER).cast(pl.Float64, strict=False),
}
COUNTRY_AT_END: Final = r"(?i),?\s*(USA|United States of America|United States|United Kingdom|UK|South Korea)\s*$"
STATES: Final = ("US", "CA", "JP", "IN")  # countries whose addresses end with a state or prefecture
COUNTRIES: Final = {
    "United States of America": "US",
    "Canada": "CA",
    "United Kingdom of Great Britain and Northern Ireland": "GB",
    "Korea (Republic of)": "KR",
    "Japan": "JP",
    "India": "IN",
}
POSTAL_CODE: Final = "|".join(
    [
        r"\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b",  # H3C 1K3
        r"\b\d{4} [A-Z]{2} ",  # 1098 XG Amsterdam
        r"[A-Z]{1,2}\d+[A-Z]? \d[A-Z]{2}\b",  # WA4 4AD
        r"\b\d{2,}[-–]?\d*\b",  # 38109, 30-394
    ]
)
PROVINCE: Final = r" [A-Z]{2,3}$"  # "Bologna BO", "Canberra ACT"


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read both lists; return a record a model and organisation, and one a cluster and variable (RECORD_SCHEMA)."""
    return pl.concat([place(_models(upstream, meta), cities), place(_clusters(upstream, meta), cities)])


def _models(upstream: Upstream, meta: Meta) -> pl.DataFrame:
    """One query a model, organisation and site, with its share of the model, or the reason why it has no place."""
    columns = ["Organization", "Publication date"]
    table = apply_corrections(read_csv(upstream.open(MODELS), columns=columns), MODELS, meta.corrections)
    year = pl.col("Publication date").str.head(4).cast(pl.Int64, strict=False)
    makers = pl.col("Organization").str.split(",").list.eval(pl.element().str.strip_chars()).list.unique(
        maintain_order=True
    )  # fmt: skip
    rows = (
        table.filter(year >= FIRST)
        .with_columns(organisation=makers)
        .with_columns(share=1 / pl.col("organisation").list.len())
        .explode("organisation")
    )
    placed = rows.join(_sites(), on="organisation", how="left", validate="m:m", maintain_order="left")
    return placed.select(
        "admin1",
        "country",
        name="city",
        variable=pl.lit("notable_ai_models"),
        amount=pl.col("share").fill_null(1.0) / pl.col("sites").fill_null(1),
        label="organisation",
        reason=pl.when(pl.col("organisation").is_null())
        .then(pl.lit(NOBODY))
        .when(pl.col("why").is_null())
        .then(pl.lit(UNKNOWN))
        .when(pl.col("left_out").is_not_null())
        .then(pl.concat_str("left_out", pl.lit(": "), "why")),
        file=pl.lit(MODELS),
        row=ROW,
    )


def _sites() -> pl.DataFrame:
    """The reviewed table, with ``sites``: how many lines, each of an equal share, an organisation has."""
    with resources.as_file(resources.files(__package__).joinpath("organisations.csv")) as path:
        return read_csv(Path(path)).drop(ROW).with_columns(sites=pl.len().over("organisation"))


def _clusters(upstream: Upstream, meta: Meta) -> pl.DataFrame:
    """One query an existing cluster and variable; planned, unlikely and repeated ones aren't read."""
    columns = ["Status", "Certainty", "Possible Duplicate", "Country", "Location", POWER]
    table = apply_corrections(read_csv(upstream.open(CLUSTERS), columns=columns), CLUSTERS, meta.corrections)
    existing = table.filter(
        (pl.col("Status") == "Existing") & (pl.col("Certainty") != "Unlikely") & pl.col("Possible Duplicate").is_null()
    ).with_columns(code=pl.col("Country").replace(COUNTRIES))
    located = _located(existing).with_columns(
        label=pl.concat_str("place", "Country", separator=" | ", ignore_nulls=True),
        reason=pl.when(pl.col("Country") == "China")
        .then(pl.lit(REDACTED))
        .when(pl.col("place").is_null())
        .then(pl.lit(NOWHERE)),
        file=pl.lit(CLUSTERS),
        row=ROW,
    )
    parts = []
    for variable, amount in CLUSTER_VALUES.items():
        counted = located.with_columns(variable=pl.lit(variable), amount=amount).filter(pl.col("amount").is_not_null())
        parts.append(counted.select(
            "admin1", "variable", "amount", "label", "reason", "file", "row", name="place", country="code"
        ))  # fmt: skip
    return pl.concat(parts)


def _located(clusters: pl.DataFrame) -> pl.DataFrame:
    """Add ``place`` and ``admin1``: the last part of an address without postal codes and country, and its state.

    "3231 Riverport Rd, Memphis, TN 38109" is Memphis in TN; "Podole 60, 30-394 Kraków, Poland" is Kraków.
    """
    country = pl.col("Country").str.replace(r" \(.*| of .*", "")
    cleaned = (
        pl.col("Location")
        .str.replace_all(r"\s*\n\s*", ", ")
        .str.replace_all(r"\s+", " ")
        .str.replace(COUNTRY_AT_END, "")
        .str.replace_all(POSTAL_CODE, "")
    )
    texts = clusters.with_columns(text=cleaned, ending=pl.concat_str(pl.lit(", "), country))
    shorter = pl.col("text").str.strip_chars(" ,.").str.strip_suffix(pl.col("ending"))
    parts = shorter.str.split(",").list.eval(pl.element().str.strip_chars(" .").filter(pl.element() != "")).list
    stated = pl.col("code").is_in(STATES) & (parts.len() > 1)
    return texts.with_columns(
        place=pl.when(stated).then(parts.get(-2, null_on_oob=True)).otherwise(parts.last().str.replace(PROVINCE, "")),
        admin1=pl.when(stated).then(parts.last()),
    )
