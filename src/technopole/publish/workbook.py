"""A whole run as a workbook: every stage on a sheet of its own, with sources and licences, for those who check by hand.

Texts are written as texts whatever they begin with, numbers as numbers (a workbook holds 16 digits), missing values as
empty cells. The same run gives the same bytes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.core.errors import InputError
from technopole.core.types import Boundary, Lens
from technopole.editions.atomic import replaced_file
from technopole.editions.read import Edition
from technopole.index.framework import ROOT, Framework, Leaf, Node
from technopole.index.generic import Indicator
from technopole.index.run import run_index
from technopole.index.scoring import GenericRun
from technopole.index.tree import Floats, labelled_tree
from technopole.indicators.declarations import Catalogue
from technopole.kernel.weight import effective_weights
from technopole.publish.cells import takes_for_formula
from technopole.publish.evidence import licence_list, source_list
from technopole.publish.own_index import own_uncertainty
from technopole.publish.ranking import rank

MOST_ROWS: Final = 1_048_576
MOST_COLUMNS: Final = 16_384
LONGEST_TEXT: Final = 32_767
WHEN: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Written as the time of making, so that one run gives one file."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: its name (at most 31 letters), what it holds, and its table."""

    name: str
    about: str
    table: pl.DataFrame


def edition_sheets(edition: Edition, lens: Lens, boundary: Boundary) -> list[Sheet]:
    """The edition's index under one lens and boundary, computed anew stage by stage."""
    framework, declared = edition.framework(), edition.catalogue()
    matrix = edition.matrix(boundary)
    run = run_index(matrix, framework, lens)
    ranking = rank(edition, lens=lens, boundary=boundary)
    names = pl.DataFrame({"city": matrix.cities}).join(
        edition.frame().select("city", "name", "country"), on="city", how="left", validate="1:1", maintain_order="left"
    )
    units = names.rename({"city": "id"})

    def stage(values: Floats) -> pl.DataFrame:
        return _with_columns(units, matrix.indicators, values)

    about = {
        "edition": edition.id,
        "framework": framework.id,
        "lens": lens.value,
        "boundary": boundary.value,
        "content digest": edition.manifest["content_digest"],
        "ranges": f"5 and 95 % quantiles of the rank over {framework.uncertainty.replicates:,} replicates",
        "licences": "figures are derived from the sources on the sheets `sources` and `licences`: cite them",
    }
    return _with_contents(
        about,
        [
            Sheet("ranks", "rank, range, tier and score, best first", ranking.table.rename({"city": "id"})),
            Sheet("data", "value of each indicator, as observed; empty: missing", stage(matrix.values)),
            Sheet("status", "what each value is, or why it is missing", _statuses(edition, framework, boundary, units)),
            Sheet("treated", "after intensity, transform and cap", stage(run.treated)),
            Sheet("imputed", "with missing values filled", stage(run.completed)),
            Sheet("normalised", "0 to 100, higher is better", stage(run.normalised)),
            Sheet("aggregates", "score of each pillar and side, and of the index", _with_columns(
                units, list(run.scores), np.stack(list(run.scores.values()), axis=1))),
            Sheet("weights", "weight among its siblings, and share of the whole", _edition_weights(framework)),
            Sheet("indicators", "what each indicator is", _indicators(framework, declared)),
            Sheet("sources", "where the values are from", _sources(edition)),
            Sheet("licences", "licence and citation of each source", pl.DataFrame(licence_list(edition))),
        ],
    )  # fmt: skip


def run_sheets(run: GenericRun, data: Path | pl.DataFrame, replicates: int | None = None) -> list[Sheet]:
    """A user's own index, stage by stage.

    Parameters
    ----------
    data : the table that the run was made of; ranges are computed from it.
    """
    columns: dict[str, Any] = {"id": run.ids, "name": run.names, **({"time": run.times} if run.times else {})}
    units = pl.DataFrame(columns)

    def stage(values: Floats) -> pl.DataFrame:
        return _with_columns(units, run.indicators, values)

    ranges, how = _ranges(run, data, replicates)
    about = {
        "index": run.framework.index.title or run.framework.index.id,
        "rows": str(len(run.ids)),
        "indicators": str(len(run.indicators)),
        "left out for lack of data": ", ".join(run.screened) or "none",
        "ranges": how,
        "notes": " ".join(run.notes) or "none",
    }
    sheets = [
        Sheet("ranks", "rank and scores, best first", run.to_polars()),
        Sheet("data", "values, divided by their denominators; empty: missing", stage(run.denominated)),
        Sheet("imputed", "with missing values filled, where the framework says how", stage(run.imputed)),
        Sheet("treated", "after the treatment of outliers", stage(run.treated)),
        Sheet("normalised", "higher is better", stage(run.normalised)),
        Sheet("aggregates", "score of each node; the index is last", _with_columns(
            units, list(run.scores), np.stack(list(run.scores.values()), axis=1))),
        Sheet("weights", "weight among its siblings, and share of the whole", _own_weights(run)),
    ]  # fmt: skip
    if ranges is not None:
        sheets.insert(1, Sheet("ranges", how, ranges))
    return _with_contents(about, sheets)


