"""`technopole framework`: a first framework that says what the columns are, and reads back as it was meant."""

from __future__ import annotations

import csv

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from technopole.core.errors import InputError
from technopole.index.generic import parse_generic
from technopole.index.scaffold import Scaffold, framework_text, of_framework, scaffold


def made(**columns):
    return scaffold(pl.DataFrame(columns), "index", "data.csv")


def read(text):
    return parse_generic(yaml.safe_load(text), "text")


def test_columns_are_told_apart():
    found = made(
        country=["Finland", "Sweden", "Norway", "Iceland", "Denmark"],
        iso=["FI", "SE", "NO", "IS", "DK"],
        region=["east", "east", "west", "west", "east"],
        jobs=["1", "2.5", "", "4", "900"],
        flat=[3, 3, 3, None, 3],
        nothing=[None] * 5,
        dirty=["1", "2", "n/a?", "4", "5"],
        lat=[60.0, 59.0, 59.9, 64.1, 55.7],
    )
    assert found.framework.unit.model_dump(exclude_none=True) == {"id": "iso", "name": "country"}
    assert dict(found.notes) == {"jobs": "1 to 900, 1 of 5 missing"}
    assert list(found.remarks) == [
        "left out: region (2 texts; can group units)",
        "left out: flat (3 in every row that has it)",
        "left out: nothing (empty)",
        "left out: dirty (line 3, column 'dirty': 'n/a?' isn't a number.)",
        "left out: lat (a position)",
        "without any number: NO; `screen: 0.5` leaves such rows out, or delete them",
    ]
    text = framework_text(found, "technopole framework data.csv")
    assert "- {indicator: jobs}  # 1 to 900, 1 of 5 missing\n" in text
    again = read(text)
    assert [one.name for one in again.uncertainty.choices] == ["normalise"]
    assert again.model_copy(update={"uncertainty": found.framework.uncertainty}) == found.framework


def test_a_panel_and_a_table_without_texts():
    panel = made(Code=["A", "B"] * 2, Year=[2020, 2020, 2021, 2021], Name=["Aland", "Bland"] * 2, x=[1, 2, 3, 4])
    assert panel.framework.unit.model_dump() == {"id": "Code", "name": "Name", "time": "Year"}
    assert list(panel.notes) == ["x"]
    numbered = made(plot=[1, 2, 3], x=[3.0, 1.0, 2.0])
    assert numbered.framework.unit.id == "plot"
    skewed = made(plot=list(range(9)), x=[1.0, 2, 3, 4, 5, 6, 7, 8, 900])
    assert dict(skewed.notes) == {"x": "1 to 900, outliers"}
    named = made(id=["A", "B"], index=[1, 2])
    assert named.framework.index.id == "index_index"


def test_what_a_spreadsheet_holds_besides_numbers():
    found = made(
        region=["North", "South", "West", "Source: own"],
        code=["N", "S", "W", None],
        comma=["1,5", "2,25", "3", None],
        money=["€ 1,200", "€ 900", "€ 1", None],
        share=["5%", "7 %", "9%", None],
        gaps=["..", "1", "2", None],
    )
    assert found.framework.unit.model_dump(exclude_none=True) == {"id": "region"}
    assert list(found.notes) == ["gaps"]
    assert list(found.remarks) == [
        "left out: code (3 texts)",
        "left out: comma (line 1, column 'comma': '1,5' isn't a number (a decimal comma?).)",
        "left out: money (line 1, column 'money': '€ 1,200' isn't a number.)",
        "left out: share (line 1, column 'share': '5%' isn't a number.)",
        "without any number: North, Source: own; `screen: 0.5` leaves such rows out, or delete them",
    ]


def test_workbooks_and_semicolons(tmp_path, run):
    xlsxwriter = pytest.importorskip("xlsxwriter", reason="writing workbooks needs technopole[analysis]")

    def book(name, *sheets):
        with xlsxwriter.Workbook(tmp_path / name) as made:
            for number, rows in enumerate(sheets):
                page = made.add_worksheet(f"sheet {number}")
                for row, cells in enumerate(rows):
                    page.write_row(row, 0, cells)
        return tmp_path / name

    status, out, _ = run("framework", book("good.xlsx", [["id", "x"], ["A", 1.5], ["B", 2]]))
    assert (status, "- {indicator: x}  # 1.5 to 2" in out) == (0, True)
    for path, text in (
        (
            book("about.xlsx", [["About"]], [["id", "x"], ["A", 1]]),
            "Only its first sheet is read: put 'sheet 1' there.",
        ),
        (book("twice.xlsx", [["id", "x", "x"], ["A", 1, 2]]), "two columns 'x'"),
        (book("title.xlsx", [["A title"], [], ["id", "x"], ["A", 1]]), "its first row names the columns (now A title)"),
    ):
        status, out, err = run("framework", path)
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert text in err
    (tmp_path / "semi.csv").write_text("id;x\nA;1.5\nB;2\n", encoding="utf-8")
    assert "- {indicator: x}  # 1.5 to 2" in run("framework", tmp_path / "semi.csv")[1]


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"name": ["A", "A"], "x": [1, 2]}, "no column that tells its units apart"),
        ({"name": ["A", "B"], "x": [1, 1]}, "no column of numbers that differ: left out: x"),
        ({"name": ["A", "B"]}, "no column of numbers that differ: give some"),
    ],
)
def test_what_no_framework_can_be_made_of(columns, text):
    with pytest.raises(InputError) as caught:
        made(**columns)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


