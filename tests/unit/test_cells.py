"""Texts that a spreadsheet would run are shown as text, in CSV files and in workbooks; numbers stay numbers."""

import io
import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from technopole.cli.main import main
from technopole.cli.output import write_csv
from technopole.editions.read import Edition, open_edition
from technopole.index.generic import parse_generic
from technopole.index.scoring import score
from technopole.publish.cells import safe_frame, takes_for_formula
from technopole.publish.evidence import licence_list

RISKY = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\tx",
    "\rx",
    " =1",
    "＝1",
    "-",
    '=HYPERLINK("http://x")',
    "--5",
]
PLAIN = ["Tokyo", "", "-5", "+3.25", "-1e-4", ".5", "a=b", "'s-Hertogenbosch", "Ōsaka", "1-2", "−3"]


def test_texts_get_an_apostrophe_and_numbers_do_not() -> None:
    assert safe_frame(pl.DataFrame({"x": RISKY}))["x"].to_list() == [f"'{text}" for text in RISKY]
    assert safe_frame(pl.DataFrame({"x": PLAIN}))["x"].to_list() == PLAIN
    assert [takes_for_formula(text) for text in [*RISKY, *PLAIN]] == [True] * len(RISKY) + [False] * len(PLAIN)
    frame = pl.DataFrame({"=a": [-1.5, None], "b": [-2, 3], "c": [True, None], "d": [None, "-x"]})
    safe = safe_frame(frame)
    assert safe.columns == ["'=a", "b", "c", "d"]
    assert safe.rows() == [(-1.5, -2, True, None), (None, 3, None, "'-x")]


def test_every_csv_is_written_so(capsys: pytest.CaptureFixture[str]) -> None:
    write_csv(pl.DataFrame({"name": ["=1+1", "-5", 'a,"b'], "value": [-5.0, 1e300, None]}))
    out = capsys.readouterr().out
    assert out == 'name,value\n\'=1+1,-5.0\n-5,1e+300\n"a,""b",\n'
    assert pl.read_csv(io.StringIO(out))["value"].to_list() == [-5.0, 1e300, None]


def test_scores_of_hostile_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names = ["=cmd|'/C calc'!A0", "@x", "-7"]
    pl.DataFrame({"id": names, "=jobs": [3.0, 2.0, 1.0]}).write_csv("data.csv")
    Path("f.yaml").write_text('index: {id: "=total", children: [{indicator: "=jobs"}]}')
    monkeypatch.setattr(sys, "argv", ["technopole", "score", "data.csv", "--framework", "f.yaml", "--csv"])
    with pytest.raises(SystemExit, match="0"):
        main()
    table = pl.read_csv(io.StringIO(capsys.readouterr().out), infer_schema_length=0)
    assert table["id"].to_list() == ["'=cmd|'/C calc'!A0", "'@x", "-7"]


try:
    import xlsxwriter  # noqa: F401

    from technopole.publish.workbook import Sheet, run_sheets, write_workbook
except ImportError as missing:
    pytest.skip(f"{missing.name} isn't installed (extra analysis): no workbook is written", allow_module_level=True)

calamine = pytest.importorskip("python_calamine", reason="python-calamine (extra build) reads the workbooks again")


def sheets_of(path: Path) -> dict[str, list[list[object]]]:
    book = calamine.CalamineWorkbook.from_path(str(path))
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


def test_no_cell_of_a_workbook_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    table = pl.DataFrame({"=name": [*RISKY, "x" * 40_000], "n": [-1.5, float("nan"), None] + [2.0] * (len(RISKY) - 2)})
    write_workbook([Sheet("one", "", table)], path)
    again = sheets_of(path)["one"]
    # XML gives a carriage return back as a line feed where it isn't written as a reference
    assert [str(row[0]).replace("\r", "\n") for row in again[1:-1]] == [text.replace("\r", "\n") for text in RISKY]
    assert again[0] == ["=name", "n"]
    assert [row[1] for row in again[1:4]] == [-1.5, "", ""]
    assert len(str(again[-1][0])) == 32_767
    with zipfile.ZipFile(path) as archive:
        page = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
        styles = archive.read("xl/styles.xml").decode()
    kinds = {cell.get("t") for cell in page.iter() if cell.tag.endswith("}c")}
    assert kinds == {"s", None}  # shared strings and numbers
    assert not [one for one in page.iter() if one.tag.endswith("}f")]
    assert 'quotePrefix="1"' in styles


