"""`technopole data refresh`: newer versions upstream."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from technopole.cli.fetch import Attempts, Parallel, Pins, SourceIds, Timeout, manners
from technopole.cli.options import Csv, Json

if TYPE_CHECKING:
    from technopole.publish.refreshing import RefreshReport

LISTED = 30


def register(app: typer.Typer) -> None:
    """Add the command to the commands on editions."""
    app.command(name="refresh")(refresh)


def refresh(
    sources: SourceIds = None,
    write: Annotated[Path | None, typer.Option("--write", help="Write all pins, the changed ones renewed.")] = None,
    pins: Pins = None,
    mirror: Annotated[str | None, typer.Option("--mirror", help="Address that has the files, asked instead.")] = None,
    parallel: Parallel = 4,
    timeout: Timeout = 30.0,
    attempts: Attempts = 4,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """Ask upstream for newer versions of pinned files: unchanged, changed, gone or unreachable. Changes no pin here."""
    from technopole.cli.output import every_seconds, say, write_csv, write_json
    from technopole.publish.refreshing import refresh_sources

    report = refresh_sources(
        sources or [],
        mirror=mirror,
        pins=pins,
        manners=manners(parallel, timeout, attempts),
        progress=every_seconds("files"),
    )
    if write is not None:
        say(f"{report.write(write)} pins were renewed in {write}: technopole data fetch --pins {write}")
    if json:
        write_json(report.to_json())
    elif csv:
        write_csv(report.table())
    else:
        _show(report)
    report.check()


def _show(report: RefreshReport) -> None:
    from technopole.cli.output import console, new_table
    from technopole.snapshots.refresh import STATES

    out, numeric = console(), ("files", *STATES)
    table = new_table("source", *numeric, numeric=numeric)
    for row in report.by_source().iter_rows(named=True):
        table.add_row(row["source"], str(row["files"]), *(str(row[state] or "") for state in STATES))
    out.print(table)
    told = report.of_state("changed", "gone", "unreachable")
    for one in told[:LISTED]:
        sizes = f"{one.pinned_bytes:,} → {one.bytes:,} bytes" if one.state == "changed" else ""
        out.print(f"{one.state}: {one.path} {sizes} {one.note}".rstrip(), markup=False, soft_wrap=True)
    if len(told) > LISTED:
        out.print(f"… and {len(told) - LISTED} more (--csv: all).")
