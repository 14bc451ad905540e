"""Unicorns: the page's own text and repeated rows go, two firms of one name stay."""

from __future__ import annotations

import polars as pl
import pytest

from technopole.core.errors import UpstreamError
from technopole.snapshots.tables import ROW
from technopole.sources.unicorns.source import FACTS, distinct_companies


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
