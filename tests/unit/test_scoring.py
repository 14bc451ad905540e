"""An index of anything: overrides by indicator and node, file kinds, and one clear line for each wrong input."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from technopole.core.errors import InputError, TechnopoleError, UnknownNameError
from technopole.index.generic import parse_generic, read_generic
from technopole.index.imeta import framework_from_imeta
from technopole.index.learned import impute_knn
from technopole.index.scoring import score
from technopole.index.tabular import read_table

TABLE = """code,name,people,jobs,dirt,metro,region
a,Alpha,10,100,5,0,north
b,Beta,20,100,1,40,north
c,Gamma,40,800,3,,south
d,Delta,10,300,2,10,south
"""
FRAMEWORK = {
    "unit": {"id": "code", "name": "name"},
    "index": {
        "id": "total",
        "children": [
            {
                "id": "work",
                "weight": 2,
                "aggregate": {"method": "geometric"},
                "children": [
                    {"indicator": "jobs", "denominator": "people", "normalise": {"method": "min_max", "low": 1}},
                    {"indicator": "dirt", "direction": -1, "normalise": {"method": "goalposts", "low": 0, "high": 10}},
                ],
            },
            {"indicator": "metro", "weight": 1, "impute": {"method": "group_mean", "group": "region"}},
        ],
    },
}


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def changed(**index):
    return {**FRAMEWORK, "index": {**FRAMEWORK["index"], **index}}


def leaf(name, **keys):
    return {"id": "total", "children": [{"indicator": name, **keys}]}


def one(**index):
    return {**FRAMEWORK, "index": index}


def test_by_hand(table):
    result = score(table, parse_generic(FRAMEWORK, "by hand"))
    jobs = np.array([10.0, 5, 20, 30])
    np.testing.assert_allclose(result.denominated[:, 0], jobs)
    jobs = (jobs - 5) / 25 * 99 + 1
    dirt = (10 - np.array([5.0, 1, 3, 2])) / 10
    metro = np.array([0.0, 40, 10, 10]) / 40 * 100  # c takes the mean of the south
    np.testing.assert_allclose(result.normalised, np.stack([jobs, dirt, metro], axis=1))
    work = np.sqrt(jobs * dirt)
    np.testing.assert_allclose(result.scores["work"], work)
    np.testing.assert_allclose(result.scores["total"], (2 * work + metro) / 3)
    assert result.weights == {"total": 1.0, "work": 2 / 3, "metro": 1 / 3, "jobs": 0.5, "dirt": 0.5}
    assert result.to_polars()["rank"].to_list() == [1, 2, 3, 4]


def test_weights_of_a_method(table):
    data = one(id="total", weights="entropy", children=[{"indicator": "jobs"}, {"indicator": "people"}])
    result = score(table, parse_generic(data, "x"))
    assert result.weights["jobs"] != result.weights["people"]
    judged = one(
        id="total",
        weights={"method": "hierarchy", "matrix": [[1, 3], [1 / 3, 1]]},
        children=[{"indicator": "jobs"}, {"indicator": "people"}],
    )
    assert score(table, parse_generic(judged, "x")).weights["jobs"] == pytest.approx(0.75)


def test_screen_leaves_out_and_says_whom(table):
    result = score(table, parse_generic({**FRAMEWORK, "screen": 1.0}, "x"))
    assert result.screened == ("c",)
    assert result.ids == ("a", "b", "d")


def test_screen_by_nonzero_share_and_by_name(table):
    result = score(table, parse_generic({**FRAMEWORK, "screen": {"least_nonzero": 1.0, "keep": ["c"]}}, "x"))
    assert result.screened == ("a",)
    result = score(table, parse_generic({**FRAMEWORK, "screen": {"leave_out": ["a"]}}, "x"))
    assert result.ids == ("b", "c", "d")
    for screen, message in (
        ({"leave_out": ["z"]}, "no unit 'z'"),
        ({"keep": ["a"], "leave_out": ["a"]}, "kept and to be left out"),
        ({"leave_out": ["a", "b", "c", "d"]}, "No unit is left"),
        (1.5, "screen.least_share"),
    ):
        with pytest.raises(TechnopoleError, match=message):
            score(table, parse_generic({**FRAMEWORK, "screen": screen}, "x"))


def test_per_scales_a_denominator(table):
    plain = score(table, parse_generic(one(**leaf("jobs", denominator="people")), "x"))
    scaled = score(table, parse_generic(one(**leaf("jobs", denominator="people", per=1000)), "x"))
    np.testing.assert_allclose(scaled.denominated, 1000 * plain.denominated)


def some_frame():
    rng = np.random.default_rng(1)
    base = rng.random(40)
    data = {f"x{k}": base + 0.1 * rng.random(40) for k in range(4)}
    data["x0"][[3, 7]] = np.nan
    return pl.DataFrame({"id": [f"u{k}" for k in range(40)], **data}).fill_nan(None), base


@pytest.mark.parametrize("method", ["knn", "iterative", "nearest"])
def test_imputation_from_other_indicators_is_near_the_truth(method):
    frame, base = some_frame()
    children = [{"indicator": f"x{k}"} for k in range(4)]
    result = score(
        frame, parse_generic({"defaults": {"impute": method}, "index": {"id": "i", "children": children}}, "x")
    )
    assert np.abs(result.imputed[[3, 7], 0] - base[[3, 7]] - 0.05).max() < 0.2
    assert (result.draws is None) == (method != "nearest")


def test_trends_of_an_indicator_grow_by_a_yearly_rate():
    jobs, dirt = [100.0, 50.0, 130.0, 50.0, 133.1, None], [1.0, 2.0, 3.0, 1.0, 1.0, 5.0]
    years = [2020, 2020, 2021, 2021, 2023, 2023]
    data = pl.DataFrame({"id": ["A", "B"] * 3, "year": years, "jobs": jobs, "dirt": dirt})
    tree = {
        "id": "i",
        "children": [{"id": "p", "children": [{"indicator": "jobs"}]}, {"indicator": "dirt", "direction": -1}],
    }
    run = score(data, parse_generic({"unit": {"id": "id", "time": "year"}, "index": tree}, "x"))
    jobs = run.trends("jobs")
    assert jobs["id"].to_list() == ["A", "B"]
    assert jobs["growth"].to_list() == [pytest.approx(0.1), 0.0]
    assert jobs.row(0)[4:9] == (100.0, 133.1, pytest.approx(33.1), 1, 1)
    dirt = run.trends("dirt").row(by_predicate=pl.col("id") == "B", named=True)
    assert (dirt["first_rank"], dirt["last_rank"]) == (2, 2)  # less is better
    assert run.trends("p")["periods"].to_list() == [3, 2]
    with pytest.raises(UnknownNameError, match="no 'job'"):
        run.trends("job")


def test_knn_is_that_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.impute", reason="scikit-learn (extra analysis) isn't installed")
    rng = np.random.default_rng(0)
    for gaps, neighbours in ((0.05, 5), (0.6, 2), (0.6, 40)):
        x = rng.lognormal(0, 1, (60, 4))
        x[rng.random(x.shape) < gaps] = np.nan
        x[7], x[8] = np.nan, [1.0, np.nan, np.nan, np.nan]
        low = np.nanmin(x, axis=0)
        span = np.nanmax(x, axis=0) - low
        theirs = sklearn.KNNImputer(n_neighbors=neighbours).fit_transform((x - low) / span) * span + low
        np.testing.assert_allclose(impute_knn(x, neighbours), theirs, rtol=1e-12)
    flat = np.column_stack([x, np.where(rng.random(60) < 0.5, np.nan, 3.0)])
    assert np.isnan(impute_knn(flat)[:, 4]).sum() == np.isnan(flat[:, 4]).sum()
    equal = np.array([[0.1, 1.0], [0.1, 2.0], [0.1, 3.0], [np.nan, 2.0], [0.7, 900.0]])
    assert impute_knn(equal, 3)[3, 0] == 0.1


def test_multiple_imputation_keeps_its_draws_and_its_seed():
    frame, _ = some_frame()
    children = [{"indicator": f"x{k}"} for k in range(4)]

    def drawn(seed):
        impute = {"method": "iterative", "draws": 5, "seed": seed}
        return score(
            frame, parse_generic({"defaults": {"impute": impute}, "index": {"id": "i", "children": children}}, "x")
        )

    first, again, other = drawn(1), drawn(1), drawn(2)
    assert first.draws.shape == (5, 40, 4)
    np.testing.assert_allclose(first.draws.mean(axis=0), first.imputed, rtol=1e-12)
    np.testing.assert_array_equal(first.draws, again.draws)
    assert (first.draws[:, 3, 0] != other.draws[:, 3, 0]).all()
    assert np.ptp(first.draws[:, 3, 0]) > 0
    kept = ~np.isnan(first.denominated)
    assert (first.draws[:, kept] == first.denominated[kept]).all()


def test_aggregators_that_compare_units_by_parent(table):
    doubt = {
        "id": "a",
        "aggregate": "benefit_of_the_doubt",
        "children": [{"indicator": "jobs"}, {"indicator": "people"}],
    }
    copeland = {"id": "b", "aggregate": "copeland", "children": [{"indicator": "dirt"}, {"indicator": "metro"}]}
    result = score(table, parse_generic(one(id="total", aggregate="kemeny", children=[doubt, copeland]), "x"))
    np.testing.assert_allclose(result.scores["a"], [0, 1 / 3, 1, 2 / 7])
    assert result.scores["b"].tolist() == [1, -1, 1, -1]  # a pair is compared on what both have; c has no metro
    assert result.scores["total"].max() == result.scores["total"][2] == 3


def test_contradicting_judgements_are_noted(table):
    matrix = [[1, 9, 1 / 9], [1 / 9, 1, 9], [9, 1 / 9, 1]]
    children = [{"indicator": "jobs"}, {"indicator": "people"}, {"indicator": "dirt"}]
    data = one(id="total", weights={"method": "hierarchy", "matrix": matrix}, children=children)
    result = score(table, parse_generic(data, "x"))
    assert "consistency ratio" in result.to_json()["notes"][0]


PANEL = """id,year,x,y
a,2001,1,5
a,2002,2,
a,2003,3,7
b,2001,4,
b,2002,2,2
b,2003,0,1
c,2003,1,1
"""


def panel(tmp_path, **keys):
    path = tmp_path / "panel.csv"
    path.write_text(PANEL, encoding="utf-8")
    data = {
        "unit": {"id": "id", "time": "year"},
        "index": {"id": "i", "children": [{"indicator": "x"}, {"indicator": "y"}]},
    }
    return score(path, parse_generic(data | keys, "x"))


def test_a_panel_has_shared_goalposts_ranks_by_period_and_trends(tmp_path):
    run = panel(tmp_path, index=leaf("x"))
    np.testing.assert_array_equal(run.scores["total"], np.array([1, 2, 3, 4, 2, 0, 1]) * 25.0)
    assert run.ranks.tolist() == [2, 1, 1, 1, 1, 3, 2]
    trends = run.trends()
    assert trends["id"].to_list() == ["a", "b", "c"]
    assert trends["slope"].to_list() == [pytest.approx(25.0), pytest.approx(-50.0), None]
    assert trends.row(1)[4:] == (100.0, 0.0, -100.0, 1, 3, None)
    assert run.to_json()["units"][0] == {"rank": 1, "id": "b", "name": "b", "time": "2001", "score": 100.0, "nodes": {}}
    assert len(run.to_json()["trends"]) == 3
    each = panel(
        tmp_path,
        index=leaf("x", normalise="percentile_rank"),
        panel={"normalise": "each"},
        screen={"keep": ["a"], "leave_out": ["c"]},
    )
    assert each.scores["total"].tolist() == [0, 0, 1, 1, 0, 0]


def test_filling_along_time(tmp_path):
    latest = panel(tmp_path, defaults={"impute": "panel"})
    np.testing.assert_array_equal(latest.imputed[:, 1], [5, 5, 7, np.nan, 2, 1, 1])
    linear = panel(tmp_path, defaults={"impute": {"method": "panel", "how": "linear"}})
    np.testing.assert_array_equal(linear.imputed[:, 1], [5, 6, 7, np.nan, 2, 1, 1])
    short = panel(tmp_path, defaults={"impute": {"method": "panel", "longest": 0.5}})
    assert np.isnan(short.imputed[1, 1])
    with pytest.raises(TechnopoleError, match="y: There is no way 'cubic'"):
        panel(tmp_path, defaults={"impute": {"method": "panel", "how": "cubic"}})
    frame = pl.DataFrame({"id": ["a", "b"], "x": [1.0, None]})
    with pytest.raises(TechnopoleError, match="no periods"):
        score(frame, parse_generic({"index": leaf("x", impute="panel")}, "x"))


def test_a_unit_twice_in_a_period_is_one_line(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(PANEL + "a,2001,3,3\n", encoding="utf-8")
    with pytest.raises(TechnopoleError, match=r"'a' stands in line 2 and in line 9 for year 2001"):
        score(path, parse_generic({"unit": {"id": "id", "time": "year"}, "index": leaf("x")}, "x"))


def test_nearest_imputation_and_reference(table):
    data = one(
        id="total",
        children=[
            {"indicator": "metro", "impute": {"method": "nearest", "donors": 1, "seed": 3}},
            {"indicator": "jobs", "normalise": {"method": "distance_to_reference", "reference": "d"}},
        ],
    )
    result = score(table, parse_generic(data, "x"))
    assert result.imputed[2, 0] in {0.0, 40.0, 10.0}
    assert result.normalised[3, 1] == 1.0


def write_workbook(path):
    """The table as the smallest workbook that Excel's format allows: numbers as numbers, text inline."""

    def cell(text):
        if text.replace(".", "").isdigit():
            return f"<c><v>{text}</v></c>"
        return f'<c t="inlineStr"><is><t>{text}</t></is></c>' if text else "<c/>"

    rows = "".join("<row>" + "".join(map(cell, line.split(","))) + "</row>" for line in TABLE.splitlines())
    main, office = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "application/vnd.openxmlformats-"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    book = f"{office}officedocument.spreadsheetml"
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Default Extension="rels" ContentType="{office}package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{book}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{book}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{relations}"><sheets>'
        '<sheet name="data" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{relations}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{rows}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)


