"""Values of units for pictures: of an edition's ranked cities, or of a user's own index; nodes, indicators, columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from technopole.core.errors import InputError, UnknownNameError
from technopole.core.types import Lens
from technopole.editions.read import Edition
from technopole.index.begun import period_numbers
from technopole.index.framework import ROOT, Framework, Leaf, Node
from technopole.index.generic import GenericFramework, Indicator
from technopole.index.scoring import GenericRun, score
from technopole.index.tabular import labels, numbers, read_table
from technopole.index.tree import Floats
from technopole.indicators.declarations import Catalogue, suggestion
from technopole.kernel.aggregate import AGGREGATORS
from technopole.publish.finding import find_city
from technopole.publish.picture import View, unique
from technopole.publish.ranking import known_boundary, known_lens
from technopole.snapshots.tables import ROW

STAGES: Final = ("measured", "treated", "normalised")
SOURCES_NAMED: Final = 3


@dataclass(frozen=True)
class Column:
    """One thing that is known of the units: its title and unit, and (n,) values, NaN where missing.

    `direction` is +1 where more is better, -1 where less is better, 0 where neither is.
    """

    title: str
    unit: str
    values: Floats
    direction: int

    @property
    def words(self) -> str:
        """Title and unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title


@dataclass(frozen=True)
class Branch:
    """A node: the method that aggregates its children, and their weights among siblings by id."""

    method: str
    weights: Mapping[str, float]


