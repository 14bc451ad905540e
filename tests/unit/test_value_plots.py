"""Pictures of values: what they show equals the stages of the run; names and dots have room; colours stay apart."""

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest

from technopole.core.errors import InputError, UnknownNameError
from technopole.editions.read import Edition, open_edition
from technopole.index.generic import parse_generic
from technopole.index.scoring import GenericRun, score
from technopole.kernel.treat import kurtosis, skewness
from technopole.publish.picture import Picture, View
from technopole.publish.pictures import of_edition, of_own
from technopole.publish.ranking import rank
from technopole.publish.value_pictures import OTHERS, TAKES, Selection

try:
    from technopole.publish.marks import OTHER, PALETTE
    from technopole.publish.places import HEIGHT, levels, name_places, swarm
    from technopole.publish.plots import rendered
except ImportError as missing:
    pytest.skip(f"{missing.name} isn't installed (extra analysis): no picture is drawn", allow_module_level=True)

Run = Callable[..., tuple[int, str, str]]
TREE = {
    "index": {
        "id": "total", "title": "Of <all> & more",
        "children": [
            {"id": "work", "title": "Work", "weight": 2,
             "children": [{"indicator": "jobs", "unit": "each"}, {"indicator": "skills", "weight": 3}]},
            {"id": "life", "children": [{"indicator": "dirt", "direction": -1}, {"indicator": "metro"}]},
        ],
    },
    "unit": {"id": "id", "name": "name"},
    "defaults": {"normalise": {"method": "min_max", "low": 1, "high": 100}, "impute": "none"},
}  # fmt: skip


def table(units: int = 40) -> pl.DataFrame:
    values = np.random.default_rng(3).lognormal(size=(units, 4))
    columns = {name: values[:, place] for place, name in enumerate(("jobs", "skills", "dirt", "metro"))}
    frame = pl.DataFrame(
        {"id": [f"u{number}" for number in range(units)], "name": [f"unit {number}" for number in range(units)],
         "region": [f"r{number % 11 if number % 2 else 0}" for number in range(units)],
         "people": np.arange(units) * 1000.0, **columns}
    )  # fmt: skip
    return frame.with_columns(skills=pl.when(pl.col("id") == "u5").then(None).otherwise("skills"))


def changed(**defaults: Any) -> dict[str, Any]:
    return {**TREE, "defaults": {**TREE["defaults"], **defaults}}  # type: ignore[dict-item]


def own(kind: str, top: int = 30, tree: dict[str, Any] = TREE, **selected: Any) -> Picture:
    return of_own(table(), parse_generic(tree, "x"), kind, top, selection=Selection(**selected))


@pytest.fixture(scope="module")
def run_of_all() -> GenericRun:
    return score(table(), parse_generic(TREE, "x"))


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


def texts(svg: bytes) -> str:
    return " ".join(ElementTree.fromstring(svg.decode()).itertext())


def test_bars_of_an_edition_are_its_ranking(edition: Edition) -> None:
    for side in (None, "lives"):
        picture = of_edition(edition, "bar", View(lens="intensity", side=side), 25)
        expected = rank(edition, lens="intensity", side=side, top=25).table
        assert picture.table["rank"].to_list() == expected["rank"].to_list()
        assert picture.table["value"].to_list() == pytest.approx(expected["score"].to_list())
        assert [label.split("  ")[1].rsplit(" (", 1)[0] for label in picture.labels] == expected["name"].to_list()
    assert "intensity lens" in picture.notes[0]


@pytest.mark.parametrize("node", ["index", "makes", "industry"])
def test_parts_of_a_city_add_up_to_its_score(edition: Edition, node: str) -> None:
    parts = of_edition(edition, "bar", View(), 200, Selection(of=(node,), stack=True)).table
    whole = parts.group_by("label", maintain_order=True).agg(pl.col("length").sum(), pl.col("value").first())
    assert whole.height == 200
    assert whole["length"].to_numpy() == pytest.approx(whole["value"].to_numpy())


def test_parts_are_weight_times_score_and_a_missing_child_leaves_its_weight_to_the_others(
    run_of_all: GenericRun,
) -> None:
    parts = own("bar", 40, of=("work",), stack=True).table
    units = dict(zip(run_of_all.names, run_of_all.normalised, strict=True))
    found = {(row["label"].split("  ")[1], row["part"]): row["length"] for row in parts.iter_rows(named=True)}
    jobs, skills = units["unit 3"][:2]
    assert found["unit 3", "jobs"] == pytest.approx(jobs / 4)
    assert found["unit 3", "skills"] == pytest.approx(skills * 3 / 4)
    assert found["unit 5", "jobs"] == pytest.approx(units["unit 5"][0])
    assert ("unit 5", "skills") not in found


