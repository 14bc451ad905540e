"""Draw pictures with Altair, and write them as SVG or PNG: offline, the same bytes for the same table.

Colours survive colour blindness (one hue for amounts, blue to orange for signs); every picture says in its caption
what it is made of.
"""

from __future__ import annotations

import io
import re
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import altair as alt

from technopole.core.errors import InputError
from technopole.editions.atomic import replaced_file
from technopole.publish.marks import BLUE, FONT, GREY, INK, ORANGE, ROW, WIDTH, Drawn, charted, label_axis
from technopole.publish.picture import Picture
from technopole.publish.value_plots import DRAWN as DRAWN_VALUES

FORMATS: Final = ("svg", "png")
HEADLINE, LETTERS = 80, 115
"""Letters in a line of the title and of the caption at most."""
WRITTEN_CELLS: Final = 30
"""So many indicators at most have their correlations written in the cells."""


def draw(picture: Picture) -> Drawn:
    """Draw a picture."""
    chart = _DRAWN[picture.kind](picture, picture.table.to_dicts())
    title = alt.TitleParams(
        textwrap.wrap(picture.title, HEADLINE), subtitle=_lines(picture), anchor="start", fontSize=15,
        subtitleFontSize=11, subtitleColor=GREY, offset=12,
    )  # fmt: skip
    configured = chart.properties(title=title, padding=12, background="white")
    configured = configured.configure(font=FONT).configure_view(stroke=None)
    drawn: Drawn = configured.configure_axis(labelFontSize=11, titleFontSize=11, gridColor="#e5e8ec")
    return drawn


def _lines(picture: Picture) -> list[str]:
    return [line for note in picture.notes for line in textwrap.wrap(note, LETTERS)]


def rendered(picture: Picture, form: str) -> bytes:
    """Content of the picture as svg or png (two pixels a point)."""
    if form == "svg":
        text = io.StringIO()
        draw(picture).save(text, format="svg")
        return _renumbered(text.getvalue()).encode()
    content = io.BytesIO()
    draw(picture).save(content, format="png", scale_factor=2)
    return content.getvalue()


def _renumbered(svg: str) -> str:
    """Number gradients and clips from 0: the renderer counts on from picture to picture."""
    numbers: dict[str, int] = {}

    def own(found: re.Match[str]) -> str:
        return f"{found[1]}{found[2]}{numbers.setdefault(found[2] + found[3], len(numbers))}"

    return re.sub(r'(\bid="|url\(#)(gradient_|clip)(\d+)', own, svg)


def write(picture: Picture, path: Path) -> int:
    """Write a picture, whole or not at all; returns its bytes.

    Raises
    ------
    InputError : another ending than .svg or .png, or a folder that isn't there.
    """
    form = path.suffix.lower().removeprefix(".")
    if form not in FORMATS:
        raise InputError(f"{path} is no picture by its name:", "end it in .svg or .png.")
    if path.is_dir() or not path.parent.is_dir():
        raise InputError(f"{path} can't be written:", "name a file in a folder that exists.")
    content = rendered(picture, form)
    with replaced_file(path) as temporary:
        temporary.write_bytes(content)
    return len(content)


def _ranks(picture: Picture, rows: list[dict[str, Any]]) -> Drawn:
    last = max(row["rank_high"] for row in rows)
    base = charted(rows).encode(y=label_axis(picture, "label")).properties(width=WIDTH, height=ROW * len(rows))
    scale = alt.Scale(domain=[1, max(last, 2)], nice=False)
    axis = alt.Axis(title="rank", orient="top", values=_rank_ticks(last), format="d")
    line = base.mark_rule(color=BLUE, strokeWidth=3, opacity=0.45).encode(
        x=alt.X("rank_low:Q", scale=scale, axis=axis), x2="rank_high:Q"
    )
    median = base.mark_tick(color=BLUE, thickness=2, height=9).encode(x=alt.X("rank_median:Q", scale=scale))
    dot = base.mark_point(filled=True, size=55, color=ORANGE, opacity=1).encode(x=alt.X("rank:Q", scale=scale))
    layers = [line, median, dot]
    if all(row["tier"] is not None for row in rows):
        layers.append(
            base.mark_text(align="left", dx=WIDTH + 10, color=GREY, fontSize=10)
            .transform_calculate(tier_words="'tier ' + datum.tier")
            .encode(text="tier_words:N", x=alt.value(0))
        )
    return alt.layer(*layers)


