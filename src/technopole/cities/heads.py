"""Each WUP agglomeration's head place in GeoNames, and its common English name.

A label is matched as a whole, then by what stands in parentheses, then without it, then part by part ("Dallas-Fort
Worth"). Candidates lie in the same country within NEAR_KM of the point; the score prefers populous and near places and
earlier readings of the label. What the rule can't match is declared in exceptions.yaml (heads), and the build stops
where neither finds a place.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

import numpy as np
import polars as pl

from technopole.cities.exceptions import Exceptions
from technopole.cities.frame import radius_km
from technopole.cities.names import fold_expression
from technopole.cities.points import distance_km
from technopole.core.errors import SourceCheckError
from technopole.core.types import BOUNDARY_FACTOR, Boundary

NEAR_KM: Final = 30.0
KM_PER_TENFOLD: Final = 15.0
"""A place may be this much farther for each factor of ten in population."""

PENALTY_PER_READING: Final = 0.15
UNKNOWN_POPULATION: Final = 1000
CENTRE_POPULATION: Final = 50_000
CENTRE_KM: Final = 90.0
CORE: Final = BOUNDARY_FACTOR[Boundary.CORE]
_ASCII_LETTERS: Final = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "ı": "i",
     "ə": "a", "Ə": "A", "ħ": "h", "ð": "d", "þ": "th", "Þ": "Th"}
)  # fmt: skip
LATIN_MARKS: Final = frozenset({"AZ", "LT", "LV", "MD", "RO", "TM", "TR", "NZ", "PF", "TO", "WS"})
"""Countries whose own spelling has macrons, breves, commas or cedillas below."""

_TRANSLITERATED = re.compile("[\u0304\u0306\u0323\u0327\u0331\u0326](?<![cC]\u0327)")
_PARENTHESES = re.compile(r"^(.*?)\s*\((.*)\)$")
_PARTS = re.compile(r"[-/]| and ")


def readings(label: str) -> list[str]:
    """Names that a WUP label may stand for, best first.

    >>> readings("Chukyo M.M.A. (Nagoya)")
    ['Chukyo M.M.A. (Nagoya)', 'Nagoya', 'Chukyo']
    >>> readings("Minneapolis-St. Paul")
    ['Minneapolis-St. Paul', 'Minneapolis', 'St. Paul']
    """
    found = [label]
    match = _PARENTHESES.match(label)
    base = match[1] if match else label
    if match:
        found.append(match[2])
    base = base.replace("M.M.A.", "").strip()
    found.append(base)
    found.append(base.split(",")[0])
    found.append(base.removesuffix(" City"))
    found += [part.strip() for part in _PARTS.split(base) if len(part.strip()) > 2]
    return list(dict.fromkeys(text for text in found if text))


def match_heads(wup: pl.DataFrame, places: pl.DataFrame, exceptions: Exceptions, needed: Iterable[str]) -> pl.DataFrame:
    """GeoNames place of each agglomeration.

    Parameters
    ----------
    wup : as `frame.read_wup` gives it.
    places : as `gazetteer.geonames_places` gives it.
    needed : codes that must have a place (heads of cities); others keep null where none is found.

    Returns
    -------
    DataFrame ``code, place, distance_km`` (from WUP's point), in the order of `wup`; negative where declared so.

    Raises
    ------
    SourceCheckError : an agglomeration without a place, a place of two agglomerations, or a declared head that
        GeoNames doesn't have in the country.
    """
    near = _near(wup, places)
    texts = pl.DataFrame(
        [(code, text, rank) for code, label in wup.select("code", "label").iter_rows()
         for rank, text in enumerate(readings(label))],
        schema={"code": pl.String, "text": pl.String, "reading": pl.Int64},
        orient="row",
    )  # fmt: skip
    asked = texts.with_columns(key=_key("text")).group_by("code", "key").agg(pl.col("reading").min())
    seen = near.select("place").unique()
    own = places.join(seen, on="place", how="semi")
    names = (
        pl.concat([own.select("place", text="name"), own.select("place", text="alternates").explode("text")])
        .drop_nulls()
        .with_columns(key=_key("text"))
        .select("place", "key")
        .unique()
    )
    score = (
        pl.col("population").clip(lower_bound=UNKNOWN_POPULATION).log10()
        - pl.col("distance_km") / KM_PER_TENFOLD
        - PENALTY_PER_READING * pl.col("reading")
    )
    best = (
        asked.join(names, on="key", how="inner")
        .join(near, on=["code", "place"], how="inner")
        .with_columns(score=score)
        .sort(["code", "score", "place"], descending=[False, True, False])
        .unique("code", keep="first", maintain_order=True)
        .select("code", "place")
    )
    declared = pl.DataFrame(
        [(item.code, item.place) for item in exceptions.heads],
        schema={"code": pl.String, "place": pl.Int64},
        orient="row",
    )
    heads = pl.concat([declared, best.join(declared, on="code", how="anti")])
    return _checked(wup, places, heads, set(needed))


def _key(column: str) -> pl.Expr:
    return fold_expression(pl.col(column)).str.replace_all(" ", "")


def _near(wup: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Pairs of agglomeration and place of one country within NEAR_KM: ``code, place, population, distance_km``."""
    parts: list[pl.DataFrame] = []
    span = NEAR_KM / 110.0
    sorted_places = places.select("place", "country", "latitude", "longitude", "population").sort("latitude")
    by_country = {key[0]: group for key, group in sorted_places.group_by("country", maintain_order=True)}
    for code, country, latitude, longitude in wup.select("code", "country", "latitude", "longitude").iter_rows():
        group = by_country[country]
        first, last = np.searchsorted(group["latitude"].to_numpy(), [latitude - span, latitude + span])
        band = group[int(first) : int(last)]
        distance = distance_km(latitude, longitude, band["latitude"].to_numpy(), band["longitude"].to_numpy())
        parts.append(
            band.select("place", "population", code=pl.lit(code), distance_km=pl.Series(distance)).filter(
                pl.col("distance_km") <= NEAR_KM
            )
        )
    return pl.concat(parts)


def _checked(wup: pl.DataFrame, places: pl.DataFrame, heads: pl.DataFrame, needed: set[str]) -> pl.DataFrame:
    spot = places.select("place", home="country", to_latitude="latitude", to_longitude="longitude")
    table = wup.join(heads, on="code", how="left", validate="1:1").join(spot, on="place", how="left", validate="m:1")
    required = pl.col("code").is_in(needed)
    lost = table.filter(pl.col("place").is_null() & required)
    if len(lost):
        rows = "; ".join(f"{code} {label}" for code, label in lost.select("code", "label").iter_rows())
        raise SourceCheckError(f"agglomerations without a GeoNames place: {rows}:", "declare heads in exceptions.yaml.")
    abroad = table.filter((pl.col("home") != pl.col("country")) | (pl.col("home").is_null() & (pl.col("place") > 0)))
    if len(abroad):
        raise SourceCheckError(
            f"exceptions.yaml: head {abroad['place'][0]} of WUP {abroad['code'][0]} isn't a GeoNames place there:",
            "repair the entry.",
        )
    twice = table.filter(required & pl.col("place").is_duplicated()).sort("place")
    if len(twice):
        rows = "; ".join(
            f"{code} {label} {place}" for code, label, place in twice.select("code", "label", "place").rows()
        )
        raise SourceCheckError(f"agglomerations that share a GeoNames place: {rows}:", "declare their heads.")
    distance = distance_km(
        *(table[name].to_numpy() for name in ("latitude", "longitude", "to_latitude", "to_longitude"))
    )
    return table.select("code", "place", distance_km=pl.Series(distance))


def city_names(
    wup: pl.DataFrame, heads: pl.DataFrame, places: pl.DataFrame, populated: pl.DataFrame, exceptions: Exceptions
) -> pl.Series:
    """Common English name of each agglomeration, in the order of `wup`.

    A declared name wins; otherwise GeoNames' name of the head place where it folds like one reading of WUP's label or
    like Natural Earth's English name; otherwise Natural Earth's English name; otherwise the last reading of the label
    that stands for the whole ("Firenze (Florence)" is Florence, "Suzhou, Jiangsu" is Suzhou).
    """
    english = (
        populated.drop_nulls("place").unique("place", keep="first", maintain_order=True).select("place", "english")
    )
    table = (
        wup.select("code", "label", "country")
        .join(heads, on="code", how="left", validate="1:1", maintain_order="left")
        .join(places.select("place", geonames="name"), on="place", how="left", maintain_order="left")
        .join(english, on="place", how="left", maintain_order="left")
        .with_columns(key=_key("geonames"), english_key=_key("english"))
    )
    labels = pl.Series([readings(label) for label in table["label"]], dtype=pl.List(pl.String))
    keys = labels.explode().to_frame("text").select(_key("text"))["text"].to_list()
    names: list[str] = []
    start = 0
    for row, texts in zip(table.iter_rows(named=True), labels.to_list(), strict=True):
        known = set(keys[start : start + len(texts)])
        start += len(texts)
        if row["code"] in exceptions.names:
            names.append(exceptions.names[row["code"]])
        elif row["key"] and (row["key"] in known or row["key"] == row["english_key"]):
            names.append(plain_spelling(row["geonames"], row["country"]))
        elif row["english"]:
            names.append(plain_spelling(row["english"], row["country"]))
        else:
            names.append(plain_spelling(_plain(row["label"]), row["country"]))
    return pl.Series("name", names, dtype=pl.String)


def plain_spelling(name: str, country: str) -> str:
    """A name as English text writes it: no marks of transliteration, no tone marks, plain apostrophes.

    Marks of languages that are written in Latin letters stay ("Malmö", "Eskişehir"), except Vietnamese.

    >>> plain_spelling("Rājkot", "IN"), plain_spelling("Xi’an", "CN"), plain_spelling("Cần Thơ", "VN")
    ('Rajkot', "Xi'an", 'Can Tho')
    """
    name = re.sub("[’‘ʻʼ`]", "'", name).replace("'", "" if country == "RU" else "'")
    if country == "VN":
        name = name.translate(_ASCII_LETTERS)
    elif country in LATIN_MARKS or not _TRANSLITERATED.search(unicodedata.normalize("NFD", name)):
        return name
    letters = "".join(letter for letter in unicodedata.normalize("NFD", name) if not unicodedata.combining(letter))
    return letters.strip("'")


def _plain(label: str) -> str:
    match = _PARENTHESES.match(label)
    return (match[2] if match else label).replace("M.M.A.", "").split(",")[0].strip()


def named_centres(wup: pl.DataFrame, anchors: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Anchors of the further cities that a label names ("Shizuoka-Hamamatsu").

    Each part of a label that is the name of a GeoNames place of CENTRE_POPULATION and more in the country, within
    CENTRE_KM of the point and outside its core, gets an anchor with the radius of its own GeoNames population.
    """
    parts = pl.DataFrame(
        [(code, part.strip()) for code, label in wup.select("code", "label").iter_rows()
         for part in _PARTS.split(label.replace("M.M.A.", "").split("(")[0])],
        schema={"code": pl.String, "text": pl.String},
        orient="row",
    ).filter(pl.col("text").str.len_chars() > 2).with_columns(key=_key("text"))  # fmt: skip
    parts = parts.filter(pl.len().over("code") > 1)
    large = places.filter(pl.col("population") >= CENTRE_POPULATION)
    keys = (
        pl.concat([large.select("place", text="name"), large.select("place", text="alternates").explode("text")])
        .drop_nulls()
        .select("place", key=_key("text"))
        .unique()
    )
    spot = large.select("place", "name", "country", "population", to_latitude="latitude", to_longitude="longitude")
    found = (
        parts.join(keys, on="key", how="inner")
        .join(spot, on="place", how="inner")
        .join(wup.select("code", "country", "latitude", "longitude", reach="radius_km"), on=["code", "country"])
    )
    distance = distance_km(
        *(found[name].to_numpy() for name in ("latitude", "longitude", "to_latitude", "to_longitude"))
    )
    chosen = (
        found.with_columns(distance_km=pl.Series(distance))
        .filter((pl.col("distance_km") <= CENTRE_KM) & (pl.col("distance_km") > CORE * pl.col("reach")))
        .sort(["code", "key", "population", "place"], descending=[False, False, True, False])
        .unique(["code", "key"], keep="first", maintain_order=True)
        .join(anchors.select("city", code="wup_code"), on="code", how="inner", validate="m:1")
    )
    return chosen.with_columns(
        wup_code="code",
        latitude="to_latitude",
        longitude="to_longitude",
        radius_km=pl.Series(radius_km(chosen["population"].to_numpy() / 1000), dtype=pl.Float64),
        file=pl.lit("geonames"),
        row=pl.col("place").cast(pl.String),
    ).select(anchors.columns)


def slugs(frame: pl.DataFrame, places: pl.DataFrame) -> pl.Series:
    """Unique ASCII slugs, in the order of `frame`.

    The most populous of several cities of one name has the plain slug ("valencia"); the others carry their country
    ("valencia-ve"), and where that is taken the GeoNames division ("columbus-us-ga"), at last the id.
    """
    base = frame.select(pl.col("name").map_elements(_ascii, return_dtype=pl.String))["name"].to_list()
    admin1 = dict(places.select("place", "admin1").iter_rows())
    order = frame.with_row_index("row").sort(["population_thousands", "city"], descending=[True, False])
    taken: set[str] = set()
    result = [""] * len(frame)
    for row, city, country in order.select("row", "city", "country").iter_rows():
        stem = base[row] or "city"
        division = str(admin1.get(city) or "").lower()
        tries = [stem, f"{stem}-{country.lower()}", f"{stem}-{country.lower()}-{division}".rstrip("-")]
        slug = next((text for text in tries if text not in taken), f"{stem}-{country.lower()}-{abs(city)}")
        taken.add(slug)
        result[row] = slug
    return pl.Series("slug", result, dtype=pl.String)


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.translate(_ASCII_LETTERS).lower())
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"['’‘`ʻʼ\u0300-\u036f]", "", plain)).strip("-")
