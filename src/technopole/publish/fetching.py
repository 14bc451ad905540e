"""Which upstream files `technopole data fetch` and `data refresh` are about, and what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.cities.build import INPUTS
from technopole.core.errors import UnknownNameError, UpstreamError
from technopole.indicators.declarations import suggestion
from technopole.snapshots.fetch import Fetched, Progress, fetch
from technopole.snapshots.upstream import UpstreamFile, read_lock
from technopole.snapshots.web import Manners
from technopole.sources.registry import all_source_ids, load_source, source_ids

OUTCOMES: Final = ("kept", "fetched", "resumed", "no address", "failed")


@dataclass(frozen=True)
class FetchReport:
    """What became of the files, source by source."""

    folder: Path
    owner: dict[str, str]
    files: list[Fetched]

    @property
    def missing(self) -> list[Fetched]:
        """Files that aren't there now as they are pinned, in the order of their paths."""
        return [one for one in self.files if one.outcome in ("failed", "no address")]

    def by_source(self) -> pl.DataFrame:
        """One line a source: source, files, bytes, and the number of files of each of OUTCOMES."""
        rows = []
        for name in dict.fromkeys(self.owner[one.path] for one in self.files):
            mine = [one for one in self.files if self.owner[one.path] == name]
            counts = Counter(one.outcome for one in mine)
            total = sum(one.bytes for one in mine)
            rows.append({"source": name, "files": len(mine), "bytes": total, **{key: counts[key] for key in OUTCOMES}})
        return pl.DataFrame(rows)

    def to_json(self) -> dict[str, Any]:
        """The documented shape of `technopole data fetch --json`."""
        return {
            "folder": str(self.folder),
            "sources": self.by_source().to_dicts(),
            "files": [{"source": self.owner[one.path], **asdict(one)} for one in self.files],
        }

    def table(self) -> pl.DataFrame:
        """One line a file."""
        return pl.DataFrame(self.to_json()["files"], infer_schema_length=None)

    def check(self) -> None:
        """Raise UpstreamError, one line, if a file is missing."""
        if not self.missing:
            return
        first = next((one for one in self.missing if one.outcome == "failed"), self.missing[0])
        if first.outcome == "no address":
            raise UpstreamError(
                f"{len(self.missing)} of {len(self.files)} files have no address of their own (flattened or typed off, "
                f"as {first.path}):",
                "name a mirror that has them with --mirror.",
            )
        if len(self.missing) == 1:
            raise UpstreamError(str(first.error))
        raise UpstreamError(
            f"{len(self.missing)} of {len(self.files)} files weren't fetched, the first: {first.error}",
            "What came is kept.",
        )


def pinned_files(names: Sequence[str], pins: Path | None = None) -> tuple[dict[str, UpstreamFile], dict[str, str]]:
    """Pinned files by path, and the source that each is counted with.

    Parameters
    ----------
    names : ids of sources, adapters or inputs of the city frame; none: all that `technopole data build` reads.
    pins : a file of other pins (`data refresh --write`) in place of the sources' own locks.

    Raises
    ------
    UnknownNameError : no such source; near names are suggested.
    UpstreamError : `pins` isn't in the form of a lock, or pins nothing of these sources.
    """
    known = [*all_source_ids(), *input_ids()]
    for name in names:
        if name not in known:
            raise UnknownNameError(f"there is no source {name!r}:", suggestion(name, known))
    other = None if pins is None else read_lock(pins)
    files: dict[str, UpstreamFile] = {}
    owner: dict[str, str] = {}
    for name in dict.fromkeys(names or [*source_ids(), *input_ids()]):
        for path, file in _lock(name).items():
            if path not in files and (other is None or path in other):
                files[path] = file if other is None else other[path]
                owner[path] = name
    if not files:
        raise UpstreamError(f"{pins} pins no file of {', '.join(names) or 'any source'}.")
    return files, owner


def input_ids() -> list[str]:
    """Ids of the inputs of the city frame that are upstream files."""
    return sorted(path.parent.name for path in INPUTS.glob("*/lock.csv"))


def _lock(name: str) -> dict[str, UpstreamFile]:
    return read_lock(INPUTS / name / "lock.csv") if name in input_ids() else load_source(name).lock()


def fetch_sources(
    names: Sequence[str],
    folder: Path,
    *,
    mirror: str | None = None,
    pins: Path | None = None,
    manners: Manners | None = None,
    progress: Progress = lambda *_: None,
) -> FetchReport:
    """Get the pinned files of sources into a folder; see `snapshots.fetch.fetch` and `pinned_files`."""
    files, owner = pinned_files(names, pins)
    found = fetch(list(files.values()), folder, mirror=mirror, manners=manners, progress=progress)
    return FetchReport(folder, owner, found)