def test_parts_of_another_mean_are_in_proportion_and_what_is_no_mean_has_none() -> None:
    picture = own("bar", 40, changed(aggregate="geometric"), stack=True)
    whole = picture.table.group_by("label").agg(pl.col("length").sum(), pl.col("value").first())
    assert whole["length"].to_numpy() == pytest.approx(whole["value"].to_numpy())
    assert "in proportion (geometric mean)" in " ".join(picture.notes)
    with pytest.raises(InputError, match="no mean of its children"):
        own("bar", 40, changed(aggregate="copeland"), stack=True)
    with pytest.raises(InputError, match="has no children"):
        own("bar", of=("jobs",), stack=True)


def test_bars_start_with_the_best_and_end_with_the_marked() -> None:
    picture = own("bar", 5, of=("dirt",), mark=("u7", "unit 8"))
    values = table()["dirt"]
    order = values.arg_sort().to_list()
    named = [label.split("  ")[1] for label in picture.labels]
    assert named[:5] == [f"unit {place}" for place in order[:5]]
    assert set(named[5:]) == {"unit 7", "unit 8"} - set(named[:5])
    shown = picture.table.filter("marked")
    assert shown["rank"].to_list() == sorted(order.index(place) + 1 for place in (7, 8))
    assert "less is better" in picture.notes[1]
    assert "less is better" not in own("bar", 5, of=("dirt",), stage="normalised").notes[1]


def test_bars_by_group_keep_the_largest_groups() -> None:
    found = own("bar", 40, group="region").table
    assert found.height == 40
    assert found["part"].n_unique() == 7
    regions = dict(table().select("name", "region").iter_rows())
    for row in found.iter_rows(named=True):
        assert row["part"] in {regions[row["label"].split("  ")[1]], OTHERS}
    assert found.filter(part="r0").height == table().filter(region="r0").height > 20


def test_a_scatter_has_nodes_indicators_and_other_columns(run_of_all: GenericRun) -> None:
    picture = own("scatter", 3, of=("people", "work"), log="x", mark=("u9",))
    assert picture.table["x"].to_list() == table()["people"].to_list()[1:]
    assert picture.table["y"].to_list() == run_of_all.scores["work"].tolist()[1:]
    assert "1 at or below 0" in picture.notes[1]
    named = picture.table.filter(pl.col("place").is_not_null()).sort("place")["label"].to_list()
    best = sorted(range(40), key=lambda k: -run_of_all.scores["total"][k])
    assert named[0] == "unit 9"
    assert set(named[1:]) <= {f"unit {k}" for k in best[:3]}
    skills = own("scatter", of=("skills", "jobs"))
    assert skills.table.height == 39
    assert "1 without a value" in skills.notes[1]


def test_a_stage_is_that_of_the_run(run_of_all: GenericRun) -> None:
    tree = changed(treat="log_shifted")
    run = score(table(), parse_generic(tree, "x"))
    for stage, values in (("measured", run.denominated), ("treated", run.treated), ("normalised", run.normalised)):
        found = own("dot", tree=tree, of=("jobs",), stage=stage).table["value"].to_numpy()
        assert found == pytest.approx(values[:, 0])
    assert not np.allclose(run.treated, run_of_all.treated, equal_nan=True)


def test_imputed_values_of_cities_are_left_out_and_of_ones_own_are_said(edition: Edition) -> None:
    scores = edition.table("scores").filter(
        (pl.col("lens") == "scale") & (pl.col("boundary") == "agglomeration") & (pl.col("node") == "robotaxi_services")
    )
    picture = of_edition(edition, "dot", View(), 30, Selection(of=("robotaxi_services",), stage="normalised"))
    assert picture.table.height == scores.filter(~pl.col("imputed")).height < scores.height
    assert any(note.startswith("Source: ") and "Licence: " in note for note in picture.notes)
    filled = own("dot", tree=changed(impute="mean"), of=("skills",), stage="treated")
    assert (filled.table.height, "with imputed values" in filled.notes[0]) == (40, True)


