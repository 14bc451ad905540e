"""Listed companies of mainland China by headquarters and branch, from lists of its three exchanges.

The list of all companies says a province, or one of five cities (the municipalities and Shenzhen). The Shenzhen
exchange gives the city of each of its companies; of the others the legal name tells it where it begins with one, and
of the rest FinanceDatabase knows the town of some.
`docs/sources/listed_china.md` explains each rule.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.cities.listings import offices
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

COMPANIES: Final = "listed_china/sse_szse_bse_basic_*.csv"
SHENZHEN_EXCHANGE: Final = "listed_china/szse_a_shares_*.csv"
CLASSES: Final = "listed_china/csrc_industry_codes.csv"
ELSEWHERE: Final = "financedatabase/equities/SH[HZ].csv"
CODE, AREA, BRANCH, LEGAL_NAME = "股票代码", "地区", "行业", "公司全称"
EXCHANGE_CODE, PROVINCE, CITY, ADDRESS = "A股代码", "省    份", "城     市", "注册地址"

# An address: province or region, then a prefecture-level city, a county-level city, or the one behind the other.
_PROVINCE: Final = r"^\s*(?:中国)?(?:[^省区市]{2,6}(?:省|自治区))?"
FIRST_CITY: Final = _PROVINCE + r"([^省市区县]{2,4}市)"
SECOND_CITY: Final = _PROVINCE + r"[^省市区县]{2,4}市([^省市区县]{2,4}市)"

CITY_AREAS: Final = {"北京": "北京", "上海": "上海", "天津": "天津", "重庆": "重庆", "深圳": "广东"}
"""Areas that are a city, with the province that the resolver knows them in."""
NO_CITY: Final = "province, no city"

# Classes of the China Securities Regulatory Commission; where a company has none, branches of the list of companies.
CHIPS: Final = "半导体"
HARDWARE_CLASS: Final = r"^C39"
SOFTWARE_CLASS: Final = r"^I6[345]"
FINANCE_CLASS: Final = r"^J6[6789]"
HARDWARE_BRANCHES: Final = (CHIPS, "元器件", "IT设备", "通信设备")
SOFTWARE_BRANCHES: Final = ("软件服务", "互联网", "电信运营")
FINANCE_BRANCHES: Final = ("银行", "证券", "保险", "多元金融")


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """One record for each company and variable, in RECORD_SCHEMA.

    Raises
    ------
    UpstreamError : a file is absent, unreadable, or lacks a column.
    SourceCheckError : a correction is stale.
    """
    exchange = _read(upstream, meta, SHENZHEN_EXCHANGE, [EXCHANGE_CODE, PROVINCE, CITY, ADDRESS])
    companies = _read(upstream, meta, COMPANIES, [CODE, AREA, BRANCH, LEGAL_NAME]).with_columns(
        code=pl.col(CODE).str.head(6)
    )
    classes = _read(upstream, meta, CLASSES, ["code", "industry"]).select(
        pl.col("code").str.tail(6), csrc=pl.col("industry").str.extract(r"^([A-Z]\d\d)")
    )
    classes = classes.unique("code", keep="first", maintain_order=True)
    joined = companies.join(classes, on="code", how="left", validate="m:1", maintain_order="left")
    registered = prefer_county_level(add_place(joined, exchange), cities)
    placed = add_office(registered, offices(upstream, ELSEWHERE, "China"))
    branches = branch_rules()
    parts = [
        placed.filter(branches[variable.id]).select(
            variable=pl.lit(variable.id),
            amount=pl.lit(1.0),
            file="file",
            row=ROW,
            name="name",
            admin1="province",
            country=pl.lit("CN"),
            label="written",
            reason=pl.when(pl.col("name").is_null()).then(pl.lit(NO_CITY)),
        )
        for variable in meta.variables
    ]
    return place(pl.concat(parts), cities)


def _read(upstream: Upstream, meta: Meta, pattern: str, columns: list[str]) -> pl.DataFrame:
    (path,) = upstream.paths(pattern)
    table = read_csv(upstream.open(path), columns=columns)
    return apply_corrections(table, path, meta.corrections).with_columns(file=pl.lit(path))


def add_place(companies: pl.DataFrame, exchange: pl.DataFrame) -> pl.DataFrame:
    """Add ``name`` and ``province`` (what to resolve) and ``written`` (as upstream has it); `file` and row of it.

    First what the Shenzhen exchange says (its file and row then stand for the company), then an area that is a city,
    then the city of the company's own province with which its legal name begins. Null where none says a city.

    Parameters
    ----------
    companies : ``code``, AREA, LEGAL_NAME, ``file``, ROW; one row a company.
    exchange : EXCHANGE_CODE, PROVINCE, CITY, ADDRESS, ``file``, ROW of the Shenzhen exchange's list.

    ``county_level`` is the county-level city that the address names, and otherwise null.
    """
    first, second = pl.col(ADDRESS).str.extract(FIRST_CITY), pl.col(ADDRESS).str.extract(SECOND_CITY)
    own = exchange.select(
        code=EXCHANGE_CODE,
        own_province=PROVINCE,
        own_city=CITY,
        own_file="file",
        own_row=ROW,
        county_level=pl.when(first != pl.col(CITY)).then(first).otherwise(second),
    ).filter(pl.col("own_city").is_not_null())
    own = own.unique("code", keep="first", maintain_order=True)
    joined = companies.join(own, on="code", how="left", validate="m:1", maintain_order="left")
    named = joined.join(cities_in_names(companies, exchange), on="code", how="left", validate="m:1")
    area = pl.col(AREA).is_in(list(CITY_AREAS))
    listed = pl.col("own_city").is_not_null()
    return named.with_columns(
        name=pl.coalesce("own_city", pl.when(area).then(AREA), "named"),
        province=pl.when(listed)
        .then("own_province")
        .when(area)
        .then(pl.col(AREA).replace_strict(CITY_AREAS, default=None, return_dtype=pl.String))
        .otherwise(AREA),
        written=pl.when(listed)
        .then(pl.concat_str("own_city", "own_province", separator=" | "))
        .when(area | pl.col("named").is_null())
        .then(AREA)
        .otherwise(pl.concat_str(pl.col("named").str.replace("市$", ""), AREA, separator=" | ")),
        file=pl.coalesce("own_file", "file"),
        **{ROW: pl.coalesce("own_row", ROW)},
    )


def prefer_county_level(placed: pl.DataFrame, cities: Resolver) -> pl.DataFrame:
    """Give companies in a county-level city that the frame knows (Kunshan in Suzhou) that city as ``name``."""
    asked = placed.filter(pl.col("county_level").is_not_null()).select("county_level", "province").unique()
    queries = asked.select(name="county_level", country=pl.lit("CN"), admin1="province")
    known = asked.filter(cities.resolve(queries)["city"].is_not_null()).with_columns(town="county_level")
    joined = placed.join(known, on=["county_level", "province"], how="left", validate="m:1", maintain_order="left")
    return joined.with_columns(
        name=pl.coalesce("town", "name"),
        written=pl.when(pl.col("town").is_not_null())
        .then(pl.concat_str("town", "province", separator=" | "))
        .otherwise("written"),
    )


def add_office(placed: pl.DataFrame, elsewhere: pl.DataFrame) -> pl.DataFrame:
    """Give companies without a city the town of the office that FinanceDatabase has, as ``name``.

    It is asked for within the company's own province: an office in another one (Shanghai) leads nowhere.

    Parameters
    ----------
    placed : ``code``, ``name`` (null: no city), ``province``, ``written``.
    elsewhere : as listings.offices gives it; its file and row then stand for the company.
    """
    joined = placed.join(elsewhere, on="code", how="left", validate="m:1", maintain_order="left")
    found = pl.col("name").is_null() & pl.col("office").is_not_null()
    written = pl.concat_str("office", "province", separator=" | ")
    return joined.with_columns(
        name=pl.coalesce("name", "office"),
        written=pl.when(found).then(written).otherwise("written"),
        file=pl.when(found).then("office_file").otherwise("file"),
        **{ROW: pl.when(found).then("office_row").otherwise(ROW)},
    )


def cities_in_names(companies: pl.DataFrame, exchange: pl.DataFrame) -> pl.DataFrame:
    """The city with which a company's legal name begins: ``code``, ``named``.

    By law a company's name begins with the administrative area where it is registered. The cities of each province
    are those that the Shenzhen exchange's list has; the name may begin with the province ("江苏常州…"). A city that
    bears its province's name (Jilin) can't be told from it and is left out.
    """
    short = pl.col(CITY).str.replace("市$", "")
    known = (
        exchange.filter(pl.col(CITY).str.ends_with("市"))
        .select(start=pl.col(PROVINCE).str.head(2), named=CITY, short=short)
        .filter(pl.col("start") != pl.col("short").str.head(2))
        .unique()
        .sort("start", "named")
    )
    texts = companies.filter(~pl.col(AREA).is_in(list(CITY_AREAS))).select(
        "code", legal=LEGAL_NAME, area=AREA, start=pl.col(AREA).str.head(2)
    )
    pairs = texts.join(known, on="start", how="inner")
    behind = pl.col("legal").str.strip_prefix(pl.col("area")).str.strip_prefix("省")
    begins = pl.col("legal").str.starts_with(pl.col("short")) | behind.str.starts_with(pl.col("short"))
    return (
        pairs.filter(begins).sort("code", "named").unique("code", keep="first", maintain_order=True)
        .select("code", "named")
    )  # fmt: skip


def branch_rules() -> dict[str, pl.Expr]:
    """Variable -> which companies count for it.

    Designers of chips stand in class I65 with software; by the branch of the list of companies they are hardware, as
    in every other country.
    """
    csrc, branch = pl.col("csrc"), pl.col(BRANCH)
    unclassed = csrc.is_null()
    designer = csrc.str.contains(SOFTWARE_CLASS) & (branch == CHIPS)
    rules = {
        "listed_china_companies": pl.col("code").is_not_null(),
        "listed_china_software_services": (csrc.str.contains(SOFTWARE_CLASS) & (branch != CHIPS).fill_null(value=True))
        | (unclassed & branch.is_in(SOFTWARE_BRANCHES)),
        "listed_china_hardware": csrc.str.contains(HARDWARE_CLASS)
        | designer
        | (unclassed & branch.is_in(HARDWARE_BRANCHES)),
        "listed_china_financials": csrc.str.contains(FINANCE_CLASS) | (unclassed & branch.is_in(FINANCE_BRANCHES)),
    }
    return {name: rule.fill_null(value=False) for name, rule in rules.items()}
