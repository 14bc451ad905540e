"""International (PCT) patent applications by Chinese province, and of 19 cities in 2016, as CNIPA publishes them."""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.core.errors import UpstreamError
from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.schema import RECORD_SCHEMA
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

PROVINCES: Final = "cnipa/cnipa_pct_by_province_2018_2022_2023.csv"
CITIES: Final = "cnipa/cnipa_city_patents_transcribed.csv"
YEARS: Final = ("2018", "2022")  # those inside 2018-2022, the period of the national totals
PROVINCE_COLUMNS: Final = ["region_zh", "region_en", *(f"pct_{year}" for year in YEARS)]
CITY_COLUMNS: Final = ["city", "year", "indicator", "value"]
SUBTOTAL: Final = "国内小计"
SUMS: Final = ("合计", SUBTOTAL, "国外小计")
CITY_INDICATOR: Final = "pct_applications_received"
CODES: Final[dict[str, str]] = {  # ISO 3166-2, by the name that the table uses
    "北京": "CN-BJ", "天津": "CN-TJ", "河北": "CN-HE", "山西": "CN-SX", "内蒙古": "CN-NM", "辽宁": "CN-LN",
    "吉林": "CN-JL", "黑龙江": "CN-HL", "上海": "CN-SH", "江苏": "CN-JS", "浙江": "CN-ZJ", "安徽": "CN-AH",
    "福建": "CN-FJ", "江西": "CN-JX", "山东": "CN-SD", "河南": "CN-HA", "湖北": "CN-HB", "湖南": "CN-HN",
    "广东": "CN-GD", "广西": "CN-GX", "海南": "CN-HI", "重庆": "CN-CQ", "四川": "CN-SC", "贵州": "CN-GZ",
    "云南": "CN-YN", "西藏": "CN-XZ", "陕西": "CN-SN", "甘肃": "CN-GS", "青海": "CN-QH", "宁夏": "CN-NX",
    "新疆": "CN-XJ", "台湾": "CN-TW", "香港": "CN-HK", "澳门": "CN-MO",
}  # fmt: skip
CITY_COUNTRY: Final[dict[str, str]] = {"Hong Kong": "HK", "Macao": "MO"}  # all others are in mainland China
NO_CITY: Final[dict[str, str]] = {"Taiwan": "a region, not a city"}


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """Read both tables; return records of the two variables (RECORD_SCHEMA).

    Raises
    ------
    UpstreamError : the provinces don't add up to the table's own subtotal.
    """
    table = apply_corrections(read_csv(upstream.open(PROVINCES), columns=PROVINCE_COLUMNS), PROVINCES, meta.corrections)
    named = table.filter(~pl.col("region_zh").is_in(SUMS))
    by_city = apply_corrections(read_csv(upstream.open(CITIES), columns=CITY_COLUMNS), CITIES, meta.corrections)
    return pl.concat([*[_year(table, named, year) for year in YEARS], _cities(by_city, cities)])


def _year(table: pl.DataFrame, named: pl.DataFrame, year: str) -> pl.DataFrame:
    column = f"pct_{year}"
    amounts = named.select(ROW, "region_zh", "region_en", amount=pl.col(column).cast(pl.Float64, strict=False))
    subtotal = float(table.filter(pl.col("region_zh") == SUBTOTAL)[column].cast(pl.Float64, strict=False).sum())
    if abs(float(amounts["amount"].sum()) - subtotal) > 2:  # the table of 2018 itself is one off
        raise UpstreamError(f"{PROVINCES}: the provinces of {year} don't add up to the domestic subtotal {subtotal}.")
    code = pl.col("region_zh").replace_strict(CODES, default=None, return_dtype=pl.String)
    return amounts.with_columns(
        variable=pl.lit("pct_applications_province"),
        level=pl.lit("region"),
        place=code,
        ring=pl.when(code.is_not_null()).then(0),
        amount=pl.col("amount") / len(YEARS),
        key=pl.lit(None),
        file=pl.lit(PROVINCES),
        row=pl.col(ROW),
        label=pl.col("region_en"),
        reason=pl.when(code.is_null()).then(pl.lit("no province that we know")),
    ).select([pl.col(name).cast(kind) for name, kind in RECORD_SCHEMA.items()])


def _cities(table: pl.DataFrame, cities: Resolver) -> pl.DataFrame:
    rows = table.filter(pl.col("indicator") == CITY_INDICATOR).select(
        variable=pl.lit("pct_applications_city_2016"),
        amount=pl.col("value").cast(pl.Float64, strict=False),
        name=pl.col("city"),
        country=pl.col("city").replace_strict(CITY_COUNTRY, default="CN", return_dtype=pl.String),
        reason=pl.col("city").replace_strict(NO_CITY, default=None, return_dtype=pl.String),
        file=pl.lit(CITIES),
        row=pl.col(ROW),
    )
    return place(rows, cities)
