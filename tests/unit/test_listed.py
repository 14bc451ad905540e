"""The recipe for listed companies (registers replace, lower bounds take the larger count), and the registers' rules."""

from __future__ import annotations

import doctest

import polars as pl
import pytest

from technopole.core.types import Boundary
from technopole.indicators import listed
from technopole.indicators.recipes import RECIPES
from technopole.observations.schema import OBSERVATION_SCHEMA
from technopole.sources.listed_china import source as china
from technopole.sources.listed_japan import source as japan
from technopole.sources.listed_korea import source as korea
from technopole.sources.listed_taiwan import source as taiwan
from technopole.sources.registry import load_source

SHANGHAI, SUZHOU, LANZHOU, TOKYO, NARA, TAIPEI, SEOUL, CHANGWON, GIMCHEON, LONDON, SUVA, HONG_KONG = (
    1796236, 1886760, 1804430, 1850147, 1855612, 1668341, 1835848, 1846326, 1842936, 2643743, 2198148, 1819729,
)  # fmt: skip
FRAME = pl.DataFrame(
    [
        (SHANGHAI, "CN"), (SUZHOU, "CN"), (LANZHOU, "CN"), (TOKYO, "JP"), (NARA, "JP"), (TAIPEI, "TW"), (SEOUL, "KR"),
        (CHANGWON, "KR"), (GIMCHEON, "KR"), (LONDON, "GB"), (SUVA, "FJ"), (HONG_KONG, "HK"),
    ],
    schema={"city": pl.Int64, "country": pl.String},
    orient="row",
)  # fmt: skip
SOURCES = (listed.WORLD, *listed.REGISTERS.values())
METAS = {name: load_source(name).meta for name in SOURCES}


def observations(*rows: tuple[str, int, float]) -> pl.DataFrame:
    table = [
        (variable, "city", str(place), boundary.value, value, "companies", "2026", "source", "observed", 1)
        for variable, place, value in rows
        for boundary in Boundary
    ]
    return pl.DataFrame(table, schema=OBSERVATION_SCHEMA, orient="row")


WORLD = observations(
    ("listed_hardware", SHANGHAI, 25.0),
    ("listed_hardware_abroad", SHANGHAI, 4.0),
    ("listed_china_hardware", SHANGHAI, 57.0),
    ("listed_hardware", SUZHOU, 20.0),
    ("listed_hardware_abroad", SUZHOU, 2.0),
    ("listed_china_hardware", SUZHOU, 45.0),
    ("listed_hardware", TOKYO, 126.0),
    ("listed_japan_hardware", TOKYO, 136.0),
    ("listed_taiwan_hardware", TAIPEI, 360.0),
    ("listed_korea_hardware", SEOUL, 237.0),
    ("listed_hardware", SEOUL, 168.0),
    ("listed_hardware", CHANGWON, 4.0),
    ("listed_hardware", LONDON, 9.0),
    ("listed_hardware", HONG_KONG, 30.0),
)


def found(table: pl.DataFrame, boundary: Boundary = Boundary.AGGLOMERATION) -> dict[int, tuple[object, ...]]:
    chosen = table.filter(pl.col("boundary") == boundary.value)
    return {row["city"]: (row["value"], row["status"], row["source"]) for row in chosen.iter_rows(named=True)}


def values(table: pl.DataFrame) -> pl.DataFrame:
    return listed.values(table, FRAME, METAS, "hardware")


def test_each_case_by_hand() -> None:
    assert found(values(WORLD)) == {
        SHANGHAI: (61.0, "observed", "listed_china"),  # the register and those listed abroad only, never the 25
        SUZHOU: (47.0, "lower bound", "listed_china"),
        LANZHOU: (None, "not covered", "listed_china"),
        TOKYO: (136.0, "observed", "listed_japan"),
        NARA: (0.0, "zero", "listed_japan"),
        TAIPEI: (360.0, "observed", "listed_taiwan"),
        SEOUL: (237.0, "observed", "listed_korea"),
        CHANGWON: (4.0, "lower bound", "financedatabase"),  # the register knows the province only
        GIMCHEON: (None, "not covered", "listed_korea"),
        LONDON: (9.0, "observed", "financedatabase"),
        SUVA: (None, "not covered", "financedatabase"),
        HONG_KONG: (30.0, "observed", "financedatabase"),
    }


