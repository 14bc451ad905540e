"""Public transport of one GTFS feed, measured on one service day, per city and boundary.

The measured day is the *typical weekday*: of the Mondays to Fridays on which the feed runs, the one with the median
number of departures (the lower median; the earliest of equals). The busiest day would be one on which two versions of
a timetable overlap.

A *departure* is a row of stop_times of a trip that runs on the day, without the trip's last row and rows where nobody
may board (pickup_type 1). Trips with headways (frequencies.txt) count once a start: their rows of stop_times say how
long after a start they are at a stop. Times belong to the service day, so 25:10 is ten past one in the following night,
and no change of clocks moves them.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from technopole.cities.points import EARTH_RADIUS_KM, PointIndex, distance_km
from technopole.cities.tables import CityTables
from technopole.core.errors import InputError
from technopole.core.types import RINGS
from technopole.instruments.gtfs_tables import DAYS, Feed, read_feed
from technopole.instruments.measured import Defect, Measured, Sheet
from technopole.snapshots.upstream import sha256_of

SOURCE: Final = "gtfs"
DAYS_LIMIT: Final = 3_660
"""Days of a feed that are looked at, from its first."""
REACH_KM: Final = 0.5
RASTER_KM: Final = 0.05
MODES: Final = ("tram", "metro", "rail", "bus", "ferry", "other")
MODE_OF: Final = {"0": "tram", "5": "tram", "1": "metro", "2": "rail", "3": "bus", "11": "bus", "4": "ferry"}
# extended types, by hundreds: 100 rail, 200 coach, 400 metro and urban railway, 700 bus, 800 trolleybus, 900 tram
EXTENDED: Final = {"1": "rail", "2": "bus", "4": "metro", "7": "bus", "8": "bus", "9": "tram"}
CAVEATS: Final = (
    "One feed is rarely all transport of a city: figures are lower bounds for the city.",
    "The figures are those of the timetable, not of what ran.",
    "Boundaries and inhabitants are those of the frame, not of the operator's area.",
)


def measure_gtfs(path: Path, tables: CityTables, day: date | None = None) -> Measured:
    """Measure a feed.

    Parameters
    ----------
    day : the service day; the typical weekday when None.

    Raises
    ------
    InputError : the feed can't be read (gtfs_tables.read_feed), runs on no day, or not on the one asked for.
    """
    feed = read_feed(path)
    defects = list(feed.defects)
    chosen = day or typical_weekday(feed)
    rows = departures(feed, chosen)
    if rows.height == 0:
        raise InputError(f"{path.name} has no departures on {chosen}:", "give another --date.")
    placed = _placed(rows, feed, tables, defects)
    sheet = Sheet(SOURCE, str(chosen))
    population = dict(tables.frame.select("city", "population_thousands").iter_rows())
    anchors = tables.anchors.group_by("city", maintain_order=True).first()
    centre = {row["city"]: (row["latitude"], row["longitude"]) for row in anchors.iter_rows(named=True)}
    for (city,), own in placed.filter(pl.col("city").is_not_null()).sort("city").group_by("city", maintain_order=True):
        for ring in range(len(RINGS)):
            within = own.filter(pl.col("ring") <= ring)
            if within.height:
                assert isinstance(city, int)
                _measure(sheet, within, feed, city, ring, population[city], centre[city])
    provenance = {
        "file": path.name, "sha256": sha256_of(path), "instrument": "gtfs", "date": str(chosen),
        "weekday": DAYS[chosen.weekday()], "time_zone": feed.timezone,
    }  # fmt: skip
    return Measured(sheet.table(), provenance, tuple(defects), CAVEATS)


def service_days(feed: Feed) -> pl.DataFrame:
    """Which services run on which day: `service_id, date`; calendar, with exceptions added and removed."""
    spans: list[pl.DataFrame] = []
    starts = [feed.calendar["start"].min(), feed.calendar_dates["date"].min()]
    first = min((one for one in starts if isinstance(one, date)), default=None)
    if first is None:
        return pl.DataFrame(schema={"service_id": pl.String, "date": pl.Date})
    last = first + timedelta(days=DAYS_LIMIT)
    for row in feed.calendar.iter_rows(named=True):
        days = pl.date_range(row["start"], min(row["end"], last), eager=True) if row["start"] <= last else None
        if days is not None:
            runs = days.dt.weekday().replace_strict(dict(enumerate((row[day] for day in DAYS), 1)))
            spans.append(pl.DataFrame({"service_id": row["service_id"], "date": days.filter(runs)}))
    exceptions = feed.calendar_dates.filter(pl.col("date") <= last)
    added = exceptions.filter("added").select("service_id", "date")
    removed = exceptions.filter(~pl.col("added")).select("service_id", "date")
    regular = pl.concat(spans) if spans else added.clear()
    regular = regular.cast({"service_id": pl.String, "date": pl.Date}).join(
        removed, on=["service_id", "date"], how="anti"
    )
    return pl.concat([regular, added]).unique()


def typical_weekday(feed: Feed) -> date:
    """Give the weekday with the median number of departures. Raises InputError where the feed runs on no weekday."""
    per_service = _boarding(feed).group_by("service_id").agg(pl.col("times").sum())
    days = (
        service_days(feed)
        .join(per_service, on="service_id", how="inner", validate="m:1")
        .group_by("date")
        .agg(pl.col("times").sum())
        .filter(pl.col("date").dt.weekday() <= 5, pl.col("times") > 0)
        .sort("times", "date")
    )
    if days.height == 0:
        raise InputError("the feed runs on no weekday:", "give a --date on which it does, or another feed.")
    median = days["times"][(days.height - 1) // 2]
    found = days.filter(pl.col("times") == median)["date"].min()
    assert isinstance(found, date)
    return found


def departures(feed: Feed, day: date) -> pl.DataFrame:
    """All rows of stop_times of the trips that run on a day."""
    services = service_days(feed).filter(pl.col("date") == day)["service_id"]
    return _rows(feed).filter(pl.col("service_id").is_in(services.implode()))


def _boarding(feed: Feed) -> pl.DataFrame:
    return _rows(feed).filter("boards")


def _rows(feed: Feed) -> pl.DataFrame:
    times = feed.stop_times
    last = pl.col("sequence") == pl.col("sequence").max().over("trip_id")
    closed = pl.col("pickup_type") == "1" if "pickup_type" in times.columns else pl.lit(value=False)
    trips = _with_modes(feed)
    wheels = "wheelchair_accessible"
    extra = [wheels] if wheels in trips.columns else []
    rows = times.with_columns(boards=~(last | closed.fill_null(value=False)))
    rows = rows.select("trip_id", "stop_id", "sequence", "departure", "arrival", "boards")
    rows = rows.join(trips.select("trip_id", "service_id", "mode", *extra), on="trip_id", how="inner", validate="m:1")
    return _with_headways(rows, feed)


def _with_modes(feed: Feed) -> pl.DataFrame:
    if feed.routes is None:
        return feed.trips.with_columns(mode=pl.lit(None, pl.String))
    kinds = feed.routes["route_type"].fill_null("").unique().to_list()
    mode = pl.col("route_type").fill_null("").replace_strict({kind: mode_of(kind) for kind in kinds}, default="other")
    return feed.trips.join(feed.routes.select("route_id", mode=mode), on="route_id", how="left", validate="m:1")


def _with_headways(rows: pl.DataFrame, feed: Feed) -> pl.DataFrame:
    """Move trips with headways to their first start: one row a start table's row; `times, headway` say the others."""
    starts = feed.frequencies.rename({"runs": "times"})
    rows = rows.join(starts, on="trip_id", how="left", validate="m:m")
    begin = pl.col("departure").min().over("trip_id")
    moved = [pl.col(name) + (pl.col("start") - begin).fill_null(0) for name in ("departure", "arrival")]
    return rows.with_columns(*moved, pl.col("times").fill_null(1), pl.col("headway").fill_null(0))