def test_a_statistic_is_of_what_is_shown() -> None:
    people = table()["people"].to_numpy()
    for stat, value in (("mean", people[1:].mean()), ("median", np.median(people[1:])), ("500000", 5e5)):
        picture = own("dot", of=("people",), log="x", stat=stat)
        assert float(picture.option("stat_value")) == pytest.approx(value)
        assert f"{value:,.6g}"[:4] in texts(rendered(picture, "svg"))


def test_distributions_say_their_skewness() -> None:
    picture = own("distribution", of=("jobs", "total"), form="violin")
    jobs = table()["jobs"].to_numpy()
    assert picture.labels[0] == f"jobs (each)\nn = 40, skewness {skewness(jobs):.1f}, kurtosis {kurtosis(jobs):.1f}"
    assert picture.table.filter(name="jobs")["value"].to_list() == jobs.tolist()
    assert own("distribution").table["name"].unique().sort().to_list() == ["life", "work"]


def test_of_a_panel_the_last_period_is_shown() -> None:
    rows = {"id": ["a", "b", "c"] * 2, "year": [2022] * 3 + [2021] * 3, "x": [3.0, 2.0, 1.0, 1.0, 2.0, 9.0],
            "size": [7, 8, 9, 1, 2, 3]}  # fmt: skip
    tree = {"unit": {"id": "id", "time": "year"}, "index": {"id": "i", "children": [{"indicator": "x"}]}}
    framework = parse_generic(tree, "x")
    picture = of_own(pl.DataFrame(rows), framework, "scatter", 30, selection=Selection(of=("size", "x")))
    assert picture.table.select("label", "x", "y").rows() == [("a", 7, 3), ("b", 8, 2), ("c", 9, 1)]
    assert "2022" in picture.title


EVERY = {
    "bar": {}, "stacked": {"stack": True, "of": ("work",)}, "group": {"group": "region", "mark": ("u7",)},
    "scatter": {"of": ("jobs", "skills"), "group": "region", "mark": ("u7",), "log": "xy"},
    "dot": {"of": ("jobs",), "mark": ("u7", "u8"), "stat": "median"},
    **{form: {"form": form, "of": ("jobs", "work")} for form in ("histogram", "violin", "box")},
}  # fmt: skip
KIND = {"stacked": "bar", "group": "bar", "histogram": "distribution", "violin": "distribution", "box": "distribution"}


