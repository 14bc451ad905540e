"""`technopole framework`: a first framework for the user's own table, to be changed by hand."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from technopole.core.errors import InputError

if TYPE_CHECKING:
    from technopole.index.scaffold import Scaffold


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="framework")(framework)


def framework(
    data: Annotated[Path, typer.Argument(help="Table of units: CSV, Parquet or Excel.")],
    imeta: Annotated[Path | None, typer.Option(help="COINr's iMeta.csv; DATA is then its iData.csv.")] = None,
    recipe: Annotated[str | None, typer.Option(help="With --imeta: coinr, as in `technopole score`.")] = None,
    denominate: Annotated[bool, typer.Option("--denominate", help="Divide by the Denominator of iMeta.")] = False,
    coin_tool: Annotated[
        Path | None,
        typer.Option(help="DATA is a workbook of JRC's COIN Tool: write its table here (CSV).", metavar="TABLE"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; it must not exist (default: print).")] = None,
) -> None:
    """Write a first framework for your own table: what its columns say, every choice at its default, to be changed."""
    from technopole.cli.output import say
    from technopole.cli.score import framework_for
    from technopole.editions.atomic import replaced_file
    from technopole.index.scaffold import framework_text, of_framework, scaffold
    from technopole.index.tabular import read_table

    for one in (out, coin_tool):
        if one is not None and one.exists():
            raise InputError(f"{one} is there already:", "name another file, so that nothing of yours is lost.")
    if coin_tool is not None:
        if imeta or recipe or denominate:
            raise InputError("--coin-tool stands alone:", "the workbook holds its framework.")
        made, files = _of_coin_tool(data, coin_tool), f"{data.name} --coin-tool {coin_tool.name}"
        data = coin_tool
    elif imeta is not None:
        declared = framework_for(data, None, imeta, denominate=denominate, recipe=recipe)
        made, files = of_framework(declared, read_table(data), data.name), f"{data.name} --imeta {imeta.name}"
    elif recipe or denominate:
        raise InputError("--recipe and --denominate belong to --imeta:", "write the choices into the framework.")
    else:
        made, files = scaffold(read_table(data), data.stem, data.name), data.name
    text = framework_text(made, f"technopole framework {files}")
    if out is None:
        sys.stdout.write(text)
        return
    with replaced_file(out) as file:
        file.write_text(text, encoding="utf-8")
    count = len(made.framework.indicators())
    say(f"{out}: {count} indicators; read it, change it, then: technopole score {data} --framework {out}")


def _of_coin_tool(workbook: Path, table: Path) -> Scaffold:
    """Write a workbook's table; its framework, with what isn't taken over."""
    from technopole.editions.atomic import replaced_file
    from technopole.index.cointool import read_coin_tool
    from technopole.index.scaffold import of_framework
    from technopole.publish.cells import safe_frame
    from technopole.snapshots.tables import ROW

    found = read_coin_tool(workbook)
    made = replace(of_framework(found.framework, found.table, workbook.name), remarks=found.remarks)
    with replaced_file(table) as file:
        safe_frame(found.table.drop(ROW)).write_csv(file)
    return made
