"""OpenStreetMap: every figure of a real extract against a count over its XML by the standard library."""

from __future__ import annotations

import itertools
import json
import math
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import osmium
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from technopole.cities.tables import CityTables
from technopole.core.errors import InputError
from technopole.editions.shipped import latest_edition
from technopole.instruments.measured import Measured
from technopole.instruments.osm import measure_osm, ring_km2
from technopole.instruments.osm_features import FEATURES, METRES, TRACKS, is_tall, number, track_of
from technopole.observations.schema import OBSERVATION_SCHEMA
from technopole.snapshots.upstream import mirror_folder

EXTRACT = mirror_folder(Path(__file__).parents[2]) / "instruments" / "Helsinki.osm.pbf"
HELSINKI = "658225"


@pytest.fixture(scope="module")
def tables() -> CityTables:
    return CityTables.read(latest_edition() / "reference")


@pytest.fixture(scope="module")
def measured(tables: CityTables) -> Measured:
    if not EXTRACT.is_file():
        pytest.skip(f"no extract at {EXTRACT}: the mirror isn't here")
    return measure_osm(EXTRACT, tables)


@pytest.fixture(scope="module")
def xml(measured: Measured, tmp_path_factory: pytest.TempPathFactory) -> ET.Element:
    """The extract as XML."""
    path = tmp_path_factory.mktemp("osm") / "extract.osm"
    with osmium.SimpleWriter(str(path)) as writer:
        for one in osmium.FileProcessor(str(EXTRACT)):
            writer.add(one)
    return ET.parse(path).getroot()


def value(measured: Measured, variable: str, place: str = HELSINKI) -> float:
    rows = measured.observations.filter(
        pl.col("variable") == f"osm_{variable}", pl.col("boundary") == "region", pl.col("place") == place
    )
    assert rows.height == 1
    return float(rows["value"][0])


def tags_of(element: ET.Element) -> dict[str, str]:
    return {tag.attrib["k"]: tag.attrib["v"] for tag in element.findall("tag")}


def count(xml: ET.Element, test: Callable[[dict[str, str]], bool]) -> int:
    """Nodes, closed ways, and relations whose ways and nodes are all there; the edge cuts the others."""
    places = {one.attrib["id"] for one in xml.findall("node")}
    ways = {one.attrib["id"]: [node.attrib["ref"] for node in one.findall("nd")] for one in xml.findall("way")}
    total = sum(test(tags_of(one)) for one in xml.findall("node"))
    for way in xml.findall("way"):
        refs, tags = ways[way.attrib["id"]], tags_of(way)
        total += len(refs) > 3 and refs[0] == refs[-1] and tags.get("area") != "no" and test(tags)
    for relation in xml.findall("relation"):
        tags = tags_of(relation)
        members = [one.attrib["ref"] for one in relation.findall("member") if one.attrib["type"] == "way"]
        whole = all(one in ways and places >= set(ways[one]) for one in members)
        total += tags.get("type") in {"multipolygon", "boundary"} and whole and test(tags)
    return total


@pytest.mark.parametrize(
    ("variable", "test"),
    [
        ("public_wifi", lambda t: t.get("internet_access") == "wlan"),
        ("payment_contactless", lambda t: t.get("payment:contactless") == "yes"),
        ("payment_known", lambda t: any(key.startswith("payment:") for key in t)),
        ("payment_cards", lambda t: any(
            t[key] == "yes" for key in t if key.startswith("payment:") and (
                key.endswith("cards") or key[8:] in {"visa", "mastercard", "maestro", "visa_electron", "visa_debit",
                    "american_express", "jcb", "unionpay", "mastercard_contactless"}))),
        ("buildings_with_height", lambda t: t.get("building", "no") not in {"no", "entrance"}
            and ("height" in t or "building:levels" in t)),
        ("charging_stations", lambda t: t.get("amenity") == "charging_station"),
        ("bicycle_sharing", lambda t: t.get("amenity") == "bicycle_rental"),
        ("car_sharing", lambda t: t.get("amenity") == "car_sharing"),
        ("metro_stations", lambda t: t.get("railway") == "station" and t.get("station") == "subway"),
        ("rail_stations", lambda t: t.get("railway") in {"station", "halt"} and t.get("station") != "subway"),
        ("buildings", lambda t: "building" in t and t["building"] not in {"no", "entrance"}),
        ("green", lambda t: t.get("leisure") in {"park", "garden", "nature_reserve"} or t.get("natural") == "wood"
            or t.get("landuse") in {"forest", "recreation_ground", "village_green"}),
        ("data_centres", lambda t: "data_cent" in t.get("telecom", "") + t.get("building", "")),
        ("tall_buildings", lambda t: "building" in t and float(t.get("height", "0").split()[0]) >= 50),
        ("innovation_places", lambda t: t.get("amenity") in {"university", "research_institute", "coworking_space"}
            or t.get("office") in {"it", "research", "coworking"} or t.get("leisure") == "hackerspace"),
        ("telecom", lambda t: t.get("telecom") in {"antenna", "bts", "exchange"}
            or (t.get("man_made") in {"mast", "tower"} and "communication" in " ".join([*t, t.get("tower:type", "")]))),
    ],
)  # fmt: skip
def test_counts_of_a_real_extract(
    variable: str, test: Callable[[dict[str, str]], bool], measured: Measured, xml: ET.Element
) -> None:
    expected = count(xml, test)
    assert value(measured, variable) == expected
    assert value(measured, f"{variable}_per_km2") == pytest.approx(expected / value(measured, "area_covered"))