def _rank_ticks(last: float) -> list[int]:
    step = next(one for one in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20_000, 100_000) if last / one <= 14)
    return [1, *[tick for tick in range(step, int(last) + 1, step) if tick > 1]]


def _acceptability(picture: Picture, rows: list[dict[str, Any]]) -> Drawn:
    count = max(row["place"] for row in rows)
    base = charted(rows).encode(
        y=label_axis(picture, "label"),
        x=alt.X("place:O", axis=alt.Axis(title="place", orient="top", labelAngle=0, ticks=False, domain=False)),
    )
    base = base.properties(width=max(34 * count, 120), height=ROW * len(picture.labels))
    highest = max(*[row["share"] for row in rows], 0.05)
    cells = base.mark_rect(stroke="#e5e8ec").encode(
        color=alt.Color(
            "share:Q",
            scale=alt.Scale(domain=[0, highest], range=["#ffffff", "#0b4a94"], interpolate="rgb"),
            legend=alt.Legend(title="share", format=".0%"),
        )
    )
    return alt.layer(cells, _written(base, "share", "datum.share >= 0.05", f"datum.share > {0.45 * highest}", ".0%"))


def _written(base: alt.Chart, field: str, shown: str, dark: str, form: str) -> alt.Chart:
    """Figures in cells, white where the cell is dark."""
    text: alt.Chart = (
        base.transform_filter(shown)
        .mark_text(fontSize=9)
        .encode(
            text=alt.Text(f"{field}:Q", format=form),
            color=alt.condition(dark, alt.value("white"), alt.value(INK)),
        )
    )
    return text


