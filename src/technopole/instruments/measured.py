"""What an instrument gives: observations like any other, where they come from, and what was wrong with the file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from technopole.core.types import RINGS, Status
from technopole.observations.schema import OBSERVATION_SCHEMA


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong with a file, and what was done about it.

    Attributes
    ----------
    kind : stable word ("unknown stop", "swapped coordinates", ...).
    where : member or table.
    count : how many rows; 1 where rows don't apply.
    what : one sentence.
    """

    kind: str
    where: str
    count: int
    what: str


@dataclass(frozen=True)
class Measured:
    """Observations of one file.

    Attributes
    ----------
    observations : OBSERVATION_SCHEMA; sorted by variable, place, boundary.
    provenance : file, sha256, tool and what was chosen (the measured date), as text.
    defects : what is wrong with the file; the figures are those of the rest.
    caveats : what the figures can't tell.
    """

    observations: pl.DataFrame
    provenance: dict[str, str]
    defects: tuple[Defect, ...] = ()
    caveats: tuple[str, ...] = ()

    def write(self, path: Path) -> None:
        """Write the observations as Parquet, with the provenance in the file's metadata."""
        self.observations.write_parquet(
            path, metadata={f"technopole.{key}": one for key, one in self.provenance.items()}
        )

    def to_json(self) -> dict[str, Any]:
        """Give the documented shape."""
        return {
            "provenance": self.provenance,
            "observations": self.observations.to_dicts(),
            "defects": [vars(one) for one in self.defects],
            "caveats": list(self.caveats),
        }


@dataclass
class Sheet:
    """Collects observations of one file. State earned: one row after another."""

    source: str
    period: str
    status: Status = Status.OBSERVED  # of every value
    rows: list[tuple[object, ...]] = field(default_factory=list)

    def add(self, variable: str, unit: str, place: int, ring: int, value: float | None, records: int) -> None:
        """Add one observation; without a value it is "not covered": missing is never zero."""
        status = self.status if value is not None else Status.NOT_COVERED
        self.rows.append(
            (
                variable,
                "city",
                str(place),
                RINGS[ring].value,
                value,
                unit,
                self.period,
                self.source,
                status.value,
                records,
            )
        )

    def table(self) -> pl.DataFrame:
        """Observations in OBSERVATION_SCHEMA."""
        table = pl.DataFrame(self.rows, schema=OBSERVATION_SCHEMA, orient="row")
        return table.sort("variable", "level", "place", "boundary")