def test_lengths_of_track(measured: Measured, xml: ET.Element) -> None:
    """By the spherical law of cosines, from the XML."""
    place = {one.attrib["id"]: (float(one.attrib["lat"]), float(one.attrib["lon"])) for one in xml.findall("node")}
    assert value(measured, "light_rail_length") == sum(tags_of(one).get("railway") == "light_rail" for one in xml) == 0
    for kind in ("rail", "subway", "tram"):
        total = 0.0
        for way in xml.findall("way"):
            tags = tags_of(way)
            if tags.get("railway") != kind or tags.get("service") in {"yard", "siding", "spur", "crossover"}:
                continue
            refs = [one.attrib["ref"] for one in way.findall("nd") if one.attrib["ref"] in place]
            for one, other in itertools.pairwise(refs):
                a, b, c, d = (math.radians(angle) for angle in (*place[one], *place[other]))
                cosine = math.sin(a) * math.sin(c) + math.cos(a) * math.cos(c) * math.cos(d - b)
                total += 6371.0088 * math.acos(min(cosine, 1.0))
        assert total > 1
        density = total / value(measured, "area_covered")
        assert value(measured, f"{kind}_length_per_km2") == pytest.approx(density, rel=1e-3)
        assert value(measured, f"{kind}_length") == pytest.approx(total, rel=1e-3)


def is_green(tags: dict[str, str]) -> bool:
    return (
        tags.get("leisure") in {"park", "garden", "nature_reserve"}
        or tags.get("natural") == "wood"
        or tags.get("landuse") in {"forest", "recreation_ground", "village_green"}
    )


def rings_of(pieces: list[list[str]]) -> list[list[str]]:
    """Join ways end to end into rings."""
    rings = []
    while pieces:
        ring = pieces.pop()
        while ring[0] != ring[-1]:
            after = next(one for one in pieces if ring[-1] in {one[0], one[-1]})
            pieces.remove(after)
            ring += (after if after[0] == ring[-1] else after[::-1])[1:]
        rings.append(ring)
    return rings


def test_green_area(measured: Measured, xml: ET.Element) -> None:
    """Ways and relations, by a plane through the middle of the extract."""
    place = {one.attrib["id"]: (float(one.attrib["lat"]), float(one.attrib["lon"])) for one in xml.findall("node")}
    ways = {one.attrib["id"]: [node.attrib["ref"] for node in one.findall("nd")] for one in xml.findall("way")}

    def area(ring: list[str]) -> float:
        east = 111.195 * math.cos(math.radians(60.17))
        plane = [(place[one][1] * east, place[one][0] * 111.195) for one in ring]
        return abs(sum(a * d - c * b for (a, b), (c, d) in itertools.pairwise(plane))) / 2

    total = 0.0
    for way in xml.findall("way"):
        refs = ways[way.attrib["id"]]
        if is_green(tags_of(way)) and refs[0] == refs[-1] and place.keys() >= set(refs):
            total += area(refs)
    for relation in xml.findall("relation"):
        if is_green(tags_of(relation)) and tags_of(relation).get("type") == "multipolygon":
            for sign, role in ((1, "outer"), (-1, "inner")):
                members = [one.attrib["ref"] for one in relation.findall("member") if one.attrib["role"] == role]
                total += sign * sum(area(ring) for ring in rings_of([list(ways[one]) for one in members]))
    assert total > 0.1
    assert value(measured, "green_area") == pytest.approx(total, rel=1e-3)
    assert value(measured, "green_area_per_km2") == pytest.approx(total / value(measured, "area_covered"), rel=1e-3)


