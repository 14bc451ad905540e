"""Draw pictures of values: bars, a scatter, a line of dots, distributions."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import altair as alt
import numpy as np

from technopole.index.tree import Floats
from technopole.publish.marks import (
    BLUE,
    GREY,
    INK,
    LETTER,
    ORANGE,
    OTHER,
    PALETTE,
    ROW,
    WIDTH,
    Drawn,
    charted,
    label_axis,
)  # fmt: skip
from technopole.publish.picture import Picture
from technopole.publish.places import levels, name_places, swarm
from technopole.publish.value_pictures import OTHERS

Rows = list[dict[str, Any]]
SQUARE: Final = 460
BAND: Final = 150
PANEL: Final = (250, 120)
SHORT: Final = 8
"""Letters at most of names that stand in one line of the legend."""
PLAIN: Final = ",~r"
LONG: Final = 1_000_000
"""From here on numbers of an axis are written with k, M."""
SHAPES: Final = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left")
HALO: Final[dict[str, Any]] = {"stroke": "white", "strokeWidth": 3, "strokeJoin": "round"}


def _bars(picture: Picture, rows: Rows) -> Drawn:
    parts = list(dict.fromkeys(row["part"] for row in rows))
    # the order of the legend is that in which the parts are stacked
    shown = [{**row, "order": parts.index(row["part"])} for row in rows]
    labels = label_axis(picture, "label", {row["label"] for row in rows if row["marked"]})
    base = charted(shown).encode(y=labels).properties(width=WIDTH, height=ROW * len(picture.labels))
    colour: Any = alt.condition("datum.marked", alt.value(ORANGE), alt.value(BLUE))
    if parts != [None]:
        colour = alt.Color("part:N", scale=_colours(parts), sort=parts, legend=_legend(picture, parts))
    axis = alt.Axis(title=picture.option("axis"), orient="top", format=PLAIN, tickCount=10)
    bars = base.mark_bar(height=ROW - 5).encode(
        x=alt.X("length:Q", axis=axis, stack="zero"), color=colour, order=alt.Order("order:Q")
    )
    ends = {row["label"]: 0.0 for row in shown}
    for row in shown:
        ends[row["label"]] += max(row["length"], 0.0)
    whole = {row["label"]: {**row, "end": ends[row["label"]], "words": _figure(row["value"])} for row in shown}
    figures = (
        charted(list(whole.values())).mark_text(align="left", dx=5, fontSize=10)
        .encode(
            y=labels, x=alt.X("end:Q"), text="words:N",
            color=alt.condition("datum.marked", alt.value(ORANGE), alt.value(INK)),
        )
    )  # fmt: skip
    return alt.layer(bars, figures)


def _scatter(picture: Picture, rows: Rows) -> Drawn:
    x, y = (_Scale(np.array([row[axis] for row in rows]), axis in picture.option("log")) for axis in "xy")
    groups = [one for one in dict.fromkeys(row["group"] for row in rows) if one is not None]
    order = sorted(groups, key=lambda one: (one == OTHERS, -sum(row["group"] == one for row in rows), one))
    back_to_front = sorted(rows, key=lambda row: row["group"] != OTHERS)
    base = charted(back_to_front).encode(
        x=alt.X("x:Q", scale=x.altair(), axis=x.axis(picture.labels[0])),
        y=alt.Y("y:Q", scale=y.altair(), axis=y.axis(picture.labels[1])),
    ).properties(width=WIDTH, height=SQUARE)  # fmt: skip
    points = base.mark_point(filled=True, size=34, opacity=0.65, color=BLUE, stroke="white", strokeWidth=0.5)
    if order:
        points = points.encode(
            color=alt.Color("group:N", scale=_colours(order), sort=order, legend=_legend(picture, order)),
            shape=alt.Shape("group:N", scale=alt.Scale(domain=order, range=_shapes(order)), sort=order,
                            legend=_legend(picture, order)),
        )  # fmt: skip
    rings = base.transform_filter("datum.marked").mark_point(
        filled=False, size=90, color=ORANGE, strokeWidth=2, opacity=1
    )
    return alt.layer(points, rings, *_names(rows, x, y))


def _names(rows: Rows, x: _Scale, y: _Scale) -> list[alt.Chart]:
    """Names beside their points, marked ones stronger."""
    points = np.stack([x.share() * WIDTH, (1 - y.share()) * SQUARE], axis=1)
    widths = [len(row["label"]) * LETTER for row in rows]
    wanted = sorted(
        (number for number, row in enumerate(rows) if row["place"] is not None), key=lambda one: rows[one]["place"]
    )
    written = name_places(points, widths, wanted, sum(row["marked"] for row in rows), (WIDTH, SQUARE))
    layers = []
    for align in ("left", "right", "center"):
        texts = [
            {"words": rows[one.number]["label"], "marked": rows[one.number]["marked"], "left": x.at(one.x / WIDTH),
             "top": y.at(1 - one.y / SQUARE)}
            for one in written if one.align == align
        ]  # fmt: skip
        if not texts:
            continue
        at = charted(texts).encode(x="left:Q", y="top:Q", text="words:N")
        layers.append(at.mark_text(align=align, fontSize=10, color="white", **HALO, opacity=0.85))
        colour = alt.condition("datum.marked", alt.value(ORANGE), alt.value(INK))
        layers.append(at.mark_text(align=align, fontSize=10).encode(color=colour))
    return layers


def _dots(picture: Picture, rows: Rows) -> Drawn:
    stat, value = picture.option("stat"), picture.option("stat_value")
    x = _Scale(np.array([row["value"] for row in rows]), bool(picture.option("log")), [float(value)] if stat else [])
    size = 9.0 if len(rows) <= 100 else 6.0
    offsets = swarm(x.share() * WIDTH, size, BAND)
    above = float(np.abs(offsets).max(initial=0.0)) + 14
    texts = [(row["label"], row["value"], up, ORANGE)
             for row, up in zip(rows, offsets.tolist(), strict=True) if row["marked"]]  # fmt: skip
    texts.sort(key=lambda one: one[1])
    if stat:
        texts.append((stat, float(value), -above, INK))
    callouts, top = _callouts(texts, x, above)
    y_scale = alt.Scale(domain=[-above, top], nice=False)
    shown = [{**row, "up": up} for row, up in zip(rows, offsets.tolist(), strict=True)]
    base = charted(shown).encode(
        x=alt.X("value:Q", scale=x.altair(), axis=x.axis(picture.labels[0])),
        y=alt.Y("up:Q", scale=y_scale, axis=None),
    ).properties(width=WIDTH, height=int(top + above))  # fmt: skip
    area = size**2 * 0.72
    return alt.layer(
        base.transform_filter("!datum.marked").mark_point(filled=True, size=area, color=BLUE, opacity=0.5),
        base.transform_filter("datum.marked").mark_point(filled=True, size=area, color=ORANGE, opacity=1),
        *callouts,
    )


def _callouts(texts: list[tuple[str, float, float, str]], x: _Scale, above: float) -> tuple[list[alt.Chart], float]:
    """Words over their places, each beside a line down to it, and the upper end of all.

    texts : words, value, height of the line's foot, colour. above : where the words begin.
    """
    lines = [float(x.share(value)) * WIDTH for _, value, *_ in texts]
    steps = levels([(at, at + len(words) * LETTER + 8) for at, (words, *_) in zip(lines, texts, strict=True)])
    top = above + 14 * (max(steps, default=0) + 1)
    if not texts:
        return [], top
    written = [
        {"words": words, "at": value, "foot": foot, "up": above + 14 * step, "head": above + 14 * step + 11,
         "colour": colour}
        for (words, value, foot, colour), step in zip(texts, steps, strict=True)
    ]  # fmt: skip
    base, colour = charted(written).encode(x="at:Q"), alt.Color("colour:N", scale=None)
    return [
        base.mark_rule(opacity=0.7).encode(y="foot:Q", y2="head:Q", color=colour),
        base.mark_text(fontSize=10, align="left", baseline="bottom", dx=4).encode(
            y="up:Q", text="words:N", color=colour
        ),
    ], top


def _distributions(picture: Picture, rows: Rows) -> Drawn:
    by_name: dict[str, Rows] = {}
    for row in rows:
        by_name.setdefault(row["name"], []).append(row)
    panels = [
        _panel(title, own, picture, PANEL if len(by_name) > 1 else (WIDTH, BAND))
        for title, own in zip(picture.labels, by_name.values(), strict=True)
    ]
    return alt.concat(*panels, columns=1 if len(panels) == 1 else 2 if len(panels) < 5 else 3, spacing=24)


def _panel(title: str, rows: Rows, picture: Picture, size: tuple[int, int]) -> alt.LayerChart | alt.FacetChart:
    """One distribution: histogram, violin or nothing, and a box."""
    log, form = bool(picture.option("log")), picture.option("form")
    values = np.array([row["value"] for row in rows])
    x = _Scale(values, log)
    width, height = size
    axis = alt.X("x:Q", scale=x.altair(), axis=x.axis(None, ticks=5))
    drawn = {"histogram": _histogram, "violin": _violin, "box": _alone}[form]
    shape, middle = drawn(x, axis, height)
    layers = [*shape, *_box(rows, values, axis, middle, outliers=form == "box")]
    words, about = title.split("\n")
    heading = alt.TitleParams(
        textwrap.wrap(words, width // 6), subtitle=about, fontSize=12, anchor="start",
        subtitleFontSize=10, subtitleColor=GREY,
    )  # fmt: skip
    return alt.layer(*layers).properties(width=width, height=height, title=heading)


def _histogram(x: _Scale, axis: alt.X, height: int) -> tuple[list[alt.Chart], float]:
    """Bars of counts, and the middle of the box's band below them."""
    edges = np.histogram_bin_edges(x.plain, bins=_bins(x.plain))
    counts, edges = np.histogram(x.plain, edges)
    ends = x.back(edges)
    bars = [{"x": float(low), "x2": float(high), "count": int(count)}
            for low, high, count in zip(ends, ends[1:], counts, strict=False)]  # fmt: skip
    most = int(counts.max())
    y = alt.Y(
        "count:Q", scale=alt.Scale(domain=[-0.28 * most, most], nice=False),
        axis=alt.Axis(title=None, values=_ticks(most), format="d", domain=False),
    )  # fmt: skip
    chart = charted(bars).mark_bar(color=BLUE, opacity=0.75, stroke="white", strokeWidth=0.6, binSpacing=0)
    return [chart.encode(x=axis, x2="x2:Q", y=y, y2=alt.datum(0))], height * (1 + 0.14) / 1.28


