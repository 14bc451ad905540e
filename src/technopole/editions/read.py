"""Open and verify an edition."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.cities.tables import CityTables, read_parquet
from technopole.core.errors import EditionError
from technopole.core.types import Boundary
from technopole.editions.atomic import recover
from technopole.editions.format import FORMAT, FRAMEWORK, INDICATORS, MANIFEST, REFERENCE, TABLES, content_digest
from technopole.editions.shipped import latest_edition
from technopole.index.framework import Framework, read_framework
from technopole.index.matrix import Matrix, build_matrix
from technopole.indicators.declarations import Catalogue, catalogue
from technopole.snapshots.upstream import sha256_of

_MANIFEST_KEYS: Final = {"id": str, "content_digest": str, "sources": dict, "inputs": dict, "files": dict}


@dataclass(frozen=True)
class Edition:
    """A published dataset. Tables are read when asked for, once. Two are equal when they stand in one folder."""

    folder: Path
    manifest: dict[str, Any] = field(compare=False)

    @property
    def id(self) -> str:
        """Name of the edition."""
        return str(self.manifest["id"])

    @property
    def sources(self) -> dict[str, dict[str, Any]]:
        """Declarations, licences and counts of the sources, by id."""
        sources: dict[str, dict[str, Any]] = self.manifest["sources"]
        return sources

    def table(self, name: str) -> pl.DataFrame:
        """One of format.TABLES.

        Raises
        ------
        EditionError : absent or corrupted.
        """
        return _table(self.folder / f"{name}.parquet")

    def part(self, name: str, column: str, value: str) -> pl.DataFrame:
        """Rows of a table that have this value in a column; the table is divided once, for all values."""
        path = self.folder / f"{name}.parquet"
        return _parts(path, column).get((value,), _table(path).clear())

    def frame(self) -> pl.DataFrame:
        """Cities of the frame (cities.tables.FRAME_SCHEMA)."""
        return _table(self.folder / REFERENCE / "frame.parquet")

    def cities(self) -> CityTables:
        """All reference tables: what `resolve` needs."""
        return _cities(self.folder / REFERENCE)

    def framework(self) -> Framework:
        """Read the framework that the results were made with."""
        return _framework(self.folder / FRAMEWORK)

    def catalogue(self) -> Catalogue:
        """Indicators: the package's, and after them the edition's own."""
        path = self.folder / INDICATORS
        if not path.is_file():
            return catalogue()
        return Catalogue(indicators=(*catalogue().indicators, *catalogue(path).indicators))

    def matrix(self, boundary: Boundary = Boundary.AGGLOMERATION, framework: Framework | None = None) -> Matrix:
        """Values of the ranked cities as the index takes them, by the edition's framework or by another."""
        return build_matrix(
            self.table("indicators"), self.frame(), framework or self.framework(), self.catalogue(), boundary
        )


@lru_cache(maxsize=32)
def _table(path: Path) -> pl.DataFrame:
    return read_parquet(path)


@lru_cache(maxsize=8)
def _parts(path: Path, column: str) -> dict[tuple[Any, ...], pl.DataFrame]:
    return _table(path).partition_by(column, as_dict=True)


@lru_cache(maxsize=8)
def _framework(path: Path) -> Framework:
    return read_framework(path)


@lru_cache(maxsize=2)
def _cities(folder: Path) -> CityTables:
    return CityTables.read(folder)


def open_edition(folder: Path | None = None) -> Edition:
    """Open an edition (the newest shipped one by default).

    Raises
    ------
    EditionError : no manifest there, not JSON, or of a format that this version can't read.
    """
    folder = latest_edition() if folder is None else folder
    recover(folder)
    path = folder / MANIFEST
    if not path.is_file():
        raise EditionError(f"{folder} is no edition: it has no {MANIFEST}:", "name the folder of an edition.")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # of which wrong encoding, wrong JSON
        raise EditionError(f"{path} is damaged: {error}.", "Restore the edition, or rebuild it.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise EditionError(f"{path} isn't of format {FORMAT}:", "use the version of technopole that wrote it.")
    for key, kind in _MANIFEST_KEYS.items():
        if not isinstance(manifest.get(key), kind):
            raise EditionError(f"{path} is damaged: it has no {key}.", "Restore the edition, or rebuild it.")
    if not all(isinstance(one, dict) for key in ("sources", "inputs", "files") for one in manifest[key].values()):
        raise EditionError(f"{path} is damaged: a part of it is no object.", "Restore the edition, or rebuild it.")
    return Edition(folder, manifest)


def verify_edition(edition: Edition) -> list[str]:
    """Check every file against the manifest, and the content digest.

    Returns
    -------
    Names of the files that were checked.

    Raises
    ------
    EditionError : a file is absent, unlisted or changed, or the tables say something else than the digest.
    """
    checked = verify_files(edition)
    tables = {name: read_parquet(edition.folder / f"{name}.parquet") for name in TABLES}
    if content_digest(tables) != edition.manifest["content_digest"]:
        raise EditionError("the tables don't have the content digest of the manifest:", "rebuild the edition.")
    return checked


def verify_files(edition: Edition) -> list[str]:
    """Check every file against the checksums of the manifest; see `verify_edition`."""
    listed: dict[str, dict[str, Any]] = edition.manifest["files"]
    present = {path.relative_to(edition.folder).as_posix() for path in edition.folder.rglob("*") if path.is_file()}
    strange = sorted(present - set(listed) - {MANIFEST})
    if strange:
        raise EditionError(f"{strange[0]} isn't listed in {MANIFEST}:", "remove it, or rebuild the edition.")
    for name, pinned in sorted(listed.items()):
        path = edition.folder / name
        if not path.is_file():
            raise EditionError(f"{name} is absent from the edition:", "restore it, or rebuild the edition.")
        if path.stat().st_size != pinned["bytes"] or sha256_of(path) != pinned["sha256"]:
            raise EditionError(f"{name} doesn't match its checksum:", "restore it, or rebuild the edition.")
    return sorted(listed)
