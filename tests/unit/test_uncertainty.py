"""Uncertainty and what-if on the shipped edition: agreement with the league table, invariants, clear refusals."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest

import technopole as tp
from technopole.core.errors import FrameworkError, InputError, UnknownNameError
from technopole.core.types import Boundary, Lens
from technopole.editions.read import open_edition
from technopole.editions.shipped import latest_edition
from technopole.index.matrix import build_matrix
from technopole.indicators.declarations import catalogue
from technopole.publish.ranking import rank
from technopole.publish.uncertainty import uncertainty
from technopole.robustness.measurement import measurement_errors
from technopole.robustness.study import RandomWeights, evaluate, prepare, random_choices
from technopole.robustness.uncertainty import simulate


@pytest.fixture(scope="module")
def edition():
    return open_edition(latest_edition())


@pytest.fixture(scope="module")
def found(edition):
    return uncertainty(edition, first_places=rank(edition).table.height)


def test_ranges_and_tiers_are_those_of_the_league_table(edition, found):
    for options in ({}, {"lens": "intensity"}, {"side": "lives"}, {"boundary": "core"}):
        mine, theirs = uncertainty(edition, **options).table, rank(edition, **options).table
        shared = ["rank", "tier", "city", "rank_low", "rank_high", "nominal_outside"]
        assert mine.select(shared).equals(theirs.select(shared))
        assert np.allclose(mine["score"], theirs["score"], rtol=0, atol=1e-9)


def test_places_of_a_city_sum_to_one_and_each_place_is_taken(found):
    places = np.array([found.places[city] for city in found.table["city"]])
    assert np.allclose(places.sum(axis=1), 1, rtol=0, atol=1e-12)
    # a tie at the top leaves place 2 empty, so the first place is taken at least once a replicate
    assert places[:, 0].sum() >= 1 - 1e-12
    assert (found.table["rank_low"] <= found.table["rank_median"]).all()
    assert (found.table["rank_median"] <= found.table["rank_high"]).all()


def test_wins_of_a_pair_and_its_ties_are_all_replicates(edition):
    some = uncertainty(edition, cities=["Tokyo", "Seoul", "Helsinki"])
    wins = {(a, b): share for a, b, share in some.wins.iter_rows()}
    assert len(wins) == 6
    for (a, b), share in wins.items():
        assert 0 <= share <= 1
        assert share + wins[b, a] <= 1 + 1e-12
    assert sum(wins.values()) == pytest.approx(3, abs=0.01)  # ties are rare


def test_central_weights_are_shares_and_absent_where_never_on_top(edition):
    table = uncertainty(edition, weights="dirichlet", first_places=1).table
    pillars = [name for name in table.columns if name.startswith("central:")]
    never = table.filter(pl.col("top") == 0)
    sometimes = table.filter(pl.col("top") > 0)
    assert never.height
    assert sometimes.height
    assert never.select(pl.all_horizontal(pl.col(pillars).is_null()).all()).item()
    assert np.allclose(sometimes.select(pillars).to_numpy().sum(axis=1), 1)
    side = uncertainty(edition, side="makes").table
    assert [name for name in side.columns if name.startswith("central:")] == [
        "central:industry", "central:research", "central:ventures"
    ]  # fmt: skip


def test_the_boundary_as_a_choice_widens_no_set_of_cities_and_keeps_the_nominal_rank(edition, found):
    varied = uncertainty(edition, vary_boundary=True)
    assert sorted(varied.boundaries) == sorted(one.value for one in Boundary)
    assert varied.table["rank"].to_list() == found.table["rank"].to_list()
    assert varied.table["rank_high"].to_list() != found.table["rank_high"].to_list()


def test_seed_and_replicates_are_the_readers(edition):
    one, same, other = (uncertainty(edition, replicates=300, seed=seed) for seed in (0, 0, 1))
    assert one.table.equals(same.table)
    assert not one.table.equals(other.table)
    assert one.table["rank"].equals(other.table["rank"])
    assert (one.replicates, one.seed) == (300, 0)


def test_an_error_of_zero_changes_nothing_and_a_large_one_widens(edition):
    plain = uncertainty(edition, replicates=200)
    zero = uncertainty(edition, replicates=200, errors={"patents": 0.0})
    assert plain.table.equals(zero.table)
    names = edition.framework().indicator_ids()
    noisy = uncertainty(edition, replicates=200, errors=dict.fromkeys(names, 0.5))
    assert noisy.errors == dict.fromkeys(names, 0.5)
    assert ((noisy.table["rank_high"] - noisy.table["rank_low"]).mean()
            > (plain.table["rank_high"] - plain.table["rank_low"]).mean())  # fmt: skip


def test_a_tiny_error_gives_the_scores_without_error(edition):
    """The slow path, replicate by replicate, is the fast one."""
    framework = edition.framework()
    framework = framework.model_copy(
        update={"uncertainty": framework.uncertainty.model_copy(update={"replicates": 40})}
    )
    values, frame = edition.table("indicators"), edition.frame()
    matrix = build_matrix(values, frame, framework, catalogue(), Boundary.AGGLOMERATION)
    errors = measurement_errors({"patents": 1e-13}, values, frame, matrix)
    plain, noisy = (simulate(matrix, framework, Lens.INTENSITY, one) for one in (None, errors))
    for node, scores in plain.scores.items():
        assert np.allclose(scores, noisy.scores[node], rtol=0, atol=1e-6)


def test_cities_of_a_country_share_the_error_of_what_they_inherit(edition):
    framework = edition.framework()
    values, frame = edition.table("indicators"), edition.frame()
    matrix = build_matrix(values, frame, framework, catalogue(), Boundary.AGGLOMERATION)
    errors = measurement_errors({"digital_payments": 0.1}, values, frame, matrix)
    country = dict(frame.select("city", "country").iter_rows())
    german = [place for place, city in enumerate(matrix.cities) if country[int(city)] == "DE"]
    inherited = matrix.indicators.index("digital_payments")
    measured = matrix.indicators.index("patents")
    assert len(german) > 3
    assert len(set(errors.shared[german, inherited])) == 1
    assert len(set(errors.shared[german, measured])) == len(german)


def test_a_replicate_that_fails_is_counted_and_shown_with_its_parameters(edition):
    """A column that only one boundary can tell apart: z-scores fail under the others."""
    framework = edition.framework()
    values, frame = edition.table("indicators"), edition.frame()
    flat = values.with_columns(
        value=pl.when((pl.col("indicator") == "transit_access") & (pl.col("boundary") == "core"))
        .then(pl.lit(50.0))
        .otherwise(pl.col("value"))
    )
    matrices = [build_matrix(flat, frame, framework, catalogue(), one) for one in (Boundary.REGION, Boundary.CORE)]
    prepared = prepare(matrices, framework, Lens.SCALE)
    assert prepared.problems
    assert {prepared.variants[one].boundary for one in prepared.problems} == {Boundary.CORE}
    choices = random_choices(prepared, np.random.default_rng(1), RandomWeights())
    scores = evaluate(prepared, choices, ["index"])["index"]
    failed = np.isnan(scores).all(axis=1)
    assert failed.tolist() == [int(one) in prepared.problems for one in choices.variant]
    assert 0 < failed.sum() < failed.size


def with_choices(framework, method=None, **declared):
    changed = {"uncertainty": framework.uncertainty.model_copy(update=declared)}
    return framework.model_copy(update=changed | ({} if method is None else {"method": method}))


def test_transform_and_imputation_vary_where_the_framework_says_so(edition):
    framework = edition.framework()
    matrix = build_matrix(edition.table("indicators"), edition.frame(), framework, catalogue(), Boundary.AGGLOMERATION)
    one_cap = {"cap_quantile": (0.999,), "shrink_millions": (1.5,), "normalisation": ("min_max", "rank")}
    several = with_choices(framework, **one_cap, transform=("log1p", "none"), imputation=("nearest", "median"))
    prepared = prepare([matrix], several, Lens.SCALE)
    assert len(prepared.variants) == 2 * 2 * framework.method.draws * 2
    assert not prepared.problems
    for transform in ("log1p", "none"):
        for imputation in ("nearest", "median"):
            method = framework.method.model_copy(update={"transform": transform, "imputation": imputation})
            alone = prepare([matrix], with_choices(framework, method, **one_cap), Lens.SCALE)
            mine = [
                number for number, variant in enumerate(prepared.variants)
                if (variant.transform, variant.imputation) == (transform, imputation)
            ]  # fmt: skip
            np.testing.assert_array_equal(prepared.normalised[mine], alone.normalised)
    plain = with_choices(framework, **one_cap)
    tiny = measurement_errors({"patents": 1e-13}, edition.table("indicators"), edition.frame(), matrix)
    for one in (several, plain):
        some = with_choices(one, replicates=20)
        fast, slow = (simulate(matrix, some, Lens.SCALE, errors) for errors in (None, tiny))
        np.testing.assert_allclose(slow.scores["index"], fast.scores["index"], rtol=0, atol=1e-6)


def test_a_choice_of_two_equal_imputations_has_exactly_no_effect(edition):
    pytest.importorskip("SALib", reason="the sensitivity analysis needs technopole[analysis]")
    framework = with_choices(edition.framework(), transform=("log1p", "none"), imputation=("median", "median"))
    found = tp.sensitivity(edition, framework=framework, base_points=64, cities=["Helsinki"])
    rows = {row["factor"]: row for row in found.table.iter_rows(named=True)}
    assert rows["imputation"]["first"] == rows["imputation"]["total"] == 0.0
    assert rows["transform"]["total"] > 0.1
    shape = uncertainty(edition, framework=framework, replicates=50).to_json()
    assert shape["choices"]["transform"] == ["log1p", "none"]
    assert shape["choices"]["imputation"] == ["median"]


def test_a_failed_replicate_reaches_the_reader(edition, tmp_path, run):
    import shutil

    folder = tmp_path / "edition"
    shutil.copytree(edition.folder, folder)
    values = edition.table("indicators").with_columns(
        value=pl.when((pl.col("indicator") == "transit_access") & (pl.col("boundary") == "core"))
        .then(pl.lit(50.0))
        .otherwise(pl.col("value"))
    )
    values.write_parquet(folder / "indicators.parquet")
    status, out, err = run("uncertainty", "--vary-boundary", "--replicates", 60, "--edition", folder, "--json")
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert shape["failed"] == len(shape["failures"]) > 0
    for one in shape["failures"]:
        assert one["parameters"]["boundary"] == "core"
        assert set(one["parameters"]["weights"]) > {"makes", "unicorns"}
        assert one["because"]
    assert f"{60 - shape['failed']} of 60 replicates" in run(
        "uncertainty", "--vary-boundary", "--replicates", 60, "--edition", folder)[1]  # fmt: skip


def test_uncertainty_has_the_documented_shape(run):
    status, out, err = run("uncertainty", "--json", "--top", 3, "--replicates", 100)
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert list(shape) == [
        "edition", "framework", "lens", "side", "boundaries", "replicates", "failed", "seed", "weights", "choices",
        "errors", "first_places", "cities", "wins", "failures",
    ]  # fmt: skip
    assert list(shape["cities"][0]) == [
        "id", "rank", "tier", "slug", "name", "country", "score", "rank_low", "rank_median", "rank_high",
        "nominal_outside", "first", "top", "places", "central_weights",
    ]  # fmt: skip
    assert [list(one) for one in shape["wins"]] == [["id", "other_id", "probability"]] * 6
    assert len(shape["cities"]) == 3
    assert out == run("uncertainty", "--json", "--top", 3, "--replicates", 100)[1]
    status, out, _ = run("uncertainty", "--csv", "--top", 3, "--replicates", 100)
    assert status == 0
    assert len(out.splitlines()) == 4


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--error", "foo=1"), "has no 'foo'"),
        (("--error", "patents"), "isn't name=number"),
        (("--error", "patents=-1"), "can't be"),
        (("--weights", "dirchlet"), "choose bounded, dirichlet or fixed"),
        (("--weights", "dirichlet", "--concentration", "0"), "concentration"),
        (("--replicates", "0"), "replicates can't be"),
        (("--seed", "-1"), "seed"),
        (("--first-places", "0"), "places can't be"),
        (("--side", "make"), "there is no side"),
        (("--city", "Xyzzyville"), "no city"),
        (("--top", "0"), "can't be shown"),
    ],
)
def test_a_wrong_option_is_one_line(run, words, text):
    status, out, err = run("uncertainty", *words)
    assert (status, out) == (1, "")
    assert err.startswith("technopole: ")
    assert err.count("\n") == 1
    assert text in err


def test_a_framework_declares_errors_and_rank_uses_them(edition):
    framework = edition.framework()
    data = framework.model_dump()
    data["uncertainty"] |= {"replicates": 100, "relative_error": {"patents": 0.4}}
    noisy = type(framework).model_validate(data)
    plain = type(framework).model_validate({**data, "uncertainty": {**data["uncertainty"], "relative_error": {}}})
    one, other = rank(edition, framework=noisy).table, rank(edition, framework=plain).table
    assert one["score"].equals(other["score"])
    assert not one["rank_high"].equals(other["rank_high"])
    assert uncertainty(edition, framework=noisy).table["rank_high"].equals(one["rank_high"])
    with pytest.raises(ValueError, match="relative_error names"):
        type(framework).model_validate({**data, "uncertainty": {**data["uncertainty"], "relative_error": {"x": 1}}})


@pytest.mark.parametrize("goalposts", ["recomputed", "edition"])
@pytest.mark.parametrize("options", [{}, {"lens": Lens.INTENSITY}, {"side": "lives"}, {"boundary": Boundary.CORE}])
def test_what_is_already_so_changes_nothing(edition, goalposts, options):
    boundary = options.get("boundary", Boundary.AGGLOMERATION).value
    values = edition.table("indicators").filter(boundary=boundary, city=658225).drop_nulls("value")
    changes = {
        row["indicator"]: row["value"]
        for row in values.iter_rows(named=True)
        if row["indicator"] in edition.framework().indicator_ids()
    }
    same = tp.whatif(edition, "Helsinki", changes, goalposts=goalposts, **options)
    assert same["before"] == same["after"]
    table = rank(edition, **options).table.row(by_predicate=pl.col("city") == 658225, named=True)
    for key in ("rank", "tier", "rank_low", "rank_high"):
        assert same["before"][key] == table[key]
    assert same["before"]["score"] == pytest.approx(table["score"], abs=1e-9)


@pytest.mark.parametrize("goalposts", ["recomputed", "edition"])
def test_more_is_never_worse(edition, goalposts):
    scores = [tp.whatif(edition, "Helsinki", {"unicorns": many}, goalposts=goalposts)["after"] for many in (0, 3, 30)]
    assert [one["score"] for one in scores] == sorted(one["score"] for one in scores)
    assert [one["rank"] for one in scores] == sorted((one["rank"] for one in scores), reverse=True)
    assert scores[0]["score"] < scores[2]["score"]


def test_goalposts_differ_beyond_the_best_value(edition):
    fixed, anew = (
        tp.whatif(edition, "Helsinki", {"transit_access": 100.0, "unicorns": 1e6}, goalposts=goalposts)
        for goalposts in ("edition", "recomputed")
    )
    assert fixed["changes"][1]["normalised_after"] == 100
    assert anew["changes"][1]["normalised_after"] == 100
    assert fixed["after"]["score"] == pytest.approx(
        fixed["before"]["score"]
        + sum(
            (one["normalised_after"] - one["normalised_before"]) * weight
            for one, weight in zip(fixed["changes"], (1 / 30, 1 / 18), strict=True)
        ),
        abs=1e-9,
    )
    assert math.isclose(anew["before"]["score"], fixed["before"]["score"])


def test_a_city_with_new_evidence_joins_the_table(edition):
    unranked = rank(edition).unranked.row(0, named=True)
    missing = [one["indicator"] for one in unranked["missing"]]
    joined = tp.whatif(edition, unranked["slug"], dict.fromkeys(missing, 1.0))
    assert joined["before"] is None
    assert joined["cities"] == rank(edition).table.height + 1
    with pytest.raises(InputError, match="isn't ranked"):
        tp.whatif(edition, unranked["slug"], dict.fromkeys(missing, 1.0), goalposts="edition")
    with pytest.raises(InputError, match="too little evidence"):
        tp.whatif(edition, rank(edition).unranked["slug"][-1], {"unicorns": 1.0})


def test_whatif_has_the_documented_shape_and_refuses_in_one_line(run):
    status, out, err = run("whatif", "Helsinki", "unicorns=20", "metro_length=100", "--json")
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert list(shape) == [
        "edition", "lens", "side", "boundary", "goalposts", "city", "changes", "before", "after", "cities"
    ]  # fmt: skip
    assert list(shape["after"]) == ["rank", "tier", "score", "rank_low", "rank_high"]
    assert shape["after"]["rank"] < shape["before"]["rank"]
    assert run("whatif", "Helsinki", "unicorns=20", "--csv")[1].splitlines()[1].startswith("before,")
    assert "then" in run("whatif", "Helsinki", "unicorns=20")[1]
    for words, text in (
        (("unicorn=20",), "did you mean unicorns"),
        (("unicorns",), "isn't name=number"),
        (("unicorns=-1",), "can't be -1"),
        (("unicorns=nan",), "can't be nan"),
        (("digital_payments=101",), "0 to 100"),
        (("online_public_services=2",), "0 to 1"),
        (("unicorns=1", "unicorns=2"), "two values"),
        (("unicorns=1", "--goalposts", "mine"), "no goalposts"),
    ):
        status, out, err = run("whatif", "Helsinki", *words)
        assert (status, out) == (1, "")
        assert err.count("\n") == 1
        assert text in err


def test_python_functions_say_what_is_wrong(edition):
    with pytest.raises(UnknownNameError):
        tp.uncertainty(edition, lens="size")
    with pytest.raises(FrameworkError):
        tp.uncertainty(edition, errors={"nothing": 1.0})
