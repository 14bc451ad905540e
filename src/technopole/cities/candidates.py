"""The places that a folded name may mean, and the choice among them.

Every name of every gazetteer place is a candidate, weighed by a *prior*: the place's inhabitants, or those of the
whole agglomeration for its head place; less when the name is only an alternate (GeoNames' alternates carry no
language and some are wrong). One candidate wins only when its prior is DOMINANCE times that of the next one that
would lead elsewhere; otherwise the name is ambiguous. Two different places are never merged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from technopole.cities.countries import TERRITORIES
from technopole.cities.declared import DeclaredNames
from technopole.cities.names import fold_expression
from technopole.cities.tables import CityTables

DOMINANCE: Final = 4.0
"""How many times larger a place must be than the next of its name."""

ALTERNATE_WEIGHT: Final = 0.1
"""Weight of an alternate name of a city of the frame, against 1 for its own name."""

PART_WEIGHT: Final = 0.02
"""Weight of an alternate name of any other place: often a quarter in it that is no place of its own."""

NEAR_KM: Final = 60.0
"""A point picks among places of one name only those that are this near to it."""

SAME_KM: Final = 15.0
"""Places of one name this near to the largest of them are the same place to a reader, listed twice."""

POINT_FACTOR: Final = 100.0
"""How many times larger a far place may be than the near one before size beats the point (a misplaced point)."""

SMALLEST: Final = 500.0
"""Prior of a place without a known population."""

DECLARED_PRIOR: Final = 1e10
"""Prior of a declared alias where its very country is given: nothing else can be meant."""

ELSEWHERE_PRIOR: Final = 20_000.0
"""Prior of a declared alias without a country, or under the state of its territory: there it competes."""

TARGET_SCHEMA: Final[dict[str, Any]] = {
    "outcome": pl.Int64,  # the city's id, or minus the place's id outside every city
    "place_name": pl.String,
    "place_country": pl.String,
    "place_admin1": pl.String,
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "prior": pl.Float64,
    "head": pl.Boolean,  # a city of the frame, not one of the places in it
    "city": pl.Int64,
    "ring": pl.Int8,
}
CANDIDATE_SCHEMA: Final[dict[str, Any]] = {
    "folded": pl.String,
    "primary": pl.Boolean,
    "step": pl.String,  # declared alias | frame name | place name
    **TARGET_SCHEMA,
}

PARENT: Final = {territory: state for state, territories in TERRITORIES.items() for territory in territories}


@dataclass(frozen=True)
class Names:
    """All names that can be matched.

    `aliases`: folded, place, primary, for all places of the gazetteer. `places`: place and TARGET_SCHEMA. `further`:
    CANDIDATE_SCHEMA, the frame's own names, upstream's labels of agglomerations, and declared aliases.
    """

    aliases: pl.DataFrame
    places: pl.DataFrame
    further: pl.DataFrame

    def candidates(self, aliases: pl.DataFrame | None = None) -> pl.DataFrame:
        """Candidates (CANDIDATE_SCHEMA) of some or all alias lines; `further` isn't among them."""
        joined = (self.aliases if aliases is None else aliases).join(
            self.places, on="place", how="inner", validate="m:1"
        )
        return joined.select(
            "folded",
            "primary",
            pl.when("head").then(pl.lit("frame name")).otherwise(pl.lit("place name")).alias("step"),
            *(name for name in TARGET_SCHEMA if name != "prior"),
            prior=pl.when("primary")
            .then("prior")
            .otherwise(pl.col("people") * pl.when("head").then(ALTERNATE_WEIGHT).otherwise(PART_WEIGHT)),
        ).select([pl.col(name).cast(kind) for name, kind in CANDIDATE_SCHEMA.items()])

    def heads(self) -> pl.DataFrame:
        """Candidates of the cities of the frame themselves, under all their names."""
        ids = self.places.filter("head")["place"]
        named = self.candidates(self.aliases.filter(pl.col("place").is_in(ids.implode())))
        return pl.concat([named, self.further.filter(pl.col("step") == "frame name")])


def build_names(tables: CityTables, declared: DeclaredNames) -> Names:
    """Index the names of a frame."""
    places = _places(tables)
    own = tables.frame.select(place="city", folded=fold_expression(pl.col("name"))).join(
        places, on="place", how="inner", validate="m:1"
    )
    own = own.with_columns(primary=pl.lit(value=True), step=pl.lit("frame name"))
    parts = [own, _labels(tables), _declared_candidates(declared, places, tables.admin1)]
    further = pl.concat([part.select([pl.col(n).cast(t) for n, t in CANDIDATE_SCHEMA.items()]) for part in parts])
    return Names(tables.aliases.select("folded", "place", "primary"), places, further)


