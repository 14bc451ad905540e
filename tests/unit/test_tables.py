"""Readers of upstream tables: true line numbers, and one clear error for anything that isn't a table."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from technopole.core.errors import UpstreamError
from technopole.snapshots.tables import ROW, read_csv, read_json, read_parquet, read_sheet

ANYTHING = settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(folder: Path, data: bytes | str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def test_every_cell_stays_text(tmp_path: Path) -> None:
    frame = read_csv(write(tmp_path, "country,code\nNA,007\nFI,\n"))
    assert frame.to_dict(as_series=False) == {ROW: ["2", "3"], "country": ["NA", "FI"], "code": ["007", None]}
    assert set(frame.schema.values()) == {pl.String()}


def test_row_is_the_line_where_the_record_begins(tmp_path: Path) -> None:
    frame = read_csv(write(tmp_path, 'a,b\n1,"two\nlines, one cell"\n\n3,four\r\n5,six\n'))
    assert frame[ROW].to_list() == ["2", "5", "6"]
    assert frame["b"].to_list() == ["two\nlines, one cell", "four", "six"]


def test_short_lines_end_in_missing_cells(tmp_path: Path) -> None:
    assert read_csv(write(tmp_path, "a,b,c\n1\n"))["c"].to_list() == [None]


def test_wanted_columns_in_wanted_order(tmp_path: Path) -> None:
    frame = read_csv(write(tmp_path, "a,b,c\n1,2,3\n"), columns=["c", "a"])
    assert frame.columns == [ROW, "c", "a"]


def test_separator_and_encoding(tmp_path: Path) -> None:
    frame = read_csv(write(tmp_path, "name^n\nSão Paulo^1\n".encode("latin-1")), separator="^", encoding="latin-1")
    assert frame["name"].to_list() == ["São Paulo"]


def test_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    assert read_csv(write(tmp_path, "\ufeffa,b\n1,2\n")).columns == [ROW, "a", "b"]


def test_without_a_header(tmp_path: Path) -> None:
    frame = read_csv(write(tmp_path, "x,1\ny,2\n"), header=False, columns=["name", "n"])
    assert frame.rows() == [("1", "x", "1"), ("2", "y", "2")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        ("name\nZürich\n".encode("latin-1"), "isn't utf-8-sig text (byte 6)"),
        (b"a,b\n1,\x002\n", "NUL bytes"),
        (b'a,b\n1,"never closed\n2,3\n', "can't be read as CSV"),
        (b'a,b\n1,"closed" too early\n', "can't be read as CSV"),
        (b"a,c\n1,2\n", "lacks the column 'b'; it has a, c"),
        (b"a,b\n1,2\n1,2,3\n", "line 3 has 3 cells, 2 expected"),
    ],
)
def test_malformed_csv_is_one_line_that_names_the_file(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        read_csv(write(tmp_path, content), columns=["a", "b"])
    assert says in str(caught.value)
    assert "table.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


@ANYTHING
@given(data=st.binary(max_size=300) | st.text(alphabet='a,"\n\r1 ;é\0', max_size=80).map(str.encode))
def test_random_bytes_are_a_frame_or_an_upstream_error(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, data)
    for reader in (
        lambda: read_csv(path),
        lambda: read_csv(path, columns=["a", "1"]),
        lambda: read_csv(path, columns=["a", "b", "c"], header=False, encoding="latin-1", separator=";"),
    ):
        try:
            frame = reader()
        except UpstreamError as error:
            assert "table.csv" in str(error)
        else:
            assert frame.columns[0] == ROW


@ANYTHING
@given(
    rows=st.lists(
        st.lists(
            st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), max_size=9), min_size=3, max_size=3
        ),
        max_size=8,
    )
)
def test_what_the_csv_module_writes_comes_back_with_its_lines(tmp_path: Path, rows: list[list[str]]) -> None:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["x", "y", "z"])
    starts: list[str] = []
    for row in rows:
        # the csv module counts lines by \n, \r and \r\n inside quotes, as editors do
        starts.append(str(1 + len(csv_lines(buffer.getvalue()))))
        writer.writerow(row)
    frame = read_csv(write(tmp_path, buffer.getvalue()))
    assert frame.select("x", "y", "z").rows() == [tuple(cell or None for cell in row) for row in rows]
    assert frame[ROW].to_list() == starts


def csv_lines(text: str) -> list[str]:
    return list(io.StringIO(text, newline=""))


@ANYTHING
@given(data=st.binary(max_size=200) | st.text(alphabet='[]{}":,1e9\\u', max_size=60).map(str.encode))
def test_random_bytes_as_json(tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path, data, "page.json")
    try:
        read_json(path)
    except UpstreamError as error:
        assert "page.json" in str(error)


@pytest.mark.parametrize("content", [b"", b"{", b"[1,]", b"\xff\xfe[\x00]\x00", b"[" * 100_000, b"9" * 5000])
def test_malformed_json(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UpstreamError, match=r"page\.json can't be read as JSON"):
        read_json(write(tmp_path, content, "page.json"))


@ANYTHING
@given(data=st.binary(max_size=200))
def test_random_bytes_are_no_workbook(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UpstreamError, match=r"page\.xlsx"):
        read_sheet(write(tmp_path, data, "page.xlsx"), header_row=1)


def sample_workbook() -> Path:
    sources = Path(__file__).parents[2] / "src" / "technopole" / "sources"
    return sources / "unicorns" / "sample" / "unicorns" / "CB-Insights_Global-Unicorn-Club_2025.xlsx"


def test_sheet_rows_are_those_of_the_sheet() -> None:
    frame = read_sheet(sample_workbook(), header_row=3, columns=["Company", "Valuation ($B)"])
    assert frame.columns == [ROW, "Company", "Valuation ($B)"]
    assert frame.row(0) == ("4", "SpaceX", "350")
    assert frame.row(4) == ("8", "EGYM", "1.2")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"header_row": 99}, "row 99 should name its columns"),
        ({"header_row": 3, "sheet": "Elsewhere"}, "can't be read as a workbook"),
        ({"header_row": 3, "sheet": 5}, "can't be read as a workbook"),
        ({"header_row": 3, "columns": ["Founder"]}, "lacks the column 'Founder'"),
    ],
)
def test_wrong_sheet(arguments: dict[str, object], says: str) -> None:
    with pytest.raises(UpstreamError, match=says):
        read_sheet(sample_workbook(), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_workbook(tmp_path: Path, share: float) -> None:
    whole = sample_workbook().read_bytes()
    with pytest.raises(UpstreamError, match=r"page\.xlsx can't be read"):
        read_sheet(write(tmp_path, whole[: int(len(whole) * share)], "page.xlsx"), header_row=3)


def test_rows_of_parquet_are_numbered_from_one(tmp_path: Path) -> None:
    path = tmp_path / "page.parquet"
    pl.DataFrame({"city": ["Oulu", "Turku"], "open": [True, None]}).write_parquet(path)
    assert read_parquet(path, columns=["open"]).to_dict(as_series=False) == {ROW: ["1", "2"], "open": [True, None]}
    with pytest.raises(UpstreamError, match="lacks the column 'town'"):
        read_parquet(path, columns=["town"])


@ANYTHING
@given(data=st.binary(max_size=200))
def test_random_bytes_are_no_parquet(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UpstreamError, match=r"page\.parquet"):
        read_parquet(write(tmp_path, data, "page.parquet"), columns=["a"])
