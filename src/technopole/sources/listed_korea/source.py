"""Listed companies of Korea by headquarters region and branch, from the register of the Korea Exchange.

The register knows a province, not a city. Metropolitan cities are cities. In provinces FinanceDatabase knows the town
of some companies; of the rest those of Gyeonggi count to the capital area (Seoul, Incheon, Gyeonggi), which is one
city of the frame, and those of other provinces, which hold several cities, stay unresolved.
`docs/sources/listed_korea.md` explains each rule.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.cities.listings import offices
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import OUTSIDE, Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

COLUMNS: Final = ("Code", "Name", "Industry", "Products", "Region")  # the representative's name is never read
ELSEWHERE: Final = "financedatabase/equities/K[OS][EC].csv"
CITY_OF_REGION: Final = {
    "서울특별시": "서울",
    "인천광역시": "인천",
    "경기도": "서울",  # the capital area is one city of the frame; the page says what lies outside
    "부산광역시": "부산",
    "대구광역시": "대구",
    "대전광역시": "대전",
    "광주광역시": "광주",
    "울산광역시": "울산",
    "세종특별자치시": "세종",
}
KOREAN_REGION: Final = (
    r"(특별시|광역시|특별자치시|특별자치도|기도|[남북]도)$"  # "케이맨 제도", the Cayman Islands, end alike
)
PROVINCES: Final = r"(특별자치도|기도|[남북]도)$"
PROVINCE: Final = "province, no city"
ABROAD: Final = "headquarters abroad"

# Names of the Korean Standard Industrial Classification, revision 10: division 26, and 582, 61, 62, 63.
HARDWARE: Final = (
    "반도체 제조업",
    "전자부품 제조업",
    "컴퓨터 및 주변장치 제조업",
    "통신 및 방송 장비 제조업",
    "영상 및 음향기기 제조업",
    "마그네틱 및 광학 매체 제조업",
)
SOFTWARE: Final = (
    "소프트웨어 개발 및 공급업",
    "전기 통신업",
    "컴퓨터 프로그래밍, 시스템 통합 및 관리업",
    "자료처리, 호스팅, 포털 및 기타 인터넷 정보매개 서비스업",
    "기타 정보 서비스업",
)
FINANCE: Final = (
    "은행 및 저축기관",
    "보험업",
    "재 보험업",
    "보험 및 연금관련 서비스업",
    "금융 지원 서비스업",
    "신탁업 및 집합투자업",
)
OTHER_FINANCE: Final = "기타 금융업"  # also holds the holding companies of every branch
SHELL: Final = "스팩"  # special purpose acquisition company


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """One record for each company and variable, in RECORD_SCHEMA.

    Raises
    ------
    UpstreamError : the file is absent, unreadable, or lacks a column.
    SourceCheckError : a correction is stale.
    """
    (path,) = upstream.paths(meta.files[0])
    companies = living(apply_corrections(read_csv(upstream.open(path), columns=list(COLUMNS)), path, meta.corrections))
    companies = add_place(
        companies.with_columns(file=pl.lit(path)), offices(upstream, ELSEWHERE, "South Korea"), cities
    )
    korean = pl.col("Region").str.contains(KOREAN_REGION)
    branches = branch_rules()
    parts = [
        companies.filter(branches[variable.id]).select(
            variable=pl.lit(variable.id),
            amount=pl.lit(1.0),
            file="file",
            row=ROW,
            name="name",
            admin1="province",
            country=pl.lit("KR"),
            label=pl.concat_str("office", "Region", separator=" | ", ignore_nulls=True),
            reason=pl.when(pl.col("name").is_null()).then(
                pl.when(korean).then(pl.lit(PROVINCE)).otherwise(pl.lit(ABROAD))
            ),
        )
        for variable in meta.variables
    ]
    return place(pl.concat(parts), cities)


def add_place(companies: pl.DataFrame, elsewhere: pl.DataFrame, cities: Resolver) -> pl.DataFrame:
    """Add ``name`` and ``province`` (what to resolve; null: no city) and ``office`` (what FinanceDatabase told of it).

    In a province an office counts that the resolver knows there, in a city or outside the frame; one in another
    province (Seoul) tells nothing. Metropolitan cities are cities: their companies need no office.

    Parameters
    ----------
    companies : ``Code``, ``Region``, ``file``, ROW.
    elsewhere : as listings.offices gives it; where its office counts, its file and row stand for the company.
    """
    joined = companies.join(
        elsewhere, left_on="Code", right_on="code", how="left", validate="m:1", maintain_order="left"
    )
    answers = cities.resolve(joined.select(name="office", country=pl.lit("KR"), admin1="Region"))
    known = answers["city"].is_not_null() | answers["reason"].str.starts_with(OUTSIDE).fill_null(value=False)
    told = known & joined["Region"].str.contains(PROVINCES) & joined["office"].is_not_null()
    region = pl.col("Region").replace_strict(CITY_OF_REGION, default=None, return_dtype=pl.String)
    return joined.with_columns(told=told).with_columns(
        name=pl.when("told").then("office").otherwise(region),
        province=pl.when("told").then("Region"),
        office=pl.when("told").then("office"),
        file=pl.when("told").then("office_file").otherwise("file"),
        **{ROW: pl.when("told").then("office_row").otherwise(ROW)},
    )


def living(table: pl.DataFrame) -> pl.DataFrame:
    """Companies: without preferred shares (rows that have no region) and without shells that wait for a merger."""
    return table.filter(pl.col("Region").is_not_null() & ~pl.col("Name").str.contains(SHELL, literal=True))


def branch_rules() -> dict[str, pl.Expr]:
    """Variable -> which companies count for it."""
    industry, products = pl.col("Industry"), pl.col("Products").fill_null("")
    holding = products.str.contains("지주") & ~products.str.contains("금융지주")
    rules = {
        "listed_korea_companies": pl.col("Region").is_not_null(),
        "listed_korea_software_services": industry.is_in(SOFTWARE),
        "listed_korea_hardware": industry.is_in(HARDWARE),
        "listed_korea_financials": industry.is_in(FINANCE) | ((industry == OTHER_FINANCE) & ~holding),
    }
    return {name: rule.fill_null(value=False) for name, rule in rules.items()}
