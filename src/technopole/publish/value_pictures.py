"""Pictures of values, as tables: bars, a scatter, a line of dots, distributions. `value_plots` draws them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.core.errors import InputError
from technopole.index.tree import Floats
from technopole.kernel.audit import correlations
from technopole.kernel.rank import competition_ranks
from technopole.kernel.treat import kurtosis, skewness
from technopole.publish.picture import Picture, checked_top
from technopole.publish.valued import Column, Valued

MOST_UNITS: Final = 200
MOST_POINTS: Final = 5000
MOST_PANELS: Final = 12
MOST_COLOURS: Final = 7
FORMS: Final = ("histogram", "violin", "box")
LOGS: Final = ("", "x", "y", "xy")
OTHERS: Final = "others"


@dataclass(frozen=True)
class Selection:
    """What of an index a picture of values shows, and how.

    Attributes
    ----------
    of : nodes, indicators or columns. stage : of indicators: measured, treated or normalised.
    stack : bars as the contributions of the node's children. group : column to colour by. mark : units to mark.
    log : axes, x, y or xy. stat : mean, median or a number. form : of distributions.
    """

    of: tuple[str, ...] = ()
    stage: str = "measured"
    stack: bool = False
    group: str | None = None
    mark: tuple[str, ...] = ()
    log: str = ""
    stat: str | None = None
    form: str = FORMS[0]


NOTHING: Final = Selection()
"""A selection that chooses nothing."""
TAKES: Final[Mapping[str, frozenset[str]]] = {
    "bar": frozenset({"of", "stage", "stack", "group", "mark"}),
    "scatter": frozenset({"of", "stage", "group", "mark", "log"}),
    "dot": frozenset({"of", "stage", "mark", "log", "stat"}),
    "distribution": frozenset({"of", "stage", "log", "form"}),
}
"""What each kind takes of a selection."""


def known_selection(kind: str, selection: Selection) -> Selection:
    """Return the selection. Raises InputError: something that this kind doesn't take, or that there isn't."""
    takes = TAKES.get(kind, frozenset())
    for one in fields(Selection):
        if getattr(selection, one.name) != one.default and one.name not in takes:
            of = " or ".join(name for name, taken in TAKES.items() if one.name in taken)
            raise InputError(f"A picture of {kind} takes no `{one.name}`:", f"it belongs to {of}.")
    if selection.form not in FORMS:
        raise InputError(f"There is no form {selection.form!r}:", f"choose {', '.join(FORMS)}.")
    axes = LOGS if kind == "scatter" else LOGS[:2]
    if selection.log not in axes:
        raise InputError(f"No {selection.log!r} can be logarithmic:", f"choose {', '.join(axes[1:])}.")
    if selection.stack and selection.group is not None:
        raise InputError("Bars have one colouring:", "give `stack` or `group`.")
    return selection


def of_values(kind: str, valued: Valued, selection: Selection, top: int) -> Picture:
    """Make a picture of values.

    Parameters
    ----------
    kind : a key of TAKES. top : so many bars; so many names beside points at most.

    Raises
    ------
    UnknownNameError, InputError : a node, indicator, column or unit that isn't there; what can't be drawn.
    """
    return _MADE[kind](valued, selection, checked_top(top, MOST_UNITS))


def _bar(valued: Valued, selection: Selection, top: int) -> Picture:
    name = _one(selection, valued)
    column = valued.column(name)
    order, ranks = _best_first(column)
    marked = _marked(valued, selection, order)
    shown = [int(row) for place, row in enumerate(order) if place < top or row in marked]
    parts: dict[str, Floats]
    if selection.stack:
        parts = _few({valued.title_of(child): part for child, part in valued.parts(name).items()})
    elif selection.group is not None:
        groups = _few_groups([valued.group(selection.group)[row] for row in shown])
        of = dict(zip(shown, groups, strict=True))
        parts = {
            group: np.array([column.values[row] if of.get(row) == group else np.nan for row in range(len(ranks))])
            for group in _by_size(groups)
        }
    else:
        parts = {"": column.values}
    rows = [
        {"label": f"{ranks[row]}  {valued.labels[row]}", "rank": int(ranks[row]), "value": float(column.values[row]),
         "part": part or None, "length": float(lengths[row]), "marked": row in marked}
        for row in shown for part, lengths in parts.items() if not np.isnan(lengths[row])
    ]  # fmt: skip
    notes = [
        valued.where,
        f"The first {min(top, len(order))} of {len(order)}, best first{_less(column)}.",
        *(_stacked_words(valued, name) if selection.stack else []),
        *valued.said_sources([name]),
    ]
    labels = dict.fromkeys(str(row["label"]) for row in rows)
    table = pl.DataFrame(rows, schema_overrides={"part": pl.String})
    options = (("axis", column.words), ("legend", selection.group or ""))
    return Picture("bar", _titled(valued, [column]), tuple(notes), table, tuple(labels), options)


def _scatter(valued: Valued, selection: Selection, top: int) -> Picture:
    if len(selection.of) != 2:
        raise InputError("A scatter shows two things:", "give `of` twice: nodes, indicators or columns, x before y.")
    x, y = (valued.column(name) for name in selection.of)
    kept, left = _drawable([x, y], [axis in selection.log for axis in "xy"])
    marked = _marked(valued, selection, kept)
    groups = [valued.group(selection.group)[row] for row in kept] if selection.group is not None else None
    best = np.argsort(-np.nan_to_num(valued.complete[valued.root], nan=-np.inf), kind="stable")
    wanted = [*sorted(marked), *[row for row in best.tolist()[:top] if row not in marked]]
    place = {row: number for number, row in enumerate(wanted)}
    rows = [
        {"label": valued.labels[row], "x": float(x.values[row]), "y": float(y.values[row]), "group": group,
         "marked": row in marked, "place": place.get(row)}
        for row, group in zip(kept, _few_groups(groups) if groups else [None] * len(kept), strict=True)
    ]  # fmt: skip
    found = correlations(np.stack([x.values[kept], y.values[kept]], axis=1), method="spearman")[0, 1]
    rho = "not defined" if np.isnan(found) else f"{found:.2f}"
    notes = (
        valued.where,
        f"{len(kept)} units{left}. Spearman's rank correlation: {rho}. Names: marked units, then the best {top} of "
        f"{valued.title_of(valued.root)}, where there is room.",
        *valued.said_sources(selection.of),
    )
    options = (("log", selection.log), ("legend", selection.group or ""))
    table = pl.DataFrame(rows, schema_overrides={"group": pl.String, "place": pl.Int64}, infer_schema_length=None)
    return Picture("scatter", _titled(valued, [x, y]), notes, table, (x.words, y.words), options)


def _dot(valued: Valued, selection: Selection, _: int) -> Picture:
    name = _one(selection, valued)
    column = valued.column(name)
    kept, left = _drawable([column], ["x" in selection.log])
    marked = _marked(valued, selection, kept)
    rows = [{"label": valued.labels[row], "value": float(column.values[row]), "marked": row in marked} for row in kept]
    notes = (valued.where, f"A dot: one of {len(kept)} units{left}.", *valued.said_sources([name]))
    options: list[tuple[str, str]] = [("log", selection.log)]
    if selection.stat is not None:
        words, value = _statistic(selection.stat, column.values[kept])
        if selection.log and value <= 0:
            raise InputError(f"{words} has no place on a logarithmic axis:", "give a number above 0.")
        options += [("stat", words), ("stat_value", repr(value))]
    return Picture("dot", _titled(valued, [column]), notes, pl.DataFrame(rows), (column.words,), tuple(options))


def _distribution(valued: Valued, selection: Selection, _: int) -> Picture:
    names = selection.of or tuple(valued.branches[valued.root].weights)
    if len(names) > MOST_PANELS:
        raise InputError(f"{len(names)} distributions can't be read:", f"give `of` 1 to {MOST_PANELS} times.")
    rows, titles, lefts = [], [], []
    for name in dict.fromkeys(names):
        column = valued.column(name)
        kept, left = _drawable([column], ["x" in selection.log])
        values = column.values[kept]
        title = f"{column.words}\nn = {len(kept)}, skewness {skewness(values):.1f}, kurtosis {kurtosis(values):.1f}"
        titles.append(title)
        lefts += [f"{name}: {left.strip(' ()')}."] if left else []
        rows += [{"name": name, "label": valued.labels[row], "value": float(column.values[row])} for row in kept]
    box = "Box: quartiles and median; whiskers to the last unit within 1.5 quartile distances."
    words = {"histogram": f"Bars: numbers of units. {box}", "violin": f"Width: density of units. {box}", "box": box}
    notes = (valued.where, words[selection.form], *lefts, *valued.said_sources(names))
    options = (("log", selection.log), ("form", selection.form))
    what = "distribution" if len(titles) == 1 else "distributions"
    return Picture("distribution", f"{valued.title}: {what}", notes, pl.DataFrame(rows), tuple(titles), options)


def _titled(valued: Valued, columns: Sequence[Column]) -> str:
    shown = " and ".join(one.title for one in columns)
    return valued.title if shown == valued.title else f"{valued.title}: {shown}"


def _one(selection: Selection, valued: Valued) -> str:
    if len(selection.of) > 1:
        raise InputError("This picture shows one thing:", "give `of` once: a node, an indicator or a column.")
    return selection.of[0] if selection.of else valued.root


def _marked(valued: Valued, selection: Selection, drawn: Sequence[int]) -> set[int]:
    """Rows of the units to mark. Raises UnknownNameError; InputError for one that isn't drawn."""
    marked = {valued.place(unit) for unit in selection.mark}
    for row in sorted(marked - set(drawn)):
        raise InputError(f"{valued.labels[row]} has no place in the picture:", "mark a unit that has the values.")
    return marked


