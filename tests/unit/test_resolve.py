"""Names, labels, stops, spellings and the resolver, on a dozen hand-written places."""

from __future__ import annotations

import polars as pl
import pytest

from technopole.cities.candidates import DOMINANCE
from technopole.cities.declared import declared_names
from technopole.cities.gazetteer import build_admin1, build_aliases, declared_admin1
from technopole.cities.labels import LabelReader, bare_forms
from technopole.cities.names import NAME_LIMIT, fold, fold_series
from technopole.cities.resolve import ANSWER_SCHEMA, QUERY_SCHEMA, Resolver
from technopole.cities.tables import (
    ANCHOR_SCHEMA,
    FRAME_SCHEMA,
    GAZETTEER_SCHEMA,
    NAME_SCHEMA,
    CityTables,
)

# id, name, country, admin1, population, latitude, longitude, city (None outside), ring, alternates
PLACES = [
    (1, "Bigtown", "US", "CA", 2_000_000, 37.0, -120.0, 1, 0, ["Grossstadt", "BIG"]),
    (2, "Springdale", "US", "CA", 300_000, 37.1, -120.1, 1, 1, []),
    (3, "Springdale", "US", "NY", 100_000, 42.0, -75.0, None, None, []),
    (4, "Riverside", "US", "NY", 900_000, 42.5, -74.0, 4, 0, []),
    (5, "Riverside", "US", "CA", 50_000, 37.05, -120.05, 1, 0, []),
    (6, "Oregon", "US", "NY", 20_000, 42.5, -74.1, 4, 0, []),
    (7, "Kyoto", "JP", "22", 1_400_000, 35.0, 135.8, 7, 0, ["京都", "京都市"]),
    (8, "Hillcrest", "CA", "08", 200_000, 43.0, -80.0, 8, 0, []),
    (9, "Hillcrest", "CA", "02", 2_000, 43.01, -80.01, None, None, []),
    (10, "Lonely", "GB", "ENG", 30_000, 54.0, -2.0, None, None, []),
    (11, "Sankt Anna", "DE", "02", 400_000, 48.0, 11.0, 11, 0, []),
    (1880252, "Singapore", "SG", None, 5_600_000, 1.29, 103.85, 1880252, 0, ["新加坡"]),
]
CITIES = {1: 2500.0, 4: 1000.0, 7: 1500.0, 8: 200.0, 11: 400.0, 1880252: 5900.0}


def tables() -> CityTables:
    columns = ["place", "name", "country", "admin1", "population", "latitude", "longitude", "city", "ring"]
    rows = pl.DataFrame(
        [row[:9] for row in PLACES], schema={name: GAZETTEER_SCHEMA[name] for name in columns}, orient="row"
    )
    held = rows.with_columns(alternates=pl.Series([row[9] for row in PLACES], dtype=pl.List(pl.String)))
    heads = [row for row in PLACES if row[0] in CITIES]
    frame = [
        (p, name.lower(), name, country, "agglomeration", CITIES[p], lat, lon, 30.0, None, str(p))
        for p, name, country, _, _, lat, lon, *_ in heads
    ]
    anchors = [(p, str(p), f"{name} M.M.A.", lat, lon, 30.0, "hand", "1") for p, name, _, _, _, lat, lon, *_ in heads]
    near = pl.DataFrame(
        {"place": [7, 8, 1, 4, 11], "admin1_name": ["Kyoto", "Ontario", "California", "New York", "Bavaria"]}
    )
    return CityTables(
        frame=pl.DataFrame(frame, schema=FRAME_SCHEMA, orient="row"),
        anchors=pl.DataFrame(anchors, schema=ANCHOR_SCHEMA, orient="row"),
        names=pl.DataFrame(schema=NAME_SCHEMA),
        gazetteer=rows.select(list(GAZETTEER_SCHEMA)),
        aliases=build_aliases(held),
        admin1=build_admin1(rows, near),
    )


@pytest.fixture(scope="module")
def small() -> Resolver:
    return Resolver(tables())


