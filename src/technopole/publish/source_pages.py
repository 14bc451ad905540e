"""The facts of each source in docs/sources/: written from its declaration and from what the edition holds of it.

``python -m technopole.publish.source_pages [FOLDER]`` writes them between the markers of each page, from the shipped
edition or the one in FOLDER. What stands outside the markers (how rows become numbers, bias, independent counts) was
written by people.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl

from technopole.cities.countries import country_name
from technopole.cities.describe import END, MARKER, rewrite
from technopole.core.types import Boundary, Level
from technopole.editions.declared import declared_sources
from technopole.editions.read import Edition, open_edition
from technopole.editions.shipped import repository
from technopole.observations.variables import Correction, Meta, Variable
from technopole.publish.coverage import country_counts
from technopole.publish.evidence import source_roles
from technopole.publish.pages import stamp, table
from technopole.sources.registry import all_source_ids, load_source

PART: Final = "facts"
LARGEST: Final = 10
COUNTRIES: Final = 25
"""Countries of a source's table, largest first; the rest is added up in its last line."""
ROLES: Final = {
    "score": "an indicator of the framework is made of it",
    "range": "it tells how wrong such an indicator may be, and widens ranges",
    "evidence": "it is shown, and enters no score",
    "check": "nothing shown rests on it",
}


def facts(edition: Edition, name: str) -> str:
    """Markdown of the generated part of one source's page; an adapter's says only what is declared."""
    meta = load_source(name).meta
    held = name in edition.sources
    if held:
        meta = declared_sources(edition)[name].model_copy(update={"corrections": meta.corrections})
    parts = [
        "## Facts",
        _intro(edition, name),
        table(["", ""], _declared(edition, meta, held=held)),
        "### What absence means",
        table(["variable", "unit", "period", "level", "absence", "under-covered", "why"], _absence(meta)),
        "### Declared corrections",
        _corrections(meta.corrections),
        *(["### What the source can't tell", "\n".join(f"- {one}" for one in meta.limits)] if meta.limits else []),
        *(_held(edition, meta) if held else []),
    ]
    return "\n\n".join(parts) + "\n"


def _intro(edition: Edition, name: str) -> str:
    how = f"Written by `python -m technopole.publish.source_pages` from edition {edition.id} and `{name}/meta.yaml`"
    if name in edition.sources:
        return f"{how}."
    return f"{how}. This is an adapter: it reads a file that you bring (`technopole data observe {name} FILE`)."


def _declared(edition: Edition, meta: Meta, *, held: bool) -> list[list[str]]:
    role = f"adapter: {meta.licence_class}, never in a shipped edition"
    if held:
        short = source_roles(edition)[meta.id]
        role = f"{short}: {ROLES[short]}"
    rows = [
        ["title", meta.title], ["producer", meta.producer], ["address", f"<{meta.url}>" if meta.url else ""],
        ["licence", f"{meta.licence} (class {meta.licence_class})"], ["citation", meta.citation],
        ["vintage", meta.vintage], ["what it holds", meta.what], ["role", role], ["files", _files(meta.id)],
    ]  # fmt: skip
    if held:
        source = edition.sources[meta.id]
        rows += [
            ["records", f"{source['records']:,}"],
            ["not placed", f"{source['unresolved_records']:,} records"],
            ["left out by rule", _share(source["left_out_share"])],
            ["resolved", _share(source["resolved_share"])],
        ]
    return rows


def _files(name: str) -> str:
    """Number and size of the pinned files, by kind."""
    lock = load_source(name).lock().values()
    kinds = sorted({one.kind for one in lock})
    said = [
        f"{len(mine):,} {kind} ({sum(one.bytes for one in mine) / 1e6:,.2f} MB)"
        for kind in kinds
        for mine in [[one for one in lock if one.kind == kind]]
    ]
    return ", ".join(said)


def _share(share: float | None) -> str:
    return "no city-level variable" if share is None else f"{100 * share:.1f} % of the amount of its first variable"


def _absence(meta: Meta) -> list[list[str]]:
    """One line a variable; the words are those of the declaration."""
    return [
        [f"`{one.id}`: {one.title}", one.unit, one.period, one.level, one.absence.default,
         " ".join(one.absence.missing_in), one.absence.why]
        for one in meta.variables
    ]  # fmt: skip


def _corrections(corrections: Iterable[Correction]) -> str:
    rows = [
        [one.file, "; ".join(f"{key} = {'empty' if cell is None else cell}" for key, cell in one.match.items()),
         "row dropped" if one.drop else f"{one.column}: {one.expect or 'empty'} → {one.value or 'empty'}", one.why]
        for one in corrections
    ]  # fmt: skip
    return table(["file", "rows", "correction", "why"], rows) if rows else "None."