def _places(tables: CityTables) -> pl.DataFrame:
    """Gazetteer places with TARGET_SCHEMA; heads missing from the gazetteer are added."""
    columns = ["place", "name", "country", "admin1", "population", "latitude", "longitude", "city", "ring"]
    gazetteer = tables.gazetteer.select(columns)
    absent = tables.frame.join(gazetteer, left_on="city", right_on="place", how="anti").select(
        "name",
        "country",
        "latitude",
        "longitude",
        "city",
        place="city",
        admin1=pl.lit(None, pl.String),
        population=pl.lit(0, pl.Int64),
        ring=pl.lit(0, pl.Int8),
    )
    people = tables.frame.select(place="city", people=pl.col("population_thousands") * 1000)
    head = pl.col("people").is_not_null()
    return (
        pl.concat([gazetteer, absent.select(columns)])
        .join(people, on="place", how="left", validate="1:1")
        .select(
            "place",
            "latitude",
            "longitude",
            outcome=pl.when(head).then("place").otherwise(pl.coalesce("city", -pl.col("place"))),
            place_name="name",
            place_country="country",
            place_admin1="admin1",
            people=pl.max_horizontal("population", pl.lit(SMALLEST)),
            prior=pl.max_horizontal("population", "people", pl.lit(SMALLEST)),
            head=head,
            city=pl.when(head).then("place").otherwise("city"),
            ring=pl.when(head).then(pl.lit(0, pl.Int8)).otherwise("ring"),
        )
    )


def _labels(tables: CityTables) -> pl.DataFrame:
    """Upstream's labels of agglomerations, as names of their cities; the prior is what the anchor's radius stands for.

    A label that a city shares with its gazetteer place repeats it, with the same outcome.
    """
    known = tables.anchors.filter(pl.col("name").is_not_null() & pl.col("wup_code").is_not_null())
    return known.join(tables.frame.select("city", "country"), on="city", validate="m:1").select(
        folded=fold_expression(pl.col("name")),
        outcome="city",
        place_name="name",
        place_country="country",
        place_admin1=pl.lit(None, pl.String),
        latitude="latitude",
        longitude="longitude",
        prior=1e6 * ((pl.col("radius_km") - 11.0) / 11.0) ** 2,
        primary=pl.lit(value=True),
        head=pl.lit(value=True),
        city="city",
        ring=pl.lit(0, pl.Int8),
        step=pl.lit("frame name"),
    )


def _declared_candidates(declared: DeclaredNames, places: pl.DataFrame, admin1: pl.DataFrame) -> pl.DataFrame:
    states = admin1.select("country", "admin1", state=pl.col("name")).unique(["country", "state"], keep="first")
    return (
        declared.aliases.join(states, on=["country", "state"], how="left", validate="m:1")
        .filter(pl.col("state").is_null() | pl.col("admin1").is_not_null())
        .join(places, on="place", how="inner", validate="m:1")
        .with_columns(
            place_admin1=pl.col("admin1"),
            prior=pl.lit(DECLARED_PRIOR),
            primary=pl.lit(value=True),
            step=pl.lit("declared alias"),
        )
    )


