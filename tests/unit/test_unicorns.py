"""Unicorns: the page's own text and repeated rows go, two firms of one name stay."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from technopole.core.errors import UpstreamError
from technopole.snapshots.tables import ROW, read_sheet
from technopole.sources.registry import load_source
from technopole.sources.unicorns.source import FACTS, HEADER_ROW, distinct_companies, with_places

REPOSITORY = Path(__file__).parents[2]


def table(*rows: tuple[str | None, ...]) -> pl.DataFrame:
    schema = dict.fromkeys((ROW, *FACTS), pl.String)
    return pl.DataFrame([(str(number + 4), *row) for number, row in enumerate(rows)], schema=schema, orient="row")


BOLT = ("Bolt", "11", "2021-10-08", "United States", "San Francisco", "Financial Services")
OTHER_BOLT = ("Bolt", "8.4", "2018-05-29", "Estonia", "Tallinn", "Industrials")
FOOTER = ("JobsAboutPress", None, None, None, None, None)


def test_repeats_and_footer_go_and_namesakes_stay() -> None:
    companies = distinct_companies(table(BOLT, OTHER_BOLT, FOOTER, BOLT, FOOTER), "list.xlsx")
    assert companies.select(ROW, "Company", "value").rows() == [("4", "Bolt", 11.0), ("5", "Bolt", 8.4)]


@pytest.mark.parametrize("valuation", [None, "$11", "eleven"])
def test_a_company_without_a_number_is_an_error(valuation: str | None) -> None:
    with pytest.raises(UpstreamError, match=r"list\.xlsx row 5: .* isn't a valuation"):
        distinct_companies(table(BOLT, ("Bolt", valuation, *OTHER_BOLT[2:])), "list.xlsx")


def test_a_text_that_names_no_city_is_read_by_the_declared_places() -> None:
    written = pl.DataFrame(
        {
            "City": ["Bellevue", "Bellevue", "Maharashtra", "Paris"],
            "Country": ["United States", "Canada", "India", "France"],
        }
    )
    assert with_places(written).select("place", "admin1").rows() == [
        ("Bellevue", "Washington"),
        ("Bellevue", None),
        ("Mumbai", None),
        ("Paris", None),
    ]


def test_each_declared_place_is_still_written_upstream(mirror: Path) -> None:
    source = load_source("unicorns")
    path = mirror / source.meta.files[0]
    companies = distinct_companies(read_sheet(path, header_row=HEADER_ROW, columns=list(FACTS)), path.name)
    written = set(companies.select("City", "Country").iter_rows())
    places = pl.read_csv(source.folder / "places.csv", infer_schema=False)
    assert set(places.select("city", "country").iter_rows()) <= written
    assert places["why"].null_count() == 0
    assert places.filter(pl.col("admin1").is_null() == pl.col("place").is_null()).is_empty()
