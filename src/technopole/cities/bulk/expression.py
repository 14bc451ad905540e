"""The attribution as one Ibis expression: the same for the embedded engine and for a cluster.

Points become cells, cells become codes by one equi-join, and by a second one where a cell is cut into small cells. A
code that these leave open is decided by the squared chord to one anchor, or by the exact rule as a function of the
engine. The chord decides only where it is clear of a boundary by `GUARD`: closer points go to the exact rule, so that
the last bit of an engine's sine can't move a point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from technopole.cities.bulk.columns import is_finite
from technopole.cities.bulk.territory import (
    BY_ANCHOR,
    EXACT,
    NO_COORDINATES,
    OUT_OF_RANGE,
    OUTSIDE,
    OUTSIDE_COUNTRY,
    RINGS_PER_UNIT,
    Territory,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir  # type: ignore[import-untyped]

EXACT_NAME: Final = "technopole_exact"
"""Name under which each engine knows the exact rule."""
PLACE: Final = ("latitude", "longitude", "country")
GUARD: Final = 1e-9
"""Relative distance of a squared chord from a boundary below which the exact rule decides: 0.01 mm at 20 km."""


class Tables(Protocol):
    """A territory's tables on one engine (engines.Opened)."""

    @property
    def cells(self) -> ir.Table:
        """``cell, cell_code, anchor``."""

    @property
    def small(self) -> ir.Table:
        """``small, small_code, small_anchor``."""

    @property
    def anchors(self) -> ir.Table:
        """ANCHOR_SCHEMA."""


def attribution(points: ir.Table, tables: Tables, territory: Territory) -> ir.Table:
    """Aggregate points by code of the territory and category.

    Parameters
    ----------
    points : what columns.named_columns gives.
    tables : the territory's, on the same engine.

    Returns
    -------
    One row a code and category: ``code, category, points`` and, where asked for, ``total, numbers, broken`` (sum of the
    finite values, how many there are, how many cells hold something else).
    """
    settled = with_settled(points, tables, territory)
    measures: dict[str, ir.Value] = {"points": settled.count()}
    if "value" in settled.columns:
        measures |= {"total": settled.value.sum(), "numbers": settled.value.count(), "broken": settled.broken.sum()}
    keys = ["category"] if "category" in settled.columns else []
    coded = _with_codes(settled.group_by([*keys, *_open(settled)]).agg(**measures))
    return coded.group_by([*keys, "code"]).agg(**{name: coded[name].sum() for name in measures})


