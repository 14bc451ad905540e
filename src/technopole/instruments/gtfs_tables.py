"""The tables of a GTFS feed as frames, cleaned, with every defect counted. Nothing is measured here."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from technopole.core.errors import InputError
from technopole.instruments.archive import read_tables
from technopole.instruments.measured import Defect

REQUIRED: Final = ("stops.txt", "trips.txt", "stop_times.txt")
OPTIONAL: Final = (
    "routes.txt",
    "agency.txt",
    "calendar.txt",
    "calendar_dates.txt",
    "frequencies.txt",
    "realtime_trips.txt",
)
KEYS: Final = {"stops.txt": ["stop_id"], "trips.txt": ["trip_id"], "routes.txt": ["route_id"],
               "stop_times.txt": ["trip_id", "stop_sequence"], "calendar.txt": ["service_id"],
               "calendar_dates.txt": ["service_id", "date"], "agency.txt": ["agency_id"],
               "frequencies.txt": ["trip_id", "start_time"], "realtime_trips.txt": ["trip_id"]}  # fmt: skip
NEEDED: Final = {"stops.txt": ["stop_id", "stop_lat", "stop_lon"], "trips.txt": ["trip_id", "service_id"],
                 "stop_times.txt": ["trip_id", "stop_id", "stop_sequence", "departure_time"]}  # fmt: skip
CELL_LIMIT: Final = 100_000
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TIME: Final = r"^\s*(\d{1,3}):([0-5]\d):([0-5]\d)\s*$"


@dataclass(frozen=True)
class Feed:
    """Cleaned tables; all cells text, but for the columns named here.

    `stops`: lat, lon (degrees). `stop_times`: sequence (Int64), departure and arrival (seconds of the service day,
    which may exceed 24 hours; null where not given). `calendar`: days as booleans, start and end as dates.
    `routes`: None where the feed doesn't tell modes. `frequencies`: start, headway (seconds), runs (how often).
    """

    stops: pl.DataFrame
    trips: pl.DataFrame
    routes: pl.DataFrame | None
    stop_times: pl.DataFrame
    calendar: pl.DataFrame
    calendar_dates: pl.DataFrame
    frequencies: pl.DataFrame
    realtime_trips: pl.DataFrame | None
    timezone: str
    defects: tuple[Defect, ...]


def read_feed(path: Path) -> Feed:
    """Read a feed.

    Raises
    ------
    InputError : not a zip archive, within its limits, that has stops, trips and times with their columns; or the
        coordinates of most stops are exchanged or metres.
    """
    archive = read_tables(path, frozenset((*REQUIRED, *OPTIONAL)))
    defects = list(archive.defects)
    missing = [name for name in REQUIRED if name not in archive.tables]
    if missing:
        raise InputError(f"{path.name} lacks {missing[0]}:", "every GTFS feed has it.")
    tables = _tables(archive.tables, defects)
    for name, columns in NEEDED.items():
        absent = [column for column in columns if column not in tables[name].columns]
        if absent:
            raise InputError(f"{path.name}: {name} lacks the column {absent[0]}:", "every GTFS feed has it.")
    if "calendar.txt" not in tables and "calendar_dates.txt" not in tables:
        defects.append(Defect("no calendar", "archive", 1, "neither calendar.txt nor calendar_dates.txt is there."))
    stops = _stops(tables["stops.txt"], defects)
    routes, trips = tables.get("routes.txt"), tables["trips.txt"]
    if routes is None or not {"route_id", "route_type"} <= set(routes.columns) or "route_id" not in trips.columns:
        routes = None
        defects.append(Defect("no modes", "routes.txt", 1, "no table of routes with their types: no shares by mode."))
    else:
        trips = _known(trips, routes, "route_id", "trips.txt", defects)
    times = _known(tables["stop_times.txt"], trips, "trip_id", "stop_times.txt", defects)
    times = _times(_known(times, stops, "stop_id", "stop_times.txt", defects), defects)
    return Feed(
        stops, trips, routes, times,
        _calendar(tables.get("calendar.txt"), defects),
        _calendar_dates(tables.get("calendar_dates.txt"), defects),
        _frequencies(tables.get("frequencies.txt"), defects),
        tables.get("realtime_trips.txt"),
        _timezone(tables.get("agency.txt"), defects),
        tuple(defects),
    )  # fmt: skip


def _tables(members: dict[str, bytes], defects: list[Defect]) -> dict[str, pl.DataFrame]:
    """Read the tables; one that can't be read is an error where every feed needs it, and a defect elsewhere."""
    tables: dict[str, pl.DataFrame] = {}
    for name, content in members.items():
        try:
            tables[name] = _table(name, content, defects)
        except InputError as error:
            if name in REQUIRED:
                raise
            defects.append(Defect("unreadable table", name, 1, f"{str(error)[:200]} It isn't used."))
    return tables