def _best_first(column: Column) -> tuple[list[int], Any]:
    """Rows with a value, best first, and the ranks of all rows."""
    worth = column.values * (column.direction or 1)
    ranks = competition_ranks(worth)
    known = np.flatnonzero(~np.isnan(worth))
    if not known.size:
        raise InputError(f"{column.title} has no values.", "Choose another.")
    return known[np.argsort(ranks[known], kind="stable")].tolist(), ranks


def _less(column: Column) -> str:
    return "; less is better" if column.direction < 0 else ""


def _drawable(columns: Sequence[Column], logs: Sequence[bool]) -> tuple[list[int], str]:
    """Rows with all values (above 0 for logarithms), and words for those that are left out. Raises InputError: < 2."""
    known = ~np.isnan(np.stack([one.values for one in columns])).any(axis=0)
    positive = known.copy()
    for one, log in zip(columns, logs, strict=True):
        if log:
            positive &= np.nan_to_num(one.values) > 0
    count = int(positive.sum())
    if count < 2:
        what = " and ".join(one.title for one in columns)
        why = "values above 0, as logarithms need them" if known.sum() > count else "values"
        raise InputError(f"{count} units have {why} ({what}):", "choose another indicator or axis.")
    if count > MOST_POINTS:
        raise InputError(f"{count:,} points can't be read:", f"give {MOST_POINTS:,} units at most.")
    left = []
    if missing := int((~known).sum()):
        left.append(f"{missing} without a value")
    if below := int(known.sum()) - count:
        left.append(f"{below} at or below 0, which has no logarithm")
    return np.flatnonzero(positive).tolist(), f" (left out: {', '.join(left)})" if left else ""