def _violin(x: _Scale, axis: alt.X, height: int) -> tuple[list[alt.Chart], float]:
    """Mirrored density of the values (Gaussian kernel, Scott's width)."""
    from scipy import stats  # a second to import: only here

    low, high = x.plain.min(), x.plain.max()
    if not high > low:
        return [], height / 2
    grid = np.linspace(low, high, 120)
    density = stats.gaussian_kde(x.plain)(grid)
    places = [{"x": float(at), "up": float(one), "down": float(-one)}
              for at, one in zip(x.back(grid), density / density.max(), strict=True)]  # fmt: skip
    y = alt.Y("up:Q", scale=alt.Scale(domain=[-1.08, 1.08], nice=False), axis=None)
    return [charted(places).mark_area(color=BLUE, opacity=0.35).encode(x=axis, y=y, y2="down:Q")], height / 2


def _alone(_: _Scale, __: alt.X, height: int) -> tuple[list[alt.Chart], float]:
    return [], height / 2


def _box(rows: Rows, values: Floats, axis: alt.X, middle: float, outliers: bool) -> list[alt.Chart]:
    """Quartiles, median, whiskers to the last unit within 1.5 quartile distances (Tukey), at a height in pixels."""
    low, median, high = np.quantile(values, [0.25, 0.5, 0.75])
    reach = 1.5 * (high - low)
    inside = values[(values >= low - reach) & (values <= high + reach)]
    one = {"x": float(inside.min()), "last": float(inside.max()), "low": float(low), "high": float(high),
           "median": float(median)}  # fmt: skip
    base = charted([one])
    y = alt.value(middle)
    half = 8 if not outliers else 22
    layers = [
        base.mark_rule(color=INK).encode(x=axis, x2="last:Q", y=y),
        base.mark_rect(color="white", stroke=INK).encode(
            x=_same(axis, "low"), x2="high:Q", y=alt.value(middle - half), y2=alt.value(middle + half)
        ),
        base.mark_rule(color=ORANGE, strokeWidth=2.5).encode(
            x=_same(axis, "median"), y=alt.value(middle - half), y2=alt.value(middle + half)
        ),
    ]
    beyond = [{"x": row["value"]} for row in rows if not low - reach <= row["value"] <= high + reach]
    if outliers and beyond:
        layers.append(charted(beyond).mark_point(size=26, color=BLUE, opacity=0.7).encode(x=axis, y=y))
    return layers


