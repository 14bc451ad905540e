"""Differences of two editions: real variants of the shipped one, made by the project's own code."""

from __future__ import annotations

import json
import math
import shutil

import numpy as np
import polars as pl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import technopole as tp
from technopole.core.types import Boundary, Lens
from technopole.editions.combine import Additions, combine
from technopole.editions.format import TABLES, content_digest
from technopole.editions.read import open_edition
from technopole.editions.shipped import latest_edition
from technopole.index.framework import ROOT
from technopole.indicators.declarations import catalogue
from technopole.indicators.recipes import variables_behind
from technopole.publish.diff import PARTS, observation_changes
from technopole.publish.ranking import rank
from technopole.robustness.change import Evidence, decompose
from technopole.robustness.league import league

HELSINKI = 658225


@pytest.fixture(scope="module")
def edition():
    return open_edition(latest_edition())


@pytest.fixture
def variant(edition, tmp_path):
    """Write an edition with other values, observations or framework; its results are computed from them."""

    def make(values=None, framework=None, observations=None, results=None):
        folder = tmp_path / f"variant{len(list(tmp_path.iterdir()))}"
        shutil.copytree(edition.folder, folder)
        values = edition.table("indicators") if values is None else values
        framework = edition.framework() if framework is None else framework
        found = [league(values, edition.frame(), framework, catalogue(), lens, Boundary.AGGLOMERATION) for lens in Lens]
        tables = {
            "indicators": values,
            "results": pl.concat([one for one, _ in found]) if results is None else results,
            "scores": pl.concat([two for _, two in found]),
        }
        if observations is not None:
            tables["observations"] = observations
        for name, table in tables.items():
            table.write_parquet(folder / f"{name}.parquet")
        (folder / "framework.yaml").write_text(yaml.safe_dump(framework.model_dump(mode="json"), sort_keys=False))
        manifest = json.loads((folder / "edition.json").read_text())
        manifest["content_digest"] = content_digest(
            {name: pl.read_parquet(folder / f"{name}.parquet") for name in TABLES}
        )
        (folder / "edition.json").write_text(json.dumps(manifest))
        return open_edition(folder)

    return make


def sums(found):
    """Every change is the sum of its parts, and the part `observations` that of its indicators."""
    for row in found.table.iter_rows(named=True):
        assert math.fsum(row[part] for part in PARTS) == pytest.approx(row["change"], abs=1e-9)
        mine = found.indicators.filter(city=row["city"])["contribution"]
        assert math.fsum(mine) == pytest.approx(row["observations"], abs=1e-6)
        assert row["move"] == row["rank_b"] - row["rank_a"] == row["move_self"] + row["move_others"]


def set_value(table, city, indicator, value):
    here = (pl.col("city") == city) & (pl.col("indicator") == indicator)
    return table.with_columns(value=pl.when(here).then(pl.lit(value)).otherwise(pl.col("value")))


def test_an_edition_and_itself_differ_in_nothing(edition):
    found = tp.diff(edition, edition)
    assert found.identical
    shape = found.to_json()
    for key in ("cities", "entered", "left", "variables", "observations", "framework"):
        assert shape[key] == []


@pytest.mark.parametrize("lens", list(Lens))
def test_one_observation_moves_one_city_by_its_own_part(edition, variant, lens):
    values = set_value(edition.table("indicators"), HELSINKI, "unicorns", 30.0)
    here = (pl.col("variable") == "unicorns") & (pl.col("place") == str(HELSINKI))
    observations = edition.table("observations")
    assert observations.filter(here).height
    observations = observations.with_columns(value=pl.when(here).then(pl.lit(30.0)).otherwise(pl.col("value")))
    found = tp.diff(edition, variant(values, observations=observations), lens=lens)
    sums(found)
    assert not found.identical
    rows = {row["city"]: row for row in found.table.iter_rows(named=True)}
    mine = rows.pop(HELSINKI)
    assert mine["observations"] > 1
    others = edition.table("results").filter(
        (pl.col("city") != HELSINKI), lens=str(lens), boundary="agglomeration", side=ROOT
    )  # fmt: skip
    assert mine["move_self"] == int((others["score"] > mine["score_b"]).sum()) + 1 - mine["rank_a"] < 0
    assert mine["software"] == pytest.approx(0, abs=1e-9)
    assert mine["framework"] == pytest.approx(0, abs=1e-9)
    assert all(abs(row["observations"]) < 1e-9 for row in rows.values())
    (cause,) = found.indicators.to_dicts()
    assert (cause["indicator"], cause["value_a"], cause["value_b"]) == ("unicorns", 3.0, 30.0)
    assert cause["contribution"] == pytest.approx(mine["observations"])
    assert [one["variable"] for one in cause["observations"]] == ["unicorns"]
    assert set(found.observations["variable"]) == {"unicorns"}
    assert set(found.observations["kind"]) == {"changed"}