def mode_of(route_type: str) -> str:
    """Mode of a route_type, basic or extended."""
    if route_type in MODE_OF:
        return MODE_OF[route_type]
    if route_type in {"1000", "1200"}:
        return "ferry"
    return EXTENDED.get(route_type[0], "other") if len(route_type) == 3 and route_type.isdigit() else "other"


def _placed(rows: pl.DataFrame, feed: Feed, tables: CityTables, defects: list[Defect]) -> pl.DataFrame:
    stops = feed.stops.filter(pl.col("stop_id").is_in(rows["stop_id"].implode()))
    index = PointIndex.from_tables(tables)
    lat, lon = stops["lat"].to_numpy(), stops["lon"].to_numpy()
    found = index.attribute(lat, lon)
    outside = int((found.city < 0).sum())
    if outside > 0.5 * stops.height:
        turned = index.attribute(lon, lat)
        if int((turned.city >= 0).sum()) > 0.5 * stops.height:
            what = "most stops lie in a city only with stop_lat and stop_lon exchanged; they are kept as they are."
            defects.append(Defect("swapped coordinates", "stops.txt", outside, what))
    if outside:
        defects.append(Defect("outside every city", "stops.txt", outside, "these stops count for no city."))
    place = pl.concat([stops.select("stop_id", "lat", "lon", *_wheels(feed)), found.to_polars()], how="horizontal")
    return rows.join(place, on="stop_id", how="left", validate="m:1")


