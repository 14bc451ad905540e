"""A workbook of the COIN Tool (JRC's Excel tool for composite indicators) as a table and a framework.

The places are those that COINr 1.1.14 reads (`import_coin_tool`, COIN Tool v1). On the sheet Database an indicator is a
column from E on, with its weight (row 7), direction (8), lower and upper goalpost (9, 10), its nodes from the index
down (11 to 14), name (15) and code (16), and values from row 17 on; units stand in B (name) and C (code). On the sheet
Framework, from row 5 on, a node's code stands in C, its weight in E, how it is aggregated in F, its name in H. Unlike
COINr, normalisation (Database, column C above row 7) and aggregation are read too; how the tool treats outliers isn't.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.core.errors import FrameworkError, InputError
from technopole.index.generic import GenericFramework, parse_generic
from technopole.index.tabular import MISSING
from technopole.snapshots.tables import ROW, read_cells, sheet_names

SHEETS: Final = ("Database", "Framework")
WEIGHT, DIRECTION, LOW, HIGH, INDEX, LOWEST, NAME, CODE, VALUES = 7, 8, 9, 10, 11, 14, 15, 16, 17
FIRST: Final = 5
"""Column E, and the row of the first node."""
UNUSED: Final = MISSING | {"--", "-"}
AGGREGATED: Final = {"arithmetic": "arithmetic", "geometric": "geometric"}
Cells = list[list[str | None]]


@dataclass(frozen=True)
class CoinTool:
    """What a workbook holds: table (uCode, uName, one text column an indicator, `_row`), framework, what isn't read."""

    table: pl.DataFrame
    framework: GenericFramework
    remarks: tuple[str, ...]


def read_coin_tool(path: Path) -> CoinTool:
    """Read a workbook of the COIN Tool (.xlsx, .xlsm).

    Raises
    ------
    InputError : no such file, another workbook, no indicators or units.
    FrameworkError : a weight, direction or goalpost that is no number; an aggregation that there isn't; a code twice.
    """
    if not path.is_file():
        raise InputError(f"There is no file {path}.", "Name a workbook of the COIN Tool.")
    names = sheet_names(path)
    if missing := [sheet for sheet in SHEETS if sheet not in names]:
        raise InputError(f"{path.name} has no sheet {missing[0]!r}:", "give a workbook of the COIN Tool.")
    database, nodes = read_cells(path, SHEETS[0]), _nodes(read_cells(path, SHEETS[1]), path.name)
    columns = [
        column for column in range(FIRST, max(map(len, database), default=0) + 1)
        if _text(database, CODE, column)
        and any(_text(database, row, column) for row in range(VALUES, len(database) + 1))
    ]  # fmt: skip
    rows = [
        row for row in range(VALUES, len(database) + 1)
        if _text(database, row, 3) and any(_text(database, row, column) for column in columns)
    ]  # fmt: skip
    if not columns or not rows:
        raise InputError(f"{path.name}: no indicator has values on the sheet Database.", "Fill it in from E16 on.")
    codes = [_text(database, CODE, column) for column in columns]
    if twice := sorted({code for code in codes if codes.count(code) > 1}):
        raise FrameworkError(f"{path.name}: the code {twice[0]!r} stands twice in row {CODE}.", "Give each its own.")
    table = pl.DataFrame(
        {
            ROW: [str(row) for row in rows],
            "uCode": [_text(database, row, 3) for row in rows],
            "uName": [_text(database, row, 2) or _text(database, row, 3) for row in rows],
            **{code: [_text(database, row, column) or None for row in rows]
               for code, column in zip(codes, columns, strict=True)},
        }
    )  # fmt: skip
    normalise, posts, remarks = _normalisation(database, path.name)
    tree = _tree(database, columns, nodes, posts, path.name)
    declared = {
        "index": tree, "unit": {"id": "uCode", "name": "uName"}, "defaults": {"normalise": normalise},
    }  # fmt: skip
    remarks.append("outliers are not treated: what the COIN Tool did to them isn't read; choose `treat`")
    return CoinTool(table, parse_generic(declared, path.name), tuple(remarks))


def _text(cells: Cells, row: int, column: int) -> str:
    """Text of a cell, counted from 1; "" for what is missing, "--" and beyond the sheet."""
    if row > len(cells) or column > len(cells[row - 1]):
        return ""
    text = cells[row - 1][column - 1] or ""
    return "" if text in UNUSED else text


def _number(cells: Cells, row: int, column: int, what: str) -> float:
    """Read a number; NaN where the cell is empty."""
    text = _text(cells, row, column)
    try:
        value = float(text or "nan")
    except ValueError:
        value = math.inf
    if math.isinf(value):
        raise FrameworkError(f"{what} is {text!r}, no number.", "Write one into the workbook.")
    return value