def test_every_city_and_boundary_has_one_row() -> None:
    table = values(WORLD)
    assert table.height == FRAME.height * len(Boundary)
    assert not table.select("city", "boundary").is_duplicated().any()
    assert table.filter(pl.col("city") == TAIPEI)["period"].unique().to_list() == ["2024"]


def test_what_financedatabase_lists_at_home_changes_nothing_where_the_register_is_complete() -> None:
    more = pl.concat([WORLD, observations(("listed_hardware", NARA, 7.0), ("listed_hardware", TAIPEI, 255.0))])
    assert found(values(more)) == found(values(WORLD))


def test_a_lower_bound_takes_the_larger_count_and_never_the_sum() -> None:
    more = WORLD.with_columns(
        value=pl.when((pl.col("variable") == "listed_hardware") & (pl.col("place") == str(SUZHOU)))
        .then(62.0)
        .otherwise("value")
    )
    assert found(values(more))[SUZHOU] == (62.0, "lower bound", "financedatabase")  # 60 at home, 2 abroad


def test_without_the_registers_financedatabase_counts_alone() -> None:
    alone = listed.values(WORLD, FRAME, {listed.WORLD: METAS[listed.WORLD]}, "hardware")
    assert found(alone)[SHANGHAI] == (25.0, "lower bound", "financedatabase")
    assert found(alone)[NARA] == (None, "not covered", "financedatabase")


@pytest.mark.parametrize("branch", listed.BRANCHES)
def test_every_variable_is_declared_and_only_counting_ones_are_traced(branch: str) -> None:
    declared = {variable.id for meta in METAS.values() for variable in meta.variables}
    recipe = RECIPES[f"listed_{branch}"]
    assert set(recipe.variables) <= declared
    assert recipe.city_variables is not None
    by_city = {
        city: recipe.city_variables(FRAME.filter(pl.col("city") == city)) for city in (SHANGHAI, CHANGWON, LONDON)
    }
    assert by_city == {
        SHANGHAI: (f"listed_china_{branch}", f"listed_{branch}_abroad"),
        CHANGWON: (f"listed_korea_{branch}", f"listed_{branch}", f"listed_{branch}_abroad"),
        LONDON: (f"listed_{branch}",),
    }
    assert recipe.national(WORLD, FRAME.head(2)) == [{}, {}]


def test_doctests() -> None:
    assert doctest.testmod(listed).failed == 0


# --- the registers' rules


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("港区芝浦一丁目１番１号", ("港区", None, "東京")),
        ("大阪市北区中之島三丁目", ("大阪市", None, "大阪市")),
        ("名古屋市港区築地町", ("名古屋市", None, "名古屋市")),
        ("東京都千代田区大手町", ("千代田区", None, "東京")),
        ("神奈川県横浜市西区", ("横浜市", "神奈川県", "横浜市")),
        ("四日市市日永", ("四日市市", None, "四日市市")),
        ("郡山市朝日３丁目", ("郡山市", None, "郡山市")),
        ("丹羽郡大口町上小口", ("丹羽郡大口町", None, "丹羽郡大口町")),
        ("芝浦１丁目２－３", (None, None, None)),
    ],
)
def test_japanese_addresses(address: str, place: tuple[str | None, ...]) -> None:
    table = pl.DataFrame({japan.KIND: ["内国法人・組合"], japan.ADDRESS: [address]})
    assert japan.add_place(table).select("written", "prefecture", "name").row(0) == place


def test_a_japanese_company_abroad_has_no_place() -> None:
    table = pl.DataFrame({japan.KIND: [japan.FOREIGN], japan.ADDRESS: ["中央区ではない"]})
    assert japan.add_place(table).select("written", "name").row(0) == (None, None)


@pytest.mark.parametrize(
    ("address", "name", "point"),
    [
        ("(221)新北巿汐止區新台五路", "新北市", False),
        ("臺北市信義區", "台北市", False),
        ("北市內湖區瑞光路", "台北市", False),
        ("新竹科學園區力行六路8號", "新竹市", False),
        ("新竹科學園區新竹巿力行五路七號", "新竹市", False),
        ("新竹科學園區苗栗縣竹南鎮科中路15號", None, True),
        ("新竹縣科學工業園區工業東九路", "新竹縣", False),
        ("彰化市中山路3段359號", None, True),
        ("範例路7號", None, False),
    ],
)
def test_taiwanese_addresses(address: str, name: str | None, point: bool) -> None:
    table = pl.DataFrame({taiwan.REGISTERED: ["－ "], taiwan.INDUSTRY: ["24"], taiwan.ADDRESS: [address]})
    row = taiwan.add_place(table).row(0, named=True)
    assert (row["name"], row["lat"] is not None, row["foreign"]) == (name, point, False)
    assert row["written"] is None or row["written"] in address


