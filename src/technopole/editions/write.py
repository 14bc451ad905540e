"""Write an edition into a folder: tables, reference tables, and the manifest with the checksums of all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.cities.tables import CityTables
from technopole.editions.format import FORMAT, MANIFEST, REFERENCE, TABLES, content_digest
from technopole.snapshots.upstream import sha256_of

SMALLEST: Final = 19
QUICK: Final = 3
"""For an edition that stays on one machine."""


def write_edition(
    folder: Path,
    tables: Mapping[str, pl.DataFrame],
    cities: CityTables | Path,
    about: Mapping[str, Any],
    *,
    compression: int = SMALLEST,
) -> dict[str, Any]:
    """Write the tables and the manifest beside what is in the folder already (the framework).

    Parameters
    ----------
    tables : all of format.TABLES.
    cities : the reference tables, or the folder of an edition that has the same.
    compression : zstd level of the tables.
    about : `id`, `framework`, `sources`, `inputs`, and further keys of the manifest.

    Returns
    -------
    The manifest.
    """
    for name in TABLES:
        tables[name].write_parquet(folder / f"{name}.parquet", compression="zstd", compression_level=compression)
    if isinstance(cities, Path):
        shutil.copytree(cities / REFERENCE, folder / REFERENCE, copy_function=shutil.copyfile)
    else:
        (folder / REFERENCE).mkdir()
        cities.write(folder / REFERENCE, compression)
    manifest = {
        "format": FORMAT,
        "id": about["id"],
        "framework": about["framework"],
        "tables": TABLES,
        "content_digest": content_digest({name: tables[name] for name in TABLES}),
        **{key: value for key, value in about.items() if key not in ("id", "framework")},
        "files": {
            path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=False, allow_nan=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return manifest
