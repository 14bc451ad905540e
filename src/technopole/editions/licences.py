"""What of an edition may be published: licences decide, and an edition of one's own may hold what may not."""

from __future__ import annotations

import polars as pl

from technopole.core.errors import LicenceError
from technopole.core.types import SHIPPABLE
from technopole.editions.read import Edition


def withheld_sources(edition: Edition) -> list[str]:
    """Sources whose figures may not be published: their own class, or that of one of their files, forbids it."""
    allowed = {one.value for one in SHIPPABLE}
    declared = {name for name, source in edition.sources.items() if source["licence_class"] not in allowed}
    files = edition.table("files").filter(~pl.col("licence_class").is_in(sorted(allowed)))
    return sorted(declared | set(files["source"]))


def check_exportable(edition: Edition) -> None:
    """Refuse to publish an edition that holds what may not be.

    Raises
    ------
    LicenceError : names the sources.
    """
    withheld = withheld_sources(edition)
    if withheld:
        classes = ", ".join(f"{name} ({_class(edition, name)})" for name in withheld)
        raise LicenceError(
            f"edition {edition.id} is for yourself only, by the licences of {classes}:",
            "rank, city, explore, report and serve read it here; combine one without them to export.",
        )


def _class(edition: Edition, source: str) -> str:
    allowed = {one.value for one in SHIPPABLE}
    files = edition.table("files").filter((pl.col("source") == source) & ~pl.col("licence_class").is_in(sorted(allowed)))
    declared = str(edition.sources[source]["licence_class"])
    return declared if declared not in allowed else str(files["licence_class"][0])