def write_workbook(sheets: Sequence[Sheet], path: Path) -> int:
    """Write sheets to an .xlsx file, whole or not at all; returns its bytes.

    Raises
    ------
    InputError : XlsxWriter isn't installed, another ending, a table that a sheet can't hold, or no such folder.
    """
    try:
        import xlsxwriter  # type: ignore[import-untyped]
    except ImportError as error:
        raise InputError("A workbook needs the package XlsxWriter.", "Install technopole[analysis].") from error
    if path.suffix.lower() != ".xlsx":
        raise InputError(f"{path} is no workbook by its name:", "end it in .xlsx.")
    for sheet in sheets:
        if sheet.table.height >= MOST_ROWS or sheet.table.width > MOST_COLUMNS:
            size = f"{sheet.table.height:,} rows and {sheet.table.width:,} columns"
            raise InputError(f"{sheet.name!r} has {size}: a sheet can't hold them.", "Use --csv.")
    with replaced_file(path) as temporary:
        options = {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        book = xlsxwriter.Workbook(str(temporary), options)
        book.set_properties({"created": WHEN, "title": "Technopole"})
        formats = {
            "head": book.add_format({"bold": True, "bottom": 1}),
            "text": book.add_format(),
            "quoted": book.add_format({"quote_prefix": True}),
        }
        for sheet in sheets:
            _fill(book.add_worksheet(sheet.name), sheet.table, formats)
        try:
            book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            raise OSError(*getattr(error.args[0], "args", error.args)) from error  # a full disk, as any other file's
        return temporary.stat().st_size


def _fill(page: Any, table: pl.DataFrame, formats: Mapping[str, Any]) -> None:
    page.freeze_panes(1, 0)
    for column, series in enumerate(table.iter_columns()):
        page.write_string(0, column, series.name[:LONGEST_TEXT], formats["head"])
        widest = len(series.name)
        for row, cell in enumerate(series.to_list(), start=1):
            if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
                continue
            if isinstance(cell, bool):
                page.write_boolean(row, column, cell)
            elif isinstance(cell, (int, float)):
                page.write_number(row, column, cell)
            else:
                text = str(cell)[:LONGEST_TEXT]
                page.write_string(row, column, text, formats["quoted" if takes_for_formula(text) else "text"])
                widest = max(widest, len(text))
        page.set_column(column, column, min(max(widest + 1, 8), 60))


def _with_contents(about: Mapping[str, str], sheets: list[Sheet]) -> list[Sheet]:
    rows = [*about.items(), *[(f"sheet {sheet.name}", sheet.about) for sheet in sheets]]
    first = pl.DataFrame(rows, schema={"what": pl.String, "is": pl.String}, orient="row")
    return [Sheet("about", "what this is", first), *sheets]


def _with_columns(units: pl.DataFrame, names: Sequence[str], values: Floats) -> pl.DataFrame:
    clash = set(units.columns) & set(names)
    shown = [f"{name} (indicator)" if name in clash else name for name in names]
    return units.hstack([pl.Series(name, values[:, place]).fill_nan(None) for place, name in enumerate(shown)])


def _statuses(edition: Edition, framework: Framework, boundary: Boundary, units: pl.DataFrame) -> pl.DataFrame:
    wide = (
        edition.table("indicators")
        .filter(pl.col("boundary") == boundary.value)
        .pivot("indicator", index="city", values="status")
        .select("city", *framework.indicator_ids())
    )
    return units.join(wide, left_on="id", right_on="city", how="left", validate="1:1", maintain_order="left")


def _edition_weights(framework: Framework) -> pl.DataFrame:
    labelled = labelled_tree(framework)
    shares = dict(zip(labelled.names, effective_weights(labelled.weights, labelled.tree).tolist(), strict=True))
    rows: list[dict[str, Any]] = []

    def add(node: Node | Leaf, parent: str) -> None:
        rows.append({"node": node.id, "parent": parent, "weight": node.weight, "share": shares[node.id]})
        for child in node.children if isinstance(node, Node) else ():
            add(child, node.id)

    for side in framework.tree:
        add(side, ROOT)
    return pl.DataFrame(rows)


def _own_weights(run: GenericRun) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []

    def add(node: Any, parent: str | None, share: float) -> None:
        rows.append({"node": node.id, "parent": parent, "weight": run.weights[node.id], "share": share})
        for child in () if isinstance(node, Indicator) else node.children:
            add(child, node.id, share * run.weights[child.id])

    add(run.framework.index, None, 1.0)
    return pl.DataFrame(rows, infer_schema_length=None)


def _sources(edition: Edition) -> pl.DataFrame:
    rows = [
        {**one, "variables": "; ".join(one["variables"]), "limits": " ".join(one["limits"])}
        for one in source_list(edition)
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _indicators(framework: Framework, declared: Catalogue) -> pl.DataFrame:
    found = [declared.get(name) for name in framework.indicator_ids()]
    return pl.DataFrame(
        [{"id": one.id, "title": one.title, "kind": one.kind, "direction": one.direction} for one in found]
    )


def _ranges(run: GenericRun, data: Path | pl.DataFrame, replicates: int | None) -> tuple[pl.DataFrame | None, str]:
    try:
        found = own_uncertainty(data, run.framework, replicates=replicates)
    except InputError as error:
        return None, f"none: {error}"
    varied = ", ".join(one["factor"] for one in found.factors) or "nothing"
    how = f"5, 50 and 95 % quantiles of the rank over {found.replicates:,} replicates; what varies: {varied}"
    return found.table, how
