"""COINr's iMeta as a framework."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import FrameworkError
from technopole.index.generic import GenericFramework, parse_generic
from technopole.index.tabular import MISSING, labels, numbers, read_table

DEEPEST: Final = 40


def framework_from_imeta(
    path: Path,
    choices: dict[str, Any] | None = None,
    denominate: bool = False,
    named: bool = True,
    time: str | None = None,
) -> GenericFramework:
    """Make a framework of COINr's iMeta: iCode, iName, Type, Direction, Weight, Parent, Unit, if wanted Denominator.

    Indicators are min-max normalised and nodes are weighted arithmetic means, unless `choices` (of
    `generic.Defaults`) say otherwise. Units are uCode and, if `named`, uName; `time` is a panel's column.
    Rows whose Type is neither Indicator nor Aggregate (groups, denominators) only describe columns of iData. The
    targets of `distance_to_targets` are those of the column Target.

    Raises
    ------
    FrameworkError : a code twice, an unknown or missing parent, a circle, several roots, more than 40 levels, a
        direction or weight that isn't one.
    """
    meta = _read(path)
    parents = {code: meta.parents[place] for code, place in meta.rows.items()}
    roots = [code for code, parent in parents.items() if parent in MISSING]
    if len(roots) != 1:
        some = ", ".join(roots[:5]) or "none"
        raise FrameworkError(f"{meta.where}: {len(roots)} rows have no Parent ({some}).", "Exactly one is the index.")
    children: dict[str, list[str]] = {}
    for code, parent in parents.items():
        if code == roots[0]:
            continue
        if parent not in meta.rows or meta.kinds[meta.rows[parent]] != "Aggregate":
            raise FrameworkError(f"{meta.where}: the parent {parent!r} of {code!r} is no aggregate.", "Add its row.")
        children.setdefault(parent, []).append(code)
    _refuse_circles(roots[0], children, meta)
    unit = {"id": "uCode", "name": "uName" if named else None, "time": time}
    tree = _entry(roots[0], children, meta, denominate)
    defaults, normalise = dict(choices or {}), (choices or {}).get("normalise")
    if isinstance(normalise, dict) and normalise.get("method") == "distance_to_targets":
        _set_targets(tree, defaults.pop("normalise"), meta)
    return parse_generic({"index": tree, "unit": unit, "defaults": defaults}, meta.where)


def panel_column(data: Path) -> str | None:
    """Name the column Time where iData is a panel: a unit stands in it more than once."""
    table = read_table(data)
    if "Time" not in table.columns or "uCode" not in table.columns:
        return None
    return "Time" if table["uCode"].n_unique() < table.height else None


def denominators(path: Path) -> int:
    """Count the indicators for which iMeta names a denominator."""
    meta = _read(path)
    return sum(meta.denominators[place] not in MISSING for place in meta.rows.values())


@dataclass(frozen=True)
class _Meta:
    where: str
    rows: dict[str, int]
    kinds: list[str]
    parents: list[str]
    weights: NDArray[np.float64]
    directions: NDArray[np.float64]
    denominators: list[str]
    titles: list[str]
    units: list[str]
    targets: NDArray[np.float64] | None


def _read(path: Path) -> _Meta:
    table, where = read_table(path), path.name
    codes, kinds = labels(table, "iCode", where), labels(table, "Type", where)
    rows: dict[str, int] = {}
    for place, (code, kind) in enumerate(zip(codes, kinds, strict=True)):
        if kind not in {"Indicator", "Aggregate"}:
            continue
        if code in rows or not code:
            raise FrameworkError(f"{where}: iCode {code!r} is empty or stands twice.", "Give each its own.")
        rows[code] = place
    return _Meta(
        where,
        rows,
        kinds,
        labels(table, "Parent", where),
        numbers(table, "Weight", where),
        numbers(table, "Direction", where),
        _texts(table, "Denominator", where),
        _texts(table, "iName", where),
        _texts(table, "Unit", where),
        numbers(table, "Target", where) if "Target" in table.columns else None,
    )


def _texts(table: pl.DataFrame, column: str, where: str) -> list[str]:
    return labels(table, column, where) if column in table.columns else [""] * table.height


def _set_targets(entry: dict[str, Any], normalise: dict[str, Any], meta: _Meta) -> None:
    """Write each indicator's target into its own choice, at the leaves."""
    if "children" in entry:
        for child in entry["children"]:
            _set_targets(child, normalise, meta)
        return
    target = meta.targets[meta.rows[entry["indicator"]]] if meta.targets is not None else np.nan
    if np.isnan(target):
        raise FrameworkError(f"{meta.where}: {entry['indicator']!r} has no Target.", "Fill the column Target.")
    entry["normalise"] = {"targets": float(target), **normalise}


def _refuse_circles(root: str, children: dict[str, list[str]], meta: _Meta) -> None:
    level, reached = [root], {root}
    for _ in range(DEEPEST):
        level = [child for code in level for child in children.get(code, [])]
        reached.update(level)
    if level:
        raise FrameworkError(f"{meta.where} has more than {DEEPEST} levels.", "Flatten the hierarchy.")
    stray = [code for code in meta.rows if code not in reached]
    if stray:
        raise FrameworkError(f"{meta.where}: {stray[0]!r} lies in a circle of parents.", "Lead each to the index.")


def _entry(code: str, children: dict[str, list[str]], meta: _Meta, denominate: bool) -> dict[str, Any]:
    place = meta.rows[code]
    weight = 1.0 if np.isnan(meta.weights[place]) else float(meta.weights[place])
    title, unit = meta.titles[place], meta.units[place]
    titled = {} if title in {*MISSING, code} else {"title": title}
    if meta.kinds[place] == "Aggregate":
        below = [_entry(child, children, meta, denominate) for child in children.get(code, [])]
        return {"id": code, **titled, "weight": weight, "children": below}
    direction = meta.directions[place]
    if direction not in {1.0, -1.0}:
        raise FrameworkError(f"{meta.where}: the Direction of {code!r} is {direction:g}.", "Write 1 or -1.")
    divided = denominate and meta.denominators[place] not in MISSING
    return {
        "indicator": code,
        **titled,
        "unit": "" if unit in MISSING else unit,
        "weight": weight,
        "direction": int(direction),
        "denominator": meta.denominators[place] if divided else None,
    }
