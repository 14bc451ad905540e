"""Cases that a first attempt at resolution got wrong, by kind, and further cases of each kind.

Each case is (name, country, admin1, latitude, longitude) and what must come out: the slug of a city, or "!" and the
beginning of the reason why none.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest

from technopole.cities.resolve import QUERY_SCHEMA, Resolver

Case = tuple[str | None, str | None, str | None, float | None, float | None, str]


def case(name: str | None, country: str | None, expected: str, **more: object) -> Case:
    admin1, lat, lon = more.get("admin1"), more.get("lat"), more.get("lon")
    return (name, country, admin1, lat, lon, expected)  # type: ignore[return-value]


CASES: dict[str, list[Case]] = {
    "pinyin and older romanisations": [
        case("Gaoxiong", None, "kaohsiung"),
        case("Gaoxiong", "China", "kaohsiung"),
        case("Taibei", "Taiwan", "taipei"),
        case("Xinbei", "TW", "taipei"),
        case("Jilong", "TW", "taipei"),
        case("Haerbin", "China", "harbin"),
        case("Kao-hsiung", "TW", "kaohsiung"),
        case("Taizhong", "TW", "taichung"),
        case("T'ai-pei", "TW", "taipei"),
        case("Peking", None, "beijing"),
    ],
    "metropolitan labels": [
        case("Chukyo M.M.A. (Nagoya)", "Japan", "nagoya"),
        case("Kitakyushu-Fukuoka M.M.A.", "Japan", "fukuoka"),
        case("Kinki M.M.A. (Osaka)", "JP", "osaka"),
        case("New York-Newark-Jersey City (Ny-Nj-Pa)", "USA", "new-york"),
        case("Los Angeles-Long Beach-Anaheim (Ca)", "USA", "los-angeles"),
        case("Kansas City (Mo-Ks)", "USA", "kansas-city"),
        case("San Francisco (Bay Area)", "United States", "san-francisco"),
        case("Seattle Metropolitan Area", "US", "seattle"),
        case("Greater Manchester", "GB", "manchester"),
        case("Metro Manila", "Philippines", "manila"),
        case("Taipei City", "CHN", "taipei"),
        case("Osaka-shi", "JP", "osaka"),
        case("Seongnam-si", "South Korea", "seoul"),
        case("Minneapolis-St. Paul", "US", "minneapolis"),
        case("Tours-sur-Marne", "France", "!"),
    ],
    "brackets against the country column": [
        case("Barcelona [Spain]", "Bolivarian Republic of Venezuela", "barcelona"),
        case("Valencia [Venezuela]", "Spain", "valencia"),
        case("Valencia [Spain]", "Bolivarian Republic of Venezuela", "valencia-es"),
        case("Barcelona [Venezuela]", "Spain", "barcelona-ve"),
        case("Cordoba [Argentina]", "Spain", "cordoba"),
        case("New Taipei [Taipei]", "China", "taipei"),
        case("Vancouver (Canada)", None, "vancouver"),
    ],
    "places that the gazetteer lacks or has elsewhere": [
        case("Sejong", "KR", "daejeon"),
        case("세종", "KR", "daejeon"),
        case("Tuzla", "TR", "istanbul"),
        case("Tuzla", "BA", "tuzla"),
        case("Kartal", "TR", "istanbul"),
        case("Sveta Nedelja", "HR", "zagreb"),
        case("St. Julian's", "MT", "!outside the frame: San"),
        case("Rosebery", "AU", "sydney", admin1="NSW"),
        case("City of Industry", "US", "los-angeles", admin1="CA"),
        case("Bellville", "South Africa", "cape-town"),
    ],
    "a neighbour's country": [
        case("Brazzaville", "Democratic Republic of the Congo", "brazzaville"),
        case("Asuncion", "Argentina", "asuncion"),
        case("Strasbourg", "Germany", "strasbourg"),
        case("Toronto", "Zambia", "!unknown name"),
        case("San Francisco", "GB", "!unknown name", lat=37.77, lon=-122.42),
        case("Tokyo", "US", "!", lat=35.68, lon=139.69),
    ],
    "states and provinces behind the name": [
        case("Xi'an, Shaanxi", "China", "xian"),
        case("Palo Alto, CA, USA", None, "san-francisco"),
        case("Austin, TX", None, "austin"),
        case("Washington, D.C.", None, "washington"),
        case("Tbilisi, Georgia", None, "tbilisi"),
        case("Batumi, Georgia", "US", "batumi"),
        case("Atlanta, Georgia", None, "atlanta"),
        case("Athens, Georgia", None, "athens-us"),
        case("Belo Horizonte, MG", "BR", "belo-horizonte"),
        case("São Paulo - SP", "BR", "sao-paulo"),
        case("Valence, Drôme, France", None, "!outside the frame", lat=44.9337, lon=4.8967),
        case("Oxford, Ohio", "US", "!outside the frame"),
        case("Paris, Texas", None, "!outside the frame"),
        case("Waterloo, ON", "U.S.A.", "kitchener"),
    ],
    "districts": [
        case("Central", "Hong Kong", "hong-kong"),
        case("Wan Chai", "Hong Kong", "hong-kong"),
        case("Sha Tin", "Hong Kong", "hong-kong"),
        case("Kwun Tong", "Hong Kong", "hong-kong"),
        case("Kowloon Bay", "Hong Kong", "hong-kong"),
        case("Kowloon", None, "hong-kong"),
        case("Gangnam-gu", "KR", "seoul"),
        case("Shibuya", "JP", "tokyo"),
        case("Chiyoda-ku", "JP", "tokyo"),
        case("Minato-ku", "JP", "tokyo", admin1="Tokyo"),
        case("Minato-ku", "JP", "!ambiguous"),
        case("Pudong", "CN", "shanghai"),
        case("Haidian", "China", "beijing"),
        case("Brooklyn", "United States", "new-york"),
        case("Chaoyang", "CN", "beijing", admin1="Beijing"),
        case("Luzhou", "China", "luzhou"),
        case("Aberdeen", "GB", "aberdeen"),
        case("York", "GB", "york"),
    ],
    "satellites": [
        case("Suwon-si", "South Korea", "seoul"),
        case("Hwaseong-si", "South Korea", "seoul"),
        case("Anyang-Si", "South Korea", "seoul"),
        case("Zhubei", "Taiwan", "hsinchu"),
        case("Veldhoven", "Netherlands", "eindhoven"),
        case("Hawthorne", "United States", "los-angeles"),
        case("Gurgaon", "India", "delhi"),
        case("Espoo", "FI", "helsinki"),
        case("Mississauga", "CA", "toronto"),
        case("Petah Tikva", "Israel", "tel-aviv"),
    ],
    "one name, several places": [
        case("Cambridge", "United States", "boston", admin1="MA"),
        case("Cambridge", "United Kingdom", "cambridge"),
        case("Cambridge", None, "!ambiguous"),
        case("Richmond", "Canada", "vancouver"),
        case("Richmond", "United States", "richmond"),
        case("Richmond", "AU", "melbourne"),
        case("Los Angeles", "CHL", "los-angeles-cl"),
        case("Springfield", "US", "!ambiguous"),
        case("Springfield", "US", "springfield-us-il", lat=39.8, lon=-89.65),
        case("Taizhou", "China", "!ambiguous"),
        case("Taizhou", "China", "taizhou", admin1="Zhejiang"),
        case("Taizhou", "China", "taizhou", lat=28.65, lon=121.4),
        case("Suzhou", "CN", "suzhou"),
        case("Suzhou", "CN", "suzhou-cn", admin1="Anhui"),
        case("Suzhou", "CN", "suzhou-cn", lat=33.63, lon=116.98),
        case("San Juan", "United States", "san-juan"),
        case("San Juan", "Argentina", "san-juan-ar"),
        case("Birmingham, AL", "USA", "birmingham-us"),
        case("Hyderabad", "Pakistan", "hyderabad-pk"),
        case("Portland", "US", "!outside the frame", admin1="ME"),
        case("Glendale", "US", "!ambiguous"),
    ],
    "misplaced points": [
        case("Cochabamba", "BO", "cochabamba", lat=-17.39, lon=18.0),
        case("Boston", "United States", "boston", lat=37.837696, lon=-94.344904),
        case("Philadelphia", "United States", "philadelphia", lat=35.207498, lon=-79.421442),
        case("Isfahan", "Iran", "isfahan", lat=33.0, lon=52.16667),
        case("Gothenburg", "Sweden", "gothenburg", lat=0.0, lon=0.0),
        case("Tokyo", "Japan", "tokyo", lat=33.89, lon=130.71),
        case("London", "GB", "london", lat=float("nan"), lon=float("inf")),
    ],
    "territories filed under a state": [
        case("Taipei City", "CHN", "taipei"),
        case("Hong Kong", "CHN", "hong-kong"),
        case("Macao", "China", "macao"),
        case("Hsinchu", "China", "hsinchu"),
        case("Sha Tin", "China", "hong-kong"),
    ],
    "spellings of countries": [
        case("London", "Great Britain", "london"),
        case("London", "GB", "london"),
        case("London", "United Kingdom", "london"),
        case("Windhoek", "NA", "windhoek"),
        case("Seoul", "Korea, Republic of", "seoul"),
    ],
    "city states": [
        case(None, "Singapore", "singapore"),
        case("", "Hong Kong", "hong-kong"),
        case(" ", "SGP", "singapore"),
        case("Singapore", "Singapore", "singapore"),
        case("An Unknown Street", "Singapore", "singapore"),
        case(None, "Monaco", "!outside the frame"),
        case(None, "Luxembourg", "!empty"),
        case(None, "Taiwan", "!empty"),
        case("", "United States", "!empty"),
        case(None, None, "!empty"),
    ],
    "no city": [
        case("MH, India", None, "!state code"),
        case("CA", "US", "!state code"),
        case("ON, Canada", None, "!state code"),
        case("NSW", "Australia", "!state code"),
        case("India", None, "!country or region name"),
        case("India", "India", "!country or region name"),
        case("North America", None, "!country or region name"),
        case("Oregon", "US", "!country or region name", lat=45.52, lon=-122.68),
        case("Iowa", "US", "!country or region name", lat=41.878, lon=-93.098),
        case("Finland", "FI", "!country or region name", lat=60.17, lon=24.94),
        case("Northern Virginia", "US", "!country or region name"),
        case("US East (Ohio)", "United States", "!country or region name"),
        case("Georgia", "US", "!country or region name", lat=33.7, lon=-84.4),
        case("Karnataka, India", None, "!country or region name"),
        case("Panama", "Panama", "!country or region name"),
        case("Kyoto", "Japan", "osaka"),
        case("New York", "US", "new-york"),
        case("South Jordan", "United States", "salt-lake-city"),
        case("George Town", "Cayman Islands", "!registered office"),
        case("Road Town", "British Virgin Islands", "!registered office"),
        case("Road Town", None, "!registered office"),
        case("Hamilton", "Bermuda", "!registered office"),
        case("Hamilton", "Canada", "hamilton"),
        case("Remote", None, "!not a place"),
        case("Virtual event", None, "!not a place"),
        case("Online", "Germany", "!not a place"),
    ],
    "typing errors": [
        case("Sidney", "Australia", "sydney"),
        case("Kuala Lumper", "Malaysia", "kuala-lumpur"),
        case("Zuerich", "CH", "zurich"),
        case("Munchen", "Germany", "munich"),
        case("San Fransisco", "United States", "san-francisco"),
        case("Sydeny", "AU", "sydney"),
        case("Melborne", "Australia", "melbourne"),
        case("Ft. Worth", "US", "dallas"),
        case("Haiyan", "China", "!"),
        case("Austin", "US", "!unknown name", admin1="WY"),
    ],
    "native scripts": [
        case("東京", None, "tokyo"),
        case("서울", None, "seoul"),
        case("北京", None, "beijing"),
        case("Москва", None, "moscow"),
        case("القاهرة", None, "cairo"),
        case("深圳市", None, "shenzhen"),
        case("深圳巿", "CN", "shenzhen"),
        case("臺北", None, "taipei"),
        case("台北", None, "taipei"),
        case("广东省深圳市南山区", "CN", "shenzhen"),
        case("東京都渋谷区", "JP", "tokyo"),
        case("경기도 성남시", "KR", "seoul"),
        case("Αθήνα", None, "athens"),
    ],
    "points alone": [
        case(None, None, "paris", lat=48.85, lon=2.35),
        case(None, "US", "!outside the frame", lat=48.85, lon=2.35),
        case(None, "HK", "hong-kong", lat=22.396, lon=114.109),
        case(None, "SE", "!outside the frame", lat=60.675, lon=17.141),
        case(None, "IT", "milan", lat=45.6306, lon=8.7281),
        case(None, None, "!bad coordinates", lat=999.0, lon=2.35),
        case(None, None, "!bad coordinates", lat=float("nan"), lon=2.35),
        case("Nowhere Special", "DE", "berlin", lat=52.52, lon=13.4),
    ],
}


@pytest.mark.parametrize("kind", CASES)
def test_kind_is_solved(kind: str, resolver: Resolver) -> None:
    cases = CASES[kind]
    answers = resolver.resolve(pl.DataFrame([row[:5] for row in cases], schema=QUERY_SCHEMA, orient="row"))
    slugs = dict(resolver.tables.frame.select("city", "slug").iter_rows())
    wrong = []
    for row, answer in zip(cases, answers.iter_rows(named=True), strict=True):
        expected = row[5]
        got = slugs.get(answer["city"]) or f"!{answer['reason']}"
        if not (got.startswith(expected) if expected.startswith("!") else got == expected):
            wrong.append(f"{row[:5]}: {got}, expected {expected}")
    assert not wrong, "\n".join(wrong)


INSTITUTIONS = [
    ("york university", "toronto"),
    ("royal institute of technology", "stockholm"),
    ("ecole normale superieure", "paris"),
    ("waseda university", "tokyo"),
    ("shandong university", "jinan"),
    ("miami university", None),
    ("google", None),
]


@pytest.mark.parametrize(("institution", "expected"), INSTITUTIONS)
def test_institutions(
    institution: str, expected: str | None, resolver: Resolver, mirror_records: Callable[[str], pl.DataFrame]
) -> None:
    rows = mirror_records("csmetrics").filter(pl.col("row") == institution)
    assert rows.height
    slugs = {str(city): slug for city, slug in resolver.tables.frame.select("city", "slug").iter_rows()}
    assert {slugs[place] if place else None for place in rows["place"].unique()} == {expected}


def test_an_organisation_of_many_laboratories_is_never_at_its_headquarters_alone(
    resolver: Resolver, mirror_records: Callable[[str], pl.DataFrame]
) -> None:
    rows = mirror_records("csmetrics").filter((pl.col("row") == "ibm") & (pl.col("variable") == "robotics_papers"))
    slugs = {str(city): slug for city, slug in resolver.tables.frame.select("city", "slug").iter_rows()}
    held = {slugs[place]: papers for place, papers in rows.group_by("place").agg(pl.col("amount").sum()).iter_rows()}
    assert {"new-york", "san-francisco", "zurich", "haifa", "tokyo", "beijing"} < set(held)
    assert max(held.values()) == pytest.approx(rows["amount"].sum() / 11)
