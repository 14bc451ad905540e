"""Texts that name no city: words, codes and names of states, countries and regions.

"Oregon" is a state although a suburb of Toledo bears the name; "Kyoto" is a city although a prefecture does. The rule:
the name of a state stops unless a city of that very state gave it its name, and the name of a country always stops
where it is its own city column ("Panama, Panama" is a country's default, not Panama City).
"""

from __future__ import annotations

from typing import Final

import polars as pl
from rapidfuzz import fuzz

from technopole.cities.candidates import PARENT, Names
from technopole.cities.countries import countries
from technopole.cities.declared import DeclaredNames
from technopole.cities.names import fold_expression
from technopole.cities.tables import CityTables

DIRECTIONS: Final = frozenset({
    "north", "south", "east", "west", "northern", "southern", "eastern", "western", "central", "northeast", "northwest",
    "southeast", "southwest", "northeastern", "northwestern", "southeastern", "southwestern", "n", "s", "e", "w", "mid",
    "upper", "lower",
})  # fmt: skip
REGION_WORD: Final = r"[ ](?:prefecture|province|state|oblast|krai|voivodeship|region|ken|county|canton)$"
NO_PLACE: Final = r"^(?:remote|virtual|online|fully|various|multiple|worldwide)[ ]"
NAMESAKE_SHARE: Final = 0.1
"""Share of a state's inhabitants from which a place inside it may bear its name (Kyoto in Kyoto)."""

LEAST_ALIKE: Final = 70.0
ALTERNATE_SHARE: Final = 0.5
"""The same for a city's other names: Beijing as 北京, New York City as New York, but not Fortaleza as Ceará."""


class Stops:
    """The sets of texts that name no city.

    State earned: the sets are folded once.
    """

    def __init__(self, tables: CityTables, names: Names, heads: pl.DataFrame, declared: DeclaredNames) -> None:
        is_code = pl.col("name").str.contains(r"^[A-Z]{2,3}$")
        self._codes = tables.admin1.filter(is_code).select("folded", "country").unique()
        self._states = tables.admin1.filter(~is_code).select("folded", "country").unique()
        spelled = [
            (text, code)
            for code, country in countries().items()
            for text in (country.code, country.iso3, country.name, *country.variants)
        ]
        owners = pl.DataFrame(spelled, schema=["text", "owner"], orient="row")
        self._countries = owners.select(folded=fold_expression(pl.col("text")), owner="owner").unique(
            "folded", keep="first", maintain_order=True
        )
        self._declared = declared
        self._cities = city_names(tables, names, heads)
        aliases = names.further.filter((pl.col("step") == "declared alias") & pl.col("place_admin1").is_null())
        self._aliases = aliases.select("folded", country="place_country").unique()
        self._names = names

    def of(self, readings: pl.DataFrame) -> pl.DataFrame:
        """First stop of each query.

        Parameters
        ----------
        readings : ``query, rank, folded, country, admin1, frame_only``; a reading with a state never stops.

        Returns
        -------
        ``query, rank, reason`` of the queries that have one.
        """
        texts = readings.filter(~pl.col("frame_only")).select("query", "rank", "folded", "country", "admin1")
        texts = texts.filter(~_named(texts, self._aliases) & pl.col("admin1").is_null())
        worded = texts.filter(pl.col("folded").str.contains(REGION_WORD)).with_columns(
            pl.col("folded").str.replace(REGION_WORD, "")
        )
        region = "country or region name"
        parts = [
            (texts.filter(pl.col("folded").is_in(list(self._declared.not_places))), "not a place"),
            (texts.filter(pl.col("folded").str.contains(NO_PLACE)), "not a place"),
            (
                texts.filter(pl.col("folded").is_in(list(self._declared.shared))),
                "ambiguous: a district of several cities",
            ),
            (texts.filter(_named(texts, self._codes)), "state code"),
            (self._nations(texts), region),
            (texts.filter(pl.col("folded").is_in(list(self._declared.regions))), region),
            (texts.filter(_named(texts, self._states) & ~_named(texts, self._cities)), region),
            (worded.filter(_named(worded, self._states)), region),
            (self._directions(texts), region),
        ]
        found = pl.concat(
            [
                part.select("query", "rank", reason=pl.lit(reason), order=pl.lit(place))
                for place, (part, reason) in enumerate(parts)
            ]
        )
        return found.sort("query", "rank", "order").unique("query", keep="first", maintain_order=True).drop("order")

    def _nations(self, texts: pl.DataFrame) -> pl.DataFrame:
        """Names of the country that was given, of one of its territories, or of any where none was; no city states."""
        owned = texts.join(self._countries, on="folded", how="inner").filter(
            ~pl.col("owner").is_in(list(self._declared.city_states))
        )
        parent = pl.col("owner").replace_strict(PARENT, default=None, return_dtype=pl.String)
        above = pl.col("country").replace_strict(PARENT, default=None, return_dtype=pl.String)
        same = pl.col("country").is_null() | (pl.col("country") == pl.col("owner"))
        related = (parent == pl.col("country")).fill_null(value=False) | (above == pl.col("owner")).fill_null(
            value=False
        )
        return owned.filter(same | related)

    def _directions(self, texts: pl.DataFrame) -> pl.DataFrame:
        """A direction with the name of a state or a country (Northern Virginia, US East); no place is called so."""
        words, directions = pl.col("folded").str.split(" "), list(DIRECTIONS)
        led, followed = words.list.first().is_in(directions), words.list.last().is_in(directions)
        split = texts.filter(pl.col("folded").str.contains(" ", literal=True) & (led | followed))
        if split.is_empty():
            return split
        called = self._names.aliases.join(split.select("folded").unique(), on="folded", how="semi").filter("primary")
        called = called.join(self._names.places, on="place", how="inner", validate="m:1")
        split = split.filter(~_named(split, called.select("folded", country="place_country").unique()))
        ends = pl.concat(
            [
                split.with_columns(word=words.list.first(), folded=words.list.slice(1).list.join(" ")),
                split.with_columns(word=words.list.last(), folded=words.list.head(words.list.len() - 1).list.join(" ")),
            ]
        ).filter(pl.col("word").is_in(directions))
        owned = ends.join(self._countries, on="folded", how="semi")
        states = ends.filter(_named(ends, self._states) & ~_named(ends, self._cities))
        return pl.concat([owned, states]).drop("word")


