"""GTFS feeds: figures against an independent count, and every kind of defect reported with the rest of the figures."""

from __future__ import annotations

import csv
import datetime
import io
import json
import math
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from technopole.cities.points import PointIndex
from technopole.cities.tables import CityTables
from technopole.core.errors import InputError
from technopole.editions.shipped import latest_edition
from technopole.instruments.gtfs import MODES, covered_km2, measure_gtfs, mode_of, service_days, typical_weekday
from technopole.instruments.gtfs_tables import read_feed
from technopole.instruments.measured import Measured
from technopole.observations.schema import OBSERVATION_SCHEMA
from technopole.snapshots.upstream import mirror_folder

FEEDS = mirror_folder(Path(__file__).parents[2]) / "instruments"
BAY = "5391959"


@pytest.fixture(scope="module")
def tables() -> CityTables:
    return CityTables.read(latest_edition() / "reference")


def raw(path: Path, name: str) -> list[dict[str, str]]:
    """A table by Python's own reader."""
    with zipfile.ZipFile(path) as archive:
        member = next(one for one in archive.namelist() if one.endswith("/" + name) or one == name)
        text = archive.read(member).decode("utf-8-sig")
    return [{key: (cell or "").strip() for key, cell in row.items()} for row in csv.DictReader(io.StringIO(text))]


def value(measured: Measured, variable: str, boundary: str = "region", place: str = BAY) -> float | None:
    rows = measured.observations.filter(
        pl.col("variable") == f"gtfs_{variable}", pl.col("boundary") == boundary, pl.col("place") == place
    )
    assert rows.height == 1
    found: float | None = rows["value"][0]
    return found


def running(path: Path, day: datetime.date) -> set[str]:
    """Services of a day, by the letter of the standard."""
    text, name = day.strftime("%Y%m%d"), day.strftime("%A").lower()
    services = {
        row["service_id"] for row in raw(path, "calendar.txt")
        if row[name] == "1" and row["start_date"] <= text <= row["end_date"]
    }  # fmt: skip
    for row in raw(path, "calendar_dates.txt"):
        if row["date"] == text:
            (services.add if row["exception_type"] == "1" else services.discard)(row["service_id"])
    return services


