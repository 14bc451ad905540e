"""Text that no spreadsheet takes for a formula.

One rule, for every CSV file (the explorer's `download.ts` guards its texts likewise): a text that begins with ``=``,
``+``, ``-``, ``@``, a tab or a carriage return, spaces before it or not, gets an apostrophe before it; so does a
column's name. What is a number, as a number or as text (``-5``, ``+3.2e4``), stays a number. A workbook keeps such a
text as it is, in a cell that is declared as text and marked as quoted, so that editing it doesn't turn it into a
formula either.
"""

from __future__ import annotations

import re
from typing import Final

import polars as pl

FORMULA: Final = r"^\s*[=+\-@\t\r＝＋－＠]"
NUMBER: Final = r"^[+\-]?(\d+\.?\d*|\.\d+)([eE][+\-]?\d+)?$"
QUOTE: Final = "'"


def safe_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with its texts and the names of its columns made safe."""
    texts = [name for name, kind in frame.schema.items() if kind in (pl.String, pl.Categorical) or kind == pl.Enum]
    cells = frame.with_columns(_safe(pl.col(name).cast(pl.String)).alias(name) for name in texts)
    names = safe_series(pl.Series(frame.columns, dtype=pl.String))
    return cells.rename(dict(zip(frame.columns, names, strict=True)))


def safe_series(texts: pl.Series) -> pl.Series:
    """Return the texts made safe; null stays null."""
    return pl.DataFrame({"text": texts}).select(text=_safe(pl.col("text")))["text"]


def takes_for_formula(text: str) -> bool:
    """Whether a spreadsheet may take the text for a formula."""
    return re.match(FORMULA, text) is not None and re.match(NUMBER, text) is None


def _safe(text: pl.Expr) -> pl.Expr:
    risky = text.str.contains(FORMULA) & ~text.str.contains(NUMBER)
    return pl.when(risky).then(pl.lit(QUOTE) + text).otherwise(text)
