"""Tables of the terminal look as rich's do, and take every cell as it is."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich import box
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from technopole.cli.table import Table

WORDS = ("a", "Zürich", "東京", "São Paulo", "", "semiconductor", "x" * 30, "one two three four five", "12.5 %")


def drawn(table: Table | RichTable, width: int, terminal: bool = False) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width, force_terminal=terminal, highlight=False).print(table)
    return [line.rstrip() for line in out.getvalue().split("\n")]


def both(columns: list[str], numeric: list[str], rows: list[list[str]]) -> tuple[Table, RichTable]:
    ours, theirs = Table(columns, numeric), RichTable(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        justify = "right" if column in numeric else "left"
        theirs.add_column(column, justify=justify, overflow="fold", no_wrap=column == columns[0])
    for row in rows:
        ours.add_row(*row)
        theirs.add_row(*map(Text, row))
    return ours, theirs


@pytest.mark.parametrize("seed", range(20))
def test_a_table_that_fits_looks_as_richs_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    columns = [f"column {k}" for k in range(rng.integers(1, 6))]
    rows = [[str(word) for word in rng.choice(WORDS, len(columns))] for _ in range(rng.integers(0, 8))]
    ours, theirs = both(columns, columns[1::2], rows)
    assert drawn(ours, 300) == drawn(theirs, 300)


def test_the_widest_column_gives_way_and_the_first_one_last() -> None:
    rows = [["San Francisco", "a word and another word", "7"], ["東京", "x" * 30, "12"]]
    ours, theirs = both(["city", "a head of words", "n"], ["n"], rows)
    assert drawn(ours, 40) == drawn(theirs, 40)
    for width in (12, 20, 30):
        lines = drawn(ours, width)
        assert all(len(line) <= width for line in lines)
        assert "".join("".join(lines).split()).count("x") == 30


def test_nothing_in_a_cell_is_markup_but_text_keeps_its_styles() -> None:
    table = Table(["[red]city[/red]"])
    table.add_row("[bold]A[/bold]")
    table.add_row(Text.assemble(("strong", "bold"), "\nand below"))
    assert drawn(table, 80)[1:-2] == [
        " [red]city[/red]",
        " ───────────────",
        " [bold]A[/bold]",
        " strong",
        " and below",
    ]
    assert " \x1b[1mstrong\x1b[0m" in drawn(table, 80, terminal=True)
