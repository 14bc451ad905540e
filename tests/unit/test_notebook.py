"""What a notebook shows: well-formed tables with inline pictures, nothing loaded, no markup from data."""

import re
from xml.etree import ElementTree

import polars as pl
import pytest

import technopole as tp

HOSTILE = '<script>alert(1)</script>&"'


def parsed(html: str) -> ElementTree.Element:
    assert not re.search(r"<script|javascript:|\b(?:src|href)=|url\(", html)
    return ElementTree.fromstring(html)


def test_a_ranking_is_a_table_with_ranges() -> None:
    ranking = tp.rank(tp.load(), lens="intensity")
    table = parsed(ranking._repr_html_())
    rows = table.findall("./tbody/tr")
    assert len(rows) == 50
    assert f"the first 50 of {ranking.table.height}" in (table.findtext("caption") or "")
    first = ["".join(cell.itertext()) for cell in rows[0]]
    best = ranking.table.row(0, named=True)
    assert (first[0], first[4], first[5]) == ("1", best["name"], best["country"])
    labels = [svg.get("aria-label") for svg in rows[0].iter() if svg.tag.endswith("svg")]
    assert labels[0] == f"rank 1, range {best['rank_low']:.0f} to {best['rank_high']:.0f}"
    assert parsed(tp.rank(countries=["FI"], min_population=99_000_000)._repr_html_()).find("tbody") is not None


def test_an_own_index_is_shown_as_text() -> None:
    table = pl.DataFrame({"id": ["a", HOSTILE, "c"], "x": [1.0, 2.0, None], HOSTILE: [3.0, 1.0, None]})
    leaves = [{"indicator": "x"}, {"indicator": HOSTILE}]
    tree = {"id": "t", "title": HOSTILE, "children": [{"id": "g", "children": leaves}]}
    shown = parsed(tp.score(table, {"index": tree})._repr_html_())
    rows = [["".join(cell.itertext()) for cell in row] for row in shown.findall("./tbody/tr")]
    assert rows == [
        ["1", "a", "a", "50", "", "50"],
        ["1", HOSTILE, HOSTILE, "50", "", "50"],
        ["", "c", "c", "", "", ""],
    ]
    assert HOSTILE in (shown.findtext("caption") or "")


def test_a_picture_is_shown_and_saved(tmp_path) -> None:
    pytest.importorskip("altair", reason="altair (extra analysis) isn't installed: no picture is drawn")
    picture = tp.plot(tp.load(), "tree")
    assert picture._repr_svg_().startswith("<svg")
    assert picture.save(tmp_path / "a.svg") == (tmp_path / "a.svg").stat().st_size
    table = pl.DataFrame({"id": ["a", "b", "c"], "x": [1.0, 2.0, 4.0], "y": [3.0, 1.0, 2.0]})
    tree = {"index": {"id": "t", "children": [{"indicator": "x"}, {"indicator": "y"}]}}
    assert tp.plot(table, "ranks", framework=tree, replicates=20).to_polars()["rank"].to_list() == [1, 2, 3]
