"""Momentum: the formula on analytic cases, what counts as evidence, and the table of the shipped edition."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from technopole.core.errors import FrameworkError, InputError
from technopole.editions.read import open_edition
from technopole.indicators.momentum import Series, counts, momentum
from technopole.kernel.growth import resampled_growth, share_growth
from technopole.observations.schema import OBSERVATION_SCHEMA
from technopole.observations.variables import Meta, Variable
from technopole.publish.momentum import momentum_table

EARLY = np.array([100.0, 10.0, 0.0, np.nan, 890.0])
LATE = np.array([300.0, 10.0, 0.0, np.nan, 690.0])


def test_without_prior_it_is_the_log_ratio_of_shares() -> None:
    found = share_growth(EARLY[[0, 1, 4]], LATE[[0, 1, 4]], prior=1e-9)
    assert found == pytest.approx(np.log([3.0, 1.0, 690 / 890]))


def test_no_evidence_is_no_change_and_little_evidence_is_shrunk() -> None:
    growth = share_growth(EARLY, LATE)
    assert growth[2] == pytest.approx(0.0, abs=1e-12)
    assert growth[3] == pytest.approx(0.0, abs=1e-12)
    assert 0 < growth[0] < np.log(3.0)
    assert share_growth(EARLY, LATE, event=50)[0] < growth[0]
    assert share_growth(EARLY, LATE, prior=100)[0] < growth[0]


def test_the_same_factor_on_a_period_changes_nothing_but_the_weight_of_evidence() -> None:
    """A world that doubles leaves shares, and so growth, as they were."""
    assert share_growth(EARLY, LATE * 2, prior=1e-9)[0] == pytest.approx(share_growth(EARLY, LATE, prior=1e-9)[0])


def test_draws_centre_on_the_growth_and_narrow_with_evidence() -> None:
    draws = resampled_growth(EARLY, LATE, rng=np.random.default_rng(1), draws=4000)
    assert draws.shape == (4000, 5)
    assert np.median(draws, axis=0) == pytest.approx(share_growth(EARLY, LATE), abs=0.06)
    width = np.ptp(np.quantile(draws, [0.05, 0.95], axis=0), axis=0)
    assert width[4] < width[0] < width[1] < width[2] == pytest.approx(width[3], rel=0.1)
    again = resampled_growth(EARLY, LATE, rng=np.random.default_rng(1), draws=4000)
    assert (draws == again).all()


@pytest.mark.parametrize(
    ("early", "late", "options"),
    [
        ([1.0], [1.0, 2.0], {}),
        ([-1.0, 2.0], [1.0, 2.0], {}),
        ([0.0], [1.0], {}),
        ([1.0], [1.0], {"event": 0.0}),
        ([1.0], [1.0], {"prior": 0.0}),
    ],
)
def test_wrong_input_is_refused(early: list[float], late: list[float], options: dict[str, float]) -> None:
    with pytest.raises(InputError):
        share_growth(early, late, **options)


FRAME = pl.DataFrame({"city": [1, 2, 3, 4], "country": ["AA", "AA", "BB", "BB"]})


def declared(default: str, names: tuple[str, ...] = ("first", "second")) -> dict[str, tuple[Meta, Variable]]:
    variable = {
        "title": "t", "unit": "u", "aggregate": "sum", "granularity": "city", "period": "p",
        "absence": {"default": default, "missing_in": ["BB"] if default == "zero" else [], "why": "w"},
        "expected": {"total": [0, 9], "records": [0, 9], "places": [0, 9], "value": [0, 9], "resolved_share": 0},
    }  # fmt: skip
    meta = Meta.model_validate(
        {
            **dict.fromkeys(("title", "producer", "url", "licence", "citation", "vintage", "what"), "x"),
            "id": "s",
            "licence_class": "open",
            "limits": [],
            "files": [],
            "variables": [{"id": name, **variable} for name in names],
        }
    )
    return {one.id: (meta, one) for one in meta.variables}


def observed(rows: list[tuple[str, int, float]]) -> pl.DataFrame:
    return pl.DataFrame(
        [(name, "city", str(city), "agglomeration", value, "u", "p", "s", "observed", 1) for name, city, value in rows],
        schema=OBSERVATION_SCHEMA,
        orient="row",
    )


def series(**changes: object) -> Series:
    base = {"id": "x", "title": "X", "kind": "pair", "early": "first", "late": "second", "periods": ["a", "b"],
            "event": 1, "combined": True, "why": "w"}  # fmt: skip
    return Series.model_validate({**base, **changes})


NOTHING = pl.DataFrame(
    schema={"variable": pl.String, "place": pl.String, "ring": pl.Int8, "amount": pl.Float64, "path": pl.String}
)


def test_a_pair_counts_zero_where_covered_and_marks_lower_bounds() -> None:
    table = observed([("first", 1, 5.0), ("second", 3, 7.0)])
    found = counts(series(), declared("zero"), table, NOTHING, FRAME)
    assert found.rows() == [(1, 5.0, 0.0, False), (2, 0.0, 0.0, False), (3, 0.0, 7.0, True), (4, None, None, None)]


def test_a_list_with_a_cut_needs_the_city_on_both() -> None:
    table = observed([("first", 1, 5.0), ("second", 1, 6.0), ("second", 2, 7.0)])
    found = counts(series(), declared("censored"), table, NOTHING, FRAME)
    assert found.select("city", "early", "late").rows()[:2] == [(1, 5.0, 6.0), (2, None, None)]


def test_a_part_is_taken_off_the_whole() -> None:
    table = observed([("first", 1, 5.0), ("second", 1, 2.0), ("first", 3, 4.0)])
    found = counts(series(kind="part"), declared("zero"), table, NOTHING, FRAME)
    assert found.rows()[0] == (1, 3.0, 2.0, False)
    assert found.rows()[2] == (3, 4.0, 0.0, True)


def test_years_come_from_the_path_within_the_agglomeration() -> None:
    rows = [
        ("second", "1", 0, 2.0, "a_2001_x"),
        ("second", "1", 1, 3.0, "a_2005_x"),
        ("second", "1", 2, 9.0, "a_2005_x"),  # outside the agglomeration
        ("second", "1", 0, 9.0, "a_1999_x"),  # of no period
    ]
    evidence = pl.DataFrame(rows, schema=NOTHING.schema, orient="row")
    dated = series(kind="years", early=None, pattern=r"_(\d{4})_", early_years=[2000, 2003], late_years=[2004, 2006])
    found = counts(dated, declared("zero"), observed([("second", 1, 14.0)]), evidence, FRAME)
    assert found.rows() == [(1, 2.0, 3.0, False), (2, 0.0, 0.0, False), (3, None, None, None), (4, None, None, None)]


def test_what_has_no_year_where_it_is_counted_is_taken_off_both_periods() -> None:
    rows = [
        ("second", "1", 0, 5.0, "a_2001_x"),
        ("first", "1", 0, 3.0, "a_2001_x"),
        ("second", "1", 1, 4.0, "a_2005_x"),
        ("first", "1", 1, 4.0, "a_2005_x"),
        ("second", "2", 0, 1.0, "a_2005_x"),
    ]
    evidence = pl.DataFrame(rows, schema=NOTHING.schema, orient="row")
    years = {"early_years": [2000, 2003], "late_years": [2004, 2006]}
    dated = series(kind="years", early=None, less="first", pattern=r"_(\d{4})_", **years)
    table = observed([("second", 1, 9.0), ("second", 2, 1.0)])
    found = counts(dated, declared("zero"), table, evidence, FRAME)
    assert found.rows()[:2] == [(1, 2.0, 0.0, False), (2, 0.0, 1.0, False)]
    with pytest.raises(ValueError, match="only the kind 'years'"):
        series(less="second")


def test_an_incomplete_series_is_named(tmp_path: Path) -> None:
    path = tmp_path / "momentum.yaml"
    path.write_text(
        "{prior_events: 1, least_events: 1, least_series: 1, draws: 1, seed: 1, series: [{id: a, title: A, kind: pair,"
        " late: b, periods: [x, y], event: 1, combined: true, why: w}]}"
    )
    with pytest.raises(FrameworkError, match="'a' lacks what its kind"):
        momentum(path)


def test_the_table_of_the_shipped_edition() -> None:
    table = momentum_table(open_edition())
    assert len(table["cities"]) >= 100
    assert table == momentum_table(open_edition())
    combined = [one["id"] for one in table["series"] if one["combined"]]
    assert len(combined) >= 3
    for city in table["cities"]:
        assert city["momentum"] == pytest.approx(np.mean([city["series"][name]["growth"] for name in combined]))
        assert city["low"] < city["high"]
        assert city["rank_low"] <= city["rank_high"]
        assert city["verdict"] == ("rising" if city["low"] > 0 else "falling" if city["high"] < 0 else "open")
        assert city["evidence"] >= table["least_series"]
    assert [one["rank"] for one in table["cities"]] == sorted(one["rank"] for one in table["cities"])


def test_a_series_that_is_not_combined_moves_nothing() -> None:
    """Its weight in the momentum is exactly 0: with and without it the combined numbers are the same."""
    chosen = momentum()
    alone = chosen.model_copy(update={"series": tuple(one for one in chosen.series if one.combined)})
    shown = [(one["id"], one["momentum"], one["low"]) for one in momentum_table(open_edition())["cities"]]
    assert shown == [(c["id"], c["momentum"], c["low"]) for c in momentum_table(open_edition(), alone)["cities"]]


def test_json_csv_and_filters(printed: Callable[..., str]) -> None:
    whole = json.loads(printed("momentum", "--json"))
    rows = list(csv.DictReader(io.StringIO(printed("momentum", "--csv"))))
    assert [int(row["id"]) for row in rows] == [one["id"] for one in whole["cities"]]
    some = json.loads(printed("momentum", "--json", "--country", "India", "--top", "2"))["cities"]
    assert some == [one for one in whole["cities"] if one["country"] == "IN"][:2]
    assert whole["cities"][0]["name"] in printed("momentum", "--top", "1")
