"""Matrix, index run and uncertainty on a world that fits on a page."""

import numpy as np
import polars as pl
import pytest

from technopole.core.errors import FrameworkError
from technopole.core.types import Boundary, Lens
from technopole.index.framework import ROOT, Framework, parse_framework
from technopole.index.matrix import Matrix, build_matrix, coverage
from technopole.index.run import run_index, treat
from technopole.indicators.declarations import Catalogue
from technopole.indicators.matrix import VALUE_SCHEMA
from technopole.indicators.variables import variable_values
from technopole.observations.schema import OBSERVATION_SCHEMA
from technopole.observations.variables import Meta
from technopole.robustness.league import league
from technopole.robustness.uncertainty import simulate

CATALOGUE = Catalogue.model_validate(
    {
        "indicators": [
            {"id": name, "title": name, "question": "?", "unit": "n", "kind": kind, "direction": way, "variable": name}
            for name, kind, way in (
                ("labs", "count", 1),
                ("shops", "count", 1),
                ("trains", "count", 1),
                ("noise", "level", -1),
            )
        ]
    }
)


def framework(**changes: object) -> Framework:
    leaf = [{"indicator": name, "weight": 1} for name in ("labs", "shops", "trains", "noise")]
    data = {
        "id": "small-world",
        "title": "Small world",
        "version": 1,
        "tree": [
            {"id": "work", "title": "Work", "weight": 1, "children": leaf[:2]},
            {"id": "life", "title": "Life", "weight": 1, "children": leaf[2:]},
        ],
        "eligibility": {"least_share": 0.75, "least_nonzero": 2},
        "method": {
            "transform": "none",
            "cap_quantile": 1.0,
            "shrink_millions": 1.0,
            "imputation": "nearest",
            "neighbours": 2,
            "draws": 5,
            "normalisation": "min_max",
            "aggregation": "arithmetic",
        },
        "uncertainty": {
            "replicates": 200,
            "seed": 7,
            "weight_factor": 2,
            "normalisation": ["min_max", "rank"],
            "aggregation": ["arithmetic", "geometric"],
            "cap_quantile": [1.0],
            "shrink_millions": [1.0, 2.0],
        },
        "tiers": {"least_win": 0.05},
        **changes,
    }
    return parse_framework(data, "test")


CITIES = {
    # city: labs, shops, trains, noise, population in thousands
    1: (10.0, 4.0, 100.0, 50.0, 1000.0),
    2: (5.0, 2.0, 50.0, 60.0, 1000.0),
    3: (0.0, 1.0, 20.0, 40.0, 500.0),
    4: (1.0, None, 10.0, 55.0, 500.0),
    5: (0.0, 0.0, 5.0, 45.0, 300.0),  # one count above zero: not ranked
    6: (2.0, None, None, 45.0, 300.0),  # half of the indicators: not ranked
}
FRAME = pl.DataFrame(
    {"city": list(CITIES), "population_thousands": [one[4] for one in CITIES.values()], "country": "FI"}
)
VALUES = pl.DataFrame(
    [
        {
            "city": city,
            "boundary": boundary.value,
            "indicator": name,
            "value": value,
            "status": "observed" if value is not None else "not covered",
            "unit": "n",
            "period": "2026",
            "source": "test",
        }
        for city, row in CITIES.items()
        for boundary in Boundary
        for name, value in zip(("labs", "shops", "trains", "noise"), row[:4], strict=True)
    ],
    schema=VALUE_SCHEMA,
)


def small_matrix() -> Matrix:
    return build_matrix(VALUES, FRAME, framework(), CATALOGUE, Boundary.AGGLOMERATION)


def test_eligibility_asks_for_coverage_and_for_counts_above_zero() -> None:
    table = coverage(VALUES, framework(), CATALOGUE)
    assert table.filter("eligible")["city"].to_list() == [1, 2, 3, 4]
    assert table["coverage"].to_list() == [1, 1, 1, 0.75, 1, 0.5]
    assert table["nonzero"].to_list() == [3, 3, 2, 2, 1, 1]


def test_a_share_on_the_line_is_enough() -> None:
    loose = framework(eligibility={"least_share": 0.5, "least_nonzero": 1})
    assert coverage(VALUES, loose, CATALOGUE)["eligible"].all()


def test_the_matrix_keeps_missing_as_missing() -> None:
    matrix = small_matrix()
    assert matrix.cities.tolist() == [1, 2, 3, 4]
    assert np.isnan(matrix.values).tolist() == [[False] * 4] * 3 + [[False, True, False, False]]


def test_a_framework_that_no_city_satisfies_says_so() -> None:
    strict = framework(eligibility={"least_share": 1.0, "least_nonzero": 99})
    with pytest.raises(FrameworkError, match="no city has enough evidence"):
        build_matrix(VALUES, FRAME, strict, CATALOGUE, Boundary.CORE)


def test_scores_by_hand() -> None:
    run = run_index(small_matrix(), framework(), Lens.SCALE)
    # city 1: labs 100, shops 100 | trains 100, noise (60-50)/20 = 50
    assert run.scores["work"][0] == pytest.approx(100)
    assert run.scores["life"][0] == pytest.approx(75)
    assert run.scores[ROOT][0] == pytest.approx(87.5)
    assert run.ranks[ROOT][0] == 1