def test_files_of_every_kind_give_the_same(table, tmp_path):
    framework = parse_generic(FRAMEWORK, "x")
    expected = score(table, framework)
    frame = pl.read_csv(table)
    frame.write_parquet(tmp_path / "data.parquet")
    (tmp_path / "data.tsv").write_text(TABLE.replace(",", "\t"), encoding="utf-8")
    write_workbook(tmp_path / "data.xlsx")
    for data in (tmp_path / "data.parquet", tmp_path / "data.tsv", tmp_path / "data.xlsx", frame):
        np.testing.assert_array_equal(score(data, framework).scores["total"], expected.scores["total"])


def test_json_of_the_command(table, tmp_path, run):
    path = tmp_path / "framework.yaml"
    path.write_text(yaml.safe_dump(FRAMEWORK), encoding="utf-8")
    status, out, err = run("score", table, "--framework", path, "--json")
    assert (status, err) == (0, "")
    units = json.loads(out)["units"]
    assert [list(unit)[:4] for unit in units] == [["rank", "id", "name", "score"]] * 4
    assert units[0]["rank"] == 1
    assert units[0]["score"] == max(unit["score"] for unit in units)
    status, out, err = run("score", table, "--framework", path, "--csv", "--top", "2")
    assert out.count("\n") == 3
    status, out, err = run("score", table, "--framework", path)
    assert "Delta" in out