def _held(edition: Edition, meta: Meta) -> list[str]:
    """Coverage by country and largest cities of the city-level variables; largest countries of the others."""
    city_level = [one for one in meta.variables if one.level == Level.CITY.value]
    return [
        *(_countries(edition, meta.id) if city_level else []),
        *(_largest(edition, meta.variables)),
    ]  # fmt: skip


@lru_cache(maxsize=1)
def _counts(edition: Edition) -> pl.DataFrame:
    """Records by country, counted once for all pages."""
    return country_counts(edition)


def _countries(edition: Edition, source: str) -> list[str]:
    counts = (
        _counts(edition)
        .filter(source=source)
        .group_by("country")
        .agg(pl.col("placed", "unplaced", "left_out").sum())
        .with_columns(total=pl.col("placed") + pl.col("unplaced") + pl.col("left_out"))
        .sort("total", "country", descending=[True, False], nulls_last=True)
    )
    named, unnamed = counts.filter(pl.col("country").is_not_null()), counts.filter(pl.col("country").is_null())
    keys = ("placed", "unplaced", "left_out")
    rows = [
        [f"{country_name(one['country'])} ({one['country']})", *(f"{one[key]:,}" for key in keys)]
        for one in named.head(COUNTRIES).iter_rows(named=True)
    ]
    rest = named.slice(COUNTRIES)
    if rest.height:
        rows.append([f"{rest.height} further countries", *(f"{rest[key].sum():,}" for key in keys)])
    if unnamed.height:
        rows.append(["no country named", *(f"{unnamed[key].sum():,}" for key in keys)])
    return [
        "### Coverage by country",
        f"Records of the city-level variables in {named.height} countries: placed in a city of the frame, not placed, "
        "and left out by a declared rule. A country that isn't here has no record.",
        table(["country", "placed", "not placed", "left out"], rows, ("placed", "not placed", "left out")),
    ]


def _largest(edition: Edition, variables: Iterable[Variable]) -> list[str]:
    """The ten places with the largest value of each variable, under the default boundary."""
    observed = edition.table("observations").filter(boundary=Boundary.AGGLOMERATION.value)
    cities = edition.frame().select("slug", "name", "country", place=pl.col("city").cast(pl.String))
    rows = []
    for variable in variables:
        mine = observed.filter(variable=variable.id, level=variable.level).join(
            cities, on="place", how="left", validate="m:1"
        )
        first = mine.sort("value", "place", descending=[True, False]).head(LARGEST)
        listed = [
            f"{one['name'] or _place(one['place'])} {one['value']:,.6g}" for one in first.iter_rows(named=True)
        ]  # fmt: skip
        rows.append([f"`{variable.id}`", f"{mine.height:,}", "; ".join(listed) or "none"])
    return [
        f"### The {LARGEST} largest",
        "Under the agglomeration boundary, in the unit of each variable; nothing is chosen but by its value. Where "
        "fewer is better, the largest are the worst.",
        table(["variable", "places", "largest"], rows, ("places",)),
    ]


def _place(code: str) -> str:
    return f"{country_name(code)}" if len(code) == 2 else code


def index(edition: Edition) -> str:
    """Text of docs/sources/index.md: every source, one line each."""
    roles = source_roles(edition)
    rows = [
        [f"[{name}]({name}.md)", meta.title, meta.producer, f"{meta.licence_class}", meta.vintage,
         roles.get(name, "adapter")]
        for name in all_source_ids() for meta in [load_source(name).meta]
    ]  # fmt: skip
    return (
        f"{stamp(edition)}# Sources\n\n"
        f"{len(edition.sources)} sources are in edition {edition.id}; the adapters read a file that you bring, whose "
        "licence keeps its figures out of what we ship. Written by `python -m technopole.publish.source_pages`.\n\n"
        f"{table(['source', 'title', 'producer', 'licence class', 'vintage', 'role'], rows)}\n"
    )


def page_with_facts(text: str, part: str) -> str:
    """A page with its generated part in place; one that has no markers yet gets them at its end."""
    start = MARKER.format(PART)
    if start not in text:
        text = f"{text.rstrip()}\n\n{start}\n{END}\n"
    return rewrite(text, {PART: part})


def main() -> None:
    """Write the pages; the first word of the command line may name the folder of another edition."""
    edition = open_edition(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    folder = repository() / "docs" / "sources"
    for name in all_source_ids():
        path = folder / f"{name}.md"
        if not path.is_file():
            path.write_text(f"# {name}\n", encoding="utf-8")
        path.write_text(page_with_facts(path.read_text(encoding="utf-8"), facts(edition, name)), encoding="utf-8")
    (folder / "index.md").write_text(index(edition), encoding="utf-8")


if __name__ == "__main__":
    main()
