"""A picture before it is drawn, and what all kinds of pictures share: the view of an edition, names, limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from technopole.core.errors import InputError
from technopole.core.types import Boundary, Lens
from technopole.editions.read import Edition


@dataclass(frozen=True)
class Picture:
    """One picture before it is drawn.

    Attributes
    ----------
    kind : one of `pictures.KINDS`.
    title, notes : what it shows; from what, by which choices, and how to read it.
    table : ranks: label, rank, rank_low, rank_median, rank_high, tier, score; tree: id, title,
        depth, start, end, share, leaf; correlations: first, second, correlation (null: not defined); acceptability:
        label, place, share; sensitivity: factor, order (first or total), value, low, high; bar: label, rank, value,
        part (null: the whole), length, marked; scatter: label, x, y, group (null: none), marked, place (of its name
        among those that want to be written, null: none); dot: label, value, marked; distribution: name, label, value.
    labels : order of the labels along the axis; scatter, dot, distribution: titles of what is measured.
    options : how to draw it, by name: log (axes), stat (its words and value), form.
    """

    kind: str
    title: str
    notes: tuple[str, ...]
    table: pl.DataFrame
    labels: tuple[str, ...]
    options: tuple[tuple[str, str], ...] = ()

    def to_polars(self) -> pl.DataFrame:
        """Return the table."""
        return self.table

    def option(self, name: str) -> str:
        """One option of drawing, "" where it isn't set."""
        return dict(self.options).get(name, "")

    def _repr_svg_(self) -> str:
        from technopole.publish.plots import rendered

        return rendered(self, "svg").decode()

    def save(self, path: str | Path) -> int:
        """Write the picture (.svg or .png), as `plots.write`; returns its bytes."""
        from technopole.publish.plots import write

        return write(self, Path(path))


@dataclass(frozen=True)
class View:
    """Which league table of an edition."""

    lens: str = Lens.SCALE
    side: str | None = None
    boundary: str = Boundary.AGGLOMERATION
    replicates: int | None = None

    def words(self, edition: Edition) -> str:
        """Name it for a caption."""
        side = self.side or "both sides"
        return f"Edition {edition.id}, {self.lens} lens, {side}, {self.boundary} boundary"


def checked_top(top: int, most: int) -> int:
    """Return the number. Raises InputError outside of 1 to `most`."""
    if not 1 <= top <= most:
        raise InputError(f"A picture of {top} can't be read:", f"give 1 to {most}.")
    return top


def unique(labels: Sequence[str], ids: Sequence[str]) -> list[str]:
    """Labels, each that stands twice with its id."""
    return [label if labels.count(label) == 1 else f"{label} {one}" for label, one in zip(labels, ids, strict=True)]
