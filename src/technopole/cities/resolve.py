"""Names and points to cities of the frame, or to the reason why not.

Order of attempts (docs/resolution.md): the place's name within its state; a declared alias; the name of a city of the
frame; any other GeoNames place; then freer readings of the label, a city just across the border, a misspelt name, and
last the point alone. The country always wins over coordinates. Nothing is ever moved to the nearest city: a place
outside every boundary stays outside the frame.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

import polars as pl

from technopole.cities.candidates import build_names, choose, distance_expression, match
from technopole.cities.countries import countries, country_codes
from technopole.cities.declared import declared_names
from technopole.cities.labels import LabelReader
from technopole.cities.names import fold, fold_expression, fold_series
from technopole.cities.points import PointIndex
from technopole.cities.spelling import Speller, suggestions
from technopole.cities.stops import Stops
from technopole.cities.tables import CityTables

QUERY_SCHEMA: Final[dict[str, Any]] = {
    "name": pl.String,
    "country": pl.String,
    "admin1": pl.String,
    "lat": pl.Float64,
    "lon": pl.Float64,
}
ANSWER_SCHEMA: Final[dict[str, Any]] = {
    "city": pl.Int64,
    "ring": pl.Int8,
    "method": pl.String,
    "reason": pl.String,
}
BORDER_KM: Final = 30.0
"""A city of another country is meant only when this near to a place of the country that was written."""


class Resolver:
    """Resolves names and points against the reference tables of one frame.

    State earned: the candidate table and the index of points are built once and serve every call.
    """

    def __init__(self, tables: CityTables) -> None:
        self.tables = tables
        self.declared = declared_names()
        self.names = build_names(tables, self.declared)
        self.heads = self.names.heads()
        self._states = tables.admin1.select("country", "admin1", "folded").unique(maintain_order=True)
        self._reader_states = _states_by_name(tables.admin1)
        self._stops = Stops(tables, self.names, self.heads, self.declared)

    @cached_property
    def points(self) -> PointIndex:
        """Index of points, built on first use."""
        return PointIndex.from_tables(self.tables)

    @cached_property
    def _speller(self) -> Speller:
        return Speller(pl.concat([self.names.candidates(), self.names.further]))

    def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
        """Resolve names and points.

        Parameters
        ----------
        queries : any of the columns of QUERY_SCHEMA; others are ignored. Country in any spelling, state by name or
            code, latitude and longitude in degrees.

        Returns
        -------
        DataFrame in ANSWER_SCHEMA, one line a query, in order. The reason is null exactly where there is a city.
        """
        asked = _normalise(queries)
        unique = asked.unique(maintain_order=True).with_row_index("query")
        answers = self._resolve_unique(unique)
        joined = asked.join(unique.join(answers, on="query", validate="1:1"), on=list(QUERY_SCHEMA), how="left",
                            nulls_equal=True, validate="m:1", maintain_order="left")  # fmt: skip
        return joined.select([pl.col(name).cast(kind) for name, kind in ANSWER_SCHEMA.items()])

    def suggest(self, text: str, limit: int = 3) -> list[str]:
        """Names of the cities of the frame that are nearest to a text, best first: "did you mean"."""
        written = fold(text)
        if not written:
            return []
        own = self.heads.filter(pl.col("primary")).sort("prior", "city", descending=[True, False])
        near = suggestions(written, own["folded"].to_list(), 4 * limit)
        ids = own.filter(pl.col("folded").is_in(near)).unique("folded", keep="first", maintain_order=True)
        city = dict(ids.select("folded", "city").iter_rows())
        names = dict(self.tables.frame.select("city", "name").iter_rows())
        return list(dict.fromkeys(names[city[folded]] for folded in near))[:limit]

    def _resolve_unique(self, unique: pl.DataFrame) -> pl.DataFrame:
        """Answers ``query, city, ring, method, reason`` of distinct queries."""
        asked = unique.with_columns(
            folded=fold_expression(pl.col("name")).fill_null(""),
            code=country_codes(unique["country"]),
            valid=pl.col("lat").is_between(-90, 90) & pl.col("lon").is_between(-180, 180),
            given=pl.col("lat").is_not_null() | pl.col("lon").is_not_null(),
        ).with_columns(valid=pl.col("valid").fill_null(value=False))
        asked = asked.with_columns(lat=pl.when("valid").then("lat"), lon=pl.when("valid").then("lon"))
        named = asked.filter(pl.col("folded") != "")
        done = [self._registered(named)]
        open_ = named.join(done[0], on="query", how="anti")
        for step in (self._literal, self._freer, self._across_border, self._misspelt, self._point, self._city_state):
            if open_.is_empty():
                break
            found = step(open_)
            done.append(found)
            open_ = open_.join(found, on="query", how="anti")
        done.append(_answer(open_, reason="unknown name"))
        nameless = asked.filter(pl.col("folded") == "")
        done += self._nameless(nameless)
        return pl.concat([part.select("query", *ANSWER_SCHEMA) for part in done])

    def _registered(self, asked: pl.DataFrame) -> pl.DataFrame:
        return _answer(asked.filter(pl.col("code").is_in(sorted(self.declared.registered_offices))),
                       reason="registered office")  # fmt: skip

    def _literal(self, asked: pl.DataFrame) -> pl.DataFrame:
        """The text as it stands, with the state where it is known."""
        return self._settle(self._with_states(asked).with_columns(rank=pl.lit(0), frame_only=pl.lit(value=False)))

    def _freer(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Freer readings of the label, the most literal first."""
        first = pl.col("admin1", "country").first()
        states = self._with_states(asked).group_by("query").agg(first).rename({"admin1": "state", "country": "where"})
        rows = asked.join(states, on="query", how="left", validate="1:1")
        reader = LabelReader(self._reader_states)
        parts = sorted({part for text in rows["name"].to_list() for part in reader.parts(text)})
        folded = fold_series(pl.Series(parts, dtype=pl.String))
        reader.folded.update(zip(parts, folded.to_list(), strict=True))
        known = self.names.aliases.filter(pl.col("folded").is_in(folded.unique().implode()))
        reader.known.update(known["folded"].to_list())
        readings = [
            (query, *reading)
            for query, text, country, state in rows.select("query", "name", "where", "state").iter_rows()
            for reading in reader.readings(text, country, state)
        ]
        schema = {"query": pl.UInt32, "rank": pl.Int32, "text": pl.String, "country": pl.String,
                  "admin1": pl.String, "frame_only": pl.Boolean}  # fmt: skip
        table = pl.DataFrame(readings, schema=schema, orient="row")
        table = table.with_columns(folded=fold_expression(pl.col("text"))).filter(pl.col("folded") != "").drop("text")
        table = table.join(asked.select("query", "lat", "lon"), on="query", how="left", validate="m:1")
        return self._settle(table, point_must_agree=True).with_columns(
            method=pl.when(pl.col("method").is_in(["frame name", "place name"]))
            .then(pl.lit("label"))
            .otherwise("method")
        )

    def _settle(self, readings: pl.DataFrame, *, point_must_agree: bool = False) -> pl.DataFrame:
        """Best reading of each query: candidates, or a reason to stop; queries without either are absent.

        With `point_must_agree` a point that is far away beats the name of a place that is no city of the frame.
        """
        registered = sorted(self.declared.registered_offices)
        stopped = self._stops.of(readings)
        columns = ["query", "rank", "folded", "country", "admin1", "frame_only", "lat", "lon"]
        first = readings.select(columns).join(
            stopped.select("query", stop=pl.col("rank")), on="query", how="left", validate="m:1"
        )
        found = match(first.filter(pl.col("stop").is_null() | (pl.col("rank") < pl.col("stop"))), self.names)
        chosen = choose(found)
        if point_must_agree:
            pointed = readings.filter(pl.col("lat").is_not_null()).select("query").unique()
            doubtful = chosen.filter(~pl.col("head") & ~pl.col("close")).join(pointed, on="query", how="semi")
            chosen = chosen.join(doubtful, on="query", how="anti")
        haven = found.group_by("query").agg(pl.col("place_country").is_in(registered).all().alias("haven"))
        chosen = chosen.join(haven, on="query", how="left", validate="1:1").with_columns(
            reason=pl.when("haven").then(pl.lit("registered office")).otherwise("reason")
        )
        left = stopped.join(chosen, on="query", how="anti").with_columns(
            city=pl.lit(None, pl.Int64), ring=pl.lit(None, pl.Int8), method=pl.lit(None, pl.String)
        )
        kept = ["query", *ANSWER_SCHEMA]
        answers = pl.concat([chosen.select(kept), left.select(kept)])
        return answers.with_columns(method=pl.when(pl.col("city").is_not_null()).then("method"))

    def _with_states(self, asked: pl.DataFrame) -> pl.DataFrame:
        """Queries with `country` and `admin1` as codes; several lines where a state may lie in several countries."""
        states = self._states.rename({"country": "state_country", "admin1": "state", "folded": "state_text"})
        texts = asked.with_columns(state_text=fold_expression(pl.col("admin1")))
        by_name = texts.join(states, on="state_text", how="inner").filter(
            pl.col("code").is_null() | (pl.col("code") == pl.col("state_country"))
        )
        plain = texts.join(by_name.select("query").unique(), on="query", how="anti").with_columns(
            state_country=pl.col("code"), state=pl.lit(None, pl.String)
        )
        return pl.concat([by_name.select(plain.columns), plain]).with_columns(country="state_country", admin1="state")

    def _across_border(self, asked: pl.DataFrame) -> pl.DataFrame:
        """A city of the frame whose own name is written, just across the border of the country that is written."""
        heads = self.heads.filter("primary")
        stated = self._with_states(asked).filter(pl.col("admin1").is_not_null())
        found = (
            asked.filter(pl.col("code").is_not_null())
            .join(stated, on="query", how="anti")
            .join(heads, on="folded", how="inner")
            .filter(pl.col("code") != pl.col("place_country"))
        )
        if found.is_empty():
            return _answer(asked.clear(), reason="")
        lands = self.tables.gazetteer.select("country", pl.col("latitude").alias("n"), pl.col("longitude").alias("e"))
        pairs = found.select("code", "city", "latitude", "longitude").unique()
        border = (
            pairs.join(lands, left_on="code", right_on="country", how="inner")
            .filter((pl.col("latitude") - pl.col("n")).abs() < 0.5)
            .with_columns(distance=distance_expression("latitude", "longitude", "n", "e"))
            .group_by("code", "city")
            .agg(border=pl.col("distance").min() <= BORDER_KM)
        )
        kept = (
            found.join(border, on=["code", "city"], how="left", validate="m:1")
            .filter(pl.col("border").fill_null(value=False))
            .unique(["query", "city"], maintain_order=True)
            .filter(pl.len().over("query") == 1)
        )
        return kept.select("query", "city", "ring", method=pl.lit("across the border"), reason=pl.lit(None, pl.String))

    def _misspelt(self, asked: pl.DataFrame) -> pl.DataFrame:
        tokens = (
            self._with_states(asked)
            .unique("query", keep="first", maintain_order=True)
            .select(
                "query",
                "code",
                pl.col("admin1").alias("state"),
                folded=fold_expression(pl.col("name").str.replace(r"[,;|(\[{].*$", "")),
            )
        )
        return self._speller.correct(tokens)

    def _point(self, asked: pl.DataFrame) -> pl.DataFrame:
        pointed = asked.filter("valid")
        placed = self._attribute(pointed)
        return placed.filter(pl.col("city").is_not_null())

    def _attribute(self, pointed: pl.DataFrame) -> pl.DataFrame:
        if pointed.is_empty():
            return _answer(pointed, reason="outside the frame")
        at = self.points.attribute(pointed["lat"].to_numpy(), pointed["lon"].to_numpy(), pointed["code"]).to_polars()
        return pointed.select("query").with_columns(
            city=at["city"].cast(pl.Int64),
            ring=at["ring"].cast(pl.Int8),
            method=pl.when(at["city"].is_not_null()).then(pl.lit("point")),
            reason=pl.when(at["city"].is_null()).then(pl.lit("outside the frame")),
        )

    def _city_state(self, asked: pl.DataFrame) -> pl.DataFrame:
        """A name that is unknown in a city state still lies in it, unless it names a city of another country."""
        heads = self.heads.filter("primary").select("folded").unique()
        inside = asked.filter(pl.col("code").is_in(list(self.declared.city_states))).join(
            heads, on="folded", how="anti"
        )
        return self._whole_state(inside)

    def _whole_state(self, asked: pl.DataFrame) -> pl.DataFrame:
        city = pl.col("code").replace_strict(self.declared.city_states, default=None, return_dtype=pl.Int64)
        known = city.is_in(self.tables.frame["city"].to_list())
        name = pl.col("code").replace_strict(
            {code: country.name for code, country in countries().items()}, default=None, return_dtype=pl.String
        )
        return asked.select(
            "query",
            city=pl.when(known).then(city),
            ring=pl.when(known).then(pl.lit(0, pl.Int8)),
            method=pl.when(known).then(pl.lit("city state")),
            reason=pl.when(~known).then(pl.lit("outside the frame: ") + name),
        )

    def _nameless(self, asked: pl.DataFrame) -> list[pl.DataFrame]:
        pointed = self._attribute(asked.filter("valid"))
        rest = asked.filter(~pl.col("valid"))
        in_state = pl.col("code").is_in(list(self.declared.city_states)).fill_null(value=False)
        return [
            pointed,
            self._whole_state(rest.filter(in_state)),
            _answer(rest.filter(~in_state & pl.col("given")), reason="bad coordinates"),
            _answer(rest.filter(~in_state & ~pl.col("given")), reason="empty"),
        ]


