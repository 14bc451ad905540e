"""What a source says of a file that the user brings: observations by city with provenance, and what wasn't placed.

This is how the adapters are used, whose licence keeps them out of every edition; any other source can be asked the
same of a newer file. Nothing here writes into an edition.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import polars as pl

from technopole.core.errors import SourceCheckError, UnknownNameError
from technopole.core.types import RINGS, Boundary, Level
from technopole.editions.atomic import replaced_file
from technopole.editions.read import Edition
from technopole.indicators.declarations import suggestion
from technopole.observations.aggregate import observations
from technopole.observations.checks import check_records
from technopole.observations.variables import Meta
from technopole.publish.resolving import resolver
from technopole.snapshots.brought import BroughtFiles, match_files
from technopole.snapshots.upstream import sha256_of
from technopole.sources.registry import Source, all_source_ids, load_source

COLUMNS: Final = ("variable", "level", "place", "slug", "city", "country", "boundary", "value", "unit", "period",
                  "records", "source", "licence_class", "file", "rows")  # fmt: skip


@dataclass(frozen=True)
class Observed:
    """What was read.

    `observations`: COLUMNS, one line a variable, place and boundary; `file` and `rows` hold lists, in order.
    `unresolved`: variable, reason, label, records, amount; largest first. `files`: path, sha256, and whether the file
    is the pinned one. `check`: what the source's checks say against the file, or None.
    """

    meta: Meta
    observations: pl.DataFrame
    unresolved: pl.DataFrame
    files: tuple[dict[str, Any], ...]
    check: str | None

    def at(self, boundary: Boundary) -> pl.DataFrame:
        """Observations under one boundary, the largest of each variable first."""
        return self.observations.filter(pl.col("boundary") == boundary.value).sort(
            "variable", "value", "place", descending=[False, True, False], maintain_order=True
        )

    def to_json(self, boundary: Boundary) -> dict[str, Any]:
        """The documented shape of `technopole data observe --json`."""
        kept = ("id", "title", "licence", "licence_class", "citation", "vintage")
        declared = self.meta.model_dump(mode="json", include=set(kept))
        return {
            "source": {**{key: declared[key] for key in kept}, "shipped": self.meta.shipped},
            "boundary": boundary.value,
            "files": list(self.files),
            "check": self.check,
            "observations": self.at(boundary).drop("boundary", "source", "licence_class").to_dicts(),
            "unresolved": self.unresolved.to_dicts(),
        }


def observe(source_id: str, paths: Iterable[Path], mirror: Path, edition: Edition) -> Observed:
    """Read the user's files with a source's reader, and place the rows in the edition's cities.

    Declared corrections mend what they find: in a file of another date a defect may be gone. The source's checks are
    wide ranges made for the pinned file; what they say is told, and doesn't stop the reading.

    Parameters
    ----------
    paths : the user's files. Further files that the source reads come from the mirror.

    Raises
    ------
    UnknownNameError : no such source; near names are suggested.
    InputError, UpstreamError : a file is absent, isn't the source's, or isn't in the form that its reader expects.
    """
    source = _known(source_id)
    lock = source.lock()
    brought = match_files(paths, lock, source.id)
    files = tuple(_file(path, lock[place].sha256) for place, path in brought.items())
    if not all(one["pinned"] for one in files):
        lasting = tuple(one.model_copy(update={"expires": False}) for one in source.meta.corrections)
        source = Source(source.meta.model_copy(update={"corrections": lasting}), source.folder)
    records = source.records(BroughtFiles(mirror, lock, brought=brought), resolver(edition.folder))
    return Observed(
        source.meta,
        _observations(records, source.meta, edition),
        _unresolved(records),
        files,
        _check(records, source.meta),
    )


def _known(source_id: str) -> Source:
    if source_id not in all_source_ids():
        raise UnknownNameError(f"there is no source {source_id!r}:", suggestion(source_id, all_source_ids()))
    return load_source(source_id)


def _file(path: Path, pinned: str) -> dict[str, Any]:
    found = sha256_of(path)
    return {"path": str(path), "sha256": found, "pinned": found == pinned}


def _check(records: pl.DataFrame, meta: Meta) -> str | None:
    try:
        check_records(records, meta)
    except SourceCheckError as error:
        return error.what
    return None


def _observations(records: pl.DataFrame, meta: Meta, edition: Edition) -> pl.DataFrame:
    names = edition.frame().select("slug", pl.col("name").alias("city"), "country", id=pl.col("city").cast(pl.String))
    added = observations(records, meta.variables, meta.id)
    provenance = pl.concat([_rows(records, ring, boundary) for ring, boundary in enumerate(RINGS)])
    at_city = pl.when(pl.col("level") == Level.CITY.value).then("place")
    return (
        added.join(provenance, on=["variable", "level", "place", "boundary"], how="left", validate="1:1")
        .with_columns(id=at_city)
        .join(names, on="id", how="left", validate="m:1")
        .with_columns(
            country=pl.when(pl.col("level") == Level.COUNTRY.value).then("place").otherwise("country"),
            licence_class=pl.lit(meta.licence_class.value),
        )
        .select(COLUMNS)
        .sort("variable", "level", "place", "boundary")
    )


def _rows(records: pl.DataFrame, ring: int, boundary: Boundary) -> pl.DataFrame:
    """Files and rows that stand behind each observation under one boundary: two lists of one length."""
    return (
        records.filter(pl.col("place").is_not_null() & (pl.col("ring") <= ring))
        .group_by("variable", "level", "place", maintain_order=True)
        .agg(pl.col("file").map_elements(lambda path: PurePosixPath(path).name, return_dtype=pl.String), rows="row")
        .with_columns(boundary=pl.lit(boundary.value))
    )


def _unresolved(records: pl.DataFrame) -> pl.DataFrame:
    return (
        records.filter(pl.col("place").is_null())
        .group_by("variable", "reason", "label")
        .agg(records=pl.len(), amount=pl.col("amount").sum())
        .sort("records", "variable", "reason", "label", descending=[True, False, False, False])
    )


def reasons(unresolved: pl.DataFrame) -> pl.DataFrame:
    """Add the unplaced rows up by kind of reason (what stands before its colon), the most frequent first."""
    return (
        unresolved.group_by("variable", pl.col("reason").str.replace(":.*", ""))
        .agg(pl.col("records").sum(), pl.col("amount").sum())
        .sort("variable", "records", "reason", descending=[False, True, False])
    )


def flat(table: pl.DataFrame) -> pl.DataFrame:
    """Make text of the lists of files and rows: "gdp.csv 12; gdp.csv 15"."""
    pairs = pl.struct("file", "rows").map_elements(
        lambda two: "; ".join(f"{file} {row}" for file, row in zip(two["file"], two["rows"], strict=True)),
        return_dtype=pl.String,
    )
    return table.with_columns(rows=pairs).drop("file")


def write_observations(observed: Observed, path: Path) -> None:
    """Write the observations under all three boundaries as Parquet, whole or not at all.

    Raises
    ------
    InputError : the file can't be written there.
    """
    with replaced_file(path) as temporary:
        observed.observations.write_parquet(temporary)
