"""The attribution as one Ibis expression: the same for the embedded engine and for a cluster.

Points become cells, cells become codes by one equi-join; a code that the cell leaves open is decided by the squared
chord to one anchor, or by the exact rule as a function of the engine. The chord decides only where it is clear of a
boundary by `GUARD`: closer points go to the exact rule, so that the last bit of an engine's sine can't move a point.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

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
GUARD: Final = 1e-9
"""Relative distance of a squared chord from a boundary below which the exact rule decides: 0.01 mm at 20 km."""


def attribution(points: ir.Table, cells: ir.Table, anchors: ir.Table, territory: Territory) -> ir.Table:
    """Aggregate points by code of the territory and category.

    Parameters
    ----------
    points : what columns.named_columns gives.
    cells, anchors : the territory's tables on the same engine.

    Returns
    -------
    One row a code and category: ``code, category, points`` and, where asked for, ``total, numbers, broken`` (sum of the
    finite values, how many there are, how many aren't finite).
    """
    coded = with_codes(points, cells, anchors, territory)
    keys = [name for name in ("code", "category") if name in coded.columns]
    return coded.group_by(keys).agg(**_measures(coded))


def distinct_items(points: ir.Table, cells: ir.Table, anchors: ir.Table, territory: Territory) -> ir.Table:
    """Count distinct items by unit, category and boundary: `unit, category, items0, items1, items2`.

    The boundaries are nested, so an item counts under each boundary at least as wide as the narrowest that holds one of
    its points.
    """
    coded = with_codes(points, cells, anchors, territory)
    inside = coded.filter((coded.code >= 0) & coded.item.notnull())
    keys = ["unit", *(["category"] if "category" in coded.columns else [])]
    table = inside.mutate(
        unit=(inside.code // RINGS_PER_UNIT).cast("int32"), ring=(inside.code % RINGS_PER_UNIT).cast("int32")
    )
    first = table.group_by([*keys, "item"]).agg(ring=table.ring.min())
    counts = {f"items{ring}": first.count(where=first.ring <= ring) for ring in range(RINGS_PER_UNIT)}
    return first.group_by(keys).agg(**counts)


def _measures(coded: ir.Table) -> dict[str, ir.Value]:
    measures: dict[str, Any] = {"points": coded.count()}
    if "value" in coded.columns:
        measures["total"] = coded.value.sum()
        measures["numbers"] = coded.value.count()
        measures["broken"] = coded.broken.sum()
    return measures


def with_codes(points: ir.Table, cells: ir.Table, anchors: ir.Table, territory: Territory) -> ir.Table:
    """Points with their code."""
    import ibis

    lat, lon = points.latitude, points.longitude
    known = is_finite(lat) & is_finite(lon)
    in_range = known & lat.between(-90.0, 90.0) & lon.between(-180.0, 180.0)
    beyond: ir.Value = ibis.literal(OUTSIDE, "int32")
    if "country" in points.columns:
        beyond = ibis.ifelse(points.country.isnull(), OUTSIDE, OUTSIDE_COUNTRY)
    celled = points.mutate(
        cell=ibis.ifelse(in_range, _cell(lat, lon, territory.per_degree), None).cast("int32"),
        why=ibis.cases((in_range, beyond), (known, OUT_OF_RANGE), else_=NO_COORDINATES).cast("int32"),
    )
    joined = celled.left_join(cells.rename(cell_code="code"), "cell").drop("cell_right")
    if territory.anchors.height:
        joined = joined.left_join(anchors.rename(anchor_country="country"), "anchor").drop("anchor_right")
        settled = joined.mutate(settled=_settled(joined))
    else:
        settled = joined.mutate(settled=joined.cell_code)
    # null for the other points: Spark calls the function for every row, whatever the case around it
    ask = ["latitude", "longitude", *(["country"] if "country" in points.columns else [])]
    asked = [(settled.settled == EXACT).ifelse(settled[name], None) for name in ask]
    code = ibis.cases(
        (settled.cell_code.isnull(), settled.why),
        (settled.settled == EXACT, exact_rule(*asked)),
        else_=settled.settled,
    )
    keep = [name for name in ("category", "value", "broken", "item") if name in points.columns]
    return settled.select(*keep, code=code.cast("int32"))


def _cell(latitude: ir.Value, longitude: ir.Value, per_degree: int) -> ir.Value:
    import ibis

    row = ibis.least(((latitude + 90.0) * per_degree).floor(), 180 * per_degree - 1)
    column = ibis.least(((longitude + 180.0) * per_degree).floor(), 360 * per_degree - 1)
    return row * (360 * per_degree) + column


def _settled(joined: ir.Table) -> ir.Value:
    """The code that cell and anchor settle, or EXACT."""
    import ibis

    north, east = joined.latitude.radians(), joined.longitude.radians()
    x, y, z = north.cos() * east.cos(), north.cos() * east.sin(), north.sin()
    chord = (x - joined.x) * (x - joined.x) + (y - joined.y) * (y - joined.y) + (z - joined.z) * (z - joined.z)
    ends = (joined.chord0, joined.chord1, joined.chord2)
    unclear = ibis.or_(*((chord - end).abs() <= GUARD * end for end in ends))
    inside = [(chord <= end, joined.unit_code + ring) for ring, end in enumerate(ends)]
    by_anchor = ibis.ifelse(unclear, EXACT, ibis.cases(*inside, else_=joined.why))
    settled = ibis.ifelse(joined.cell_code == BY_ANCHOR, by_anchor, joined.cell_code)
    if "country" not in joined.columns:
        return settled
    # the country always wins: a cell speaks for points of its own country, and for those without one
    foreign = joined.country.notnull() & (joined.anchor_country.isnull() | (joined.country != joined.anchor_country))
    return ibis.ifelse(foreign, EXACT, settled)


def exact_rule(latitude: ir.Value, longitude: ir.Value, country: ir.Value | None = None) -> ir.Value:
    """Call the exact rule, which the engine has registered as `EXACT_NAME` (engines.py)."""
    import ibis

    def of_point(latitude: float, longitude: float) -> int:
        raise NotImplementedError

    def of_country(latitude: float, longitude: float, country: str) -> int:
        raise NotImplementedError

    make: Any = ibis.udf.scalar.builtin
    if country is None:
        value: ir.Value = make(name=EXACT_NAME, signature=(("float64", "float64"), "int32"))(of_point)(
            latitude, longitude
        )
    else:
        kinds = ("float64", "float64", "string")
        value = make(name=EXACT_NAME, signature=(kinds, "int32"))(of_country)(latitude, longitude, country)
    return value
