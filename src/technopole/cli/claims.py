"""`technopole claims`: what is said of cities, and what the evidence says of that."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from technopole.cli.options import Csv, EditionFolder, Json

if TYPE_CHECKING:
    from technopole.cli.table import Table

app = typer.Typer(help="The claims of the article, its list of ten, and your own claims, each against the evidence.")
MOST_LEFT_OUT = 10
City = Annotated[str | None, typer.Option("--city", help="Only claims about this city.")]


@app.callback(invoke_without_command=True)
def claims(
    context: typer.Context,
    city: City = None,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """List every claim of the article with its verdict, why, and the evidence."""
    if context.invoked_subcommand is not None:
        return
    from technopole.cli.output import write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.claims import claim_list, claim_table
    from technopole.publish.finding import find_city

    opened = open_edition(edition)
    slug = None if city is None else find_city(opened, city)["slug"]
    if json:
        write_json(claim_list(opened, slug))
    elif csv:
        write_csv(claim_table(opened, slug))
    else:
        _show(claim_list(opened, slug))


@app.command(name="list")
def listed(json: Json = False, csv: Csv = False, edition: EditionFolder = None) -> None:
    """Judge the article's list of ten: who belongs to the first ten, twenty, fifty, and who is left out."""
    from technopole.cli.output import write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.claims_listed import article_list, list_table

    shape = article_list(open_edition(edition))
    if json:
        write_json(shape)
    elif csv:
        write_csv(list_table(shape))
    else:
        _show_list(shape)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="CSV or YAML: city, indicator or theme, comparator, value, year, unit.")],
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Check your own claims: a verdict with evidence for each, and an error for each line that can't be used."""
    from technopole.cli.output import console, say, write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.claims_own import check_file, check_table

    shape = check_file(open_edition(edition), file)
    if json:
        write_json(shape)
    elif csv:
        write_csv(check_table(shape))
    elif shape["claims"]:
        console().print(verdicts_table(shape["claims"], "where"))
    for one in shape["errors"]:
        say(f"technopole: {shape['file']}, {one['where']}: {one['message']}")
    if shape["errors"]:
        raise typer.Exit(1)


def _show(listed: list[dict[str, Any]]) -> None:
    from collections import Counter

    from technopole.cli.output import console

    out = console()
    if not listed:
        out.print("No claim of the article is about this city.")
        return
    out.print(verdicts_table(listed, "claim"))
    counts = Counter(one["verdict"] for one in listed)
    out.print(f"{len(listed)} claims: {', '.join(f'{number} {verdict}' for verdict, number in counts.most_common())}.")
    out.print("Citations and addresses: technopole claims --json. The list of ten: technopole claims list.")


def verdicts_table(listed: list[dict[str, Any]], first: str, *, reasons: bool = True) -> Table:
    """Claims with their verdicts, and why."""
    from rich.text import Text

    from technopole.cli.output import new_table

    table = new_table(first, "verdict", "statement, and why" if reasons else "statement")
    for one in listed:
        why = Text.assemble((one["statement"], "bold"), f"\n{one['because']}") if reasons else one["statement"]
        table.add_row(one["id"], one["verdict"], why)
    return table


def _show_list(shape: dict[str, Any]) -> None:
    from technopole.cli.output import console, new_table

    out = console()
    places = [str(place) for place in shape["places"]]
    for one in shape["tables"]:
        out.print(f"Lens {one['lens']}, {one['side'] or 'both sides'} ({one['ranked']} ranked cities):")
        table = new_table("city", "rank", "5–95 %", *[f"first {place}" for place in places],
                          numeric=("rank", "5–95 %", *[f"first {place}" for place in places]))  # fmt: skip
        for city in one["cities"]:
            span = f"{city['rank_low']:.0f}–{city['rank_high']:.0f}"
            chances = [f"{city['probability'][place] * 100:.0f} %" for place in places]
            table.add_row(city["name"], str(city["rank"]), span, *chances)
        out.print(table)
        names = {city["slug"]: city["name"] for city in one["cities"]}
        for place in places:
            belong = ", ".join(names[slug] for slug in one["belongs"][place])
            out.print(f"To the first {place} belong with at least 90 %: {belong or 'none of the ten'}.")
        better = [f"{city['name']} ({city['rank']})" for city in one["better_unlisted"]]
        more = f" and {len(better) - MOST_LEFT_OUT} more" if len(better) > MOST_LEFT_OUT else ""
        left_out = ", ".join(better[:MOST_LEFT_OUT]) or "none"
        out.print(f"Left out by the article though they rank before one of the ten: {left_out}{more}.\n")
