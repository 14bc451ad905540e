"""Points to cities by hand: boundaries, borders, poles, the antimeridian, bad coordinates."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from technopole.cities.points import (
    EARTH_RADIUS_KM,
    REASONS,
    PointIndex,
    distance_km,
    rings_of,
)

DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180


def one(radius: float = 20.0, latitude: float = 0.0, longitude: float = 0.0) -> PointIndex:
    return PointIndex([7], ["AA"], [latitude], [longitude], [radius])


def test_distance_against_known_values() -> None:
    assert distance_km(0, 0, 0, 1) == pytest.approx(DEGREE_KM)
    assert distance_km(90, 0, -90, 123) == pytest.approx(np.pi * EARTH_RADIUS_KM)
    # London to Paris, city centres
    assert distance_km(51.5074, -0.1278, 48.8566, 2.3522) == pytest.approx(343.6, abs=0.5)


def test_rings_are_nested_and_closed() -> None:
    ratio = np.array([0.0, 0.5, 0.5000001, 1.0, 1.0000001, 1.5, 1.5000001, np.inf, np.nan])
    assert rings_of(ratio).tolist() == [0, 0, 1, 1, 2, 2, -1, -1, -1]


def test_rings_of_points_at_growing_distance() -> None:
    longitude = np.array([0.0, 9.0, 19.0, 29.0, 31.0]) / DEGREE_KM
    found = one().attribute(np.zeros(5), longitude)
    assert found.ring.tolist() == [0, 0, 1, 2, -1]
    assert found.city.tolist() == [7, 7, 7, 7, -1]
    assert found.ratio[:4] == pytest.approx(np.array([0.0, 9.0, 19.0, 29.0]) / 20)
    assert np.isnan(found.ratio[4])
    assert REASONS[found.reason[4]] == "outside every city"


def test_smallest_ratio_wins_not_smallest_distance() -> None:
    index = PointIndex([1, 2], ["AA", "AA"], [0, 0], [0, 60 / DEGREE_KM], [60.0, 17.0])
    near_small = index.attribute([0], [40 / DEGREE_KM])  # 40 of 60 km, 20 of 17 km
    assert near_small.city[0] == 1


def test_a_city_of_several_anchors_takes_the_best() -> None:
    index = PointIndex([1, 1], ["AA", "AA"], [0, 0], [0, 1], [20.0, 20.0])
    found = index.attribute([0], [1.05])
    assert (found.city[0], found.ring[0]) == (1, 0)


def test_ties_go_to_the_smaller_id() -> None:
    index = PointIndex([9, 3], ["AA", "AA"], [0, 0], [0.0, 0.2], [20.0, 20.0])
    assert index.attribute([0], [0.1]).city[0] == 3


@pytest.mark.parametrize(
    ("latitude", "longitude", "reason"),
    [
        (np.nan, 0, "no coordinates"),
        (0, np.inf, "no coordinates"),
        (90.1, 0, "coordinates out of range"),
        (0, -180.5, "coordinates out of range"),
        (1e300, 1e300, "coordinates out of range"),
    ],
)
def test_bad_coordinates_give_a_reason(latitude: float, longitude: float, reason: str) -> None:
    found = one().attribute([latitude, 0.0], [longitude, 0.0])
    assert found.city.tolist() == [-1, 7]
    assert found.to_polars()["reason"].to_list() == [reason, None]
    assert found.to_polars()["city"].to_list() == [None, 7]


def test_poles_and_antimeridian() -> None:
    pole = one(60.0, 89.9, 0.0)
    assert pole.attribute([89.9, 90.0, 89.95], [180.0, 33.0, -90.0]).city.tolist() == [7, 7, 7]
    line = one(60.0, 10.0, 179.9)
    assert line.attribute([10.0, 10.0, 10.0, 10.0], [180.0, -180.0, -179.9, 179.5]).city.tolist() == [7, 7, 7, 7]
    south = one(60.0, -90.0, 0.0)
    assert south.attribute([-90.0, -89.6], [180.0, 123.0]).city.tolist() == [7, 7]


def test_the_country_wins() -> None:
    index = PointIndex([1, 2], ["AA", "BB"], [0, 0], [0.0, 0.2], [20.0, 20.0])
    found = index.attribute([0, 0, 0, 0], [0.0, 0.0, 0.0, 5.0], ["AA", "BB", "ZZ", "AA"])
    assert found.city.tolist() == [1, 2, -1, -1]
    assert [REASONS[code] for code in found.reason] == [
        None, None, "outside every city of its country", "outside every city of its country",
    ]  # fmt: skip


def test_without_a_country_the_nearest_place_decides_between_countries() -> None:
    places = (np.array([0.0, 0.0]), np.array([0.02, 0.2]), ["BB", "BB"])
    index = PointIndex([1, 2], ["AA", "BB"], [0, 0], [0.0, 0.2], [20.0, 20.0], places=places)
    assert index.attribute([0], [0.01]).city[0] == 2
    assert index.attribute([0, 0], [0.01, 0.01], [None, "AA"]).city.tolist() == [2, 1]
    # the nearest place is in a country without a competing city: the smallest ratio decides
    elsewhere = PointIndex(
        [1, 2], ["AA", "BB"], [0, 0], [0.0, 0.2], [20.0, 20.0], places=(np.array([0.0]), np.array([0.01]), ["CC"])
    )
    assert elsewhere.attribute([0], [0.01]).city[0] == 1


def test_a_state_stands_for_its_territories() -> None:
    places = (np.array([0.0, 0.0]), np.array([0.0, 0.2]), ["CN", "HK"])
    index = PointIndex([1, 2, 3], ["CN", "HK", "JP"], [0, 0, 0], [0.0, 0.2, 0.21], [20.0] * 3, places=places)
    found = index.attribute([0, 0, 0], [0.19, 0.05, 0.19], ["CN", "CN", "HK"])
    assert found.city.tolist() == [2, 1, 2]
    alone = PointIndex([2], ["HK"], [0], [0.2], [20.0])
    assert alone.attribute([0, 0], [0.2, 0.2], ["CN", "US"]).city.tolist() == [2, -1]


def test_empty_input_and_empty_frame() -> None:
    assert one().attribute([], []).city.tolist() == []
    nobody = PointIndex([], [], [], [], [])
    assert nobody.attribute([0.0], [0.0]).city.tolist() == [-1]


def test_countries_as_long_as_points() -> None:
    with pytest.raises(ValueError, match="2 points, but 1 countries"):
        one().attribute([0, 0], [0, 0], pl.Series(["AA"]))