def _wheels(feed: Feed) -> list[pl.Expr]:
    """Whether a stop can be boarded with a wheelchair: true, false, null for no information; else its station's."""
    stops = feed.stops
    if "wheelchair_boarding" not in stops.columns:
        return []
    own = pl.col("wheelchair_boarding").replace_strict({"1": True, "2": False}, default=None, return_dtype=pl.Boolean)
    if "parent_station" not in stops.columns:
        return [own.alias("wheels")]
    parents = dict(stops.select("stop_id", own.alias("own")).drop_nulls().iter_rows())
    station = pl.col("parent_station").replace_strict(parents, default=None, return_dtype=pl.Boolean)
    return [own.fill_null(station).alias("wheels")]


def _measure(
    sheet: Sheet, rows: pl.DataFrame, feed: Feed, city: int, ring: int, thousands: float | None,
    centre: tuple[float, float],
) -> None:  # fmt: skip
    """Write the figures of one city under one boundary."""
    board = rows.filter("boards")
    total = int(board["times"].sum())
    stops = board.unique("stop_id", maintain_order=True)

    def add(variable: str, unit: str, value: float | None, records: int = total) -> None:
        sheet.add(f"gtfs_{variable}", unit, city, ring, value, records)

    add("departures", "departures per weekday", float(total))
    add("departures_per_hour", "departures per hour of 24", total / 24)
    per = total / 24 / (thousands / 100) if thousands else None
    add("departures_per_hour_per_100000", "departures per hour per 100,000 inhabitants", per)
    add("stops", "stops with departures", float(stops.height), stops.height)
    area = covered_km2(stops["lat"].to_numpy(), stops["lon"].to_numpy())
    add("area_in_reach", f"km2 within {REACH_KM} km of a stop with departures", area, stops.height)
    near = _near(stops, centre, 1.0)
    add("stops_near_centre", "stops with departures within 1 km of the city's centre", float(near), near)
    again = (pl.col("times") - 1) * pl.col("headway")
    first, last = board["departure"].min(), rows.select((pl.col("arrival") + again).max()).item()
    span = (last - first) / 3600 if isinstance(first, int) and isinstance(last, int) else None
    add("span_of_service", "hours from first departure to last arrival", span)
    late = int(board.select(_late().sum()).item() or 0)
    add("departures_past_midnight", "departures at 24:00 and later", float(late), late)
    for mode in MODES:
        own = int(board.filter(pl.col("mode") == mode)["times"].sum())
        known = total and feed.routes is not None
        add(f"share_{mode}", "share of departures", own / total if known else None, own)
    _fields(add, board, stops, feed)