def _normalise(queries: pl.DataFrame) -> pl.DataFrame:
    """The columns of QUERY_SCHEMA, absent ones null; text trimmed, coordinates that aren't numbers null."""
    columns = [
        (pl.col(name) if name in queries.columns else pl.lit(None)).cast(kind, strict=False).alias(name)
        for name, kind in QUERY_SCHEMA.items()
    ]
    table = queries.select(columns) if queries.width else pl.DataFrame(schema=QUERY_SCHEMA)
    if table.height != queries.height:  # no known column at all: one empty query a line
        table = pl.DataFrame({name: [None] * queries.height for name in QUERY_SCHEMA}, schema=QUERY_SCHEMA)
    return table


def _answer(asked: pl.DataFrame, *, reason: str) -> pl.DataFrame:
    return asked.select(
        "query",
        city=pl.lit(None, pl.Int64),
        ring=pl.lit(None, pl.Int8),
        method=pl.lit(None, pl.String),
        reason=pl.lit(reason),
    )


def _states_by_name(admin1: pl.DataFrame) -> dict[str, list[tuple[str, str]]]:
    states: dict[str, list[tuple[str, str]]] = {}
    for folded, country, code in admin1.select("folded", "country", "admin1").unique(maintain_order=True).iter_rows():
        states.setdefault(folded, []).append((country, code))
    return states
