"""Options and arguments that several commands share, and how they are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from technopole.core.errors import InputError

if TYPE_CHECKING:
    from technopole.index.generic import GenericFramework

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


def own_framework(context: typer.Context, framework: Path | None, allowed: set[str]) -> GenericFramework:
    """Read the framework of the user's own table.

    Raises
    ------
    InputError : no framework, or an option that only the edition's cities have.
    """
    from technopole.index.generic import read_generic

    if framework is None:
        raise InputError(
            "Your own table needs a framework:", "give --framework FILE (`technopole framework` writes a first one)."
        )
    for name in context.params:
        source = context.get_parameter_source(name)
        given = source is not None and source.name == "COMMANDLINE"
        if given and name not in allowed | {"data", "framework", "json", "csv"}:
            raise InputError(f"--{name.replace('_', '-')} belongs to the edition's cities:", "leave it out with DATA.")
    return read_generic(framework)


def named_number(text: str, example: str) -> tuple[str, float]:
    """Parse "name=number". Raises InputError, with the example, for anything else."""
    name, equals, number = text.partition("=")
    try:
        return name.strip(), float(number if equals else "")
    except ValueError:
        raise InputError(f"{text!r} isn't name=number:", f"write {example}.") from None
