"""The two engines: DuckDB in this process, and Spark, in this process or on the cluster that its settings name."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from technopole.cities.bulk.columns import Columns, named_columns
from technopole.cities.bulk.expression import EXACT_NAME
from technopole.cities.bulk.pointfile import HEADER_LIMIT, PointFile
from technopole.cities.bulk.territory import OUTSIDE, Exact, Territory
from technopole.core.errors import InputError

if TYPE_CHECKING:
    import ibis.expr.types as ir  # type: ignore[import-untyped]
    import pyarrow as pa  # type: ignore[import-untyped]

ENGINES: Final = ("duckdb", "spark")
SQLITE_ROWS: Final = 100_000
BROADCAST_BYTES: Final = 512 * 1024 * 1024
"""Tables of cells below this are sent whole to every worker of a cluster: no point is ever shuffled."""
JAVA_REMEDY: Final = "install a Java runtime (Debian: default-jre-headless), or use --engine duckdb."


@dataclass(frozen=True)
class Opened:
    """Tables of one run on one engine, and how to run an expression over them.

    Attributes
    ----------
    points : with the user's columns.
    cells, small, anchors : the territory's (Territory.grid, Territory.small, Territory.anchors).
    files : where the points are, converted where the engine needs that.
    """

    points: ir.Table
    cells: ir.Table
    small: ir.Table
    anchors: ir.Table
    files: PointFile
    _run: Any

    def run(self, expression: ir.Table) -> pl.DataFrame:
        """Run an expression. Raises InputError where the engine can't read the points."""
        table: pa.Table = self._run(expression)
        found = pl.from_arrow(table)
        assert isinstance(found, pl.DataFrame)
        return found


@contextmanager
def opened(engine: str, points: PointFile, territory: Territory, with_country: bool) -> Iterator[Opened]:
    """Open points and a territory on an engine; closed, and temporary files removed, at the end.

    Raises
    ------
    InputError : unknown engine, a library or Java is missing, or the points can't be read.
    """
    if engine not in ENGINES:
        raise InputError(f"there is no engine {engine!r}:", f"give {' or '.join(ENGINES)}.")
    try:
        import ibis  # noqa: F401
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise InputError(f"attribute needs {error.name}:", "install technopole[scale].") from error
    with tempfile.TemporaryDirectory(prefix="technopole-") as scratch:
        open_engine = _duckdb if engine == "duckdb" else _spark
        with open_engine(_without_sqlite(points, Path(scratch)), territory, with_country, Path(scratch)) as session:
            yield session


@contextmanager
def _duckdb(points: PointFile, territory: Territory, with_country: bool, scratch: Path) -> Iterator[Opened]:
    import duckdb
    import ibis

    connection = ibis.duckdb.connect(temp_directory=str(scratch))
    # the order of rows has no meaning here; keeping it costs memory
    connection.raw_sql("SET preserve_insertion_order = false")
    try:
        table = _duckdb_points(connection, points)
        tables = {"cells": territory.grid(), "small": territory.small(), "anchors": territory.anchors}
        cells, small, anchors = (connection.create_table(name, table.to_arrow()) for name, table in tables.items())
        kinds = ["DOUBLE", "DOUBLE", *(["VARCHAR"] if with_country else [])]
        connection.con.create_function(
            EXACT_NAME,
            arrow_function(territory.exact, with_country),
            kinds,
            "INTEGER",
            type="arrow",
            null_handling="special",
        )

        def run(expression: ir.Table) -> pa.Table:
            try:
                return connection.to_pyarrow(expression)
            except duckdb.Error as error:
                raise InputError(_in_short(error, points), "repair the points, or convert them to Parquet.") from error

        yield Opened(table, cells, small, anchors, points, run)
    finally:
        connection.disconnect()


def first_rows(points: PointFile, columns: Columns, count: int) -> pl.DataFrame:
    """The first rows in the order of the files: `columns.named_columns`.

    Always by DuckDB, which stops reading there: on a cluster each task would send as many rows to one worker, and which
    come first would be chance.

    Raises
    ------
    InputError : the points can't be read, or lack a column.
    """
    import duckdb
    import ibis

    connection = ibis.duckdb.connect()
    try:
        rows = named_columns(_duckdb_points(connection, points), columns).limit(count)
        found = pl.from_arrow(connection.to_pyarrow(rows))
    except duckdb.Error as error:
        raise InputError(_in_short(error, points), "repair the points, or convert them to Parquet.") from error
    finally:
        connection.disconnect()
    assert isinstance(found, pl.DataFrame)
    return found


