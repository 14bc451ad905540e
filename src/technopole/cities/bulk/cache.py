"""The user's cache of tables of cells. It may be lost or damaged at any time: then a table is made anew."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from technopole.cities.bulk.territory import CELL_SCHEMA
from technopole.snapshots.parquet import parquet

CACHE_VARIABLE = "TECHNOPOLE_CACHE"
ABANDONED_SECONDS = 3600


def cache_folder() -> Path:
    """Folder of the user's cache: ``$TECHNOPOLE_CACHE``, else ``technopole`` in ``$XDG_CACHE_HOME`` or ``~/.cache``."""
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "technopole"


def cached(folder: Path | None, digest: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
    """Take a table of cells from the cache, or make it and keep it.

    The file's name carries the digest of what the table was made from and the hash of its own bytes: a truncated or
    changed file is never used. A cache that can't be written costs time, nothing else.
    """
    if folder is None:
        return make()
    for path in sorted(folder.glob(f"cells-{digest[:16]}-*.parquet")):
        with contextlib.suppress(OSError, pl.exceptions.PolarsError):
            content = path.read_bytes()
            if path.stem.endswith(hashlib.sha256(content).hexdigest()[:16]):
                cells = parquet(content)
                if cells.schema == pl.Schema(CELL_SCHEMA):
                    return cells
            path.unlink()
    cells = make()
    # polars says of a full disk that it can't compute
    with contextlib.suppress(OSError, pl.exceptions.ComputeError):
        _keep(folder, digest, cells)
    return cells


def _keep(folder: Path, digest: str, cells: pl.DataFrame) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(".cells-*.new"):  # of a killed process: writing one takes seconds
        if time.time() - left.stat().st_mtime > ABANDONED_SECONDS:
            left.unlink(missing_ok=True)
    handle, name = tempfile.mkstemp(prefix=".cells-", suffix=".new", dir=folder)
    os.close(handle)
    temporary = Path(name)
    try:
        cells.write_parquet(temporary, compression="zstd")
        own = hashlib.sha256(temporary.read_bytes()).hexdigest()[:16]
        temporary.replace(folder / f"cells-{digest[:16]}-{own}.parquet")
    finally:
        temporary.unlink(missing_ok=True)
