"""`technopole whatif`: a city with other values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from technopole.cli.options import (
    BoundaryName,
    Csv,
    EditionFolder,
    Json,
    LensName,
    SideName,
    named_number,
    own_framework,
)
from technopole.core.errors import InputError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="whatif")(whatif)


def whatif(
    context: typer.Context,
    city: Annotated[str, typer.Argument(help="A city: name in any script, slug, or id; with --data the id of a unit.")],
    changes: Annotated[list[str], typer.Argument(metavar="INDICATOR=VALUE...", help="In the indicator's own unit.")],
    lens: LensName = "scale",
    side: SideName = None,
    boundary: BoundaryName = "agglomeration",
    goalposts: Annotated[
        str, typer.Option(help="recomputed (with the new value) or edition (lowest and highest values stay).")
    ] = "recomputed",
    data: Annotated[Path | None, typer.Option(help="Your own table of units, with --framework.")] = None,
    framework: Annotated[Path | None, typer.Option(help="Of your own table (YAML).")] = None,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Say what score, rank and range a city would have with other values."""
    from technopole.editions.read import open_edition
    from technopole.publish.finding import find_city
    from technopole.publish.ranking import known_boundary, known_lens
    from technopole.publish.whatif import whatif as make

    given = [named_number(text, "metro_length=500") for text in changes]
    if len(dict(given)) < len(given):
        raise InputError("One indicator has two values:", "give each once.")
    if data is not None or framework is not None:
        from technopole.publish.own_whatif import own_whatif

        if data is None:
            raise InputError("--framework is that of your own table:", "name the table with --data FILE.")
        shape = own_whatif(data, own_framework(context, framework, {"city", "changes"}), city, dict(given))
        _write(shape, json, csv)
        return
    opened = open_edition(edition)
    shape = make(
        opened,
        find_city(opened, city),
        dict(given),
        lens=known_lens(lens),
        side=side,
        boundary=known_boundary(boundary),
        goalposts=goalposts,
    )
    _write(shape, json, csv)


def _write(shape: dict[str, Any], json: bool, csv: bool) -> None:
    from technopole.cli.output import write_csv, write_json

    if json:
        write_json(shape)
    elif csv:
        import polars as pl

        rows = [{"case": case, **shape[case]} for case in ("before", "after") if shape[case] is not None]
        write_csv(pl.DataFrame(rows))
    elif "unit" in shape:
        _show_own(shape)
    else:
        _show(shape)


def _show_own(shape: dict[str, Any]) -> None:
    from technopole.cli.output import console, new_table

    out = console()
    out.print(f"{shape['unit']['name']}: {shape['index']}{', ' + shape['period'] if shape['period'] else ''}")
    numeric = ("now", "then", "score now", "score then")
    table = new_table("indicator", *numeric, numeric=numeric)
    for one in shape["changes"]:
        scores = [
            "" if score is None else f"{score:.1f}" for score in (one["normalised_before"], one["normalised_after"])
        ]
        now = "–" if one["from"] is None else f"{one['from']:,.5g}"
        table.add_row(one["indicator"], now, f"{one['to']:,.5g}", *scores)
    out.print(table)
    _show_cases(shape, shape["units"], "no score")


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
    _show_cases(shape, shape["cities"], "too little evidence")
    out.print(f"Goalposts {shape['goalposts']}: {GOALPOSTS[shape['goalposts']]}.")


def _show_cases(shape: dict[str, Any], ranked: int, unranked: str) -> None:
    from technopole.cli.output import console

    for name, case in (("now", shape["before"]), ("then", shape["after"])):
        if case is None:
            console().print(f"{name:<5} not ranked: {unranked}")
        else:
            span = "–".join("?" if case[end] is None else f"{case[end]:.0f}" for end in ("rank_low", "rank_high"))
            console().print(f"{name:<5} rank {case['rank']} of {ranked} ({span}), tier {case['tier']}, "
                            f"score {case['score']:.2f}")  # fmt: skip
