"""Entries made from an edition's observations: one rule a variable, the figure equal to the observation.

A rule says what the variable shows that a city has or does; it adds no fact that the source doesn't hold. Where the
source names the organisations (a record's key), the entry names them; where it doesn't, `by` says in one word who they
are. Sources tell no beginning, so `since` is absent. `technopole.publish.derived_initiatives` writes the files.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from technopole.core.types import RINGS, Boundary
from technopole.initiatives.register import Figure, Initiative, Observed, Source
from technopole.initiatives.reviews import Review
from technopole.observations.variables import Meta

SHOWN_ROWS: Final = 3


@dataclass(frozen=True)
class Rule:
    """How one variable becomes an entry.

    `what` and `by` may hold {names} (the keys of the records, spelled by `names` where they are codes), {period}, and
    {earlier}: what `instead_of`, a variable that is left out where this one has a value, says.
    """

    id: str
    source: str
    variable: str
    theme: str
    what: str
    by: str
    names: tuple[tuple[str, str], ...] = ()
    instead_of: str | None = None


CLOUDS: Final = (
    ("alibaba", "Alibaba Cloud"),
    ("aws", "Amazon Web Services"),
    ("azure", "Microsoft Azure"),
    ("digitalocean", "DigitalOcean"),
    ("gcp", "Google Cloud"),
    ("ibm", "IBM Cloud"),
    ("linode", "Linode"),
    ("oci", "Oracle Cloud"),
    ("vultr", "Vultr"),
)

RULES: Final = (
    Rule(
        "robotaxi_companies",
        "robotaxi",
        "robotaxi_services",
        "automobiles",
        "Automated vehicles carry passengers, open to all or by waiting list, some with a person aboard; the log may "
        "miss that a service has ended quietly.",
        "{names}",
    ),
    Rule(
        "robotaxi_testers",
        "robotaxi",
        "robotaxi_testing",
        "automobiles",
        "Automated vehicles are tested on the streets with a view to a service for passengers.",
        "{names}",
    ),
    Rule(
        "cloud_regions",
        "cloud_regions",
        "cloud_providers",
        "communication_services",
        "Providers of public computing clouds run a region here, so that data stay near; nine of them were looked at.",
        "{names}",
        CLOUDS,
    ),
    Rule(
        "metro_2026",
        "china_metro",
        "china_metro_km_2026",
        "efficient_transport",
        "Lines of the metro, measured from station to station on its map: an estimate of {period}. The world's list of "
        "2023-06 has {earlier}; part of the difference is the way of measuring.",
        "Operators of the metro",
        instead_of="metro_length_km",
    ),
    Rule(
        "metro",
        "metro_systems",
        "metro_length_km",
        "efficient_transport",
        "A metro apart from road traffic; suburban railways and trams don't count, nor what opened after June 2023.",
        "Operators of the metro",
    ),
    Rule(
        "bicycle_networks",
        "bike_share",
        "bike_networks",
        "efficient_transport",
        "Bicycles can be hired from networks that publish in real time where they stand.",
        "Operators of shared bicycles",
    ),
    Rule(
        "data_catalogues",
        "common_data_index",
        "government_catalogues",
        "digital_public_services",
        "Governments of the city and of places within it publish their data in catalogues for anyone to use.",
        "Local governments",
    ),
    Rule(
        "design_city_title",
        "design_cities",
        "design_city",
        "industrial_design",
        "The city applied for the title of UNESCO City of Design and has been given it.",
        "City government",
    ),
    Rule(
        "wifi_kiosks",
        "public_wifi",
        "public_wifi_kiosks",
        "public_wifi",
        "Kiosks in the streets that give free access to the internet and are marked as working.",
        "City government and its concession holder",
    ),
    Rule(
        "semiconductor_plants",
        "semiconductor_fabs",
        "semiconductor_plants",
        "high_tech_companies",
        "Plants that make semiconductors stand in or near the city, by a list that doesn't say which have closed.",
        "Makers of semiconductors",
    ),
    Rule(
        "unicorns_since_2020",
        "unicorns",
        "unicorns_since_2020",
        "venture_capital",
        "Private companies based here were valued at a billion dollars or more for the first time since 2020.",
        "Founders and investors, as CB Insights knows them",
    ),
    Rule(
        "developer_conferences",
        "tech_conferences",
        "developer_conferences",
        "startups",
        "Developers meet at conferences in the city; those of {period} that volunteers have listed are counted.",
        "Organisers of conferences",
    ),
)


def derive(
    tables: Mapping[str, pl.DataFrame],
    metas: Mapping[str, Meta],
    cities: Mapping[int, str],
    seen: datetime.date,
) -> list[tuple[Initiative, Review]]:
    """Make the entries of some cities, city by city in the given order, each with the rows that were read.

    Parameters
    ----------
    tables : observations, evidence and files of an edition.
    metas : declarations of its sources, by id. cities : id -> slug. seen : the day on which they were read.
    """
    made = []
    values = _values(tables["observations"], cities)
    rows = _rows(tables["evidence"], tables["files"], cities)
    for city, slug in cities.items():
        for rule in _applying(values.get(city, {})):
            held = values[city]
            read = rows.get((city, rule.variable), {})
            made.append(_entry(rule, metas[rule.source], slug, held, read, seen))
    return made


def _values(observations: pl.DataFrame, cities: Mapping[int, str]) -> dict[int, dict[str, dict[str, Any]]]:
    """City -> variable -> value, unit and period, where the value is above zero."""
    wanted = [rule.variable for rule in RULES]
    here = observations.filter(
        (pl.col("level") == "city") & (pl.col("boundary") == Boundary.AGGLOMERATION.value) & (pl.col("value") > 0),
        pl.col("variable").is_in(wanted),
    ).with_columns(place=pl.col("place").cast(pl.Int64))
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for row in here.filter(pl.col("place").is_in(list(cities))).iter_rows(named=True):
        found.setdefault(row["place"], {})[row["variable"]] = row
    return found


def _rows(
    evidence: pl.DataFrame, files: pl.DataFrame, cities: Mapping[int, str]
) -> dict[tuple[int, str], dict[str, Any]]:
    """City and variable -> names, the first file and its rows, within the agglomeration."""
    wanted = [rule.variable for rule in RULES]
    inside = evidence.filter(pl.col("variable").is_in(wanted), pl.col("ring") <= RINGS.index(Boundary.AGGLOMERATION))
    joined = inside.with_columns(place=pl.col("place").cast(pl.Int64)).filter(pl.col("place").is_in(list(cities)))
    grouped = (
        joined.join(files.select("file", "path"), on="file", validate="m:1")
        .sort("path", pl.col("row").str.len_chars(), "row")
        .group_by("place", "variable", maintain_order=True)
        .agg(names=pl.col("key").drop_nulls().unique().sort(), path=pl.col("path").first(), rows=pl.col("row"))
    )
    return {(row["place"], row["variable"]): row for row in grouped.iter_rows(named=True)}


def _applying(held: Mapping[str, Any]) -> list[Rule]:
    replaced = {rule.instead_of for rule in RULES if rule.variable in held}
    return [rule for rule in RULES if rule.variable in held and rule.variable not in replaced]


def _entry(
    rule: Rule, meta: Meta, slug: str, held: Mapping[str, Any], rows: Mapping[str, Any], seen: datetime.date
) -> tuple[Initiative, Review]:
    found, replaced = held[rule.variable], held.get(rule.instead_of or "")
    earlier = "none" if replaced is None else f"{replaced['value']:,.6g} {replaced['unit']}"
    spelled = dict(rule.names)
    names = _listed([spelled.get(name, name) for name in rows.get("names", ())])
    entry = Initiative(
        id=rule.id,
        city=slug,
        theme=rule.theme,
        what=rule.what.format(names=names, period=found["period"], earlier=earlier),
        by=rule.by.format(names=names),
        figure=Figure(value=found["value"], unit=found["unit"], year=period_year(found["period"])),
        source=Source(title=meta.title, publisher=meta.producer, address=meta.url, seen=seen),
        kind="derived",
        observation=Observed(source=rule.source, variable=rule.variable),
    )
    said = f"{found['variable']} {found['value']:g} {found['unit']}, {found['period']}"
    return entry, Review(slug, rule.id, _place_of(rows, rule.source), seen, said)


def _listed(names: Sequence[str]) -> str:
    """Join as a reader writes it: "A, B and C"."""
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part) if names else ""


def _place_of(rows: Mapping[str, Any], source: str) -> str:
    """Name the file and its first rows, as an edition keeps them."""
    if not rows:
        return f"observations of {source}"
    shown = ", ".join(rows["rows"][:SHOWN_ROWS])
    more = len(rows["rows"]) - SHOWN_ROWS
    return f"{rows['path']} row{'s' if len(rows['rows']) > 1 else ''} {shown}{f' and {more} more' if more > 0 else ''}"


def period_year(period: str) -> int:
    """Last year that a period names; the year before it where the period says "before".

    >>> period_year("2022-2026"), period_year("before 2023"), period_year("as of 2026-02-09")
    (2026, 2022, 2026)
    """
    years = re.findall(r"\b(?:18|19|20)\d\d\b", period)
    return int(years[-1]) - period.startswith("before ")
