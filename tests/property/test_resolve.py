"""Whatever is asked, the resolver answers: one line a query, in order, the same every time."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from technopole.cities.names import NAME_LIMIT, fold
from technopole.cities.resolve import ANSWER_SCHEMA, QUERY_SCHEMA, Resolver
from technopole.cities.tables import (
    ADMIN1_SCHEMA,
    ALIAS_SCHEMA,
    ANCHOR_SCHEMA,
    FRAME_SCHEMA,
    GAZETTEER_SCHEMA,
    NAME_SCHEMA,
    CityTables,
)

CITIES = [
    (1850147, "Tokyo", "JP", "40", 35.69, 139.69),
    (2643743, "London", "GB", "ENG", 51.51, -0.13),
    (5391959, "San Francisco", "US", "CA", 37.77, -122.42),
    (1880252, "Singapore", "SG", None, 1.29, 103.85),
]


def _resolver() -> Resolver:
    frame = [
        (city, name.lower(), name, country, "agglomeration", 5000.0, lat, lon, 35.0, None, None)
        for city, name, country, _, lat, lon in CITIES
    ]
    anchors = [(city, "1", name, lat, lon, 35.0, "hand", "1") for city, name, _, _, lat, lon in CITIES]
    places = [
        (city, name, country, state, 1_000_000, lat, lon, city, 0) for city, name, country, state, lat, lon in CITIES
    ]
    states = [("US", "CA", "CA", "ca"), ("US", "CA", "California", "california"), ("GB", "ENG", "England", "england")]
    return Resolver(
        CityTables(
            frame=pl.DataFrame(frame, schema=FRAME_SCHEMA, orient="row"),
            anchors=pl.DataFrame(anchors, schema=ANCHOR_SCHEMA, orient="row"),
            names=pl.DataFrame(schema=NAME_SCHEMA),
            gazetteer=pl.DataFrame(places, schema=GAZETTEER_SCHEMA, orient="row"),
            aliases=pl.DataFrame(
                [(name.lower(), city, True) for city, name, *_ in CITIES], schema=ALIAS_SCHEMA, orient="row"
            ),
            admin1=pl.DataFrame(states, schema=ADMIN1_SCHEMA, orient="row"),
        )
    )


RESOLVER = _resolver()
LATIN1 = st.binary(max_size=60).map(lambda raw: raw.decode("latin-1"))
PIECES = st.lists(
    st.sampled_from(
        [
            *"()[]{}（）,;|-–/&'’.  \x00\n\r\t",
            "Tokyo",
            "London",
            "CA",
            "USA",
            "Georgia",
            "of",
            "greater",
            "city",
            "市",
            "시",
        ]
    ),
    max_size=12,
).map("".join)
TEXTS = st.none() | st.text(max_size=40) | LATIN1 | PIECES | st.sampled_from(["San Francisco", "Singapore", "東京"])
COUNTRIES = st.none() | st.text(max_size=8) | st.sampled_from(["US", "Japan", "NA", "Korea, Rep.", "SG", "Bermuda"])
NUMBERS = st.none() | st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([35.69, 139.69, 51.51, -0.13])
QUERIES = st.lists(st.tuples(TEXTS, COUNTRIES, TEXTS, NUMBERS, NUMBERS), max_size=12)


def _table(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=QUERY_SCHEMA, orient="row")


@given(QUERIES)
def test_every_query_has_one_answer(rows: list[tuple[object, ...]]) -> None:
    answers = RESOLVER.resolve(_table(rows))
    assert answers.height == len(rows)
    assert answers.schema == pl.Schema(ANSWER_SCHEMA)
    placed = pl.col("city").is_not_null()
    assert answers.filter(placed == pl.col("reason").is_not_null()).is_empty()
    assert answers.filter(placed & ~pl.col("ring").is_between(0, 2)).is_empty()
    assert answers.filter(placed & pl.col("method").is_null()).is_empty()


@settings(max_examples=15)
@given(QUERIES)
def test_an_answer_depends_on_its_query_alone(rows: list[tuple[object, ...]]) -> None:
    together = RESOLVER.resolve(_table(rows)).rows()
    assert RESOLVER.resolve(_table(rows[::-1])).rows() == together[::-1]
    assert [row for query in rows for row in RESOLVER.resolve(_table([query])).rows()] == together
    assert RESOLVER.resolve(_table(rows * 2)).rows() == together * 2


@settings(max_examples=15)
@given(
    st.integers(min_value=1_000, max_value=200_000), st.sampled_from(["x", "市", "(", ",", "-", " ", "\x00", "a b,"])
)
def test_huge_texts(length: int, piece: str) -> None:
    answer = RESOLVER.resolve(pl.DataFrame({"name": [piece * length], "country": ["US"], "admin1": [piece * length]}))
    assert answer["city"].to_list() == [None]


@given(st.text(max_size=80) | LATIN1)
def test_folding_is_idempotent_and_bounded(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert folded == folded.strip()
    assert "  " not in folded
    assert len(folded) <= 20 * NAME_LIMIT


@given(st.text(max_size=30))
def test_suggestions_are_cities(text: str) -> None:
    assert set(RESOLVER.suggest(text, 3)) <= {name for _, name, *_ in CITIES}
