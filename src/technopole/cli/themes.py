"""`technopole themes`: what measures each theme of the article, or why nothing does."""

from __future__ import annotations

from typing import Any

import typer

from technopole.cli.options import Csv, EditionFolder, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="themes")(themes)


def themes(json: Json = False, csv: Csv = False, edition: EditionFolder = None) -> None:
    """List the themes of the article, each with its indicators and sources, or why it is not measured."""
    from technopole.cli.output import write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.themes import theme_list, theme_table

    opened = open_edition(edition)
    if json:
        write_json(theme_list(opened))
    elif csv:
        write_csv(theme_table(opened))
    else:
        _show(theme_list(opened))


def _show(listed: list[dict[str, Any]]) -> None:
    from technopole.cli.output import console, new_table

    out = console()
    table = new_table("theme", "named for", "kind", "cities", "above 0", "measures", numeric=("cities", "above 0"))
    for one in listed:
        measures = "\n".join(measure["id"] for measure in one["measures"])
        counted = [f"{one[key]:,}" if measures else "" for key in ("cities_with_value", "cities_above_zero")]
        table.add_row(one["theme"], ", ".join(one["cities"]), one["kind"], *counted, measures or "none")
    out.print(table)
    measured = sum(bool(one["measures"]) for one in listed)
    out.print(f"{len(listed)} themes, {measured} of them measured. cities: with a value (zero is one) at that level.")
    out.print("Sources, reasons and limits of each: technopole themes --json.")
