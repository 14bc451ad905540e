"""Where the rows of an edition of one's own are from: its files, evidence, sources, and what was added to which base."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import polars as pl

from technopole.core.types import RINGS, SHIPPABLE
from technopole.editions.build import AMOUNTS_SHIPPED
from technopole.editions.own_rows import OwnRows
from technopole.editions.read import Edition
from technopole.observations.variables import Meta

KEY: Final = ("variable", "level", "place")


def own_part(edition: Edition) -> dict[str, Any]:
    """What an edition says of additions; an edition that was built has none."""
    own: dict[str, Any] = edition.manifest.get("own", {"cities": [], "rows": 0, "files": [], "sources": []})
    return own


def own_summary(edition: Edition) -> dict[str, Any] | None:
    """What was added to which base, in a few words; None for an edition that was built."""
    if "own" not in edition.manifest:
        return None
    own = own_part(edition)
    kept = ("rows", "sources", "for_yourself_only")
    return {"base": own["base"]["id"], **{key: own[key] for key in kept}, "cities": len(own["cities"])}


def provenance_of(base: Edition, rows: OwnRows, metas: Mapping[str, Meta], gone: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Tables `files`, `evidence` and `unresolved`: a file of the user's stands once for each source in it."""
    files, evidence, unresolved = (base.table(name) for name in ("files", "evidence", "unresolved"))
    mine = rows.rows.with_columns(
        licence_class=pl.coalesce(
            "licence_class",
            pl.col("source").replace_strict({n: str(m.licence_class) for n, m in metas.items()}, return_dtype=pl.String),
        )
    )
    about = pl.DataFrame([{"path": one.path, "bytes": one.bytes, "sha256": one.sha256} for one in rows.files],
                         schema={"path": pl.String, "bytes": pl.Int64, "sha256": pl.String})  # fmt: skip
    next_number = int(files["file"].max() or 0) + 1  # type: ignore[arg-type]
    listed = (
        mine.select("path", "source", "licence_class")
        .unique()
        .sort("path", "source", "licence_class")
        .with_row_index("file", offset=next_number)
        .join(about, on="path", validate="m:1", maintain_order="left")
        .with_columns(url=pl.lit(""), kind=pl.lit("own"))
    )
    open_classes = [one.value for one in AMOUNTS_SHIPPED]
    own = (
        mine.join(listed.select("file", "path", "source", "licence_class"), on=["path", "source", "licence_class"],
                  validate="m:1")
        .select(
            "variable", "place",
            ring=pl.col("boundary").replace_strict({one.value: n for n, one in enumerate(RINGS)}, return_dtype=pl.Int8),
            amount=pl.when(pl.col("licence_class").is_in(open_classes)).then("value"),
            key=pl.lit(None, pl.String), file="file", row="row",
        )
    )  # fmt: skip
    shown = listed.with_columns(path=pl.format("own/{}/{}", "source", "path"))
    kept = evidence.join(gone.select("variable", "place").unique(), on=["variable", "place"], how="anti")
    whole = set(gone["variable"]) - set(base.table("observations").join(gone, on=KEY, how="anti")["variable"])
    return {
        "files": pl.concat([files, shown.select([pl.col(n).cast(t) for n, t in files.schema.items()])]),
        "evidence": pl.concat([kept, own.select([pl.col(n).cast(t) for n, t in evidence.schema.items()])]).sort(
            "variable", "place", "ring", "row", "file", "key", "amount"
        ),
        "unresolved": unresolved.filter(~pl.col("variable").is_in(sorted(whole))),
    }


def sources_of(base: Edition, metas: Mapping[str, Meta], rows: pl.DataFrame) -> dict[str, dict[str, Any]]:
    """Declarations of the base's sources and of the user's."""
    counts = dict(rows.group_by("source").len().iter_rows())
    found = {name: dict(source) for name, source in base.sources.items()}
    for name, meta in metas.items():
        if name not in found:
            declared = meta.model_dump(mode="json", exclude={"id", "corrections", "files"})
            found[name] = {
                **declared, "records": 0, "unresolved_records": 0, "left_out_share": None, "resolved_share": None
            }  # fmt: skip
        else:
            declared = meta.model_dump(mode="json", include={"variables"})
            found[name] |= declared
        if name in counts:
            found[name]["records"] += counts[name]
            found[name]["own_rows"] = found[name].get("own_rows", 0) + counts[name]
    return found


def about(
    base: Edition, rows: OwnRows, metas: Mapping[str, Meta], cities: Collection[int], remarks: Sequence[str]
) -> dict[str, Any]:
    before = own_part(base)
    classes = {name: meta.licence_class for name, meta in metas.items()}
    sources = sorted({*before["sources"], *rows.rows["source"].unique()})
    return {
        "base": {"id": base.id, "content_digest": base.manifest["content_digest"]},
        "rows": before["rows"] + rows.rows.height,
        "cities": list(cities),
        "sources": sources,
        "for_yourself_only": [
            name for name in sources if classes[name] not in SHIPPABLE
        ],
        "files": [
            *before["files"], *({"path": one.path, "bytes": one.bytes, "sha256": one.sha256} for one in rows.files)
        ],
        "remarks": list(remarks),
    }  # fmt: skip