def test_densities_divide_by_the_area_of_the_extract(measured: Measured) -> None:
    south, west, north, east = (float(side) for side in measured.provenance["box"].split(","))
    area = (north - south) * 111.195 * (east - west) * 111.195 * math.cos(math.radians((north + south) / 2))
    assert value(measured, "area_covered") == pytest.approx(area, rel=1e-3)
    assert value(measured, "charging_stations_per_km2") == pytest.approx(
        value(measured, "charging_stations") / area, rel=1e-3
    )
    assert measured.observations.schema == pl.Schema(OBSERVATION_SCHEMA)
    assert set(measured.observations["status"]) == {"lower bound"}
    assert measured.provenance["date"] == measured.observations["period"][0] == "2019-04-21"
    json.dumps(measured.to_json(), allow_nan=False)


def test_every_figure_of_the_extract_is_checked(measured: Measured) -> None:
    """Each variable is one of the counts above, a length, an area, or its density."""
    counted = {
        mark.args[1][number][0]
        for mark in test_counts_of_a_real_extract.pytestmark
        for number in range(len(mark.args[1]))
    }  # type: ignore[attr-defined]
    checked = {*counted, *(f"{kind}_length" for kind in TRACKS), "green_area"}
    variables = {f"osm_{one}{ending}" for one in checked for ending in ("", "_per_km2")} | {"osm_area_covered"}
    assert set(measured.observations["variable"]) == variables


def test_lists_of_values() -> None:
    matches = {one.id: one.matches for one in FEATURES}
    assert matches["public_wifi"]({"internet_access": "terminal; wlan"})
    assert not matches["public_wifi"]({"internet_access": "terminal"})
    assert not matches["public_wifi"]({})
    assert matches["payment_contactless"]({"payment:contactless": "only"})
    assert not matches["payment_cards"]({"payment:credit_cards": "no"})


def test_tags_that_are_no_numbers() -> None:
    texts = {"50": 50.0, " 48,5 m ": 48.5, "0.5 m": 0.5, "30 ft": None, "6-8": None, "Infinity": None, "1e3": None}
    assert {text: number(text, METRES) for text in texts} == texts
    assert is_tall({"building": "yes", "height": "50"})
    assert is_tall({"building": "yes", "building:levels": "15"})
    assert not is_tall({"building": "yes", "height": "12", "building:levels": "99"})
    assert not is_tall({"building": "no", "height": "300"})
    assert track_of({"railway": "rail", "service": "yard"}) is None
    assert track_of({"railway": "abandoned"}) is None


def test_area_of_a_ring() -> None:
    import numpy as np

    for lat in (0.0, 60.0, -45.0):
        wide = 1 / math.cos(math.radians(lat))
        ring = np.array([(lat - 0.5, 0), (lat - 0.5, wide), (lat + 0.5, wide), (lat + 0.5, 0), (lat - 0.5, 0)])
        assert ring_km2(ring) == pytest.approx(111.195**2, rel=2e-4)


def test_what_is_no_extract_gives_one_line(tables: CityTables, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        measure_osm(tmp_path / "none.osm.pbf", tables)
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><osm version="0.6">&b;</osm>'
    for content in (b"", b"nothing", bomb, b"\xff" * 5_000):
        path = tmp_path / "wrong.osm.pbf"
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"can't be read as \.osm\.pbf") as error:
            measure_osm(path, tables)
        assert "\n" not in str(error.value)


@settings(max_examples=25)
@given(place=st.integers(0, 700_000), damage=st.binary(min_size=1, max_size=64), cut=st.booleans())
def test_any_damage_gives_figures_or_one_line(
    place: int, damage: bytes, cut: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if not EXTRACT.is_file():
        pytest.skip(f"no extract at {EXTRACT}: the mirror isn't here")
    content = bytearray(EXTRACT.read_bytes())
    place %= len(content)
    content = content[:place] if cut else content[:place] + damage + content[place + len(damage) :]
    path = tmp_path_factory.mktemp("fuzz") / "damaged.osm.pbf"
    path.write_bytes(content)
    try:
        measure_osm(path, CityTables.read(latest_edition() / "reference"))
    except InputError as error:
        assert "\n" not in str(error)


def test_an_area_whose_ways_make_no_ring_is_counted_not_met(tables: CityTables, tmp_path: Path) -> None:
    """Found by fuzzing: a park of four points on one line."""
    path = tmp_path / "line.osm.pbf"
    with osmium.SimpleWriter(str(path)) as writer:
        for number in range(1, 5):
            place = (24.94 + number / 1000, 60.17 + number / 1000)
            writer.add_node(osmium.osm.mutable.Node(id=number, location=place))
        writer.add_way(osmium.osm.mutable.Way(id=1, nodes=[1, 2, 3, 4, 1], tags={"leisure": "park"}))
    assert "leisure" not in str(measure_osm(path, tables).observations)
