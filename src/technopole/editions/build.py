"""Build an edition: upstream files -> records -> observations -> indicators -> league tables -> a folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.cities.build import INPUTS, build_cities
from technopole.cities.resolve import Resolver
from technopole.cities.tables import CityTables
from technopole.core.errors import LicenceError
from technopole.core.types import SHIPPABLE, Boundary, Lens, LicenceClass
from technopole.editions.atomic import check_replaced, replaced_folder
from technopole.editions.format import FRAMEWORK, MANIFEST
from technopole.editions.write import write_edition
from technopole.index.framework import Framework, read_framework
from technopole.index.matrix import coverage
from technopole.indicators.declarations import Catalogue, catalogue
from technopole.indicators.matrix import indicator_values
from technopole.observations.aggregate import observations
from technopole.observations.checks import check_records
from technopole.observations.variables import read_yaml
from technopole.robustness.league import league
from technopole.snapshots.upstream import Upstream, UpstreamFile
from technopole.sources.registry import Source, load_source, source_ids

EDITION_ID: Final = "2026-11"
AMOUNTS_SHIPPED: Final = frozenset({LicenceClass.OPEN, LicenceClass.ATTRIBUTION, LicenceClass.SHARE_ALIKE})
"""Licence classes whose single rows may be shipped; of the others only our own sums, and where the rows are."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What an edition is made of, beside its framework; by default everything that is declared.

    Attributes
    ----------
    cities : the reference tables; None: they are made from the mirror.
    """

    sources: Sequence[Source] = field(default_factory=lambda: tuple(map(load_source, source_ids())))
    catalogue: Catalogue = field(default_factory=catalogue)
    cities: CityTables | None = None


@dataclass(frozen=True)
class Gathered:
    """What the sources gave: records and observations of all, and their declarations."""

    sources: dict[str, Source]
    records: dict[str, pl.DataFrame]
    observations: pl.DataFrame
    files: dict[str, UpstreamFile]


def build_edition(
    mirror: Path,
    target: Path,
    framework_path: Path,
    *,
    plan: Plan | None = None,
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """Build an edition from a mirror into `target`, replacing what is there only when all is done.

    Parameters
    ----------
    plan : what it is made of; None: everything that is declared.

    Returns
    -------
    The manifest.

    Raises
    ------
    InputError : the target holds something else. UpstreamError, SourceCheckError, LicenceError, FrameworkError,
    EditionError : what a stage raises. Nothing is written then.
    """
    check_replaced(target, MANIFEST, "an edition")
    plan = plan or Plan()
    framework = read_framework(framework_path)
    with replaced_folder(target) as folder:
        progress("city frame and gazetteer")
        cities = build_cities(mirror) if plan.cities is None else plan.cities
        gathered = gather(mirror, cities, progress, plan.sources)
        progress("indicators")
        metas = {name: source.meta for name, source in gathered.sources.items()}
        values = indicator_values(plan.catalogue.indicators, gathered.observations, metas, cities.frame)
        tables = {
            "indicators": values,
            "coverage": coverage(values, framework, plan.catalogue),
            "observations": gathered.observations,
            **_provenance(gathered),
            **leagues(values, cities.frame, framework, plan.catalogue, progress),
        }
        shutil.copyfile(framework_path, folder / FRAMEWORK)
        about = {
            "id": EDITION_ID,
            "framework": framework.id,
            "sources": {
                name: _manifest_source(source, gathered.records[name]) for name, source in gathered.sources.items()
            },
            "inputs": {path.parent.name: read_yaml(path) for path in sorted(INPUTS.glob("*/meta.yaml"))},
        }
        return write_edition(folder, tables, cities, about)


def leagues(
    values: pl.DataFrame, frame: pl.DataFrame, framework: Framework, catalogue: Catalogue, progress: Progress
) -> dict[str, pl.DataFrame]:
    """Make tables `results` and `scores`: the league under each lens and boundary."""
    results, scores = [], []
    for lens in Lens:
        for boundary in Boundary:
            progress(f"league table: {lens}, {boundary}")
            result, score = league(values, frame, framework, catalogue, lens, boundary)
            results.append(result)
            scores.append(score)
    return {"results": pl.concat(results), "scores": pl.concat(scores)}


def gather(
    mirror: Path,
    cities: CityTables,
    progress: Progress = lambda _: None,
    sources: Sequence[Source] | None = None,
) -> Gathered:
    """Read, check and add up sources: those given, or all that enter an edition.

    Raises
    ------
    UpstreamError, SourceCheckError, LicenceError : names the source.
    """
    resolver = Resolver(cities)
    read, records, parts = {}, {}, []
    files: dict[str, UpstreamFile] = {}
    for source in Plan().sources if sources is None else sources:
        name = source.id
        progress(f"source: {name}")
        lock = source.lock()
        upstream = Upstream(mirror, lock)
        found = source.records(upstream, resolver)
        check_records(found, source.meta)
        _check_licences(upstream.opened, lock, name)
        read[name], records[name] = source, found
        parts.append(observations(found, source.meta.variables, name))
        files |= {path: lock[path] for path in found["file"].unique()}
    return Gathered(read, records, pl.concat(parts).sort("variable", "level", "place", "boundary"), files)


def _check_licences(opened: Collection[str], lock: Mapping[str, UpstreamFile], source: str) -> None:
    """Every file that a source read, be it for observations or only to look something up, must be one we may use."""
    for path in sorted(opened):
        if LicenceClass(lock[path].licence_class) not in SHIPPABLE:
            raise LicenceError(
                f"{source}: {path} is of licence class {lock[path].licence_class!r} and may not enter an edition:",
                "leave the file out, or use its adapter on a file of your own.",
            )


def _provenance(gathered: Gathered) -> dict[str, pl.DataFrame]:
    """Tables `files`, `evidence` and `unresolved`."""
    owner = {path: name for name, found in gathered.records.items() for path in found["file"].unique()}
    paths = sorted(gathered.files)
    files = pl.DataFrame(
        [
            {
                "file": number,
                "source": owner[path],
                "path": path,
                "url": gathered.files[path].url,
                "bytes": gathered.files[path].bytes,
                "sha256": gathered.files[path].sha256,
                "kind": gathered.files[path].kind,
                "licence_class": gathered.files[path].licence_class,
            }
            for number, path in enumerate(paths)
        ],
        schema_overrides={"file": pl.UInt32},
    )
    open_rows = files.filter(pl.col("licence_class").is_in([one.value for one in AMOUNTS_SHIPPED]))["path"].implode()
    every = pl.concat([found.with_columns(source=pl.lit(name)) for name, found in gathered.records.items()])
    shipped = every.with_columns(
        amount=pl.when(pl.col("file").is_in(open_rows)).then("amount"),
        key=pl.when(pl.col("file").is_in(open_rows)).then("key"),
    ).rename({"file": "path"})
    evidence = (
        shipped.filter(pl.col("place").is_not_null())
        .join(files.select("path", "file"), on="path", validate="m:1")
        .select("variable", "place", "ring", "amount", "key", "file", "row")
        .sort("variable", "place", "ring", "row", "file", "key", "amount")
    )
    unresolved = (
        every.filter(pl.col("place").is_null())
        .group_by("source", "variable", "reason", "label")
        .agg(records=pl.len().cast(pl.UInt32))
        .sort("source", "variable", "reason", "label")
    )
    return {"files": files, "evidence": evidence, "unresolved": unresolved}


def shares(records: pl.DataFrame, source: Source) -> tuple[float | None, float | None]:
    """Share left out by a rule, and share placed of the rest, of the amount of the source's first city-level variable.

    Both are None for a source without such a variable.
    """
    first = next((one.id for one in source.meta.variables if one.level == "city"), "")
    mine = records.filter((pl.col("variable") == first) & (pl.col("level") == "city"))
    reasons = [pl.col("reason").str.starts_with(text) for text in source.meta.left_out]
    by_rule = mine.filter(pl.any_horizontal(reasons)) if reasons else mine.clear()
    total, left_out = float(mine["amount"].sum()), float(by_rule["amount"].sum())
    placed = float(mine.filter(pl.col("place").is_not_null())["amount"].sum())
    if total <= left_out:
        return None, None
    return _six_digits(left_out / total), _six_digits(placed / (total - left_out))


def _six_digits(share: float) -> float:
    return float(f"{share:.6g}")


def _manifest_source(source: Source, records: pl.DataFrame) -> dict[str, Any]:
    declared = source.meta.model_dump(mode="json")
    dropped = {"id", "corrections", "files"}
    unplaced = records.filter(pl.col("place").is_null())
    left_out, resolved = shares(records, source)
    return {
        **{key: value for key, value in declared.items() if key not in dropped},
        "records": records.height,
        "unresolved_records": unplaced.height,
        "left_out_share": left_out,
        "resolved_share": resolved,
    }
