"""Parquet files that may be damaged: what makes the library panic or end the process is an error of one line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

TRIAL: Final = "import sys, polars; polars.read_parquet(sys.argv[1], hive_partitioning=False)"


@contextmanager
def damage_is_an_error() -> Iterator[None]:
    """Let a panic of Polars, which no ``except Exception`` catches, be a ComputeError of one line."""
    try:
        yield
    except pl.exceptions.PanicException as error:
        raise pl.exceptions.ComputeError("the file is damaged") from error


def check_parquet(path: Path) -> None:
    """Read a stranger's Parquet file in a process of its own, before `parquet` does.

    A damaged page may ask for more memory than there is, and then Polars ends the process; on other damage it panics
    and prints where. Costs the start of a process and a second reading.

    Raises
    ------
    polars.exceptions.ComputeError : absent, or not whole.
    """
    trial = subprocess.run(
        [sys.executable, "-P", "-c", TRIAL, str(path)], capture_output=True, text=True, errors="replace", check=False
    )
    if trial.returncode:
        said = (trial.stderr.strip().splitlines() or [""])[-1]
        own = said.startswith("polars.exceptions.") and "Panic" not in said
        raise pl.exceptions.ComputeError(said.partition(": ")[2] if own else "the file is damaged")


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
