"""Listed companies of a city: official registers where a country has one, FinanceDatabase elsewhere.

FinanceDatabase places too few companies of China, Japan, Korea and Taiwan (57 to 74 % of their registers). There the
register of the country's own exchanges replaces it, for both list the same companies: they are never added.
Companies of these countries that are listed in other countries only stay with FinanceDatabase and are added.

    city = register + companies listed abroad only      where the register can place every company of the city
    city = max(register, FinanceDatabase at home) + abroad       where it knows a province only (a lower bound)
    city = FinanceDatabase                               in every other country

Of two lower bounds of one number the larger is the better one. A city of such a country without any company is zero
where the register is complete and missing where it isn't.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from technopole.core.types import Status
from technopole.indicators.variables import variable_values
from technopole.observations.variables import Meta, Variable

WORLD: Final = "financedatabase"
REGISTERS: Final[dict[str, str]] = {
    "CN": "listed_china",
    "JP": "listed_japan",
    "KR": "listed_korea",
    "TW": "listed_taiwan",
}
BRANCHES: Final = ("companies", "software_services", "hardware", "financials")
WHOLE: Final = ("JP", "TW")
"""Countries whose register has the address of every company."""
COMPLETE: Final[dict[int, str]] = {
    1816670: "Beijing: a municipality, which the list of companies names as such",
    1796236: "Shanghai: a municipality",
    1792947: "Tianjin: a municipality",
    1814906: "Chongqing: a municipality",
    1795565: "Shenzhen: named beside the provinces",
    1835848: "Seoul: the capital area, which is three whole provinces",
    1835235: "Daejeon: the agglomeration lies in the metropolitan city",
    1833747: "Ulsan: the agglomeration lies in the metropolitan city",
}
"""Cities of the other countries that the register can place every company of, with the reason.

Busan, Daegu and Gwangju reach into the provinces around them, of which the register names no city.
"""
FORMULA: Final = (
    "official register of the country's own exchanges + companies listed abroad only (FinanceDatabase); where the "
    "register knows provinces only, the larger of register and FinanceDatabase at home stands for the register; in "
    "countries without a register, FinanceDatabase"
)


def variables(branch: str) -> tuple[str, ...]:
    """Every variable that the recipe of a branch reads.

    >>> variables("hardware")[:3]
    ('listed_hardware', 'listed_hardware_abroad', 'listed_china_hardware')
    """
    return (_world(branch), _abroad(branch), *(_register(source, branch) for source in REGISTERS.values()))


def city_variables(city: pl.DataFrame, branch: str) -> tuple[str, ...]:
    """Variables that count for one city.

    Parameters
    ----------
    city : one row of the frame.
    """
    country, place = city.row(0, named=True)["country"], city.row(0, named=True)["city"]
    if country not in REGISTERS:
        return (_world(branch),)
    register = _register(REGISTERS[country], branch)
    whole = country in WHOLE or place in COMPLETE
    return (register, _abroad(branch)) if whole else (register, _world(branch), _abroad(branch))


def values(observations: pl.DataFrame, frame: pl.DataFrame, metas: Mapping[str, Meta], branch: str) -> pl.DataFrame:
    """Value or reason for every city and boundary, as indicators.matrix wants them.

    Parameters
    ----------
    observations : OBSERVATION_SCHEMA, of FinanceDatabase and the registers.
    frame : the columns city, country of FRAME_SCHEMA.
    metas : declarations; a country whose register isn't among them is counted by FinanceDatabase.
    branch : one of BRANCHES.

    Returns
    -------
    DataFrame with city, boundary, value, status, period, source.
    """
    world = _declared(metas[WORLD], _world(branch))
    base = variable_values(observations, world, metas[WORLD], frame)
    registers = {country: source for country, source in REGISTERS.items() if source in metas}
    periods = {
        country: _declared(metas[source], _register(source, branch)).period for country, source in registers.items()
    }
    counts = [
        _counts(observations, [_register(source, branch) for source in registers.values()], "register"),
        _counts(observations, [_world(branch)], "everywhere"),
        _counts(observations, [_abroad(branch)], "abroad"),
    ]
    table = base.join(frame.select("city", "country"), on="city", how="left", validate="m:1")
    for found in counts:
        table = table.join(found, on=["city", "boundary"], how="left", validate="1:1")
    table = table.with_columns(pl.col("register", "everywhere", "abroad").fill_null(0.0))
    at_home = pl.col("everywhere") - pl.col("abroad")
    whole = pl.col("country").is_in(WHOLE) | pl.col("city").is_in(list(COMPLETE))
    home = pl.when(whole).then("register").otherwise(pl.max_horizontal("register", at_home))
    by_world = ~whole & (at_home > pl.col("register"))
    covered = table.filter(pl.col("country").is_in(list(registers))).select(
        "city",
        "boundary",
        value=home + pl.col("abroad"),
        whole=whole,
        period=pl.when(by_world).then("period").otherwise(pl.col("country").replace_strict(periods, default=None)),
        source=pl.when(by_world).then("source").otherwise(pl.col("country").replace_strict(registers, default=None)),
    )
    status = (
        pl.when(~pl.col("whole"))
        .then(
            pl.when(pl.col("value") > 0)
            .then(pl.lit(Status.LOWER_BOUND.value))
            .otherwise(pl.lit(Status.NOT_COVERED.value))
        )
        .otherwise(
            pl.when(pl.col("value") > 0).then(pl.lit(Status.OBSERVED.value)).otherwise(pl.lit(Status.ZERO.value))
        )
    )
    covered = covered.with_columns(status=status).with_columns(
        value=pl.when(pl.col("status") != Status.NOT_COVERED.value).then("value")
    )
    others = base.join(covered, on=["city", "boundary"], how="anti")
    return pl.concat([others, covered.select(others.columns)]).sort("city", "boundary")


def national_inputs(_observations: pl.DataFrame, cities: pl.DataFrame) -> list[dict[str, list[str]]]:
    """No value of a country or region stands behind a city's count."""
    return [{} for _ in range(cities.height)]


def _world(branch: str) -> str:
    return f"listed_{branch}"


def _abroad(branch: str) -> str:
    return f"listed_{branch}_abroad"


def _register(source: str, branch: str) -> str:
    return f"{source}_{branch}"


def _declared(meta: Meta, variable: str) -> Variable:
    return next(one for one in meta.variables if one.id == variable)


def _counts(observations: pl.DataFrame, names: list[str], column: str) -> pl.DataFrame:
    """``city, boundary`` and the sum of the named variables as `column`."""
    found = observations.filter(pl.col("variable").is_in(names) & (pl.col("level") == "city"))
    return found.group_by(city=pl.col("place").cast(pl.Int64), boundary="boundary").agg(
        pl.col("value").sum().alias(column)
    )
