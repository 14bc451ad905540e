"""Pictures: what they show equals what the commands say; files are whole, offline, and the same every time."""

import json
import re
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest

from technopole.editions.read import Edition, open_edition
from technopole.index.generic import parse_generic
from technopole.index.scoring import score
from technopole.index.tree import leaf_weights
from technopole.publish.own_index import own_sensitivity, own_uncertainty
from technopole.publish.picture import Picture, View
from technopole.publish.pictures import KINDS, of_edition, of_own
from technopole.publish.ranking import rank
from technopole.publish.sensitivity import sensitivity
from technopole.publish.value_pictures import TAKES

try:
    from technopole.publish.plots import draw, rendered, write
except ImportError as missing:
    pytest.skip(f"{missing.name} isn't installed (extra analysis): no picture is drawn", allow_module_level=True)

Run = Callable[..., tuple[int, str, str]]
Own = Callable[[str, int], Picture]
UNITS, COLUMNS = 40, ("jobs", "skills", "dirt", "metro")


@pytest.fixture
def run_cli(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    return run


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


def tree(aggregate: str = "arithmetic") -> dict[str, Any]:
    first = {"id": "work", "weight": 2, "children": [{"indicator": "jobs"}, {"indicator": "skills", "weight": 3}]}
    second = {"id": "life", "children": [{"indicator": "dirt", "direction": -1}, {"indicator": "metro"}]}
    normalise = {"method": "min_max", "low": 1, "high": 100}
    defaults = {"normalise": normalise, "aggregate": aggregate}
    return {"index": {"id": "total", "title": "Of <all> & more", "children": [first, second]}, "defaults": defaults}


def table(units: int = UNITS) -> pl.DataFrame:
    values = np.random.default_rng(3).lognormal(size=(units, len(COLUMNS)))
    names = [f"unit {number}" for number in range(units - 1)] + ['=HYPERLINK("x") <b>&amp;</b>']
    columns = {name: values[:, place] for place, name in enumerate(COLUMNS)}
    return pl.DataFrame({"id": names, **columns})


@pytest.fixture(scope="module")
def own() -> Own:
    """Pictures of an index of forty units."""
    return lambda kind, top: of_own(table(), parse_generic(tree(), "x"), kind, top, replicates=50)


def texts(svg: bytes) -> str:
    return " ".join(ElementTree.fromstring(svg.decode()).itertext())  # it is well-formed


def test_ranges_are_those_of_the_ranking(edition: Edition) -> None:
    picture = of_edition(edition, "ranks", View(lens="intensity", side="lives"), 25)
    expected = rank(edition, lens="intensity", side="lives", top=25).table
    for column in ("rank", "rank_low", "rank_high", "tier", "score"):
        assert picture.table[column].to_list() == pytest.approx(expected[column].to_list())
    assert [label.rsplit(" (", 1)[0] for label in picture.labels] == expected["name"].to_list()
    assert "intensity lens, lives" in picture.notes[0]


def test_bars_are_those_of_the_analysis(edition: Edition) -> None:
    expected = sensitivity(edition, lens="intensity", top=1).table
    found = of_edition(edition, "sensitivity", View(lens="intensity"), 1).table
    for order in ("first", "total"):
        rows = found.filter(pl.col("order") == order)
        assert rows["factor"].to_list() == expected["factor"].to_list()
        for column, name in (("value", order), ("low", f"{order}_low"), ("high", f"{order}_high")):
            assert rows[column].to_list() == expected[name].to_list()


def test_the_tree_is_the_framework(edition: Edition) -> None:
    picture = of_edition(edition, "tree", View(), 1)
    leaves = picture.table.filter("leaf")
    assert dict(zip(leaves["id"], leaves["share"], strict=True)) == pytest.approx(leaf_weights(edition.framework()))
    for depth in range(int(picture.table["depth"].max() or 0) + 1):  # type: ignore[arg-type]
        level = picture.table.filter(pl.col("depth") == depth)
        assert level["share"].sum() == pytest.approx(1)
        assert level["end"].to_numpy()[:-1] == pytest.approx(level["start"].to_numpy()[1:])


def test_correlations_are_of_observed_values(edition: Edition) -> None:
    picture = of_edition(edition, "correlations", View(), 1)
    scores = edition.table("scores").filter(
        (pl.col("lens") == "scale") & (pl.col("boundary") == "agglomeration") & ~pl.col("imputed")
    )
    pair = [scores.filter(pl.col("node") == name).select("city", "score") for name in ("patents", "robotaxi_services")]
    both = pair[0].join(pair[1], on="city", validate="1:1")
    expected = np.corrcoef(both["score"], both["score_right"])[0, 1]
    found = picture.table.filter((pl.col("first") == "patents") & (pl.col("second") == "robotaxi_services"))
    assert both.height < pair[0].height
    assert found["correlation"][0] == pytest.approx(expected)


def test_an_own_tree_correlations_and_places(own: Own) -> None:
    shares = dict(own("tree", 5).table.select("id", "share").iter_rows())
    assert shares == pytest.approx(
        {"total": 1, "work": 2 / 3, "life": 1 / 3, "jobs": 1 / 6, "skills": 1 / 2, "dirt": 1 / 6, "metro": 1 / 6}
    )
    found = own("correlations", 5).table["correlation"].to_numpy().reshape(4, 4)
    normalised = score(table(), parse_generic(tree(), "x")).normalised
    assert found == pytest.approx(np.corrcoef(normalised.T))
    places = own("acceptability", UNITS).table
    by_place = places.group_by("place").agg(pl.col("share").sum())["share"]
    assert by_place.to_list() == pytest.approx([1] * 20)  # no ties: some unit takes each place each time


def test_own_ranges_and_bars_are_those_of_the_commands(own: Own) -> None:
    framework = parse_generic(tree(), "x")
    expected = own_uncertainty(table(), framework, replicates=50).table
    found = own("ranks", UNITS).table
    for column in ("rank", "rank_low", "rank_high", "tier", "score"):
        assert found[column].to_list() == expected[column].to_list()
    bars = own("sensitivity", 5).table.filter(pl.col("order") == "total")
    assert bars["value"].to_list() == own_sensitivity(table(), framework).table["total"].to_list()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in TAKES])
