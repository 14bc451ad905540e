"""`technopole score`: an index of anything from the user's own table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from technopole.cli.options import Csv, Json
from technopole.core.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from technopole.index.generic import GenericFramework
    from technopole.index.scoring import GenericRun


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="score")(score)


def score(
    data: Annotated[Path | None, typer.Argument(help="Table of units: CSV, Parquet or Excel.")] = None,
    framework: Annotated[Path | None, typer.Option(help="Framework (YAML): tree, weights, methods.")] = None,
    imeta: Annotated[Path | None, typer.Option(help="COINr's iMeta.csv; DATA is then its iData.csv.")] = None,
    save: Annotated[
        Path | None, typer.Option(help="Write the whole run to a file (.json, .json.gz).", metavar="RUN")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Instead of DATA: compute a saved run anew, to the last bit.", metavar="RUN")
    ] = None,
    excel: Annotated[Path | None, typer.Option(help="Write every stage to a workbook.", metavar="FILE")] = None,
    recipe: Annotated[
        str | None,
        typer.Option(help="With --imeta: coinr (denominate, impute by group, treat), as in its example."),
    ] = None,
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
    from technopole.index.scoring import score as make

    if top is not None and top < 1:
        raise InputError(f"the top {top} can't be shown:", "give a number of 1 and more.")
    given = {"impute": impute, "treat": treat, "normalise": normalise, "aggregate": aggregate}
    choices = {stage: parse_choice(text) for stage, text in given.items() if text is not None}
    table: Path | pl.DataFrame
    if replay is not None:
        run, table = _replayed(replay, data, framework, imeta, save, options=bool(choices or denominate or recipe))
    elif data is None:
        raise typer.BadParameter("name a table, or give --replay RUN", param_hint="DATA")
    else:
        run, table = make(data, framework_for(data, framework, imeta, choices, denominate, recipe)), data
    _write(run, table, save, excel)
    if json:
        shape = run.to_json()
        write_json(shape if top is None else shape | {"units": shape["units"][:top]})
    elif csv:
        write_csv(run.to_polars() if top is None else run.to_polars().head(top))
    else:
        _show(run, top)


def _replayed(
    replay: Path, data: Path | None, framework: Path | None, imeta: Path | None, save: Path | None, options: bool
) -> tuple[GenericRun, pl.DataFrame]:
    from technopole.cli.output import say
    from technopole.publish.runfile import replay_run

    if options or any(one is not None for one in (data, framework, imeta, save)):
        raise InputError("--replay stands alone:", "the run holds its table, its framework and every choice.")
    replayed = replay_run(replay)
    say(f"technopole: {replay} was computed anew: every stage is the same to the last bit.")
    return replayed


def _write(run: GenericRun, data: Path | pl.DataFrame, save: Path | None, excel: Path | None) -> None:
    from technopole.cli.output import say

    if save is not None:
        from technopole.publish.runfile import save_run

        say(f"{save}: {save_run(run, data, save):,} bytes; technopole score --replay {save} repeats it")
    if excel is not None:
        from technopole.publish.workbook import run_sheets, write_workbook

        say(f"{excel}: {write_workbook(run_sheets(run, data), excel):,} bytes")


def framework_for(
    data: Path,
    framework: Path | None,
    imeta: Path | None,
    choices: dict[str, Any] | None = None,
    denominate: bool = False,
    recipe: str | None = None,
) -> GenericFramework:
    """Read the framework of a table: a file, or COINr's iMeta and the options beside it.

    Raises
    ------
    InputError : neither file or both, or an option of iMeta beside a framework.
    """
    from technopole.index.generic import read_generic

    if (framework is None) == (imeta is None):
        raise InputError(
            "Say how to score:", "give --framework FILE (`technopole framework` writes a first one) or --imeta FILE."
        )
    if framework is None:
        assert imeta is not None
        return _of_imeta(data, imeta, choices or {}, denominate, recipe)
    if choices or denominate or recipe:
        first = next(iter(choices or {}), "denominate" if denominate else "recipe")
        raise InputError(f"--{first} belongs to --imeta:", "write the choice into the framework file.")
    return read_generic(framework)


def _of_imeta(
    data: Path, imeta: Path, choices: dict[str, Any], denominate: bool, recipe: str | None
) -> GenericFramework:
    """Framework of COINr's two files and the options beside them."""
    from technopole.cli.output import say
    from technopole.index.imeta import denominators, framework_from_imeta, panel_column
    from technopole.index.tabular import read_table

    columns = read_table(data).columns
    if recipe is not None:
        if recipe != "coinr":
            raise InputError(f"There is no recipe {recipe!r}.", "Give --recipe coinr, or the choices one by one.")
        groups = [name for name in columns if name.endswith("_group")]
        if "impute" not in choices and not groups:
            raise InputError(f"{data.name} has no column that ends in _group.", "Give --impute.")
        by_group = {"method": "group_mean", "group": groups[-1]} if groups else {}
        choices = {"impute": by_group, "treat": {"method": "skew_kurtosis_rule"}} | choices
        denominate = True
    elif not denominate and (count := denominators(imeta)):
        say(f"technopole: {imeta.name} names denominators of {count} indicators; --denominate divides by them.")
    # COINr's tables of later stages have no names
    return framework_from_imeta(imeta, choices, denominate, "uName" in columns, panel_column(data))


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
    periods = len(set(run.times))
    of = f" in {periods} periods" if periods else ""
    out.print(f"{title}: {len(set(run.ids))} units{of}, {len(run.indicators)} indicators")
    nodes = [child.id for child in run.framework.index.children if child.id in run.scores]
    own = ("rank", "id", "name", *(("time",) if periods else ()), "score")
    table = new_table(*own, *nodes, numeric=("rank", "score", *nodes))
    for row in run.to_polars().head(top or len(run.ids)).iter_rows(named=True):
        cells = [row["score"], *(row[f"node:{node}"] for node in nodes)]
        rank = "" if row["rank"] is None else str(row["rank"])
        labels = [row[name] for name in own if name not in {"rank", "score"}]
        table.add_row(rank, *labels, *["" if cell is None else f"{cell:.2f}" for cell in cells])
    out.print(table)
    if periods:
        _show_trends(run, top)
    if run.screened:
        out.print(f"Left out by `screen`: {', '.join(run.screened)}.")
    for note in run.notes:
        out.print(note)


def _show_trends(run: GenericRun, top: int | None) -> None:
    from technopole.cli.output import console, new_table

    names = ("periods", "slope", "first", "last", "change", "rank then", "rank now")
    table = new_table("id", "name", *names, numeric=names, title="Trends: change of the score per period")
    trends = run.trends()
    for row in trends.head(top or trends.height).iter_rows(named=True):
        numbers = [row[name] for name in ("slope", "first", "last", "change")]
        cells = ["" if number is None else f"{number:.2f}" for number in numbers]
        ranks = ["" if row[name] is None else str(row[name]) for name in ("first_rank", "last_rank")]
        table.add_row(row["id"], row["name"], str(row["periods"]), *cells, *ranks)
    console().print(table)
