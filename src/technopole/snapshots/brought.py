"""Upstream files that the user brings: other names, perhaps another date, never compared with the pinned bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from technopole.core.errors import InputError, UpstreamError
from technopole.snapshots.upstream import Upstream


@dataclass
class BroughtFiles(Upstream):
    """The user's files in the places of pinned ones; what isn't brought comes from the mirror, verified.

    `brought`: mirror path -> the user's file.
    """

    brought: Mapping[str, Path] = field(default_factory=dict)

    def open(self, path: str) -> Path:
        """Path on disk: the user's file, or the mirror's.

        Raises
        ------
        UpstreamError : the file is neither brought nor in the mirror.
        """
        if path in self.brought:
            return self.brought[path]
        try:
            return super().open(path)
        except UpstreamError as error:
            raise UpstreamError(
                f"{PurePosixPath(path).name} is needed too ({error.what}):", "name it as well."
            ) from error


def match_files(paths: Iterable[Path], known: Iterable[str], source: str) -> dict[str, Path]:
    """Say which upstream file each of the user's files stands for.

    A file is known by its name. A source with one file of its own takes it under any name.

    Parameters
    ----------
    known : mirror paths of the source's files.

    Raises
    ------
    InputError : a file isn't there, isn't one of the source's, or two stand for one.
    """
    by_name = {PurePosixPath(path).name: path for path in known}
    own = [path for path in by_name.values() if PurePosixPath(path).parts[0] == source]
    matched: dict[str, Path] = {}
    for path in paths:
        if not path.is_file():
            raise InputError(f"{path} isn't there, or is no file.", f"Name a file of {source}.")
        place = by_name.get(path.name) or (own[0] if len(own) == 1 else None)
        if place is None:
            names = sorted(PurePosixPath(one).name for one in own)
            listed = ", ".join(names[:6]) + (" and others" if len(names) > 6 else "")
            raise InputError(f"{path.name} isn't the name of a file of {source}:", f"rename it to one of {listed}.")
        if place in matched:
            raise InputError(f"{matched[place].name} and {path.name} both stand for {place}:", "name one of them.")
        matched[place] = path
    return matched
