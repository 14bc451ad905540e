"""Parquet files that may be damaged: where the library panics on one, it is an error like any other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl


@contextmanager
def damage_is_an_error() -> Iterator[None]:
    """Let a panic of Polars, which no ``except Exception`` catches, be a ComputeError of one line."""
    try:
        yield
    except pl.exceptions.PanicException as error:
        raise pl.exceptions.ComputeError("the file is damaged") from error


def parquet(source: Path | bytes, columns: list[str] | None = None) -> pl.DataFrame:
    """Read a Parquet file; folders' names are no columns.

    Raises
    ------
    polars.exceptions.PolarsError, OSError : absent, or not whole.
    """
    with damage_is_an_error():
        return pl.read_parquet(source, columns=columns, hive_partitioning=False)


def parquet_metadata(path: Path) -> dict[str, str]:
    """Key-value metadata of a Parquet file; raises as `parquet`."""
    with damage_is_an_error():
        return pl.read_parquet_metadata(path)


def parquet_height(path: Path) -> int:
    """Number of rows of a Parquet file, without reading them; raises as `parquet`."""
    with damage_is_an_error():
        return int(pl.scan_parquet(path, hive_partitioning=False).select(pl.len()).collect().item())