def _duckdb_points(connection: Any, points: PointFile) -> ir.Table:
    import duckdb

    files = [str(file) for file in points.files]
    try:
        if points.kind == "parquet":
            if points.base is None:
                return connection.read_parquet(files, hive_partitioning=False)
            return connection.read_parquet(files, hive_partitioning=True, hive_types_autocast=False)
        if points.kind == "csv":
            return connection.read_csv(
                files, header=True, delim=points.separator, quote='"', escape='"', all_varchar=True,
                auto_detect=False, max_line_size=HEADER_LIMIT,
                columns=dict.fromkeys(points.columns, "VARCHAR"),
            )  # fmt: skip
        connection.attach(files[0], name="user_points", read_only=True)
        return connection.table(points.table, database=("user_points", "main"))
    except (duckdb.Error, OSError) as error:
        raise InputError(_in_short(error, points), "give a whole file.") from error


@contextmanager
def _spark(points: PointFile, territory: Territory, with_country: bool, scratch: Path) -> Iterator[Opened]:
    import ibis

    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import functions
        from pyspark.sql.types import StringType, StructField, StructType
    except ImportError as error:
        raise InputError("--engine spark needs PySpark:", "install technopole[scale].") from error
    session = spark_session()
    points = _without_duckdb(points, scratch)
    files = [str(file) for file in points.files]
    try:
        if points.kind == "csv":
            schema = StructType([StructField(name, StringType()) for name in points.columns])
            reader = session.read.schema(schema).option("header", True).option("sep", points.separator)
            reader = reader.option("quote", '"').option("escape", '"').option("multiLine", True)
            frame = reader.option("mode", "FAILFAST").option("maxCharsPerColumn", HEADER_LIMIT).csv(files)
        else:
            session.conf.set("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
            reader = session.read if points.base is None else session.read.option("basePath", str(points.base))
            frame = reader.parquet(*files)
    except PySparkException as error:
        raise InputError(_in_short(error, points), "give a whole file.") from error
    connection = ibis.pyspark.connect(session)
    frame.createOrReplaceTempView("technopole_points")
    names = {
        "technopole_cells": territory.grid(),
        "technopole_small": territory.small(),
        "technopole_anchors": territory.anchors,
    }
    for name, table in names.items():
        functions.broadcast(session.createDataFrame(table.to_arrow())).createOrReplaceTempView(name)
    udf: Any = vars(functions)["arrow_udf"]  # of PySpark 4.1; its stubs lack it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of PySpark about pandas, which isn't used
        function = udf(arrow_function(territory.exact, with_country), "int")
    session.udf.register(EXACT_NAME, function)

    def run(expression: ir.Table) -> pa.Table:
        try:
            return session.sql(str(connection.compile(expression))).toArrow()
        except PySparkException as error:
            raise InputError(_in_short(error, points), "repair the points, or convert them to Parquet.") from error

    cells, small, anchors = (connection.table(name) for name in names)
    try:
        yield Opened(connection.table("technopole_points"), cells, small, anchors, points, run)
    finally:
        for name in ("technopole_points", *names):
            session.catalog.dropTempView(name)


def spark_session() -> Any:
    """The session that runs already, or one with the settings of spark-submit or SPARK_* ; local without any.

    Raises
    ------
    InputError : no Java.
    """
    import os

    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME") and not os.environ.get("SPARK_REMOTE"):
        raise InputError("--engine spark needs Java:", JAVA_REMEDY)
    builder = SparkSession.builder.appName("technopole")
    if "PYSPARK_GATEWAY_PORT" not in os.environ and not os.environ.get("SPARK_REMOTE"):  # not under spark-submit
        # workers on this machine need this Python's packages; Spark would take the first python3 on the path
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        master = os.environ.get("SPARK_MASTER", "local[*]")
        if master.startswith("local"):
            os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")  # its ports are for this machine alone
        builder = builder.master(master)
        builder = builder.config("spark.driver.memory", os.environ.get("SPARK_DRIVER_MEMORY", "2g"))
        builder = builder.config("spark.ui.enabled", "false").config("spark.log.level", "ERROR")
        builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.sql.shuffle.partitions", "8")
    session = builder.getOrCreate()
    session.conf.set("spark.sql.autoBroadcastJoinThreshold", BROADCAST_BYTES)
    return session


def arrow_function(exact: Exact, with_country: bool) -> Any:
    """The exact rule over columns of an engine (Arrow arrays).

    Made here so that it carries the rule alone to a cluster's workers.
    """

    def two(latitude: pa.Array, longitude: pa.Array) -> pa.Array:
        return _codes(exact, latitude, longitude, None)

    def three(latitude: pa.Array, longitude: pa.Array, country: pa.Array) -> pa.Array:
        return _codes(exact, latitude, longitude, country)

    function = three if with_country else two
    import pyarrow

    function.__annotations__ = dict.fromkeys(function.__annotations__, pyarrow.Array)
    return function


def _codes(exact: Exact, latitude: pa.Array, longitude: pa.Array, country: pa.Array | None) -> pa.Array:
    """Codes where there are coordinates; elsewhere the answer isn't used (some engines ask about every row)."""
    import numpy as np
    import pyarrow

    north, east = (np.asarray(one.to_numpy(zero_copy_only=False), dtype=np.float64) for one in (latitude, longitude))
    asked = np.flatnonzero(np.isfinite(north) & np.isfinite(east))
    codes = np.full(len(north), OUTSIDE, dtype=np.int32)
    if len(asked):
        known = None if country is None else pl.Series(country.take(asked).to_pylist(), dtype=pl.String)
        codes[asked] = exact(north[asked], east[asked], known)
    return pyarrow.array(codes, pyarrow.int32())


def _without_sqlite(points: PointFile, scratch: Path) -> PointFile:
    """Convert a SQLite table to Parquet, some rows at a time; no engine reads it without an extension."""
    if points.kind != "sqlite":
        return points
    import pyarrow as pa
    import pyarrow.parquet  # type: ignore[import-untyped]

    target = scratch / "points.parquet"
    quoted = '"' + points.table.replace('"', '""') + '"'
    with sqlite3.connect(f"{points.files[0].as_uri()}?mode=ro", uri=True) as database:
        database.text_factory = lambda content: content.decode("utf-8", "replace")
        try:
            cursor = database.execute(f"SELECT * FROM {quoted}")
            names = [column[0] for column in cursor.description]
            # SQLite types cells, not columns: everything travels as text and is read by the rule for text
            schema = pa.schema([(name, pa.string()) for name in names])
            with pyarrow.parquet.ParquetWriter(target, schema) as writer:
                while rows := cursor.fetchmany(SQLITE_ROWS):
                    cells = ([None if cell is None else str(cell) for cell in one] for one in zip(*rows, strict=True))
                    writer.write_table(pa.table([pa.array(one, pa.string()) for one in cells], schema=schema))
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise InputError(f"{points.files[0].name} can't be read as SQLite: {error}.") from error
    database.close()
    return PointFile("parquet", (target,))


def _without_duckdb(points: PointFile, scratch: Path) -> PointFile:
    if points.kind != "duckdb":
        return points
    import duckdb

    target = scratch / "points.parquet"
    with duckdb.connect(str(points.files[0]), read_only=True) as database:
        database.table(points.table).write_parquet(str(target))
    return PointFile("parquet", (target,))


def _in_short(error: BaseException, points: PointFile) -> str:
    """What the engine says, as one line without the user's data and without the engine's own advice."""
    lines = str(error).strip().split("\n")
    ends = (
        at
        for at, line in enumerate(lines)
        if at and line.startswith(("Possible", "  file", "\tat ", "JVM", "SQLSTATE"))
    )
    said = [line for line in lines[: next(ends, 3)] if not line.startswith("Original Line")]
    return f"{points.files[0].name}: {' '.join(' '.join(said).split())[:300]}:"
