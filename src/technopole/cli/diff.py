"""`technopole data diff`: what changed between two editions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from technopole.cli.options import BoundaryName, Csv, Json, LensName, SideName

if TYPE_CHECKING:
    from technopole.publish.diff import Diff

NAMED = 3


def register(app: typer.Typer) -> None:
    """Add the command to the commands on editions."""
    app.command(name="diff")(diff)


def diff(
    first: Annotated[Path, typer.Argument(metavar="A", help="Folder of an edition.")],
    second: Annotated[Path, typer.Argument(metavar="B", help="Folder of another edition.")],
    lens: LensName = "scale",
    side: SideName = None,
    boundary: BoundaryName = "agglomeration",
    top: Annotated[int, typer.Option(help="How many moves the table for people shows.")] = 30,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Say which ranks moved between two editions, which observations moved them, and what else did."""
    from technopole.cli.output import write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.diff import diff as make

    result = make(open_edition(first), open_edition(second), lens=lens, side=side, boundary=boundary)
    if json:
        write_json(result.to_json())
    elif csv:
        write_csv(result.table)
    else:
        _show(result, top)


def _show(result: Diff, top: int) -> None:
    from technopole.cli.output import console, new_table
    from technopole.publish.diff import PARTS

    out = console()
    out.print(f"From {result.a['folder']} to {result.b['folder']}: {result.lens} lens, "
              f"{result.side or 'both sides'}, {result.boundary} boundary")  # fmt: skip
    if result.identical:
        out.print("The two are identical: nothing changed.")
        return
    numeric = ("from", "to", "score", "change", *PARTS)
    table = new_table("city", "country", *numeric, "moved by", numeric=numeric)
    for row in result.table.head(top).iter_rows(named=True):
        parts = [f"{row[part]:+.2f}" if abs(row[part]) >= 0.005 else "" for part in PARTS]
        causes = result.indicators.filter(city=row["city"]).head(NAMED)
        named = ", ".join(f"{one['indicator']} {one['contribution']:+.2f}" for one in causes.iter_rows(named=True))
        table.add_row(row["name"], row["country"], str(row["rank_a"]), str(row["rank_b"]), f"{row['score_b']:.2f}",
                      f"{row['change']:+.2f}", *parts, named)  # fmt: skip
    out.print(table)
    ranks = int((result.table["move"] != 0).sum())
    out.print(f"{ranks} ranks moved, {result.table.height} scores changed; {result.entered.height} cities entered, "
              f"{result.left.height} left.")  # fmt: skip
    for what, cities in (("entered", result.entered), ("left", result.left)):
        if cities.height:
            out.print(
                f"  {what}: {', '.join(f'{name} ({rank})' for name, rank in cities.select('name', 'rank').iter_rows())}"
            )
    counts = result.observations.group_by("variable").len().sort("len", "variable", descending=[True, False])
    if counts.height:
        out.print(f"{result.observations.height} observations changed, were added or removed: "
                  + ", ".join(f"{name} {count}" for name, count in counts.iter_rows()) + ".")  # fmt: skip
    for one in result.framework:
        out.print(f"framework: {one['key']} {one['a']} -> {one['b']}", markup=False)
    alone = int((result.table["move_self"] != 0).sum())
    out.print(f"{alone} cities would have moved by their own change alone; the others were passed, or passed others.")
    out.print("observations: on the old goalposts. goalposts: other cities, ends, caps, imputations. The parts sum "
              "to the change.")  # fmt: skip