def distinct_items(points: ir.Table, tables: Tables, territory: Territory) -> ir.Table:
    """Count distinct items by unit, category and boundary: `unit, category, items0, items1, items2`.

    The boundaries are nested, so an item counts under each boundary at least as wide as the narrowest that holds one of
    its points.
    """
    settled = with_settled(points, tables, territory)
    settled = settled.filter(settled.item.notnull())
    keys = ["category"] if "category" in settled.columns else []
    coded = _with_codes(settled.group_by([*keys, "item", *_open(settled)]).agg(points=settled.count()))
    inside = coded.filter(coded.code >= 0)
    table = inside.mutate(
        unit=(inside.code // RINGS_PER_UNIT).cast("int32"), ring=(inside.code % RINGS_PER_UNIT).cast("int32")
    )
    first = table.group_by(["unit", *keys, "item"]).agg(ring=table.ring.min())
    counts = {f"items{ring}": first.count(where=first.ring <= ring) for ring in range(RINGS_PER_UNIT)}
    return first.group_by(["unit", *keys]).agg(**counts)


def with_settled(points: ir.Table, tables: Tables, territory: Territory) -> ir.Table:
    """Points with `settled`: their code, or EXACT; `open_latitude` (and so on) are filled only for these.

    Only then is there a group for each point that is left, so that on DuckDB the exact rule sees these alone, packed,
    and not the few of each vector. Spark needs no such groups: its optimiser merges the two aggregations, and the
    function gets whole batches, in which points that are settled are null (engines.py skips them).
    """
    import ibis

    lat, lon = points.latitude, points.longitude
    known = is_finite(lat) & is_finite(lon)
    in_range = known & lat.between(-90.0, 90.0) & lon.between(-180.0, 180.0)
    beyond: ir.Value = ibis.literal(OUTSIDE, "int32")
    if "country" in points.columns:
        beyond = ibis.ifelse(points.country.isnull(), OUTSIDE, OUTSIDE_COUNTRY)
    celled = points.mutate(
        cell=ibis.ifelse(in_range, _cell(lat, lon, territory.per_degree), None).cast("int64"),
        why=ibis.cases((in_range, beyond), (known, OUT_OF_RANGE), else_=NO_COORDINATES).cast("int32"),
    )
    joined = celled.left_join(tables.cells, "cell").drop("cell_right")
    if territory.finer > 1:
        joined = _with_small(joined, tables.small, territory.per_degree * territory.finer)
    if territory.anchors.height:
        anchors = tables.anchors.rename(anchor_country="country")
        anchors = anchors if "country" in points.columns else anchors.drop("anchor_country")
        joined = joined.left_join(anchors, "anchor").drop("anchor_right")
        code = _settled(joined)
    else:
        code = joined.cell_code
    settled = joined.mutate(settled=ibis.ifelse(joined.cell_code.isnull(), joined.why, code).cast("int32"))
    exact = settled.settled == EXACT
    opened = {f"open_{name}": exact.ifelse(settled[name], None) for name in PLACE if name in points.columns}
    keep = [name for name in ("category", "value", "broken", "item") if name in points.columns]
    return settled.select("settled", *keep, **opened)


def _with_small(joined: ir.Table, small: ir.Table, per_degree: int) -> ir.Table:
    """Where a small cell settles what its cell leaves open, take its code and anchor."""
    number = _cell(joined.latitude, joined.longitude, per_degree)
    keyed = joined.mutate(small=(joined.cell_code == EXACT).ifelse(number, None).cast("int64"))
    found = keyed.left_join(small, "small").drop("small_right")
    return found.mutate(
        cell_code=found.small_code.coalesce(found.cell_code), anchor=found.small_anchor.coalesce(found.anchor)
    )


def _open(settled: ir.Table) -> list[str]:
    return ["settled", *(name for name in settled.columns if name.startswith("open_"))]


def _with_codes(groups: ir.Table) -> ir.Table:
    """Decide the groups that are open by the exact rule: `code`."""
    import ibis

    place = [groups[name] for name in _open(groups)[1:]]
    code = ibis.ifelse(groups.settled == EXACT, exact_rule(*place), groups.settled)
    return groups.mutate(code=code.cast("int32"))


def _cell(latitude: ir.Value, longitude: ir.Value, per_degree: int) -> ir.Value:
    import ibis

    row = ibis.least(((latitude + 90.0) * per_degree).floor(), 180 * per_degree - 1)
    column = ibis.least(((longitude + 180.0) * per_degree).floor(), 360 * per_degree - 1)
    return row * (360 * per_degree) + column


def _settled(joined: ir.Table) -> ir.Value:
    """The code that cell and anchor settle, or EXACT."""
    import ibis

    # null elsewhere: an engine may work out a repeated subexpression for every row, whatever the case around it
    by_one = joined.cell_code == BY_ANCHOR
    north, east = (by_one.ifelse(column, None).radians() for column in (joined.latitude, joined.longitude))
    x, y, z = north.cos() * east.cos(), north.cos() * east.sin(), north.sin()
    chord = (x - joined.x) * (x - joined.x) + (y - joined.y) * (y - joined.y) + (z - joined.z) * (z - joined.z)
    ends = (joined.chord0, joined.chord1, joined.chord2)
    unclear = ibis.or_(*((chord - end).abs() <= GUARD * end for end in ends))
    inside = [(chord <= end, joined.unit_code + ring) for ring, end in enumerate(ends)]
    by_anchor = ibis.ifelse(unclear, EXACT, ibis.cases(*inside, else_=joined.why))
    settled = ibis.ifelse(by_one, by_anchor, joined.cell_code)
    if "country" not in joined.columns:
        return settled
    # the country always wins: a cell speaks for points of its own country, and for those without one
    foreign = joined.country.notnull() & (joined.anchor_country.isnull() | (joined.country != joined.anchor_country))
    return ibis.ifelse(foreign, EXACT, settled)


def exact_rule(latitude: ir.Value, longitude: ir.Value, country: ir.Value | None = None) -> ir.Value:
    """Call the exact rule, which the engine has registered as `EXACT_NAME` (engines.py)."""
    import ibis

    declare: Any = ibis.udf.scalar.builtin
    # Ibis reads the names of the arguments off the function and leaves its body, which the engine has, alone
    if country is None:
        of_point = declare(name=EXACT_NAME, signature=(("float64", "float64"), "int32"))
        value: ir.Value = of_point(lambda latitude, longitude: None)(latitude, longitude)  # noqa: ARG005
    else:
        of_country = declare(name=EXACT_NAME, signature=(("float64", "float64", "string"), "int32"))
        value = of_country(lambda latitude, longitude, country: None)(latitude, longitude, country)  # noqa: ARG005
    return value
