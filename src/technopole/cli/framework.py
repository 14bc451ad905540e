"""`technopole framework`: a first framework for the user's own table, to be changed by hand."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from technopole.core.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="framework")(framework)


def framework(
    data: Annotated[Path, typer.Argument(help="Table of units: CSV, Parquet or Excel.")],
    imeta: Annotated[Path | None, typer.Option(help="COINr's iMeta.csv; DATA is then its iData.csv.")] = None,
    recipe: Annotated[str | None, typer.Option(help="With --imeta: coinr, as in `technopole score`.")] = None,
    denominate: Annotated[bool, typer.Option("--denominate", help="Divide by the Denominator of iMeta.")] = False,
    out: Annotated[Path | None, typer.Option(help="File to write; it must not exist (default: print).")] = None,
) -> None:
    """Write a first framework for your own table: what its columns say, every choice at its default, to be changed."""
    from technopole.cli.output import say
    from technopole.cli.score import framework_for
    from technopole.editions.atomic import replaced_file
    from technopole.index.scaffold import framework_text, of_framework, scaffold
    from technopole.index.tabular import read_table

    if out is not None and out.exists():
        raise InputError(f"{out} is there already:", "name another file, so that nothing of yours is lost.")
    if imeta is not None:
        declared = framework_for(data, None, imeta, denominate=denominate, recipe=recipe)
        made = of_framework(declared, read_table(data), data.name)
    elif recipe or denominate:
        raise InputError("--recipe and --denominate belong to --imeta:", "write the choices into the framework.")
    else:
        made = scaffold(read_table(data), data.stem, data.name)
    files = f"{data.name} --imeta {imeta.name}" if imeta else data.name
    text = framework_text(made, f"technopole framework {files}")
    if out is None:
        sys.stdout.write(text)
        return
    with replaced_file(out) as file:
        file.write_text(text, encoding="utf-8")
    count = len(made.framework.indicators())
    say(f"{out}: {count} indicators; read it, change it, then: technopole score {data} --framework {out}")
