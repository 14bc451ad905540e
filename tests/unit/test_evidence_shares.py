"""Shares of evidence, treatments of missing values, and the audit of the shipped edition."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from technopole.core.types import Boundary, Lens, Status
from technopole.editions.read import Edition, open_edition
from technopole.index.complete import complete
from technopole.index.framework import ROOT, Framework
from technopole.index.matrix import Matrix
from technopole.index.shares import SHARES, evidence_shares, weights_within
from technopole.index.tree import leaf_weights
from technopole.publish.audit import evidence_audit, policy_audit
from technopole.publish.ranking import rank
from technopole.robustness.policies import POLICIES, policy_run, rank_bands


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


@pytest.fixture(scope="module")
def framework(edition: Edition) -> Framework:
    return edition.framework()


def test_weights_within_the_whole_are_those_of_the_tree(framework: Framework) -> None:
    within = weights_within(framework)
    assert within[ROOT] == pytest.approx(leaf_weights(framework))
    assert set(within) == {ROOT, *framework.sides(), *framework.pillars()}
    for shares in within.values():
        assert sum(shares.values()) == pytest.approx(1.0)


def test_a_side_without_weight_keeps_shares_of_its_own(framework: Framework) -> None:
    side, other = framework.sides()
    within = weights_within(framework.with_weights({side: 0}))
    assert sum(within[side].values()) == pytest.approx(1.0)
    assert sum(within[ROOT][name] for name in within[other]) == pytest.approx(1.0)


def test_every_status_is_one_kind_of_evidence(framework: Framework) -> None:
    wanted = framework.indicator_ids()
    statuses = [list(Status)[place % len(Status)].value for place in range(len(wanted))]
    values = pl.DataFrame({"city": 1, "boundary": "agglomeration", "indicator": wanted, "status": statuses})
    weights = leaf_weights(framework)
    row = evidence_shares(values, framework, Boundary.AGGLOMERATION).filter(pl.col("node") == ROOT).row(0, named=True)
    assert sum(row[name] for name in SHARES) == pytest.approx(1.0)
    by_status = {
        status.value: sum(weights[name] for name, found in zip(wanted, statuses, strict=True) if found == status)
        for status in Status
    }
    assert row["observed"] == pytest.approx(by_status["observed"] + by_status["zero"])
    assert row["lower_bound"] == pytest.approx(by_status["lower bound"])
    assert row["inherited"] == pytest.approx(by_status["inherited"])


def test_shares_of_the_shipped_edition_add_up_and_match_what_is_imputed(edition: Edition) -> None:
    audit = evidence_audit(edition, Lens.SCALE, Boundary.AGGLOMERATION)
    ranking = rank(edition).table
    assert [one["id"] for one in audit["cities"]] == ranking["city"].to_list()
    assert [one["observed"] for one in audit["cities"]] == ranking["confidence"].to_list()
    for city in audit["cities"]:
        for shares in (city, *city["scores"].values()):
            assert sum(shares[name] for name in SHARES) == pytest.approx(1.0)
    imputed = edition.table("scores").filter(
        (pl.col("lens") == "scale") & (pl.col("boundary") == "agglomeration") & pl.col("imputed")
    )
    weights = leaf_weights(edition.framework())
    lost: dict[int, float] = {}
    for city, node in imputed.select("city", "node").iter_rows():
        lost[city] = lost.get(city, 0.0) + weights[node]
    for one in audit["cities"]:
        assert one["imputed"] == pytest.approx(lost.get(one["id"], 0.0))


def test_an_inherited_value_never_separates_cities_of_a_country(edition: Edition) -> None:
    values = edition.table("indicators").filter(pl.col("status") == Status.INHERITED.value)
    countries = edition.frame().select("city", "country")
    spread = (
        values.join(countries, on="city", validate="m:1")
        .group_by("indicator", "country")
        .agg(pl.col("value").n_unique().alias("different"))
    )
    assert spread.height > 0
    assert spread["different"].max() == 1


def test_confidence_follows_the_readers_weights_and_side(edition: Edition) -> None:
    side = edition.framework().sides()[0]
    alone = rank(edition, side=side).table.sort("city")["confidence"]
    weighted = rank(edition, weights=dict.fromkeys(edition.framework().sides()[1:], 0.0)).table.sort("city")
    assert alone.to_list() == pytest.approx(weighted["confidence"].to_list())


def small(framework: Framework, missing: bool) -> Matrix:
    rng = np.random.default_rng(7)
    wanted = framework.indicator_ids()
    values = rng.uniform(1, 100, (30, len(wanted)))
    if missing:
        values[3, 0] = values[4, 5] = np.nan
    ones = np.ones(len(wanted))
    unknown = np.full(values.shape, np.nan)
    return Matrix(
        np.arange(30),
        tuple(wanted),
        values,
        ones > 0,
        ones,
        rng.uniform(1, 9, 30),
        Boundary.AGGLOMERATION,
        countries=np.array(["FI"] * 30),
        inherited=ones < 0,
        low=unknown,
        high=unknown,
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_without_missing_values_every_policy_is_the_same(framework: Framework, policy: str) -> None:
    complete = small(framework, missing=False)
    nominal = policy_run(complete, framework, Lens.SCALE, "nearest")
    assert (policy_run(complete, framework, Lens.SCALE, policy).scores == nominal.scores).all()


def test_regressions_guess_what_hangs_together_and_a_country_once(framework: Framework) -> None:
    pytest.importorskip("sklearn", reason="multiple imputation from regressions needs technopole[analysis]")
    base = small(framework, missing=False)
    rng, values = np.random.default_rng(1), base.values.copy()
    values[:, 1:] = values[:, :1] * rng.uniform(0.95, 1.05, (30, values.shape[1] - 1))
    truth = values[9, 0]
    values[9, 0] = np.nan
    countries = np.array([f"C{k // 3}" for k in range(30)])
    inherited = np.zeros(values.shape[1], dtype=bool)
    inherited[2] = True
    values[:, 2] = np.repeat(values[::3, 2], 3)
    values[12:15, 2] = np.nan  # a whole country
    matrix = replace(base, values=values, countries=countries, inherited=inherited)
    method = framework.method.model_copy(update={"imputation": "iterative", "draws": 3})
    filled = complete(values, matrix, method, 0)
    assert filled.draws.shape == (method.draws, *values.shape)
    assert abs(filled.nominal[9, 0] - truth) < 5 < np.ptp(values[:, 1])
    assert np.ptp(filled.draws[:, 9, 0]) > 0
    assert (np.ptp(filled.draws[:, 12:15, 2], axis=1) == 0).all()
    assert (complete(values, matrix, method, 0).draws == filled.draws).all()
    few = framework.model_copy(update={"method": method})
    nominal = policy_run(matrix, few, Lens.SCALE, "nearest")
    assert not (policy_run(matrix, few, Lens.SCALE, "iterative").scores == nominal.scores).all()


def test_a_policy_moves_only_cities_that_miss_something_in_score(framework: Framework) -> None:
    matrix = small(framework, missing=True)
    drop = policy_run(matrix, framework, Lens.SCALE, "drop")
    mean = policy_run(matrix, framework, Lens.SCALE, "mean")
    others = [place for place in range(30) if place not in (3, 4)]
    assert drop.scores[others] == pytest.approx(mean.scores[others])
    assert abs(drop.scores[3] - mean.scores[3]) > 0
    assert policy_run(matrix, framework, Lens.SCALE, "zero").scores[3] < drop.scores[3]


def test_bands_are_as_equal_as_can_be() -> None:
    bands = rank_bands(np.array([3, 1, 2, 4, 5, 6, 7], dtype=np.int32), 3)
    assert bands.tolist() == [0, 0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize("lens", list(Lens))
def test_less_coverage_means_wider_ranges(edition: Edition, lens: Lens) -> None:
    audit = policy_audit(edition, lens)
    nearest = audit["policies"][0]
    assert (nearest["policy"], nearest["correlation"], nearest["largest_move"]) == ("nearest", 1, 0)
    assert {one["policy"] for one in audit["policies"]} == set(POLICIES)
    assert all(0.8 < one["correlation"] <= 1 for one in audit["policies"])
    assert sum(band["cities"] for band in nearest["bands"]) == audit["cities"]
    assert audit["width"]["mean"] < 0


def test_the_commands(printed: Callable[..., str]) -> None:
    audit = json.loads(printed("audit", "--json"))
    assert set(SHARES) <= set(audit["cities"][0])
    rows = list(csv.DictReader(io.StringIO(printed("audit", "--csv"))))
    assert [int(row["id"]) for row in rows] == [one["id"] for one in audit["cities"]]
    assert "inherited" in printed("audit")
    assert [one["policy"] for one in json.loads(printed("audit", "policies", "--json"))["policies"]] == list(POLICIES)
    assert "Rank correlation of coverage" in printed("audit", "policies", "--lens", "intensity")