def _late() -> pl.Expr:
    """How many departures of a row are at 24:00 and later: departure + k * headway, k from 0 to times - 1."""
    before = pl.when(pl.col("headway") > 0).then(
        (86_400 - pl.col("departure") + pl.col("headway") - 1) // pl.col("headway")
    )
    early = before.otherwise(pl.when(pl.col("departure") < 86_400).then("times").otherwise(0))
    return (
        pl.when(pl.col("departure").is_not_null()).then(pl.col("times") - early.clip(0, pl.col("times"))).otherwise(0)
    )


def _fields(add, board: pl.DataFrame, stops: pl.DataFrame, feed: Feed) -> None:  # type: ignore[no-untyped-def]
    """Accessibility and real-time fields: shares of what the feed tells, missing where it has no such field."""
    trips = board.unique("trip_id", maintain_order=True)
    live = None
    if feed.realtime_trips is not None and "trip_id" in feed.realtime_trips.columns and trips.height:
        live = trips.join(feed.realtime_trips, on="trip_id", how="semi").height / trips.height
    add("realtime_trips_share", "share of trips in realtime_trips.txt", live, trips.height)
    for name, table, column, yes, no in (
        ("accessible_stops", stops, "wheels", True, False),
        ("accessible_trips", trips, "wheelchair_accessible", "1", "2"),
    ):
        if column not in table.columns or not table.height:
            add(f"{name}_share", "share of those with information", None, 0)
            add(f"{name}_known_share", "share with information", None, 0)
            continue
        good, bad = (table.filter(pl.col(column) == one).height for one in (yes, no))
        add(f"{name}_share", "share of those with information", good / (good + bad) if good + bad else None, good + bad)
        add(f"{name}_known_share", "share with information", (good + bad) / table.height, table.height)


def _near(stops: pl.DataFrame, centre: tuple[float, float], km: float) -> int:
    if not stops.height:
        return 0
    distance = distance_km(stops["lat"].to_numpy(), stops["lon"].to_numpy(), *centre)
    return int(np.count_nonzero(distance <= km))


def covered_km2(lat: np.ndarray, lon: np.ndarray, reach_km: float = REACH_KM) -> float:
    """Area within reach of any of n points (degrees), on a raster of 50 m in an equal-area plane; under 1 % off.

    >>> bool(abs(covered_km2(np.array([60.0]), np.array([25.0])) / (np.pi * 0.25) - 1) < 0.01)
    True
    """
    if not len(lat):
        return 0.0
    middle = float(np.mean(lat))
    # Lambert's cylindrical projection with the middle as its true latitude: areas are right, lengths nearly
    scale = np.cos(np.radians(middle))
    x = np.radians(lon) * EARTH_RADIUS_KM * scale
    y = np.sin(np.radians(lat)) * EARTH_RADIUS_KM / scale
    steps = int(np.ceil(reach_km / RASTER_KM)) + 1
    around = np.arange(-steps, steps + 1)
    cells: set[tuple[int, int]] = set()
    column, row = np.floor(x / RASTER_KM).astype(int), np.floor(y / RASTER_KM).astype(int)
    for east, north in set(zip(column.tolist(), row.tolist(), strict=True)):
        cells.update((east + i, north + j) for i in around.tolist() for j in around.tolist())
    grid = (np.array(sorted(cells)) + 0.5) * RASTER_KM
    distance = cKDTree(np.column_stack((x, y))).query(grid, distance_upper_bound=reach_km)[0]
    return float(np.count_nonzero(distance <= reach_km) * RASTER_KM**2)