def _nodes(cells: Cells, where: str) -> dict[str, dict[str, Any]]:
    """Nodes of the sheet Framework: code -> title, weight and aggregation."""
    found: dict[str, dict[str, Any]] = {}
    for row in range(FIRST, len(cells) + 1):
        code = _text(cells, row, 3)
        if not code:
            continue
        said = _text(cells, row, 6).lower() or "arithmetic"
        if said not in AGGREGATED:
            raise FrameworkError(f"{where}: {code!r} is aggregated by {said!r}.", "It takes Arithmetic or Geometric.")
        weight = _number(cells, row, 5, f"{where}: the weight of {code!r}")
        found[code] = {
            "id": code, "title": _text(cells, row, 8), "weight": 1.0 if math.isnan(weight) else weight,
            "aggregate": AGGREGATED[said],
        }  # fmt: skip
    return found


def _tree(
    cells: Cells, columns: list[int], nodes: dict[str, dict[str, Any]], posts: bool, where: str
) -> dict[str, Any]:
    """Nest the nodes as the indicators name them; a node whose only child is a node gives its place to it."""
    placed: dict[str, dict[str, Any]] = {}
    parents: dict[str, str | None] = {}
    for column in columns:
        way = [code for row in range(INDEX, LOWEST + 1) if (code := _text(cells, row, column))]
        leaf = _leaf(cells, column, posts, where)
        if not way:
            raise FrameworkError(f"{where}: {leaf['indicator']!r} belongs to no node (rows {INDEX} to {LOWEST}).")
        for above, code in zip([None, *way], way, strict=False):
            if parents.setdefault(code, above) != above:
                raise FrameworkError(
                    f"{where}: {code!r} lies below {parents[code] or 'nothing'} and below {above or 'nothing'}.",
                    f"Give it one place in rows {INDEX} to {LOWEST} of Database.",
                )
            if code in placed:
                continue
            placed[code] = {**nodes.get(code, {"id": code}), "children": []}
            if above is not None:
                placed[above]["children"].append(placed[code])
        placed[way[-1]]["children"].append(leaf)
    roots = [code for code, above in parents.items() if above is None]
    if len(roots) > 1:
        raise FrameworkError(f"{where}: {roots[0]!r} and {roots[1]!r} are both on top.", "One is the index.")
    return _shortened(placed[roots[0]])


def _shortened(node: dict[str, Any]) -> dict[str, Any]:
    if "children" not in node:
        return node
    children = node["children"]
    while len(children) == 1 and "children" in children[0]:
        node = {**node, "aggregate": children[0].get("aggregate", "arithmetic")}
        children = children[0]["children"]
    return {**node, "children": [_shortened(child) for child in children]}


def _leaf(cells: Cells, column: int, posts: bool, where: str) -> dict[str, Any]:
    code = _text(cells, CODE, column)
    weight = _number(cells, WEIGHT, column, f"{where}: the weight of {code!r}")
    direction = _number(cells, DIRECTION, column, f"{where}: the direction of {code!r}")
    if direction not in {1.0, -1.0}:
        raise FrameworkError(f"{where}: the direction of {code!r} is {direction:g}.", "Write 1 or -1 into row 8.")
    leaf = {
        "indicator": code, "title": _text(cells, NAME, column), "direction": int(direction),
        "weight": 1.0 if math.isnan(weight) else weight,
    }  # fmt: skip
    if posts:
        low, high = (_number(cells, row, column, f"{where}: a goalpost of {code!r}") for row in (LOW, HIGH))
        if not low < high:
            raise FrameworkError(f"{where}: the goalposts of {code!r} are {low:g} and {high:g}.", "Lower comes first.")
        leaf["normalise"] = {"method": "goalposts", "low": low, "high": high, "scale": 100.0}
    return leaf


def _normalisation(cells: Cells, where: str) -> tuple[dict[str, Any], bool, list[str]]:
    """Read how the tool normalises: the default, whether by goalposts, and what can't be taken over."""
    said = {_text(cells, row, 3).rstrip(":").lower(): row for row in range(1, WEIGHT)}

    def number(label: str, otherwise: float) -> float:
        value = _number(cells, said[label], 4, f"{where}: the {label}") if label in said else math.nan
        return otherwise if math.isnan(value) else value

    low, high = number("minimum score", 0.0), number("maximum score", 100.0)
    scaled = {"method": "min_max", "low": low, "high": high}
    method = _text(cells, said["normalisation method"], 4).lower() if "normalisation method" in said else "minmax"
    if method == "dataz":
        spread = number("mean score", 50.0), number("standard deviation", 10.0)
        return {"method": "z_score", "mean": spread[0], "sd": spread[1]}, False, []
    if method == "goalposts" and (low, high) == (0.0, 100.0):
        return scaled, True, []
    remarks = [] if method in {"", "minmax"} else [f"the workbook normalises by {method!r}; here it is min_max"]
    return scaled, False, remarks
