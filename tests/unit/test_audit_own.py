"""`technopole audit DATA --framework FILE`, and one line for each bad framework, through the command line."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

DATA = "id,a,b,c,d\n" + "".join(f"u{k},{k},{(k * 7) % 10},{10 - k},{k % 4 + 1}\n" for k in range(10))
TREE = {
    "id": "total",
    "children": [
        {"id": "left", "children": [{"indicator": "a"}, {"indicator": "b"}]},
        {"id": "right", "children": [{"indicator": "c", "direction": -1}, {"indicator": "d", "weight": 2}]},
    ],
}


@pytest.fixture
def files(tmp_path):
    data, framework = tmp_path / "data.csv", tmp_path / "framework.yaml"
    data.write_text(DATA, encoding="utf-8")
    framework.write_text(yaml.safe_dump({"index": TREE}), encoding="utf-8")
    return data, framework


def test_the_whole_audit_has_its_shape(files, run):
    data, framework = files
    status, out, err = run("audit", data, "--framework", framework, "--json")
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert list(shape) == [
        "index", "units", "indicators", "period", "availability", "statistics", "correlations", "groups", "elements",
        "profiles", "notes",
    ]  # fmt: skip
    by_id = {one["id"]: one for one in shape["elements"]}
    assert by_id["d"]["effective_weight"] == pytest.approx(1 / 3)
    assert sum(one["effective_weight"] for one in shape["elements"] if one["indicator"]) == pytest.approx(1)
    assert sum(one["influence"] for one in shape["elements"] if one["level"] == 1) == pytest.approx(1)
    # a and the turned c are one thing
    assert by_id["a"]["correlation_with_index"] == pytest.approx(by_id["c"]["correlation_with_index"])


def test_options_may_come_first_and_the_edition_keeps_its_audit(files, run):
    data, framework = files
    first = run("audit", "--framework", framework, data, "--json")
    assert first == run("audit", data, "--framework", framework, "--json")
    status, out, _ = run("audit", "--json")
    assert (status, "edition" in json.loads(out)) == (0, True)


def test_a_table_without_a_framework_and_a_misspelt_check_say_what_to_do(files, run):
    data, _ = files
    status, out, err = run("audit", data)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "--framework FILE" in err
    assert run("audit", "polices")[0] == 2


@pytest.mark.parametrize(
    ("part", "rows"), [("elements", 6), ("indicators", 4), ("units", 10), ("correlations", 4), ("profiles", 80)]
)
def test_parts_as_csv(files, run, part, rows):
    data, framework = files
    status, out, err = run("audit", data, "--framework", framework, "--csv", "--part", part)
    assert (status, err, out.count("\n")) == (0, "", rows + 1)


def test_two_versions(files, run, tmp_path):
    data, framework = files
    other = tmp_path / "other.yaml"
    other.write_text(yaml.safe_dump({"index": TREE | {"aggregate": {"method": "copeland"}}}), encoding="utf-8")
    words = ("audit", data, "--framework", framework, "--against")
    versions = json.loads(run(*words, other, "--json")[1])["versions"]
    assert versions["largest_move"] == max(abs(unit["move"]) for unit in versions["units"])
    same = json.loads(run(*words, framework, "--json")[1])["versions"]
    assert (same["largest_move"], same["spearman"]) == (0, pytest.approx(1))
    assert "Spearman 1.000" in run(*words, framework)[1]
    status, out, err = run("audit", data, "--framework", framework, "--csv", "--part", "versions")
    assert (status, out) == (1, "")
    assert "--against" in err


def leaf(name, **keys):
    return {"index": {"id": "total", "children": [{"indicator": name, **keys}]}}


def twice(name):
    return {"index": {"id": "total", "children": [{"indicator": name}, {"indicator": name}]}}


@pytest.mark.parametrize("command", ["score", "audit"])
@pytest.mark.parametrize(
    ("framework", "message"),
    [
        ({"index": {"id": "x", "children": [{"id": "x", "children": [{"indicator": "a"}]}]}}, "'x' stands twice"),
        (leaf("zz"), "no column 'zz'"),
        (twice("a"), "'a' stands twice"),
        (leaf("same"), "same: all values are missing or equal"),
        (leaf("empty"), "empty: all values are missing in the units"),
        ({"defaults": {"aggregate": "geometric", "normalise": "z_score"}} | leaf("a"), "needs values above zero"),
        (leaf("a", weight=-1), "weight"),
        (leaf("a", normalise={"method": "goalposts", "low": "x", "high": 2}), "a: a parameter of its method"),
        (leaf("a", normalise={"method": "distance_to_targets", "targets": "x"}), "a: a parameter of its method"),
        (leaf("a", treat={"method": "winsorise_quantile", "upper": "x"}), "a: a parameter"),
        (leaf("a", weight=0), "all weights below 'total' are zero"),
        ({"defaults": {"weights": {"method": "hierarchy", "matrix": [[1, 2], [0.5, 1]]}}, "index": {
            "id": "total", "children": [{"indicator": "a"}, {"indicator": "b"}, {"indicator": "c"}]}},
         "A matrix of 2 elements can't weight 3"),
        ({"defaults": {"weights": {"method": "budget_allocation", "points": [[50, 50]]}}, "index": {
            "id": "total", "children": [{"indicator": "a"}, {"indicator": "b"}, {"indicator": "c"}]}}, "total"),
    ],
)  # fmt: skip
def test_a_bad_framework_is_one_line(tmp_path, run, command, framework, message):
    data, path = tmp_path / "data.csv", tmp_path / "framework.yaml"
    rows = "".join(f"u{k},{k},{10 - k},{k % 3},4,\n" for k in range(10))
    data.write_text("id,a,b,c,same,empty\n" + rows, encoding="utf-8")
    path.write_text(yaml.safe_dump(framework), encoding="utf-8")
    status, out, err = run(command, data, "--framework", path, "--json")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert message in err


def test_a_huge_and_an_exploding_framework_end_at_once(files, tmp_path):
    data, _ = files
    huge, bomb = tmp_path / "huge.yaml", tmp_path / "bomb.yaml"
    with huge.open("wb") as file:
        file.truncate(100_000_000)
    lines = ["a0: &a0 [x, x]", *(f"a{k}: &a{k} [{', '.join([f'*a{k - 1}'] * 9)}]" for k in range(1, 10))]
    bomb.write_text("\n".join(lines), encoding="utf-8")
    for path, message in ((huge, "larger than"), (bomb, "aliases")):
        done = subprocess.run(
            [sys.executable, "-m", "technopole.cli.main", "score", str(data), "--framework", str(path)],
            capture_output=True, text=True, check=False, timeout=20,
        )  # fmt: skip
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert message in done.stderr


def test_a_circle_in_coinrs_meta_is_one_line(files, tmp_path, run):
    data, _ = files
    meta = tmp_path / "iMeta.csv"
    meta.write_text(
        "iCode,Direction,Weight,Parent,Type\na,1,1,P,Indicator\nP,1,1,Q,Aggregate\nQ,1,1,P,Aggregate\n"
        "I,1,1,,Aggregate\n",
        encoding="utf-8",
    )
    status, out, err = run("score", data, "--imeta", meta)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "circle" in err
