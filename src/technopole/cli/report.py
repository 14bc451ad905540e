"""`technopole report`: one city, or the fact-check of the article, to print."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from technopole.cli.options import EditionFolder, Json

Format = Literal["both", "html", "pdf"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="report")(report)


def report(
    city: Annotated[str | None, typer.Argument(help="A city: name in any script, slug, or id.")] = None,
    claims: Annotated[bool, typer.Option("--claims", help="The fact-check of the article instead of a city.")] = False,
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")] = Path(),
    only: Annotated[Format, typer.Option("--format", help="both, html or pdf.")] = "both",
    json: Json = False,
    edition: EditionFolder = None,
) -> None:
    """Write a report of two to four pages about a city as HTML and PDF; --json shows its content and writes nothing."""
    from dataclasses import asdict

    from technopole.cli.output import write_json
    from technopole.core.errors import InputError
    from technopole.editions.read import open_edition

    if (city is None) == (not claims):
        raise InputError("a report is about one city or about the claims:", "name a city, or give --claims alone.")
    opened = open_edition(edition)
    name, content, html = _claims(opened) if city is None else _city(opened, city)
    if json:
        write_json(asdict(content))
        return
    _write(out, name, html(content), only)


def _claims(opened: Any) -> tuple[str, Any, Any]:
    from technopole.publish.report.facts import fact_check
    from technopole.publish.report.render import claims_html

    return "technopole-claims", fact_check(opened), claims_html


def _city(opened: Any, city: str) -> tuple[str, Any, Any]:
    from technopole.publish.finding import find_city
    from technopole.publish.report.city import city_report
    from technopole.publish.report.render import city_html

    found = find_city(opened, city)
    return f"technopole-{found['slug']}", city_report(opened, found), city_html


def _write(out: Path, name: str, html: str, only: Format) -> None:
    """Make everything first, then write: a failure leaves no half of a report."""
    from technopole.editions.atomic import replaced_file
    from technopole.publish.report.render import pdf

    files = {}
    if only != "pdf":
        files[out / f"{name}.html"] = html.encode()
    if only != "html":
        files[out / f"{name}.pdf"] = pdf(html)
    for path, data in files.items():
        with replaced_file(path) as temporary:
            temporary.write_bytes(data)
        typer.echo(path)
