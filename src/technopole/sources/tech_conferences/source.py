"""Developer conferences by host city, each once, however many topics list it.

`docs/sources/tech_conferences.md` explains each rule.
"""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_json
from technopole.snapshots.upstream import Upstream

FACTS: Final = ("name", "url", "startDate", "city", "country")  # handles and addresses of organisers are never read
REQUIRED: Final = ("name", "url", "startDate")
FIRST_YEAR: Final = 2022
LAST_YEAR: Final = 2026  # of the snapshot; later ones are announcements
ONLINE: Final = "held online only"
LINKS: Final = 4  # more than any chain of renamed entries in the files


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """One record for each conference of 2022 to 2026, in RECORD_SCHEMA; those held online only have that reason.

    Raises
    ------
    UpstreamError : a file isn't JSON, or isn't a list of conferences with name, address and date.
    SourceCheckError : a correction is stale.
    """
    tables = [
        apply_corrections(read_topic(upstream, path), path, meta.corrections)
        for pattern in meta.files
        for path in upstream.paths(pattern)
        if FIRST_YEAR <= _year_of(path) <= LAST_YEAR
    ]
    if not tables:
        raise UpstreamError(f"tech_conferences has no folder of the years {FIRST_YEAR} to {LAST_YEAR}.")
    conferences = distinct_conferences(pl.concat(tables))
    parts = pl.col("city").str.splitn(",", 2).struct  # "Phoenix, AZ"
    rows = conferences.select(
        variable=pl.lit(meta.variables[0].id),
        amount=pl.lit(1.0),
        file="file",
        row=ROW,
        name=parts.field("field_0").str.strip_chars(),
        admin1=parts.field("field_1").str.strip_chars(),
        country="country",
        label=pl.concat_str("city", "country", separator=" | ", ignore_nulls=True).replace("", None),
        reason=pl.when(pl.col("city").is_null()).then(pl.lit(ONLINE)),
    )
    return place(rows, cities)


def _year_of(path: str) -> int:
    folder = path.split("/")[-2]
    if not folder.isdecimal():
        raise UpstreamError(f"{path} should lie in a folder named by its year.")
    return int(folder)


def read_topic(upstream: Upstream, path: str) -> pl.DataFrame:
    """Text columns of FACTS, ``file`` and ``_row`` (key path, "[12]") of one topic in one year.

    Raises
    ------
    UpstreamError : not JSON, or not a list of objects with a text for each of REQUIRED.
    """
    content: Any = read_json(upstream.open(path))
    if not isinstance(content, list):
        raise UpstreamError(f"{path} should be a list of conferences.")
    rows: list[dict[str, str | None]] = []
    for number, event in enumerate(content):
        if not isinstance(event, dict):
            raise UpstreamError(f"{path} [{number}] should be an object.")
        row: dict[str, str | None] = {ROW: f"[{number}]", "file": path}
        for name in FACTS:
            value = event.get(name)
            if not (isinstance(value, str) or (value is None and name not in REQUIRED)):
                raise UpstreamError(f"{path} [{number}] lacks {name!r}, or it isn't text.")
            row[name] = value.strip() or None if value is not None else None
        rows.append(row)
    return pl.DataFrame(rows, schema=dict.fromkeys((ROW, "file", *FACTS), pl.String))


def distinct_conferences(events: pl.DataFrame) -> pl.DataFrame:
    """Keep one row for each conference: the same name or address on the same day in the same city is the same.

    Sameness is transitive (a second topic may change the name, a third the address); the first row by file and place
    in it stays.
    """
    name = pl.col("name").str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", "")
    address = pl.col("url").str.to_lowercase().str.replace(r"^https?://(www\.)?", "").str.replace(r"[/?#]+$", "")
    keyed = (
        events.with_columns(
            _name=name,
            _address=address,
            _city=pl.col("city").str.to_lowercase().fill_null(""),
            _number=pl.col(ROW).str.extract(r"(\d+)").cast(pl.Int64),
        )
        .sort("file", "_number")
        .with_row_index("_first")
    )
    for _ in range(LINKS):  # each pass carries the first row's number one link further
        for column in ("_name", "_address"):
            keyed = keyed.with_columns(pl.col("_first").min().over(column, "startDate", "_city"))
    return keyed.unique("_first", keep="first", maintain_order=True)
