"""`technopole momentum`: who is rising."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from technopole.cli.options import Csv, EditionFolder, Json


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="momentum")(momentum)


def momentum(
    country: Annotated[list[str] | None, typer.Option(help="Show only this country (repeatable).")] = None,
    top: Annotated[int | None, typer.Option(help="Show only the first N.")] = None,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Show whose share of the world rises or falls between two dates, with ranges; it is no part of the index."""
    from technopole.cli.output import write_csv, write_json
    from technopole.core.errors import InputError
    from technopole.editions.read import open_edition
    from technopole.publish.momentum import flat, momentum_table
    from technopole.publish.ranking import known_country

    if top is not None and top < 1:
        raise InputError(f"the top {top} can't be shown:", "give a number of 1 and more.")
    codes = [known_country(one) for one in country or ()]
    table = momentum_table(open_edition(edition))
    shown = [one for one in table["cities"] if not codes or one["country"] in codes]
    table["cities"] = shown if top is None else shown[:top]
    if json:
        write_json(table)
    elif csv:
        write_csv(flat(table))
    else:
        _show(table)


def _show(table: dict[str, Any]) -> None:
    from technopole.cli.output import console, new_table

    out = console()
    combined = [one["id"] for one in table["series"] if one["combined"]]
    short = [name.replace("_", "\n") for name in combined]
    lines = new_table("rank", "5–95 %", "city", "", "change", "low", "high", "verdict", *short,
                      numeric=("rank", "5–95 %", "change", "low", "high", *short))  # fmt: skip
    for row in table["cities"]:
        series = [row["series"][name] for name in combined]
        grown = ["" if one["early"] is None else _percent(one["growth"]) for one in series]
        lines.add_row(
            str(row["rank"]), f"{row['rank_low']:.0f}–{row['rank_high']:.0f}", row["name"], row["country"],
            _percent(row["momentum"]), _percent(row["low"]), _percent(row["high"]), row["verdict"], *grown,
        )  # fmt: skip
    out.print(
        f"Momentum: edition {table['edition']}. Change of a city's share of the world, shrunk, mean of the series."
    )
    out.print(lines)
    for one in table["series"]:
        beside = "" if one["combined"] else " (shown in --json, not combined)"
        out.print(f"{one['id']}: {one['title']}, {one['periods'][0]} to {one['periods'][1]}{beside}.")
    out.print("open: the range holds both rise and fall; empty: no evidence. How it is made: docs/momentum.md.")


def _percent(logarithm: float) -> str:
    from math import expm1

    return f"{round(100 * expm1(logarithm)):+d} %"