def _correlations(picture: Picture, rows: list[dict[str, Any]]) -> Drawn:
    names = list(picture.labels)
    side = 31 if len(names) <= WRITTEN_CELLS else max(8, 900 // len(names))
    base = charted(rows).encode(
        y=label_axis(picture, "first"),
        x=alt.X(
            "second:N", sort=names,
            axis=alt.Axis(labelLimit=260, title=None, orient="top", labelAngle=-45, ticks=False, domain=False),
        ),
    )  # fmt: skip
    base = base.properties(width=side * len(names), height=side * len(names))
    known = base.transform_filter("isValid(datum.correlation)")
    cells = known.mark_rect(stroke="white").encode(
        color=alt.Color(
            "correlation:Q",
            scale=alt.Scale(domain=[-1, 0, 1], range=["#b35806", "#f7f7f7", "#1f5fa8"]),
            legend=alt.Legend(title="correlation", format=".1f"),
        )
    )
    unknown = base.transform_filter("!isValid(datum.correlation)").mark_text(text="–", color=GREY, fontSize=9)
    if len(names) > WRITTEN_CELLS:
        return alt.layer(cells, unknown)
    figures = _written(base, "correlation", "isValid(datum.correlation)", "abs(datum.correlation) > 0.6", ".2f")
    return alt.layer(cells, figures, unknown)


def _tree(_: Picture, rows: list[dict[str, Any]]) -> Drawn:
    leaves = [row for row in rows if row["leaf"]]
    depth = max(row["depth"] for row in rows)
    smallest = min((row["share"] for row in leaves if row["share"] > 0), default=1.0)
    height = min(
        max(ROW * len(leaves), 220, int(13 / smallest) if smallest > 0.01 else 0), 1600, 30 * len(leaves) + 100
    )
    widths = [_width(rows, level) for level in range(depth + 1)]
    edges = [sum(widths[:level]) for level in range(len(widths) + 1)]
    shown = [
        {
            **row,
            "left": edges[row["depth"]],
            # a leaf higher up than the deepest goes to the right edge: all labels have room
            "right": edges[-1] if row["leaf"] else edges[row["depth"] + 1],
            "words": _fitting(row, edges, height),
        }
        for row in rows
    ]
    base = charted(shown).properties(width=edges[-1], height=height)
    y = alt.Y("start:Q", scale=alt.Scale(domain=[1, 0]), axis=None)
    box = base.mark_rect(stroke="white", strokeWidth=1.5, cornerRadius=2).encode(
        y=y,
        y2="end:Q",
        x=alt.X("left:Q", scale=alt.Scale(domain=[0, edges[-1]], nice=False), axis=None),
        x2="right:Q",
        color=alt.Color(
            "depth:O", legend=None, scale=alt.Scale(domain=list(range(depth + 1)), range=_shades(depth + 1))
        ),
    )
    text = (
        base.transform_calculate(middle="(datum.start + datum.end) / 2")
        .mark_text(align="left", dx=6, fontSize=10, color=INK)
        .encode(y=alt.Y("middle:Q", scale=alt.Scale(domain=[1, 0]), axis=None), x="left:Q", text="words:N")
    )
    return alt.layer(box, text)


def _width(rows: list[dict[str, Any]], level: int) -> int:
    """Width of a level of the tree: room for its longest title, within reason."""
    longest = max(len(row["title"]) for row in rows if row["depth"] == level)
    return min(max(int(5.9 * (longest + 9)), 90), 340 if level else 130)


def _shades(count: int) -> list[str]:
    """Light to lighter blue, so that dark text stays readable on all."""
    return [f"#{205 + 40 * k // max(count - 1, 1):02x}{222 + 24 * k // max(count - 1, 1):02x}f5" for k in range(count)]


def _fitting(row: Mapping[str, Any], edges: list[int], height: int) -> str:
    """Words that fit into a box: title and share, cut, or nothing where the box is too low."""
    if row["share"] * height < 9:
        return ""
    right = edges[-1] if row["leaf"] else edges[row["depth"] + 1]
    letters = int((right - edges[row["depth"]] - 12) / 5.6)
    share = f"{row['share']:.1%}".replace(".0%", "%")
    room = letters - len(share) - 2
    if room < 3:
        return share
    title = row["title"] if len(row["title"]) <= room else f"{row['title'][: room - 1].rstrip()}…"
    return f"{title}  {share}"


def _sensitivity(picture: Picture, rows: list[dict[str, Any]]) -> Drawn:
    base = charted(rows).encode(
        y=label_axis(picture, "factor"),
        yOffset=alt.YOffset("order:N", sort=["first", "total"]),
    )
    base = base.properties(width=WIDTH, height=2 * ROW * len(picture.labels))
    colours = alt.Color(
        "order:N", sort=["first", "total"], scale=alt.Scale(domain=["first", "total"], range=["#8fb8de", BLUE]),
        legend=alt.Legend(title=None, orient="bottom"),
    )  # fmt: skip
    bars = base.mark_bar().encode(
        x=alt.X("value:Q", axis=alt.Axis(title="share of the variance", format=".0%")), color=colours
    )
    spans = base.mark_rule(color=INK).encode(x="low:Q", x2="high:Q")
    return alt.layer(bars, spans)


_DRAWN: Final[Mapping[str, Callable[[Picture, list[dict[str, Any]]], Drawn]]] = {
    "ranks": _ranks,
    "tree": _tree,
    "correlations": _correlations,
    "acceptability": _acceptability,
    "sensitivity": _sensitivity,
    **DRAWN_VALUES,
}
