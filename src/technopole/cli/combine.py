"""`technopole data combine`: an edition of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from technopole.cli.options import EditionFolder, FrameworkFile, Json


def register(app: typer.Typer) -> None:
    """Add the command to the commands on editions."""
    app.command(name="combine")(combine)


def combine(
    name: Annotated[str, typer.Argument(help="Name of your edition: lower case letters, digits, hyphens.")],
    observations: Annotated[
        list[Path] | None,
        typer.Option("--observations", help="Rows (CSV, Parquet): by hand, `data observe`, `measure` (repeatable)."),
    ] = None,
    attributed: Annotated[
        list[str] | None,
        typer.Option("--attributed", help="VARIABLE=FILE or VARIABLE:sum=FILE: counts of `attribute` (repeatable)."),
    ] = None,
    cities: Annotated[Path | None, typer.Option("--cities", help="Cities of your own (CSV).")] = None,
    declare: Annotated[
        Path | None, typer.Option("--declare", help="Your sources, variables and indicators (YAML).")
    ] = None,
    framework: FrameworkFile = None,
    replace: Annotated[
        list[str] | None, typer.Option("--replace", help="Variable whose rows in the base all go (repeatable).")
    ] = None,
    amend: Annotated[
        bool, typer.Option("--amend", help="Your rows stand in the place of the base's of one variable and place.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of your edition (default: its name).")] = None,
    json: Json = False,
    edition: EditionFolder = None,
) -> None:
    """Make an edition of your own: a published one and your observations, cities, indicators and framework."""
    from technopole.cli.output import say, write_json
    from technopole.editions.combine import Additions, combine
    from technopole.editions.read import open_edition

    target = out or Path(name)
    added = Additions(
        tuple(observations or ()), _named(attributed or ()), cities, framework, declare, tuple(replace or ()), amend
    )
    manifest = combine(open_edition(edition), name, target, added, progress=say)
    own = manifest["own"]
    if json:
        write_json({"folder": str(target), "id": name, "content_digest": manifest["content_digest"], "own": own})
        return
    typer.echo(
        f"edition {name} is in {target}: {own['rows']} rows of your own, {len(own['cities'])} cities of your own"
    )
    for remark in own["remarks"]:
        typer.echo(f"note: {remark}")
    if own["for_yourself_only"]:
        typer.echo(f"for yourself only, by the licence of {', '.join(own['for_yourself_only'])}: export refuses it")
    typer.echo(f"use it: technopole rank --edition {target}, or export TECHNOPOLE_EDITION={target}")


def _named(words: list[str] | tuple[()]) -> dict[str, Path]:
    from technopole.core.errors import InputError

    found: dict[str, Path] = {}
    for word in words:
        variable, sign, file = word.partition("=")
        if not (variable and sign and file):
            raise InputError(f"{word!r} isn't VARIABLE=FILE.", "For example --attributed antennas=counts.csv.")
        if variable in found:
            raise InputError(f"{variable!r} is given twice:", "add the files up first.")
        found[variable] = Path(file)
    return found