def _statistic(wanted: str, values: Floats) -> tuple[str, float]:
    known: dict[str, Callable[[Floats], Any]] = {"mean": np.mean, "median": np.median}
    if wanted in known:
        value = float(known[wanted](values))
        return f"{wanted} {value:,.4g}", value
    try:
        value = float(wanted)
    except ValueError:
        value = np.nan
    if not np.isfinite(value):
        raise InputError(f"There is no statistic {wanted!r}:", "give mean, median or a number.")
    return f"{value:,.6g}", value


def _by_size(groups: Sequence[str]) -> list[str]:
    """Groups, the largest first (ties by name), others last."""
    count = Counter(groups)
    return sorted(count, key=lambda one: (one == OTHERS, -count[one], one))


def _few_groups(groups: Sequence[str]) -> list[str]:
    """Groups, all but the largest as one; an empty text is none of them."""
    named = [one or OTHERS for one in groups]
    order = [one for one in _by_size(named) if one != OTHERS]
    kept = set(order if len(order) <= MOST_COLOURS else order[: MOST_COLOURS - 1])
    return [one if one in kept else OTHERS for one in named]


def _few(parts: dict[str, Floats]) -> dict[str, Floats]:
    """Parts in their order, all but the largest as one."""
    if len(parts) <= MOST_COLOURS:
        return parts
    kept = sorted(parts, key=lambda one: -float(np.nansum(np.abs(parts[one]))))[: MOST_COLOURS - 1]
    rest = np.nansum([part for name, part in parts.items() if name not in kept], axis=0)
    return {name: part for name, part in parts.items() if name in kept} | {OTHERS: rest}


def _stacked_words(valued: Valued, name: str) -> list[str]:
    if valued.branches[name].method == "arithmetic":
        return ["Parts: weight times score of each child; they add up to the score."]
    return [f"Parts: weight times score of each child, in proportion ({valued.branches[name].method} mean)."]


_MADE: Final[Mapping[str, Callable[[Valued, Selection, int], Picture]]] = {
    "bar": _bar,
    "scatter": _scatter,
    "dot": _dot,
    "distribution": _distribution,
}
