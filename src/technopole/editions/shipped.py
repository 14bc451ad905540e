"""Where the shipped data folders are: beside the package in a wheel, at the top of a checkout otherwise."""

from __future__ import annotations

from pathlib import Path

from technopole.core.errors import EditionError

PACKAGE = Path(__file__).parents[1]


def shipped_folder(name: str) -> Path:
    """Folder ``editions`` or ``frameworks``."""
    in_wheel = PACKAGE / "_shipped" / name
    return in_wheel if in_wheel.is_dir() else repository() / name


def repository() -> Path:
    """Top of the checkout (meaningful only in one)."""
    return PACKAGE.parents[1]


def default_framework() -> Path:
    """Path of the default framework."""
    return shipped_folder("frameworks") / "high-tech-cities.yaml"


def latest_edition() -> Path:
    """Folder of the newest shipped edition.

    Raises
    ------
    EditionError : none is shipped.
    """
    found = sorted(path.parent for path in shipped_folder("editions").glob("*/edition.json"))
    if not found:
        raise EditionError("no edition is shipped here:", "run `technopole data build` with a mirror.")
    return found[-1]
