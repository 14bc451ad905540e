"""The reference tables that make a name or a point a city. An edition carries them (reference/*.parquet)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import polars as pl

from technopole.core.errors import EditionError
from technopole.snapshots.parquet import parquet

FRAME_SCHEMA: Final[dict[str, Any]] = {
    "city": pl.Int64,  # GeoNames id of the head place; the city's id everywhere
    "slug": pl.String,  # unique, ASCII, lower case: "tokyo", "san-francisco", "valencia-ve"
    "name": pl.String,  # common English name
    "country": pl.String,  # ISO 3166-1 alpha-2 (Taiwan TW, Hong Kong HK, Macao MO, Puerto Rico PR)
    "kind": pl.String,  # agglomeration (WUP 2018) | place (GeoNames, 100,000 and more, outside them)
    "population_thousands": pl.Float64,  # 2020; sum over members
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "radius_km": pl.Float64,
    "wikidata": pl.String,  # null when unknown
    "members": pl.String,  # WUP city codes joined by ";", head first; null for kind "place"
}
ANCHOR_SCHEMA: Final[dict[str, Any]] = {
    "city": pl.Int64,
    "wup_code": pl.String,  # null for kind "place" and for further centres
    "name": pl.String,  # as upstream writes it; null along a corridor between two centres
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "radius_km": pl.Float64,
    "file": pl.String,  # provenance of the anchor: mirror path and row
    "row": pl.String,
}
NAME_SCHEMA: Final[dict[str, Any]] = {
    "city": pl.Int64,
    "script": pl.String,  # Latin, Han, Hiragana/Katakana -> "Kana", Hangul, Cyrillic, Arabic, ...
    "name": pl.String,
}
GAZETTEER_SCHEMA: Final[dict[str, Any]] = {
    "place": pl.Int64,  # GeoNames id
    "name": pl.String,
    "country": pl.String,
    "admin1": pl.String,  # GeoNames admin1 code
    "population": pl.Int64,
    "latitude": pl.Float64,
    "longitude": pl.Float64,
    "city": pl.Int64,  # the frame's city that holds it; null outside every region boundary
    "ring": pl.Int8,  # 0 core, 1 agglomeration, 2 region; null when city is null
}
ALIAS_SCHEMA: Final[dict[str, Any]] = {
    "folded": pl.String,  # names.fold(name)
    "place": pl.Int64,
    "primary": pl.Boolean,  # the place's own name, not an alternate
}
ADMIN1_SCHEMA: Final[dict[str, Any]] = {
    "country": pl.String,
    "admin1": pl.String,  # GeoNames admin1 code
    "name": pl.String,  # "California", "Zhejiang"
    "folded": pl.String,
}


@dataclass(frozen=True)
class CityTables:
    """All reference tables of the frame, each in its schema."""

    frame: pl.DataFrame
    anchors: pl.DataFrame
    names: pl.DataFrame
    gazetteer: pl.DataFrame
    aliases: pl.DataFrame
    admin1: pl.DataFrame

    def write(self, folder: Path, compression: int = 19) -> None:
        """Write one Parquet file a table into an existing folder, compressed by zstd at this level."""
        for table in fields(self):
            frame: pl.DataFrame = getattr(self, table.name)
            frame.write_parquet(folder / f"{table.name}.parquet", compression="zstd", compression_level=compression)

    @classmethod
    def read(cls, folder: Path) -> CityTables:
        """Read the tables back.

        Raises
        ------
        EditionError : a file is absent or can't be read.
        """
        return cls(**{table.name: read_parquet(folder / f"{table.name}.parquet") for table in fields(cls)})


def read_parquet(path: Path) -> pl.DataFrame:
    """Read a Parquet file of an edition.

    Raises
    ------
    EditionError : absent or corrupted.
    """
    if not path.is_file():
        raise EditionError(f"{path.name} is absent from the edition:", "restore it, or rebuild the edition.")
    try:
        return parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise EditionError(f"{path.name} can't be read as Parquet: {error}.", "Restore it, or rebuild it.") from error
