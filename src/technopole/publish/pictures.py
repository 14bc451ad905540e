"""What each picture shows, as a table: of the edition, or of a user's own index. `plots` draws them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.core.errors import InputError
from technopole.editions.read import Edition
from technopole.index.framework import Framework, Leaf, Node
from technopole.index.generic import GenericFramework, Group, Indicator
from technopole.index.run import run_index
from technopole.index.scoring import GenericRun, score
from technopole.index.tree import Floats, labelled_tree
from technopole.indicators.declarations import Catalogue
from technopole.kernel.audit import correlations as correlate
from technopole.kernel.weight import effective_weights
from technopole.publish.own_index import own_sensitivity, own_uncertainty, row_name
from technopole.publish.picture import Picture, View, checked_top, unique
from technopole.publish.ranking import known_boundary, known_lens
from technopole.publish.sensitivity import COLUMNS, sensitivity
from technopole.publish.uncertainty import uncertainty
from technopole.publish.value_pictures import NOTHING, TAKES, Selection, known_selection, of_values
from technopole.publish.valued import of_data, of_view

KINDS: Final = ("ranks", "tree", "correlations", "acceptability", "sensitivity", *TAKES)
MOST_UNITS: Final = 200
MOST_INDICATORS: Final = 100
PLACES: Final = 20
FACTORS_NAMED: Final = 4


def known_kind(kind: str) -> str:
    """Return the kind. Raises InputError, naming those that there are."""
    if kind not in KINDS:
        raise InputError(f"There is no picture {kind!r}:", f"choose {', '.join(KINDS)}.")
    return kind


def of_edition(edition: Edition, kind: str, view: View, top: int, selection: Selection = NOTHING) -> Picture:
    """Make a picture of the edition.

    Parameters
    ----------
    top : show so many units or factors.
    selection : what of the index, for the kinds of `value_pictures.TAKES`.

    Raises
    ------
    UnknownNameError, InputError : unknown kind, lens, side, boundary or name, or a number that can't be.
    """
    known_selection(known_kind(kind), selection)
    known_lens(view.lens)
    known_boundary(view.boundary)
    if kind in TAKES:
        return of_values(kind, of_view(edition, view, selection.stage), selection, top)
    if kind == "tree":
        return _tree(
            _framework_nodes(edition.framework(), edition.catalogue()),
            edition.framework().title,
            f"Edition {edition.id}",
        )
    if kind == "correlations":
        return _edition_correlations(edition, view)
    if kind == "sensitivity":
        return _edition_sensitivity(edition, view)
    checked_top(top, MOST_UNITS)
    found = uncertainty(
        edition, lens=view.lens, side=view.side, boundary=view.boundary, replicates=view.replicates,
        first_places=PLACES, top=top,
    )  # fmt: skip
    table = found.table.with_columns(label=pl.concat_str(["name", pl.lit(" ("), "country", pl.lit(")")]))
    labels = unique(table["label"].to_list(), table["slug"].to_list())
    where = f"{view.words(edition)}, {found.replicates:,} replicates"
    if kind == "ranks":
        return _ranks(table.with_columns(label=pl.Series(labels)), "High-tech and innovative cities", where)
    places = [found.places[city] for city in table["city"]]
    return _acceptability(labels, places, "Which city takes which place", where)


def of_own(
    data: Path | pl.DataFrame, framework: GenericFramework, kind: str, top: int, replicates: int | None = None,
    selection: Selection = NOTHING,
) -> Picture:  # fmt: skip
    """Make a picture of a user's own index. Raises InputError as `of_edition`, and as `own_index.own_uncertainty`."""
    known_selection(known_kind(kind), selection)
    if kind in TAKES:
        return of_values(kind, of_data(data, framework, selection.stage), selection, top)
    title = framework.index.title or framework.index.id
    if kind in ("tree", "correlations"):
        run = score(data, framework)
        if kind == "tree":
            return _tree(_generic_nodes(run), title, f"{len(run.indicators)} indicators")
        what = "values after imputation, treatment and normalisation" if _filled(run) else "normalised values"
        where = f"Pearson's correlation of {what}, {len(run.ids)} rows"
        return _correlations(run.normalised, run.indicators, title, where)
    if kind == "sensitivity":
        effects = own_sensitivity(data, framework, top=1)
        rows = list(effects.table.select("factor", *COLUMNS).head(checked_top(top, MOST_INDICATORS)).iter_rows())
        return _sensitivity(rows, f"{title}: which choice moves the ranks", f"{effects.runs:,} runs")
    found = own_uncertainty(
        data, framework, replicates=replicates, first_places=PLACES, top=checked_top(top, MOST_UNITS)
    )
    table = found.table.filter(pl.col("rank").is_not_null())
    if "time" in table.columns:  # of a panel the last period
        table = table.filter(time=table["time"][-1])
        title = f"{title}, {table['time'][-1]}"
    labels = unique(table["name"].to_list(), [f"({one})" for one in table["id"]])
    varied = ", ".join(one["factor"] for one in found.factors[:FACTORS_NAMED])
    more = f" and {len(found.factors) - FACTORS_NAMED} more" if len(found.factors) > FACTORS_NAMED else ""
    where = f"{found.replicates:,} replicates; what varies: {varied}{more}"
    if kind == "ranks":
        return _ranks(table.with_columns(label=pl.Series(labels)), title, where)
    times = table["time"].to_list() if "time" in table.columns else [None] * table.height
    places = [found.places[row_name(one, time)] for one, time in zip(table["id"], times, strict=True)]
    return _acceptability(labels, places, f"{title}: which unit takes which place", where)


