"""The city frame: agglomerations of WUP 2018 merged where they are one city, and GeoNames places outside them.

The rule (docs/cities.md): two agglomerations of one country are one city where the distance of their centres is less
than ``MERGE_FACTOR * (r1 + r2)``, single linkage, with ``radius_km`` of each one's own 2020 population; then the
reviewed exceptions. ``MERGE_FACTOR`` 0.25 means that the centres are closer than half their mean radius: each centre
lies in the other's core, so there is one core and one labour market. It was fixed before any result was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import polars as pl

from technopole.cities.countries import numeric_codes
from technopole.cities.exceptions import Exceptions, correct
from technopole.cities.points import distance_km
from technopole.core.errors import SourceCheckError, UpstreamError
from technopole.snapshots.tables import ROW, read_sheet
from technopole.snapshots.upstream import Upstream

WUP_FILE: Final = "wup2018/WUP2018-F12-Cities_Over_300K.xls"
WUP_HEADER_ROW: Final = 17
WUP_YEAR: Final = "2020"
WUP_POPULATION_THOUSANDS: Final = 300.0
PLACE_POPULATION: Final = 100_000
MERGE_FACTOR: Final = 0.25

Floats = npt.NDArray[np.float64]


def radius_km(population_thousands: npt.ArrayLike) -> Floats:
    """Radius of the agglomeration boundary: min(60, 11 + 11 * sqrt(population in millions)) km; nan stays nan.

    >>> radius_km([300.0, 4000.0, 37393.0]).round(1).tolist()
    [17.0, 33.0, 60.0]
    """
    millions = np.asarray(population_thousands, dtype=np.float64) / 1000.0
    return np.asarray(np.minimum(60.0, 11.0 + 11.0 * np.sqrt(millions)))


def read_wup(upstream: Upstream, exceptions: Exceptions) -> pl.DataFrame:
    """Agglomerations of 300,000 and more in 2020, corrected.

    Returns
    -------
    DataFrame with ``code, label, country, latitude, longitude, population_thousands, radius_km, file, row``, in the
    order of the file.

    Raises
    ------
    UpstreamError : a column is absent, a country or a number can't be read.
    SourceCheckError : a correction has expired.
    """
    table = read_sheet(upstream.open(WUP_FILE), header_row=WUP_HEADER_ROW, sheet="Data")
    needed = ("Country Code", "City Code", "Urban Agglomeration", "Latitude", "Longitude", WUP_YEAR)
    absent = [column for column in needed if column not in table.columns]
    if absent:
        raise UpstreamError(f"{WUP_FILE} lacks the column {absent[0]!r}.")
    table = correct(table, exceptions.corrections)
    rows = table.select(
        code=pl.col("City Code"),
        label=pl.col("Urban Agglomeration").str.replace_all(r"\s+", " "),
        country=pl.col("Country Code")
        .cast(pl.Int64, strict=False)
        .replace_strict(numeric_codes(), default=None, return_dtype=pl.String),
        latitude=pl.col("Latitude").cast(pl.Float64, strict=False),
        longitude=pl.col("Longitude").cast(pl.Float64, strict=False),
        population_thousands=pl.col(WUP_YEAR).cast(pl.Float64, strict=False),
        file=pl.lit(WUP_FILE),
        row=pl.col(ROW),
    ).filter(pl.col("code").is_not_null())
    broken = rows.filter(pl.any_horizontal(pl.all().is_null()))
    if len(broken):
        raise UpstreamError(f"{WUP_FILE} row {broken['row'][0]} lacks a number, a label or a known country.")
    rows = rows.filter(pl.col("population_thousands") >= WUP_POPULATION_THOUSANDS)
    return rows.with_columns(radius_km=pl.Series(radius_km(rows["population_thousands"].to_numpy())))


@dataclass(frozen=True)
class Groups:
    """Which agglomerations are one city.

    Attributes
    ----------
    members : for each city the WUP codes, head first, then by population; sorted by the head's row in the file.
    by_rule : pairs of codes that the distance rule links (before exceptions).
    """

    members: tuple[tuple[str, ...], ...]
    by_rule: tuple[tuple[str, str], ...]


def merge(wup: pl.DataFrame, exceptions: Exceptions) -> Groups:
    """Merge agglomerations by the rule, then by the declared exceptions.

    Raises
    ------
    SourceCheckError : an exception names an unknown code, another label, or two countries.
    """
    codes = wup["code"].to_list()
    position = {code: number for number, code in enumerate(codes)}
    _check_codes(wup, exceptions)
    apart = {item.code for item in exceptions.splits}
    links = [pair for pair in rule_links(wup) if not apart.intersection(pair)]
    parent = list(range(len(codes)))

    def root(number: int) -> int:
        while parent[number] != number:
            number = parent[number]
        return number

    declared = [
        (first, code) for item in exceptions.merges for first in [next(iter(item.members))] for code in item.members
    ]
    for one, other in [*links, *declared]:
        parent[root(position[other])] = root(position[one])
    groups: dict[int, list[str]] = {}
    for number, code in enumerate(codes):
        groups.setdefault(root(number), []).append(code)
    population = dict(zip(codes, wup["population_thousands"].to_list(), strict=True))
    named = {next(iter(item.members)) for item in exceptions.merges}
    members = [
        tuple(sorted(group, key=lambda code: (code not in named, -population[code], position[code])))
        for group in groups.values()
    ]
    return Groups(tuple(sorted(members, key=lambda group: position[group[0]])), tuple(links))


def rule_links(wup: pl.DataFrame, factor: float = MERGE_FACTOR) -> list[tuple[str, str]]:
    """Pairs of one country with distance < factor * (r1 + r2), in file order."""
    links: list[tuple[str, str]] = []
    for _, group in wup.group_by("country", maintain_order=True):
        north, east, radius = (group[name].to_numpy() for name in ("latitude", "longitude", "radius_km"))
        distance = distance_km(north[:, None], east[:, None], north[None, :], east[None, :])
        close = np.triu(distance < factor * (radius[:, None] + radius[None, :]), 1)
        code = group["code"].to_list()
        links += [(code[i], code[j]) for i, j in zip(*(part.tolist() for part in np.nonzero(close)), strict=True)]
    return links


def _check_codes(wup: pl.DataFrame, exceptions: Exceptions) -> None:
    label = dict(zip(wup["code"], wup["label"], strict=True))
    country = dict(zip(wup["code"], wup["country"], strict=True))
    named = [(code, text) for item in exceptions.merges for code, text in item.members.items()]
    named += [(item.code, item.city) for item in exceptions.splits]
    named += [(item.code, item.city) for item in exceptions.heads]
    named += [(code, label.get(code, "a known code")) for code in exceptions.names]
    for code, text in named:
        if label.get(code) != text:
            raise SourceCheckError(
                f"exceptions.yaml says that WUP {code} is {text!r}; it is {label.get(code)!r}:", "repair the entry."
            )
    for item in exceptions.merges:
        if len({country[code] for code in item.members}) > 1:
            raise SourceCheckError(f"exceptions.yaml merges {item.city} across countries:", "one city, one country.")
    seen = [code for item in exceptions.merges for code in item.members]
    if len(seen) != len(set(seen)):
        twice = next(code for code in seen if seen.count(code) > 1)
        raise SourceCheckError(f"exceptions.yaml merges WUP {twice} twice:", "join the two entries.")


def agglomerations(wup: pl.DataFrame, groups: Groups, heads: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Frame rows (without slug and Wikidata id) and anchors of the merged agglomerations.

    Parameters
    ----------
    heads : ``code, place, name``: GeoNames place and English name of each agglomeration, one line a code.
    """
    order = pl.DataFrame(
        [(group[0], code, rank) for group in groups.members for rank, code in enumerate(group)],
        schema={"head": pl.String, "code": pl.String, "rank": pl.Int64},
        orient="row",
    )
    table = order.join(wup, on="code", how="left", validate="1:1").join(heads, on="code", how="left", validate="1:1")
    city = pl.col("place").filter(pl.col("rank") == 0).first().over("head")
    table = table.with_columns(city=city)
    frame = (
        table.group_by("head", maintain_order=True)
        .agg(
            pl.col("city", "name", "country", "latitude", "longitude").first(),
            pl.col("population_thousands").sum(),
            members=pl.col("code").str.join(";"),
        )
        .with_columns(kind=pl.lit("agglomeration"))
    )
    frame = frame.with_columns(radius_km=pl.Series(radius_km(frame["population_thousands"].to_numpy())))
    anchors = table.select(
        "city", wup_code="code", name="label", latitude="latitude", longitude="longitude", radius_km="radius_km",
        file="file", row="row",
    )  # fmt: skip
    return frame, anchors


