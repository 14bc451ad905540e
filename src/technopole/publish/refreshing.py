"""What `technopole data refresh` found upstream, and the new pins that it proposes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.editions.atomic import replaced_file
from technopole.publish.fetching import pinned_files
from technopole.snapshots.refresh import GITHUB, STATES, Forge, Found, Progress, refresh, write_pins
from technopole.snapshots.upstream import UpstreamFile
from technopole.snapshots.web import Manners


@dataclass(frozen=True)
class RefreshReport:
    """What was found for each file, with the source that it is counted with."""

    files: list[UpstreamFile]
    owner: dict[str, str]
    found: list[Found]

    def of_state(self, *states: str) -> list[Found]:
        """Files in these states."""
        return [one for one in self.found if one.state in states]

    def by_source(self) -> pl.DataFrame:
        """One line a source: source, files, and the number of files in each of STATES."""
        rows = []
        for name in dict.fromkeys(self.owner[one.path] for one in self.found):
            counts = Counter(one.state for one in self.found if self.owner[one.path] == name)
            states = [(str(state), counts[state]) for state in STATES]
            rows.append({"source": name, "files": counts.total(), **dict(states)})
        return pl.DataFrame(rows)

    def to_json(self) -> dict[str, Any]:
        """The documented shape of `technopole data refresh --json`."""
        return {
            "sources": self.by_source().to_dicts(),
            "files": [{"source": self.owner[one.path], **asdict(one)} for one in self.found],
        }

    def table(self) -> pl.DataFrame:
        """One line a file."""
        return pl.DataFrame(self.to_json()["files"], infer_schema_length=None)

    def write(self, path: Path) -> int:
        """Write all pins, the changed ones renewed, whole or not at all; returns how many were renewed.

        Raises
        ------
        InputError : the file can't be written there.
        """
        with replaced_file(path) as temporary:
            write_pins(temporary, self.files, self.found)
        return len([one for one in self.of_state("changed") if one.sha256])

    def check(self) -> None:
        """Raise UpstreamError, one line, if a file couldn't be asked for."""
        lost = self.of_state("unreachable")
        if lost:
            raise UpstreamError(
                f"{len(lost)} of {len(self.found)} files couldn't be asked for, the first: {lost[0].note}"
            )


def refresh_sources(
    names: Sequence[str],
    *,
    mirror: str | None = None,
    pins: Path | None = None,
    forge: Forge = GITHUB,
    manners: Manners | None = None,
    progress: Progress = lambda *_: None,
) -> RefreshReport:
    """Look for newer versions of the files of sources; see `snapshots.refresh.refresh` and `pinned_files`."""
    files, owner = pinned_files(names, pins)
    listed = list(files.values())
    found = refresh(listed, mirror=mirror, forge=forge, manners=manners, progress=progress)
    return RefreshReport(listed, owner, found)
