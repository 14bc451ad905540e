"""Listed companies of Taiwan by headquarters and branch, from the company profiles of its two exchanges.

An address names a city, a county with one of its townships, or a science park. Townships and their points stand in
townships.csv beside this file. `docs/sources/listed_taiwan.md` explains each rule.
"""

from __future__ import annotations

from importlib import resources
from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

REGISTERED, INDUSTRY, ADDRESS = "外國企業註冊地國", "產業別", "住址"
COLUMNS: Final = (REGISTERED, INDUSTRY, ADDRESS)  # the columns on persons aren't in the file
HOME: Final = r"^[－\-\s]*$"  # a dash where the company isn't incorporated abroad
ABROAD: Final = "incorporated abroad: the address in Taiwan is that of an agent"
NO_CITY: Final = "the address names no city"

# 臺 and 台 are one character, and 巿 is a slip for 市. The township of a county comes first: "Hsinchu Science Park,
# Miaoli County, Zhunan" lies in Zhunan.
COUNTY: Final = r"((?:新竹|苗栗|彰化|南投|雲林|嘉義|屏東|宜蘭|花蓮|[台臺]東|澎湖|金門|桃園|連江)縣)"
TOWNSHIP: Final = COUNTY[:-1] + r"[^\d]{1,3}?[鄉鎮市巿])"
CITY: Final = r"((?:[台臺]北|新北|基隆|桃園|新竹|[台臺]中|嘉義|[台臺]南|高雄)[市巿])"
SEAT: Final = r"^(?:[(（]?\d+[)）]?)?((?:彰化|南投|屏東|苗栗)[市巿])"  # seats of counties, written without the county
SHORT: Final = r"^(北市|板橋區)"
PARK: Final = r"^(?:[(（]?\d+[)）]?)?(新竹科學(?:工業)?園區)"
CITY_OF: Final = {
    "北市": "台北市",
    "板橋區": "新北市",
    "新竹科學園區": "新竹市",
    "新竹科學工業園區": "新竹市",
    "桃園縣": "桃園市",
}

HARDWARE: Final = ("24", "25", "26", "27", "28", "29", "31")
SOFTWARE: Final = ("30",)
FINANCE: Final = ("17",)


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """One record for each company and variable, in RECORD_SCHEMA.

    Raises
    ------
    UpstreamError : a file is absent, unreadable, or lacks a column.
    SourceCheckError : a correction is stale.
    """
    frames = []
    for path in upstream.paths(meta.files[0]):
        table = apply_corrections(read_csv(upstream.open(path), columns=list(COLUMNS)), path, meta.corrections)
        frames.append(table.with_columns(file=pl.lit(path)))
    companies = add_place(pl.concat(frames))
    branches = branch_rules()
    parts = [
        companies.filter(branches[variable.id]).select(
            variable=pl.lit(variable.id),
            amount=pl.lit(1.0),
            file="file",
            row=ROW,
            name="name",
            country=pl.lit("TW"),
            lat="lat",
            lon="lon",
            label="written",
            reason=pl.when("foreign").then(pl.lit(ABROAD)).when(pl.col("written").is_null()).then(pl.lit(NO_CITY)),
        )
        for variable in meta.variables
    ]
    return place(pl.concat(parts), cities)


def add_place(table: pl.DataFrame) -> pl.DataFrame:
    """Add ``foreign``, ``written`` (the place as the address has it), and what to resolve: ``name``, or ``lat, lon``.

    A township has a point and no name; of a county whose township isn't declared the county's name is left. All are
    null for companies incorporated abroad and where the address names no place.
    """
    foreign = ~pl.col(REGISTERED).fill_null("").str.contains(HOME)
    address = pl.when(~foreign).then(pl.col(ADDRESS))
    seat = address.str.extract(SEAT)
    county = plain(seat).str.replace("市$", "縣")
    township = pl.coalesce(plain(address.str.extract(TOWNSHIP)), county + plain(seat))
    found = table.with_columns(foreign=foreign, township=township, address=address)
    joined = found.join(townships(), on="township", how="left", validate="m:1", maintain_order="left")
    known = pl.col("lat").is_not_null()
    written = pl.coalesce(
        pl.when(known).then(pl.col("address").str.extract(TOWNSHIP)),
        *[pl.col("address").str.extract(pattern) for pattern in (COUNTY, CITY, SEAT, PARK, SHORT)],
    )
    name = plain(written).replace(CITY_OF)
    return joined.with_columns(written=written, name=pl.when(~known).then(name)).drop("township", "address")


def plain(text: pl.Expr) -> pl.Expr:
    """A place's name in one spelling."""
    return text.str.replace_all("臺", "台", literal=True).str.replace_all("巿", "市", literal=True)


def townships() -> pl.DataFrame:
    """Points of townships outside the large cities: ``township`` (county and township), ``lat``, ``lon`` in degrees."""
    text = resources.files(__package__).joinpath("townships.csv").read_bytes()
    return pl.read_csv(text, schema_overrides={"lat": pl.Float64, "lon": pl.Float64}).select("township", "lat", "lon")


def branch_rules() -> dict[str, pl.Expr]:
    """Variable -> which companies count for it."""
    industry = pl.col(INDUSTRY)
    rules = {
        "listed_taiwan_companies": pl.col(ADDRESS).is_not_null(),
        "listed_taiwan_software_services": industry.is_in(SOFTWARE),
        "listed_taiwan_hardware": industry.is_in(HARDWARE),
        "listed_taiwan_financials": industry.is_in(FINANCE),
    }
    return {name: rule.fill_null(value=False) for name, rule in rules.items()}
