"""The city frame: merging, corrections, names, and the real frame where the mirror is present."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from technopole.cities import describe
from technopole.cities.build import build_cities, counts
from technopole.cities.countries import countries, country_code, country_codes, require_country
from technopole.cities.exceptions import (
    Correction,
    Exceptions,
    Head,
    Merge,
    Split,
    correct,
    correct_places,
    read_exceptions,
)
from technopole.cities.frame import agglomerations, bridging_anchors, merge, outside_places, radius_km, rule_links
from technopole.cities.heads import plain_spelling, readings, slugs
from technopole.cities.points import PointIndex, distance_km
from technopole.cities.tables import FRAME_SCHEMA, CityTables
from technopole.core.errors import SourceCheckError, UnknownNameError

REPOSITORY = Path(__file__).parents[2]
NOTHING = Exceptions(corrections=(), geonames=(), merges=(), splits=(), anchors=(), heads=(), names={})


def wup(*rows: tuple[str, str, str, float, float, float]) -> pl.DataFrame:
    """A small WUP table: code, label, country, latitude, longitude, population in thousands."""
    names = ["code", "label", "country", "latitude", "longitude", "population_thousands"]
    table = pl.DataFrame(rows, schema=names, orient="row")
    radius = pl.Series(radius_km(table["population_thousands"].to_numpy()))
    return table.with_columns(radius_km=radius, file=pl.lit("wup.xls"), row=pl.col("code"))


CHAIN = wup(
    ("1", "West", "AA", 0.0, 0.00, 1000.0),  # r = 22: linked below 11 km
    ("2", "Middle", "AA", 0.0, 0.09, 1000.0),  # 10 km east
    ("3", "East", "AA", 0.0, 0.18, 1000.0),  # 20 km from West, 10 from Middle
    ("4", "Abroad", "BB", 0.0, 0.20, 1000.0),
    ("5", "Far", "AA", 0.0, 0.60, 3000.0),
)


@pytest.fixture(scope="module")
def tables(mirror: Path) -> CityTables:
    return build_cities(mirror)


def head_of(tables: CityTables, code: str) -> dict[str, object]:
    """Frame row of the city that has a WUP agglomeration."""
    city = tables.anchors.filter(pl.col("wup_code") == code)["city"][0]
    return tables.frame.filter(pl.col("city") == city).row(0, named=True)


def test_radius_follows_the_formula_and_its_cap() -> None:
    assert radius_km([0.0, 1000.0, 4000.0]).tolist() == [11.0, 22.0, 33.0]
    assert radius_km([37_393.0])[0] == 60.0
    assert np.isnan(radius_km([np.nan])[0])


def test_rule_links_one_country_below_the_limit() -> None:
    assert rule_links(CHAIN) == [("1", "2"), ("2", "3")]
    assert rule_links(CHAIN, 0.2) == []


def test_single_linkage_and_head_by_population() -> None:
    assert merge(CHAIN, NOTHING).members == (("1", "2", "3"), ("4",), ("5",))
    larger = CHAIN.with_columns(
        population_thousands=pl.when(pl.col("code") == "2").then(1001.0).otherwise("population_thousands")
    )
    assert merge(larger, NOTHING).members == (("2", "1", "3"), ("4",), ("5",))


def test_declared_merge_names_the_city_and_a_split_stays_apart() -> None:
    merged = Merge(city="West", members={"1": "West", "5": "Far"}, definition="law", why="test")
    split = Split(code="3", city="East", why="test")
    groups = merge(CHAIN, NOTHING.model_copy(update={"merges": (merged,), "splits": (split,)}))
    assert groups.members == (("1", "5", "2"), ("3",), ("4",))


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"1": "West", "9": "Nowhere"}, "says that WUP 9"),
        ({"1": "West", "2": "Muddle"}, "it is 'Middle'"),
        ({"1": "West", "4": "Abroad"}, "across countries"),
    ],
)
def test_a_wrong_merge_fails_the_build(members: dict[str, str], message: str) -> None:
    declared = Merge(city="X", members=members, definition="law", why="test")
    with pytest.raises(SourceCheckError, match=message):
        merge(CHAIN, NOTHING.model_copy(update={"merges": (declared,)}))


def test_a_name_or_head_of_an_unknown_code_fails_the_build() -> None:
    with pytest.raises(SourceCheckError, match="WUP 9"):
        merge(CHAIN, NOTHING.model_copy(update={"names": {"9": "Nowhere"}}))
    head = Head(code="1", city="Vest", place=10, why="test")
    with pytest.raises(SourceCheckError, match="it is 'West'"):
        merge(CHAIN, NOTHING.model_copy(update={"heads": (head,)}))


def test_merged_city_sums_population_and_keeps_an_anchor_a_member() -> None:
    heads = pl.DataFrame({"code": ["1", "2", "3", "4", "5"], "place": [10, 20, 30, 40, 50], "name": list("abcde")})
    frame, anchors = agglomerations(CHAIN, merge(CHAIN, NOTHING), heads)
    first = frame.row(0, named=True)
    assert (first["city"], first["name"], first["members"]) == (10, "a", "1;2;3")
    assert first["population_thousands"] == 3000.0
    assert first["radius_km"] == pytest.approx(radius_km([3000.0])[0])
    own = anchors.filter(pl.col("city") == 10)
    assert own["radius_km"].to_list() == [22.0, 22.0, 22.0]
    assert own["row"].to_list() == ["1", "2", "3"]


def test_a_correction_expires() -> None:
    table = pl.DataFrame({"City Code": ["7"], "Longitude": ["18"]})
    entry = Correction(code="7", city="C", column="Longitude", expect="18", value="-66", why="test")
    assert correct(table, (entry,))["Longitude"].to_list() == ["-66"]
    with pytest.raises(SourceCheckError, match="remove or renew"):
        correct(table.with_columns(Longitude=pl.lit("-66.16")), (entry,))
    with pytest.raises(SourceCheckError, match="remove or renew"):
        correct(table.clear(), (entry,))


def test_a_gazetteer_correction_expires() -> None:
    item = read_exceptions().geonames[2]
    places = pl.DataFrame({"place": [item.place], item.column: [item.expect]})
    assert correct_places(places, (item,))[item.column].to_list() == [item.value]
    with pytest.raises(SourceCheckError, match="remove or renew"):
        correct_places(places.with_columns(pl.lit(1.0).alias(item.column)), (item,))


def test_places_outside_are_greedy_and_stay_in_their_country() -> None:
    heads = pl.DataFrame({"code": ["1", "2", "3", "4", "5"], "place": [10, 20, 30, 40, 50], "name": list("abcde")})
    frame, anchors = agglomerations(CHAIN, merge(CHAIN, NOTHING), heads)
    places = pl.DataFrame(
        [
            (101, "Suburb", "AA", 0.0, 0.01, 400_000),  # inside an agglomeration
            (102, "Town", "AA", 2.0, 0.0, 150_000),
            (103, "District of Town", "AA", 2.0, 0.05, 120_000),
            (104, "Village", "AA", 3.0, 0.0, 99_999),
            (105, "Over the border", "CC", 0.0, 0.01, 900_000),
        ],
        schema=["place", "name", "country", "latitude", "longitude", "population"],
        orient="row",
    )
    found = outside_places(places, anchors, frame)
    assert found["name"].to_list() == ["Town", "Over the border"]
    assert found["population_thousands"].to_list() == [150.0, 300.0]


def test_readings_of_a_label() -> None:
    assert readings("Xi'an, Shaanxi") == ["Xi'an, Shaanxi", "Xi'an"]
    assert "Fukuoka" in readings("Kitakyushu-Fukuoka M.M.A.")
    assert readings("Cebu City") == ["Cebu City", "Cebu"]


def test_spelling_keeps_languages_and_drops_transliteration() -> None:
    assert plain_spelling("Kōchi", "JP") == "Kochi"
    assert plain_spelling("Malmö", "SE") == "Malmö"
    assert plain_spelling("Eskişehir", "TR") == "Eskişehir"
    assert plain_spelling("Curaçao", "CW") == "Curaçao"
    assert plain_spelling("Arkhangel’sk", "RU") == "Arkhangelsk"


def test_slugs_of_one_name_are_told_apart() -> None:
    frame = pl.DataFrame(
        {
            "city": [1, 2, 3, 4],
            "name": ["Columbus", "Columbus", "Columbus", "Łódź"],
            "country": ["US", "US", "CA", "PL"],
            "population_thousands": [1644.0, 207.0, 150.0, 677.0],
        }
    )
    places = pl.DataFrame({"place": [1, 2, 3, 4], "admin1": ["OH", "GA", "08", "74"]})
    assert slugs(frame, places).to_list() == ["columbus", "columbus-us", "columbus-ca", "lodz"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Great Britain", "GB"), ("UK", "GB"), ("U.S.A.", "US"), ("South Korea", "KR"), ("Korea, Rep.", "KR"),
        ("Viet Nam", "VN"), ("Czech Republic", "CZ"), ("Taiwan, Province of China", "TW"), ("Chinese Taipei", "TW"),
        ("Hong Kong SAR, China", "HK"), ("NA", "NA"), ("nam", "NA"), ("Türkiye", "TR"), ("Côte d’Ivoire", "CI"),
        ("Puerto Rico", "PR"), ("Macau", "MO"), ("Congo", "CG"), ("Congo, Dem. Rep.", "CD"), ("中国", "CN"),
        ("", None), ("Atlantis", None), (None, None),
    ],
)  # fmt: skip
def test_country_spellings(text: str | None, code: str | None) -> None:
    assert country_code(text) == code


def test_country_column_and_suggestion() -> None:
    assert country_codes(pl.Series(["UK", None, "?", "DE"])).to_list() == ["GB", None, None, "DE"]
    with pytest.raises(UnknownNameError, match="did you mean Germany"):
        require_country("Germny")
    assert len({country.iso3 for country in countries().values()}) == len(countries())


def test_the_page_shows_the_declared_exceptions() -> None:
    page = (REPOSITORY / "docs" / "cities.md").read_text(encoding="utf-8")
    assert describe.rewrite(page, describe.sections(read_exceptions())) == page


def test_the_page_states_the_counts(tables: CityTables) -> None:
    page = (REPOSITORY / "docs" / "cities.md").read_text(encoding="utf-8")
    assert describe.rewrite(page, {"counts": describe.counts_section(counts(tables))}) == page


def test_every_agglomeration_is_in_one_city(tables: CityTables) -> None:
    codes = tables.frame["members"].drop_nulls().str.split(";").explode()
    assert len(codes) == codes.n_unique() == 1859
    own = tables.anchors.filter(pl.col("file").str.starts_with("wup2018/"))
    assert own["wup_code"].drop_nulls().n_unique() == 1859
    assert dict(zip(tables.frame.columns, tables.frame.dtypes, strict=True)) == FRAME_SCHEMA


def test_ids_slugs_and_wikidata_ids_are_unique(tables: CityTables) -> None:
    frame = tables.frame
    assert frame["city"].n_unique() == frame["slug"].n_unique() == len(frame)
    known = frame["wikidata"].drop_nulls()
    assert known.n_unique() == len(known)
    assert frame.select("name", "country", "latitude", "longitude", "radius_km").null_count().row(0) == (0,) * 5
    assert frame["slug"].str.contains(r"^[a-z0-9]+(-[a-z0-9]+)*$").all()
    assert set(frame["kind"].unique()) == {"agglomeration", "place"}


@pytest.mark.parametrize(
    ("city", "codes"),
    [
        ("Taipei", {"895000149", "895000391", "895000379"}),
        ("San Francisco", {"23130", "23131", "23426", "22919"}),
        (
            "Seoul",
            {
                "21758",
                "21741",
                "21762",
                "205365",
                "23403",
                "21760",
                "21756",
                "21727",
                "21728",
                "21739",
                "21765",
                "21751",
            },
        ),
    ],
)
def test_members_of_merged_cities(tables: CityTables, city: str, codes: set[str]) -> None:
    row = tables.frame.filter((pl.col("name") == city) & (pl.col("kind") == "agglomeration")).row(0, named=True)
    assert set(row["members"].split(";")) == codes


@pytest.mark.parametrize(
    ("code", "name", "country"),
    [
        ("895000149", "Taipei", "TW"), ("895000150", "Kaohsiung", "TW"), ("895000397", "Hsinchu", "TW"),
        ("895000389", "Taoyuan", "TW"), ("204583", "Nagoya", "JP"), ("204586", "Fukuoka", "JP"),
        ("206459", "Osaka", "JP"), ("20152", "Cochabamba", "BO"), ("20721", "Xi'an", "CN"), ("23637", "Harbin", "CN"),
        ("21758", "Seoul", "KR"), ("22299", "Moscow", "RU"), ("21853", "Mexico City", "MX"), ("204371", "Munich", "DE"),
        ("23083", "New York", "US"), ("23174", "Washington", "US"), ("23027", "Charlotte", "US"),
        ("23426", "San Francisco", "US"), ("22177", "San Juan", "PR"), ("205160", "Milan", "IT"),
        ("22966", "Dallas", "US"), ("205354", "Barcelona", "VE"), ("204592", "Leeds", "GB"),
    ],
)  # fmt: skip
def test_names_of_agglomerations(tables: CityTables, code: str, name: str, country: str) -> None:
    row = head_of(tables, code)
    assert (row["name"], row["country"]) == (name, country)


@pytest.mark.parametrize(("code", "latitude", "longitude"), [("20152", -17.38, -66.16), ("20222", -19.47, -42.54)])
def test_corrected_points(tables: CityTables, code: str, latitude: float, longitude: float) -> None:
    row = head_of(tables, code)
    assert distance_km(row["latitude"], row["longitude"], latitude, longitude) < 5


def test_agglomerations_lie_near_their_head_place(tables: CityTables) -> None:
    heads = tables.frame.filter(pl.col("kind") == "agglomeration").join(
        tables.gazetteer.select(city="place", north="latitude", east="longitude"), on="city"
    )
    distance = distance_km(*(heads[name].to_numpy() for name in ("latitude", "longitude", "north", "east")))
    far = heads.with_columns(d=pl.Series(distance)).filter(pl.col("d") > pl.col("radius_km"))
    assert far["name"].to_list() == []
    assert len(heads) >= 1_750


@pytest.mark.parametrize(
    ("latitude", "longitude", "country", "city"),
    [
        (22.396, 114.109, None, "Hong Kong"), (22.396, 114.109, "CN", "Hong Kong"), (45.63, 8.72, "IT", "Milan"),
        (37.44, -122.14, "US", "San Francisco"), (18.42, -66.06, "US", "San Juan"), (25.05, 121.53, "CN", "Taipei"),
        (24.80, 120.97, "TW", "Hsinchu"), (37.40, 127.11, "KR", "Seoul"), (-17.3895, 18.0, "BO", None),
        (44.9337, 4.8967, "FR", None), (60.675, 17.141, "SE", None), (42.30, -83.03, None, "Windsor"),
        (32.51, -117.03, None, "Tijuana"), (39.04, -77.49, "US", "Washington"),
    ],
)  # fmt: skip
def test_points_of_the_real_frame(
    tables: CityTables, latitude: float, longitude: float, country: str | None, city: str | None
) -> None:
    found = PointIndex.from_tables(tables).attribute([latitude], [longitude], [country])
    names = dict(tables.frame.select("city", "name").iter_rows())
    assert names.get(int(found.city[0])) == city


def test_gazetteer_places_belong_to_cities_of_their_country(tables: CityTables) -> None:
    held = tables.gazetteer.drop_nulls("city").join(
        tables.frame.select("city", home="country"), on="city", how="left", validate="m:1"
    )
    assert (held["country"] == held["home"]).all()
    assert held["ring"].is_in([0, 1, 2]).all()
    assert tables.gazetteer.filter(pl.col("city").is_null())["ring"].null_count() == len(tables.gazetteer) - len(held)


def test_tables_are_small_and_read_back(tables: CityTables, tmp_path: Path) -> None:
    tables.write(tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 15_000_000
    assert CityTables.read(tmp_path).frame.equals(tables.frame)


def test_tokyo_has_names_in_many_scripts(tables: CityTables) -> None:
    names = tables.names.filter(pl.col("city") == 1850147)
    assert {"Latin", "Han", "Hangul", "Cyrillic", "Arabic"} <= set(names["script"])
    assert {"東京", "东京", "도쿄"} <= set(names["name"])


def test_a_merged_city_is_one_connected_area() -> None:
    ends = [(1, 0.0, 0.0, 20.0, "a"), (1, 0.0, 0.9, 10.0, "b"), (2, 50.0, 0.0, 30.0, "c")]  # a and b: 100 km apart
    anchors = pl.DataFrame(
        [
            {"city": city, "wup_code": name, "name": name, "latitude": north, "longitude": east, "radius_km": radius,
             "file": "f", "row": name}
            for city, north, east, radius, name in ends
        ]
    )  # fmt: skip
    bridge = bridging_anchors(anchors)
    assert bridge["city"].unique().to_list() == [1]
    assert bridge["name"].null_count() == bridge.height == 20  # at most 5 km apart
    steps = [0.0, *bridge["longitude"].to_list(), 0.9]
    assert steps == sorted(steps)
    assert max(b - a for a, b in itertools.pairwise(steps)) * 111.2 <= 5.0
    assert bridge["radius_km"].to_list() == sorted(bridge["radius_km"].to_list(), reverse=True)
    assert bridge["radius_km"].is_between(10.0, 20.0).all()
