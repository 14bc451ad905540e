"""A whole run in one file: table, framework and results, so that anyone can replay it and see that it is the same.

The file is JSON (``.gz``: compressed): the columns that the framework names, as text and numbers; the framework with
every choice spelled out; ranks and scores to read; and a digest of every stage, which a replay must meet to the last
bit. Where it doesn't (another processor or library may round otherwise), the message says which stage differs first,
by how much the scores do, and with which versions each was made.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.core.errors import InputError
from technopole.editions.atomic import replaced_file
from technopole.index.generic import GenericFramework, parse_generic
from technopole.index.scoring import Floats, GenericRun, score
from technopole.index.tabular import read_table
from technopole.snapshots.tables import ROW

FORMAT: Final = "technopole-run"
VERSION: Final = 1
LARGEST: Final = 500_000_000
"""Bytes of JSON that are read at most; a compressed file can't swell beyond it."""
KINDS: Final = {"text": pl.String, "integer": pl.Int64, "float": pl.Float64, "boolean": pl.Boolean}


def save_run(run: GenericRun, data: Path | pl.DataFrame, path: Path) -> int:
    """Write a run and the table that it was made of to a file, whole or not at all; returns its bytes.

    Raises
    ------
    InputError : the table doesn't give this run (it was changed meanwhile), or the path can't be written.
    """
    columns = _packed(_used(data if isinstance(data, pl.DataFrame) else read_table(data), run.framework))
    if stage_digests(score(_unpacked(columns), run.framework)) != stage_digests(run):
        raise InputError("The table has changed since it was scored.", "Score it again.")
    shape = {
        "format": FORMAT,
        "version": VERSION,
        "made_with": made_with(),
        "framework": run.framework.model_dump(mode="json"),
        "table": columns,
        "result": run.to_json(),
        "stages": stage_digests(run),
    }
    content = json.dumps(shape, ensure_ascii=False, allow_nan=False).encode() + b"\n"
    packed = gzip.compress(content, mtime=0) if path.suffix == ".gz" else content
    with replaced_file(path) as temporary:
        temporary.write_bytes(packed)
    return len(packed)


def replay_run(path: Path) -> tuple[GenericRun, pl.DataFrame]:
    """Compute a saved run anew, and hold every stage to what was saved; give it with its table.

    Raises
    ------
    InputError : no such file, not a run, or a result that isn't the same to the last bit.
    """
    shape = _read(path)
    try:
        framework = parse_generic(shape["framework"], path.name)
        table = _unpacked(shape["table"])
        run = score(table, framework)
        saved, result, made = dict(shape["stages"]), dict(shape["result"]), dict(shape["made_with"])
    except (KeyError, TypeError, ValueError, pl.exceptions.PolarsError) as error:
        raise InputError(f"{path.name} isn't a whole run ({error}).", "Save it anew.") from error
    found = stage_digests(run)
    different = [stage for stage in found if found[stage] != saved.get(stage)]
    if different or set(saved) != set(found):
        raise InputError(
            f"{path.name}: the replay differs from stage {(different or ['?'])[0]!r} on; scores by at most "
            f"{_largest_difference(run, result)}. Saved with {_words(made)}; here {_words(made_with())}.",
            "Replay it with the versions that it was saved with.",
        )
    return run, table


def made_with() -> dict[str, str]:
    """Versions that decide how numbers are rounded."""
    try:
        own = version("technopole")
    except PackageNotFoundError:  # run from a source tree
        own = "source"
    libraries = {name: version(name) for name in ("numpy", "scipy", "polars")}
    return {"technopole": own, "python": platform.python_version(), "machine": platform.machine(), **libraries}


def stage_digests(run: GenericRun) -> dict[str, str]:
    """Hash of the bytes of every stage, in the order of the stages; all that is missing counts as one NaN."""
    units = json.dumps([run.ids, run.names, run.screened, run.times]).encode()
    return {"units": hashlib.sha256(units).hexdigest()} | {
        name: hashlib.sha256(np.where(np.isnan(stage), np.nan, stage).tobytes()).hexdigest()
        for name, stage in _stages(run)
    }


def _stages(run: GenericRun) -> Iterator[tuple[str, Floats]]:
    yield "denominated", run.denominated
    yield "imputed", run.imputed
    yield "treated", run.treated
    yield "normalised", run.normalised
    yield "weights", np.array(list(run.weights.values()))
    for name, scores in run.scores.items():
        yield f"score of {name}", scores
    yield "ranks", run.ranks.astype(np.float64)


def _used(table: pl.DataFrame, framework: GenericFramework) -> pl.DataFrame:
    """Columns that the framework can read: what it doesn't name stays with its owner."""
    named = set(_texts(framework.model_dump(mode="json")))
    return table.select([name for name in table.columns if name in named or name == ROW])


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            yield key
            yield from _texts(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _texts(one)


def _packed(table: pl.DataFrame) -> list[dict[str, Any]]:
    return [_column(series) for series in table.iter_columns()]


def _column(series: pl.Series) -> dict[str, Any]:
    if series.dtype == pl.Boolean:
        return {"name": series.name, "kind": "boolean", "values": series.to_list()}
    if series.dtype.is_integer():
        return {"name": series.name, "kind": "integer", "values": series.to_list()}
    if series.dtype.is_numeric():
        return {"name": series.name, "kind": "float", "values": series.cast(pl.Float64).fill_nan(None).to_list()}
    values = [None if cell is None else str(cell) for cell in series.to_list()]
    return {"name": series.name, "kind": "text", "values": values}


def _unpacked(columns: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([pl.Series(one["name"], one["values"], dtype=KINDS[one["kind"]]) for one in columns])


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputError(f"There is no file {path}.", "Name a run that `technopole score --save` has written.")
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise InputError(f"{path.name} holds more than {LARGEST:,} bytes.", "Save a smaller run.")
        shape = json.loads(content)
    except (OSError, EOFError, ValueError, RecursionError) as error:
        raise InputError(f"{path.name} can't be read as a run ({error}).", "Save it anew.") from error
    if not isinstance(shape, dict) or shape.get("format") != FORMAT:
        raise InputError(f"{path.name} isn't a saved run.", "Name a file that `technopole score --save` has written.")
    if shape.get("version") != VERSION:
        raise InputError(f"{path.name} is of version {shape.get('version')}.", "Use the technopole that wrote it.")
    return shape


def _largest_difference(run: GenericRun, result: dict[str, Any]) -> str:
    here = {(unit["id"], unit.get("time")): unit["score"] for unit in run.to_json()["units"]}
    try:
        scores = {(unit["id"], unit.get("time")): unit["score"] for unit in result.get("units", [])}
        both = [abs(here[key] - scores[key]) for key in here if here[key] is not None and scores.get(key) is not None]
    except (KeyError, TypeError, AttributeError):
        both = []
    return f"{max(both):.1e}" if both else "an unknown amount"


def _words(made: dict[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in made.items())