def _named(texts: pl.DataFrame, table: pl.DataFrame) -> pl.Series:
    """Whether each text is in a table of (folded, country), in its own country or, without one, in any."""
    if texts.is_empty():
        return pl.Series(dtype=pl.Boolean)
    keyed = texts.with_row_index("line")
    known = keyed.filter(pl.col("country").is_not_null()).join(table, on=["folded", "country"], how="semi")
    free = keyed.filter(pl.col("country").is_null()).join(table.select("folded"), on="folded", how="semi")
    lines = pl.concat([known["line"], free["line"]])
    return keyed["line"].is_in(lines.implode())


def city_names(tables: CityTables, names: Names, heads: pl.DataFrame) -> pl.DataFrame:
    """Names that mean a city even if a state has them too: ``folded, country``.

    The own name of every city of the frame; the name of a place in the state of that name that holds NAMESAKE_SHARE of
    its inhabitants, when it is a spelling of its own; any name of a city that holds ALTERNATE_SHARE of them.
    """
    own = heads.filter("primary").select("folded", country="place_country")
    states = tables.admin1.select("folded", "country", "admin1").unique()
    people = tables.gazetteer.group_by("country", "admin1").agg(people=pl.col("population").sum())
    inside = tables.gazetteer.group_by("country", "admin1", "city").agg(inside=pl.col("population").sum())
    called = names.aliases.join(states.select("folded").unique(), on="folded", how="semi")
    namesakes = (
        called.join(tables.gazetteer, on="place", how="inner", validate="m:1")
        .join(states, on=["folded", "country", "admin1"], how="inner")
        .join(people, on=["country", "admin1"], how="left", validate="m:1")
        .join(inside, on=["country", "admin1", "city"], how="left", validate="m:1", nulls_equal=True)
    )
    large = pl.col("population") >= NAMESAKE_SHARE * pl.col("people")
    whole = (pl.col("place") == pl.col("city")) & (pl.col("inside") >= ALTERNATE_SHARE * pl.col("people"))
    named = namesakes.with_columns(own=fold_expression(pl.col("name")).str.replace(r" (?:shi|si)$", ""))
    alike = [_alike(*pair) for pair in named.select("own", "folded").iter_rows()]
    kept = named.filter(whole | (large & pl.Series(alike, dtype=pl.Boolean)))
    return pl.concat([own, kept.select("folded", "country")]).unique()


def _alike(own: str, state: str) -> bool:
    """Whether a place's own name and the state's are two spellings of one word (Luzern, Lucerne)."""
    return own == state or (" " not in own + state and fuzz.ratio(own, state) >= LEAST_ALIKE)