@pytest.mark.parametrize("case", EVERY)
def test_a_picture_is_drawn_as_text_not_markup_and_the_same_each_time(case: str) -> None:
    kind, selected = KIND.get(case, case), EVERY[case]
    svg = rendered(own(kind, **selected), "svg")
    assert rendered(own(kind, **selected), "svg") == svg
    words = texts(svg)
    assert "Of <all> & more" in words
    assert "40 units, 4 indicators" in words
    assert not re.search(rb"<(script|image|foreignObject)|(?:href|src)=|url\(http|NaN|undefined", svg)
    if selected.get("mark"):
        assert "unit 7" in words
    assert rendered(own(kind, **selected), "png")[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("kind", TAKES)
def test_units_without_range_are_drawn(kind: str) -> None:
    flat = table().with_columns(people=pl.lit(5.0))
    of = ("people", "people") if kind == "scatter" else ("people",)
    picture = of_own(flat, parse_generic(TREE, "x"), kind, 5, selection=Selection(of=of))
    assert b"NaN" not in rendered(picture, "svg")


OF_CITIES = {
    "bar": ("--stack",), "dot": ("--mark", "Tokyo", "--stat", "mean"), "distribution": (),
    "scatter": ("--of", "patents", "--of", "population_thousands", "--group", "country"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OF_CITIES)
def test_cities_are_drawn_and_their_data_given(run: Run, tmp_path: Path, kind: str) -> None:
    status, out, err = run("plot", kind, *OF_CITIES[kind], "--out", tmp_path / "a.svg", "--json")
    assert status == 0, err
    shape = json.loads(out)
    assert "Edition 2" in texts((tmp_path / "a.svg").read_bytes())
    assert shape["rows"]
    assert shape["kind"] == kind


WRONG = {
    "taken": (("bar", "--stat", "mean"), "belongs to dot"),
    "other kind": (("tree", "--of", "makes"), "belongs to bar or scatter or dot or distribution"),
    "name": (("bar", "--of", "patent"), "did you mean patents"),
    "unit": (("bar", "--mark", "Tokio City of Nowhere"), "there is no city"),
    "unranked": (("bar", "--mark", "shenmu"), "isn't among the scored units"),
    "twice": (("scatter", "--of", "makes"), "give `of` twice"),
    "once": (("dot", "--of", "makes", "--of", "lives"), "give `of` once"),
    "stage": (("bar", "--stage", "raw"), "choose measured, treated, normalised"),
    "form": (("distribution", "--form", "pie"), "choose histogram, violin, box"),
    "axis": (("dot", "--log", "y"), "choose x"),
    "statistic": (("dot", "--stat", "mode"), "give mean, median or a number"),
    "statistic on a log": (("dot", "--stat", "-1", "--log", "x"), "a number above 0"),
    "group": (("bar", "--group", "continent"), "there is no column"),
    "both": (("bar", "--group", "country", "--stack"), "give `stack` or `group`"),
    "text": (("bar", "--of", "country"), "isn't a number"),
    "many": (("distribution", *["--of", "makes"] * 13), "1 to 12"),
    "not drawn": (("scatter", "--of", "makes", "--of", "unicorns", "--log", "y", "--mark", "taipei"), "has the values"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    monkeypatch.chdir(tmp_path)
    words, expected = WRONG[case]
    status, out, err = run("plot", *words)
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert expected in err
    assert not list(tmp_path.iterdir())


def test_python_takes_one_name_or_several() -> None:
    import technopole as tp

    picture = tp.plot(table(), "bar", 3, framework=TREE, of="work", mark=["u7"])
    assert picture.table.filter("marked")["label"].to_list()[0].endswith("unit 7")
    with pytest.raises(UnknownNameError, match="no node, indicator or column"):
        tp.plot(table(), "bar", framework=TREE, of="word")


def test_names_keep_clear_of_each_other_of_points_and_of_the_border() -> None:
    rng = np.random.default_rng(5)
    points = rng.random((400, 2)) * (560, 460)
    widths = rng.integers(30, 120, 400).astype(float).tolist()
    written = name_places(points, widths, range(400), 3, (560, 460))
    assert {0, 1, 2} <= {one.number for one in written}
    assert 10 < len(written) < 400
    boxes = []
    for one in written:
        left = one.x - {"left": 0, "right": widths[one.number], "center": widths[one.number] / 2}[one.align]
        box = (left, one.y - HEIGHT / 2, left + widths[one.number], one.y + HEIGHT / 2)
        if one.number > 2:
            assert min(box[0], box[1], 560 - box[2], 460 - box[3]) >= 0
            inside = (points > box[:2]) & (points < box[2:])
            assert not inside.all(axis=1).any()
        assert not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in boxes)
        boxes.append(box)


def test_dots_of_a_row_do_not_touch_and_a_high_swarm_is_pressed_together() -> None:
    x = np.random.default_rng(5).normal(200, 60, 300)
    up = swarm(x, 6.0, 1e9)
    for row in np.unique(up):
        mine = np.sort(x[up == row])
        assert all(after - before >= 6 for before, after in pairwise(mine))
    assert np.unique(np.diff(np.unique(up))).tolist() == [6.0]
    assert np.abs(swarm(np.zeros(5000), 6.0, 150)).max() == pytest.approx(75)


def test_words_over_dots_do_not_touch_and_no_line_cuts_one() -> None:
    assert levels([(0, 10), (11, 20), (21, 30)]) == [0, 0, 0]
    assert levels([(5, 5)] * 3) == [0, 1, 2]
    rng = np.random.default_rng(2)
    flags = [(float(at), float(at + width)) for at, width in rng.random((60, 2)) * (500, 90)]
    found = levels(flags)
    for level, (at, end) in zip(found, flags, strict=True):
        for other, (line, _) in zip(found, flags, strict=True):
            assert not (at < line <= end and other >= level)


# Machado, Oliveira and Fernandes (2009), doi:10.1109/TVCG.2009.113, severity 1
SEEN = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def lab(colour: str, seen: Any) -> np.ndarray:
    """CIE L*a*b* of a colour as it is seen."""
    coded = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    linear = np.clip(np.array(seen) @ np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4), 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    t = np.array(to_xyz) @ linear / (0.95047, 1, 1.08883)
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SEEN)
def test_no_two_colours_look_alike(sight: str) -> None:
    colours = [lab(colour, SEEN[sight]) for colour in (*PALETTE, OTHER)]
    apart = [np.linalg.norm(one - other) for k, one in enumerate(colours) for other in colours[:k]]
    assert min(apart) > 10
