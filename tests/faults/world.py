"""A miniature to break: three real sources on their hand-written samples, sixty cities, two versions of everything.

`make` writes it into a folder; `World` reads it there. Two versions (frameworks, rows, upstream files) differ, so that
what a killed writer left can be told to be the one or the other, whole, or neither.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from technopole.cities.tables import CityTables
from technopole.editions.build import Plan
from technopole.editions.read import open_edition
from technopole.editions.shipped import default_framework
from technopole.indicators.declarations import Catalogue, catalogue
from technopole.indicators.recipes import variables_behind
from technopole.observations.variables import Meta
from technopole.snapshots.upstream import LOCK_COLUMNS, UpstreamFile, sha256_of
from technopole.sources.registry import Source, load_source

SOURCES = ("unicorns", "metro_systems", "cloud_regions")  # a workbook, a CSV file, JSON files
VERSIONS = ("a", "b")
CITIES = 60
BULK_BYTES = 3_000_000
ANY = {"total": [0, 1e12], "records": [0, 10**9], "places": [0, 10**6], "value": [-1e12, 1e12], "resolved_share": 0}
DECLARED = """
sources:
  - {id: survey, title: A survey, licence: CC0, licence_class: open, citation: Ours., vintage: "2026",
     variables: [{id: makerspaces, title: Makerspaces, unit: places, period: "2026"}]}
indicators:
  - {id: makerspaces, title: Makerspaces, question: "How many?", unit: places, kind: count, direction: 1,
     variable: makerspaces}
"""


@dataclass(frozen=True)
class World:
    """The miniature in its folder."""

    folder: Path

    @property
    def mirror(self) -> Path:
        """Upstream files of version a."""
        return self.folder / "mirror-a"

    @property
    def stages(self) -> Path:
        """What a build of everything has reached."""
        return self.folder / "stages.txt"

    def framework(self, version: str) -> Path:
        """A framework file; the versions weigh differently."""
        return self.folder / f"framework-{version}.yaml"

    def rows(self, version: str) -> Path:
        """Rows of a user's own."""
        return self.folder / f"rows-{version}.csv"

    @property
    def declared(self) -> Path:
        """Declarations of a user's own."""
        return self.folder / "own.yaml"

    def edition(self, version: str) -> Path:
        """A built edition, once `kills` has made it."""
        return self.folder / f"edition-{version}"

    def plan(self) -> Plan:
        """What the miniature is built of."""
        sources = tuple(
            Source(Meta.model_validate(yaml.safe_load((folder / "meta.yaml").read_text(encoding="utf-8"))), folder)
            for folder in (self.folder / "sources" / name for name in SOURCES)
        )
        known = {one.id for source in sources for one in source.meta.variables}
        chosen = [one for one in catalogue().indicators if one.recipe is None and variables_behind(one) <= known]
        indicators = tuple(one.model_copy(update={"error": None}) for one in chosen)
        return Plan(sources, Catalogue(indicators=indicators), CityTables.read(self.folder / "cities"))

    def pins(self, version: str) -> list[UpstreamFile]:
        """Pins of every file of a version of the mirror, one of some megabytes among them."""
        folder = self.folder / f"mirror-{version}"
        return [pin(path, folder) for path in sorted(folder.rglob("*")) if path.is_file()]

    def pins_file(self, version: str) -> Path:
        """The same as a file."""
        return self.folder / f"pins-{version}.csv"


def pin(path: Path, mirror: Path, url: str = "") -> UpstreamFile:
    """Pin a file as it is."""
    name = path.relative_to(mirror).as_posix()
    return UpstreamFile(name, url, path.stat().st_size, sha256_of(path), "pinned", "open")


def make(folder: Path) -> World:
    """Write the miniature."""
    world = World(folder)
    _write_cities(folder / "cities")
    for version in VERSIONS:
        mirror = folder / f"mirror-{version}"
        for name in SOURCES:
            shutil.copytree(load_source(name).folder / "sample", mirror, dirs_exist_ok=True)
        (mirror / "bulk").mkdir()
        (mirror / "bulk" / "rows.bin").write_bytes(version.encode() * BULK_BYTES)
        world.framework(version).write_text(yaml.safe_dump(_framework(version), sort_keys=False), encoding="utf-8")
        if version == "b":
            with (mirror / "metro_systems" / "metro_systems.csv").open("a", encoding="utf-8") as handle:
                handle.write("\n")
        rows = [
            f"makerspaces,{slug},{number + 7 * VERSIONS.index(version)}" for number, slug in enumerate(_slugs(folder))
        ]
        world.rows(version).write_text("\n".join(["variable,place,value", *rows]) + "\n", encoding="utf-8")
    world.declared.write_text(DECLARED, encoding="utf-8")
    for name in SOURCES:
        _write_source(name, folder / "sources" / name, world.mirror)
    return world


def _slugs(folder: Path) -> list[str]:
    return pl.read_parquet(folder / "cities" / "frame.parquet")["slug"].to_list()[:20]


def _write_cities(folder: Path) -> None:
    """The largest cities of the shipped frame, and what belongs to them."""
    every = open_edition().cities()
    frame = every.frame.sort("population_thousands", "city", descending=[True, False]).head(CITIES).sort("city")
    mine = pl.col("city").is_in(frame["city"].implode())
    gazetteer = every.gazetteer.filter(mine & (pl.col("population") > 200_000))
    parts: dict[str, Any] = {
        "frame": frame,
        "anchors": every.anchors.filter(mine),
        "names": every.names.filter(mine),
        "gazetteer": gazetteer,
        "aliases": every.aliases.filter(pl.col("place").is_in(gazetteer["place"].implode())),
    }
    others = {one.name: getattr(every, one.name) for one in fields(every) if one.name not in parts}
    folder.mkdir()
    CityTables(**parts, **others).write(folder)


def _framework(version: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(default_framework().read_text(encoding="utf-8"))
    data["id"] = "miniature"
    weight = {"a": 1, "b": 3}[version]
    leaves: Mapping[str, list[dict[str, Any]]] = {
        "makes": [{"indicator": "unicorns", "weight": weight}],
        "lives": [{"indicator": "metro_length", "weight": 1}, {"indicator": "cloud_providers", "weight": weight}],
    }
    data["tree"] = [
        {"id": side, "title": side, "weight": 1,
         "children": [{"id": f"{side}_all", "title": side, "weight": 1, "children": children}]}
        for side, children in leaves.items()
    ]  # fmt: skip
    data["eligibility"] = {"least_share": 0.5, "least_nonzero": 0}
    data["method"] |= {"draws": 2, "neighbours": 3}
    data["uncertainty"] |= {"replicates": 20, "relative_error": {}}
    return data


def _write_source(name: str, folder: Path, mirror: Path) -> None:
    """The real declaration with checks that a sample passes, and a lock of the sample."""
    real = load_source(name)
    declared = yaml.safe_load((real.folder / "meta.yaml").read_text(encoding="utf-8"))
    declared["variables"] = [{**one, "expected": ANY} for one in declared["variables"]]
    folder.mkdir(parents=True)
    (folder / "meta.yaml").write_text(yaml.safe_dump(declared, allow_unicode=True), encoding="utf-8")
    with (folder / "lock.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(LOCK_COLUMNS)
        for path in sorted((mirror / name).rglob("*")):
            one = pin(path, mirror)
            writer.writerow([getattr(one, column) for column in LOCK_COLUMNS])
