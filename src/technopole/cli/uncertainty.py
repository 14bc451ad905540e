"""`technopole uncertainty`: how sure the ranks are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

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

    from technopole.publish.own_index import OwnUncertainty
    from technopole.publish.uncertainty import Uncertainty

SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="uncertainty")(uncertainty)


def uncertainty(
    context: typer.Context,
    data: OwnTable = None,
    lens: LensName = "scale",
    side: SideName = None,
    boundary: BoundaryName = "agglomeration",
    vary_boundary: VaryBoundary = False,
    framework: OwnFramework = None,
    replicates: Annotated[int | None, typer.Option(help="How many (default: as the framework declares).")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the random choices (default: the framework's).")] = None,
    weights: WeightsKind = "bounded",
    concentration: Concentration = 1.0,
    error: Errors = None,
    first_places: Annotated[int, typer.Option(help="How many places count as the top.")] = 10,
    city: Annotated[
        list[str] | None, typer.Option(help="Show only this city (repeatable), and who beats whom.")
    ] = None,
    top: Annotated[int | None, typer.Option(help="Show only the first N.")] = None,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Say how sure the ranks are: ranges, tiers, shares of the first places, who beats whom, under which weights."""
    from technopole.cli.output import write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.index.framework import read_framework
    from technopole.publish import uncertainty as study

    if data is not None:
        from technopole.publish.own_index import own_uncertainty

        own = own_uncertainty(
            data,
            own_framework(context, framework, {"replicates", "seed", "first_places", "city", "top"}),
            replicates=replicates,
            seed=seed,
            first_places=first_places,
            units=city or (),
            top=top,
        )
        if json:
            write_json(own.to_json())
        elif csv:
            write_csv(own.table)
        else:
            _show_own(own)
        return
    result = study.uncertainty(
        open_edition(edition),
        lens=lens,
        side=side,
        boundary=boundary,
        vary_boundary=vary_boundary,
        framework=None if framework is None else read_framework(framework),
        replicates=replicates,
        seed=seed,
        weights=weights,
        concentration=concentration,
        errors=dict(named_number(text, "--error patents=0.1") for text in error or ()),
        first_places=first_places,
        cities=city or (),
        top=top,
    )
    if json:
        write_json(result.to_json())
    elif csv:
        write_csv(result.table)
    else:
        _show(result)


def _show(result: Uncertainty) -> None:
    from technopole.cli.output import console

    out = console()
    where = f"{result.lens} lens, {result.side or 'both sides'}, {' or '.join(result.boundaries)} boundary"
    out.print(f"How sure the ranks are: edition {result.edition}, {where}")
    _show_ranges(result, {"city": "name", "country": "country"})
    _show_wins(result.wins, dict(result.table.select("city", "name").iter_rows()))
    _show_end(result, f"weights {result.weights['kind']}")
    if result.table.height > SHOWN:
        out.print(f"{SHOWN} of {result.table.height} cities are shown; all, places and central weights: --json.")


def _show_own(result: OwnUncertainty) -> None:
    from technopole.cli.output import console

    console().print(f"How sure the ranks are: {result.index}")
    time = {"time": "time"} if "time" in result.table.columns else {}
    _show_ranges(result, {"id": "id", "name": "name", **time})
    _show_wins(result.wins, dict(result.table.select("id", "name").iter_rows()))
    _show_end(result, ", ".join(one["factor"] for one in result.factors) or "nothing varies")


def _show_ranges(result: Uncertainty | OwnUncertainty, who: dict[str, str]) -> None:
    """Print one line a ranked unit; `who`: heading -> column that says which unit it is."""
    from technopole.cli.output import console, new_table, whisker

    shown = result.table.head(SHOWN).drop_nulls("rank")
    last = int(shown["rank_high"].max() or 100)  # type: ignore[arg-type]
    top = f"first {result.first_places}"
    table = new_table("rank", "5–95 %", f"range, 1 to {last}", "median", "tier", *who, "first", top,
                      numeric=("rank", "5–95 %", "median", "tier", "first", top))  # fmt: skip
    for row in shown.iter_rows(named=True):
        table.add_row(
            str(row["rank"]), f"{row['rank_low']:.0f}–{row['rank_high']:.0f}{'*' if row['nominal_outside'] else ''}",
            whisker(row["rank_low"], row["rank_high"], row["rank"], 24, last), f"{row['rank_median']:.0f}",
            str(row["tier"]), *(row[column] for column in who.values()), f"{row['first']:.1%}", f"{row['top']:.1%}",
        )  # fmt: skip
    console().print(table)


def _show_end(result: Uncertainty | OwnUncertainty, varied: str) -> None:
    from technopole.cli.output import console

    out = console()
    kept = result.replicates - len(result.failures)
    out.print(f"{kept} of {result.replicates} replicates, seed {result.seed}; {varied}.")
    for one in result.failures[:5]:
        taken = ", ".join(f"{key} {value}" for key, value in one["parameters"].items() if not key.startswith("weights"))
        out.print(f"Failed: replicate {one['replicate']} ({taken}): {one['because']}", markup=False)
    top = f"first {result.first_places}"
    out.print(f"first, {top}: share of the replicates on rank 1, and among the {top} places.")


def _show_wins(wins: pl.DataFrame, names: dict[Any, str]) -> None:
    from technopole.cli.output import console, new_table

    if not wins.height:
        return
    shares = {(one, other): share for one, other, share in wins.iter_rows()}
    compared = list(dict.fromkeys(wins.to_series(0).to_list()))
    heads = [str(place + 1) for place in range(len(compared))]
    table = new_table("", "ranks better than", *heads, numeric=tuple(heads))
    for place, one in enumerate(compared):
        cells = ["" if other == one else f"{shares[one, other]:.0%}" for other in compared]
        table.add_row(str(place + 1), names[one], *cells)
    console().print(table)
