"""How much of each source is resolved, by weight: the tables of docs/resolution.md.

``python -m technopole.publish.resolution_shares [MIRROR]`` reads every source from the mirror with the shipped
reference tables, and rewrites what stands between the markers of the page. It needs the mirror: an edition carries
no amounts of what wasn't placed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from technopole.cities.describe import rewrite
from technopole.cities.resolve import Resolver
from technopole.core.types import Level
from technopole.editions.read import open_edition
from technopole.editions.shipped import repository
from technopole.observations.variables import Meta, Variable
from technopole.publish.pages import table
from technopole.publish.resolution_sample import OUTSIDE
from technopole.snapshots.upstream import Upstream, mirror_folder
from technopole.sources.registry import Source, load_source, source_ids

PAGE: Final = "docs/resolution.md"
PROMISED: Final[dict[str, tuple[float, tuple[str, ...]]]] = {
    "listed companies (financedatabase)": (0.93, ("listed_companies",)),
    "the same and the registers of China, Japan, Korea and Taiwan, added up": (
        0.93,
        (
            "listed_companies",
            "listed_china_companies",
            "listed_japan_companies",
            "listed_korea_companies",
            "listed_taiwan_companies",
        ),
    ),
    "unicorns": (0.97, ("unicorns",)),
    "computer-science papers (csmetrics, its four variables)": (
        0.92,
        (
            "computer_science_papers",
            "robotics_papers",
            "electronics_design_papers",
            "ubiquitous_computing_papers",
        ),
    ),
}
"""What is promised to be resolved: least share, and the variables that are added up, by weight."""


@dataclass(frozen=True)
class Shares:
    """Shares of the amount of one variable; the four parts add up to 1.

    Attributes
    ----------
    amount : of all records, placed or not, in the variable's unit.
    in_frame : in a city of the frame.
    outside : the place is known and lies in no city of the frame.
    left_out : left out by a rule that the source declares (`Meta.left_out`): many sites, online, a registration.
    unresolved : everything else.
    """

    source: str
    variable: str
    amount: float
    in_frame: float
    outside: float
    left_out: float
    unresolved: float

    @property
    def resolved(self) -> float:
        """Share of the whole amount whose place is known."""
        return self.in_frame + self.outside

    @property
    def resolved_of_placeable(self) -> float:
        """The same of what no rule leaves out; 1 where a rule leaves out everything."""
        placeable = 1.0 - self.left_out
        return self.resolved / placeable if placeable > 0 else 1.0


def shares(records: pl.DataFrame, meta: Meta, variable: Variable) -> Shares | None:
    """Shares of one variable's records (RECORD_SCHEMA), by amount; None where there is nothing to place.

    A place outside the frame is known, whatever the source declares about it.
    """
    mine = records.filter((pl.col("variable") == variable.id) & (pl.col("level") == Level.CITY.value))
    total = float(mine["amount"].sum())
    if not total:
        return None
    rules = [pl.col("reason").str.starts_with(text).fill_null(value=False) for text in meta.left_out]
    kind = (
        pl.when(pl.col("place").is_not_null())
        .then(pl.lit("in_frame"))
        .when(pl.col("reason").str.starts_with(OUTSIDE))
        .then(pl.lit("outside"))
        .when(pl.any_horizontal([pl.lit(value=False), *rules]))
        .then(pl.lit("left_out"))
        .otherwise(pl.lit("unresolved"))
    )
    amounts = dict(mine.group_by(kind.alias("kind")).agg(pl.col("amount").sum()).iter_rows())
    parts = {name: amounts.get(name, 0.0) / total for name in ("in_frame", "outside", "left_out", "unresolved")}
    return Shares(meta.id, variable.id, total, **parts)


def all_shares(read: Callable[[Source], pl.DataFrame]) -> list[Shares]:
    """Shares of every variable about cities, in the order of the sources and of their declarations.

    Parameters
    ----------
    read : gives a source's records, placed with the shipped reference tables.
    """
    found = []
    for name in source_ids():
        source = load_source(name)
        variables = [one for one in source.meta.variables if one.level == Level.CITY.value]
        if variables:
            records = read(source)
            found += [one for variable in variables if (one := shares(records, source.meta, variable)) is not None]
    return found


def together(listed: list[Shares], variables: tuple[str, ...]) -> tuple[float, float]:
    """Share resolved of several variables added up: of everything, and of what can be placed."""
    chosen = [one for one in listed if one.variable in variables]
    resolved = sum(one.amount * one.resolved for one in chosen)
    everything = sum(one.amount for one in chosen)
    return resolved / everything, resolved / sum(one.amount * (1 - one.left_out) for one in chosen)


def promised_section(listed: list[Shares]) -> str:
    """Markdown table of what is promised and what is there, in percent."""
    rows = []
    for what, (least, variables) in PROMISED.items():
        shares_of = together(listed, variables)
        rows.append([what, f"{100 * least:.0f}", *(f"{100 * share:.1f}" for share in shares_of)])
    header = ["promised", "of everything", "of what can be placed"]
    return table(["resolved, by weight, in percent", *header], rows, header) + "\n"


def section(listed: list[Shares]) -> str:
    """Markdown table of the shares, in percent."""
    header = ["in a city", "known, outside", "left out by rule", "unresolved", "resolved", "of what can be placed"]
    rows = [
        [
            one.source,
            f"`{one.variable}`",
            *(
                f"{100 * share:.1f}"
                for share in (
                    one.in_frame,
                    one.outside,
                    one.left_out,
                    one.unresolved,
                    one.resolved,
                    one.resolved_of_placeable,
                )
            ),
        ]
        for one in listed
    ]
    return table(["source", "variable", *header], rows, header) + "\n"


def main() -> None:
    """Rewrite the tables of the page."""
    mirror = Path(sys.argv[1]) if len(sys.argv) > 1 else mirror_folder(repository())
    page = repository() / PAGE
    cities = Resolver(open_edition().cities())
    listed = all_shares(lambda source: source.records(Upstream(mirror, source.lock()), cities))
    parts = {"promised": promised_section(listed), "shares": section(listed)}
    page.write_text(rewrite(page.read_text(encoding="utf-8"), parts), encoding="utf-8")


if __name__ == "__main__":
    main()
