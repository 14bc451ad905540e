"""`technopole trace`: from a score back to upstream rows."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from technopole.cli.options import BoundaryName, EditionFolder, Json, LensName

ROWS_SHOWN = 20


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="trace")(trace)


def trace(
    city: Annotated[str, typer.Argument(help="A city.")],
    indicator: Annotated[str, typer.Argument(help="Id of an indicator.")],
    lens: LensName = "scale",
    boundary: BoundaryName = "agglomeration",
    json: Json = False,
    edition: EditionFolder = None,
) -> None:
    """Show where a number is from: upstream file, hash and rows, licence, and what it adds to the score."""
    from technopole.cli.output import write_json
    from technopole.editions.read import open_edition
    from technopole.editions.trace import trace as trace_number
    from technopole.publish.finding import find_city
    from technopole.publish.ranking import known_boundary, known_lens

    opened = open_edition(edition)
    found, declared = find_city(opened, city), opened.catalogue().get(indicator)
    chain = trace_number(opened, found, declared, known_lens(lens), known_boundary(boundary))
    if json:
        write_json(chain)
    else:
        _show(chain)


def _show(chain: dict[str, Any]) -> None:
    from technopole.cli.output import console

    out = console()
    out.print(f"{chain['name']}: {chain['title']} ({chain['lens']} lens, {chain['boundary']} boundary)")
    for file in chain["files"]:
        rows = file["rows"]
        named = ", ".join(rows[:ROWS_SHOWN]) + (f" and {len(rows) - ROWS_SHOWN} more" if len(rows) > ROWS_SHOWN else "")
        out.print(f"  file        {file['path']}  sha256 {file['sha256'][:16]}…")
        if file["url"]:
            out.print(f"              {file['url']}")
        out.print(f"              rows {named}" if rows else "              no row: nothing there for this city")
    for source in chain["sources"]:
        out.print(f"  source      {source['id']}: {source['licence']}. {source['citation']}")
    if chain["formula"]:
        out.print(f"  formula     {chain['formula']}")
    value = "none" if chain["value"] is None else f"{chain['value']:,.10g} {chain['unit']}"
    out.print(f"  value       {value} ({chain['status']}, {chain['period']})")
    if chain["because"]:
        out.print(f"  because     {chain['because']}")
    if chain["normalised"] is None:
        out.print("  score       none: the city isn't ranked")
        return
    if chain["treated"] is not None:
        out.print(f"  treated     {chain['treated']:.6g}")
    imputed = " (imputed: mean of draws from the nearest cities)" if chain["imputed"] else ""
    out.print(f"  normalised  {chain['normalised']:.4f} of 100{imputed}")
    out.print(f"  weight      {chain['weight']:.6f}")
    out.print(f"  contributes {chain['contribution']:.4f} points")
