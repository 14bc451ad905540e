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
    from technopole.publish.explore import LOOPBACK, server, site_files

    opened = open_edition(edition)
    say(f"reading edition {opened.id}")
    running = server(site_files(opened), port)
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
    edition: EditionFolder = None,
) -> None:
    """Write the explorer as one file, as a static site, or as both."""
    from technopole.cli.output import say
    from technopole.editions.read import open_edition
    from technopole.publish.explore import write_page, write_site

    if html is None and site is None:
        raise InputError("nothing to export:", "give --html FILE or --site DIR.")
    opened = open_edition(edition)
    if html is not None:
        say(f"{html}: {write_page(opened, html):,} bytes")
    if site is not None:
        say(f"{site}: {write_site(opened, site):,} bytes; put it on any web host")
