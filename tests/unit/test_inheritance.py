"""A country's value in its cities: marked, never a difference between two of them; Taiwan, Hong Kong and Singapore."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from technopole.core.types import Boundary, Status
from technopole.indicators.declarations import Indicator
from technopole.indicators.inheritance import FILLED, Filled, filled_origin, filled_values, inherited_values
from technopole.indicators.matrix import indicator_values
from technopole.observations.aggregate import observations
from technopole.observations.national import national_records
from technopole.observations.variables import Absence, Expected, Meta, Variable
from technopole.snapshots.upstream import Upstream
from technopole.sources.registry import load_source, source_ids

COUNTRIES = ["CN", "CN", "HK", "TW", "TW", "SG", "US", "PR", "FI"]
FRAME = pl.DataFrame({"city": range(1, len(COUNTRIES) + 1), "country": COUNTRIES}, schema_overrides={"city": pl.Int64})
WIDE = Expected(total=(0, 1e9), records=(0, 1000), places=(0, 1000), value=(0, 1e9), resolved_share=0)


def variable(name: str, period: str = "2020", level: str = "country") -> Variable:
    return Variable.model_validate(
        {
            "id": name,
            "title": name,
            "unit": "%",
            "aggregate": "single",
            "level": level,
            "granularity": level,
            "period": period,
            "absence": Absence(default="missing", why="by hand"),
            "expected": WIDE,
        }
    )


def declared_source(name: str, *variables: Variable) -> Meta:
    text = dict.fromkeys(("title", "producer", "url", "licence", "citation", "vintage", "what"), "by hand")
    return Meta.model_validate(
        {**text, "id": name, "licence_class": "open", "limits": ("none",), "files": ("x",), "variables": variables}
    )


def table(meta: Meta, name: str, values: dict[str, float]) -> pl.DataFrame:
    """Observations of one variable by country."""
    rows = pl.DataFrame(
        {
            "_row": [str(number) for number in range(len(values))],
            "written": list(values),
            "country": list(values),
            "amount": list(values.values()),
        },
        schema={"_row": pl.String, "written": pl.String, "country": pl.String, "amount": pl.Float64},
    )
    records = national_records(rows, variable=name, file="x")
    return observations(records, [one for one in meta.variables if one.id == name], meta.id)


def by_city(values: pl.DataFrame, column: str = "value") -> list[object]:
    agglomeration = values.filter(pl.col("boundary") == Boundary.AGGLOMERATION.value).sort("city")
    return agglomeration[column].to_list()


MAIN = declared_source("bank", variable("share", "2023"))
OTHER = declared_source("book", variable("share_elsewhere", "2019"))
METAS = {"bank": MAIN, "book": OTHER}
GAPS = Filled("share", {"TW": "share_elsewhere"})


def test_cities_inherit_and_are_marked() -> None:
    values = inherited_values(table(MAIN, "share", {"CN": 2.5, "SG": 1.9}), MAIN.variables[0], MAIN, FRAME)
    assert by_city(values) == [2.5, 2.5, None, None, None, 1.9, None, None, None]
    covered, missing = Status.INHERITED.value, Status.NOT_COVERED.value
    assert by_city(values, "status") == [covered, covered, missing, missing, missing, covered, *[missing] * 3]
    assert set(values["period"]) == {"2023"} and set(values["source"]) == {"bank"}


def test_the_line_around_a_city_changes_nothing() -> None:
    values = inherited_values(table(MAIN, "share", {"CN": 2.5, "US": 3.4}), MAIN.variables[0], MAIN, FRAME)
    assert values.height == FRAME.height * len(Boundary)
    assert values.group_by("city").agg(pl.col("value").n_unique())["value"].to_list() == [1] * FRAME.height


@given(st.dictionaries(st.sampled_from(sorted(set(COUNTRIES))), st.floats(0, 100), max_size=7))
def test_never_separates_cities_of_one_country(shares: dict[str, float]) -> None:
    indicator = Indicator(
        id="share", title="t", question="q", unit="%", kind="level", direction=1, variable="share", recipe=None
    )
    found = indicator_values((indicator,), table(MAIN, "share", shares), {"bank": MAIN}, FRAME)
    joined = found.join(FRAME, on="city", validate="m:1")
    same = joined.group_by("country").agg(pl.col("value", "status").n_unique())
    assert same["value"].to_list() == same["status"].to_list() == [1] * same.height
    assert dict(joined.select("country", "value").unique().rows()) == {
        country: shares.get(country) for country in COUNTRIES
    }
    assert joined.filter(pl.col("value").is_null() != (pl.col("status") == Status.NOT_COVERED.value)).is_empty()


def test_territories_never_take_the_value_of_a_state() -> None:
    values = inherited_values(table(MAIN, "share", {"CN": 2.5, "US": 3.4}), MAIN.variables[0], MAIN, FRAME)
    got = dict(zip(COUNTRIES, by_city(values), strict=True))
    assert got["HK"] is None and got["TW"] is None and got["PR"] is None and got["SG"] is None


def test_rows_about_cities_are_not_read_as_countries() -> None:
    odd = table(MAIN, "share", {"CN": 2.5}).with_columns(level=pl.lit("city"))
    values = inherited_values(odd, MAIN.variables[0], MAIN, FRAME)
    assert set(values["status"]) == {Status.NOT_COVERED.value}


# --- gaps


def test_a_gap_is_filled_for_the_named_country_alone() -> None:
    both = pl.concat([table(MAIN, "share", {"CN": 2.5}), table(OTHER, "share_elsewhere", {"TW": 3.5, "HK": 9.0})])
    values = filled_values(both, FRAME, METAS, filled=GAPS)
    assert by_city(values) == [2.5, 2.5, None, 3.5, 3.5, None, None, None, None]
    assert by_city(values, "source")[2:5] == ["bank", "book", "book"]
    assert by_city(values, "period")[2:5] == ["2023", "2019", "2019"]
    assert by_city(values, "status")[3] == Status.INHERITED.value
    assert values.height == FRAME.height * len(Boundary)


def test_the_main_source_comes_first() -> None:
    both = pl.concat([table(MAIN, "share", {"TW": 3.0}), table(OTHER, "share_elsewhere", {"TW": 3.5})])
    assert by_city(filled_values(both, FRAME, METAS, filled=GAPS))[3] == 3.0
    assert filled_origin(both, FRAME.filter(pl.col("city") == 4), filled=GAPS) == [{"share": ["TW"]}]


def test_origin_names_the_observation_behind_a_value() -> None:
    both = pl.concat([table(MAIN, "share", {"CN": 2.5}), table(OTHER, "share_elsewhere", {"TW": 3.5, "HK": 9.0})])
    four = FRAME.filter(pl.col("city").is_in([1, 3, 4, 6])).sort("city")
    assert filled_origin(both, four, filled=GAPS) == [{"share": ["CN"]}, {}, {"share_elsewhere": ["TW"]}, {}]


def test_without_a_stand_in_the_gap_stays() -> None:
    both = pl.concat([table(MAIN, "share", {"CN": 2.5}), table(OTHER, "share_elsewhere", {})])
    values = filled_values(both, FRAME, METAS, filled=GAPS)
    assert by_city(values, "status")[3] == Status.NOT_COVERED.value


@pytest.mark.parametrize("name", FILLED)
def test_stand_ins_have_the_same_unit(name: str) -> None:
    declared = {one.id: one for source_id in source_ids() for one in load_source(source_id).meta.variables}
    main, gaps = declared[FILLED[name].main], FILLED[name].gaps
    assert main.level == "country"
    for other in gaps.values():
        assert declared[other].level == "country" and declared[other].unit == main.unit
    assert set(gaps) == {"TW"}


# --- the newest usable year


def national(rows: list[tuple[str, str | None, float | None, int]], oldest: int) -> pl.DataFrame:
    schema = {"written": pl.String, "country": pl.String, "amount": pl.Float64, "year": pl.Int32}
    built = pl.DataFrame(rows, schema=schema, orient="row").with_row_index("_row").cast({"_row": pl.String})
    return national_records(built, variable="share", file="x", oldest=oldest)


def test_newest_year_counts_and_an_empty_one_is_passed_over() -> None:
    found = national([("A", "FI", 1.0, 2019), ("A", "FI", 2.0, 2021), ("A", "FI", None, 2023)], 2018)
    assert found.select("place", "amount", "row").rows() == [("FI", 2.0, "1")]


def test_too_old_or_no_country_is_listed_with_its_reason() -> None:
    found = national([("A", "FI", 1.0, 2010), ("Atlantis", None, 5.0, 2022)], 2018)
    assert found.select("label", "place", "reason").rows() == [
        ("A", None, "newest value is of 2010, too old"),
        ("Atlantis", None, "no country of today"),
    ]


def test_unusable_rows_do_not_displace_usable_ones() -> None:
    rows = pl.DataFrame(
        {
            "_row": ["2", "3", "4"],
            "written": ["A", "A", "B"],
            "country": ["FI", "FI", "CN"],
            "amount": [1.0, 2.0, 3.0],
            "year": [2020, 2022, 2022],
            "named": [True, False, False],
        }
    )
    unusable = pl.when(~pl.col("named")).then(pl.lit("no publication"))
    found = national_records(rows, variable="share", file="x", oldest=2019, unusable=unusable)
    assert found.select("place", "amount", "reason").rows() == [("FI", 1.0, None), (None, 3.0, "no publication")]


# --- Taiwan, Hong Kong and Singapore in each source

HAVE = {  # variable of a source: those of the three that have a value of their own
    "findex": {"account_ownership_percent": "TW HK SG", "digital_payments_percent": "HK SG"},
    "sdg_telecom": {
        "mobile_4g_coverage_percent": "TW HK SG",
        "mobile_phone_ownership_percent": "TW HK SG",
        "fixed_broadband_10mbit_per_100": "TW HK SG",
    },
    "egovernment": {"egovernment_development": "SG", "online_public_services": "SG"},
    "electricity": {"low_carbon_electricity_percent": "TW HK SG"},
    "ev_sales": {"electric_car_sales_percent": ""},
    "doing_business": {"electricity_reliability_points": "TW HK SG"},
    "robots": {"robot_density_2016": "TW SG", "robot_density": "SG"},
    "life_satisfaction": {"life_evaluation": "TW HK SG", "life_evaluation_2025_report": "TW HK SG"},
    "wdi": {
        "research_spending_percent_gdp": "HK SG",
        "researchers_per_million": "HK SG",
        "resident_patent_applications": "HK SG",
        "high_technology_exports_percent": "HK SG",
        "fixed_broadband_per_100": "HK SG",
        "mobile_subscriptions_per_100": "HK SG",
        "internet_users_percent": "HK SG",
    },
    "factbook": {
        "taiwan_mobile_subscriptions_per_100": "TW",
        "taiwan_fixed_broadband_per_100": "TW",
        "taiwan_internet_users_percent": "TW",
    },
    "ncses": {"ai_patents": "TW SG", "research_spending_percent_gdp_2019": "TW SG"},
}


class NoCities:
    """These sources place nothing in a city."""

    def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
        raise AssertionError(queries)


@pytest.mark.parametrize("source_id", HAVE)
def test_taiwan_hong_kong_and_singapore(source_id: str, mirror: Path) -> None:
    source = load_source(source_id)
    records = source.records(Upstream(mirror, source.lock()), NoCities())
    single = [one for one in source.meta.variables if one.aggregate == "single"]
    assert {one.id for one in single} == set(HAVE[source_id])
    for one in single:
        placed = records.filter((pl.col("variable") == one.id) & pl.col("place").is_not_null())["place"]
        assert placed.n_unique() == placed.len(), "one record a country"
        found = {"TW", "HK", "SG"} & set(placed)
        assert found == set(HAVE[source_id][one.id].split()), one.id
        text = " ".join([*source.meta.limits, one.absence.why, one.note, one.title])
        assert "Taiwan" in text, f"{one.id} does not say what Taiwan has"
