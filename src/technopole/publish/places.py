"""Where points and names go in a picture, in pixels: the same places for the same values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from technopole.index.tree import Floats

HEIGHT: Final = 11.0
"""Of a written name."""
GAP: Final = 8.0
ROWS: Final = 201


@dataclass(frozen=True)
class Written:
    """A name in a picture: which one, where its text is anchored (x, middle y), and on which side of its point."""

    number: int
    x: float
    y: float
    align: str


def name_places(
    points: Floats, widths: Sequence[float], wanted: Sequence[int], must: int, size: tuple[float, float]
) -> list[Written]:
    """Places for the names of points, one after the other, where neither a name nor the border is in the way.

    Parameters
    ----------
    points : (n, 2). widths : (n,) of the names. wanted : points in the order in which their names get a place.
    must : so many of the first get one anyhow; others only where they cover no point.
    size : width and height of the picture.
    """
    taken: list[tuple[float, float, float, float]] = []
    written = []
    for order, number in enumerate(wanted):
        found = None
        for candidate in _candidates(number, points[number]):
            box = _box(candidate, widths[number])
            inside = box[0] >= 0 and box[2] <= size[0] and box[1] >= 0 and box[3] <= size[1]
            if not inside or any(_overlap(box, other) for other in taken):
                continue
            covered = _covered(box, points)
            if found is None or covered < found[0]:
                found = covered, candidate, box
        if found is not None and (found[0] == 0 or order < must):
            taken.append(found[2])
            written.append(found[1])
        elif order < must:
            first = _candidates(number, points[number])[0]
            taken.append(_box(first, widths[number]))
            written.append(first)
    return written


def swarm(x: Floats, diameter: float, height: float) -> Floats:
    """Offsets (n,) of dots from their line, in rows above and below it, so that those of a row don't touch.

    More rows than `height` has room for are pressed together, so that their dots overlap; beyond `ROWS` of them a dot
    covers another one.
    """
    lasts = np.full(ROWS, -np.inf)
    offsets = np.zeros(x.size)
    for number in np.argsort(x, kind="stable"):
        free = np.flatnonzero(x[number] - lasts >= diameter)
        row = int(free[0]) if free.size else int(lasts.argmin())
        lasts[row] = x[number]
        offsets[number] = (row + 1) // 2 * (1 if row % 2 else -1) * diameter
    widest = float(np.abs(offsets).max(initial=0.0))
    return offsets * min(1.0, height / 2 / widest) if widest else offsets


def levels(flags: Sequence[tuple[float, float]]) -> list[int]:
    """Level from 0 up of words that fly to the right of lines like flags: no word touches another, no line cuts one.

    flags : where each line stands, and where its word ends.
    """
    found: dict[int, int] = {}
    for number in sorted(range(len(flags)), key=lambda one: (-flags[one][0], one)):
        at, end = flags[number]
        found[number] = max((level + 1 for other, level in found.items() if at <= flags[other][0] <= end), default=0)
    return [found[number] for number in range(len(flags))]


def _candidates(number: int, point: Floats) -> list[Written]:
    x, y = float(point[0]), float(point[1])
    return [
        Written(number, x + GAP, y, "left"),
        Written(number, x - GAP, y, "right"),
        Written(number, x, y - 10, "center"),
        Written(number, x, y + 10, "center"),
        Written(number, x + GAP, y - 8, "left"),
        Written(number, x + GAP, y + 8, "left"),
        Written(number, x - GAP, y - 8, "right"),
        Written(number, x - GAP, y + 8, "right"),
    ]


def _box(one: Written, width: float) -> tuple[float, float, float, float]:
    left = one.x - {"left": 0.0, "right": width, "center": width / 2}[one.align]
    return left, one.y - HEIGHT / 2, left + width, one.y + HEIGHT / 2


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _covered(box: tuple[float, ...], points: Floats) -> int:
    inside = (
        (points[:, 0] > box[0] - 2) & (points[:, 0] < box[2] + 2)
        & (points[:, 1] > box[1] - 2) & (points[:, 1] < box[3] + 2)
    )  # fmt: skip
    return int(inside.sum())
