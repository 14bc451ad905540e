"""Workbooks of the COIN Tool: laid out as COINr's `import_coin_tool` reads them, scored as COINr's two files are."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from technopole.core.errors import FrameworkError, InputError, TechnopoleError
from technopole.index.cointool import read_coin_tool
from technopole.index.generic import GenericFramework, Group
from technopole.index.imeta import framework_from_imeta
from technopole.index.scoring import score

xlsxwriter = pytest.importorskip("xlsxwriter", reason="writing workbooks needs technopole[analysis]")
pytest.importorskip("python_calamine", reason="reading workbooks needs technopole[build]")

Run = Callable[..., tuple[int, str, str]]
Changes = dict[tuple[str, str], Any]
ASEM = Path(__file__).parents[3] / "shared" / "golden" / "asem"
needs_asem = pytest.mark.skipif(not ASEM.is_dir(), reason="the golden tables (../shared/golden) aren't here")
# code, weight, aggregation, name; the level of sub-indices isn't used, as in the tool's own example
NODES = [
    ("Index", 1, "Arithmetic", "Skills"), ("si.01", 1, "Arithmetic", "Skills"), ("--", "--", "Arithmetic", "--"),
    ("p.01", 0.3, "Geometric", "Learning"), ("p.02", 0.7, "Arithmetic", "Working"), ("--", "--", "", "--"),
]  # fmt: skip
# code, name, weight, direction, lower and upper goalpost, pillar
LEAVES = [
    ("Ind.01", "Pupils", 1, -1, 0, 40, "p.01"), ("Ind.02", "Scores", 2, 1, 0, 700, "p.01"),
    ("Ind.03", "Jobs", 1, 1, 0, 100, "p.02"),
]  # fmt: skip
UNITS = [("Austria", "AT", 9, 500, 75), ("Belgium", "BE", 12, "n/a", 60), ("Croatia", "HR", 20, 450, 55)]


def workbook(path: Path, changes: Changes | None = None, leave_out: str = "") -> Path:
    """Write the small workbook; `changes`: (sheet, cell such as E7) -> value."""
    with xlsxwriter.Workbook(path) as book:
        sheets = {name: book.add_worksheet(name) for name in ("Intro", "Database", "Framework") if name != leave_out}
        if "Database" in sheets:
            put = sheets["Database"].write
            for cell, value in {"C2": "Normalisation method:", "D2": "Minmax", "C3": "Minimum score", "D3": 1,
                                "C4": "Maximum score", "D4": 100, "C5": "Mean score", "D5": 50,
                                "C6": "Standard deviation", "D6": 10}.items():  # fmt: skip
                put(cell, value)
            for at, (code, name, weight, direction, low, high, pillar) in enumerate(LEAVES):
                for row, value in enumerate((weight, direction, low, high, "Index", "si.01", pillar, "--", name, code)):
                    put(6 + row, 4 + at, value)
            put(15, 4 + len(LEAVES), "Ind.04")  # a place that isn't filled in
            for row, (name, code, *values) in enumerate(UNITS):
                for column, value in enumerate((name, code, "", *values)):
                    put(16 + row, 1 + column, value)
        if "Framework" in sheets:
            for row, (code, weight, aggregation, name) in enumerate(NODES):
                for column, value in ((2, code), (4, weight), (5, aggregation), (7, name)):
                    sheets["Framework"].write(4 + row, column, value)
        for (sheet, cell), value in (changes or {}).items():
            sheets[sheet].write(cell, value)
    return path


def test_a_workbook_is_a_table_and_a_framework(tmp_path: Path) -> None:
    found = read_coin_tool(workbook(tmp_path / "tool.xlsx"))
    assert found.table.drop("_row").rows() == [
        ("AT", "Austria", "9", "500", "75"), ("BE", "Belgium", "12", None, "60"), ("HR", "Croatia", "20", "450", "55"),
    ]  # fmt: skip
    index = found.framework.index
    assert (index.id, index.title, [child.id for child in index.children]) == ("Index", "Skills", ["p.01", "p.02"])
    assert [(node.weight, node.aggregate.method) for node in index.children] == [  # type: ignore[union-attr]
        (0.3, "geometric"), (0.7, "arithmetic"),
    ]  # fmt: skip
    leaves = found.framework.indicators()
    assert [(leaf.id, leaf.title, leaf.weight, leaf.direction) for leaf in leaves] == [
        (code, name, weight, direction) for code, name, weight, direction, *_ in LEAVES
    ]
    run = score(found.table, found.framework)
    scaled = np.array([[100, 100], [1 + 99 * 8 / 11, np.nan], [1, 1]])
    learning = [100, scaled[1, 0], 1]
    assert run.scores["p.01"] == pytest.approx(learning)
    assert run.scores["Index"] == pytest.approx(0.3 * np.array(learning) + 0.7 * np.array([100, 25.75, 1]))


@pytest.mark.parametrize(
    ("method", "expected"),
    [("Dataz", {"mean": 50, "sd": 10}), ("Minmax", {"low": 1, "high": 100}), ("Datamax", {"low": 1, "high": 100})],
)
def test_normalisation_is_that_of_the_workbook(tmp_path: Path, method: str, expected: dict[str, float]) -> None:
    found = read_coin_tool(workbook(tmp_path / "tool.xlsx", {("Database", "D2"): method}))
    assert found.framework.defaults.normalise.parameters == expected
    assert any("datamax" in remark for remark in found.remarks) == (method == "Datamax")


def test_goalposts_are_those_of_each_indicator(tmp_path: Path) -> None:
    found = read_coin_tool(workbook(tmp_path / "tool.xlsx", {("Database", "D2"): "Goalposts", ("Database", "D3"): 0}))
    run = score(found.table, found.framework)
    assert run.normalised[0] == pytest.approx([100 * (40 - 9) / 40, 100 * 500 / 700, 75])


WRONG: dict[str, tuple[Changes, str]] = {
    "direction": ({("Database", "F8"): 0}, "direction of 'Ind.02' is 0"),
    "weight": ({("Database", "E7"): "heavy"}, "'heavy', no number"),
    "twice": ({("Database", "F16"): "Ind.01"}, "'Ind.01' stands twice"),
    "aggregation": ({("Framework", "F8"): "Harmonic"}, "takes Arithmetic or Geometric"),
    "two roots": ({("Database", "G11"): "Other", ("Database", "G12"): "si.02"}, "are both on top"),
    "goalposts": (
        {("Database", "D2"): "Goalposts", ("Database", "D3"): 0, ("Database", "E9"): 50}, "Lower comes first",
    ),
    "two places": ({("Database", "G13"): "p.01", ("Database", "G12"): "si.02"}, "below si.01 and below si.02"),
    "below itself": ({("Database", "E14"): "Index"}, "below nothing and below p.01"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named(tmp_path: Path, case: str) -> None:
    changes, expected = WRONG[case]
    with pytest.raises(FrameworkError, match=expected):
        read_coin_tool(workbook(tmp_path / "tool.xlsx", changes))


def test_any_cell_may_hold_anything(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    odd = ["", "--", "Index", "p.01", "Ind.01", "x" * 300, "1e999", "-", "n/a", "nan", 0, -1, 1e308, True]
    outcomes = set()
    for number in range(150):
        cells = {(str(rng.choice(["Database", "Framework"])), f"{rng.choice(list('BCDEFGH'))}{rng.integers(2, 20)}"):
                 odd[rng.integers(len(odd))] for _ in range(3)}  # fmt: skip
        try:
            found = read_coin_tool(workbook(tmp_path / f"{number}.xlsx", cells))
            score(found.table, found.framework)
            outcomes.add("scored")
        except TechnopoleError as error:
            outcomes.add(type(error).__name__)
    assert {"scored", "FrameworkError", "InputError"} <= outcomes


def test_another_workbook_is_refused(tmp_path: Path) -> None:
    for sheet in ("Database", "Framework"):
        with pytest.raises(InputError, match=f"no sheet '{sheet}'"):
            read_coin_tool(workbook(tmp_path / "tool.xlsx", leave_out=sheet))
    with pytest.raises(InputError, match="no file"):
        read_coin_tool(tmp_path / "nowhere.xlsx")


def test_the_command_writes_both_files_and_they_score(run: Run, tmp_path: Path) -> None:
    tool = workbook(tmp_path / "tool.xlsm", {("Database", "B17"): "@SUM(A1)"})
    table, framework = tmp_path / "table.csv", tmp_path / "mine.yaml"
    status, out, err = run("framework", tool, "--coin-tool", table, "--out", framework)
    assert (status, out) == (0, "")
    assert "3 indicators" in err
    assert "'@SUM(A1)" in table.read_text(encoding="utf-8")
    assert "outliers are not treated" in framework.read_text(encoding="utf-8")
    status, out, err = run("score", table, "--framework", framework, "--csv")
    assert status == 0, err
    assert [line.split(",")[1] for line in out.splitlines()] == ["id", "AT", "BE", "HR"]
    assert run("framework", tool, "--coin-tool", table)[0] == 1
    status, _, err = run("framework", workbook(tmp_path / "b.xlsx", {("Database", "E18"): "many"}), "--coin-tool",
                         tmp_path / "b.csv")  # fmt: skip
    assert (status, len(err.splitlines())) == (1, 1)
    assert "line 18" in err
    assert not (tmp_path / "b.csv").exists()


def lineage(framework: GenericFramework) -> dict[str, list[str]]:
    """Nodes above each indicator, the index first."""
    found: dict[str, list[str]] = {}

    def descend(node: Group, above: list[str]) -> None:
        for child in node.children:
            if isinstance(child, Group):
                descend(child, [*above, child.id])
            else:
                found[child.id] = above

    descend(framework.index, [framework.index.id])
    return found


@needs_asem
def test_coinrs_example_as_a_workbook_has_the_same_scores(tmp_path: Path) -> None:
    framework = framework_from_imeta(ASEM / "iMeta.csv")
    data = pl.read_csv(ASEM / "iData.csv", null_values="NA")
    above = lineage(framework)
    with xlsxwriter.Workbook(tmp_path / "asem.xlsx") as book:
        database, nodes = book.add_worksheet("Database"), book.add_worksheet("Framework")
        for at, leaf in enumerate(framework.indicators()):
            way = [*above[leaf.id], *["--"] * (4 - len(above[leaf.id]))]
            head = (leaf.weight, leaf.direction, "", "", *way, leaf.title, leaf.id)
            for row, value in enumerate((*head, *["n/a" if v is None else v for v in data[leaf.id]])):
                database.write(6 + row, 4 + at, value)
        for row, (name, code) in enumerate(data.select("uName", "uCode").iter_rows()):
            database.write(16 + row, 1, name)
            database.write(16 + row, 2, code)
        for row, group in enumerate(framework.groups()):
            for column, value in ((2, group.id), (4, group.weight), (5, "Arithmetic"), (7, group.title)):
                nodes.write(4 + row, column, value)
    found = read_coin_tool(tmp_path / "asem.xlsx")
    run, expected = score(found.table, found.framework), score(data, framework)
    assert run.ids == expected.ids
    for node, scores in expected.scores.items():
        assert run.scores[node] == pytest.approx(scores, rel=1e-12)
