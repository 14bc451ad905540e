"""`technopole attribute`: a table of points or events to cities, in bulk."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from technopole.cli.options import Csv, EditionFolder, Json
from technopole.core.errors import InputError

if TYPE_CHECKING:
    from technopole.cities.bulk.attribute import AttributionResult

SHOWN = 25


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="attribute")(attribute)


def attribute(
    points: Annotated[Path, typer.Argument(help="CSV or Parquet (or a folder of it), DuckDB or SQLite file.")],
    lat: Annotated[str, typer.Option(help="Column of latitudes, degrees.")],
    lon: Annotated[str, typer.Option(help="Column of longitudes, degrees.")],
    by: Annotated[str | None, typer.Option(help="Column of categories.")] = None,
    value: Annotated[str | None, typer.Option(help="Column to add up.")] = None,
    distinct: Annotated[str | None, typer.Option(help="Column whose distinct values are counted.")] = None,
    country: Annotated[str | None, typer.Option(help="Column of ISO country codes; the country always wins.")] = None,
    table: Annotated[str | None, typer.Option(help="Table of a database.")] = None,
    boundary: Annotated[
        list[str] | None, typer.Option(help="core, agglomeration or region; may repeat (default: all three).")
    ] = None,
    polygons: Annotated[
        Path | None, typer.Option(help="GeoJSON, GeoParquet or GeoPackage instead of the cities.")
    ] = None,
    engine: Annotated[str, typer.Option(help="duckdb (on this machine) or spark.")] = "duckdb",
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Count points or events per city, boundary and category, with what fell outside."""
    from technopole.cities.bulk.attribute import attribute_points
    from technopole.cities.bulk.cache import cache_folder
    from technopole.cities.bulk.citycells import city_territory
    from technopole.cities.bulk.columns import Columns
    from technopole.cities.bulk.pointfile import find_points
    from technopole.cli.output import say, write_csv, write_json
    from technopole.editions.read import open_edition

    found = find_points(points, table)
    columns = Columns(lat, lon, by, value, distinct, country)
    if polygons is None:
        territory = city_territory(open_edition(edition).cities(), cache_folder())
    else:
        from technopole.cities.bulk.polygons import polygon_territory

        if country is not None:
            raise InputError("--country belongs to cities, not to --polygons:", "leave one of them out.")
        territory = polygon_territory(polygons, cache_folder())
    result = attribute_points(found, columns, territory, engine=engine, boundaries=boundary or (), progress=say)
    if json:
        write_json(
            {
                "points": result.points,
                "units": territory.name,
                "boundaries": list(boundary or territory.rings),
                "inside": result.inside.to_dicts(),
                "outside": result.outside.to_dicts(),
                "broken_values": result.broken,
                "remarks": list(result.remarks),
            }
        )
    elif csv:
        write_csv(result.inside)
    else:
        _show(result)


def _show(result: AttributionResult) -> None:
    from technopole.cli.output import console, new_table

    out = console()
    measures = [name for name in ("points", "sum", "values", "items") if name in result.inside.columns]
    for (boundary,), rows in result.inside.group_by("boundary", maintain_order=True):
        table = new_table("name", "country", "category", *measures, numeric=tuple(measures), title=str(boundary))
        for row in rows.head(SHOWN).iter_rows(named=True):
            figures = [f"{row[name]:,.10g}" for name in measures]
            table.add_row(row["name"], row["country"] or "", row["category"] or "", *figures)
        out.print(table)
        if rows.height > SHOWN:
            out.print(f"and {rows.height - SHOWN:,} rows more (--csv or --json: all).")
    import polars as pl

    left = result.outside.group_by("boundary", "reason", maintain_order=True).agg(pl.col("points").sum())
    for boundary, reason, count in left.iter_rows():
        out.print(f"{boundary}: {count:,} points: {reason}.")
    out.print(f"{result.points:,} points in all.")
    if result.broken:
        out.print(f"{result.broken:,} values aren't finite numbers and were left out of the sums.")
