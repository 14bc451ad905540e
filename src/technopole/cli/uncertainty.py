"""`technopole uncertainty`: how sure the ranks are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from technopole.cli.options import Csv, EditionFolder, Json
from technopole.core.errors import InputError

if TYPE_CHECKING:
    from technopole.publish.uncertainty import Uncertainty

SHOWN = 50


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="uncertainty")(uncertainty)


def uncertainty(
    lens: Annotated[str, typer.Option(help="scale or intensity.")] = "scale",
    side: Annotated[str | None, typer.Option(help="makes or lives: one side of the framework alone.")] = None,
    boundary: Annotated[str, typer.Option(help="core, agglomeration or region.")] = "agglomeration",
    vary_boundary: Annotated[
        bool, typer.Option("--vary-boundary", help="The boundary of each city is a choice too.")
    ] = False,
    framework: Annotated[Path | None, typer.Option(help="Another framework (YAML).")] = None,
    replicates: Annotated[int | None, typer.Option(help="How many (default: as the framework declares).")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the random choices (default: the framework's).")] = None,
    weights: Annotated[
        str, typer.Option(help="bounded (as declared), dirichlet, or fixed: how weights vary.")
    ] = "bounded",
    concentration: Annotated[
        float, typer.Option(help="Of dirichlet weights: 1 around equal weights is all weights alike.")
    ] = 1.0,
    error: Annotated[
        list[str] | None, typer.Option(help="INDICATOR=0.1: its relative error of measurement (repeatable).")
    ] = None,
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


def named_number(text: str, example: str) -> tuple[str, float]:
    """Parse "name=number". Raises InputError, with the example, for anything else."""
    name, equals, number = text.partition("=")
    try:
        return name.strip(), float(number if equals else "")
    except ValueError:
        raise InputError(f"{text!r} isn't name=number:", f"write {example}.") from None


def _show(result: Uncertainty) -> None:
    from technopole.cli.output import console, new_table, whisker

    out = console()
    where = f"{result.lens} lens, {result.side or 'both sides'}, {' or '.join(result.boundaries)} boundary"
    out.print(f"How sure the ranks are: edition {result.edition}, {where}")
    shown = result.table.head(SHOWN)
    last = int(shown["rank_high"].max() or 100)  # type: ignore[arg-type]
    top = f"first {result.first_places}"
    table = new_table("rank", "5–95 %", f"range, 1 to {last}", "median", "tier", "city", "country", "first", top,
                      numeric=("rank", "5–95 %", "median", "tier", "first", top))  # fmt: skip
    for row in shown.iter_rows(named=True):
        table.add_row(
            str(row["rank"]), f"{row['rank_low']:.0f}–{row['rank_high']:.0f}{'*' if row['nominal_outside'] else ''}",
            whisker(row["rank_low"], row["rank_high"], row["rank"], 24, last), f"{row['rank_median']:.0f}",
            str(row["tier"]), row["name"], row["country"], f"{row['first']:.1%}", f"{row['top']:.1%}",
        )  # fmt: skip
    out.print(table)
    if result.wins.height:
        _show_wins(result)
    kept = result.replicates - len(result.failures)
    out.print(f"{kept} of {result.replicates} replicates, seed {result.seed}; weights {result.weights['kind']}.")
    for one in result.failures[:5]:
        taken = ", ".join(f"{key} {value}" for key, value in one["parameters"].items() if key != "weights")
        out.print(f"Failed: replicate {one['replicate']} ({taken}): {one['because']}")
    out.print(f"first, {top}: share of the replicates on rank 1, and among the {top} places.")
    if result.table.height > SHOWN:
        out.print(f"{SHOWN} of {result.table.height} cities are shown; all, places and central weights: --json.")


def _show_wins(result: Uncertainty) -> None:
    from technopole.cli.output import console, new_table

    names = dict(result.table.select("city", "name").iter_rows())
    wins = {(one, other): share for one, other, share in result.wins.iter_rows()}
    compared = list(dict.fromkeys(result.wins["city"].to_list()))
    heads = [str(place + 1) for place in range(len(compared))]
    table = new_table("", "ranks better than", *heads, numeric=tuple(heads))
    for place, one in enumerate(compared):
        cells = ["" if other == one else f"{wins[one, other]:.0%}" for other in compared]
        table.add_row(str(place + 1), names[one], *cells)
    console().print(table)
