"""An edition as a data package: its files as they are, described for programs that have never met this project.

Two descriptions of the same files: ``datapackage.json`` (Frictionless Data Package) and ``croissant.json`` (Croissant
1.0, JSON-LD). Tables stay the edition's own Parquet files, to the byte: ``edition/`` within the package is an edition
that `--edition` opens. Both descriptions carry size and sha256 of each file, and licence and citation of each source.

Sources
-------
datapackage.org/standard; docs.mlcommons.org/croissant/docs/croissant-spec-1.0.html
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.core.errors import EditionError, InputError
from technopole.editions.atomic import check_replaced, replaced_folder
from technopole.editions.format import FRAMEWORK, INDICATORS, MANIFEST, REFERENCE
from technopole.editions.licences import check_exportable
from technopole.editions.read import Edition, verify_edition
from technopole.observations.variables import Declaration, read_yaml, validated
from technopole.publish.evidence import licence_list
from technopole.publish.package_croissant import croissant
from technopole.snapshots.parquet import parquet
from technopole.snapshots.upstream import sha256_of

FRICTIONLESS: Final = "datapackage.json"
CROISSANT: Final = "croissant.json"
DATA: Final = "edition"
PARQUET: Final = "application/vnd.apache.parquet"
OTHERS: Final = {
    FRAMEWORK: "the index as declared: tree, weights, method",
    INDICATORS: "indicators that the edition's owner has added",
    MANIFEST: "the edition's own manifest",
}
"""Files that are no tables."""


class Described(Declaration):
    """What package_columns.yaml says."""

    columns: dict[str, str]
    tables: dict[str, dict[str, str]]
    keys: dict[str, list[str]]
    titles: dict[str, str]


@dataclass(frozen=True)
class Column:
    """One column: `kind` is integer, number, boolean or string; `empty`: some of its cells are."""

    name: str
    kind: str
    empty: bool
    description: str


@dataclass(frozen=True)
class PackagedFile:
    """One file of the package. `columns` is empty for what is no table; `key`: columns that tell its rows apart."""

    name: str
    path: str
    title: str
    media_type: str
    bytes: int
    sha256: str
    columns: tuple[Column, ...] = ()
    key: tuple[str, ...] = ()


@cache
def described() -> Described:
    """Descriptions of columns, as declared."""
    path = Path(__file__).with_name("package_columns.yaml")
    return validated(Described, read_yaml(path), path.name)


def packaged_files(edition: Edition) -> list[PackagedFile]:
    """Every file of an edition, tables first, with what its columns say.

    Raises
    ------
    EditionError : a table is absent or can't be read.
    """
    names = [*edition.manifest["tables"], *(f"{REFERENCE}/{path.stem}" for path in _references(edition))]
    files = [_table(edition, name) for name in names]
    tables = {file.path.removeprefix(f"{DATA}/") for file in files}
    for path in [*sorted(set(edition.manifest["files"]) - tables), MANIFEST]:
        here, name = edition.folder / path, Path(path).stem
        media_type = "application/json" if path.endswith(".json") else "application/yaml"
        size = here.stat().st_size
        files.append(PackagedFile(name, f"{DATA}/{path}", OTHERS.get(path, name), media_type, size, sha256_of(here)))
    return files


def _references(edition: Edition) -> list[Path]:
    return sorted((edition.folder / REFERENCE).glob("*.parquet"))


def _table(edition: Edition, name: str) -> PackagedFile:
    path = edition.folder / f"{name}.parquet"
    short = path.stem
    try:
        table = parquet(path)
        schema, empty = table.schema, table.null_count().row(0, named=True)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise EditionError(f"{path.name} can't be read as Parquet: {error}.", "Restore it, or rebuild it.") from error
    words = described()
    own = words.tables.get(short, {})
    columns = tuple(
        Column(column, _kind(dtype), empty[column] > 0, own.get(column) or words.columns.get(column, ""))
        for column, dtype in schema.items()
    )
    title = edition.manifest["tables"].get(name) or words.titles.get(short, short)
    key = tuple(column for column in words.keys.get(short, []) if column in schema)
    size = path.stat().st_size
    return PackagedFile(short, f"{DATA}/{name}.parquet", title, PARQUET, size, sha256_of(path), columns, key)


def _kind(dtype: pl.DataType) -> str:
    if dtype == pl.Boolean:
        return "boolean"
    if dtype.is_integer():
        return "integer"
    return "number" if dtype.is_numeric() else "string"


def package_version(edition: Edition) -> str:
    """Version of the data: ``2026.11.0`` of edition 2026-11; ``1.0.0`` of one that isn't named by a month."""
    month = re.fullmatch(r"(\d{4})-(\d{2})", edition.id)
    return f"{int(month[1])}.{int(month[2])}.0" if month else "1.0.0"


