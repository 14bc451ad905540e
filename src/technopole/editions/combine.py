"""An edition of the user's own: a published one with observations, cities, indicators and a framework added.

The base is read, never changed. Its observations stay as they are but for those that the user's rows replace;
indicators, coverage and league tables are computed anew from all of them, by the same code as a build.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.cities.tables import CityTables
from technopole.core.errors import EditionError, InputError, UnknownNameError
from technopole.core.types import RINGS, Boundary, Lens, LicenceClass, Status
from technopole.editions.atomic import check_replaced, replaced_folder
from technopole.editions.build import AMOUNTS_SHIPPED, Progress, leagues
from technopole.editions.declared import declared_sources
from technopole.editions.format import FRAMEWORK, INDICATORS, MANIFEST
from technopole.editions.own_cities import with_cities
from technopole.editions.own_declarations import OWN, OwnDeclarations, read_own
from technopole.editions.own_provenance import KEY, about, own_part, provenance_of, sources_of
from technopole.editions.own_rows import read_rows
from technopole.editions.own_sources import metas_of
from technopole.editions.read import Edition, verify_files
from technopole.editions.write import QUICK, write_edition
from technopole.index.framework import Framework, read_framework
from technopole.index.matrix import coverage
from technopole.indicators.declarations import Catalogue, suggestion
from technopole.indicators.matrix import indicator_values
from technopole.indicators.recipes import variables_behind
from technopole.observations.schema import OBSERVATION_SCHEMA
from technopole.observations.variables import Meta

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Additions:
    """What a user adds; all may be empty.

    Attributes
    ----------
    observations : files of rows. attributed : variable[:measure] -> counts of `technopole attribute`.
    cities, framework, declarations : one file each.
    replaced : variables whose rows in the base all go.
    amend : a row of the base with the variable and place of one of the user's gives way.
    """

    observations: Sequence[Path] = ()
    attributed: Mapping[str, Path] = field(default_factory=dict)
    cities: Path | None = None
    framework: Path | None = None
    declarations: Path | None = None
    replaced: Collection[str] = ()
    amend: bool = False


def combine(
    base: Edition, name: str, target: Path, added: Additions, *, progress: Progress = lambda _: None
) -> dict[str, Any]:
    """Write an edition of one's own into `target`, replacing what is there only when all is done.

    Parameters
    ----------
    name : of the new edition: lower case letters, digits and hyphens; not the base's.

    Returns
    -------
    The manifest; `own` says what was added.

    Raises
    ------
    InputError, UnknownNameError, FrameworkError, UpstreamError, EditionError : nothing is written then.
    """
    _check(base, name, target, added)
    verify_files(base)
    declared = read_own(added.declarations)
    tables, cities = base.cities(), tuple(own_part(base)["cities"])
    remarks: list[str] = []
    if added.cities is not None:
        own = with_cities(tables, added.cities)
        tables, cities = own.tables, (*cities, *own.ids)
        remarks.extend(own.remarks)
    progress("your rows")
    only = [one.id for one in declared.sources]
    rows = read_rows(added.observations, added.attributed, tables, only[0] if len(only) == 1 else OWN)
    metas = metas_of(base, rows.rows, declared)
    catalogue = _catalogue(base, declared)
    framework_file = added.framework or base.folder / FRAMEWORK
    framework = read_framework(framework_file)
    _check_framework(framework, catalogue)
    observations, gone = _observations(base, rows.rows, metas, added)
    progress("indicators")
    values = _values(catalogue, observations, metas, tables, cities)
    _check_counts(values, rows.rows, catalogue)
    made = {"indicators": values, "coverage": coverage(values, framework, catalogue), "observations": observations}
    made |= provenance_of(base, rows, metas, gone)
    made |= leagues(values, tables.frame, framework, catalogue, progress)
    remarks.extend(_unused(framework, declared))
    with replaced_folder(target) as folder:
        shutil.copyfile(framework_file, folder / FRAMEWORK)
        _write_indicators(base, declared, folder)
        manifest = {
            "id": name,
            "framework": framework.id,
            "own": about(base, rows, metas, cities, remarks),
            "sources": sources_of(base, metas, rows.rows),
            "inputs": base.manifest["inputs"],
        }
        return write_edition(
            folder, made, base.folder if added.cities is None else tables, manifest, compression=QUICK
        )


def _check(base: Edition, name: str, target: Path, added: Additions) -> None:
    if not NAME.fullmatch(name):
        raise InputError(f"{name[:70]!r} can't name an edition:", "use lower case letters, digits and hyphens.")
    if name == base.id:
        raise InputError(f"{name!r} is the name of the edition that yours is made from:", "give another.")
    if not (added.observations or added.attributed or added.cities or added.framework or added.declarations):
        raise InputError("nothing is added:", "give --observations, --attributed, --cities, --declare or --framework.")
    check_replaced(target, MANIFEST, "an edition")
    if target.exists() and target.resolve() == base.folder.resolve():
        raise EditionError(f"{target} is the edition that yours is made from:", "name another folder.")


def _catalogue(base: Edition, declared: OwnDeclarations) -> Catalogue:
    """Indicators that the base has values of, and the user's."""
    before = base.catalogue()
    for one in declared.indicators:
        if one.id in before.ids():
            raise InputError(f"there is an indicator {one.id!r} already:", "give yours another id.")
    present = set(base.table("indicators")["indicator"].unique())
    return Catalogue(indicators=(*(one for one in before.indicators if one.id in present), *declared.indicators))