def test_a_company_incorporated_abroad_has_no_place_in_taiwan() -> None:
    table = pl.DataFrame({taiwan.REGISTERED: ["KY 開曼群島  "], taiwan.INDUSTRY: ["24"], taiwan.ADDRESS: ["台北市"]})
    assert taiwan.add_place(table).select("foreign", "written", "name").row(0) == (True, None, None)


def _chinese(*rows: tuple[str, str, str]) -> pl.DataFrame:
    table = [(code, area, legal, "basic.csv", str(line)) for line, (code, area, legal) in enumerate(rows, 2)]
    return pl.DataFrame(table, schema=["code", china.AREA, china.LEGAL_NAME, "file", "_row"], orient="row")


def test_the_city_of_a_chinese_company() -> None:
    exchange = pl.DataFrame(
        [
            ("1", "江苏", "苏州市", "江苏省苏州市", "szse.csv", "2"),
            ("2", "湖南", "长沙市", "湖南省长沙市", "szse.csv", "3"),
            ("3", "吉林", "吉林市", "吉林省吉林市", "szse.csv", "4"),
        ],
        schema=[china.EXCHANGE_CODE, china.PROVINCE, china.CITY, china.ADDRESS, "file", "_row"],
        orient="row",
    )  # fmt: skip
    companies = _chinese(
        ("2", "北京", "某某股份有限公司"),  # moved: the exchange is believed
        ("5", "深圳", "某某股份有限公司"),
        ("6", "江苏", "苏州某某股份有限公司"),
        ("7", "江苏", "江苏苏州某某股份有限公司"),
        ("8", "浙江", "苏州某某股份有限公司"),  # a city of another province
        ("9", "吉林", "吉林某某股份有限公司"),  # the province or the city: nobody knows
        ("10", "江苏", "某某苏州股份有限公司"),  # not at the beginning
    )
    placed = china.add_place(companies, exchange).select("code", "name", "province", "file").rows()
    assert placed == [
        ("2", "长沙市", "湖南", "szse.csv"),
        ("5", "深圳", "广东", "basic.csv"),
        ("6", "苏州市", "江苏", "basic.csv"),
        ("7", "苏州市", "江苏", "basic.csv"),
        ("8", None, "浙江", "basic.csv"),
        ("9", None, "吉林", "basic.csv"),
        ("10", None, "江苏", "basic.csv"),
    ]


@pytest.mark.parametrize(
    ("address", "county_level"),
    [
        ("江苏省昆山市玉山镇示例路1号", "昆山市"),
        ("江苏省苏州市昆山市示例路1号", "昆山市"),
        ("江苏省苏州市吴中区示例路1号", None),
        ("新疆维吾尔自治区石河子市示例路1号", "石河子市"),
    ],
)
def test_county_level_cities(address: str, county_level: str | None) -> None:
    columns = [china.EXCHANGE_CODE, china.PROVINCE, china.CITY, china.ADDRESS, "file", "_row"]
    exchange = pl.DataFrame([("1", "江苏", "苏州市", address, "szse.csv", "2")], schema=columns, orient="row")
    placed = china.add_place(_chinese(("1", "江苏", "某某股份有限公司")), exchange)
    assert placed.select("name", "county_level").row(0) == ("苏州市", county_level)


@pytest.mark.parametrize("known", [True, False])
def test_a_county_level_city_that_the_frame_knows_is_preferred(known: bool) -> None:
    class Cities:
        def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
            assert queries.select("name", "country", "admin1").row(0) == ("昆山市", "CN", "江苏")
            return pl.DataFrame({"city": [1785623 if known else None]}, schema={"city": pl.Int64})

    placed = pl.DataFrame({"name": ["苏州市"], "province": ["江苏"], "county_level": ["昆山市"], "written": ["x"]})
    got = china.prefer_county_level(placed, Cities()).select("name", "written").row(0)
    assert got == (("昆山市", "昆山市 | 江苏") if known else ("苏州市", "x"))


