"""A file that may not be shipped stops the build, even when it is read only to look something up."""

import dataclasses
from pathlib import Path

import pytest

from technopole.core.errors import LicenceError
from technopole.editions import build
from technopole.editions.read import open_edition
from technopole.snapshots.upstream import UpstreamFile
from technopole.sources.registry import Source


def only(monkeypatch: pytest.MonkeyPatch, source: str, closed: str, licence_class: str) -> None:
    """Build from one source alone, one file of which is of this class."""
    real = Source.lock

    def lock(self: Source) -> dict[str, UpstreamFile]:
        files = real(self)
        return {**files, closed: dataclasses.replace(files[closed], licence_class=licence_class)}

    monkeypatch.setattr(build, "source_ids", lambda: [source])
    monkeypatch.setattr(Source, "lock", lock)


@pytest.mark.parametrize("licence_class", ["restricted", "unclear"])
@pytest.mark.parametrize(
    ("source", "closed"),
    [
        ("metro_systems", "metro_systems/metro_systems.csv"),  # its rows are the observations
        ("csmetrics", "ror/ror_records_merged.csv"),  # only says where institutions are
    ],
)
def test_a_closed_file_fails_the_build(
    monkeypatch: pytest.MonkeyPatch, source: str, closed: str, licence_class: str, mirror: Path
) -> None:
    only(monkeypatch, source, closed, licence_class)
    with pytest.raises(LicenceError, match=closed) as caught:
        build.gather(mirror, open_edition().cities())
    assert str(caught.value).startswith(source)


def test_an_open_file_does_not(monkeypatch: pytest.MonkeyPatch, mirror: Path) -> None:
    only(monkeypatch, "metro_systems", "metro_systems/metro_systems.csv", "share-alike")
    assert build.gather(mirror, open_edition().cities()).observations.height > 100
