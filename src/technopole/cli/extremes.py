"""`technopole extremes`: the best and the worst rank that weights can give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from technopole.cli.options import (
    BoundaryName,
    Csv,
    EditionFolder,
    Json,
    LensName,
    OwnFramework,
    OwnTable,
    SideName,
    own_framework,
)

if TYPE_CHECKING:
    import polars as pl

    from technopole.publish.extremes import Extremes
    from technopole.publish.own_extremes import OwnExtremes


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="extremes")(extremes)


def extremes(
    context: typer.Context,
    data: OwnTable = None,
    city: Annotated[list[str] | None, typer.Option(help="Only this one (repeatable), and which weights.")] = None,
    kind: Annotated[
        str, typer.Option("--set", help="pillars (any weights), bounded (1/f to f times), ordered, or free.")
    ] = "pillars",
    factor: Annotated[float, typer.Option(help="f of bounded weights.")] = 2.0,
    order: Annotated[str | None, typer.Option(help="With --set ordered: all pillars, most important first.")] = None,
    top: Annotated[int, typer.Option(help="Only the first N.")] = 10,
    everything: Annotated[bool, typer.Option("--all", help="All ranked cities (takes minutes).")] = False,
    seconds: Annotated[float, typer.Option(help="Limit for each end; then a bound is given.")] = 10.0,
    pairs: Annotated[bool, typer.Option("--pairs", help="List the pairs ordered under all weights.")] = False,
    lens: LensName = "scale",
    side: SideName = None,
    boundary: BoundaryName = "agglomeration",
    framework: OwnFramework = None,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Say what rank each city can have at best and at worst, under any weights, and prove it with the weights."""
    from technopole.cli.output import every_seconds, write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.index.framework import read_framework
    from technopole.publish.extremes import extremes as make

    ordered = [] if order is None else [name.strip() for name in order.split(",")]
    if data is not None:
        from technopole.publish.own_extremes import own_extremes

        own = own_extremes(
            data,
            own_framework(
                context, framework, {"city", "kind", "factor", "order", "top", "everything", "seconds", "pairs"}
            ),
            kind=kind,
            factor=factor,
            order=ordered,
            units=city or (),
            top=None if everything else top,
            seconds=seconds,
            progress=every_seconds("ends"),
        )
        if json:
            write_json(own.to_json())
        elif csv:
            write_csv(own.pairs if pairs else own.table)
        else:
            _show_own(own, bool(city), pairs)
        return
    result = make(
        open_edition(edition),
        lens=lens,
        side=side,
        boundary=boundary,
        kind=kind,
        factor=factor,
        order=ordered,
        framework=None if framework is None else read_framework(framework),
        cities=city or (),
        top=None if everything else top,
        seconds=seconds,
        progress=every_seconds("ends"),
    )
    if json:
        write_json(result.to_json())
    elif csv:
        write_csv(result.pairs if pairs else result.table)
    else:
        _show(result, bool(city), pairs)


def _show(result: Extremes, with_weights: bool, pairs: bool) -> None:
    from technopole.cli.output import console

    out = console()
    where = f"{result.lens} lens, {result.side or 'both sides'}, {result.boundary} boundary"
    out.print(f"Best and worst possible rank: edition {result.edition}, {where}")
    _show_table(result, result.cities, {"city": "name", "country": "country"})
    if with_weights:
        _show_weights(result, {one: result.weights[one] for one in result.table["city"]})
    if pairs:
        _show_pairs(result.pairs.select("ahead_name", "behind_name"))
    _show_end("`technopole rank --weights`", "city")


def _show_own(result: OwnExtremes, with_weights: bool, pairs: bool) -> None:
    from technopole.cli.output import console

    console().print(f"Best and worst possible rank: {result.index}{', ' + result.period if result.period else ''}")
    _show_table(result, result.units, {"id": "id", "name": "name"})
    if with_weights:
        _show_weights(result, {one: result.weights[one] for one in result.table["id"]})
    if pairs:
        _show_pairs(result.pairs)
    _show_end("the framework", "unit")


def _show_table(result: Extremes | OwnExtremes, ranked: int, who: dict[str, str]) -> None:
    from technopole.cli.output import console, new_table, whisker
    from technopole.robustness.extremes import KINDS

    out = console()
    factor = "" if result.factor is None else f" (f = {result.factor:g})"
    out.print(f"Weights: {result.kind}, {KINDS[result.kind]}{factor}")
    numeric = ("rank", "best", "worst", "always ahead of", "behind")
    table = new_table("rank", "best", "worst", f"1 to {ranked}", *who, "always ahead of", "behind", numeric=numeric)
    for row in result.table.iter_rows(named=True):
        best = str(row["best"]) + ("" if row["best"] == row["best_bound"] else f" (≥ {row['best_bound']})")
        worst = str(row["worst"]) + ("" if row["worst"] == row["worst_bound"] else f" (≤ {row['worst_bound']})")
        line = whisker(row["best"], row["worst"], row["rank"], 24, ranked)
        table.add_row(str(row["rank"]), best, worst, line, *(row[column] for column in who.values()),
                      str(row["always_ahead"]), str(row["always_behind"]))  # fmt: skip
    out.print(table)


def _show_end(where: str, one: str) -> None:
    from technopole.cli.output import console

    out = console()
    out.print("A number in brackets: the limit of time was hit, and no weights can pass this rank (--seconds).")
    out.print(f"The weights of each rank, for {where}: --json, or name a {one} with --city.")


def _show_weights(result: Extremes | OwnExtremes, weights: dict[Any, dict[str, dict[str, float]]]) -> None:
    """Print the weights of each row of the table, in its order."""
    from technopole.cli.output import console

    for row, both in zip(result.table.iter_rows(named=True), weights.values(), strict=True):
        for end in ("best", "worst"):
            shares = sorted(both[end].items(), key=lambda one: -one[1])
            listed = ", ".join(f"{name} {share:.1%}" for name, share in shares if share >= 5e-4)
            console().print(f"{row['name']}, rank {row[end]}: {listed}")


def _show_pairs(pairs: pl.DataFrame) -> None:
    """Print pairs: who is ahead, who is behind."""
    from technopole.cli.output import console

    for (ahead,), rows in pairs.group_by(pairs.columns[0], maintain_order=True):
        console().print(f"{ahead} is always ahead of {', '.join(rows.to_series(1))}.")
