"""The grid of candidates against brute force, anywhere on the globe."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from technopole.cities.points import FACTORS, REACH, PointIndex, distance_km

LATITUDE = st.one_of(
    st.floats(-90, 90), st.floats(-3, 3), st.sampled_from([-90.0, 90.0, 89.9, -89.95, 0.0, 51.5, 35.6999999])
)
LONGITUDE = st.one_of(
    st.floats(-180, 180), st.floats(-3, 3), st.sampled_from([-180.0, 180.0, 179.95, -179.9, 0.0, 0.1])
)
ANCHOR = st.tuples(LATITUDE, LONGITUDE, st.floats(11, 60), st.sampled_from(["AA", "BB"]), st.integers(1, 6))
OFFSET = st.floats(-1.2, 1.2)


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[tuple[float, float, float, str, int]], list[float], list[float]]:
    """Anchors, and points: some anywhere, some near an anchor."""
    anchors = draw(st.lists(ANCHOR, min_size=1, max_size=12))
    home = {}
    anchors = [(*rest, home.setdefault(city, country), city) for *rest, country, city in anchors]
    points = draw(st.lists(st.tuples(LATITUDE, LONGITUDE), max_size=10))
    for anchor in draw(st.lists(st.sampled_from(anchors), max_size=20)):
        latitude = min(90.0, max(-90.0, anchor[0] + draw(OFFSET)))
        longitude = (anchor[1] + draw(OFFSET) + 180.0) % 360.0 - 180.0
        points.append((latitude, longitude))
    return anchors, [point[0] for point in points], [point[1] for point in points]


def brute(anchors: list[tuple[float, float, float, str, int]], latitude: float, longitude: float) -> dict[int, float]:
    """Ratio of each city to a point."""
    ratio: dict[int, float] = {}
    for north, east, radius, _, city in anchors:
        value = float(distance_km(latitude, longitude, north, east)) / radius
        ratio[city] = min(value, ratio.get(city, np.inf))
    return ratio


def index_of(anchors: list[tuple[float, float, float, str, int]]) -> PointIndex:
    north, east, radius, country, city = (list(column) for column in zip(*anchors, strict=True))
    return PointIndex(city, country, north, east, radius)


def agrees(city: int, ring: int, ratio: float, expected: dict[int, float]) -> bool:
    """The found city has the smallest ratio (up to rounding), and its ring fits it."""
    best = min(expected.values(), default=np.inf)
    if city == -1:
        return ring == -1 and np.isnan(ratio) and best > REACH - 1e-9
    close = abs(expected[city] - best) < 1e-9 and abs(ratio - best) < 1e-9
    return close and ratio <= FACTORS[ring] and (ring == 0 or ratio > FACTORS[ring - 1])


@given(situations())
def test_grid_equals_brute_force(
    situation: tuple[list[tuple[float, float, float, str, int]], list[float], list[float]],
) -> None:
    anchors, latitude, longitude = situation
    found = index_of(anchors).attribute(latitude, longitude)
    for city, ring, ratio, north, east in zip(
        found.city.tolist(), found.ring.tolist(), found.ratio.tolist(), latitude, longitude, strict=True
    ):
        assert agrees(city, ring, ratio, brute(anchors, north, east))


@given(situations(), st.sampled_from(["AA", "BB"]))
def test_with_a_country_only_its_cities_count(
    situation: tuple[list[tuple[float, float, float, str, int]], list[float], list[float]], country: str
) -> None:
    anchors, latitude, longitude = situation
    own = [anchor for anchor in anchors if anchor[3] == country]
    found = index_of(anchors).attribute(latitude, longitude, [country] * len(latitude))
    for city, ring, ratio, north, east in zip(
        found.city.tolist(), found.ring.tolist(), found.ratio.tolist(), latitude, longitude, strict=True
    ):
        assert agrees(city, ring, ratio, brute(own, north, east))


@given(st.lists(st.tuples(st.floats(), st.floats()), max_size=30))
def test_any_floats_give_a_city_or_a_reason(points: list[tuple[float, float]]) -> None:
    index = index_of([(0.0, 0.0, 60.0, "AA", 1), (90.0, 0.0, 60.0, "AA", 2), (0.0, 180.0, 60.0, "BB", 3)])
    found = index.attribute([p[0] for p in points], [p[1] for p in points])
    assert ((found.city == -1) == (found.reason > 0)).all()
    assert ((found.city == -1) == (found.ring == -1)).all()
    assert ((found.city == -1) == np.isnan(found.ratio)).all()
