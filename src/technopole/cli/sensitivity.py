"""`technopole sensitivity`: which choice of method moves the ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from technopole.cli.options import (
    BoundaryName,
    Concentration,
    Csv,
    EditionFolder,
    Errors,
    Json,
    LensName,
    OwnFramework,
    OwnTable,
    SideName,
    VaryBoundary,
    WeightsKind,
    named_number,
    own_framework,
)

if TYPE_CHECKING:
    import polars as pl

    from technopole.publish.own_index import OwnSensitivity
    from technopole.publish.sensitivity import Sensitivity


FEW = 4


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="sensitivity")(sensitivity)


def sensitivity(
    context: typer.Context,
    data: OwnTable = None,
    lens: LensName = "scale",
    side: SideName = None,
    boundary: BoundaryName = "agglomeration",
    vary_boundary: VaryBoundary = False,
    framework: OwnFramework = None,
    base_points: Annotated[int, typer.Option(help="A power of two: N x (factors + 2) runs.")] = 512,
    seed: Annotated[int | None, typer.Option(help="Of the sample (default: the framework's).")] = None,
    weights: WeightsKind = "bounded",
    concentration: Concentration = 1.0,
    error: Errors = None,
    city: Annotated[list[str] | None, typer.Option(help="The rank of this city or unit (repeatable).")] = None,
    top: Annotated[int, typer.Option(help="The ranks of the first N cities, one by one.")] = 10,
    everything: Annotated[bool, typer.Option("--all", help="The ranks of all ranked cities, one by one.")] = False,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Say which choice of method moves the ranks, alone and with its interactions: Sobol indices."""
    from technopole.cli.output import write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.index.framework import read_framework
    from technopole.publish.sensitivity import sensitivity as make

    if data is not None:
        from technopole.publish.own_index import own_sensitivity

        own = own_sensitivity(
            data,
            own_framework(context, framework, {"base_points", "seed", "city", "top", "everything"}),
            base_points=base_points,
            seed=seed,
            units=city or (),
            top=None if everything else top,
        )
        if json:
            write_json(own.to_json())
        elif csv:
            write_csv(own.units if city or everything else own.table)
        else:
            _show_own(own)
        return
    result = make(
        open_edition(edition),
        lens=lens,
        side=side,
        boundary=boundary,
        vary_boundary=vary_boundary,
        framework=None if framework is None else read_framework(framework),
        base_points=base_points,
        seed=seed,
        weights=weights,
        concentration=concentration,
        errors=dict(named_number(text, "--error patents=0.1") for text in error or ()),
        cities=city or (),
        top=None if everything else top,
    )
    if json:
        write_json(result.to_json())
    elif csv:
        write_csv(result.cities if city or everything else result.table)
    else:
        _show(result)


def _show(result: Sensitivity) -> None:
    where = f"{result.lens} lens, {result.side or 'both sides'}, {' or '.join(result.boundaries)} boundary"
    _show_shares(result, f"edition {result.edition}, {where}", "city", result.cities.rename({"slug": "id"}))


def _show_own(result: OwnSensitivity) -> None:
    import polars as pl

    units = result.units
    if "time" in units.columns:  # a unit in a period is one of its own
        units = units.with_columns(
            pl.format("{}, {}", "id", "time").alias("id"), pl.format("{}, {}", "name", "time").alias("name")
        )
    _show_shares(result, result.index, "unit", units)


def _show_shares(result: Sensitivity | OwnSensitivity, what: str, one: str, units: pl.DataFrame) -> None:
    from technopole.cli.output import console

    out = console()
    out.print(f"What moves the ranks: {what}")
    out.print(f"A {one} moves by {result.mean_change:.1f} ranks on average. Share of the variance of that figure:")
    show_factors(result.table)
    out.print(f"Of the rank of each {one}: standard deviation (sd), and total share of its variance by factor:")
    _show_units(units, result.table["factor"].to_list())
    out.print(f"{result.runs} runs ({result.base_points} base points, {result.failed_points} left out because a run "
              f"failed), seed {result.seed}.")  # fmt: skip
    out.print("first: alone. total: with all its interactions; totals can add up to more than 1. In brackets: 5–95 %.")


def _show_units(units: pl.DataFrame, factors: list[str]) -> None:
    from technopole.cli.output import console, new_table

    if units["id"].n_unique() <= FEW:
        wide = units.pivot("id", index="factor", values="total")
        names = wide.columns[1:]
        table = new_table("factor", *names, numeric=tuple(names))
        variances = dict(units.select("id", "variance").iter_rows())
        table.add_row("sd", *[f"{variances[name] ** 0.5:.1f}" for name in names])
        for row in wide.iter_rows(named=True):
            table.add_row(row["factor"].replace("_", " "), *[f"{row[name]:.2f}" for name in names])
    else:
        heads = [name.replace("weights of ", "w. ").replace("_", " ") for name in factors]
        table = new_table("name", "rank", "sd", *heads, numeric=("rank", "sd", *heads))
        for row in units.pivot("factor", index=["id", "name", "rank", "variance"], values="total").iter_rows(
            named=True
        ):
            shares = [f"{row[name]:.2f}" for name in factors]
            table.add_row(row["name"], str(row["rank"]), f"{row['variance'] ** 0.5:.1f}", *shares)
    console().print(table)


def show_factors(table: pl.DataFrame) -> None:
    """Print factors with their first and total shares and a bar of the total."""
    from technopole.cli.output import bar, console, new_table

    shown = new_table("factor", "options", "first", "total", "", numeric=("options", "first", "total"))
    for row in table.iter_rows(named=True):
        first, total = (
            f"{row[name]:.2f} ({row[f'{name}_low']:.2f}–{row[f'{name}_high']:.2f})" for name in ("first", "total")
        )
        options = "" if row["factor"].startswith("weights") else str(row["options"])
        shown.add_row(row["factor"].replace("_", " "), options, first, total, bar(100 * row["total"]))
    console().print(shown)
