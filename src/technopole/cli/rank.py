"""`technopole rank`: the league table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from technopole.cli.options import BoundaryName, Csv, EditionFolder, FrameworkFile, Json, SideName

if TYPE_CHECKING:
    from technopole.publish.ranking import Ranking


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="rank")(rank)


def rank(
    lens: Annotated[
        str, typer.Option(help="scale (how much happens) or intensity (per inhabitant, shrunk).")
    ] = "scale",
    side: SideName = None,
    country: Annotated[list[str] | None, typer.Option(help="Show only this country (repeatable).")] = None,
    min_population: Annotated[int | None, typer.Option(help="Show only cities of this population and more.")] = None,
    top: Annotated[int | None, typer.Option(help="Show only the first N.")] = None,
    weights: Annotated[str | None, typer.Option(help="Other weights: industry=2,unicorns=0.5")] = None,
    framework: FrameworkFile = None,
    boundary: BoundaryName = "agglomeration",
    everything: Annotated[bool, typer.Option("--all", help="With the unranked cities.")] = False,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Rank the world's cities, with the range of each rank and tiers of cities that can't be told apart."""
    from technopole.cli.output import write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.index.framework import read_framework
    from technopole.publish import ranking

    result = ranking.rank(
        open_edition(edition),
        lens=lens,
        side=side,
        boundary=boundary,
        weights=ranking.parse_weights(weights),
        framework=None if framework is None else read_framework(framework),
        countries=country or (),
        min_population=min_population,
        top=top,
        everything=everything,
    )
    if json:
        write_json(result.to_json())
    elif csv:
        write_csv(result.table)
    else:
        _show(result, everything)


def _show(result: Ranking, everything: bool) -> None:
    from technopole.cli.output import bar, console, new_table, whisker

    out = console()
    shown = f"{result.lens} lens, {result.side or 'both sides'}, {result.boundary} boundary"
    out.print(f"High-tech and innovative cities: edition {result.edition}, {shown}")
    last = int(result.table["rank_high"].max() or 100) if result.table.height else 100  # type: ignore[arg-type]
    axis = f"range, 1 to {last}"
    table = new_table("rank", "5–95 %", axis, "tier", "city", "country", "score", "", "evidence", "own",
                      numeric=("rank", "5–95 %", "tier", "score", "evidence", "own"))  # fmt: skip
    for row in result.table.iter_rows(named=True):
        table.add_row(*_row(row, bar, whisker, last))
    out.print(table)
    out.print(
        f"{result.table.height} cities shown; {result.unranked.height} more have too little evidence"
        + (":" if everything else " (--all lists them).")
    )
    if everything:
        rest = new_table("city", "country", "non-zero", "evidence", "missing", numeric=("non-zero", "evidence"))
        for row in result.unranked.iter_rows(named=True):
            missing = ", ".join(one["indicator"] for one in row["missing"])
            rest.add_row(row["name"], row["country"], str(row["nonzero"]), f"{row['coverage']:.0%}", missing)
        out.print(rest)
    out.print("Range: 5 to 95 % of the replicates of the uncertainty analysis. Cities of a tier can't be told apart.")
    out.print(
        "evidence: indicators with a value. own: share of the weight observed here, not inherited, bounded or imputed."
    )
    out.print("Where a number is from: technopole trace CITY INDICATOR; one city: technopole city NAME.")


def _row(row: dict[str, Any], bar: Any, whisker: Any, last: int) -> list[str]:
    mark = "*" if row["nominal_outside"] else ""
    return [
        str(row["rank"]),
        f"{row['rank_low']:.0f}–{row['rank_high']:.0f}{mark}",
        whisker(row["rank_low"], row["rank_high"], row["rank"], 24, last),
        str(row["tier"]),
        row["name"],
        row["country"],
        f"{row['score']:.1f}",
        bar(row["score"], 12),
        f"{row['coverage']:.0%}",
        f"{row['confidence']:.0%}",
    ]
