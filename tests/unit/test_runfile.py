"""A run in one file: replayed to the last bit, and every difference is found."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from technopole.core.errors import InputError
from technopole.index.generic import parse_generic
from technopole.index.imeta import framework_from_imeta
from technopole.index.scoring import score
from technopole.publish.runfile import replay_run, save_run, stage_digests

Run = Callable[..., tuple[int, str, str]]
GOLDEN = Path(__file__).parents[2].parent / "shared" / "golden"


@pytest.fixture
def run(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    return run


BY_REGION = {"method": "group_mean", "group": "region"}
FRAMEWORK: dict[str, Any] = {
    "unit": {"id": "code", "name": "name"},
    "screen": 0.5,
    "defaults": {"impute": {"method": "nearest", "donors": 3, "draws": 5, "seed": 4}, "treat": "skew_kurtosis_rule"},
    "index": {
        "id": "total",
        "children": [
            {
                "id": "work", "weights": "entropy", "aggregate": "generalised_mean",
                "children": [
                    {"indicator": "jobs", "denominator": "people", "impute": BY_REGION},
                    {"indicator": "skills", "normalise": {"method": "distance_to_reference", "reference": "u3"}},
                ],
            },
            {"indicator": "dirt", "direction": -1, "normalise": {"method": "min_max", "low": 1, "high": 100}},
        ],
    },
}  # fmt: skip


def table(units: int = 30) -> pl.DataFrame:
    rng = np.random.default_rng(9)
    values = {name: rng.lognormal(size=units) for name in ("jobs", "skills", "dirt")}
    frame = pl.DataFrame(
        {
            "code": [f"u{number}" for number in range(units)],
            "name": [f"Ünit {number}" for number in range(units)],
            "region": [("north", "south")[number % 2] for number in range(units)],
            "people": range(1, units + 1),
            **values,
            "secret": ["nobody's business"] * units,
        }
    )
    gone = pl.int_range(pl.len()).is_in([5, 7])
    return frame.with_columns(pl.when(gone).then(None).otherwise(pl.col(name)).alias(name) for name in ("jobs", "dirt"))


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_a_saved_run_is_replayed_to_the_last_bit(run: Run, ending: str) -> None:
    if ending == "xlsx":
        pytest.importorskip("xlsxwriter", reason="XlsxWriter (extra analysis) writes the table")
        pytest.importorskip("python_calamine", reason="python-calamine (extra build) reads it")
        table().write_excel("data.xlsx")
    else:
        (table().write_csv if ending == "csv" else table().write_parquet)(f"data.{ending}")
    Path("f.yaml").write_text(json.dumps(FRAMEWORK))
    status, out, err = run("score", f"data.{ending}", "--framework", "f.yaml", "--save", "run.json", "--json")
    assert status == 0, err
    assert "nobody" not in Path("run.json").read_text()  # a column that no choice names stays here
    Path("f.yaml").unlink()
    Path(f"data.{ending}").unlink()
    again = run("score", "--replay", "run.json", "--json")
    assert again[:2] == (0, out)
    assert "the same to the last bit" in again[2]


def test_the_same_run_gives_the_same_file(tmp_path: Path) -> None:
    made = score(table(), parse_generic(FRAMEWORK, "x"))
    contents = []
    for name in ("a.json.gz", "b.json.gz"):
        save_run(made, table(), tmp_path / name)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]
    replayed, _ = replay_run(tmp_path / "a.json.gz")
    for name in ("denominated", "imputed", "treated", "normalised", "ranks"):
        np.testing.assert_array_equal(getattr(replayed, name), getattr(made, name))
    assert stage_digests(replayed) == stage_digests(made)


def test_a_panel_and_coinr_files(tmp_path: Path) -> None:
    panel = pl.DataFrame({"id": ["a", "b", "a", "b"], "year": [2020, 2020, 2021, 2021], "x": [1.0, 3.0, 2.0, 5.0]})
    tree = {"unit": {"id": "id", "time": "year"}, "index": {"id": "t", "children": [{"indicator": "x"}]}}
    save_run(score(panel, parse_generic(tree, "x")), panel, tmp_path / "a.json")
    assert replay_run(tmp_path / "a.json")[0].times == ("2020", "2020", "2021", "2021")
    if not GOLDEN.is_dir():
        pytest.skip("the golden tables (../shared/golden) aren't beside the repository: no ASEM run is saved")
    choices = {"impute": {"method": "group_mean", "group": "EurAsia_group"}, "treat": {"method": "skew_kurtosis_rule"}}
    asem = score(GOLDEN / "asem/iData.csv", framework_from_imeta(GOLDEN / "asem/iMeta.csv", choices, True))
    save_run(asem, GOLDEN / "asem/iData.csv", tmp_path / "asem.json")
    assert stage_digests(replay_run(tmp_path / "asem.json")[0]) == stage_digests(asem)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "run.json"
    save_run(score(table(), parse_generic(FRAMEWORK, "x")), table(), path)
    return path


def test_one_bit_is_found(saved: Path) -> None:
    shape = json.loads(saved.read_text())
    column = next(one for one in shape["table"] if one["name"] == "dirt")
    column["values"][0] = float(np.nextafter(column["values"][0], 9.0))
    saved.write_text(json.dumps(shape))
    with pytest.raises(InputError, match=r"from stage 'denominated' on; scores by at most \d"):
        replay_run(saved)


def test_another_choice_is_found_where_it_begins(saved: Path) -> None:
    shape = json.loads(saved.read_text())
    shape["framework"]["index"]["aggregate"] = {"method": "geometric", "parameters": {}}
    shape["framework"]["index"]["children"][0]["children"][1]["normalise"] = {"method": "min_max", "parameters": {}}
    saved.write_text(json.dumps(shape))
    with pytest.raises(InputError, match="from stage 'normalised' on"):
        replay_run(saved)


BROKEN: dict[str, Callable[[Path], object]] = {
    "absent": lambda path: path.unlink(),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:1000]),
    "not ours": lambda path: path.write_text("{}"),
    "a list": lambda path: path.write_text("[]"),
    "deep": lambda path: path.write_text("[" * 100_000),
    "no table": lambda path: path.write_text(json.dumps(json.loads(path.read_text()) | {"table": None})),
    "no kind": lambda path: path.write_text(json.dumps(json.loads(path.read_text()) | {"table": [{"name": "x"}]})),
    "no framework": lambda path: path.write_text(json.dumps(json.loads(path.read_text()) | {"framework": {}})),
    "no stages": lambda path: path.write_text(json.dumps(json.loads(path.read_text()) | {"stages": {}})),
    "newer": lambda path: path.write_text(json.dumps(json.loads(path.read_text()) | {"version": 2})),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_one_line(run: Run, saved: Path, case: str) -> None:
    BROKEN[case](saved)
    status, out, err = run("score", "--replay", saved)
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1


def test_a_file_that_swells_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("technopole.publish.runfile.LARGEST", 1_000_000)
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b" " * 5_000_000))
    with pytest.raises(InputError, match="holds more than"):
        replay_run(path)


def test_wrong_words(run: Run, saved: Path) -> None:
    assert run("score")[0] == 2
    assert run("score", "--replay", saved, "--impute", "mean")[0] == 1
    status, _, err = run("score", saved, "--replay", saved)
    assert (status, "stands alone" in err) == (1, True)


def test_a_table_that_changed_meanwhile_is_not_saved(tmp_path: Path) -> None:
    made = score(table(), parse_generic(FRAMEWORK, "x"))
    with pytest.raises(InputError, match="has changed"):
        save_run(made, table().with_columns(dirt=pl.col("dirt") * 2), tmp_path / "run.json")
    assert not list(tmp_path.iterdir())