def test_an_own_run_in_a_workbook(tmp_path: Path) -> None:
    table = pl.DataFrame({"id": ["a", "b", "c"], "jobs": [10.0, 30.0, 20.0], "dirt": [5.0, 1.0, None]})
    tree = {"id": "total", "children": [{"indicator": "jobs"}, {"indicator": "dirt", "direction": -1, "weight": 3}]}
    run = score(table, parse_generic({"index": tree}, "x"))
    paths = [tmp_path / name for name in ("a.xlsx", "b.xlsx")]
    for path in paths:
        write_workbook(run_sheets(run, table, replicates=100), path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    book = sheets_of(paths[0])
    assert list(book) == [
        "about",
        "ranks",
        "ranges",
        "data",
        "imputed",
        "treated",
        "normalised",
        "aggregates",
        "weights",
    ]
    assert book["ranks"][1:] == [[1, "b", "b", 100], [2, "c", "c", 50], [3, "a", "a", 0]]
    assert book["data"] == [["id", "name", "jobs", "dirt"], ["a", "a", 10, 5], ["b", "b", 30, 1], ["c", "c", 20, ""]]
    assert book["weights"][1:] == [["total", "", 1, 1], ["jobs", "total", 0.25, 0.25], ["dirt", "total", 0.75, 0.75]]


def test_the_edition_in_a_workbook(edition: Edition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys, "argv", ["technopole", "export", "--excel", str(tmp_path / "a.xlsx"), "--lens", "intensity"]
    )
    with pytest.raises(SystemExit, match="0"):
        main()
    book = sheets_of(tmp_path / "a.xlsx")
    assert list(book) == [
        "about", "ranks", "data", "status", "treated", "imputed", "normalised", "aggregates", "weights", "indicators",
        "sources", "licences",
    ]  # fmt: skip
    results = edition.table("results").filter(
        (pl.col("lens") == "intensity") & (pl.col("boundary") == "agglomeration") & (pl.col("side") == "index")
    )
    by_city = {row["city"]: row for row in results.iter_rows(named=True)}
    head, *rows = book["ranks"]
    assert len(rows) == results.height
    for line in rows:
        row = dict(zip(head, line, strict=True))
        for key in ("rank", "tier", "score", "rank_low", "rank_high"):
            assert row[key] == pytest.approx(by_city[row["id"]][key], rel=1e-9)
    head, *rows = book["aggregates"]
    scores = {row[0]: row[head.index("index")] for row in rows}
    assert scores == pytest.approx({city: row["score"] for city, row in by_city.items()})
    values = edition.table("indicators").filter(
        (pl.col("boundary") == "agglomeration") & (pl.col("indicator") == "patents")
    )
    expected = {city: "" if value is None else value for city, value in values.select("city", "value").iter_rows()}
    head, *rows = book["data"]
    for row in rows:
        # a workbook holds 16 digits
        assert row[head.index("patents")] == pytest.approx(expected[int(row[0])], rel=1e-15)
    head, *rows = book["weights"]
    assert sum(row[head.index("share")] for row in rows if row[0] in edition.framework().sides()) == pytest.approx(1)
    assert [row[0] for row in book["licences"][1:]] == [one["id"] for one in licence_list(edition)]


def test_wrong_names_of_workbooks(edition: Edition, tmp_path: Path) -> None:
    from technopole.core.errors import InputError

    sheet = Sheet("one", "", pl.DataFrame({"a": [1]}))
    for path in (tmp_path / "a.xls", tmp_path / "nowhere" / "a.xlsx"):
        with pytest.raises(InputError):
            write_workbook([sheet], path)
    with pytest.raises(InputError, match="can't hold them"):
        write_workbook([Sheet("one", "", pl.DataFrame({"a": range(1_048_576)}))], tmp_path / "a.xlsx")
    assert not list(tmp_path.iterdir())
