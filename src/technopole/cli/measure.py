"""`technopole measure`: observations from raw OpenStreetMap and GTFS files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from technopole.cli.options import Csv, EditionFolder, Json
from technopole.core.errors import InputError

if TYPE_CHECKING:
    from technopole.instruments.measured import Measured

app = typer.Typer(no_args_is_help=True, help="Observations from raw open files.", rich_markup_mode=None)
Output = Annotated[Path | None, typer.Option("--output", help="Write the observations to this Parquet file.")]


@app.command()
def gtfs(
    file: Annotated[Path, typer.Argument(help="GTFS feed (zip).")],
    date: Annotated[str | None, typer.Option(help="Service day YYYY-MM-DD (default: the typical weekday).")] = None,
    output: Output = None,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Measure public transport from a timetable: departures, stops, span of service, modes, accessibility."""
    import datetime

    from technopole.editions.read import open_edition
    from technopole.instruments.gtfs import measure_gtfs

    try:
        day = None if date is None else datetime.date.fromisoformat(date)
    except ValueError as error:
        raise InputError(f"--date {date} is no day:", "write YYYY-MM-DD.") from error
    _give(measure_gtfs(file, open_edition(edition).cities(), day), edition, output, json, csv)


@app.command()
def osm(
    file: Annotated[Path, typer.Argument(help="OpenStreetMap extract (.osm.pbf).")],
    output: Output = None,
    json: Json = False,
    csv: Csv = False,
    edition: EditionFolder = None,
) -> None:
    """Measure an OpenStreetMap extract: Wi-Fi, payment, charging, sharing, rail, buildings, green, telecom."""
    from technopole.editions.read import open_edition
    from technopole.instruments.osm import measure_osm

    _give(measure_osm(file, open_edition(edition).cities()), edition, output, json, csv)


def _give(measured: Measured, edition: Path | None, output: Path | None, json: bool, csv: bool) -> None:
    from technopole.cli.output import console, new_table, say, write_csv, write_json
    from technopole.editions.atomic import replaced_file
    from technopole.editions.read import open_edition

    if output is not None:
        with replaced_file(output) as temporary:
            measured.write(temporary)
        say(f"{measured.observations.height:,} observations are in {output}.")
    if json:
        write_json(measured.to_json())
        return
    if csv:
        write_csv(measured.observations)
        return
    out = console()
    out.print(", ".join(f"{key} {one}" for key, one in measured.provenance.items() if one), markup=False)
    names = dict(open_edition(edition).frame().select("city", "name").iter_rows())
    shown = measured.observations
    for (place,), rows in shown.group_by("place", maintain_order=True):
        table = new_table("variable", "boundary", "value", "unit", numeric=("value",), title=names[int(str(place))])
        for row in rows.iter_rows(named=True):
            value = row["status"] if row["value"] is None else f"{row['value']:,.4g}"
            table.add_row(row["variable"], row["boundary"], value, row["unit"])
        out.print(table)
    for defect in measured.defects:
        out.print(f"{defect.where}: {defect.kind} ({defect.count:,}): {defect.what}", markup=False)
    for caveat in measured.caveats:
        out.print(caveat, markup=False)
