"""Sobol indices: analytic functions, exact zeros, the shipped edition."""

from __future__ import annotations

import builtins
import json
import sys

import numpy as np
import pytest

import technopole as tp
from technopole.core.errors import InputError
from technopole.core.types import Lens
from technopole.editions.read import open_edition
from technopole.editions.shipped import latest_edition
from technopole.kernel.sample import choose
from technopole.robustness.sensitivity import Factor, design, sobol, without_failures

pytest.importorskip("SALib", reason="the sensitivity analysis needs technopole[analysis]")
THREE = [Factor(name, 1, ()) for name in "abc"]


@pytest.fixture(scope="module")
def edition():
    return open_edition(latest_edition())


def test_a_linear_function_recovers_its_shares_and_a_null_factor_is_exactly_zero():
    points = design(THREE, 1024, 0)
    same = np.array([7.0, 7.0])[choose(points[:, 2], 2)]  # two equal options
    found = sobol(points[:, 0] + 2 * points[:, 1] + same, THREE, 0)
    assert found.first == pytest.approx([0.2, 0.8, 0], abs=0.02)
    assert found.total == pytest.approx([0.2, 0.8, 0], abs=0.02)
    for part in (found.first, found.first_low, found.first_high, found.total, found.total_low, found.total_high):
        assert part[2] == 0.0
    assert (found.first_low[:2] < [0.2, 0.8]).all()
    assert (found.first_high[:2] > [0.2, 0.8]).all()
    assert found.variance == pytest.approx(5 / 12, rel=0.02)


def test_ishigami_recovers_its_analytic_indices():
    x = np.pi * (2 * design(THREE, 4096, 3) - 1)
    a, b = 7.0, 0.1
    found = sobol(np.sin(x[:, 0]) + a * np.sin(x[:, 1]) ** 2 + b * x[:, 2] ** 4 * np.sin(x[:, 0]), THREE, 3)
    variance = a**2 / 8 + b * np.pi**4 / 5 + b**2 * np.pi**8 / 18 + 0.5
    one = 0.5 * (1 + b * np.pi**4 / 5) ** 2
    both = b**2 * np.pi**8 * (1 / 18 - 1 / 50)
    assert found.first == pytest.approx([one / variance, a**2 / 8 / variance, 0], abs=0.03)
    assert found.total == pytest.approx([(one + both) / variance, a**2 / 8 / variance, both / variance], abs=0.03)


def test_a_group_of_coordinates_is_one_factor_and_a_discrete_one_is_native():
    factors = [Factor("weights", 3, ()), Factor("choice", 1, ("x", "y", "z"))]
    points = design(factors, 2048, 1)
    assert points.shape == (2048 * 4, 4)
    level = np.array([0.0, 1.0, 5.0])[choose(points[:, 3], 3)]
    found = sobol(points[:, :3].sum(axis=1) + level, factors, 1)
    weights, choice = 3 / 12, np.var([0.0, 1.0, 5.0])
    assert found.first == pytest.approx([weights / (weights + choice), choice / (weights + choice)], abs=0.02)


def test_g_function():
    # Saltelli and Sobol (1995): product of (|4x - 2| + a) / (1 + a)
    a = np.array([0.0, 1.0, 4.5, 9.0, 99.0])
    parts = 1 / (3 * (1 + a) ** 2)
    variance = np.prod(1 + parts) - 1
    first = parts / variance
    total = parts * np.array([np.prod(np.delete(1 + parts, i)) for i in range(5)]) / variance
    factors = [Factor(f"x{place}", 1, ()) for place in range(5)]
    points = design(factors, 4096, 1)
    found = sobol(np.prod((np.abs(4 * points - 2) + a) / (1 + a), axis=1), factors, 1)
    np.testing.assert_allclose(found.first, first, atol=0.02)
    np.testing.assert_allclose(found.total, total, atol=0.02)


def test_discrete_factors_are_native():
    # three equal choices and two unequal ones; all indices by enumeration
    values = np.array([[0.0, 1.0], [2.0, 5.0], [1.0, 0.0]])
    probability = np.array([0.25, 0.75])

    def function(u):
        return values[choose(u[:, 0], 3), choose(u[:, 1], 2, probability)]

    weights = np.full(3, 1 / 3)[:, None] * probability
    mean = (weights * values).sum()
    variance = (weights * (values - mean) ** 2).sum()
    by_row, by_column = values @ probability, values.mean(axis=0)
    first = np.array([((by_row - mean) ** 2).mean(), (probability * (by_column - mean) ** 2).sum()]) / variance
    factors = [Factor("rows", 1, (0, 1, 2)), Factor("columns", 1, (0, 1))]
    found = sobol(function(design(factors, 4096, 1)), factors, 1)
    np.testing.assert_allclose(found.first, first, atol=0.01)
    np.testing.assert_allclose(found.total, 1 - first[::-1], atol=0.01)


def test_a_constant_output_has_no_shares_and_the_same_seed_the_same_bits():
    points = design(THREE, 64, 0)
    assert (sobol(np.full(len(points), 0.1), THREE, 0).total == 0).all()
    assert design(THREE, 64, 0).tobytes() == points.tobytes()
    y = points[:, 0] ** 2
    assert sobol(y, THREE, 0).first_low.tobytes() == sobol(y, THREE, 0).first_low.tobytes()


