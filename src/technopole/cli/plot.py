"""`technopole plot`: pictures of the edition, or of the user's own index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from technopole.cli.options import BoundaryName, Csv, EditionFolder, Json, LensName, SideName
from technopole.core.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="plot")(plot)


def plot(
    kind: Annotated[
        str,
        typer.Argument(help="bar, scatter, dot, distribution, ranks, tree, correlations, acceptability, sensitivity."),
    ],
    data: Annotated[Path | None, typer.Argument(help="Your own table (without: the edition).")] = None,
    framework: Annotated[Path | None, typer.Option(help="With DATA: its framework (YAML).")] = None,
    imeta: Annotated[Path | None, typer.Option(help="With DATA: COINr's iMeta.csv.")] = None,
    recipe: Annotated[str | None, typer.Option(help="With --imeta: coinr, as in `technopole score`.")] = None,
    out: Annotated[Path | None, typer.Option(help="File to write: .svg or .png (default: KIND.svg).")] = None,
    of: Annotated[
        list[str] | None,
        typer.Option(help="Node, indicator or column (scatter: twice, x first; distribution: repeatable)."),
    ] = None,
    stage: Annotated[str, typer.Option(help="Of indicators: measured, treated or normalised.")] = "measured",
    stack: Annotated[bool, typer.Option("--stack", help="bar: parts that the node's children contribute.")] = False,
    group: Annotated[str | None, typer.Option(help="bar, scatter: colour by this column (cities: country).")] = None,
    mark: Annotated[list[str] | None, typer.Option(help="bar, scatter, dot: mark a unit (repeatable).")] = None,
    log: Annotated[str, typer.Option(help="Logarithmic axis: x; scatter also y, xy.")] = "",
    stat: Annotated[str | None, typer.Option(help="dot: mean, median or a number to show.")] = None,
    form: Annotated[str, typer.Option(help="distribution: histogram, violin or box.")] = "histogram",
    top: Annotated[int, typer.Option(help="Show the first N units or choices; scatter: name so many.")] = 30,
    replicates: Annotated[int | None, typer.Option(help="How many, for ranges and places.")] = None,
    lens: LensName = "scale",
    side: SideName = None,
    boundary: BoundaryName = "agglomeration",
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Draw values, rank ranges, places, the framework, correlations, what moves ranks (needs technopole[analysis])."""
    from technopole.cli.output import say, write_csv, write_json
    from technopole.cli.score import framework_for
    from technopole.editions.read import open_edition
    from technopole.publish.picture import View
    from technopole.publish.pictures import known_kind, of_edition, of_own
    from technopole.publish.value_pictures import Selection, known_selection

    selection = Selection(tuple(of or ()), stage, stack, group, tuple(mark or ()), log, stat, form)
    known_selection(known_kind(kind), selection)
    if data is None:
        if framework or imeta or recipe:
            raise InputError("--framework, --imeta and --recipe belong to a table:", "name it after the kind.")
        picture = of_edition(open_edition(edition), kind, View(lens, side, boundary, replicates), top, selection)
    else:
        picture = of_own(data, framework_for(data, framework, imeta, recipe=recipe), kind, top, replicates, selection)
    if json:
        write_json({"kind": kind, "title": picture.title, "notes": picture.notes, "rows": picture.table.to_dicts()})
    elif csv:
        write_csv(picture.table)
    if out is None and (json or csv):
        return
    try:
        from technopole.publish.plots import write
    except ImportError as error:
        raise InputError(f"plot needs the package {error.name}.", "Install technopole[analysis].") from error
    path = out or Path(f"{kind}.svg")
    say(f"{path}: {write(picture, path):,} bytes")