def _table(name: str, content: bytes, defects: list[Defect]) -> pl.DataFrame:
    """A table as text, without the blanks around cells; rows of one key only once."""
    if not content.strip():
        return pl.DataFrame()
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        defects.append(Defect("not UTF-8", name, 1, "wrong bytes are read as a replacement character."))
    try:
        table = pl.read_csv(
            io.BytesIO(content.removeprefix(b"\xef\xbb\xbf")), infer_schema=False, encoding="utf8-lossy",
            truncate_ragged_lines=True, raise_if_empty=False,
        )  # fmt: skip
    except pl.exceptions.PolarsError as error:
        raise InputError(f"{name} can't be read as CSV: {str(error).splitlines()[0][:200]}.", "Repair it.") from error
    table = table.rename(lambda column: column.strip().lower().removeprefix("\ufeff"))
    table = table.with_columns(pl.all().str.strip_chars().replace("", None))
    huge = table.select(pl.max_horizontal(pl.all().str.len_bytes().fill_null(0))).to_series() > CELL_LIMIT
    table = _without(
        table, ~huge, name, "huge cell", f"rows with a cell above {CELL_LIMIT:,} bytes are left out.", defects
    )
    keys = [key for key in KEYS[name] if key in table.columns]
    if keys:
        first = table.select(pl.struct(keys).is_first_distinct()).to_series()
        table = _without(
            table, first, name, "key twice", f"of rows with one {' and '.join(keys)} the first is used.", defects
        )
    return table


def _without(
    table: pl.DataFrame, kept: pl.Series, name: str, kind: str, what: str, defects: list[Defect]
) -> pl.DataFrame:
    lost = int((~kept).sum())
    if lost:
        defects.append(Defect(kind, name, lost, what))
    return table.filter(kept)


def _known(table: pl.DataFrame, other: pl.DataFrame, key: str, name: str, defects: list[Defect]) -> pl.DataFrame:
    kept = table[key].is_in(other[key].drop_nulls().implode()).fill_null(value=False)
    return _without(
        table, kept, name, f"unknown {key}", f"rows with a {key} that isn't declared are left out.", defects
    )


def _stops(table: pl.DataFrame, defects: list[Defect]) -> pl.DataFrame:
    stops = table.with_columns(
        lat=pl.col("stop_lat").cast(pl.Float64, strict=False), lon=pl.col("stop_lon").cast(pl.Float64, strict=False)
    )
    boarding = pl.col("location_type").fill_null("0") if "location_type" in table.columns else pl.lit("0")
    _refuse_other_systems(stops)
    usable = pl.col("lat").is_between(-90, 90) & pl.col("lon").is_between(-180, 180)
    usable &= ~((pl.col("lat") == 0) & (pl.col("lon") == 0))
    kept = stops.select(usable.fill_null(value=False) | (boarding != "0")).to_series()
    return _without(stops, kept, "stops.txt", "no coordinates",
                    "stops without coordinates of the earth (or at 0, 0) are left out.", defects)  # fmt: skip


def _refuse_other_systems(stops: pl.DataFrame) -> None:
    """Raise InputError where most stops can't be on the earth as they are, but would be otherwise."""
    lat, lon = (stops[name].filter(stops["lat"].is_finite() & stops["lon"].is_finite()) for name in ("lat", "lon"))
    if not len(lat):
        return
    turned = (lat.abs() > 90) & (lat.abs() <= 180) & (lon.abs() <= 90)
    if turned.mean() > 0.5:  # type: ignore[operator]
        raise InputError("stops.txt: stop_lat and stop_lon look exchanged (latitudes beyond 90):", "exchange them.")
    metres = (lat.abs() > 360) | (lon.abs() > 360)
    if metres.mean() > 0.5:  # type: ignore[operator]
        raise InputError(
            "stops.txt: coordinates look like metres of a projection:", "convert them to degrees (EPSG:4326)."
        )


def _seconds(column: str) -> pl.Expr:
    parts = [pl.col(column).str.extract(TIME, part).cast(pl.Int64) for part in (1, 2, 3)]
    return parts[0] * 3600 + parts[1] * 60 + parts[2]


