"""Gaps that add up, cities side by side, and lists of others, on the shipped edition."""

from __future__ import annotations

import json
import math

import polars as pl
import pytest

from technopole.core.errors import TechnopoleError
from technopole.core.types import Boundary, Lens
from technopole.editions.read import open_edition
from technopole.editions.shipped import latest_edition
from technopole.publish.compare import _logarithmic_mean, compare, why
from technopole.publish.finding import find_city
from technopole.publish.ranking import rank
from technopole.publish.validate import spearman, validate


@pytest.fixture(scope="module")
def edition():
    return open_edition(latest_edition())


@pytest.fixture(scope="module")
def ranked(edition):
    """Names of twelve cities over the whole table."""
    table = rank(edition).table
    return table["slug"].gather(range(0, table.height, table.height // 11)).to_list()


@pytest.mark.parametrize("lens", list(Lens))
@pytest.mark.parametrize("side", [None, "makes", "lives"])
def test_contributions_sum_to_the_gap(edition, ranked, lens, side):
    cities = [find_city(edition, name) for name in ranked]
    for a, b in zip(cities, cities[1:] + cities[:1], strict=True):
        gap = why(edition, a, b, lens=lens, side=side, boundary=Boundary.AGGLOMERATION)
        contributions = [row["contribution"] for row in gap["indicators"]]
        assert math.fsum(contributions) == pytest.approx(gap["gap"], abs=1e-9)
        assert math.fsum(row["contribution"] for row in gap["pillars"]) == pytest.approx(gap["gap"], abs=1e-9)
        assert gap["gap"] == gap["a"]["score"] - gap["b"]["score"]
        assert math.fsum(row["weight"] for row in gap["indicators"]) == pytest.approx(1)
        turned = why(edition, b, a, lens=lens, side=side, boundary=Boundary.AGGLOMERATION)
        assert {r["id"]: -r["contribution"] for r in turned["indicators"]} == pytest.approx(
            {r["id"]: r["contribution"] for r in gap["indicators"]}
        )


def test_the_logarithmic_mean_makes_a_geometric_gap_add_up():
    weights, a, b = [0.2, 0.3, 0.5], [10.0, 40.0, 90.0], [30.0, 20.0, 5.0]
    scores = [math.exp(sum(w * math.log(v) for w, v in zip(weights, one, strict=True))) for one in (a, b)]
    factor = _logarithmic_mean(*scores)
    parts = [factor * w * (math.log(p) - math.log(q)) for w, p, q in zip(weights, a, b, strict=True)]
    assert sum(parts) == pytest.approx(scores[0] - scores[1])
    assert _logarithmic_mean(3.0, 3.0) == 3.0


def test_compare_shows_what_the_ranking_says(edition, ranked):
    cities = [find_city(edition, name) for name in ranked[:5]]
    shape = compare(edition, cities)
    table = {row["slug"]: row for row in rank(edition).table.iter_rows(named=True)}
    for slug, city in zip(ranked, shape["cities"], strict=False):
        assert (city["rank"], city["score"]) == (table[slug]["rank"], table[slug]["score"])
    assert [row["id"] for row in shape["indicators"]] == edition.framework().indicator_ids()
    for row in shape["indicators"]:
        assert len(row["cities"]) == 5
        for one in row["cities"]:
            assert (one["value"] is None) == one["imputed"]


def test_our_own_list_agrees_completely(edition, tmp_path):
    table = rank(edition).table
    path = tmp_path / "ours.csv"
    table.select("rank", city="name", country="country").head(40).write_csv(path)
    shape = validate(edition, path)
    assert shape["correlation"] == pytest.approx(1)
    assert all(row["difference"] == 0 for row in shape["cities"])
    assert shape["matched"] + len(shape["unmatched"]) == shape["rows"] == 40
    backwards = tmp_path / "backwards.csv"
    table.head(40).select(rank=41 - pl.int_range(1, 41), city="name", country="country").write_csv(backwards)
    turned = validate(edition, backwards)
    assert turned["correlation"] < -0.95
    assert turned["correlation_low"] <= turned["correlation"] <= turned["correlation_high"]


def test_a_list_with_ties_bands_and_strangers(edition, tmp_path):
    path = tmp_path / "list.csv"
    path.write_text(
        "rank,city,country\n=1,London,GB\n=1,Paris,FR\n3,Atlantis of nowhere,GB\n4-6,Seoul,KR\n7,Tokyo,\n8,London,GB\n",
        encoding="utf-8",
    )
    shape = validate(edition, path)
    assert [row["rank"] for row in shape["cities"]] == [1.0, 1.0, 5.0, 7.0]
    assert [row["position"] for row in shape["cities"]] == [1, 1, 3, 4]
    assert [row["city"] for row in shape["unmatched"]] == ["Atlantis of nowhere", "London"]
    assert all(row["reason"] for row in shape["unmatched"])


def test_interval_of_a_rank_correlation():
    r, low, high = spearman([1, 2, 3, 4, 5], [2, 1, 4, 3, 5])
    assert r == pytest.approx(0.8)
    # by hand: atanh 0.8 = 1.0986, half = 1.96 sqrt(1.32 / 2) = 1.5923
    assert (low, high) == pytest.approx((math.tanh(1.0986 - 1.5923), math.tanh(1.0986 + 1.5923)), abs=1e-4)
    assert spearman([1, 2, 3], [1, 2, 3]) == (None, None, None)
    assert spearman([1, 1, 1, 1], [1, 2, 3, 4]) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("rank,city\n", "no rows"),
        ("rank,town\n1,London\n", "lacks the column 'city'"),
        ("place,city\n1,London\n", "lacks the column 'rank'"),
        ("rank,city\nfirst,London\n", "line 2: the rank 'first' isn't a number"),
        ("rank,city\n1,London\n2,\n", "line 3: there is no city"),
        ("rank,city\n1,Nowhere at all\n", "No city of"),
    ],
)
def test_one_line_for_each_wrong_list(edition, tmp_path, text, message):
    path = tmp_path / "list.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TechnopoleError, match=message) as caught:
        validate(edition, path)
    assert "\n" not in str(caught.value)