def test_less_of_what_is_bad_is_better() -> None:
    run = run_index(small_matrix(), framework(), Lens.SCALE)
    noise = run.normalised[:, run.matrix.indicators.index("noise")]
    assert noise.tolist() == [50.0, 0.0, 100.0, 25.0]


def test_intensity_divides_counts_and_only_counts() -> None:
    matrix, method = small_matrix(), framework().method
    treated = treat(matrix, method, Lens.INTENSITY)
    assert treated[0].tolist() == pytest.approx([10 / 2, 4 / 2, 100 / 2, 50])
    assert treated[2].tolist() == pytest.approx([0, 1 / 1.5, 20 / 1.5, 40])


def test_a_missing_value_lies_between_those_of_its_donors() -> None:
    run = run_index(small_matrix(), framework(), Lens.SCALE)
    filled = run.completed[3, 1]
    assert 1.0 <= filled <= 2.0  # nearest on labs, trains, noise: cities 2 and 3


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not() -> None:
    other = framework(uncertainty={**framework().uncertainty.model_dump(), "seed": 8})
    one, same, different = (simulate(small_matrix(), f, Lens.SCALE) for f in (framework(), framework(), other))
    assert one.scores[ROOT].tobytes() == same.scores[ROOT].tobytes()
    assert one.weights.tobytes() != different.weights.tobytes()


def test_seed_zero_is_a_seed() -> None:
    zero = framework(uncertainty={**framework().uncertainty.model_dump(), "seed": 0})
    one, same = (simulate(small_matrix(), zero, Lens.SCALE) for _ in range(2))
    assert one.weights.tobytes() == same.weights.tobytes()


def test_without_anything_that_varies_every_replicate_is_the_nominal_index() -> None:
    fixed = framework(
        method={**framework().method.model_dump(), "imputation": "mean"},
        uncertainty={
            "replicates": 20,
            "seed": 1,
            "weight_factor": 1,
            "normalisation": ["min_max"],
            "aggregation": ["arithmetic"],
            "cap_quantile": [1.0],
            "shrink_millions": [1.0],
        },
    )
    matrix = small_matrix()
    replicates = simulate(matrix, fixed, Lens.SCALE)
    nominal = run_index(matrix, fixed, Lens.SCALE)
    assert np.allclose(replicates.scores[ROOT], nominal.scores[ROOT], rtol=0, atol=1e-12)
    results, _ = league(VALUES, FRAME, fixed, CATALOGUE, Lens.SCALE, Boundary.CORE)
    whole = results.filter(pl.col("side") == ROOT)
    assert (whole["rank_low"] == whole["rank"]).all()
    assert (whole["rank_high"] == whole["rank"]).all()
    assert whole.sort("rank")["tier"].to_list() == [1, 2, 3, 4]


def test_league_gives_the_whole_index_and_each_side() -> None:
    results, scores = league(VALUES, FRAME, framework(), CATALOGUE, Lens.INTENSITY, Boundary.REGION)
    assert sorted(results["side"].unique()) == ["index", "life", "work"]
    assert results.height == 12
    assert (results["rank_low"] <= results["rank_high"]).all()
    imputed = scores.filter("imputed")
    assert imputed.select("city", "node").rows() == [(4, "shops")]
    assert imputed["treated"].is_null().all()


META = {
    "id": "shops",
    "title": "Shops",
    "producer": "x",
    "url": "https://example.org",
    "licence": "CC0",
    "licence_class": "open",
    "citation": "x",
    "vintage": "2026",
    "what": "x",
    "limits": ["x"],
    "files": ["shops/*.csv"],
}


@pytest.mark.parametrize(
    ("default", "status"), [("zero", "zero"), ("missing", "not covered"), ("censored", "not in the list")]
)
def test_absence_is_what_the_source_declares(default: str, status: str) -> None:
    variable = {
        "id": "shops",
        "title": "Shops",
        "unit": "shops",
        "aggregate": "sum",
        "granularity": "point",
        "period": "2026",
        "absence": {"default": default, "missing_in": ["CN"], "why": "x"},
        "expected": {"total": [0, 9], "records": [0, 9], "places": [0, 9], "value": [0, 9], "resolved_share": 0},
    }
    meta = Meta.model_validate({**META, "variables": [variable]})
    frame = pl.DataFrame({"city": [1, 2, 3, 4], "country": ["FI", "FI", "CN", "CN"]})
    rows = [
        {"variable": "shops", "level": "city", "place": place, "boundary": "core", "value": 5.0, "records": 1}
        for place in ("1", "3")
    ]
    observed = pl.DataFrame(rows).select(
        *[pl.lit(None).alias(n) if n not in rows[0] else pl.col(n) for n in OBSERVATION_SCHEMA]
    )
    table = variable_values(observed, meta.variables[0], meta, frame).filter(pl.col("boundary") == "core").sort("city")
    assert table["status"].to_list() == ["observed", status, "lower bound", "not covered"]
    assert table["value"].to_list() == [5.0, 0.0 if default == "zero" else None, 5.0, None]