@dataclass(frozen=True)
class Valued:
    """Units and their values.

    Attributes
    ----------
    title, where : of the index; from what.
    root : the node that a picture shows without further words.
    ids, labels : (n,).
    columns : nodes (scores) and indicators (at the stage) by id.
    complete : nodes and indicators as they are aggregated: normalised, with imputed values.
    branches : nodes by id.
    table : the other columns that the units have, row by row.
    sources : indicator -> title and licence of its sources; empty for a user's own.
    find : a unit as a reader writes it -> its id.
    """

    title: str
    where: str
    root: str
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    columns: Mapping[str, Column]
    complete: Mapping[str, Floats]
    branches: Mapping[str, Branch]
    table: pl.DataFrame
    sources: Mapping[str, Sequence[str]]
    find: Callable[[str], str]

    def column(self, name: str) -> Column:
        """Node, indicator or another column of numbers. Raises UnknownNameError, InputError (no numbers)."""
        if name in self.columns:
            return self.columns[name]
        if name not in self.table.columns:
            raise UnknownNameError(f"there is no node, indicator or column {name!r}:", self._near(name))
        return Column(name, "", numbers(self.table, name, "The table"), 0)

    def group(self, name: str) -> list[str]:
        """Text of a column, (n,). Raises UnknownNameError."""
        if name not in self.table.columns:
            raise UnknownNameError(f"there is no column {name!r}:", suggestion(name, self._others()))
        return labels(self.table, name, "The table")

    def place(self, unit: str) -> int:
        """Row of a unit. Raises UnknownNameError: there is none, or it isn't scored."""
        found = self.find(unit)
        if found not in self.ids:
            raise UnknownNameError(f"{unit!r} isn't among the scored units:", suggestion(unit, list(self.labels)))
        return self.ids.index(found)

    def parts(self, node: str) -> dict[str, Floats]:
        """What each child contributes to a node's score, (n,) by child: weight times score, present children only.

        Parts of an arithmetic mean add up to it. Those of another mean are scaled so that they do, in proportion, as
        in COINr `plot_bar`; here with their weights.

        Raises
        ------
        InputError : not a node, or one whose score is no mean of its children.
        """
        if node not in self.branches:
            raise InputError(f"{node!r} has no children to stack:", f"choose {', '.join(list(self.branches)[-6:])}.")
        branch = self.branches[node]
        if AGGREGATORS[branch.method].mean is None:
            raise InputError(f"{node!r} is aggregated by {branch.method}, no mean of its children:", "draw no parts.")
        children = np.stack([self.complete[child] for child in branch.weights], axis=1)
        weighted = children * np.array(list(branch.weights.values()))
        whole = np.nansum(weighted, axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            if branch.method == "arithmetic":
                present = np.where(np.isnan(children), 0.0, np.array(list(branch.weights.values()))).sum(axis=1)
                factor = 1.0 / present
            else:
                factor = self.complete[node] / whole
        return {child: weighted[:, k] * factor for k, child in enumerate(branch.weights)}

    def title_of(self, name: str) -> str:
        """Title of a node, an indicator, or a column."""
        return self.columns[name].title if name in self.columns else name

    def said_sources(self, names: Sequence[str]) -> list[str]:
        """Sources of these indicators with their licences, as sentences for the caption."""
        found = list(dict.fromkeys(one for name in names for one in self.sources.get(name, ())))
        rest = len(found) - SOURCES_NAMED
        named = [f"Source: {one}." for one in found[:SOURCES_NAMED]]
        return [*named, f"Further sources: {rest}; technopole data sources lists all."] if rest > 0 else named

    def _near(self, name: str) -> str:
        return suggestion(name, [*self.branches, *self.columns, *self._others()])

    def _others(self) -> list[str]:
        return [name for name in self.table.columns if name != ROW]


def known_stage(stage: str) -> str:
    """Return the stage. Raises InputError, naming those that there are."""
    if stage not in STAGES:
        raise InputError(f"There is no stage {stage!r}:", f"choose {', '.join(STAGES)}.")
    return stage


def of_run(run: GenericRun, data: Path | pl.DataFrame, stage: str) -> Valued:
    """Values of a user's own index; of a panel those of the last period."""
    framework = run.framework
    rows, period = _last_period(run)
    values = {"measured": run.denominated, "treated": run.treated, "normalised": run.normalised}[known_stage(stage)]
    leaves = framework.indicators()
    columns = {
        leaf.id: Column(
            leaf.title or leaf.id, _unit(leaf, stage), values[rows, k], 1 if stage == "normalised" else leaf.direction
        )
        for k, leaf in enumerate(leaves)
    }
    titles = {group.id: group.title or group.id for group in framework.groups()}
    nodes = {name: Column(titles[name], "score", found[rows], 1) for name, found in run.scores.items()}
    complete = {leaf.id: run.normalised[rows, k] for k, leaf in enumerate(leaves)}
    names = [run.names[row] for row in rows]
    ids = tuple(run.ids[row] for row in rows)
    title = titles[framework.index.id]
    return Valued(
        f"{title}, {period}" if period else title,
        f"{len(ids)} units, {len(leaves)} indicators{_imputed(run) if stage != 'measured' else ''}",
        framework.index.id,
        ids,
        tuple(unique(names, [f"({one})" for one in ids])),
        columns | nodes,
        complete | {name: column.values for name, column in nodes.items()},
        {
            group.id: Branch(
                framework.aggregation(group).method, {child.id: run.weights[child.id] for child in group.children}
            )
            for group in framework.groups()
        },
        _aligned(data, framework, ids, period),
        {},
        lambda unit: unit if unit in ids or unit not in names else ids[names.index(unit)],
    )


def of_data(data: Path | pl.DataFrame, framework: GenericFramework, stage: str) -> Valued:
    """Score a user's own index; its values. Raises as `scoring.score`."""
    return of_run(score(data, framework), data, stage)


def of_view(edition: Edition, view: View, stage: str) -> Valued:
    """Values of the ranked cities of an edition; what was imputed is left out of its indicators, not of its scores.

    Raises
    ------
    UnknownNameError, InputError : lens, boundary, side or stage.
    """
    framework, declared = edition.framework(), edition.catalogue()
    lens, boundary = known_lens(view.lens), known_boundary(view.boundary)
    if view.side is not None and view.side not in framework.sides():
        raise UnknownNameError(f"there is no side {view.side!r}:", suggestion(view.side, framework.sides()))
    scores = edition.table("scores").filter((pl.col("lens") == lens) & (pl.col("boundary") == boundary))
    cities = scores.filter(pl.col("node") == ROOT)["city"].sort()
    measured = edition.table("indicators").filter(pl.col("boundary") == boundary)
    columns, complete = _city_columns(scores, measured, cities, framework, declared, known_stage(stage), lens)
    table = pl.DataFrame({"city": cities}).join(
        edition.frame(), on="city", how="left", validate="1:1", maintain_order="left"
    )
    names = [f"{name} ({country})" for name, country in table.select("name", "country").iter_rows()]
    inner = [node for node in framework.walk() if isinstance(node, Node)]
    branches = {node.id: Branch(framework.method.aggregation, _shares(node.children)) for node in inner[::-1]}
    branches[ROOT] = Branch(framework.method.aggregation, _shares(framework.tree))
    return Valued(
        framework.title,
        f"Edition {edition.id}, {lens} lens, {boundary} boundary, {len(cities)} ranked cities",
        view.side or ROOT,
        tuple(map(str, cities)),
        tuple(unique(names, table["slug"].to_list())),
        columns,
        complete,
        branches,
        table.drop("city", "slug", "name", "wikidata", "members"),
        _source_words(edition, measured, framework),
        lambda text: str(find_city(edition, text)["city"]),
    )


def _city_columns(
    scores: pl.DataFrame, measured: pl.DataFrame, cities: pl.Series, framework: Framework, declared: Catalogue,
    stage: str, lens: Lens,
) -> tuple[dict[str, Column], dict[str, Floats]]:  # fmt: skip
    """Columns of nodes and indicators at a stage, and what is aggregated."""

    def dense(rows: pl.DataFrame, value: str) -> Floats:
        found = pl.DataFrame({"city": cities}).join(rows, on="city", how="left", maintain_order="left", validate="1:1")
        return found[value].cast(pl.Float64).fill_null(np.nan).to_numpy().copy()

    columns, complete = {}, {}
    by_node = scores.partition_by("node", as_dict=True)
    by_indicator = measured.partition_by("indicator", as_dict=True)
    for node in framework.walk():
        rows = by_node[(node.id,)]
        complete[node.id] = dense(rows, "score")
        if isinstance(node, Node):
            columns[node.id] = Column(node.title, "score", complete[node.id], 1)
            continue
        about = declared.get(node.id)
        if stage == "measured":
            unit, values = about.unit, dense(by_indicator[(node.id,)], "value")
        else:
            known = rows.filter(~pl.col("imputed"))
            values = dense(known, "score" if stage == "normalised" else "treated")
            each = ", per inhabitant" if lens is Lens.INTENSITY and about.kind == "count" else ""
            unit = f"{stage}{each}"
        columns[node.id] = Column(about.title, unit, values, _direction(about.direction, stage))
    complete[ROOT] = dense(by_node[(ROOT,)], "score")
    columns[ROOT] = Column(framework.title, "score", complete[ROOT], 1)
    return columns, complete


def _shares(children: Sequence[Node | Leaf]) -> dict[str, float]:
    whole = sum(child.weight for child in children)
    return {child.id: child.weight / whole for child in children}


def _source_words(edition: Edition, measured: pl.DataFrame, framework: Framework) -> dict[str, list[str]]:
    known = measured.filter(pl.col("value").is_not_null()).select("indicator", "source").unique().sort("source")
    words: dict[str, list[str]] = {name: [] for name in framework.indicator_ids()}
    for indicator, source in known.iter_rows():
        if indicator in words and source in edition.sources:
            about = edition.sources[source]
            words[indicator].append(f"{about['title']}. Licence: {about['licence']}")
    return words


def _direction(declared: int, stage: str) -> int:
    return 1 if stage == "normalised" else declared


def _unit(leaf: Indicator, stage: str) -> str:
    if stage != "measured" or not leaf.denominator:
        return stage if stage != "measured" else leaf.unit
    each = f"{leaf.per:g} {leaf.denominator}" if leaf.per != 1 else leaf.denominator
    return f"{leaf.unit or 'value'} per {each}"


def _last_period(run: GenericRun) -> tuple[list[int], str]:
    """Rows of the last period and its name; without periods all rows and ""."""
    if not run.times:
        return list(range(len(run.ids))), ""
    when = period_numbers(list(run.times))
    last = run.times[int(when.argmax())]
    return [row for row, time in enumerate(run.times) if time == last], last


def _imputed(run: GenericRun) -> str:
    filled = (np.isnan(run.denominated) & ~np.isnan(run.imputed)).any()
    return ", with imputed values" if filled else ""


def _aligned(data: Path | pl.DataFrame, framework: GenericFramework, ids: Sequence[str], period: str) -> pl.DataFrame:
    """Rows of the table in the order of the units."""
    table = data if isinstance(data, pl.DataFrame) else read_table(Path(data))
    unit = framework.unit
    if unit.time is not None:
        table = table.filter(pl.Series([time == period for time in labels(table, unit.time, "The table")]))
    place = {one: row for row, one in enumerate(labels(table, unit.id, "The table"))}
    return table[[place[one] for one in ids]]