def further_anchors(exceptions: Exceptions, anchors: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    """Declared further centres: anchors with the radius of the centre's own GeoNames population.

    Raises
    ------
    SourceCheckError : an unknown code or place.
    """
    declared = pl.DataFrame(
        [(item.code, item.place) for item in exceptions.anchors],
        schema={"wup_code": pl.String, "place": pl.Int64},
        orient="row",
    )
    table = declared.join(
        anchors.select("wup_code", "city").unique(), on="wup_code", how="left", validate="m:1"
    ).join(
        places.select("place", "name", "latitude", "longitude", "population"), on="place", how="left", validate="m:1"
    )  # fmt: skip
    unknown = table.filter(pl.col("city").is_null() | pl.col("name").is_null())
    if len(unknown):
        raise SourceCheckError(f"exceptions.yaml: anchor {unknown.row(0)} is unknown:", "repair code or place.")
    radius = radius_km(table["population"].to_numpy() / 1000)
    return table.with_columns(
        radius_km=pl.Series(radius, dtype=pl.Float64),
        file=pl.lit("geonames"),
        row=pl.col("place").cast(pl.String),
    ).select(anchors.columns)


def bridging_anchors(anchors: pl.DataFrame) -> pl.DataFrame:
    """Anchors along the corridors of a merged city, so that a city is one connected area.

    Agglomerations merged as one labour market leave gaps between their circles: commuters, and here Stanford, live in
    them. The anchors of a city are joined by their minimum spanning tree; along each of its edges lie further anchors,
    at most half the smaller radius apart, with radii that pass evenly from one end's to the other's. A rule of
    geometry for every merged city of the world.

    Returns
    -------
    The bridging anchors, in the columns of `anchors`: name and wup_code null, file and row of the edge's first end.
    """
    rows: list[dict[str, object]] = []
    for _, group in anchors.group_by("city", maintain_order=True):
        ends = group.sort("row", "name").to_dicts()
        for one, other, distance in _spanning_edges(ends):
            count = int(np.ceil(distance / (0.5 * min(one["radius_km"], other["radius_km"])))) - 1
            for step in range(1, count + 1):
                share = step / (count + 1)
                between = {
                    column: (1 - share) * one[column] + share * other[column]
                    for column in ("latitude", "longitude", "radius_km")
                }
                rows.append({**one, **between, "wup_code": None, "name": None})
    return pl.DataFrame(rows, schema=anchors.schema)


def _spanning_edges(ends: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any], float]]:
    """Minimum spanning tree over great-circle distances (Prim; ties by position)."""
    joined, waiting, edges = [0], list(range(1, len(ends))), []
    while waiting:
        distance, start, end = min((_apart(ends[start], ends[end]), start, end) for start in joined for end in waiting)
        edges.append((ends[start], ends[end], distance))
        joined.append(end)
        waiting.remove(end)
    return edges