def _same(axis: alt.X, field: str) -> alt.X:
    """Encode another field along the same axis."""
    along: alt.X = axis.copy()
    along.shorthand = f"{field}:Q"
    return along


class _Scale:
    """A linear or logarithmic axis over values: its domain, its ticks, and where values lie on it (0 to 1)."""

    def __init__(self, values: Floats, log: bool, also: Sequence[float] = ()) -> None:
        self.log = log
        self.plain = np.log10(values) if log else values
        ends = [*self.plain, *(np.log10(also) if log else also)]
        low, high = float(min(ends)), float(max(ends))
        room = 0.04 * (high - low) or 0.5
        self.low, self.high = low - room, high + room

    def back(self, plain: Floats) -> Floats:
        """Values of places along the axis."""
        return 10.0**plain if self.log else plain

    def share(self, value: float | None = None) -> Any:
        """Where the values, or one value, lie between the ends."""
        plain = self.plain if value is None else np.log10(value) if self.log else value
        return (plain - self.low) / (self.high - self.low)

    def at(self, share: float) -> float:
        """Value at a share of the way from end to end."""
        plain = self.low + share * (self.high - self.low)
        return float(10.0**plain if self.log else plain)

    def altair(self) -> alt.Scale:
        """The scale as it is drawn."""
        ends = self.back(np.array([self.low, self.high])).tolist()
        return alt.Scale(type="log" if self.log else "linear", domain=ends, nice=False, zero=False)

    def axis(self, title: str | None, ticks: int = 10) -> alt.Axis:
        """Axis with plain numbers."""
        long = float(np.abs(self.back(np.array([self.low, self.high]))).max()) >= LONG
        form = "~s" if long else PLAIN
        ticked: dict[str, Any] = (
            {"values": self._decades()} if self.log and self.high - self.low > 1 else {"tickCount": ticks}
        )
        return alt.Axis(title=title, format=form, labelOverlap=True, titleLimit=WIDTH, **ticked)

    def _decades(self) -> list[float]:
        """Powers of ten within the axis, of a short one also 2 and 5 times these."""
        digits = (1, 2, 5) if self.high - self.low < 3 else (1,)
        powers = range(int(np.floor(self.low)), int(np.ceil(self.high)) + 1)
        return [one for power in powers for digit in digits
                if self.low <= np.log10(one := digit * 10.0**power) <= self.high]  # fmt: skip