def test_an_own_picture_is_drawn_as_text_not_markup(own: Own, kind: str) -> None:
    picture = own(kind, UNITS)
    svg = rendered(picture, "svg")
    assert rendered(own(kind, UNITS), "svg") == svg
    words = texts(svg)
    assert "Of <all> & more" in words
    assert picture.notes[0][:40] in words
    if kind in {"ranks", "acceptability"}:
        assert '=HYPERLINK("x") <b>&amp;</b>' in words
    assert not re.search(rb"<(script|image|foreignObject)|(?:href|src)=|url\(http", svg)
    png = rendered(picture, "png")
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", png[16:24])
    assert width > 300
    assert height > 150


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in TAKES])
def test_the_edition_is_drawn(run_cli: Run, tmp_path: Path, kind: str) -> None:
    status, out, err = run_cli("plot", kind, "--top", 10, "--replicates", 100)
    assert (status, out) == (0, "")
    assert err.startswith(f"{kind}.svg: ")
    words = texts((tmp_path / f"{kind}.svg").read_bytes())
    assert "Edition 2" in words
    seen = {"correlations": "patents", "tree": "Unicorns", "sensitivity": "aggregation"}
    assert seen.get(kind, "Seoul (KR)") in words


def test_data_of_a_picture(run_cli: Run, tmp_path: Path) -> None:
    table().write_csv("data.csv")
    Path("framework.yaml").write_text(json.dumps(tree()))
    words = ("plot", "ranks", "data.csv", "--framework", "framework.yaml", "--top", "5")
    status, out, err = run_cli(*words, "--json")
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert list(shape) == ["kind", "title", "notes", "rows"]
    assert [row["rank"] for row in shape["rows"]] == [1, 2, 3, 4, 5]
    assert not list(tmp_path.glob("*.svg"))
    assert run_cli(*words, "--csv")[1].splitlines()[0].startswith("label,rank")
    assert run_cli(*words, "--out", "a.png")[0] == 0
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.png", "data.csv", "framework.yaml"]


WRONG = {
    "kind": (("plot", "rank"), "choose ranks, tree"),
    "ending": (("plot", "tree", "--out", "a.pdf"), "end it in .svg or .png"),
    "folder": (("plot", "tree", "--out", "nowhere/a.svg"), "a folder that exists"),
    "top": (("plot", "ranks", "--top", "0"), "give 1 to 200"),
    "lens": (("plot", "tree", "--lens", "both"), "there is no lens"),
    "side": (("plot", "ranks", "--side", "front"), "there is no side"),
    "framework": (("plot", "tree", "--framework", "a.yaml"), "name it after the kind"),
    "no framework": (("plot", "tree", "a.csv"), "give --framework FILE"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_line(run_cli: Run, tmp_path: Path, case: str) -> None:
    words, expected = WRONG[case]
    status, out, err = run_cli(*words)
    assert (status, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert expected in err
    assert not list(tmp_path.iterdir())


def test_an_interrupted_picture_leaves_the_old_one(own: Own, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.svg"
    path.write_text("old")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write(own("tree", 5), path)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["a.svg"]


def test_a_large_index_stays_readable() -> None:
    names = [f"indicator_{number}" for number in range(60)]
    wide = pl.DataFrame({"id": range(30), **{name: np.random.default_rng(7).normal(size=30) for name in names}})
    tree = {"index": {"id": "all", "children": [{"indicator": name} for name in names]}}
    picture = of_own(wide, parse_generic(tree, "x"), "correlations", 5)
    assert draw(picture).to_dict()["height"] <= 1000