@pytest.mark.parametrize("name", ["caltrain-2017-07-24.zip", "samtrans-2017-11-28.zip"])
def test_figures_of_a_real_feed_equal_a_count_by_hand(name: str, tables: CityTables) -> None:
    path = FEEDS / name
    if not path.is_file():
        pytest.skip(f"no feed at {path}: the mirror isn't here")
    measured = measure_gtfs(path, tables)
    assert measured.observations.schema == pl.Schema(OBSERVATION_SCHEMA)
    day = datetime.date.fromisoformat(measured.provenance["date"])
    assert day.weekday() < 5
    services = running(path, day)
    trips = {row["trip_id"]: row for row in raw(path, "trips.txt") if row["service_id"] in services}
    index = PointIndex.from_tables(tables)
    stops = {row["stop_id"]: row for row in raw(path, "stops.txt")}
    inside = {
        one for one, row in stops.items()
        if str(index.attribute([float(row["stop_lat"])], [float(row["stop_lon"])]).city[0]) == BAY
    }  # fmt: skip
    last: dict[str, int] = {}
    rows = [row for row in raw(path, "stop_times.txt") if row["trip_id"] in trips]
    for row in rows:
        last[row["trip_id"]] = max(last.get(row["trip_id"], -1), int(row["stop_sequence"]))
    here = [row for row in rows if row["stop_id"] in inside]
    board = [row for row in here if int(row["stop_sequence"]) < last[row["trip_id"]] and row["pickup_type"] != "1"]

    def seconds(text: str) -> int:
        hour, minute, second = text.split(":")
        return int(hour) * 3600 + int(minute) * 60 + int(second)

    assert len(board) > 1000
    assert value(measured, "departures") == len(board)
    assert value(measured, "departures_per_hour") == pytest.approx(len(board) / 24)
    thousands = tables.frame.filter(pl.col("city") == int(BAY))["population_thousands"][0]
    assert value(measured, "departures_per_hour_per_100000") == pytest.approx(len(board) / 24 / (thousands / 100))
    assert value(measured, "stops") == len({row["stop_id"] for row in board})
    times = [seconds(row["departure_time"]) for row in board if row["departure_time"]]
    assert value(measured, "departures_past_midnight") == sum(one >= 86_400 for one in times)
    ends = [seconds(row["arrival_time"]) for row in here if row["arrival_time"]]
    assert value(measured, "span_of_service") == pytest.approx((max(ends) - min(times)) / 3600)
    kinds = {row["route_id"]: mode_of(row["route_type"]) for row in raw(path, "routes.txt")}
    modes = Counter(kinds[trips[row["trip_id"]]["route_id"]] for row in board)
    for mode in MODES:
        assert value(measured, f"share_{mode}") == pytest.approx(modes[mode] / len(board))
    served = {row["stop_id"]: stops[row["stop_id"]] for row in board}
    where = [(float(row["stop_lat"]), float(row["stop_lon"])) for row in served.values()]
    anchor = tables.anchors.filter(pl.col("city") == int(BAY)).row(0, named=True)
    near = [one for one in where if by_cosines(one, (anchor["latitude"], anchor["longitude"])) <= 1.0]
    assert value(measured, "stops_near_centre") == len(near)
    assert value(measured, "area_in_reach") == pytest.approx(by_circles(where), rel=0.01)
    if "caltrain" in name:
        live = {row["trip_id"] for row in raw(path, "realtime_trips.txt")}
        run = {row["trip_id"] for row in board}
        assert value(measured, "realtime_trips_share") == pytest.approx(len(run & live) / len(run))
        wheels = Counter(stops[one]["wheelchair_boarding"] for one in {row["stop_id"] for row in board})
        assert value(measured, "accessible_stops_share") == pytest.approx(wheels["1"] / (wheels["1"] + wheels["2"]))
        told = (wheels["1"] + wheels["2"]) / len(served)
        assert value(measured, "accessible_stops_known_share") == pytest.approx(told)
        rides = Counter(trips[one]["wheelchair_accessible"] for one in run)
        assert value(measured, "accessible_trips_share") == pytest.approx(rides["1"] / (rides["1"] + rides["2"]))
        told = (rides["1"] + rides["2"]) / len(run)
        assert value(measured, "accessible_trips_known_share") == pytest.approx(told)
    else:
        # the feed has no such fields: missing, never zero
        assert value(measured, "accessible_stops_share") is None
        assert value(measured, "realtime_trips_share") is None


