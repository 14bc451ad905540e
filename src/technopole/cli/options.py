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
LensName = Annotated[str, typer.Option("--lens", help="scale or intensity.")]
SideName = Annotated[str | None, typer.Option("--side", help="makes or lives: one side of the framework alone.")]
BoundaryName = Annotated[str, typer.Option("--boundary", help="core, agglomeration or region.")]
FrameworkFile = Annotated[Path | None, typer.Option("--framework", help="Another framework (YAML).")]

# of uncertainty and sensitivity, which vary the same things
OwnTable = Annotated[
    Path | None, typer.Argument(help="Your own table of units, with --framework; without, the edition's cities.")
]
OwnFramework = Annotated[Path | None, typer.Option("--framework", help="Another framework (YAML); with DATA, yours.")]
VaryBoundary = Annotated[bool, typer.Option("--vary-boundary", help="The boundary of each city varies too.")]
WeightsKind = Annotated[
    str, typer.Option("--weights", help="bounded (as declared), dirichlet, or fixed: how weights vary.")
]
Concentration = Annotated[
    float, typer.Option("--concentration", help="Of dirichlet weights: 1 around equal weights is all weights alike.")
]
Errors = Annotated[
    list[str] | None,
    typer.Option("--error", help="INDICATOR=0.1: its relative error of measurement (repeatable)."),
]
