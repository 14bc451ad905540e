"""`technopole whatif`: a city with other values."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from technopole.cli.options import BoundaryName, Csv, EditionFolder, Json, LensName, SideName
from technopole.core.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="whatif")(whatif)


def whatif(
    city: Annotated[str, typer.Argument(help="A city: name in any script, slug, or id.")],
    changes: Annotated[list[str], typer.Argument(metavar="INDICATOR=VALUE...", help="In the indicator's own unit.")],
    lens: LensName = "scale",
    side: SideName = None,
    boundary: BoundaryName = "agglomeration",
    goalposts: Annotated[
        str, typer.Option(help="recomputed (with the new value) or edition (lowest and highest values stay).")
    ] = "recomputed",
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Say what score, rank and range a city would have with other values."""
    from technopole.cli.output import write_csv, write_json
    from technopole.cli.uncertainty import named_number
    from technopole.editions.read import open_edition
    from technopole.publish.finding import find_city
    from technopole.publish.ranking import known_boundary, known_lens
    from technopole.publish.whatif import whatif as make

    opened = open_edition(edition)
    given = [named_number(text, "metro_length=500") for text in changes]
    if len(dict(given)) < len(given):
        raise InputError("One indicator has two values:", "give each once.")
    shape = make(
        opened,
        find_city(opened, city),
        dict(given),
        lens=known_lens(lens),
        side=side,
        boundary=known_boundary(boundary),
        goalposts=goalposts,
    )
    if json:
        write_json(shape)
    elif csv:
        import polars as pl

        rows = [{"case": case, **shape[case]} for case in ("before", "after") if shape[case] is not None]
        write_csv(pl.DataFrame(rows))
    else:
        _show(shape)


def _show(shape: dict[str, Any]) -> None:
    from technopole.cli.output import console, new_table
    from technopole.publish.whatif import GOALPOSTS

    out = console()
    what = f"{shape['lens']} lens, {shape['side'] or 'both sides'}, {shape['boundary']} boundary"
    out.print(f"{shape['city']['name']}, {shape['city']['country']}: edition {shape['edition']}, {what}")
    numeric = ("now", "then", "score now", "score then")
    table = new_table("indicator", "unit", *numeric, numeric=numeric)
    for one in shape["changes"]:
        now = "–" if one["from"] is None else f"{one['from']:,.5g}"
        old = "" if one["normalised_before"] is None else f"{one['normalised_before']:.1f}"
        table.add_row(one["indicator"], one["unit"], now, f"{one['to']:,.5g}", old, f"{one['normalised_after']:.1f}")
    out.print(table)
    for name, case in (("now", shape["before"]), ("then", shape["after"])):
        if case is None:
            out.print(f"{name:<5} not ranked: too little evidence")
        else:
            span = f"{case['rank_low']:.0f}–{case['rank_high']:.0f}"
            out.print(f"{name:<5} rank {case['rank']} of {shape['cities']} ({span}), tier {case['tier']}, "
                      f"score {case['score']:.2f}")  # fmt: skip
    out.print(f"Goalposts {shape['goalposts']}: {GOALPOSTS[shape['goalposts']]}.")
