"""`technopole data fetch`: pinned upstream files into a folder that `data build` reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from technopole.cli.options import Csv, Json

if TYPE_CHECKING:
    from technopole.publish.fetching import FetchReport
    from technopole.snapshots.web import Manners

LISTED = 20

Mirror = Annotated[
    str | None, typer.Option("--mirror", help="Address or folder that has the files, in place of their own addresses.")
]
SourceIds = Annotated[
    list[str] | None, typer.Argument(metavar="[SOURCE…]", help="Ids of sources (default: all that a build reads).")
]
Pins = Annotated[Path | None, typer.Option("--pins", help="Other pins: a file of `data refresh --write`.")]
Timeout = Annotated[float, typer.Option("--timeout", help="Seconds to wait for a silent server.")]
Attempts = Annotated[int, typer.Option("--attempts", help="How often a file is asked for, at most.")]
Parallel = Annotated[int, typer.Option("--parallel", help="How many files are asked for at once.")]


def register(app: typer.Typer) -> None:
    """Add the command to the commands on editions."""
    app.command(name="fetch")(fetch)


def fetch(
    sources: SourceIds = None,
    to: Annotated[
        Path, typer.Option("--to", help="Folder that gets the files.", envvar="TECHNOPOLE_MIRROR")
    ] = Path("upstream"),
    mirror: Mirror = None,
    pins: Pins = None,
    parallel: Parallel = 4,
    timeout: Timeout = 30.0,
    attempts: Attempts = 4,
    json: Json = False,
    csv: Csv = False,
) -> None:  # fmt: skip
    """Get pinned upstream files into a folder, verified; an interrupted fetch goes on where it stopped."""
    from technopole.cli.output import every_seconds, write_csv, write_json
    from technopole.publish.fetching import fetch_sources

    report = fetch_sources(
        sources or [],
        to,
        mirror=mirror,
        pins=pins,
        manners=manners(parallel, timeout, attempts),
        progress=every_seconds("files"),
    )
    if json:
        write_json(report.to_json())
    elif csv:
        write_csv(report.table())
    else:
        _show(report)
    report.check()


def manners(parallel: int, timeout: float, attempts: int) -> Manners:
    """Check the three options, and make the manners of them."""
    from technopole.core.errors import InputError
    from technopole.snapshots.web import Manners

    if not 1 <= parallel <= 16:
        raise InputError(f"{parallel} files at once can't be asked for:", "--parallel is 1 to 16.")
    if not 0 < timeout <= 3600:
        raise InputError(f"a timeout of {timeout} s can't be kept:", "--timeout is above 0 and at most 3600.")
    if not 1 <= attempts <= 20:
        raise InputError(f"{attempts} attempts can't be made:", "--attempts is 1 to 20.")
    return Manners(timeout_seconds=timeout, attempts=attempts, parallel=parallel)


def _show(report: FetchReport) -> None:
    from technopole.cli.output import console, new_table
    from technopole.publish.fetching import OUTCOMES

    numeric = ("files", "MB", *OUTCOMES)
    table = new_table("source", *numeric, numeric=numeric)
    for row in report.by_source().iter_rows(named=True):
        counts = [str(row[key] or "") for key in OUTCOMES]
        table.add_row(row["source"], str(row["files"]), f"{row['bytes'] / 1e6:,.1f}", *counts)
    console().print(table)
    for one in report.missing[:LISTED]:
        console().print(f"{one.outcome}: {one.error}", markup=False, soft_wrap=True)
    if len(report.missing) > LISTED:
        console().print(f"… and {len(report.missing) - LISTED} more (--csv: all).")
    if not report.missing:
        console().print(
            f"All are in {report.folder}: technopole data build --mirror {report.folder} --out FOLDER", markup=False
        )
