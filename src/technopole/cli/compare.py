"""`technopole compare` and `technopole why`: cities side by side, and what makes the gap between two."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from technopole.cli.options import BoundaryName, Csv, EditionFolder, Json, LensName, SideName


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command(name="compare")(compare)
    app.command(name="why")(why)


def compare(
    cities: Annotated[list[str], typer.Argument(help="2 to 5 cities: name in any script, slug, or id.")],
    lens: LensName = "scale",
    boundary: BoundaryName = "agglomeration",
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Set two to five cities side by side: ranks, pillars, and every indicator."""
    from technopole.cli.output import write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.compare import compare as make
    from technopole.publish.finding import find_city
    from technopole.publish.ranking import known_boundary, known_lens

    opened = open_edition(edition)
    found = [find_city(opened, name) for name in cities]
    shape = make(opened, found, lens=known_lens(lens), boundary=known_boundary(boundary))
    if json:
        write_json(shape)
    elif csv:
        import polars as pl

        rows = [
            {"indicator": row["id"], "city": city["name"], **one}
            for row in shape["indicators"]
            for city, one in zip(shape["cities"], row["cities"], strict=True)
        ]
        write_csv(pl.DataFrame(rows, infer_schema_length=None))
    else:
        _show_compare(shape)


def why(
    first: Annotated[str, typer.Argument(metavar="A", help="A city.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Another city.")],
    lens: LensName = "scale",
    side: SideName = None,
    boundary: BoundaryName = "agglomeration",
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Say what makes the gap between two cities, indicator by indicator, summing to the gap."""
    from technopole.cli.output import write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.compare import why as make
    from technopole.publish.finding import find_city
    from technopole.publish.ranking import known_boundary, known_lens

    opened = open_edition(edition)
    a, b = (find_city(opened, name) for name in (first, second))
    shape = make(opened, a, b, lens=known_lens(lens), side=side, boundary=known_boundary(boundary))
    if json:
        write_json(shape)
    elif csv:
        import polars as pl

        rows = [
            {
                "indicator": row["id"],
                "weight": row["weight"],
                "a": row["a"]["normalised"],
                "b": row["b"]["normalised"],
                "contribution": row["contribution"],
            }
            for row in shape["indicators"]
        ]
        write_csv(pl.DataFrame(rows, infer_schema_length=None))
    else:
        _show_why(shape)


def _show_compare(shape: dict[str, Any]) -> None:
    from technopole.cli.output import console, new_table

    out = console()
    names = [city["name"] for city in shape["cities"]]
    out.print(f"Edition {shape['edition']}, {shape['lens']} lens, {shape['boundary']} boundary")
    table = new_table("", *names, numeric=tuple(names))
    table.add_row("rank", *[str(city["rank"]) for city in shape["cities"]])
    table.add_row("5–95 %", *[f"{city['rank_low']:.0f}–{city['rank_high']:.0f}" for city in shape["cities"]])
    table.add_row("tier", *[str(city["tier"]) for city in shape["cities"]])
    table.add_row("score", *[f"{city['score']:.1f}" for city in shape["cities"]])
    for pillar in shape["cities"][0]["pillars"]:
        table.add_row(f"{pillar} (0–100)", *[f"{city['pillars'][pillar]:.1f}" for city in shape["cities"]])
    out.print(table)
    table = new_table("indicator", "weight", *names, numeric=("weight", *names))
    for row in shape["indicators"]:
        table.add_row(row["id"], f"{row['weight']:.1%}", *[_cell(one) for one in row["cities"]])
    out.print(table)
    out.print("Each cell: value, and in brackets the score of 0 to 100; ~ marks a score without a value (imputed).")


def _show_why(shape: dict[str, Any]) -> None:
    from technopole.cli.output import console, new_table

    out = console()
    a, b = shape["a"], shape["b"]
    for one in (a, b):
        span = f"{one['rank_low']:.0f}–{one['rank_high']:.0f}"
        out.print(f"{one['name']}: rank {one['rank']} ({span}), score {one['score']:.2f}")
    what = f"{shape['lens']} lens, {shape['side'] or 'both sides'}, {shape['boundary']} boundary"
    out.print(f"Gap {shape['gap']:+.2f} points ({what}), made of:")
    table = new_table("indicator", "weight", a["name"], b["name"], "points",
                      numeric=("weight", a["name"], b["name"], "points"))  # fmt: skip
    for row in shape["indicators"]:
        table.add_row(
            row["id"], f"{row['weight']:.1%}", _cell(row["a"]), _cell(row["b"]), f"{row['contribution']:+.2f}"
        )
    table.add_row("sum", "", "", "", f"{sum(row['contribution'] for row in shape['indicators']):+.2f}")
    out.print(table)
    parts = ", ".join(f"{one['id']} {one['contribution']:+.2f}" for one in shape["pillars"])
    out.print(f"By pillar: {parts}.")


def _cell(one: dict[str, Any]) -> str:
    mark = "~" if one["imputed"] else ""
    value = "–" if one["value"] is None else f"{one['value']:,.5g}"
    return value if one["normalised"] is None else f"{value} ({mark}{one['normalised']:.0f})"