NAMES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(str.strip),
    min_size=1, max_size=5, unique=True,
)  # fmt: skip


@given(NAMES)
def test_any_name_of_a_column_reads_back(names):
    columns = {f"{name}": [1.0, 2.0, 4.0] for name in names if name not in {"unit of mine", "_row"}}
    if not {name for name in columns if name.lower() not in {"lat", "lon", "lng", "latitude", "longitude"}}:
        return
    found = made(**{"unit of mine": ["A", "B", "C"]}, **columns)
    again = read(framework_text(found, "made"))
    assert again.index == found.framework.index


def test_every_key_of_a_framework_reads_back():
    declared = parse_generic(
        {
            "unit": {"id": "code", "name": "country", "time": "year"},
            "screen": {"least_share": 0.6, "keep": ["yes"]},
            "panel": {"normalise": "each"},
            "defaults": {"impute": {"method": "group_mean", "group": "a: b"},
                         "normalise": {"method": "z_score", "sd": 2}},
            "index": {
                "id": "on", "title": "An index: 'of' things", "aggregate": "geometric",
                "children": [
                    {"id": "skills", "weight": 2, "weights": "factor_analysis",
                     "children": [{"indicator": "no", "direction": -1, "treat": "log1p", "unit": "%"},
                                  {"indicator": "2020", "denominator": "people", "per": 1000}]},
                    {"indicator": "x # y", "normalise": {"method": "goalposts", "low": 0, "high": 1}},
                ],
            },
            "uncertainty": {
                "replicates": 50, "weights": {"kind": "dirichlet"}, "errors": {"no": 0.1},
                "choices": [{"of": "screen", "parameter": "least_share", "low": 0.1, "high": 0.2}],
            },
        },
        "framework",
    )  # fmt: skip
    assert read(framework_text(Scaffold(declared, {}, ()), "made")) == declared


def test_the_command_writes_what_the_others_read(tmp_path, run):
    data, file = tmp_path / "data.csv", tmp_path / "mine.yaml"
    data.write_text("city,jobs,air\nA,1,3\nB,2,\nC,3,9\n", encoding="utf-8")
    status, out, err = run("framework", data, "--out", file)
    assert (status, out) == (0, "")
    assert err == f"{file}: 2 indicators; read it, change it, then: technopole score {data} --framework {file}\n"
    assert run("framework", data)[1] == file.read_text(encoding="utf-8")
    for command in ("score", "uncertainty", "audit"):
        assert run(command, data, "--framework", file)[0] == 0
    for wrong, text in (
        (("framework", data, "--out", file), "is there already"),
        (("framework", data, "--recipe", "coinr"), "belong to --imeta"),
        (("framework", tmp_path / "nothing.csv"), "There is no file"),
    ):
        status, out, err = run(*wrong)
        assert (status, out, err.count("\n")) == (1, "", 1)
        assert text in err


def test_coinrs_tables_become_a_framework(tmp_path, run):
    rows = {
        "meta.csv": [
            ["iCode", "iName", "Type", "Parent", "Direction", "Weight", "Unit", "Denominator"],
            ["Index", "The index", "Aggregate", "", "1", "1", "", ""],
            ["jobs", "Jobs", "Indicator", "Index", "1", "2", "thousands", "people"],
            ["air", "Dirty air", "Indicator", "Index", "-1", "1", "", ""],
            ["people", "People", "Denominator", "", "", "", "", ""],
        ],
        "data.csv": [["uCode", "uName", "X_group", "jobs", "air", "people"], ["A", "Aland", "x", "1", "2", "3"],
                     ["B", "Bland", "x", "5", "3", "4"], ["C", "Cland", "y", "2", "9", "1"]],
    }  # fmt: skip
    for name, lines in rows.items():
        with (tmp_path / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(lines)
    words = (tmp_path / "data.csv", "--imeta", tmp_path / "meta.csv", "--recipe", "coinr")
    status, out, err = run("framework", *words)
    assert (status, err) == (0, "")
    assert "- {indicator: jobs, title: Jobs, unit: thousands, weight: 2.0, denominator: people}  # 1 to 5" in out
    (tmp_path / "mine.yaml").write_text(out, encoding="utf-8")
    own = run("score", tmp_path / "data.csv", "--framework", tmp_path / "mine.yaml", "--csv")
    assert own[0] == 0
    assert own[1] == run("score", *words, "--csv")[1]


def test_notes_name_a_column_that_is_not_there():
    declared = parse_generic({"index": {"id": "x", "children": [{"indicator": "b"}]}}, "framework")
    with pytest.raises(InputError, match="no column 'b'"):
        of_framework(declared, pl.DataFrame({"id": ["A"], "a": [1.0]}), "data.csv")