def _times(table: pl.DataFrame, defects: list[Defect]) -> pl.DataFrame:
    arrival = "arrival_time" if "arrival_time" in table.columns else "departure_time"
    times = table.with_columns(
        sequence=pl.col("stop_sequence").cast(pl.Int64, strict=False),
        departure=_seconds("departure_time"),
        arrival=_seconds(arrival),
    )
    wrong = times.filter(pl.col("departure_time").is_not_null() & pl.col("departure").is_null()).height
    if wrong:
        defects.append(Defect("wrong time", "stop_times.txt", wrong, "times that aren't H:MM:SS count as not given."))
    times = _without(times, times["sequence"].is_not_null(), "stop_times.txt", "wrong sequence",
                     "rows whose stop_sequence isn't a whole number are left out.", defects)  # fmt: skip
    times = times.sort("trip_id", "sequence")
    backwards = times.filter(
        (pl.col("departure") < pl.col("departure").shift(1).over("trip_id")).fill_null(value=False)
    ).height
    if backwards:
        defects.append(Defect("time goes back", "stop_times.txt", backwards, "kept as they are."))
    return times


def _date(column: str) -> pl.Expr:
    return pl.col(column).str.to_date("%Y%m%d", strict=False)


def _calendar(table: pl.DataFrame | None, defects: list[Defect]) -> pl.DataFrame:
    schema = {"service_id": pl.String, **dict.fromkeys(DAYS, pl.Boolean), "start": pl.Date, "end": pl.Date}
    needed = ["service_id", *DAYS, "start_date", "end_date"]
    if table is None or any(name not in table.columns for name in needed):
        if table is not None and table.width:
            defects.append(Defect("columns missing", "calendar.txt", 1, "the table isn't used."))
        return pl.DataFrame(schema=schema)
    read = table.select("service_id", *(pl.col(day) == "1" for day in DAYS),
                        start=_date("start_date"), end=_date("end_date"))  # fmt: skip
    good = read.select((pl.col("start") <= pl.col("end")).fill_null(value=False)).to_series()
    return _without(read, good, "calendar.txt", "wrong dates",
                    "services with dates that aren't YYYYMMDD, or turned round, are left out.", defects)  # fmt: skip


def _calendar_dates(table: pl.DataFrame | None, defects: list[Defect]) -> pl.DataFrame:
    schema = {"service_id": pl.String, "date": pl.Date, "added": pl.Boolean}
    if table is None or any(name not in table.columns for name in ("service_id", "date", "exception_type")):
        if table is not None and table.width:
            defects.append(Defect("columns missing", "calendar_dates.txt", 1, "the table isn't used."))
        return pl.DataFrame(schema=schema)
    read = table.select("service_id", _date("date"), added=pl.col("exception_type").replace_strict(
        {"1": True, "2": False}, default=None, return_dtype=pl.Boolean))  # fmt: skip
    good = read.select(pl.col("date").is_not_null() & pl.col("added").is_not_null()).to_series()
    return _without(read, good, "calendar_dates.txt", "wrong dates",
                    "exceptions without a date YYYYMMDD or a type 1 or 2 are left out.", defects)  # fmt: skip


def _frequencies(table: pl.DataFrame | None, defects: list[Defect]) -> pl.DataFrame:
    """Trips with headways: `trip_id, start, headway, runs`; a trip runs from start until before the end."""
    schema = {"trip_id": pl.String, "start": pl.Int64, "headway": pl.Int64, "runs": pl.Int64}
    if table is None or any(
        name not in table.columns for name in ("trip_id", "start_time", "end_time", "headway_secs")
    ):
        if table is not None and table.width:
            defects.append(Defect("columns missing", "frequencies.txt", 1, "the table isn't used."))
        return pl.DataFrame(schema=schema)
    headway = pl.col("headway_secs").cast(pl.Int64, strict=False)
    length = _seconds("end_time") - _seconds("start_time")
    runs = pl.when((headway > 0) & (length > 0)).then((length + headway - 1) // headway)
    read = table.select("trip_id", start=_seconds("start_time"), headway=headway, runs=runs)
    good = read.select(pl.col("trip_id").is_not_null() & pl.col("runs").is_not_null()).to_series()
    return _without(read, good, "frequencies.txt", "wrong headway",
                    "rows without times H:MM:SS in order and a headway above 0 are left out.", defects)  # fmt: skip


def _timezone(agency: pl.DataFrame | None, defects: list[Defect]) -> str:
    zones = [] if agency is None or "agency_timezone" not in agency.columns else (
        agency["agency_timezone"].drop_nulls().unique(maintain_order=True).to_list())  # fmt: skip
    if not zones:
        defects.append(Defect("no time zone", "agency.txt", 1, "times are taken as local."))
        return ""
    if len(zones) > 1:
        defects.append(Defect("several time zones", "agency.txt", len(zones), "each trip's times are taken as local."))
    try:
        ZoneInfo(zones[0])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        defects.append(Defect("unknown time zone", "agency.txt", 1, f"{zones[0][:60]!r}; times are taken as local."))
    return str(zones[0])
