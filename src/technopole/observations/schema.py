"""The two tables that every number passes through.

*Records* are what a source returns: one line for each upstream row that counts towards a variable, already placed in
a city (or with the reason why not). *Observations* are records added up: one number about one place.
Provenance lives in columns (file and row), so no join or concat can strip it.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

RECORD_SCHEMA: Final[dict[str, Any]] = {
    "variable": pl.String,  # id of a variable declared in the source's meta.yaml
    "level": pl.String,  # core.types.Level: city | region | country
    "place": pl.String,  # city id (GeoNames) | region code | ISO 3166 alpha-2; null when unresolved
    "ring": pl.Int8,  # 0 core, 1 agglomeration, 2 region (core.types.RINGS); 0 where boundaries don't apply
    "amount": pl.Float64,  # what the row adds, in the variable's unit; 1.0 for a count
    "key": pl.String,  # what is counted for aggregate "distinct"; otherwise null
    "file": pl.String,  # mirror path of the upstream file
    "row": pl.String,  # line, key path, or sheet row
    "label": pl.String,  # the place as upstream writes it ("Cambridge | MA | United States"); never a person
    "reason": pl.String,  # why `place` is null; null when it isn't
}

OBSERVATION_SCHEMA: Final[dict[str, Any]] = {
    "variable": pl.String,
    "level": pl.String,
    "place": pl.String,
    "boundary": pl.String,  # core | agglomeration | region
    "value": pl.Float64,
    "unit": pl.String,
    "period": pl.String,
    "source": pl.String,
    "status": pl.String,  # core.types.Status
    "records": pl.UInt32,  # how many records stand behind the value
}