def datapackage(edition: Edition, files: list[PackagedFile]) -> dict[str, Any]:
    """Describe the package as Frictionless Data Package."""
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": package_name(edition),
        "title": title(edition),
        "description": DESCRIPTION,
        "version": package_version(edition),
        "licenses": [{"name": "other-at", "title": LICENCES}],
        "contributors": [{"title": "The Technopole developers", "roles": ["creator"]}],
        "keywords": ["cities", "innovation", "composite indicators"],
        "contentDigest": edition.manifest["content_digest"],
        "sources": [
            {"title": one["title"], "path": one["url"], "licence": one["licence"], "licenceClass": one["licence_class"],
             "citation": one["citation"]}
            for one in licence_list(edition)
        ],
        "resources": [_resource(file) for file in files],
    }  # fmt: skip


def _resource(file: PackagedFile) -> dict[str, Any]:
    about = {
        "name": file.name,
        "title": file.title,
        "path": file.path,
        "mediatype": file.media_type,
        "bytes": file.bytes,
        "hash": f"sha256:{file.sha256}",
    }
    if not file.columns:
        return about | {"type": "json" if file.path.endswith(".json") else "file", "format": Path(file.path).suffix[1:]}
    fields = [{"name": one.name, "type": _type(one), "description": one.description} for one in file.columns]
    schema: dict[str, Any] = {"fields": fields}
    if file.key:
        schema["primaryKey"] = list(file.key)
    return about | {"type": "table", "format": "parquet", "schema": schema}


def _type(column: Column) -> str:
    """Type in Frictionless's words. Its reader of Parquet makes integers with empty cells floats, and refuses them."""
    return "number" if column.kind == "integer" and column.empty else column.kind


def package_name(edition: Edition) -> str:
    """Identifier of the package: lower case, digits, hyphens."""
    return "technopole-" + re.sub(r"[^a-z0-9]+", "-", edition.id.lower()).strip("-")


def title(edition: Edition) -> str:
    """One line that names it."""
    return f"Technopole, edition {edition.id}: high-tech and innovative cities of the world"


LICENCES: Final = "Derived figures; each source has its own licence and citation, listed under sources"
DESCRIPTION: Final = (
    "Cities ranked by technology and innovation from open data: ranks with intervals and tiers under three boundaries "
    "and two lenses, the indicators and observations behind them, and the upstream file and row of each number. "
    "A missing value is never zero. Cite the sources of the figures that you use."
)
README: Final = """# {title}

{description}

`datapackage.json` (Frictionless) and `croissant.json` (Croissant) describe the files of `edition/`, which is an edition
that `technopole rank --edition edition` opens. Licence and citation of each source stand in `datapackage.json`.
"""


def write_package(edition: Edition, folder: Path) -> int:
    """Write the package, whole or not at all; returns its bytes. An earlier package is replaced.

    Raises
    ------
    LicenceError : the edition holds what may not be published.
    InputError : the folder holds something else, or is or holds the edition itself.
    EditionError : the edition doesn't match its checksums, or the folder can't be written.
    """
    check_exportable(edition)
    verify_edition(edition)
    _check_target(edition.folder, folder)
    files = packaged_files(edition)
    texts = {
        FRICTIONLESS: _json(datapackage(edition, files)),
        CROISSANT: _json(
            croissant(files, name=package_name(edition), title=title(edition), description=DESCRIPTION,
                      licence=LICENCES, version=package_version(edition), edition=edition.id)
        ),
        "README.md": README.format(title=title(edition), description=DESCRIPTION),
    }  # fmt: skip
    with replaced_folder(folder) as temporary:
        for file in files:
            target = temporary / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(edition.folder / Path(file.path).relative_to(DATA), target)
        for name, text in texts.items():
            (temporary / name).write_text(text, encoding="utf-8")
    return sum(file.bytes for file in files) + sum(len(text.encode()) for text in texts.values())


def _check_target(edition: Path, folder: Path) -> None:
    if edition.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{folder} holds the edition itself:", "name another folder.")
    check_replaced(folder, FRICTIONLESS, "a package")


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