def test_other_weights_are_the_framework(edition, variant):
    framework = edition.framework().with_weights({"unicorns": 5.0, "makes": 2.0})
    found = tp.diff(edition, variant(framework=framework))
    sums(found)
    assert found.table.height > 400
    for part in ("observations", "goalposts", "software"):
        assert found.table[part].abs().max() < 1e-9
    assert {one["key"]: (one["a"], one["b"]) for one in found.framework} == {
        "makes.weight": (1.0, 2.0), "makes.ventures.unicorns.weight": (1.0, 5.0)
    }  # fmt: skip


def test_another_method_is_the_framework_and_a_geometric_mean_sums_too(edition, variant):
    data = edition.framework().model_dump()
    data["method"]["aggregation"] = "geometric"
    geometric = type(edition.framework()).model_validate(data)
    found = tp.diff(edition, variant(framework=geometric))
    sums(found)
    assert found.table["observations"].abs().max() == 0
    values = edition.table("indicators").with_columns(
        value=pl.when(pl.col("indicator") == "patents").then(pl.col("value") * 1.3).otherwise(pl.col("value"))
    )
    changed = tp.diff(variant(framework=geometric), variant(values, framework=geometric))
    sums(changed)
    assert changed.table["observations"].abs().max() > 0


def test_a_city_that_leaves_moves_the_goalposts_of_others(edition, variant):
    first = rank(edition).table["city"][0]
    values = edition.table("indicators").with_columns(
        value=pl.when(pl.col("city") == first).then(None).otherwise(pl.col("value")),
        status=pl.when(pl.col("city") == first).then(pl.lit("not covered")).otherwise(pl.col("status")),
    )
    without = variant(values)
    found = tp.diff(edition, without)
    sums(found)
    assert found.left["city"].to_list() == [first]
    assert found.entered.height == 0
    assert found.table["observations"].abs().max() == 0
    assert found.table["goalposts"].abs().max() > 0.1
    back = tp.diff(without, edition)
    assert back.entered["city"].to_list() == [first]
    assert back.table["change"].sum() == pytest.approx(-found.table["change"].sum())


def test_an_indicator_that_goes_is_the_framework(edition, variant):
    data = edition.framework().model_dump(mode="json")
    ventures = next(one for one in data["tree"][0]["children"] if one["id"] == "ventures")
    ventures["children"] = [one for one in ventures["children"] if one["indicator"] != "unicorns"]
    smaller = type(edition.framework()).model_validate(data)
    values = edition.table("indicators").filter(pl.col("indicator") != "unicorns")
    other = variant(values, framework=smaller)
    for found in (tp.diff(edition, other), tp.diff(other, edition)):
        sums(found)
        assert found.table["observations"].abs().max() < 1e-9
        assert found.table["framework"].abs().max() > 1
    assert any(one["key"].startswith("makes.ventures.unicorns") for one in tp.diff(edition, other).framework)


def test_what_todays_code_cannot_explain_is_software(edition, variant):
    results = edition.table("results").with_columns(
        score=pl.when(pl.col("city") == HELSINKI).then(pl.col("score") + 2).otherwise(pl.col("score"))
    )
    found = tp.diff(edition, variant(results=results))
    sums(found)
    (row,) = found.table.to_dicts()
    assert (row["city"], row["software"]) == (HELSINKI, pytest.approx(2))
    assert row["observations"] == row["goalposts"] == 0


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), share=st.floats(0.01, 0.5), lost=st.floats(0, 0.05), lens=st.sampled_from(Lens))
def test_parts_sum_for_any_change_of_values(edition, seed, share, lost, lens):
    rng = np.random.default_rng(seed)
    table = edition.table("indicators")
    size = table.height
    factor = np.where(rng.random(size) < share, rng.lognormal(0, 1, size), 1.0)
    gone = pl.Series(rng.random(size) < lost)
    values = table.with_columns(
        value=pl.when(gone).then(None).otherwise(pl.col("value") * pl.Series(factor)),
        status=pl.when(gone).then(pl.lit("too old")).otherwise(pl.col("status")),
    )
    framework = edition.framework()
    other = framework.with_weights({"patents": 3.0})
    first, second = Evidence(table, edition.frame(), framework), Evidence(values, edition.frame(), other)
    for node in (ROOT, "lives"):
        found = decompose(first, second, catalogue(), lens, Boundary.AGGLOMERATION, node)
        parts = found.observations + found.goalposts + found.framework
        assert np.allclose(parts, found.after - found.before, rtol=0, atol=1e-9)
        assert np.allclose(found.contributions.sum(axis=1), found.observations, rtol=0, atol=1e-9)