def by_cosines(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres by the spherical law of cosines."""
    a, b, c, d = (math.radians(angle) for angle in (*one, *other))
    return 6371.0088 * math.acos(min(math.sin(a) * math.sin(c) + math.cos(a) * math.cos(c) * math.cos(d - b), 1.0))


def by_circles(places: list[tuple[float, float]]) -> float:
    """Km2 within 500 m of places: GEOS's union of circles, in bands of a tenth of a degree with a plane each."""
    shapely = pytest.importorskip("shapely", reason="the area is checked by shapely (technopole[scale])")
    total = 0.0
    for band in {math.floor(lat * 10) for lat, _ in places}:
        low, high, middle = band / 10, (band + 1) / 10, (band + 0.5) / 10
        east, north = 111.195 * math.cos(math.radians(middle)), 111.195
        near = [(lon * east, lat * north) for lat, lon in places if low - 0.01 <= lat <= high + 0.01]
        union = shapely.union_all(shapely.buffer(shapely.points(near), 0.5, quad_segs=32))
        total += union.intersection(shapely.box(-180 * east, low * north, 180 * east, high * north)).area
    return total


def test_the_day_is_the_median_weekday(tables: CityTables) -> None:
    path = FEEDS / "caltrain-2017-07-24.zip"
    if not path.is_file():
        pytest.skip(f"no feed at {path}: the mirror isn't here")
    feed = read_feed(path)
    days = service_days(feed)
    for text in ("2017-07-17", "2017-07-22", "2017-09-04", "2018-01-01"):
        moment = datetime.date.fromisoformat(text)
        assert set(days.filter(pl.col("date") == moment)["service_id"]) == running(path, moment)
    # departures of every weekday, by hand
    trips = {row["trip_id"]: row["service_id"] for row in raw(path, "trips.txt")}
    rows = raw(path, "stop_times.txt")
    last: dict[str, int] = {}
    for row in rows:
        last[row["trip_id"]] = max(last.get(row["trip_id"], -1), int(row["stop_sequence"]))
    per_service = Counter(
        trips[row["trip_id"]] for row in rows
        if int(row["stop_sequence"]) < last[row["trip_id"]] and row["pickup_type"] != "1"
    )  # fmt: skip
    starts = [row["start_date"] for row in raw(path, "calendar.txt")]
    ends = [row["end_date"] for row in raw(path, "calendar.txt")]
    day, end = (datetime.datetime.strptime(one, "%Y%m%d").date() for one in (min(starts), max(ends)))
    counts: list[tuple[int, datetime.date]] = []
    while day <= end:
        total = sum(per_service[service] for service in running(path, day))
        if day.weekday() < 5 and total:
            counts.append((total, day))
        day += datetime.timedelta(days=1)
    assert len(counts) > 50
    median = sorted(counts)[(len(counts) - 1) // 2][0]
    assert typical_weekday(feed) == min(day for total, day in counts if total == median)


GOOD: dict[str, str] = {
    "agency.txt": "agency_id,agency_name,agency_url,agency_timezone\n1,A,http://a,Asia/Tokyo\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nA,a,35.68,139.76\nB,b,35.69,139.70\nC,c,35.66,139.70\n",
    "routes.txt": "route_id,route_type\nR,1\nB,3\n",
    "trips.txt": "route_id,service_id,trip_id\nR,W,1\nR,W,2\nB,W,3\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "1,05:00:00,05:00:00,A,1\n1,05:10:00,05:11:00,B,2\n1,05:20:00,05:20:00,C,3\n"
    "2,24:30:00,24:30:00,A,1\n2,25:00:00,25:00:00,B,2\n"
    "3,08:00:00,08:00:00,B,1\n3,08:30:00,08:30:00,C,2\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
    "W,1,1,1,1,1,0,0,20240226,20240301\n",
}
ONE_TRIP = "route_id,service_id,trip_id\nR,W,1\n"
TOKYO = "1850147"


def feed_of(folder: Path, prefix: str = "", **tables: str | bytes | None) -> Path:
    path = folder / "feed.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**GOOD, **{key.replace("_txt", ".txt"): one for key, one in tables.items()}}.items():
            if content is not None:
                archive.writestr(prefix + name, content)
    return path


def test_a_small_feed_by_hand(tables: CityTables, tmp_path: Path) -> None:
    """A week with a leap day; a trip past midnight."""
    measured = measure_gtfs(feed_of(tmp_path), tables, datetime.date(2024, 2, 29))
    assert measured.defects == ()
    expected = {
        "departures": 4, "stops": 2, "span_of_service": 20.0, "departures_past_midnight": 1, "share_metro": 0.75,
        "share_bus": 0.25, "departures_per_hour": 4 / 24,
    }  # fmt: skip
    for variable, figure in expected.items():
        assert value(measured, variable, place=TOKYO) == pytest.approx(figure)
    assert measured.provenance["time_zone"] == "Asia/Tokyo"
    assert measure_gtfs(feed_of(tmp_path), tables).provenance["date"] == "2024-02-26"
    headways = "trip_id,start_time,end_time,headway_secs\n1,05:00:00,06:00:00,600\n"
    often = measure_gtfs(feed_of(tmp_path, frequencies_txt=headways), tables)
    assert value(often, "departures", place=TOKYO) == 6 * 2 + 2
    # trip 1 takes 20 minutes and leaves B after 11: the last of six starts is at 23:55, so 24:06 is past midnight
    headways = "trip_id,start_time,end_time,headway_secs\n1,23:30:00,24:00:00,300\n1,04:00:00,04:30:00,1800\n"
    late = measure_gtfs(feed_of(tmp_path, frequencies_txt=headways, trips_txt=ONE_TRIP), tables)
    assert value(late, "departures", place=TOKYO) == 7 * 2
    starts = [4 * 60, *range(23 * 60 + 30, 24 * 60, 5)]
    passed = sum(start + after >= 24 * 60 for start in starts for after in (0, 11))
    assert value(late, "departures_past_midnight", place=TOKYO) == passed == 2
    assert value(late, "span_of_service", place=TOKYO) == pytest.approx((starts[-1] + 20 - 4 * 60) / 60)


def test_a_feed_without_routes_tells_all_but_modes(tables: CityTables, tmp_path: Path) -> None:
    for missing in (None, "route_id\nR\n", "", '"'):
        measured = measure_gtfs(feed_of(tmp_path, routes_txt=missing), tables)
        assert "no modes" in {defect.kind for defect in measured.defects}
        assert value(measured, "departures", place=TOKYO) == 4
        assert value(measured, "share_bus", place=TOKYO) is None
        shares = measured.observations.filter(pl.col("variable") == "gtfs_share_bus")
        assert set(shares["status"]) == {"not covered"}


def test_coordinates_of_another_kind_are_said(tables: CityTables, tmp_path: Path) -> None:
    """Tokyo's longitudes can't be latitudes; metres can't be degrees: no stop would be left."""
    turned = GOOD["stops.txt"].replace("stop_lat,stop_lon", "stop_lon,stop_lat")
    with pytest.raises(InputError, match="look exchanged"):
        measure_gtfs(feed_of(tmp_path, stops_txt=turned), tables)
    metres = "stop_id,stop_name,stop_lat,stop_lon\nA,a,3966000,13976000\nB,b,3966500,13976200\n"
    with pytest.raises(InputError, match="metres of a projection"):
        measure_gtfs(feed_of(tmp_path, stops_txt=metres), tables)


def test_leap_days(tables: CityTables, tmp_path: Path) -> None:
    """2024 has a 29th of February, 2023 hasn't: a service that ends on it is left out, and said."""
    calendar = GOOD["calendar.txt"] + "V,1,1,1,1,1,1,1,20230201,20230229\n"
    exceptions = "service_id,date,exception_type\nW,20240229,2\nW,20240302,1\n"
    path = feed_of(tmp_path, calendar_txt=calendar, calendar_dates_txt=exceptions)
    days = service_days(read_feed(path))
    assert sorted(str(day) for day in days["date"]) == [
        "2024-02-26", "2024-02-27", "2024-02-28", "2024-03-01", "2024-03-02",
    ]  # fmt: skip
    assert [(one.kind, one.where, one.count) for one in read_feed(path).defects] == [("wrong dates", "calendar.txt", 1)]
    with pytest.raises(InputError, match="no departures on 2024-02-29"):
        measure_gtfs(path, tables, datetime.date(2024, 2, 29))


def test_area_in_reach() -> None:
    import numpy as np

    circle = math.pi * 0.25
    for lat in (0.0, 35.7, 60.2, -45.0):
        assert covered_km2(np.array([lat]), np.array([24.9])) == pytest.approx(circle, rel=0.01)
        apart = covered_km2(np.array([lat, lat + 0.05]), np.array([24.9, 24.9]))
        assert apart == pytest.approx(2 * circle, rel=0.01)
    assert covered_km2(np.array([10.0, 10.0]), np.array([5.0, 5.0])) == pytest.approx(circle, rel=0.01)


ROW = "1,05:00:00,05:00:00,"
STOPS, TIMES = GOOD["stops.txt"], GOOD["stop_times.txt"]


@pytest.mark.parametrize(
    ("kind", "changed", "departures"),
    [
        ("unknown stop_id", {"stop_times_txt": TIMES + "3,09:00:00,09:00:00,Z,3\n"}, 4),
        ("unknown trip_id", {"stop_times_txt": TIMES + "9,09:00:00,09:00:00,A,1\n"}, 4),
        ("unknown route_id", {"trips_txt": "route_id,service_id,trip_id\nR,W,1\nR,W,2\nX,W,3\n"}, 3),
        ("wrong time", {"stop_times_txt": TIMES.replace("08:00:00,B", "8 o'clock,B")}, 4),
        ("wrong sequence", {"stop_times_txt": TIMES + "3,08:10:00,08:10:00,A,one\n"}, 4),
        ("time goes back", {"stop_times_txt": TIMES.replace("3,08:30:00,08:30:00", "3,07:30:00,07:30:00")}, 4),
        ("key twice", {"stops_txt": STOPS + "A,again,0.5,0.5\n"}, 4),
        ("no coordinates", {"stops_txt": STOPS + "D,d,,\nE,e,0,0\nF,f,NaN,inf\nG,g,3966000,13976000\n"}, 4),
        ("outside every city", {"stops_txt": STOPS.replace("35.69,139.70", "0.5,-30.0")}, 2),
        ("huge cell", {"stops_txt": STOPS + "H," + "x" * 200_000 + ",35.6,139.7\n"}, 4),
        ("not UTF-8", {"stops_txt": STOPS.encode() + b"I,\xff\xfe,35.6,139.7\n"}, 4),
        ("no time zone", {"agency_txt": None}, 4),
        ("unknown time zone", {"agency_txt": "agency_name,agency_timezone\nA,Mars/Olympus\n"}, 4),
        ("unknown time zone", {"agency_txt": "agency_name,agency_timezone\nA,../../etc/passwd\n"}, 4),
        ("several time zones", {"agency_txt": "agency_id,agency_timezone\nA,Asia/Tokyo\nB,UTC\n"}, 4),
        ("wrong dates", {"calendar_txt": GOOD["calendar.txt"] + "V,1,1,1,1,1,1,1,2024-02-01,20240301\n"}, 4),
        ("columns missing", {"calendar_dates_txt": "service_id,date\nW,20240227\n"}, 4),
        ("columns missing", {"frequencies_txt": "trip_id,start_time\n1,05:00:00\n"}, 4),
        ("wrong headway", {"frequencies_txt": "trip_id,start_time,end_time,headway_secs\n1,05:00:00,06:00:00,0\n"
            "2,6:00,7:00,60\n3,09:00:00,08:00:00,60\n"}, 4),
        ("wrong dates", {"calendar_dates_txt": "service_id,date,exception_type\nW,20240227,3\nW,20240230,1\n"}, 4),
    ],
)  # fmt: skip
def test_a_defect_is_reported_and_the_rest_measured(
    kind: str, changed: dict[str, str | bytes | None], departures: int, tables: CityTables, tmp_path: Path
) -> None:
    measured = measure_gtfs(feed_of(tmp_path, **changed), tables)
    assert kind in {defect.kind for defect in measured.defects}
    assert value(measured, "departures", place=TOKYO) == departures


def test_swapped_coordinates_are_said(tables: CityTables, tmp_path: Path) -> None:
    turned = "stop_id,stop_name,stop_lon,stop_lat\nA,a,22.30,114.17\nB,b,60.17,24.94\nC,c,60.18,24.95\n"
    good = turned.replace("stop_lon,stop_lat", "stop_lat,stop_lon").replace("22.30,114.17", "60.17,24.93")
    assert measure_gtfs(feed_of(tmp_path, stops_txt=good), tables).defects == ()
    with pytest.raises(InputError, match="no departures"):
        measure_gtfs(feed_of(tmp_path), tables, datetime.date(2024, 3, 3))
    measured = measure_gtfs(feed_of(tmp_path, stops_txt=turned), tables)
    assert "swapped coordinates" in {defect.kind for defect in measured.defects}
    assert measured.observations.height == 0


def test_a_subfolder_beside_macosx(tables: CityTables, tmp_path: Path) -> None:
    path = feed_of(tmp_path, "deep/feed/")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("__MACOSX/deep/feed/stops.txt", b"\0\5\26\7")
        archive.writestr("deep/feed/.DS_Store", b"\0")
        archive.writestr("../../stops.txt", "stop_id\n")
        archive.writestr("/etc/stops.txt", "stop_id\n")
        archive.writestr("other/stops.txt", "stop_id\n")
    measured = measure_gtfs(path, tables)
    assert value(measured, "departures", place=TOKYO) == 4
    assert Counter(defect.kind for defect in measured.defects) == {"unsafe path": 2, "several folders": 1}
    assert {one.name for one in tmp_path.iterdir()} == {"feed.zip"}


def bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in GOOD.items():
            archive.writestr(name, content)
        archive.writestr("frequencies.txt", b"0" * 60_000_000)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "can't be read as a zip archive"),
        (b"PK\3\4 nothing", "can't be read as a zip archive"),
        ({"readme.txt": "no"}, "none of the tables"),
        ({**GOOD, "trips.txt": None}, "lacks trips.txt"),
        ({**GOOD, "trips.txt": "trip_id\n1\n"}, "trips.txt lacks the column service_id"),
        ({**GOOD, "calendar.txt": None}, "runs on no weekday"),
        (bomb, "zip bomb"),
    ],
)  # fmt: skip
def test_what_is_no_feed_gives_one_line(content: object, message: str, tables: CityTables, tmp_path: Path) -> None:
    path = tmp_path / "feed.zip"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, dict):
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in content.items():
                if text is not None:
                    archive.writestr(name, text)
    else:
        bomb(path)
    with pytest.raises(InputError, match=message) as error:
        measure_gtfs(path, tables)
    assert "\n" not in str(error.value)


