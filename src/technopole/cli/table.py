"""A table for the terminal, as wide as its content, or folded between words where the terminal is narrower.

It looks as rich's own table does. That one measures and draws every cell by itself: five hundred rows took it longer
than ranking the cities took.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.segment import Segment
from rich.text import Text

BETWEEN = "   "
EDGE = " "


class Table:
    """Rows of cells.

    Parameters
    ----------
    columns : heads. numeric : those aligned to the right. title : a line above.
    """

    def __init__(self, columns: Sequence[str], numeric: Sequence[str] = (), title: str | None = None) -> None:
        self._heads = list(columns)
        self._right = [head in numeric for head in columns]
        self._title = title
        self._rows: list[list[str | Text]] = []

    def add_row(self, *cells: str | Text) -> None:
        """Add a row: plain text (nothing in it is markup), or text with styles."""
        self._rows.append([*cells, *[""] * (len(self._heads) - len(cells))])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        """Draw."""
        widths = self._widths(options.max_width)
        if self._title:
            yield from _line([Segment(self._title, console.get_style("table.title"))])
        yield Segment.line()
        for line in self._lines(self._heads, widths, console, low=True):
            yield from _line([Segment(part.text, console.get_style("table.header")) for part in line])
        yield from _line([Segment(EDGE + "─" * (sum(widths) + len(BETWEEN) * (len(widths) - 1)))])
        for row in self._rows:
            for line in self._lines(row, widths, console):
                yield from _line(line)
        yield Segment.line()

    def _widths(self, most: int) -> list[int]:
        """Width of each column: the widest gives way first, the first column last."""
        columns = zip(self._heads, *self._rows, strict=True)
        widths = [max(_width(cell) for cell in column) for column in columns]
        surplus = sum(widths) + len(BETWEEN) * (len(widths) - 1) + 2 * len(EDGE) - most
        while surplus > 0 and max(widths) > 1:
            able = [place for place in range(1, len(widths)) if widths[place] > 1] or [0]
            widths[max(able, key=lambda place: widths[place])] -= 1
            surplus -= 1
        return widths

    def _lines(
        self, cells: Sequence[str | Text], widths: list[int], console: Console, low: bool = False
    ) -> Iterator[list[Segment]]:
        """Lines of one row; shorter cells stand at its top, or (`low`) at its bottom."""
        folded = [_folded(cell, width, console) for cell, width in zip(cells, widths, strict=True)]
        deepest = max(len(parts) for parts in folded)
        if low:
            folded = [[*[""] * (deepest - len(parts)), *parts] for parts in folded]
        for number in range(deepest):
            # where the next cell begins, and how far the line reaches
            line, wanted, reached = [], len(EDGE), 0
            for parts, width, right in zip(folded, widths, self._right, strict=True):
                part = parts[number] if number < len(parts) else ""
                length = _width(part)
                if length:
                    line.append(Segment(" " * (wanted - reached + (width - length if right else 0))))
                    line += part.render(console) if isinstance(part, Text) else [Segment(part)]
                    reached = wanted + (width if right else length)
                wanted += width + len(BETWEEN)
            yield line


def _width(cell: str | Text) -> int:
    """Columns that the longest line of a cell takes."""
    if isinstance(cell, Text):
        return max((cell_len(line) for line in cell.plain.split("\n")), default=0)
    return cell_len(cell) if "\n" not in cell else max(map(cell_len, cell.split("\n")))


def _folded(cell: str | Text, width: int, console: Console) -> Sequence[str | Text]:
    """Lines of a cell, none wider than `width`."""
    if isinstance(cell, str) and "\n" not in cell and cell_len(cell) <= width:
        return [cell]
    text = Text(cell, end="") if isinstance(cell, str) else cell
    lines = text.wrap(console, width, overflow="fold")
    for line in lines:
        line.rstrip()
        line.end = ""
    return list(lines)


def _line(parts: list[Segment]) -> Iterator[Segment]:
    yield from parts
    yield Segment.line()