def _check_framework(framework: Framework, catalogue: Catalogue) -> None:
    for name in framework.indicator_ids():
        catalogue.get(name)


def _observations(
    base: Edition, rows: pl.DataFrame, metas: Mapping[str, Meta], added: Additions
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All observations, and the keys (KEY) of those of the base that gave way."""
    before = base.table("observations")
    known = sorted(set(before["variable"].unique()))
    for name in added.replaced:
        if name not in known:
            raise UnknownNameError(f"the base has no observations of {name!r}:", suggestion(name, known))
    mine = rows.select(KEY).unique()
    replaced = before.filter(pl.col("variable").is_in(list(added.replaced))).select(KEY).unique()
    shared = before.select(KEY).unique().join(mine, on=KEY, how="semi").join(replaced, on=KEY, how="anti").sort(KEY)
    if shared.height and not added.amend:
        first = shared.row(0, named=True)
        raise InputError(
            f"the base has {first['variable']} of {first['place']} already ({shared.height} such places):",
            f"--amend lets your rows stand in their place, --replace {first['variable']} drops all of the base's.",
        )
    gone = pl.concat([replaced, shared])
    declared = {one.id: one for meta in metas.values() for one in meta.variables}
    own = rows.with_columns(
        unit=pl.col("variable").replace_strict({name: one.unit for name, one in declared.items()}, return_dtype=pl.String),
        period=pl.coalesce(
            "period",
            pl.col("variable").replace_strict({n: one.period for n, one in declared.items()}, return_dtype=pl.String),
        ),
    ).select([pl.col(name).cast(kind) for name, kind in OBSERVATION_SCHEMA.items()])
    kept = before.join(gone, on=KEY, how="anti", maintain_order="left")
    return pl.concat([kept, own]).sort("variable", "level", "place", "boundary"), gone


def _values(
    catalogue: Catalogue,
    observations: pl.DataFrame,
    metas: Mapping[str, Meta],
    tables: CityTables,
    cities: Collection[int],
) -> pl.DataFrame:
    """Indicator values; what no row speaks of is missing in a city of the user's own, never zero."""
    known = {one.id for meta in metas.values() for one in meta.variables}
    for one in catalogue.indicators:
        lacking = sorted(variables_behind(one) - known)
        if lacking:
            raise UnknownNameError(
                f"the indicator {one.id!r} is made of {lacking[0]!r}, which no source declares:",
                suggestion(lacking[0], sorted(known)),
            )
    values = indicator_values(catalogue.indicators, observations, metas, tables.frame)
    behind = pl.DataFrame(
        [(one.id, name) for one in catalogue.indicators for name in sorted(variables_behind(one))],
        schema=["indicator", "variable"], orient="row",
    )  # fmt: skip
    spoken = observations.filter(pl.col("place").is_in([str(city) for city in cities]))
    said = (
        spoken.filter(level="city")
        .select("variable", city=pl.col("place").cast(pl.Int64))
        .unique()
        .join(behind, on="variable", how="inner")
        .select("city", "indicator")
        .unique()
        .with_columns(said=True)
    )
    unsaid = (
        pl.col("city").is_in(list(cities)) & (pl.col("status") != Status.INHERITED.value) & pl.col("said").is_null()
    )
    values = (
        values.join(said, on=["city", "indicator"], how="left", validate="m:1", maintain_order="left")
        .with_columns(
            [pl.when(unsaid).then(None).otherwise(pl.col(name)).alias(name) for name in ("value", "low", "high")]
            + [
                pl.when(unsaid & pl.col("value").is_not_null())
                .then(pl.lit(Status.NOT_COVERED.value))
                .otherwise("status")
                .alias("status")
            ]
        )
        .drop("said")
    )
    return _as_rows_say(values, catalogue, observations)


def _as_rows_say(values: pl.DataFrame, catalogue: Catalogue, observations: pl.DataFrame) -> pl.DataFrame:
    """Source, period and lower bounds as the rows say, where the indicator is one variable of the city and has a row."""
    names = pl.DataFrame(
        [(one.variable, one.id) for one in catalogue.indicators if one.variable is not None],
        schema=["variable", "indicator"], orient="row",
    )  # fmt: skip
    stated = (
        observations.filter(level="city")
        .join(names, on="variable", how="inner")
        .select(
            "boundary", "indicator", city=pl.col("place").cast(pl.Int64), stated="source", dated="period",
            lower=pl.col("status") == Status.LOWER_BOUND.value,
        )
    )  # fmt: skip
    keys = ["city", "boundary", "indicator"]
    return (
        values.join(stated, on=keys, how="left", validate="1:1", maintain_order="left")
        .with_columns(
            source=pl.coalesce("stated", "source"),
            period=pl.coalesce("dated", "period"),
            status=pl.when("lower").then(pl.lit(Status.LOWER_BOUND.value)).otherwise("status"),
        )
        .drop("stated", "dated", "lower")
    )


def _check_counts(values: pl.DataFrame, rows: pl.DataFrame, catalogue: Catalogue) -> None:
    """A count below zero can't be."""
    counts = {one.variable for one in catalogue.indicators if one.kind == "count"}
    below = rows.filter(pl.col("variable").is_in([one for one in counts if one]) & (pl.col("value") < 0))
    if below.height:
        first = below.row(0, named=True)
        raise InputError(
            f"{first['path']} row {first['row']}: {first['variable']} is a count and can't be {first['value']:g}:",
            "correct it, or leave it out.",
        )


def _unused(framework: Framework, declared: OwnDeclarations) -> list[str]:
    outside = [one.id for one in declared.indicators if one.id not in framework.indicator_ids()]
    if not outside:
        return []
    return [f"{', '.join(outside)} enter no score: {framework.id} doesn't name them; give a --framework that does."]


def _write_indicators(base: Edition, declared: OwnDeclarations, folder: Path) -> None:
    import yaml

    own = [one for one in base.catalogue().indicators if one.id not in _package_ids()]
    every = [*own, *declared.indicators]
    if every:
        shape = {"indicators": [one.model_dump(mode="json", exclude_none=True) for one in every]}
        text = yaml.safe_dump(shape, sort_keys=False, allow_unicode=True, width=100)
        (folder / INDICATORS).write_text(text, encoding="utf-8")


def _package_ids() -> set[str]:
    from technopole.indicators.declarations import catalogue

    return set(catalogue().ids())
