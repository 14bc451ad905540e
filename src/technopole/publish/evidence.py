"""What stands behind an edition: sources, licences, and what could not be placed."""

from __future__ import annotations

from typing import Any

import polars as pl

from technopole.editions.read import Edition
from technopole.observations.variables import Meta
from technopole.sources.registry import adapter_ids, load_source


def source_list(edition: Edition) -> list[dict[str, Any]]:
    """Sources in the documented shape of `technopole data sources --json`.

    `left_out_share` is the share of the amount of a source's first variable that a declared rule leaves out (companies
    with many sites, conferences held online); `resolved_share` is how much of the rest was placed in a city of the
    frame. What is placed outside every city of the frame counts as not resolved.

    After them come the adapters, which no edition holds (`shipped` is false, and `because` says why): they read a file
    that the user brings.
    """
    shipped = [
        {
            "id": name,
            "title": source["title"],
            "licence": source["licence"],
            "licence_class": source["licence_class"],
            "vintage": source["vintage"],
            "resolved_share": source["resolved_share"],
            "left_out_share": source["left_out_share"],
            "records": source["records"],
            "variables": [one["id"] for one in source["variables"]],
            "url": source["url"],
            "citation": source["citation"],
            "limits": source["limits"],
            "shipped": True,
            "because": None,
        }
        for name, source in edition.sources.items()
    ]
    return [*shipped, *(_adapter(load_source(name).meta) for name in adapter_ids())]


def _adapter(meta: Meta) -> dict[str, Any]:
    """One adapter in the shape of `source_list`; it has no records in any edition."""
    kept = ("id", "title", "licence", "licence_class", "vintage")
    declared = meta.model_dump(mode="json")
    return {
        **{key: declared[key] for key in kept},
        "resolved_share": None,
        "left_out_share": None,
        "records": None,
        "variables": [one.id for one in meta.variables],
        **{key: declared[key] for key in ("url", "citation", "limits")},
        "shipped": False,
        "because": f"{declared['licence_class']}: {declared['licence']}",
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
