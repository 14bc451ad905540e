"""Best and worst possible ranks on the shipped edition: the certificate reproduces them, random weights never pass."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

import technopole as tp
from technopole.core.errors import InputError, UnknownNameError
from technopole.core.types import Lens
from technopole.editions.read import open_edition
from technopole.editions.shipped import latest_edition
from technopole.index.framework import ROOT
from technopole.index.run import run_index
from technopole.kernel.aggregate import aggregate
from technopole.kernel.rank import competition_ranks
from technopole.kernel.weight import bounded_weights, effective_weights
from technopole.publish.ranking import rank
from technopole.robustness.extremes import weight_set

CITIES = ["Tokyo", "Helsinki", "Singapore"]
ORDER = ["energy", "research", "industry", "ventures", "mobility", "connectivity", "digital_services", "automation"]


@pytest.fixture(scope="module")
def edition():
    return open_edition(latest_edition())


@pytest.fixture(scope="module")
def nominal(edition):
    framework = edition.framework()
    matrix = edition.matrix()
    return run_index(matrix, framework, Lens.SCALE)


@pytest.mark.parametrize(
    ("options", "side"),
    [
        ({"kind": "pillars"}, None),
        ({"kind": "bounded", "factor": 1.5}, None),
        ({"kind": "ordered", "order": ORDER}, None),
        ({"kind": "pillars"}, "lives"),
        ({"kind": "bounded"}, "makes"),
    ],
)
def test_the_certificate_reproduces_the_rank_through_the_whole_chain(edition, nominal, options, side):
    found = tp.extremes(edition, cities=CITIES, side=side, seconds=3, **options)
    places = {int(city): place for place, city in enumerate(nominal.matrix.cities)}
    chosen = weight_set(nominal, side or ROOT, **options)
    for row in found.table.iter_rows(named=True):
        if options["kind"] != "ordered":  # this order leaves the declared weights out
            assert row["best"] <= row["rank"] <= row["worst"]
        assert row["best_bound"] <= row["best"]
        assert row["worst_bound"] >= row["worst"]
        for end in ("best", "worst"):
            weights = found.weights[row["city"]][end]
            assert sum(weights.values()) == pytest.approx(1)
            kernel = competition_ranks(aggregate(chosen.x, np.array(list(weights.values()))))
            assert kernel[places[row["city"]]] == row[end]
            framework = nominal.framework.with_weights(found.rank_weights[row["city"]][end])
            whole = run_index(nominal.matrix, framework, Lens.SCALE).ranks[side or ROOT]
            assert whole[places[row["city"]]] == row[end]


def test_no_random_weights_pass_the_bounds(edition, nominal):
    rng = np.random.default_rng(5)
    cities = nominal.matrix.cities.tolist()
    for kind in ("pillars", "bounded"):
        found = tp.extremes(edition, cities=CITIES, kind=kind, seconds=3)
        chosen = weight_set(nominal, ROOT, kind)
        if kind == "pillars":
            weights = rng.dirichlet(np.full(8, 0.3), size=2000)
        else:
            centre = np.sqrt(np.maximum(chosen.weights.low, 1e-300) * np.maximum(chosen.weights.high, 1e-300))
            drawn = bounded_weights(rng, centre, 2000, 2.0)
            weights = effective_weights(drawn, chosen.weights.tree)[:, : len(chosen.elements)]
        ranks = competition_ranks(aggregate(chosen.x, weights))
        for row in found.table.iter_rows(named=True):
            mine = ranks[:, cities.index(row["city"])]
            assert mine.min() >= row["best_bound"]
            assert mine.max() <= row["worst_bound"]


def test_pairs_are_ordered_under_random_weights_and_counts_agree(edition, nominal):
    found = tp.extremes(edition, cities=["Toronto"], seconds=3)
    row = found.table.row(0, named=True)
    ahead = found.pairs.filter(pl.col("ahead") == row["city"])
    behind = found.pairs.filter(pl.col("behind") == row["city"])
    assert (ahead.height, behind.height) == (row["always_ahead"], row["always_behind"])
    assert row["best"] > behind.height
    assert row["worst"] <= found.cities - ahead.height
    cities = nominal.matrix.cities.tolist()
    chosen = weight_set(nominal, ROOT, "pillars")
    scores = aggregate(chosen.x, np.random.default_rng(1).dirichlet(np.full(8, 0.3), size=500))
    mine = scores[:, [cities.index(row["city"])]]
    others = [cities.index(city) for city in ahead["behind"]]
    assert (mine >= scores[:, others] - 1e-9).all()


def test_pillar_weights_hold_their_order(edition):
    found = tp.extremes(edition, cities=["Helsinki"], kind="ordered", order=ORDER)
    for end in ("best", "worst"):
        weights = found.weights[found.table["city"].item()][end]
        shares = [weights[name] for name in ORDER]
        assert all(one >= other - 1e-9 for one, other in itertools.pairwise(shares))


def test_extremes_has_the_documented_shape_and_json_stays_json(edition):
    """In a process of its own: what the solver prints must not reach standard output."""
    words = ["extremes", "--top", "12", "--json", "--seconds", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "technopole.cli.main", *words], capture_output=True, text=True, check=True
    )
    shape = json.loads(done.stdout)
    assert list(shape) == [
        "edition", "framework", "lens", "side", "boundary", "set", "factor", "order", "ranked", "cities", "pairs"
    ]  # fmt: skip
    assert list(shape["cities"][0]) == [
        "rank", "id", "slug", "name", "country", "score", "best", "worst", "always_ahead", "always_behind"
    ]  # fmt: skip
    assert list(shape["cities"][0]["best"]) == ["rank", "bound", "weights", "rank_weights"]
    assert [city["rank"] for city in shape["cities"]] == rank(edition, top=12).table["rank"].to_list()
    assert shape["ranked"] == rank(edition).table.height


def test_long_runs_say_how_far_they_are(run, monkeypatch):
    monkeypatch.setattr("technopole.cli.output.EVERY_SECONDS", 0.0)
    status, _, err = run("extremes", "--top", "2", "--json")
    assert (status, err.splitlines()) == (0, [f"{done} of 4 ends" for done in range(1, 5)])


def test_extremes_shows_tables_and_refuses_in_one_line(run):
    status, out, _ = run("extremes", "--city", "Tokyo", "--pairs")
    assert status == 0
    assert "Tokyo, rank 1: " in out
    assert "Tokyo is always ahead of " in out
    status, out, _ = run("extremes", "--city", "Tokyo", "--csv")
    assert out.splitlines()[0].startswith("rank,city,slug")
    status, out, _ = run("extremes", "--city", "Tokyo", "--csv", "--pairs")
    assert out.splitlines()[0] == "ahead,ahead_name,behind,behind_name"
    for words, text in (
        (("--set", "pilars"), "did you mean pillars"),
        (("--set", "ordered"), "names every pillar once"),
        (("--set", "ordered", "--order", "reserch"), "did you mean research"),
        (("--order", "research"), "An order means nothing"),
        (("--set", "bounded", "--factor", "0.5"), "factor 0.5"),
        (("--top", "0"), "can't be shown"),
        (("--seconds", "0"), "no time"),
        (("--side", "make"), "no side"),
    ):
        status, out, err = run("extremes", *words)
        assert (status, out) == (1, "")
        assert err.count("\n") == 1
        assert text in err


def test_other_means_have_no_linear_program(edition):
    framework = edition.framework()
    geometric = framework.model_copy(
        update={"method": framework.method.model_copy(update={"aggregation": "geometric"})}
    )
    with pytest.raises(InputError, match="arithmetic means"):
        tp.extremes(edition, framework=geometric)
    with pytest.raises(UnknownNameError):
        tp.extremes(edition, lens="size")