def _ranks(table: pl.DataFrame, title: str, where: str) -> Picture:
    kept = table.select(
        "label", *[pl.col(name).cast(pl.Float64) for name in ("rank", "rank_low", "rank_median", "rank_high")],
        pl.col("tier").cast(pl.Int32), "score",
    )  # fmt: skip
    notes = (where, "Line: 5 to 95 % of the replicates. Tick: their median. Dot: nominal rank.")
    return Picture("ranks", f"{title}: rank and its range", notes, kept, tuple(kept["label"]))


def _acceptability(labels: list[str], places: list[list[float]], title: str, where: str) -> Picture:
    rows = [
        {"label": label, "place": place, "share": share}
        for label, shares in zip(labels, places, strict=True)
        for place, share in enumerate(shares, start=1)
    ]
    notes = (where, "Each cell: share of the replicates in which the unit takes that place; 5 % and more are written.")
    return Picture("acceptability", title, notes, pl.DataFrame(rows), tuple(labels))


@dataclass(frozen=True)
class _Placed:
    """A node of a tree: its depth, its share of the whole, and its children."""

    id: str
    title: str
    share: float
    children: tuple[_Placed, ...]


def _framework_nodes(framework: Framework, catalogue: Catalogue) -> _Placed:
    labelled = labelled_tree(framework)
    shares = dict(zip(labelled.names, effective_weights(labelled.weights, labelled.tree).tolist(), strict=True))
    declared = {one.id: one.title for one in catalogue.indicators}

    def placed(node: Node | Leaf) -> _Placed:
        if isinstance(node, Leaf):
            return _Placed(node.id, declared[node.id], shares[node.id], ())
        return _Placed(node.id, node.title, shares[node.id], tuple(placed(child) for child in node.children))

    return _Placed("index", framework.title, 1.0, tuple(placed(side) for side in framework.tree))


def _generic_nodes(run: GenericRun) -> _Placed:
    def placed(node: Group | Indicator, share: float) -> _Placed:
        if isinstance(node, Indicator):
            return _Placed(node.id, node.title or node.id, share, ())
        children = tuple(placed(child, share * run.weights[child.id]) for child in node.children)
        return _Placed(node.id, node.title or node.id, share, children)

    return placed(run.framework.index, 1.0)


def _laid(node: _Placed, depth: int = 0, start: float = 0.0) -> Iterator[dict[str, object]]:
    yield {"id": node.id, "title": node.title, "depth": depth, "start": start, "end": start + node.share,
           "share": node.share, "leaf": not node.children}  # fmt: skip
    for child in node.children:
        yield from _laid(child, depth + 1, start)
        start += child.share


def _tree(root: _Placed, title: str, where: str) -> Picture:
    table = pl.DataFrame(list(_laid(root)))
    notes = (where, "Height: share of the whole weight, as declared or found.")
    return Picture("tree", f"{title}: the framework", notes, table, tuple(table["id"]))


def _edition_correlations(edition: Edition, view: View) -> Picture:
    framework = edition.framework()
    boundary, lens = known_boundary(view.boundary), known_lens(view.lens)
    matrix = edition.matrix(boundary, framework)
    observed = run_index(matrix, framework, lens).normalised.copy()
    observed[np.isnan(matrix.values)] = np.nan  # an imputed value comes from the others: it would correlate with them
    where = (
        f"Edition {edition.id}, {lens} lens, {boundary} boundary. Pearson's correlation of normalised values over the "
        "cities that have both"
    )
    return _correlations(observed, matrix.indicators, framework.title, where)


def _correlations(values: Floats, names: Sequence[str], title: str, where: str) -> Picture:
    if not 2 <= len(names) <= MOST_INDICATORS:
        raise InputError(f"Correlations of {len(names)} indicators can't be drawn:", f"give 2 to {MOST_INDICATORS}.")
    found = correlate(values)
    rows = [
        {"first": one, "second": other, "correlation": None if np.isnan(found[i, k]) else float(found[i, k])}
        for i, one in enumerate(names)
        for k, other in enumerate(names)
    ]
    notes = (where, "Higher is better in all, so negative means a trade-off. Above 0.7 two may count one thing twice.")
    return Picture(
        "correlations",
        f"{title}: what moves together",
        notes,
        pl.DataFrame(rows, infer_schema_length=None),
        tuple(names),
    )


def _filled(run: GenericRun) -> bool:
    return bool((np.isnan(run.denominated) & ~np.isnan(run.imputed)).any())


def _edition_sensitivity(edition: Edition, view: View) -> Picture:
    found = sensitivity(edition, lens=view.lens, side=view.side, boundary=view.boundary, top=1)
    rows = list(found.table.select("factor", *COLUMNS).iter_rows())
    where = f"{view.words(edition)}, {found.runs:,} runs"
    return _sensitivity(rows, "High-tech and innovative cities: which choice moves the ranks", where)


def _sensitivity(rows: Sequence[tuple[Any, ...]], title: str, where: str) -> Picture:
    """Rows: factor, then first order with its interval, then total order with its interval; largest total first."""
    table = pl.DataFrame(
        [
            {"factor": row[0], "order": order, "value": row[at], "low": row[at + 1], "high": row[at + 2]}
            for row in rows
            for order, at in (("first", 1), ("total", 4))
        ]
    )
    notes = (
        f"Sobol indices of the mean absolute change of rank. {where}",
        "Bar: share of the variance, alone (first) and with all interactions (total). Line: 90 % bootstrap interval.",
    )
    return Picture("sensitivity", title, notes, table, tuple(str(row[0]) for row in rows))
