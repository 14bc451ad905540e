"""`technopole resolve`: a name or a point becomes a city of the frame, or the reason why not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from technopole.cli.options import EditionFolder, Json
from technopole.core.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="resolve")(resolve)


def resolve(
    name: Annotated[str | None, typer.Argument(help="A name, in any script.")] = None,
    country: Annotated[str | None, typer.Option(help="ISO code or name; it always wins over coordinates.")] = None,
    admin1: Annotated[str | None, typer.Option(help="State or province, name or code.")] = None,
    lat: Annotated[float | None, typer.Option(help="Latitude, degrees.")] = None,
    lon: Annotated[float | None, typer.Option(help="Longitude, degrees.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="File with name,country,admin1,lat,lon.")] = None,
    json: Json = False,
    edition: EditionFolder = None,
) -> None:
    """Say which city a name or a point belongs to, or why none."""
    from technopole.cli.output import console, new_table, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.resolving import read_queries, resolve_queries, single_query

    if csv is not None:
        if any(value is not None for value in (name, country, admin1, lat, lon)):
            raise InputError("--csv stands alone:", "leave out the name and the other options.")
        queries = read_queries(csv)
    else:
        if name is None and country is None and lat is None and lon is None:
            raise InputError("there is nothing to resolve:", "give a NAME, --lat and --lon, or --csv FILE.")
        queries = single_query(name, country, admin1, lat, lon)
    answers = resolve_queries(open_edition(edition), queries)
    if json:
        write_json(answers)
        return
    table = new_table("input", "city", "country", "id", "how", "why not")
    for answer in answers:
        asked = " | ".join(str(value) for value in answer["input"].values() if value is not None)
        cells = (answer["name"], answer["country"], answer["id"], answer["method"], answer["reason"])
        table.add_row(asked, *["" if cell is None else str(cell) for cell in cells])
    console().print(table)
