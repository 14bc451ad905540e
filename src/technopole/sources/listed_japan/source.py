"""Listed companies of Japan by headquarters and branch, from the EDINET code list of the Financial Services Agency.

Addresses mostly omit the prefecture: they begin with a city, a town behind its county, or a ward. A ward without its
city is one of Tokyo's 23; wards of other cities are always written behind their city.
`docs/sources/listed_japan.md` explains each rule.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from technopole.observations.corrections import apply_corrections
from technopole.observations.placing import Resolver, place
from technopole.observations.variables import Meta
from technopole.snapshots.tables import ROW, read_csv
from technopole.snapshots.upstream import Upstream

KIND, ADDRESS, INDUSTRY = "提出者種別", "所在地", "提出者業種"
FOREIGN: Final = "外国法人・組合"
ABROAD: Final = "headquarters abroad"
NO_CITY: Final = "the address names no city"

PREFECTURE: Final = r"^(東京都|北海道|(?:京都|大阪)府|(?:神奈川|和歌山|鹿児島|[^市区町村県]{2})県)"
# Cities whose names hold a character that ends names (市, 郡) come first.
AWKWARD: Final = "大和郡山|郡山|小郡|蒲郡|四日市|廿日市|野々市|市川|市原"
PLACE: Final = rf"^((?:{AWKWARD})市|[^市区郡]{{1,6}}[市区]|[^郡]{{1,5}}郡[^町村]{{1,6}}[町村])"
WARDS: Final = (
    "千代田区", "中央区", "港区", "新宿区", "文京区", "台東区", "墨田区", "江東区", "品川区", "目黒区", "大田区",
    "世田谷区", "渋谷区", "中野区", "杉並区", "豊島区", "北区", "荒川区", "板橋区", "練馬区", "足立区", "葛飾区",
    "江戸川区",
)  # fmt: skip
TOKYO: Final = "東京"

HARDWARE: Final = ("電気機器",)
SOFTWARE: Final = ("情報・通信業",)
FINANCE: Final = ("銀行業", "証券、商品先物取引業", "保険業", "その他金融業")


def records(upstream: Upstream, meta: Meta, cities: Resolver) -> pl.DataFrame:
    """One record for each company and variable, in RECORD_SCHEMA.

    Raises
    ------
    UpstreamError : the file is absent, unreadable, or lacks a column.
    SourceCheckError : a correction is stale.
    """
    (path,) = upstream.paths(meta.files[0])
    table = read_csv(upstream.open(path), columns=[KIND, ADDRESS, INDUSTRY])
    companies = add_place(apply_corrections(table, path, meta.corrections))
    branches = branch_rules()
    parts = [
        companies.filter(branches[variable.id]).select(
            variable=pl.lit(variable.id),
            amount=pl.lit(1.0),
            file=pl.lit(path),
            row=ROW,
            name="name",
            admin1="prefecture",
            country=pl.lit("JP"),
            label="written",
            reason=pl.when(pl.col(KIND) == FOREIGN)
            .then(pl.lit(ABROAD))
            .when(pl.col("written").is_null())
            .then(pl.lit(NO_CITY)),
        )
        for variable in meta.variables
    ]
    return place(pl.concat(parts), cities)


def add_place(table: pl.DataFrame) -> pl.DataFrame:
    """Add ``written`` (city, ward or town, as the address has it), ``prefecture``, and ``name`` (what to resolve).

    All are null where the address begins with none (a quarter alone), and for companies abroad.
    """
    address = pl.when(pl.col(KIND) != FOREIGN).then(pl.col(ADDRESS).str.replace_all(r"\s", ""))
    prefecture = address.str.extract(PREFECTURE)
    written = address.str.replace(PREFECTURE, "").str.extract(PLACE)
    ward = written.str.ends_with("区")
    tokyo = written.is_in(WARDS)
    return table.with_columns(
        written=pl.when(~ward | tokyo).then(written),
        prefecture=pl.when(~tokyo).then(prefecture),
        name=pl.when(tokyo).then(pl.lit(TOKYO)).when(~ward).then(written),
    )


def branch_rules() -> dict[str, pl.Expr]:
    """Variable -> which companies count for it."""
    industry = pl.col(INDUSTRY)
    rules = {
        "listed_japan_companies": pl.col(KIND).is_not_null(),
        "listed_japan_software_services": industry.is_in(SOFTWARE),
        "listed_japan_hardware": industry.is_in(HARDWARE),
        "listed_japan_financials": industry.is_in(FINANCE),
    }
    return {name: rule.fill_null(value=False) for name, rule in rules.items()}
