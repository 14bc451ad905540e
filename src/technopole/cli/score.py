"""`technopole score`: an index of anything from the user's own table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from technopole.cli.options import Csv, Json
from technopole.core.errors import InputError

if TYPE_CHECKING:
    from technopole.index.scoring import GenericRun


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="score")(score)


def score(
    data: Annotated[Path, typer.Argument(help="Table of units: CSV, Parquet or Excel.")],
    framework: Annotated[Path | None, typer.Option(help="Framework (YAML): tree, weights, methods.")] = None,
    imeta: Annotated[Path | None, typer.Option(help="COINr's iMeta.csv; DATA is then its iData.csv.")] = None,
    denominate: Annotated[bool, typer.Option("--denominate", help="Divide by the Denominator of iMeta.")] = False,
    impute: Annotated[str | None, typer.Option(help="With --imeta: mean, median, group_mean:COLUMN, nearest.")] = None,
    treat: Annotated[str | None, typer.Option(help="With --imeta: skew_kurtosis_rule, log1p ...")] = None,
    normalise: Annotated[
        str | None, typer.Option(help="With --imeta: min_max (default), min_max:low=1, z_score ...")
    ] = None,
    aggregate: Annotated[str | None, typer.Option(help="With --imeta: arithmetic (default), geometric ...")] = None,
    top: Annotated[int | None, typer.Option(help="Show only the first N.")] = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Score your own table: any units, any indicators, a hierarchy of any depth."""
    from technopole.cli.output import write_csv, write_json
    from technopole.index.generic import read_generic
    from technopole.index.imeta import framework_from_imeta
    from technopole.index.scoring import score as make
    from technopole.index.tabular import read_table

    if (framework is None) == (imeta is None):
        raise InputError("Say how to score:", "give either --framework FILE or --imeta FILE.")
    if top is not None and top < 1:
        raise InputError(f"the top {top} can't be shown:", "give a number of 1 and more.")
    given = {"impute": impute, "treat": treat, "normalise": normalise, "aggregate": aggregate}
    choices = {stage: parse_choice(text) for stage, text in given.items() if text is not None}
    if framework is not None:
        if choices or denominate:
            first = next(iter(choices), "denominate")
            raise InputError(f"--{first} belongs to --imeta:", "write the choice into the framework file.")
        run = make(data, read_generic(framework))
    else:
        assert imeta is not None
        # COINr's tables of later stages have no names
        named = "uName" in read_table(data).columns
        run = make(data, framework_from_imeta(imeta, choices, denominate, named))
    if json:
        shape = run.to_json()
        write_json(shape if top is None else shape | {"units": shape["units"][:top]})
    elif csv:
        write_csv(run.to_polars() if top is None else run.to_polars().head(top))
    else:
        _show(run, top)


def parse_choice(text: str) -> dict[str, Any]:
    """Read "method", "method:key=value,key=value", or "group_mean:COLUMN" as a framework's choice."""
    method, _, rest = text.partition(":")
    choice: dict[str, Any] = {"method": method}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        choice[key if equals else "group"] = _number(value) if equals else part
    return choice


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _show(run: GenericRun, top: int | None) -> None:
    from technopole.cli.output import console, new_table

    out = console()
    title = run.framework.index.title or run.framework.index.id
    out.print(f"{title}: {len(run.ids)} units, {len(run.indicators)} indicators")
    nodes = [child.id for child in run.framework.index.children if child.id in run.scores]
    table = new_table("rank", "id", "name", "score", *nodes, numeric=("rank", "score", *nodes))
    for row in run.to_polars().head(top or len(run.ids)).iter_rows(named=True):
        cells = [row["score"], *(row[f"node:{node}"] for node in nodes)]
        rank = "" if row["rank"] is None else str(row["rank"])
        table.add_row(rank, row["id"], row["name"], *["" if cell is None else f"{cell:.2f}" for cell in cells])
    out.print(table)
    if run.screened:
        out.print(f"Left out for lack of data: {', '.join(run.screened)}.")
