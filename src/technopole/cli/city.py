"""`technopole city`: one city."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from technopole.cli.options import BoundaryName, Csv, EditionFolder, Json, LensName


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="city")(city)


def city(
    name: Annotated[str, typer.Argument(help="A city: name in any script, slug, or id.")],
    lens: LensName = "scale",
    boundary: BoundaryName = "agglomeration",
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Show one city: ranks, indicators, strengths, weaknesses, what it does, what is said of it, what is missing."""
    from technopole.cli.output import write_csv, write_json
    from technopole.editions.read import open_edition
    from technopole.publish.city import city_page
    from technopole.publish.finding import find_city
    from technopole.publish.ranking import known_boundary, known_lens

    opened = open_edition(edition)
    page = city_page(opened, find_city(opened, name), known_lens(lens), known_boundary(boundary))
    if json:
        write_json(page)
    elif csv:
        import polars as pl

        write_csv(pl.DataFrame(page["indicators"], infer_schema_length=None))
    else:
        _show(page)


def _show(page: dict[str, Any]) -> None:
    from technopole.cli.output import bar, console, new_table
    from technopole.publish.city import missing_reasons

    out = console()
    out.print(f"{page['name']} ({page['country']}), {page['population_thousands'] / 1000:.2f} million inhabitants")
    if not page["ranked"]:
        out.print(f"Not ranked: {page['coverage']:.0%} of the indicators, {page['nonzero']} above zero.")
        out.print(f"Missing: {missing_reasons(page)}.")
    ranks = new_table("lens", "side", "boundary", "rank", "5–95 %", "tier", "score",
                      numeric=("rank", "5–95 %", "tier", "score"))  # fmt: skip
    for one in page["ranks"]:
        span = f"{one['rank_low']:.0f}–{one['rank_high']:.0f}"
        side = one["side"] or "both"
        cells = (one["lens"], side, one["boundary"], one["rank"], span, one["tier"], f"{one['score']:.1f}")
        ranks.add_row(*[str(cell) for cell in cells])
    if page["ranked"]:
        out.print(ranks)
    table = new_table("indicator", "value", "unit", "score", "", "rank", "status", "source",
                      numeric=("value", "score", "rank"))  # fmt: skip
    for one in page["indicators"]:
        score = one["normalised"]
        table.add_row(
            one["id"],
            "" if one["value"] is None else f"{one['value']:,.5g}",
            one["unit"],
            "" if score is None else f"{score:.0f}",
            "" if score is None else bar(score, 10),
            "" if one["rank"] is None else str(one["rank"]),
            one["status"],
            one["source"],
        )
    out.print(table)
    for kind in ("strengths", "weaknesses"):
        named = [f"{one['indicator']} ({one['difference']:+.0f})" for one in page[kind]]
        if named:
            out.print(f"{kind.capitalize()} against its peers in rank: {', '.join(named)}.")
    if page["initiatives"]:
        from technopole.cli.initiatives import initiatives_table

        out.print("What it does")
        out.print(initiatives_table(page["initiatives"]))
    if page["claims"]:
        from technopole.cli.claims import verdicts_table

        out.print("What the article says of it")
        out.print(verdicts_table(page["claims"], "claim", reasons=False))
        out.print(f"Why: technopole claims --city {page['slug']}.")
