"""`technopole boundaries`: whose rank depends on where the line is drawn."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from technopole.cli.options import Csv, EditionFolder, Json, LensName, SideName


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="boundaries")(boundaries)


def boundaries(
    lens: LensName = "scale",
    side: SideName = None,
    top: Annotated[
        int, typer.Option(help="Show the N cities that depend most (the table; JSON and CSV have all).")
    ] = 25,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Show the cities whose rank depends most on the line around them: core, agglomeration or region."""
    from technopole.cli.output import write_csv, write_json
    from technopole.core.errors import InputError
    from technopole.editions.read import open_edition
    from technopole.publish.boundaries import boundary_table, flat
    from technopole.publish.ranking import known_lens

    if top < 1:
        raise InputError(f"the top {top} can't be shown:", "give a number of 1 and more.")
    shape = boundary_table(open_edition(edition), known_lens(lens), side)
    if json:
        write_json(shape)
    elif csv:
        write_csv(flat(shape))
    else:
        _show(shape, top)


def _show(shape: dict[str, Any], top: int) -> None:
    from technopole.cli.output import console, new_table

    out = console()
    names = ("core", "agglomeration", "region", "spread", "5–95 %")
    table = new_table("city", "", *names, "because", numeric=names)
    for row in shape["cities"][:top]:
        because = "\n".join(f"{one['indicator']} {one['points']:+.1f}" for one in row["because"])
        mark = "*" if row["beyond_range"] else ""
        table.add_row(row["name"], row["country"], str(row["core"]), str(row["agglomeration"]), str(row["region"]),
                      f"{row['spread']}{mark}", f"{row['rank_low']:.0f}–{row['rank_high']:.0f}", because)  # fmt: skip
    out.print(f"Ranks under three boundaries: edition {shape['edition']}, {shape['lens']} lens")
    out.print(table)
    fixed = [one["id"] for one in shape["indicators"] if one["line"] == "fixed"]
    out.print(f"Median spread {shape['median_spread']:.0f} ranks; * a rank beyond the range: {shape['beyond_range']}.")
    out.print(
        "because: points of the score, best less worst boundary. Fixed whatever the line: " + ", ".join(fixed) + "."
    )
