"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Write JSON.")]
Csv = Annotated[bool, typer.Option("--csv", help="Write CSV.")]
EditionFolder = Annotated[
    Path | None,
    typer.Option("--edition", help="Folder of an edition (default: the newest shipped).", envvar="TECHNOPOLE_EDITION"),
]