def _apart(one: dict[str, Any], other: dict[str, Any]) -> float:
    return float(distance_km(one["latitude"], one["longitude"], other["latitude"], other["longitude"]))


def outside_places(places: pl.DataFrame, anchors: pl.DataFrame, cities: pl.DataFrame) -> pl.DataFrame:
    """GeoNames places of 100,000 and more outside every agglomeration boundary of their country.

    Greedy by population (ties by id): a place is taken if it lies outside the circle of every agglomeration anchor and
    of every place taken before, in its own country. So districts and suburbs of a larger place are never cities.
    WUP lists every agglomeration of 300,000 and more, so a larger population of a place outside them is that of a
    district, a municipality or another place: it is cut to 300,000.

    Parameters
    ----------
    anchors : of the agglomerations; each has its own circle.
    cities : ``city, country, latitude, longitude, radius_km`` of the agglomerations; a merged city has a circle of
        its whole population around its head as well.

    Returns
    -------
    DataFrame with ``city, name, country, latitude, longitude, population_thousands, radius_km``.
    """
    circle = ("country", "latitude", "longitude", "radius_km")
    centres = pl.concat(
        [
            cities.select(circle),
            anchors.join(cities.select("city", "country"), on="city", how="left", validate="m:1").select(circle),
        ]
    )
    large = places.filter(pl.col("population") >= PLACE_POPULATION).sort(
        ["population", "place"], descending=[True, False]
    )
    taken: list[int] = []
    for (country,), group in large.group_by("country", maintain_order=True):
        own = centres.filter(pl.col("country") == country)
        north, east, reach = (own[name].to_numpy() for name in ("latitude", "longitude", "radius_km"))
        for place, latitude, longitude, population in group.select(
            "place", "latitude", "longitude", "population"
        ).iter_rows():
            if bool((distance_km(latitude, longitude, north, east) <= reach).any()):
                continue
            taken.append(place)
            north, east = np.append(north, latitude), np.append(east, longitude)
            reach = np.append(reach, radius_km(min(population / 1000, WUP_POPULATION_THOUSANDS)))
    kept = places.filter(pl.col("place").is_in(taken))
    thousands = np.minimum(kept["population"].to_numpy() / 1000, WUP_POPULATION_THOUSANDS)
    return kept.select(
        "name", "country", "latitude", "longitude", city="place", population_thousands=pl.Series(thousands)
    ).with_columns(radius_km=pl.Series(radius_km(thousands)))
