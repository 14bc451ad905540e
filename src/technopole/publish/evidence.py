"""What stands behind an edition: sources, licences, and what could not be placed."""

from __future__ import annotations

from typing import Any

import polars as pl

from technopole.core.types import SHIPPABLE
from technopole.editions.declared import declared_sources
from technopole.editions.read import Edition
from technopole.indicators.errors import ERRORS
from technopole.indicators.recipes import variables_behind
from technopole.indicators.themes import themes
from technopole.observations.variables import Meta
from technopole.sources.registry import adapter_ids, load_source


def source_list(edition: Edition) -> list[dict[str, Any]]:
    """Sources in the documented shape of `technopole data sources --json`.

    `left_out_share` is the share of the amount of a source's first variable that a declared rule leaves out (companies
    with many sites, conferences held online); `resolved_share` is how much of the rest was placed in a city of the
    frame. What is placed outside every city of the frame counts as not resolved. `role` is that of `source_roles`.

    After them come the adapters, which no edition holds (`role` "adapter"; `shipped` is false, and `because` says why):
    they read a file that the user brings.
    """
    roles = source_roles(edition)
    shipped = [
        {
            "id": name,
            "title": source["title"],
            "licence": source["licence"],
            "licence_class": source["licence_class"],
            "vintage": source["vintage"],
            "role": roles[name],
            "resolved_share": source["resolved_share"],
            "left_out_share": source["left_out_share"],
            "records": source["records"],
            "variables": [one["id"] for one in source["variables"]],
            "url": source["url"],
            "citation": source["citation"],
            "limits": source["limits"],
            "shipped": source["licence_class"] in SHIPPABLE,
            "because": None,
        }
        for name, source in edition.sources.items()
    ]
    return [*shipped, *(_adapter(load_source(name).meta) for name in adapter_ids() if name not in edition.sources)]


def _adapter(meta: Meta) -> dict[str, Any]:
    """One adapter in the shape of `source_list`; it has no records in any edition."""
    kept = ("id", "title", "licence", "licence_class", "vintage")
    declared = meta.model_dump(mode="json")
    return {
        **{key: declared[key] for key in kept},
        "role": "adapter",
        "resolved_share": None,
        "left_out_share": None,
        "records": None,
        "variables": [one.id for one in meta.variables],
        **{key: declared[key] for key in ("url", "citation", "limits")},
        "shipped": False,
        "because": f"{declared['licence_class']}: {declared['licence']}",
    }


def scored_variables(edition: Edition) -> set[str]:
    """Variables behind the indicators of the edition's framework, those of countries and regions among them."""
    wanted = edition.framework().indicator_ids()
    return {name for one in wanted for name in variables_behind(edition.catalogue().get(one))}


def source_roles(edition: Edition) -> dict[str, str]:
    """Find what each source does in an edition, by what uses its variables.

    Returns
    -------
    Source -> "score" (an indicator of the framework is made of it), "range" (it tells the measurement error of such an
    indicator, and widens ranges), "evidence" (a theme, a momentum or an indicator outside the framework shows it) or
    "check" (nothing shown rests on it; its page of docs/sources says what it is for).
    """
    framework = edition.framework().indicator_ids()
    errors = [one.error for one in edition.catalogue().indicators if one.error is not None and one.id in framework]
    shown = {name for one in themes() for name in (*one.variables, *one.evidence)}
    shown |= {name for one in edition.catalogue().indicators for name in variables_behind(one)}
    uses = {
        "score": scored_variables(edition),
        "range": {name for error in errors for name in ERRORS[error].variables},
        "evidence": shown,
    }
    own = {name: {one["id"] for one in source["variables"]} for name, source in edition.sources.items()}
    return {
        name: next((role for role, names in uses.items() if variables & names), "check")
        for name, variables in own.items()
    }


def licence_list(edition: Edition) -> list[dict[str, Any]]:
    """Licence and citation of each source and of each input of the city frame."""
    listed = [*edition.sources.items(), *edition.manifest["inputs"].items()]
    return [
        {"id": name, **{key: one[key] for key in ("title", "licence", "licence_class", "citation", "url")}}
        for name, one in listed
    ]


def unresolved_table(edition: Edition) -> pl.DataFrame:
    """What could not be placed: source, variable, reason, label as upstream writes it, records; largest first."""
    return edition.table("unresolved").sort(
        ["records", "source", "variable", "reason", "label"], descending=[True, False, False, False, False]
    )


def reason_counts(edition: Edition) -> pl.DataFrame:
    """Records of every source by reason, placed ones among them.

    Returns
    -------
    DataFrame with source, reason, kind, records and share (of the source's records), sources in the edition's order,
    largest reason first. The reason is its general part: "ambiguous" for "ambiguous: Halle ...", years as "…". The
    kind says what it means: *placed*, *known place* (in no city of the frame), *left out by rule*, *unresolved*.
    Shares are of records, not of amounts: an edition has no amounts of what wasn't placed (docs/resolution.md has
    them by weight).
    """
    metas = declared_sources(edition)
    owners = pl.DataFrame(
        [(one.id, name) for name, meta in metas.items() for one in meta.variables],
        schema={"variable": pl.String, "source": pl.String},
        orient="row",
    )
    placed = (
        edition.table("evidence")
        .join(owners, on="variable", validate="m:1")
        .group_by("source")
        .agg(records=pl.len().cast(pl.Int64))
        .select("source", "records", reason=pl.lit("placed"), kind=pl.lit("placed"))
    )
    general = pl.col("reason").str.split(":").list.first().str.replace_all(r"\b\d{4}\b", "…")
    rules = [(name, text) for name, meta in metas.items() for text in meta.left_out]
    by_rule = pl.any_horizontal(
        [pl.lit(value=False), *((pl.col("source") == n) & pl.col("reason").str.starts_with(t) for n, t in rules)]
    )
    kind = (
        pl.when(pl.col("reason").str.starts_with("outside the frame"))
        .then(pl.lit("known place"))
        .when(by_rule)
        .then(pl.lit("left out by rule"))
        .otherwise(pl.lit("unresolved"))
    )
    others = (
        edition.table("unresolved")
        .with_columns(kind=kind)
        .group_by("source", general.alias("reason"), "kind")
        .agg(pl.col("records").sum().cast(pl.Int64))
    )
    order = pl.DataFrame({"source": list(edition.sources)}).with_row_index("order")
    return (
        pl.concat([placed, others.select(placed.columns)])
        .join(order, on="source", validate="m:1")
        .with_columns(share=pl.col("records") / pl.col("records").sum().over("source"))
        .sort(["order", "records", "reason", "kind"], descending=[False, True, False, False])
        .select("source", "reason", "kind", "records", "share")
    )


def edition_status(edition: Edition) -> dict[str, Any]:
    """Facts about an edition: where, what, how much."""
    covered = edition.table("coverage")
    return {
        "edition": edition.id,
        "folder": str(edition.folder),
        "framework": edition.manifest["framework"],
        "sources": len(edition.sources),
        "cities": edition.frame().height,
        "ranked": int(covered["eligible"].sum()),
        "observations": edition.table("observations").height,
        "upstream_rows": edition.table("evidence").height,
        "upstream_files": edition.table("files").height,
        "unresolved_kinds": edition.table("unresolved").height,
        "bytes": sum(one["bytes"] for one in edition.manifest["files"].values()),
        "content_digest": edition.manifest["content_digest"],
    }