def test_every_binary_choice_changes_in_half_of_the_base_points_or_the_sample_is_refused():
    """With few points two dimensions of a Sobol sequence can share their first digit: no effect would be seen."""
    factors = [Factor(f"f{place}", 1, ()) for place in range(37)]
    refused = []
    for power in range(3, 11):
        try:
            blocks = design(factors, 2**power, 20261124).reshape(2**power, 39, 37)
        except InputError:
            refused.append(2**power)
            continue
        assert ((blocks[:, 0] < 0.5) != (blocks[:, -1] < 0.5)).mean(axis=0) == pytest.approx(np.full(37, 0.5))
    assert 32 in refused
    assert 512 not in refused


def test_a_failed_run_takes_its_base_point_along():
    points = design(THREE, 64, 0)
    y = points.sum(axis=1)
    y[7] = np.nan
    kept, dropped = without_failures(y, 3)
    assert (kept.size, dropped) == (63 * 5, 1)
    assert not np.isnan(kept).any()
    with pytest.raises(InputError, match="narrow the choices"):
        without_failures(np.full(10, np.nan), 3)


def test_two_equal_options_and_single_ones_have_exactly_no_effect(edition):
    framework = edition.framework()
    uncertain = framework.uncertainty.model_copy(
        update={"cap_quantile": (1.0, 1.0), "aggregation": ("arithmetic",), "normalisation": ("min_max", "rank")}
    )
    found = tp.sensitivity(
        edition, framework=framework.model_copy(update={"uncertainty": uncertain}), base_points=256, cities=["Tokyo"]
    )
    for table in (found.table, found.cities):
        rows = {row["factor"]: row for row in table.iter_rows(named=True)}
        for null in ("cap_quantile", "aggregation"):
            assert rows[null]["first"] == rows[null]["total"] == rows[null]["total_high"] == 0.0
        assert rows["normalisation"]["total"] > 0
    assert {row["factor"]: row["options"] for row in found.table.iter_rows(named=True)}["cap_quantile"] == 2


@pytest.mark.parametrize(
    ("options", "extra"),
    [
        ({}, set()),
        ({"lens": Lens.INTENSITY}, {"shrink_millions"}),
        ({"vary_boundary": True}, {"boundary"}),
        ({"errors": {"patents": 0.2}}, {"measurement"}),
        ({"weights": "dirichlet"}, set()),
    ],
)
def test_every_choice_is_a_factor(edition, options, extra):
    found = tp.sensitivity(edition, base_points=256, top=2, **options)
    usual = {"cap_quantile", "draw", "normalisation", "aggregation",
             "weights of sides", "weights of pillars", "weights of indicators"}  # fmt: skip
    assert set(found.table["factor"]) == usual | extra
    assert found.runs == 256 * (found.table.height + 2)
    assert found.table["total"].is_sorted(descending=True)
    assert (found.table["total"] >= 0).all()
    assert found.mean_change > 0
    assert found.cities.height == 2 * found.table.height


def test_fixed_weights_are_no_factor(edition):
    found = tp.sensitivity(edition, base_points=256, top=1, weights="fixed")
    assert set(found.table["factor"]) == {"cap_quantile", "draw", "normalisation", "aggregation"}


def test_sensitivity_has_the_documented_shape(run):
    words = ("sensitivity", "--base-points", 256, "--top", 2)
    status, out, err = run(*words, "--json")
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert list(shape) == [
        "edition", "framework", "lens", "side", "boundaries", "base_points", "runs", "failed_points", "seed",
        "mean_change", "variance", "factors", "cities", "failures",
    ]  # fmt: skip
    indices = ["first", "first_low", "first_high", "total", "total_low", "total_high"]
    assert list(shape["factors"][0]) == ["factor", "options", *indices]
    assert list(shape["cities"][0]) == ["id", "slug", "name", "country", "rank", "variance", "factors"]
    assert list(shape["cities"][0]["factors"][0]) == ["factor", *indices]
    assert out == run(*words, "--json")[1]
    assert run(*words, "--csv")[1].startswith("factor,options,first")
    assert run(*words, "--csv", "--city", "Tokyo")[1].startswith("city,slug,name")
    assert "normalisation" in run(*words)[1]
    assert "normalisation" in run(*words, "--top", 6)[1]
    for wrong, text in (
        (("--base-points", "100"), "power of two"),
        (("--base-points", "32"), "Give 128 or more"),
        (("--base-points", "1048576"), "more than 200000 runs"),
        (("--error", "nothing=1"), "has no 'nothing'"),
        (("--top", "0"), "can't be shown"),
        (("--weights", "free"), "choose bounded"),
    ):
        status, out, err = run("sensitivity", *wrong)
        assert (status, out) == (1, "")
        assert err.count("\n") == 1
        assert text in err


def test_without_the_package_the_line_says_what_to_install(run, monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.split(".")[0] == "SALib":
            raise ImportError(name)
        return real(name, *rest, **more)

    for name in [name for name in sys.modules if name.split(".")[0] == "SALib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "SALib", None)
    monkeypatch.setattr(builtins, "__import__", without)
    status, out, err = run("sensitivity", "--base-points", 256)
    assert (status, out) == (1, "")
    assert "technopole[analysis]" in err
