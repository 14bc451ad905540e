"""What all drawn pictures share: colours, sizes, axes."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

import altair as alt

from technopole.publish.picture import Picture

Drawn = alt.LayerChart | alt.FacetChart | alt.ConcatChart
BLUE, ORANGE, GREY, INK = "#1f5fa8", "#c8500a", "#5b6470", "#1c2430"
PALETTE: Final = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")
"""Okabe and Ito's colours, told apart with every common colour blindness; `OTHER` for the rest."""
OTHER: Final = "#b4bac2"
ROW: Final = 17
WIDTH: Final = 560
FONT: Final = "DejaVu Sans, Noto Sans, Arial, sans-serif"
LETTER: Final = 6.2
"""Width of a letter of 10 points at most, on average: names keep their distance by it."""


def charted(rows: list[dict[str, Any]]) -> alt.Chart:
    """Chart of rows that are in the file itself."""
    return alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]


def label_axis(picture: Picture, field: str, marked: Collection[str] = ()) -> alt.Y:
    """Labels down the left side, in the picture's order; some marked."""
    axis = alt.Axis(labelLimit=260, title=None, ticks=False, domain=False, labelPadding=8)
    if marked:
        test = f"indexof({json.dumps(sorted(marked))}, datum.value) >= 0"
        axis.labelColor = {"condition": {"test": test, "value": ORANGE}, "value": "black"}
    return alt.Y(f"{field}:N", sort=list(picture.labels), axis=axis)