@pytest.mark.parametrize(
    ("csrc", "branch", "counts"),
    [
        ("C39", "元器件", {"hardware"}),
        ("I65", "软件服务", {"software_services"}),
        ("I65", "半导体", {"hardware"}),
        ("I63", "电信运营", {"software_services"}),
        ("C38", "半导体", set()),
        (None, "通信设备", {"hardware"}),
        (None, "互联网", {"software_services"}),
        (None, "银行", {"financials"}),
        ("I65", None, {"software_services"}),
    ],
)
def test_branches_in_china(csrc: str | None, branch: str | None, counts: set[str]) -> None:
    schema = {"code": pl.String, "csrc": pl.String, china.BRANCH: pl.String}
    row = pl.DataFrame([("1", csrc, branch)], schema=schema, orient="row")
    rules = china.branch_rules()
    hit = {name.removeprefix("listed_china_") for name, rule in rules.items() if row.filter(rule).height}
    assert hit == counts | {"companies"}


def test_living_companies_of_korea() -> None:
    table = pl.DataFrame({"Name": ["예시", "예시우", "예시제1호스팩"], "Region": ["서울특별시", None, "서울특별시"]})
    assert korea.living(table)["Name"].to_list() == ["예시"]


@pytest.mark.parametrize(("products", "finance"), [("지주회사", False), ("금융지주회사", True), (None, True)])
def test_holding_companies_of_korea(products: str | None, finance: bool) -> None:
    row = {"Region": ["서울특별시"], "Industry": [korea.OTHER_FINANCE], "Products": [products]}
    table = pl.DataFrame(row, schema=dict.fromkeys(row, pl.String))
    assert table.filter(korea.branch_rules()["listed_korea_financials"]).height == finance


class Provinces:
    """A resolver that knows two towns of one province, one of them outside the frame."""

    def resolve(self, queries: pl.DataFrame) -> pl.DataFrame:
        known = {
            ("Cheonan-si", "충청남도"): (1, None),
            ("Dangjin-si", "충청남도"): (None, "outside the frame: Tangjin"),
        }
        asked = queries.select("name", "admin1").rows()
        found = [known.get((name, area), (None, "unknown name")) for name, area in asked]
        return pl.DataFrame(found, schema={"city": pl.Int64, "reason": pl.String}, orient="row")


@pytest.mark.parametrize(
    ("region", "office", "expected"),
    [
        ("충청남도", "Cheonan-si", ("Cheonan-si", "충청남도", "world.csv")),
        ("충청남도", "Dangjin-si", ("Dangjin-si", "충청남도", "world.csv")),  # known, in no city
        ("충청남도", "Seoul", (None, None, "krx.csv")),  # an office in another province
        ("충청남도", None, (None, None, "krx.csv")),
        ("경기도", "Cheonan-si", ("서울", None, "krx.csv")),
        ("부산광역시", "Cheonan-si", ("부산", None, "krx.csv")),
        ("케이맨 제도", "Cheonan-si", (None, None, "krx.csv")),
    ],
)
def test_the_town_of_a_korean_company(region: str, office: str | None, expected: tuple[str | None, ...]) -> None:
    companies = pl.DataFrame({"Code": ["1"], "Region": [region], "file": ["krx.csv"], "_row": ["2"]})
    row = {"code": ["1"], "office": [office], "office_file": ["world.csv"], "office_row": ["7"]}
    elsewhere = pl.DataFrame(row, schema=dict.fromkeys(row, pl.String))
    placed = korea.add_place(companies, elsewhere, Provinces())
    assert placed.select("name", "province", "file").row(0) == expected


def test_an_office_counts_for_a_chinese_company_only_where_nothing_else_tells_the_city() -> None:
    placed = pl.DataFrame(
        [("1", "苏州市", "江苏", "苏州市 | 江苏", "a.csv", "2"), ("2", None, "江苏", "江苏", "a.csv", "3"),
         ("3", None, "江苏", "江苏", "a.csv", "4")],
        schema=["code", "name", "province", "written", "file", "_row"], orient="row",
    )  # fmt: skip
    elsewhere = pl.DataFrame(
        [("1", "Wuxi", "w.csv", "8"), ("2", "Nanjing", "w.csv", "9")],
        schema=["code", "office", "office_file", "office_row"], orient="row",
    )  # fmt: skip
    assert china.add_office(placed, elsewhere).select("name", "written", "file", "_row").rows() == [
        ("苏州市", "苏州市 | 江苏", "a.csv", "2"),
        ("Nanjing", "Nanjing | 江苏", "w.csv", "9"),
        (None, "江苏", "a.csv", "4"),
    ]