def test_a_unit_without_any_value_has_no_rank():
    frame = pl.DataFrame({"id": ["a", "b", "c"], "x": [1.0, None, 3.0]})
    result = score(frame, parse_generic({"index": leaf("x")}, "x"))
    assert result.ranks.tolist() == [2, 0, 1]
    assert result.to_json()["units"][-1] == {"rank": None, "id": "b", "name": "b", "score": None, "nodes": {}}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "index"),
        ([1], "isn't a framework"),
        (changed(colour="red"), "colour"),
        (changed(children=[]), "index.children"),
        (one(**leaf("jobs", weight=0)), "all weights below 'total' are zero"),
        (one(**leaf("jobs", weight=-1)), "weight"),
        (one(**leaf("jobs", direction=2)), "direction"),
        (one(**leaf("jobs", colour=1)), "colour"),
        (one(**leaf("jobs", treat="log2p")), "did you mean log"),
        (one(**leaf("jobs", normalise={"method": "min_max", "base": 1})), "no parameter 'base'"),
        (one(**leaf("jobs", normalise="goalposts")), "needs high, low"),
        (one(**leaf("jobs", impute="group_mean")), "needs group"),
        (changed(aggregate={"method": "generalised_mean", "power": "big"}), "isn't a number"),
        (one(id="total", weights="budget_allocation", children=[{"indicator": "jobs"}]), "needs points"),
        (one(id="total", children=[{"indicator": "jobs"}, {"indicator": "jobs"}]), "'jobs' stands twice"),
        (one(**leaf("jib")), "no column 'jib': did you mean jobs"),
        (one(**leaf("name")), "line 2, column 'name': 'Alpha' isn't a number"),
        (one(**leaf("jobs", denominator="metro")), "denominator 'metro' is zero"),
        (one(**leaf("jobs", treat={"method": "winsorise_points", "high": 9})), "jobs: Can't cap 9"),
        (one(**leaf("jobs", normalise={"method": "distance_to_reference", "reference": "zz"})), "no reference unit"),
        (changed(aggregate="geometric"), "total: A geometric mean of 0"),
        ({**FRAMEWORK, "unit": {"id": "region"}}, "'north' stands in line 2 and in line 3"),
        ({**FRAMEWORK, "unit": {"id": "code", "name": "nom"}}, "no column 'nom'"),
        (one(**leaf("jobs", normalise={"method": "min_max", "low": "x"})), "right kind"),
    ],
)
def test_one_line_for_each_wrong_framework(table, data, message):
    with pytest.raises(TechnopoleError, match=message) as caught:
        score(table, parse_generic(data, "framework.yaml"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("code,x\n", "no rows"),
        ("code,x,x\na,1,2\n", "two columns 'x'"),
        ("code,x\na,1\na,2\n", "line 2 and in line 3"),
        ("code,x\na,1\n,2\n", "line 3 has no 'code'"),
        ("code,x\na,1\nb,1_000\n", "line 3, column 'x': '1_000' isn't a number"),
        ("code,x\na,1\nb,inf\n", "line 3"),
        ("code,x\na,1\nb,1e999\n", "line 3"),
        ("code,x\na,1\nb,1\n", "x: all values are missing or equal"),
        ("code,x\na,NA\nb,\n", "x: all values are missing in the units"),
    ],
)
def test_one_line_for_each_wrong_table(tmp_path, text, message):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    framework = parse_generic({"unit": {"id": "code"}, "index": leaf("x")}, "x")
    with pytest.raises(TechnopoleError, match=message):
        score(path, framework)


