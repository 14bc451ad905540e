"""Bulk attribution on both engines: equal to the exact rule point by point, whatever the file and its columns."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from technopole.cities.bulk.attribute import AttributionResult, attribute_points
from technopole.cities.bulk.cache import cached
from technopole.cities.bulk.citycells import FINER, CityRule, city_cells, city_rule, city_territory
from technopole.cities.bulk.columns import Columns
from technopole.cities.bulk.pointfile import find_points
from technopole.cities.bulk.territory import BY_ANCHOR, EXACT, OUTSIDE, Territory
from technopole.cities.points import PointIndex, cells_of
from technopole.cities.tables import CityTables
from technopole.core.errors import InputError
from technopole.editions.shipped import latest_edition

# Ibis 12 calls methods of DuckDB that DuckDB 2 renames
pytestmark = pytest.mark.filterwarnings("ignore:fetch_.*is deprecated:DeprecationWarning")
NAMES = Columns("lat", "lon", by="kind", value="amount", distinct="who")
COUNTRIES = ("HK", "CN", "SG", "MY", "ID")


@pytest.fixture(scope="module")
def tables() -> CityTables:
    """The shipped cities around two borders (Hong Kong, Singapore): merged cities, territories, contested cells."""
    whole = CityTables.read(latest_edition() / "reference")
    box = pl.col("latitude").is_between(-1.5, 3.5) & pl.col("longitude").is_between(102, 105.5)
    box |= pl.col("latitude").is_between(21.5, 24.0) & pl.col("longitude").is_between(112.5, 115.0)
    frame = whole.frame.filter(box)
    anchors = whole.anchors.filter(pl.col("city").is_in(frame["city"].implode()))
    return CityTables(frame, anchors, whole.names, whole.gazetteer.filter(box), whole.aliases, whole.admin1)


@pytest.fixture(scope="module")
def territory(tables: CityTables) -> Territory:
    return city_territory(tables)


@pytest.fixture(scope="module")
def points(tables: CityTables, territory: Territory) -> pl.DataFrame:
    """Points around the two borders, at the very edge of boundaries, and with everything that can be wrong."""
    rng = np.random.default_rng(7)
    size = 6_000
    chosen = rng.integers(0, tables.gazetteer.height, size)
    lat = tables.gazetteer["latitude"].to_numpy()[chosen] + rng.normal(0, 0.15, size)
    lon = tables.gazetteer["longitude"].to_numpy()[chosen] + rng.normal(0, 0.15, size)
    anchor = tables.anchors.row(0, named=True)
    degrees = np.degrees(anchor["radius_km"] / 6371.0088)
    edge = anchor["latitude"] + degrees * np.repeat([0.5, 1.0, 1.5], 60) * (
        1 + np.tile(np.linspace(-9, 9, 60), 3) * 1e-15
    )
    lat[:180], lon[:180] = edge, anchor["longitude"]
    lat[180:186] = [np.nan, np.inf, 91.0, -1e300, 90.0, -90.0]
    lon[186:192] = [np.nan, -np.inf, 181.0, 1e300, 180.0, -180.0]
    kind = rng.choice(np.array(["wifi", 'a "quoted", one', "线", None], dtype=object), size)
    amount = rng.normal(100, 30, size)
    amount[5:8] = [np.nan, np.inf, -np.inf]
    return pl.DataFrame(
        {
            "lat": lat,
            "lon": lon,
            "kind": pl.Series(kind.tolist(), dtype=pl.String),
            "amount": amount,
            "who": rng.integers(0, 900, size),
            "country": pl.Series(rng.choice(np.array([*COUNTRIES, "XX", None], dtype=object), size).tolist()),
        }
    )


def by_brute_force(points: pl.DataFrame, tables: CityTables, countries: bool = False) -> pl.DataFrame:
    """What every point is, one by one, through cities.points alone."""
    found = PointIndex.from_tables(tables).attribute(
        points["lat"].to_numpy(), points["lon"].to_numpy(), points["country"] if countries else None
    )
    return pl.concat([points, found.to_polars()], how="horizontal")


def agrees(result: AttributionResult, placed: pl.DataFrame) -> None:
    """Counts, sums and distinct counts of every city, boundary and category are those of the single points."""
    assert result.points == placed.height
    for ring, boundary in enumerate(("core", "agglomeration", "region")):
        expected = (
            placed.filter(pl.col("ring") <= ring)
            .with_columns(amount=pl.when(pl.col("amount").is_finite()).then("amount"))
            .group_by(id=pl.col("city").cast(pl.String), category="kind")
            .agg(
                points=pl.len(),
                sum=pl.col("amount").sum(),
                values=pl.col("amount").count(),
                items=pl.col("who").n_unique(),
            )
        )
        got = result.inside.filter(pl.col("boundary") == boundary)
        both = got.join(expected, on=["id", "category"], how="full", nulls_equal=True, suffix="_expected")
        assert both.height == got.height == expected.height > 3
        for name in ("points", "values", "items"):
            assert both[name].to_list() == both[f"{name}_expected"].to_list()
        assert both["sum"].to_numpy() == pytest.approx(both["sum_expected"].to_numpy(), rel=1e-9)
        outside = result.outside.filter(pl.col("boundary") == boundary)
        assert outside["points"].sum() + got["points"].sum() == placed.height
    reasons = placed.filter(pl.col("reason").is_not_null()).group_by("reason").len()
    region = result.outside.filter(pl.col("boundary") == "region").group_by("reason").agg(len=pl.col("points").sum())
    assert dict(region.iter_rows()) == dict(reasons.iter_rows())


def write_csv(points: pl.DataFrame, path: Path) -> Path:
    points.write_csv(path)
    return path


def write_parquet(points: pl.DataFrame, path: Path) -> Path:
    points.write_parquet(path)
    return path


def write_folder(points: pl.DataFrame, path: Path) -> Path:
    (path / "deep").mkdir(parents=True)
    points[:1000].write_parquet(path / "one.parquet")
    points[1000:].write_parquet(path / "deep" / "two.parquet")
    (path / "_SUCCESS").touch()
    return path


def write_csv_folder(points: pl.DataFrame, path: Path) -> Path:
    path.mkdir()
    points[:1000].write_csv(path / "one.csv", separator=";")
    points[1000:].write_csv(path / "two.csv", separator=";", include_bom=True)
    return path


def write_sqlite(points: pl.DataFrame, path: Path) -> Path:
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE events (lat REAL, lon REAL, kind TEXT, amount REAL, who INTEGER, country TEXT)")
    database.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", points.rows())
    database.commit()
    database.close()
    return path


def write_duckdb(points: pl.DataFrame, path: Path) -> Path:
    import duckdb

    with duckdb.connect(str(path)) as database:
        database.register("given", points.to_arrow())
        database.execute("CREATE TABLE events AS SELECT * FROM given")
    return path


WRITERS: dict[str, Callable[[pl.DataFrame, Path], Path]] = {
    "points.csv": write_csv,
    "points.parquet": write_parquet,
    "parquet": write_folder,
    "csv": write_csv_folder,
    "points.sqlite": write_sqlite,
    "points.duckdb": write_duckdb,
}


@pytest.mark.parametrize("form", WRITERS)
def test_every_form_of_file_gives_the_counts_of_the_exact_rule(
    form: str, points: pl.DataFrame, tables: CityTables, territory: Territory, tmp_path: Path
) -> None:
    path = WRITERS[form](points, tmp_path / form)
    result = attribute_points(find_points(path), NAMES, territory)
    agrees(result, by_brute_force(points, tables))
    # SQLite has no nan: it stores null
    assert result.broken == (2 if form == "points.sqlite" else 3)


def test_the_country_wins(points: pl.DataFrame, tables: CityTables, territory: Territory, tmp_path: Path) -> None:
    path = write_parquet(points, tmp_path / "points.parquet")
    columns = Columns("lat", "lon", by="kind", value="amount", distinct="who", country="country")
    agrees(attribute_points(find_points(path), columns, territory), by_brute_force(points, tables, countries=True))


def write_partitions(path: Path) -> Path:
    """A folder as Spark and Hive write it: the category is in the names of folders."""
    for number, name in enumerate(("kind=007", "kind=b b", "kind=__HIVE_DEFAULT_PARTITION__")):
        (path / name).mkdir(parents=True)
        points = pl.DataFrame({"lat": [22.3] * (number + 1), "lon": [114.17] * (number + 1)})
        points.write_parquet(path / name / "part.parquet")
    return path


PARTITIONED = [("007", 1), ("b b", 2), (None, 3)]


def by_partition(path: Path, territory: Territory, engine: str) -> list[Any]:
    found = attribute_points(find_points(path), Columns("lat", "lon", by="kind"), territory, engine=engine)
    return sorted(found.inside.filter(pl.col("boundary") == "region").select("category", "points").rows(), key=str)


def test_folders_that_are_named_for_a_column(territory: Territory, tmp_path: Path) -> None:
    path = write_partitions(tmp_path / "year=2024" / "points")
    assert by_partition(path, territory, "duckdb") == sorted(PARTITIONED, key=str)
    (path / "part.parquet").write_bytes((path / "kind=007" / "part.parquet").read_bytes())
    with pytest.raises(InputError, match="other folders of columns"):
        find_points(path)
    # one file of such a folder is a file like any other
    alone = find_points(path / "kind=007" / "part.parquet")
    with pytest.raises(InputError, match="no column 'kind'"):
        attribute_points(alone, Columns("lat", "lon", by="kind"), territory)


@pytest.fixture(scope="module")
def spark() -> Iterator[None]:
    if shutil.which("java") is None:
        pytest.skip("no Java runtime here: the Spark engine isn't tested (Debian: default-jre-headless)")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of PySpark about pandas, which isn't used
        from technopole.cities.bulk.engines import spark_session

        session = spark_session()
        yield
        session.stop()


@pytest.mark.usefixtures("spark")
@pytest.mark.filterwarnings("ignore")
def test_spark_gives_the_same_bytes(
    points: pl.DataFrame, tables: CityTables, territory: Territory, tmp_path: Path
) -> None:
    columns = Columns("lat", "lon", by="kind", value="amount", distinct="who", country="country")
    for form in ("points.csv",):
        path = WRITERS[form](points, tmp_path / form)
        here = attribute_points(find_points(path), columns, territory)
        there = attribute_points(find_points(path), columns, territory, engine="spark")
        assert here.inside.equals(there.inside)
        assert here.outside.equals(there.outside)
        assert (here.points, here.broken, here.remarks) == (there.points, there.broken, there.remarks)
    agrees(there, by_brute_force(points, tables, countries=True))
    assert by_partition(write_partitions(tmp_path / "folder"), territory, "spark") == sorted(PARTITIONED, key=str)


def test_cells_say_what_the_exact_rule_says(tables: CityTables) -> None:
    rule = city_rule(tables)
    rng = np.random.default_rng(1)
    for per_degree in (5, 40):
        cells = city_cells(rule, per_degree)
        assert cells["cell"].is_sorted()
        assert cells["cell"].n_unique() == cells.height
        whole = cells.filter(pl.col("cell") >= 0)
        small = cells.filter(pl.col("cell") < 0).with_columns(cell=-1 - pl.col("cell"))
        assert set(whole.filter(pl.col("code") < 0)["code"]) == {EXACT, BY_ANCHOR}
        assert set(small.filter(pl.col("code") < 0)["code"]) == {BY_ANCHOR}
        left = whole.filter(pl.col("code") == EXACT)
        row, column = np.divmod(small["cell"].to_numpy(), 360 * per_degree * FINER)
        inside = pl.Series(row // FINER * (360 * per_degree) + column // FINER).unique()
        assert inside.is_in(left["cell"].implode()).all()
        # few are left
        assert small.height > 0.6 * left.height * FINER**2
        for table, fine, beyond in ((whole, per_degree, OUTSIDE), (small, per_degree * FINER, EXACT)):
            row, column = np.divmod(np.repeat(table["cell"].to_numpy(), 3), 360 * fine)
            # corners and edges of cells as well as their inside
            lat = (row + rng.choice([0.0, 0.5, 0.999999, 0.25], len(row))) / fine - 90
            lon = (column + rng.choice([0.0, 0.5, 0.999999, 0.75], len(row))) / fine - 180
            lat = np.append(lat, rng.uniform(-5, 28, 20_000))
            lon = np.append(lon, rng.uniform(100, 118, 20_000))
            number = cells_of(lat, lon, fine).astype(np.int64)
            code = pl.DataFrame({"cell": number}).join(table, on="cell", how="left")["code"]
            code = code.fill_null(beyond).to_numpy()
            settled = code > EXACT
            assert settled.sum() > 1000
            assert (code[settled] == rule(lat, lon, None)[settled]).all()


def test_rule_travels(tables: CityTables) -> None:
    import pickle

    rule = city_rule(tables)
    other = pickle.loads(pickle.dumps(rule))
    assert isinstance(other, CityRule)
    lat, lon = np.array([22.3, 1.3, 0.0]), np.array([114.17, 103.8, 0.0])
    assert (other(lat, lon, None) == rule(lat, lon, None)).all()


def test_a_damaged_cache_repairs_itself(tables: CityTables, tmp_path: Path) -> None:
    first = city_territory(tables, tmp_path)
    (file,) = tmp_path.glob("*.parquet")
    made = file.read_bytes()
    file.write_bytes(made[: len(made) // 2])
    assert city_territory(tables, tmp_path).cells.equals(first.cells)
    (file,) = tmp_path.glob("*.parquet")
    assert file.read_bytes() == made
    calls: list[int] = []

    def never() -> pl.DataFrame:
        calls.append(1)
        return first.cells

    assert cached(tmp_path, first.digest, never).equals(first.cells)
    assert calls == []


@pytest.mark.skipif(sys.platform != "linux", reason="folders without write permission need a Unix")
def test_a_cache_that_cannot_be_written_costs_only_time(tables: CityTables) -> None:
    assert city_territory(tables, Path("/proc/technopole")).cells.height > 100


def run(path: Path, territory: Territory, **columns: str) -> AttributionResult:
    return attribute_points(find_points(path), Columns(**{"latitude": "lat", "longitude": "lon", **columns}), territory)


def test_suspicions(points: pl.DataFrame, territory: Territory, tmp_path: Path) -> None:
    good = points.filter(pl.col("lat").abs() < 60)[200:]
    path = tmp_path / "points.parquet"

    def remarks(table: pl.DataFrame) -> str:
        table.write_parquet(path)
        return " ".join(run(path, territory).remarks)

    assert remarks(good) == ""
    assert "look swapped" in remarks(good.rename({"lat": "lon", "lon": "lat"}))
    metres = good.with_columns(pl.col("lat", "lon") * 111_320)
    assert "metres of a projection" in remarks(metres)
    assert "at 0, 0" in remarks(good.with_columns(lat=pl.lit(0.0), lon=pl.lit(0.0)))
    assert f"{good.height:,} of the first {2 * good.height:,} rows repeat" in remarks(pl.concat([good, good]))


def test_text_that_is_no_number_is_no_coordinate(territory: Territory, tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    cells = ["22.3", " +22.3 ", "2.23e1", "22,3", "NaN", "Infinity", "1_0", "0x10", "22.3d", "1e999", "", "٢٢"]
    path.write_text("lat,lon\n" + "".join(f'"{cell}",114.17\n' for cell in cells))
    result = run(path, territory)
    assert result.inside.filter(pl.col("boundary") == "core")["points"].to_list() == [3]
    assert result.outside.filter(pl.col("boundary") == "core")["points"].to_list() == [len(cells) - 3]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"lat,lat\n1,2\n", "two columns"),
        ("a.csv", b"", "no header"),
        ("a.csv", b"latitude,lon\n1,2\n", "no column 'lat': did you mean latitude"),
        ("a.csv", b"lat,lon\n1,2,3\n", "a.csv"),
        ("a.csv", b"lat,lon\n1,\"2\n", "quote"),
        ("a.csv", b"lat,lon\n1," + b"2" * 1_100_000 + b"\n", "a.csv"),
        ("a.csv", "lat,lon,ü\n".encode("latin-1"), "UTF-8"),
        ("a.csv.gz", b"lat,lon\n", "UTF-8 text: Not a gzipped"),
        ("a.xlsx", b"PK", "no CSV"),
        ("a.parquet", b"PAR1 nothing", "a.parquet"),
        ("a.sqlite", b"SQLite format 3\0 nothing", "can't be read as SQLite"),
    ],
)  # fmt: skip
def test_wrong_files_give_one_clear_line(
    name: str, content: bytes, message: str, territory: Territory, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        run(path, territory)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_wrong_options(points: pl.DataFrame, territory: Territory, tmp_path: Path) -> None:
    path = write_parquet(points.with_columns(flag=pl.lit([1])), tmp_path / "points.parquet")
    with pytest.raises(InputError, match="There is no file"):
        find_points(tmp_path / "nothing")
    with pytest.raises(InputError, match="no files"):
        (tmp_path / "empty").mkdir()
        find_points(tmp_path / "empty")
    with pytest.raises(InputError, match="needs a database"):
        find_points(path, "events")
    with pytest.raises(InputError, match="no engine 'flink'"):
        attribute_points(find_points(path), NAMES, territory, engine="flink")
    with pytest.raises(InputError, match="no boundary 'town'"):
        attribute_points(find_points(path), NAMES, territory, boundaries=["town"])
    with pytest.raises(InputError, match="categories and items are"):
        run(path, territory, by="amount")
    with pytest.raises(InputError, match="not numbers"):
        run(path, territory, value="flag")
    with pytest.raises(InputError, match="files of one kind"):
        (tmp_path / "more.csv").write_text("lat,lon\n")
        find_points(tmp_path)
    database = write_sqlite(points, tmp_path / "points.sqlite")
    with pytest.raises(InputError, match="no table 'event': did you mean events"):
        find_points(database, "event")


def test_the_command(
    points: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the shipped edition: three points by hand."""
    from technopole.cli.main import main

    monkeypatch.setenv("TECHNOPOLE_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "points.csv"
    path.write_text("lat,lon,kind,n\n60.17,24.94,a,1.5\n60.17,24.94,a,2\n35.69,139.69,b,x\n0,-30,b,4\n")

    def call(*words: str) -> Any:
        monkeypatch.setattr(sys, "argv", ["technopole", "attribute", str(path), "--lat", "lat", "--lon", "lon", *words])
        with contextlib.suppress(SystemExit):
            main()
        return capsys.readouterr().out

    shape = json.loads(call("--by", "kind", "--value", "n", "--boundary", "core", "--json"))
    assert list(shape) == ["points", "units", "boundaries", "inside", "outside", "broken_values", "remarks"]
    assert [(row["name"], row["category"], row["points"], row["sum"], row["values"]) for row in shape["inside"]] == [
        ("Helsinki", "a", 2, 3.5, 2), ("Tokyo", "b", 1, 0.0, 0),
    ]  # fmt: skip
    assert shape["outside"] == [
        {"boundary": "core", "reason": "outside every city", "category": "b", "points": 1, "sum": 4.0, "values": 1}
    ]
    assert (shape["points"], shape["broken_values"]) == (4, 1)
    table = call("--csv").splitlines()
    assert table[0] == "id,slug,name,country,boundary,category,points"
    assert "Helsinki" in call()
