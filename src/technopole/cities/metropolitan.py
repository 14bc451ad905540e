"""Titles of American metropolitan areas ("New York-Newark-Jersey City, NY-NJ-PA"): which city places them."""

from __future__ import annotations

from typing import Final, Protocol

import polars as pl

from technopole.core.types import RINGS, Boundary

HYPHENATED: Final = r"\b(Winston)-(Salem)\b|\b(Wilkes)-(Barre)\b"
"""Cities with a hyphen of their own; every other hyphen of a title stands between two cities."""
HYPHEN: Final = "\u2010"


class Resolver(Protocol):
    """What is needed of resolve.Resolver."""

    def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
        """Answer each query, in order: ``ring`` is null where the name lies in no city of the frame."""
        ...


def named_cities(titles: pl.Series) -> pl.Series:
    """Cities that each title names, in its order.

    >>> titles = ["Urban Honolulu, HI", "Greensboro-Winston-Salem, NC", "Louisville/Jefferson County, KY-IN"]
    >>> named_cities(pl.Series(titles)).to_list()
    [['Honolulu'], ['Greensboro', 'Winston-Salem'], ['Louisville', 'Jefferson County']]
    """
    kept = titles.str.replace(r"^Urban ", "").str.replace_all(HYPHENATED, f"${{1}}${{3}}{HYPHEN}${{2}}${{4}}")
    cities = kept.str.extract(r"^([^,]+)").str.replace_all(r"[-/]+", "-").str.split("-")
    return cities.list.eval(pl.element().str.replace_all(HYPHEN, "-").str.strip_chars())


def first_states(titles: pl.Series) -> pl.Series:
    """Postal letters of the first state of each title; null where a title names none."""
    return titles.str.extract(r", ([A-Z]{2})(?:-[A-Z]{2})*(?:\s|$)")


def placing_city(titles: pl.Series, cities: Resolver) -> pl.Series:
    """Name by which an area is placed: the first city of its title that lies in an agglomeration, else the first.

    North Port-Sarasota-Bradenton is Sarasota's: North Port is a town beside it that grew past it.
    """
    table = pl.DataFrame({"title": titles.unique(maintain_order=True)})
    table = table.with_columns(name=named_cities(table["title"]), admin1=first_states(table["title"]))
    asked = table.explode("name")
    queries = asked.select("name", "admin1", country=pl.lit("US"))
    found = cities.resolve(queries)["ring"] <= RINGS.index(Boundary.AGGLOMERATION)
    inside = asked.with_columns(inside=found.fill_null(value=False))
    chosen = inside.group_by("title", maintain_order=True).agg(
        pl.coalesce(pl.col("name").filter("inside").first(), pl.col("name").first())
    )
    return pl.DataFrame({"title": titles}).join(chosen, on="title", how="left", maintain_order="left")["name"]