def test_other_wrong_files(tmp_path, run):
    (tmp_path / "a.pdf").write_bytes(b"x")
    (tmp_path / "a.parquet").write_bytes(b"x")
    (tmp_path / "a.xlsx").write_bytes(b"x")
    for name in ("a.pdf", "a.parquet", "a.xlsx", "none.csv"):
        with pytest.raises(TechnopoleError):
            read_table(tmp_path / name)
    status, out, err = run("score", tmp_path / "none.csv", "--framework", tmp_path / "none.yaml", "--json")
    assert (status, out, err.count("\n")) == (1, "", 1)
    status, out, err = run("score", tmp_path / "none.csv")
    assert (status, err.count("\n")) == (1, 1)
    status, out, err = run("score", tmp_path / "x", "--framework", tmp_path / "y", "--treat", "log1p")
    assert "belongs to --imeta" in err


IMETA = """Level,iCode,Direction,Weight,Parent,Type
1,jobs,1,1,Work,Indicator
1,dirt,-1,3,Work,Indicator
2,Work,1,1,Index,Aggregate
3,Index,1,1,,Aggregate
,region,,,,Group
"""


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Work,1,1,Index", "Work,1,1,Work", "circle"),
        ("1,jobs,1,1,Work", "1,jobs,1,1,Wirk", "'Wirk' of 'jobs' is no aggregate"),
        ("1,jobs,1", "1,dirt,1", "stands twice"),
        ("1,jobs,1", "1,jobs,0", "Direction of 'jobs' is 0"),
        ("Work,1,1,Index", "Work,1,1,", "2 rows have no Parent"),
        ("1,jobs,1,1,", "1,jobs,1,-1,", "weight"),
        ("Weight", "Wait", "no column 'Weight'"),
    ],
)
def test_wrong_imeta(tmp_path, old, new, message):
    path = tmp_path / "iMeta.csv"
    path.write_text(IMETA, encoding="utf-8")
    assert framework_from_imeta(path).indicators()[1].weight == 3
    path.write_text(IMETA.replace(old, new), encoding="utf-8")
    with pytest.raises(TechnopoleError, match=message):
        framework_from_imeta(path)