def match(asked: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Candidates of each reading, within its country (and its territories) and its state.

    Parameters
    ----------
    asked : ``query, rank, folded, country, admin1, frame_only, lat, lon``.

    A declared alias without a state fits any state of its country. Only the candidates of a query's most literal
    reading that has any are returned.
    """
    parent = pl.col("place_country").replace_strict(PARENT, default=None, return_dtype=pl.String)
    everywhere = (pl.col("step") == "declared alias") & pl.col("place_admin1").is_null()
    alone = (pl.col("step") == "declared alias") & pl.col("place_admin1").is_not_null()
    fits_country = pl.col("country").is_null() | (pl.col("country") == pl.col("place_country"))
    fits_state = (
        pl.when(pl.col("admin1").is_null())
        .then(~alone)
        .otherwise(everywhere | (pl.col("admin1") == pl.col("place_admin1")).fill_null(False))
    )
    wanted = names.aliases.join(asked.select("folded").unique(), on="folded", how="semi")
    further = names.further.join(asked.select("folded").unique(), on="folded", how="semi")
    candidates = pl.concat([names.candidates(wanted), further])
    found = asked.join(candidates, on="folded", how="inner").filter(
        (fits_country | (parent == pl.col("country")).fill_null(False))
        & fits_state
        & (~pl.col("frame_only") | pl.col("head"))
    )
    elsewhere = (pl.col("step") == "declared alias") & ~(pl.col("country") == pl.col("place_country")).fill_null(
        value=False
    )
    return found.filter(pl.col("rank") == pl.col("rank").min().over("query")).with_columns(
        prior=pl.when(elsewhere).then(ELSEWHERE_PRIOR).otherwise("prior")
    )


def distance_expression(lat: str, lon: str, latitude: str, longitude: str) -> pl.Expr:
    """Great-circle distance in km between two points in degrees (haversine)."""
    north, to_north = pl.col(lat).radians(), pl.col(latitude).radians()
    east, to_east = pl.col(lon).radians(), pl.col(longitude).radians()
    half = ((to_north - north) / 2).sin() ** 2 + north.cos() * to_north.cos() * ((to_east - east) / 2).sin() ** 2
    return 2 * 6371.0088 * half.sqrt().clip(0.0, 1.0).arcsin()


def choose(found: pl.DataFrame) -> pl.DataFrame:
    """Choose among the candidates of each query.

    Parameters
    ----------
    found : as `match` returns them.

    Candidates of one name within SAME_KM of the largest stand for it. A point keeps the candidates within NEAR_KM, if
    there are any that are not POINT_FACTOR times smaller than a far one; among near ones without a dominating one the
    nearest wins. Without a near candidate the name stands alone.

    Returns
    -------
    One line a query: ``query, rank, head, close, city, ring, method, reason``; city is null and reason says "outside
    the frame" or "ambiguous" where no city of the frame was chosen. `close`: the point agrees.
    """
    near = pl.col("distance") <= NEAR_KM
    strong = pl.col("prior") * POINT_FACTOR >= pl.col("prior").max().over("query")
    measured = (
        found.with_columns(distance=distance_expression("lat", "lon", "latitude", "longitude"))
        .with_columns(close=(near & strong).fill_null(False))
        .filter(pl.col("close") | ~pl.col("close").any().over("query"))
        .sort("query", "prior", "distance", "outcome", descending=[False, True, False, False], nulls_last=True)
        .unique(["query", "outcome"], keep="first", maintain_order=True)
        .with_columns(best=pl.col("prior").max().over("query"))
        .filter(pl.col("prior") * DOMINANCE > pl.col("best"))
        .with_columns(
            leader_lat=pl.col("latitude").first().over("query"), leader_lon=pl.col("longitude").first().over("query")
        )
        .with_columns(apart=distance_expression("latitude", "longitude", "leader_lat", "leader_lon"))
        .filter((pl.col("apart") > SAME_KM) | pl.col("query").is_first_distinct())
    )
    settled = (
        measured.sort("query", "distance", "prior", "outcome", descending=[False, False, True, False])
        .filter(~pl.col("close") | pl.col("query").is_first_distinct())
        .sort("query", "prior", "outcome", descending=[False, True, False])
    )
    label = pl.concat_str(["place_name", "place_admin1", "place_country"], separator=", ", ignore_nulls=True)
    return (
        settled.group_by("query", maintain_order=True)
        .agg(
            pl.col("rank").first(),
            several=(pl.len() > 1) & pl.col("city").is_not_null().any(),
            outside=pl.col("city").is_null().all(),
            city=pl.col("city").first(),
            ring=pl.col("ring").first(),
            step=pl.col("step").first(),
            stated=pl.col("admin1").first().is_not_null(),
            pair=label.head(2).str.join(" or "),
            name=pl.col("place_name").first(),
            head=pl.col("head").first(),
            close=pl.col("close").first(),
        )
        .select(
            "query",
            "rank",
            "head",
            "close",
            city=pl.when(pl.col("several") | pl.col("outside")).then(None).otherwise("city"),
            ring=pl.when(pl.col("several") | pl.col("outside")).then(None).otherwise("ring"),
            method=pl.when(pl.col("stated") & (pl.col("step") != "declared alias"))
            .then(pl.lit("state and name"))
            .otherwise("step"),
            reason=pl.when("outside")
            .then(pl.lit("outside the frame: ") + pl.col("name"))
            .when("several")
            .then(pl.lit("ambiguous: ") + pl.col("pair")),
        )
    )