CELL = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=6),
    st.sampled_from(["1", "A", "R", "W", "25:61:00", "99:00:00", "35.7", "-0", "1e400", '"', "\0", "20240229"]),
)


@settings(max_examples=60)
@given(name=st.sampled_from(sorted(GOOD)), rows=st.lists(st.lists(CELL, max_size=11), max_size=6), keep=st.booleans())
def test_any_table_gives_figures_or_one_line(
    name: str, rows: list[list[str]], keep: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    small = small_tables()
    whole = GOOD[name]
    content = (whole if keep else whole.split("\n", maxsplit=1)[0] + "\n") + "\n".join(",".join(row) for row in rows)
    path = feed_of(tmp_path_factory.mktemp("fuzz"), **{name.replace(".txt", "_txt"): content})
    try:
        measured = measure_gtfs(path, small)
    except InputError as error:
        assert "\n" not in str(error)
    else:
        json.dumps(measured.to_json(), allow_nan=False)


@settings(max_examples=60)
@given(place=st.integers(0, 2_000), damage=st.binary(min_size=1, max_size=8))
def test_any_damage_of_the_archive_gives_figures_or_one_line(
    place: int, damage: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = feed_of(tmp_path_factory.mktemp("fuzz"))
    content = bytearray(path.read_bytes())
    content[place % len(content) : place % len(content) + len(damage)] = damage
    path.write_bytes(content)
    try:
        measure_gtfs(path, small_tables())
    except InputError as error:
        assert "\n" not in str(error)


_SMALL: list[CityTables] = []


def small_tables() -> CityTables:
    """Tokyo alone: its index is made in milliseconds."""
    if not _SMALL:
        whole = CityTables.read(latest_edition() / "reference")
        here = pl.col("city") == int(TOKYO)
        _SMALL.append(
            CityTables(
                whole.frame.filter(here),
                whole.anchors.filter(here),
                whole.names.head(0),
                whole.gazetteer.filter(here).head(5),
                whole.aliases.head(0),
                whole.admin1.head(0),
            )
        )
    return _SMALL[0]


def test_the_command(tmp_path: Path, printed: Callable[..., str]) -> None:
    path, output = feed_of(tmp_path), tmp_path / "out.parquet"
    shape = json.loads(printed("measure", "gtfs", path, "--json", "--output", output))
    assert list(shape) == ["provenance", "observations", "defects", "caveats"]
    written = pl.read_parquet(output)
    assert written.schema == pl.Schema(OBSERVATION_SCHEMA)
    assert written.to_dicts() == shape["observations"]
    assert pl.read_parquet_metadata(output)["technopole.sha256"] == shape["provenance"]["sha256"]