def test_commands(run, tmp_path):
    status, out, err = run("why", "Tokyo", "London", "--json")
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert sum(row["contribution"] for row in shape["indicators"]) == pytest.approx(shape["gap"])
    status, out, err = run("why", "Tokyo", "London", "--side", "makes", "--csv")
    assert (status, out.splitlines()[0]) == (0, "indicator,weight,a,b,contribution")
    assert "Gap" in run("why", "Tokyo", "London")[1]
    status, out, err = run("compare", "Tokyo", "London", "Helsinki", "--json")
    assert [city["name"] for city in json.loads(out)["cities"]] == ["Tokyo", "London", "Helsinki"]
    assert run("compare", "Tokyo", "London", "--csv")[0] == 0
    assert "tier" in run("compare", "Tokyo", "London")[1]
    path = tmp_path / "l.csv"
    path.write_text("rank,city,country\n1,Tokyo,JP\n2,London,GB\n3,Seoul,KR\n4,Toronto,CA\n", encoding="utf-8")
    assert json.loads(run("validate", path, "--json")[1])["matched"] == 4
    assert "Rank correlation" in run("validate", path)[1]
    assert run("validate", path, "--csv")[0] == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("why", "Tokyo", "Tokyo"), "against itself"),
        (("why", "Tokyo", "Tokoy"), "did you mean"),
        (("why", "Tokyo", "London", "--side", "mikes"), "no side 'mikes'"),
        (("why", "Tokyo", "London", "--lens", "wide"), "no lens"),
        (("compare", "Tokyo"), "1 cities"),
        (("compare", "Tokyo", "Tokyo"), "named twice"),
        (("validate", "nowhere.csv"), "isn't there"),
    ],
)
def test_wrong_words(run, words, message):
    status, out, err = run(*words)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert message in err


def test_a_city_without_evidence_has_no_gap(edition):
    unranked = rank(edition).unranked["slug"][-1]
    with pytest.raises(TechnopoleError, match="isn't ranked"):
        why(edition, find_city(edition, "tokyo"), find_city(edition, unranked))
