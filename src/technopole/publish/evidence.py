"""What stands behind an edition: sources, licences, and what could not be placed."""

from __future__ import annotations

from typing import Any

import polars as pl

from technopole.editions.read import Edition


def source_list(edition: Edition) -> list[dict[str, Any]]:
    """Sources in the documented shape of `technopole data sources --json`.

    `left_out_share` is the share of the amount of a source's first variable that a declared rule leaves out (companies
    with many sites, conferences held online); `resolved_share` is how much of the rest was placed in a city of the
    frame. What is placed outside every city of the frame counts as not resolved.
    """
    return [
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
        }
        for name, source in edition.sources.items()
    ]


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