def _bins(values: Floats) -> int:
    """Freedman and Diaconis' number of bins, between 8 and 30."""
    quartiles = np.quantile(values, [0.25, 0.75])
    wide = 2 * float(quartiles[1] - quartiles[0]) / len(values) ** (1 / 3)
    return int(np.clip(np.ptp(values) / wide if wide > 0 else 20, 8, 30))


def _ticks(most: int) -> list[int]:
    step = next(one for one in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000) if most / one <= 4)
    return list(range(0, most + 1, step))


def _figure(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def _colours(parts: list[str]) -> alt.Scale:
    named = [one for one in parts if one != OTHERS]
    return alt.Scale(domain=parts, range=[OTHER if one == OTHERS else PALETTE[named.index(one)] for one in parts])


def _shapes(groups: list[str]) -> list[str]:
    return ["circle" if one == OTHERS else SHAPES[place] for place, one in enumerate(groups)]


def _legend(picture: Picture, names: list[str]) -> alt.Legend:
    short = max(map(len, names)) <= SHORT
    return alt.Legend(
        title=picture.option("legend") or None, orient="bottom", columns=8 if short else 3, labelLimit=260
    )


DRAWN: Final[Mapping[str, Callable[[Picture, Rows], Drawn]]] = {
    "bar": _bars,
    "scatter": _scatter,
    "dot": _dots,
    "distribution": _distributions,
}
