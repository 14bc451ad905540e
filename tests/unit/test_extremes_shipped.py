"""Possible ranks computed in advance: each is what its weights give, and no link rounds it away."""

import dataclasses

import numpy as np
import polars as pl
import pytest

from technopole.core.types import Lens
from technopole.editions.read import Edition, open_edition
from technopole.index.framework import ROOT
from technopole.index.run import IndexRun, run_index
from technopole.publish.extremes_shipped import (
    ENDS,
    SETS,
    as_in_a_link,
    compute,
    extremes_document,
    ranks_under,
    shipped_extremes,
)
from technopole.publish.state import State, decode, encode


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


@pytest.fixture(scope="module")
def run(edition: Edition) -> IndexRun:
    framework = edition.framework()
    matrix = edition.matrix()
    return run_index(matrix, framework, Lens.SCALE)


def test_weights_of_a_link_keep_their_ratios(edition: Edition, run: IndexRun) -> None:
    framework = edition.framework()
    side, *_ = framework.sides()
    link = as_in_a_link(framework, {one: 0.2 if one == side else 0.8 for one in framework.sides()})
    assert link == {side: 0.25}
    assert decode(encode(State(weights=link))).weights == link
    nominal = run.ranks[ROOT]
    assert ranks_under(run, framework, {}).tolist() == nominal.tolist()


def test_every_stated_rank_is_what_its_weights_give(edition: Edition, run: IndexRun) -> None:
    table = shipped_extremes(edition)
    if table is None:
        pytest.skip("nothing was computed for this edition: python -m technopole.publish.extremes_shipped")
    framework = edition.framework()
    nominal = dict(zip(run.matrix.cities.tolist(), run.ranks[ROOT].tolist(), strict=True))
    places = {int(city): place for place, city in enumerate(run.matrix.cities)}
    assert table.group_by("set").len().sort("set").rows() == sorted((kind, len(nominal)) for kind in SETS)
    assert table.filter(pl.col("best") < pl.col("best_bound")).is_empty()
    assert table.filter(pl.col("worst") > pl.col("worst_bound")).is_empty()
    for row in table.iter_rows(named=True):
        assert row["best"] <= nominal[row["city"]] <= row["worst"]
    for row in table.sample(60, seed=3).iter_rows(named=True):
        for end in ENDS:
            weights = decode(f"weights={row[f'{end}_weights']}").weights
            assert ranks_under(run, framework, weights)[places[row["city"]]] == row[end]


def test_the_document_has_one_row_a_city(edition: Edition) -> None:
    document = extremes_document(edition)
    leaves = len(list(edition.framework().walk()))
    for rows in document["sets"].values():
        assert len(rows) == edition.table("coverage")["eligible"].sum()
        assert all(len(row) == 6 and len(row[4]) == len(row[5]) == leaves for row in rows)


def test_what_is_computed_is_what_its_weights_give(
    edition: Edition, run: IndexRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a dozen cities from the whole table: all of them take minutes."""
    by_city = ("cities", "values", "population_millions", "countries", "low", "high")
    some = np.sort(np.argsort(run.ranks[ROOT])[::45][:12])
    few = dataclasses.replace(run.matrix, **{name: getattr(run.matrix, name)[some] for name in by_city})
    monkeypatch.setattr(Edition, "matrix", lambda *_: few)
    told: list[tuple[int, int]] = []
    table = compute(edition, "bounded", 2.0, lambda *how_far: told.append(how_far))
    assert told == [(done, 24) for done in range(1, 25)]
    shipped = shipped_extremes(edition)
    assert shipped is None or table.schema == shipped.schema
    framework = edition.framework()
    small = run_index(few, framework, Lens.SCALE)
    assert table["city"].to_list() == sorted(few.cities.tolist())
    places = {int(city): place for place, city in enumerate(few.cities)}
    for row in table.iter_rows(named=True):
        assert row["best_bound"] <= row["best"] <= row["worst"] <= row["worst_bound"]
        for end in ENDS:
            weights = decode(f"weights={row[f'{end}_weights']}").weights
            assert ranks_under(small, framework, weights)[places[row["city"]]] == row[end]
