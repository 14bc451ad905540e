"""`technopole explore` and `technopole export`: the explorer on this machine, as one file, as a site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from technopole.cli.options import EditionFolder
from technopole.core.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(name="explore")(explore)
    app.command(name="export")(export)


def explore(
    port: Annotated[int, typer.Option(help="Port on this machine; 0 lets the system choose.", min=0, max=65535)] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")] = True,
    edition: EditionFolder = None,
) -> None:
    """Open the explorer: map, table, cities, weights, comparison, and where each number is from."""
    import webbrowser

    from technopole.cli.output import say
    from technopole.editions.read import open_edition
    from technopole.publish.explore import LOOPBACK, make_ahead, served_files, server

    opened = open_edition(edition)
    say(f"reading edition {opened.id}")
    files = served_files(opened)
    running = server(files, port)
    make_ahead(files)
    address = f"http://{LOOPBACK}:{running.server_port}/"
    typer.echo(address)
    say("Ctrl-C ends it")
    if browser:
        webbrowser.open(address)
    try:
        running.serve_forever()
    except KeyboardInterrupt:
        say("ended")
    finally:
        running.server_close()


def export(
    html: Annotated[
        Path | None, typer.Option(help="One file that opens in a browser, offline.", metavar="FILE")
    ] = None,
    site: Annotated[Path | None, typer.Option(help="A folder for any web host.", metavar="DIR")] = None,
    excel: Annotated[
        Path | None, typer.Option(help="A workbook of every stage of the index, with sources.", metavar="FILE")
    ] = None,
    package: Annotated[
        Path | None,
        typer.Option(help="The edition as a data package (Frictionless and Croissant).", metavar="DIR"),
    ] = None,
    lens: Annotated[str, typer.Option(help="Of the workbook: scale or intensity.")] = "scale",
    boundary: Annotated[str, typer.Option(help="Of the workbook: core, agglomeration or region.")] = "agglomeration",
    edition: EditionFolder = None,
) -> None:
    """Write the explorer as one file or as a static site, the whole index as a workbook, the edition as a package."""
    from technopole.cli.output import say
    from technopole.editions.licences import check_exportable
    from technopole.editions.read import open_edition
    from technopole.publish.explore import write_page, write_site

    if html is None and site is None and excel is None and package is None:
        raise InputError("nothing to export:", "give --html FILE, --site DIR, --excel FILE or --package DIR.")
    opened = open_edition(edition)
    check_exportable(opened)
    if html is not None:
        say(f"{html}: {write_page(opened, html):,} bytes")
    if site is not None:
        say(f"{site}: {write_site(opened, site):,} bytes; put it on any web host")
    if excel is not None:
        from technopole.publish.ranking import known_boundary, known_lens
        from technopole.publish.workbook import edition_sheets, write_workbook

        sheets = edition_sheets(opened, known_lens(lens), known_boundary(boundary))
        say(f"{excel}: {write_workbook(sheets, excel):,} bytes")
    if package is not None:
        from technopole.publish.package import write_package

        say(f"{package}: {write_package(opened, package):,} bytes; datapackage.json and croissant.json describe it")
