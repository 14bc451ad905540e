"""`technopole extremes`: the best and the worst rank that weights can give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from technopole.cli.options import BoundaryName, Csv, EditionFolder, FrameworkFile, Json, LensName, SideName

if TYPE_CHECKING:
    from technopole.publish.extremes import Extremes


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="extremes")(extremes)


def extremes(
    city: Annotated[list[str] | None, typer.Option(help="Only this city (repeatable), and which weights.")] = None,
    kind: Annotated[
        str, typer.Option("--set", help="pillars (any weights), bounded (1/f to f times), ordered, or free.")
    ] = "pillars",
    factor: Annotated[float, typer.Option(help="f of bounded weights.")] = 2.0,
    order: Annotated[str | None, typer.Option(help="With --set ordered: all pillars, most important first.")] = None,
    top: Annotated[int, typer.Option(help="Only the first N.")] = 10,
    everything: Annotated[bool, typer.Option("--all", help="All ranked cities (takes minutes).")] = False,
    seconds: Annotated[float, typer.Option(help="Limit of each program; then a bound is given.")] = 10.0,
    pairs: Annotated[bool, typer.Option("--pairs", help="List the pairs ordered under all weights.")] = False,
    lens: LensName = "scale",
    side: SideName = None,
    boundary: BoundaryName = "agglomeration",
    framework: FrameworkFile = None,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Say what rank each city can have at best and at worst, under any weights, and prove it with the weights."""
    from technopole.cli.output import say, write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.index.framework import read_framework
    from technopole.publish.extremes import extremes as make

    result = make(
        open_edition(edition),
        lens=lens,
        side=side,
        boundary=boundary,
        kind=kind,
        factor=factor,
        order=[] if order is None else [name.strip() for name in order.split(",")],
        framework=None if framework is None else read_framework(framework),
        cities=city or (),
        top=None if everything else top,
        seconds=seconds,
        progress=say,
    )
    if json:
        write_json(result.to_json())
    elif csv:
        write_csv(result.pairs if pairs else result.table)
    else:
        _show(result, bool(city), pairs)


def _show(result: Extremes, with_weights: bool, pairs: bool) -> None:
    from technopole.cli.output import console, new_table, whisker
    from technopole.robustness.extremes import KINDS

    out = console()
    where = f"{result.lens} lens, {result.side or 'both sides'}, {result.boundary} boundary"
    out.print(f"Best and worst possible rank: edition {result.edition}, {where}")
    out.print(
        f"Weights: {result.kind}, {KINDS[result.kind]}{'' if result.factor is None else f' (f = {result.factor:g})'}"
    )
    numeric = ("rank", "best", "worst", "always ahead of", "behind")
    table = new_table("rank", "best", "worst", f"1 to {result.cities}", "city", "country", "always ahead of", "behind",
                      numeric=numeric)  # fmt: skip
    for row in result.table.iter_rows(named=True):
        best = str(row["best"]) + ("" if row["best"] == row["best_bound"] else f" (≥ {row['best_bound']})")
        worst = str(row["worst"]) + ("" if row["worst"] == row["worst_bound"] else f" (≤ {row['worst_bound']})")
        line = whisker(row["best"], row["worst"], row["rank"], 24, result.cities)
        table.add_row(str(row["rank"]), best, worst, line, row["name"], row["country"],
                      str(row["always_ahead"]), str(row["always_behind"]))  # fmt: skip
    out.print(table)
    if with_weights:
        _show_weights(result)
    if pairs:
        _show_pairs(result)
    out.print("A number in brackets: the limit of time was hit, and no weights can pass this rank (--seconds).")
    out.print("The weights of each rank, for `technopole rank --weights`: --json, or name a city with --city.")


def _show_weights(result: Extremes) -> None:
    from technopole.cli.output import console

    for row in result.table.iter_rows(named=True):
        for end in ("best", "worst"):
            shares = sorted(result.weights[row["city"]][end].items(), key=lambda one: -one[1])
            listed = ", ".join(f"{name} {share:.1%}" for name, share in shares if share >= 5e-4)
            console().print(f"{row['name']}, rank {row[end]}: {listed}")


def _show_pairs(result: Extremes) -> None:
    from technopole.cli.output import console

    for (ahead,), behind in result.pairs.group_by("ahead_name", maintain_order=True):
        console().print(f"{ahead} is always ahead of {', '.join(behind['behind_name'])}.")
