"""`technopole validate`: how a published ranking agrees with ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from technopole.cli.options import BoundaryName, Csv, EditionFolder, Json, LensName, SideName


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="validate")(validate)


def validate(
    ranking: Annotated[Path, typer.Argument(metavar="LIST.csv", help="CSV with the columns rank, city, country.")],
    lens: LensName = "scale",
    side: SideName = None,
    boundary: BoundaryName = "agglomeration",
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Compare your own or a published ranking with ours: rank correlation, and the largest differences."""
    from technopole.cli.output import write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.ranking import known_boundary, known_lens
    from technopole.publish.validate import validate as make

    opened = open_edition(edition)
    shape = make(opened, ranking, lens=known_lens(lens), side=side, boundary=known_boundary(boundary))
    if json:
        write_json(shape)
    elif csv:
        import polars as pl

        write_csv(pl.DataFrame(shape["cities"], infer_schema_length=None))
    else:
        _show(shape)


def _show(shape: dict[str, Any]) -> None:
    from technopole.cli.output import console, new_table

    out = console()
    out.print(
        f"{shape['list']} against edition {shape['edition']}: {shape['matched']} of {shape['rows']} rows compared"
    )
    if shape["correlation"] is None:
        out.print("Too few cities for a rank correlation (4 are needed, with different ranks).")
    else:
        span = f"{shape['correlation_low']:.2f} to {shape['correlation_high']:.2f}"
        out.print(f"Rank correlation (Spearman) {shape['correlation']:.2f}, 95 % interval {span}.")
    table = new_table("city", "country", "their place", "our place", "difference", "our rank", "5–95 %",
                      numeric=("their place", "our place", "difference", "our rank", "5–95 %"))  # fmt: skip
    for row in shape["largest"]:
        table.add_row(
            row["city"], row["country"] or "", str(row["position"]), str(row["our_position"]),
            f"{row['difference']:+d}", str(row["our_rank"]), f"{row['rank_low']:.0f}–{row['rank_high']:.0f}",
        )  # fmt: skip
    out.print("Largest differences (places among the compared cities):")
    out.print(table)
    if shape["unmatched"]:
        named = "; ".join(f"{row['city']} ({row['reason']})" for row in shape["unmatched"][:10])
        rest = len(shape["unmatched"]) - 10
        out.print(f"Not compared: {named}{f' and {rest} more' if rest > 0 else ''}.")