def ask(
    resolver: Resolver,
    name: str | None,
    country: str | None = None,
    admin1: str | None = None,
    point: tuple[float, float] | None = None,
) -> dict[str, object]:
    lat, lon = point or (None, None)
    query = pl.DataFrame([(name, country, admin1, lat, lon)], schema=QUERY_SCHEMA, orient="row")
    return resolver.resolve(query).row(0, named=True)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Xi'an", "xian"),
        ("São Paulo", "sao paulo"),
        ("Łódź", "lodz"),
        ("Ærøskøbing", "aeroskobing"),
        ("Straße", "strasse"),
        ("İstanbul", "istanbul"),
        ("Washington, D.C.", "washington dc"),
        ("臺北", "台北"),
        ("深圳巿", "深圳市"),
        ("서울", "서울"),
        ("ガンダム", "ガンダム"),
        ("Москва́", "москва"),
        ("القَاهِرَة", "القاهرة"),
        ("Saint-Denis", "st denis"),
        ("ＴＯＫＹＯ", "tokyo"),
        ("  a--b  ", "a b"),
        ("\x00\u200b", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


def test_fold_cuts_long_texts_and_keeps_nulls() -> None:
    assert len(fold("a" * 10_000)) == NAME_LIMIT
    assert fold_series(pl.Series([None, "A"], dtype=pl.String)).to_list() == [None, "a"]


@pytest.mark.parametrize(
    ("folded", "forms"),
    [
        ("seongnam si", ["seongnam"]),
        ("greater london", ["london"]),
        ("chukyo mma", ["chukyo"]),
        ("seattle metropolitan area", ["seattle"]),
        ("zuerich", ["zurich"]),
        ("75008 paris", ["paris"]),
        ("深圳市", ["深圳"]),
        ("성남시", ["성남"]),
        ("city", []),
        ("si", []),
    ],
)
def test_bare_forms(folded: str, forms: list[str]) -> None:
    assert bare_forms(folded) == forms


def test_readings_prefer_what_stands_beside_the_name() -> None:
    reader = LabelReader({"ca": [("US", "CA")], "georgia": [("US", "GA")]}, {"CA": "ca", "Georgia": "georgia"})
    assert reader.readings("Paloma, CA, USA", None, None)[0][1:4] == ("Paloma", "US", "CA")
    assert reader.readings("Barcelona [Spain]", "VE", None)[0][1:4] == ("Barcelona", "ES", None)
    both = {reading[2:4] for reading in reader.readings("Rustavi, Georgia", None, None) if reading.rank == 1}
    assert both == {("GE", None), ("US", "GA")}
    assert [r[2:4] for r in reader.readings("Rustavi, Georgia", "US", None) if r.rank == 1] == [("US", "GA")]


def test_a_state_decides_between_places_of_one_name(small: Resolver) -> None:
    assert ask(small, "Springdale", "US", "California")["city"] == 1
    assert ask(small, "Springdale, CA")["city"] == 1
    outside = ask(small, "Springdale", "US", "NY")
    assert outside["city"] is None
    assert outside["reason"] == "outside the frame: Springdale"
    assert str(ask(small, "Bigtown", "US", "NY")["reason"]) == "unknown name"


def test_a_dominating_place_wins_and_others_are_ambiguous(small: Resolver) -> None:
    assert 1_000_000 / 50_000 > DOMINANCE > 300_000 / 100_000
    assert ask(small, "Riverside", "US")["city"] == 4
    assert str(ask(small, "Springdale", "US")["reason"]).startswith("ambiguous: Springdale, CA, US or Springdale, NY")


def test_a_point_picks_among_places_of_one_name_and_never_moves_a_name(small: Resolver) -> None:
    assert ask(small, "Springdale", "US", point=(37.1, -120.1))["city"] == 1
    assert ask(small, "Springdale", "US", point=(42.0, -75.0))["reason"] == "outside the frame: Springdale"
    assert ask(small, "Kyoto", "JP", point=(-17.0, 18.0))["city"] == 7
    assert ask(small, "Riverside", "US", point=(37.05, -120.05))["city"] == 1


def test_a_place_listed_twice_is_one_place(small: Resolver) -> None:
    assert ask(small, "Hillcrest", "CA")["city"] == 8


def test_country_wins(small: Resolver) -> None:
    assert ask(small, "Kyoto", "US")["reason"] == "unknown name"
    assert ask(small, None, "JP", point=(37.0, -120.0))["reason"] == "outside the frame"
    assert ask(small, None, None, point=(37.0, -120.0))["city"] == 1


def test_states_stop_unless_a_city_gave_them_its_name(small: Resolver) -> None:
    assert ask(small, "Oregon", "US", point=(42.5, -74.1))["reason"] == "country or region name"
    assert ask(small, "Oregon", "US", "NY")["city"] == 4
    assert ask(small, "Kyoto", "JP")["city"] == 7
    assert ask(small, "京都市", "JP")["city"] == 7
    assert ask(small, "Bavaria", "DE")["reason"] == "country or region name"
    assert ask(small, "CA", "US")["reason"] == "state code"
    assert ask(small, "Northern California", "US")["reason"] == "country or region name"


def test_city_states(small: Resolver) -> None:
    for name in (None, "", "Singapore", "Some Street 5", "新加坡"):
        assert ask(small, name, "Singapore")["city"] == 1880252
    assert ask(small, "Kyoto", "Singapore")["reason"] == "unknown name"
    assert ask(small, None, "Germany")["reason"] == "empty"
    assert ask(small, None, "HK")["reason"] == "outside the frame: Hong Kong"


def test_misspelt(small: Resolver) -> None:
    assert ask(small, "Bigtwon", "US")["city"] == 1
    assert ask(small, "Bigtwon", "US")["method"] == "spelling"
    assert ask(small, "Lonley", "GB")["reason"] == "unknown name"  # a village isn't guessed
    assert ask(small, "Bigtwon", "US", "NY")["reason"] == "unknown name"  # not in that state
    assert ask(small, "Sankt Ana", "Germany")["city"] == 11


def test_reasons_without_a_city(small: Resolver) -> None:
    assert ask(small, None)["reason"] == "empty"
    assert ask(small, None, point=(91.0, 0.0))["reason"] == "bad coordinates"
    assert ask(small, "Remote")["reason"] == "not a place"
    assert ask(small, "Anything", "Bermuda")["reason"] == "registered office"
    assert ask(small, "Lonely", "GB")["reason"] == "outside the frame: Lonely"


def test_answers_keep_order_and_columns_may_be_absent(small: Resolver) -> None:
    answers = small.resolve(pl.DataFrame({"name": ["Kyoto", "?", "Bigtown", "Kyoto"], "more": [1, 2, 3, 4]}))
    assert answers["city"].to_list() == [7, None, 1, 7]
    assert answers.schema == pl.Schema(ANSWER_SCHEMA)
    assert small.resolve(pl.DataFrame({"more": [1, 2]}))["reason"].to_list() == ["empty", "empty"]
    assert small.resolve(pl.DataFrame({"name": []}, schema={"name": pl.String})).height == 0


def test_suggestions(small: Resolver) -> None:
    assert small.suggest("Kyotto", 2)[0] == "Kyoto"
    assert small.suggest("", 2) == []


def test_aliases_are_kept_by_size_and_without_codes() -> None:
    held = pl.DataFrame(
        {
            "place": [1, 2, 3],
            "name": ["Large", "Small", "Inside"],
            "population": [20_000, 3_000, 3_000],
            "city": [None, None, 1],
            "alternates": [["Gross", "LRG", "la"], ["Klein"], ["Drinnen"]],
        }
    )
    folded = build_aliases(held)["folded"].to_list()
    assert folded == ["drinnen", "gross", "inside", "large", "small"]
    more = build_aliases(held, pl.DataFrame({"city": [1], "name": ["Grand"]}))
    assert more.filter(pl.col("folded") == "grand").rows() == [("grand", 1, False)]


def test_declared_tables_are_sound() -> None:
    declared = declared_names()
    assert declared.aliases.filter(pl.col("folded") == "").is_empty()
    assert not declared.aliases.select("folded", "country", "state").is_duplicated().any()
    states = declared_admin1()
    assert states.filter(pl.col("country") == "US")["admin1"].n_unique() == 51
    wanted = declared.aliases.filter(pl.col("state").is_not_null()).select("country", "state").unique()
    known = states.select("country", state="name")
    assert wanted.join(known, on=["country", "state"], how="anti").is_empty()