def test_every_change_that_observations_cause_names_them(edition, tmp_path):
    """Own rows for variables of every kind: of a city, of a recipe, of a country; each cause is found again."""
    city_level = ["unicorns", "listed_software_services", "inventor_mentions_2013", "computer_science_papers"]
    observed = edition.table("observations")
    behind = {name for one in catalogue().indicators for name in variables_behind(one)}
    national = observed.filter((pl.col("level") == "country") & pl.col("variable").is_in(sorted(behind)))
    chosen = observed.filter(pl.col("variable").is_in(city_level), boundary="agglomeration").gather_every(40)
    chosen = pl.concat([chosen, national.filter(place="JP", boundary="agglomeration")])
    assert chosen.filter(level="country").height > 3
    path = tmp_path / "own.parquet"
    chosen.with_columns(value=pl.col("value") * 1.25).drop("boundary", "period").write_parquet(path)
    data = edition.framework().model_dump(mode="json")
    data["uncertainty"]["replicates"] = 5
    (tmp_path / "quick.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    added = Additions(observations=(path,), amend=True, framework=tmp_path / "quick.yaml")
    combine(edition, "own", tmp_path / "own", added)
    found = tp.diff(edition, open_edition(tmp_path / "own"))
    sums(found)
    assert set(found.observations["variable"]) == set(chosen["variable"])
    caused = found.indicators.filter(pl.col("contribution").abs() > 1e-9)
    assert caused.height > 20
    bare = caused.filter(pl.col("observations").list.len() == 0)
    assert bare.select("city", "indicator", "value_a", "value_b", "status_b").rows() == []
    japan = edition.frame().filter(country="JP")["city"]
    inherited = caused.filter(pl.col("city").is_in(japan.implode()) & (pl.col("status_b") == "inherited"))
    assert inherited.height > 10
    assert {one["place"] for row in inherited["observations"].to_list() for one in row} == {"JP"}


def test_observations_are_matched_by_what_and_where():
    columns = ["variable", "level", "place", "boundary", "value", "status"]
    a = pl.DataFrame(
        [("v", "city", "1", "core", 1.0, "observed"), ("v", "city", "2", "core", 1.0, "observed"),
         ("w", "country", "FI", "core", None, "too old")], schema=columns, orient="row"
    )  # fmt: skip
    b = pl.DataFrame(
        [("v", "city", "1", "core", 2.0, "observed"), ("v", "city", "3", "core", 1.0, "observed"),
         ("w", "country", "FI", "core", None, "too old")], schema=columns, orient="row"
    )  # fmt: skip
    found = observation_changes(a, b)
    assert found.select("place", "kind").rows() == [("1", "changed"), ("2", "removed"), ("3", "added")]


def test_data_diff_has_the_documented_shape_and_refuses_in_one_line(edition, variant, run):
    other = variant(set_value(edition.table("indicators"), HELSINKI, "unicorns", 30.0))
    status, out, err = run("data", "diff", edition.folder, other.folder, "--json")
    assert (status, err) == (0, "")
    shape = json.loads(out)
    assert list(shape) == [
        "a", "b", "identical", "lens", "side", "boundary", "cities", "entered", "left", "variables", "observations",
        "framework",
    ]  # fmt: skip
    assert list(shape["a"]) == ["edition", "folder", "framework", "content_digest"]
    assert list(shape["cities"][0]) == [
        "id", "slug", "name", "country", "rank_a", "rank_b", "move", "move_self", "move_others",
        "score_a", "score_b", "change", "observations",
        "goalposts", "framework", "software", "indicators",
    ]  # fmt: skip
    assert shape["cities"][0]["name"] == "Helsinki"
    assert list(shape["cities"][0]["indicators"][0]) == [
        "indicator", "value_a", "status_a", "value_b", "status_b", "contribution", "observations"
    ]  # fmt: skip
    assert "Helsinki" in run("data", "diff", edition.folder, other.folder)[1]
    assert run("data", "diff", edition.folder, other.folder, "--csv")[1].startswith("city,slug,name,country,rank_a")
    assert "identical" in run("data", "diff", edition.folder, edition.folder)[1]
    for words, text in (
        ((edition.folder, edition.folder / "reference"), "is no edition"),
        ((edition.folder, other.folder, "--boundary", "core"), "ranks nothing"),
        ((edition.folder, other.folder, "--lens", "size"), "no lens"),
        ((edition.folder, other.folder, "--side", "make"), "no side"),
    ):
        status, out, err = run("data", "diff", *words)
        assert (status, out) == (1, "")
        assert err.count("\n") == 1
        assert text in err
