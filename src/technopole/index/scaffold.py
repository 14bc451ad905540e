"""A first framework for a table, to be changed by hand: what can be read off the columns, and a word on each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
import yaml

from technopole.core.errors import InputError
from technopole.index.generic import Choice, GenericFramework, Group, Indicator, parse_generic
from technopole.index.tabular import MISSING, labels, numbers
from technopole.index.uncertain import Uncertain
from technopole.kernel.treat import passes_skew_kurtosis
from technopole.snapshots.tables import ROW

TIMES: Final = ("time", "year", "period", "date", "quarter", "month")
POSITIONS: Final = frozenset({"lat", "lon", "lng", "latitude", "longitude"})
NUMBER: Final = re.compile(r"[<>~€$£]?\s*[-+]?\d[\d.,\s'’]*([eE][-+]?\d+)?\s*[%€$£*]?")
FEW: Final = 3
"""Values needed before a word on outliers makes sense."""


@dataclass(frozen=True)
class Scaffold:
    """A framework, a note on each indicator, and what else a reader should know of the columns."""

    framework: GenericFramework
    notes: Mapping[str, str]
    remarks: tuple[str, ...]


def scaffold(table: pl.DataFrame, name: str, where: str) -> Scaffold:
    """Make a framework of one level: every column of numbers that differ is an indicator of equal weight.

    The unit's id is the text column that tells the rows apart (of the first two the one of shorter texts; the other is
    the name); where a unit stands in several rows, a column called time, year, period and so on is the
    panel's. Nothing is imputed or treated.

    Parameters
    ----------
    table : of `tabular.read_table`. name : of the index. where : what messages call the table.

    Raises
    ------
    InputError : no column tells the units apart, or none holds numbers.
    """
    unit = _unit(table, where)
    used = set(unit.values())
    notes: dict[str, str] = {}
    remarks: list[str] = []
    present: list[np.ndarray[Any, Any]] = []
    for column in table.columns:
        if column == ROW or column in used:
            continue
        values, why = _values(table, column, where)
        if values is None:
            remarks.append(f"left out: {column} ({why})")
        else:
            notes[column] = _described(values)
            present.append(~np.isnan(values))
    if not notes:
        raise InputError(f"{where} has no column of numbers that differ:", "; ".join(remarks) or "give some.")
    silent = [place for place in range(table.height) if not any(there[place] for there in present)]
    if silent:
        names = ", ".join(labels(table, unit["id"], where)[place] or "?" for place in silent[:FEW])
        remarks.append(f"without any number: {names}; `screen: 0.5` leaves such rows out, or delete them")
    tree = {"id": _free(name, notes), "title": name, "children": [{"indicator": column} for column in notes]}
    return Scaffold(parse_generic({"unit": unit, "index": tree}, where), notes, tuple(remarks))


def of_framework(framework: GenericFramework, table: pl.DataFrame, where: str) -> Scaffold:
    """A framework that is there already, with notes on its indicators. Raises InputError for a column that isn't."""
    notes = {leaf.id: _described(numbers(table, leaf.id, where)) for leaf in framework.indicators()}
    return Scaffold(framework, notes, ())


def framework_text(made: Scaffold, command: str) -> str:
    """YAML of a framework, with what its reader may want to change; `parse_generic` reads the same framework from it.

    Parameters
    ----------
    command : which made it.
    """
    framework = made.framework
    lines = [f"# Made by `{command}`. Change what doesn't hold; all keys: docs/engine.md."]
    lines += [f"# {remark}" for remark in made.remarks]
    lines.append(f"unit: {_flow(framework.unit.model_dump(exclude_none=True))}")
    lines += _other("screen", framework) + _other("panel", framework)
    lines.append("defaults:")
    words = {
        "impute": "for gaps: mean, median, {method: group_mean, group: COLUMN}, nearest",
        "treat": "for outliers: skew_kurtosis_rule, log1p, winsorise_quantile",
        "normalise": "or z_score, rank, percentile_rank, {method: goalposts, low: 0, high: 50}",
        "aggregate": "or geometric, which needs values above 0: {method: min_max, low: 1, high: 100}",
        "weights": "as they stand below; or equal, principal_component, entropy",
    }
    for stage, word in words.items():
        lines.append(f"  {stage}: {_flow(_choice(getattr(framework.defaults, stage)))}  # {word}")
    lines += [
        "# direction: -1 where less is better; weight: 2 counts double; denominator: COLUMN divides by it.",
        "# A pillar: {id: skills, weight: 2, children: [{indicator: COLUMN}, {indicator: OTHER, direction: -1}]}",
        "index:",
        *("  " + line for line in _node(framework.index, made.notes)),
        "# What you would defend as well: `technopole uncertainty` and `sensitivity` draw from it.",
        "uncertainty:",
        *("  " + line for line in _uncertain(framework)),
    ]
    return "\n".join(lines) + "\n"


