"""`technopole initiatives`: what cities do, each with its source."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from technopole.cli.options import Csv, EditionFolder, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="initiatives")(initiatives)


def initiatives(
    name: Annotated[
        str | None, typer.Argument(help="A city: what it does. Without: how many entries each has.")
    ] = None,
    theme: Annotated[
        str | None, typer.Option(help="A theme (`technopole themes --json`): what cities do in it.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Check the register against an edition.")] = False,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Show what cities do: theme, since when, by whom, a figure, and the source that was read."""
    from technopole.cli.output import console, write_csv, write_json
    from technopole.core.errors import InputError
    from technopole.editions.read import open_edition
    from technopole.publish.initiatives import check_register, flat_table, initiative_counts

    if sum((name is not None, theme is not None, check)) > 1:
        raise InputError("a city, --theme and --check can't stand together:", "ask one after the other.")
    opened = open_edition(edition)
    if check:
        entries = check_register(opened)
        if json:
            write_json({"entries": entries, "faults": 0})
        else:
            console().print(f"{entries} entries, no fault.")
        return
    listed = _listed(opened, name, theme)
    if json:
        write_json(initiative_counts(opened) if listed is None else listed)
    elif csv:
        import polars as pl

        write_csv(pl.DataFrame(initiative_counts(opened)) if listed is None else flat_table(listed))
    elif listed is None:
        _show_counts(initiative_counts(opened))
    else:
        _show(listed, name or str(theme))


def _listed(opened: Any, name: str | None, theme: str | None) -> list[dict[str, Any]] | None:
    from technopole.publish.finding import find_city
    from technopole.publish.initiatives import initiative_list, theme_initiatives

    if theme is not None:
        return theme_initiatives(theme)
    return None if name is None else initiative_list(find_city(opened, name)["slug"])


def _show(listed: list[dict[str, Any]], asked: str) -> None:
    from technopole.cli.output import console

    if listed:
        console().print(initiatives_table(listed))
    else:
        console().print(f"Nothing is registered for {asked}; docs/initiatives.md says how to add it.", markup=False)


def initiatives_table(listed: list[dict[str, Any]]) -> Any:
    """Draw what is done: theme (and city, where there are several), since when, what and by whom, where it was read."""
    from technopole.claims.findings import amount
    from technopole.cli.output import new_table

    first = "city" if listed and "city" in listed[0] else "theme"
    table = new_table(first, "since", "what is done, by whom, where that was read")
    for one in listed:
        figure, source = one["figure"], one["source"]
        # "1 yes or no" tells no more than the entry itself
        told = figure if figure and figure["unit"] != "yes or no" else None
        number = f" {amount(told['value'], told['unit'])} ({told['year']})." if told else ""
        what = f"{one['what']}{number} By: {one['by']}.\n{source['publisher']}: {source['address']}"
        table.add_row(one[first], one["since"] or "", what)
    return table


def _show_counts(counted: list[dict[str, Any]]) -> None:
    from technopole.cli.output import console, new_table

    columns = ("initiatives", "read", "derived", "with figure", "agreeing", "themes")
    table = new_table("city", *columns, numeric=columns)
    for one in counted:
        table.add_row(one["name"], *[str(one[column.replace(" ", "_")]) for column in columns])
    out = console()
    out.print(table)
    total = {key: sum(one[key] for one in counted) for key in ("initiatives", "read", "derived", "agreeing")}
    out.print(
        f"{len(counted)} cities, {total['initiatives']} entries: {total['read']} read, {total['derived']} derived; "
        f"{total['agreeing']} agree with an observation that the edition holds."
    )