def test_large_and_explosive_frameworks(tmp_path):
    path = tmp_path / "f.yaml"
    path.write_text("a: &a [x, x]\nb: *a\n", encoding="utf-8")
    with pytest.raises(TechnopoleError, match="alias"):
        read_generic(path)
    path.write_text("index: " + "x" * 500_000, encoding="utf-8")
    with pytest.raises(TechnopoleError, match="larger"):
        read_generic(path)


JSONISH = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["min_max", "jobs"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "children", "indicator", "weight", "method", "low", "treat"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSONISH)
def test_anything_as_a_framework_gives_a_result_or_one_line(table, data):
    for whole in (data, {"index": data}, {"unit": {"id": "code"}, "index": leaf("jobs", normalise=data)}):
        try:
            score(table, parse_generic(whole, "f"))
        except TechnopoleError as error:
            assert "\n" not in str(error)


def test_a_hundred_thousand_units():
    rng = np.random.default_rng(0)
    count = 100_000
    frame = pl.DataFrame({"id": np.arange(count).astype(str), **{f"x{k}": rng.random(count) for k in range(6)}})
    children = [{"indicator": f"x{k}", "treat": "skew_kurtosis_rule"} for k in range(6)]
    result = score(frame, parse_generic({"index": {"id": "i", "children": children}}, "x"))
    assert sorted(result.ranks)[0] == 1


def test_an_indicator_without_a_value_is_refused_whatever_it_becomes():
    data = pl.DataFrame({"id": ["A", "B"], "x": [1.0, 2.0], "nothing": [None, None]})
    tree = {"id": "i", "children": [{"indicator": "x"}, {"indicator": "nothing"}]}
    for normalise in ("rank", "z_score", {"method": "goalposts", "low": 0, "high": 1}):
        with pytest.raises(InputError, match="nothing: all values are missing in the units that are scored"):
            score(data, parse_generic({"index": tree, "defaults": {"normalise": normalise}}, "framework"))


def test_kemeny_refuses_more_pairs_than_memory_holds():
    data = pl.DataFrame({"id": [f"U{k}" for k in range(5001)], "x": np.arange(5001.0)})
    declared = {"index": {"id": "i", "aggregate": "kemeny", "children": [{"indicator": "x"}]}}
    with pytest.raises(InputError, match=r"i: Kemeny's rule compares every pair of 5,001 units\. Take at most 5,000"):
        score(data, parse_generic(declared, "framework"))