def _unit(table: pl.DataFrame, where: str) -> dict[str, str]:
    texts = [one for one in table.columns if one != ROW and _is_text(table, one, where)]
    time = None
    whole = [one for one in texts if _tells_apart(table, [one], where)]
    if not whole:
        for time in (one for wanted in TIMES for one in table.columns if one.lower() == wanted):
            whole = [one for one in texts if one != time and _tells_apart(table, [one, time], where)]
            if whole:
                break
    known = [one for one in table.columns if one != ROW]
    first = known[0]
    if not whole and _tells_apart(table, [first], where):
        whole, time = [first], None
    if not whole:
        raise InputError(
            f"{where} has no column that tells its units apart:",
            f"its first row names the columns (now {', '.join(known[:3])}), each row its unit, in a panel and year.",
        )
    whole = whole[:2]
    shortest = min(whole, key=lambda one: (sum(map(len, labels(table, one, where))), whole.index(one)))
    others = [one for one in whole if one != shortest]
    return {"id": shortest, **({"name": others[0]} if others else {}), **({"time": time} if time else {})}


def _is_text(table: pl.DataFrame, column: str, where: str) -> bool:
    """Whether most of what differs in a column isn't a number."""
    if table[column].dtype != pl.String:
        return False
    texts = set(labels(table, column, where)) - MISSING
    return sum(map(_a_number, texts)) * 2 <= len(texts) and bool(texts)


def _tells_apart(table: pl.DataFrame, columns: Sequence[str], where: str) -> bool:
    rows = list(zip(*(labels(table, column, where) for column in columns), strict=True))
    return all(all(row) for row in rows) and len(set(rows)) == len(rows)


def _values(table: pl.DataFrame, column: str, where: str) -> tuple[np.ndarray[Any, Any] | None, str]:
    """A column as numbers, or why it's no indicator."""
    try:
        values = numbers(table, column, where)
    except InputError as error:
        if not _is_text(table, column, where):
            return None, error.what.removeprefix(f"{where} ")
        texts = set(labels(table, column, where)) - MISSING
        return None, f"{len(texts)} texts" + ("; can group units" if 2 * len(texts) <= table.height else "")
    present = values[~np.isnan(values)]
    if not present.size:
        return None, "empty"
    if np.ptp(present) == 0:
        return None, f"{present[0]:g} in every row that has it"
    if column.lower() in POSITIONS:
        return None, "a position"
    return values, ""


def _a_number(text: str) -> bool:
    """Whether a text is a number, or one with a sign, a unit of money, a per cent or separators that aren't read."""
    return NUMBER.fullmatch(text.strip()) is not None


def _described(values: np.ndarray[Any, Any]) -> str:
    present = values[~np.isnan(values)]
    if not present.size:
        return "empty"
    words = [f"{present.min():g} to {present.max():g}"]
    missing = values.size - present.size
    if missing:
        words.append(f"{missing} of {values.size} missing")
    if present.size > FEW and not passes_skew_kurtosis(present):
        words.append("outliers")
    return ", ".join(words)


def _free(name: str, taken: Mapping[str, str]) -> str:
    """The name of the index, where no column has it."""
    return name if name not in taken else f"{name}_index"


def _node(node: Group, notes: Mapping[str, str]) -> list[str]:
    own = node.model_dump(mode="json", exclude={"children", "aggregate", "weights"}, exclude_defaults=True)
    for stage in ("aggregate", "weights"):
        if getattr(node, stage) is not None:
            own[stage] = _choice(getattr(node, stage))
    lines = [f"{key}: {_flow(value)}" for key, value in own.items()] + ["children:"]
    for child in node.children:
        if isinstance(child, Group):
            first, *others = _node(child, notes)
            lines += [f"  - {first}", *("    " + line for line in others)]
        else:
            note = notes.get(child.id)
            lines.append(f"  - {_flow(_leaf(child))}" + (f"  # {note}" if note else ""))
    return lines


def _leaf(leaf: Indicator) -> dict[str, Any]:
    own = leaf.model_dump(mode="json", exclude={"treat", "impute", "normalise"}, exclude_defaults=True)
    for stage in ("impute", "treat", "normalise"):
        if getattr(leaf, stage) is not None:
            own[stage] = _choice(getattr(leaf, stage))
    return own


def _choice(choice: Choice) -> Any:
    return {"method": choice.method, **choice.parameters} if choice.parameters else choice.method


def _other(key: str, framework: GenericFramework) -> list[str]:
    own = getattr(framework, key).model_dump(mode="json", exclude_defaults=True)
    return [f"{key}: {_flow(own)}"] if own else []


def _uncertain(framework: GenericFramework) -> list[str]:
    if framework.uncertainty != Uncertain():
        own = framework.uncertainty.model_dump(mode="json", exclude_defaults=True)
        return [f"{key}: {_flow(value)}" for key, value in own.items()]
    normalise = _choice(framework.defaults.normalise)
    return [
        "replicates: 1000",
        "weights: {kind: bounded, factor: 2}  # each between half and double",
        "choices:",
        f"  - {_flow({'of': 'normalise', 'options': [normalise, 'rank']})}",
    ]


def _flow(value: Any) -> str:
    """One line of YAML."""
    text = yaml.safe_dump(value, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf"))
    return text.removesuffix("\n").removesuffix("\n...")
