"""The sources: every folder beside this file that has a meta.yaml. Adding one needs no edit elsewhere."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import polars as pl

from technopole.observations.placing import Resolver
from technopole.observations.variables import Meta, read_meta
from technopole.snapshots.upstream import Upstream, UpstreamFile, read_lock

FOLDER = Path(__file__).parent


class Reader(Protocol):
    """The one function that a source.py must have."""

    def records(self, upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
        """Read the upstream files; return one line for each row that counts, in RECORD_SCHEMA."""
        ...


@dataclass(frozen=True)
class Source:
    """One source: what a person declared, what a program locked, and how its files are read."""

    meta: Meta
    folder: Path

    @property
    def id(self) -> str:
        """Name of the folder, and id everywhere."""
        return self.meta.id

    def lock(self) -> dict[str, UpstreamFile]:
        """Pinned upstream files."""
        return read_lock(self.folder / "lock.csv")

    def records(self, upstream: Upstream, cities: Resolver) -> pl.DataFrame:
        """Read the records of the source; see `Reader.records`."""
        reader = cast(Reader, importlib.import_module(f"technopole.sources.{self.id}.source"))
        return reader.records(upstream, self.meta, cities)


def all_source_ids() -> list[str]:
    """Ids of all sources, sorted: those that enter an edition, and the adapters."""
    return sorted(path.parent.name for path in FOLDER.glob("*/meta.yaml"))


def source_ids() -> list[str]:
    """Ids of the sources that enter an edition, sorted."""
    return [name for name in all_source_ids() if load_source(name).meta.shipped]


def adapter_ids() -> list[str]:
    """Ids of the sources whose licence keeps them out of an edition, sorted: they read a file that the user brings."""
    return [name for name in all_source_ids() if not load_source(name).meta.shipped]


def load_source(source_id: str) -> Source:
    """Read one source's declaration.

    Raises
    ------
    FrameworkError : its meta.yaml is absent or breaks the schema.
    """
    folder = FOLDER / source_id
    return Source(read_meta(folder / "meta.yaml"), folder)
