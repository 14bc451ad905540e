"""Tables for notebooks: plain HTML with small inline pictures (SVG), nothing loaded, every text escaped."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import Final

BLUE: Final = "#1f5fa8"
ORANGE: Final = "#c8500a"
WIDTH: Final = 120
SHOWN: Final = 50


class Drawn(str):
    """Markup made here, not to be escaped."""

    __slots__ = ()


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[object]], total: int) -> str:
    """Make a table with a caption.

    Parameters
    ----------
    rows : cells are texts, numbers (3 digits after the point at most), None (empty) or `Drawn`.
    total : how many rows there are in all; said when more than are shown.
    """
    body = [f"<tr>{''.join(_cell(cell) for cell in row)}</tr>" for row in rows]
    heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    more = f"; the first {len(body)} of {total}" if total > len(body) else ""
    return (
        f"<table><caption>{html.escape(caption + more)}</caption>"
        f"<thead><tr>{heads}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    )


def bar(value: float | None, low: float, high: float) -> Drawn:
    """Draw a value between `low` and `high` as a bar."""
    if value is None or not math.isfinite(value):
        return Drawn("")
    length = _place(value, low, high)
    return Drawn(
        f'{_svg(f"{value:.1f}, of {low:.0f} to {high:.0f}")}<rect width="{length}" height="10" fill="{BLUE}"/></svg>'
    )


def whisker(rank: float, low: float, high: float, last: float) -> Drawn:
    """Draw the range of a rank on a line from rank 1 (left) to `last`, with the rank as a dot."""
    start, end, dot = (_place(value, 1, last) for value in (low, high, rank))
    return Drawn(
        f"{_svg(f'rank {rank:.0f}, range {low:.0f} to {high:.0f}')}"
        f'<line x1="{start}" x2="{end}" y1="5" y2="5" stroke="{BLUE}" stroke-width="3" opacity="0.5"/>'
        f'<circle cx="{dot}" cy="5" r="3.5" fill="{ORANGE}"/></svg>'
    )


def _svg(label: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="10" role="img" aria-label="{label}">'


def _place(value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low) if high > low else 0.0
    return f"{min(max(share, 0.0), 1.0) * (WIDTH - 8) + 4:.1f}"


def _cell(cell: object) -> str:
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return "<td></td>"
    if isinstance(cell, Drawn):
        return f"<td>{cell}</td>"
    if isinstance(cell, float):
        text = f"{cell:.3f}".rstrip("0").rstrip(".")
        return f'<td style="text-align:right">{text}</td>'
    align = ' style="text-align:right"' if isinstance(cell, int) else ""
    return f"<td{align}>{html.escape(str(cell))}</td>"
