"""With the mirror: each value of each ranked city is recomputed, exactly, from the upstream rows of its trace."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from technopole.core.types import RINGS, Boundary
from technopole.editions.read import Edition, open_edition
from technopole.editions.trace import evidence_of
from technopole.indicators.declarations import Indicator, catalogue
from technopole.indicators.recipes import RECIPES, variables_behind
from technopole.indicators.variables import variable_values
from technopole.observations.aggregate import observations
from technopole.observations.variables import Meta, Variable
from technopole.sources.registry import load_source, source_ids


@pytest.fixture(scope="module")
def edition() -> Edition:
    return open_edition()


@pytest.fixture(scope="module")
def reread(edition: Edition, mirror_records: Callable[[str], pl.DataFrame]) -> pl.DataFrame:
    """Records read again from the mirror, with the number of their file in the edition."""
    every = pl.concat(map(mirror_records, source_ids())).filter(pl.col("place").is_not_null())
    return every.join(edition.table("files").select(file="path", number="file"), on="file", validate="m:1")


@cache
def declared() -> dict[str, tuple[Meta, Variable]]:
    metas = [load_source(name).meta for name in source_ids()]
    return {variable.id: (meta, variable) for meta in metas for variable in meta.variables}


@pytest.mark.parametrize("indicator", catalogue().indicators, ids=lambda one: one.id)
def test_values_are_recomputed_from_the_rows_of_their_trace(
    edition: Edition, reread: pl.DataFrame, indicator: Indicator
) -> None:
    ranked = edition.table("coverage").filter("eligible")["city"]
    frame = edition.frame().filter(pl.col("city").is_in(ranked.implode()))
    values = edition.table("indicators").filter(
        (pl.col("indicator") == indicator.id) & (pl.col("boundary") == Boundary.AGGLOMERATION.value)
    )
    variables = declared()
    metas = {meta.id: meta for meta, _ in variables.values()}
    behind = reread.filter(pl.col("variable").is_in(variables_behind(indicator)))
    of_place = behind.partition_by("place", as_dict=True)
    checked = 0
    for city in frame.iter_rows(named=True):
        value = values.filter(pl.col("city") == city["city"]).row(0, named=True)
        if value["value"] is None:
            assert value["status"] not in {"observed", "zero", "lower bound", "inherited"}
            continue
        rows = evidence_of(edition, indicator, city["city"], RINGS.index(Boundary.AGGLOMERATION))
        named = rows.select("variable", "place", "row", number="file").unique()
        near = [of_place[key] for key in named.select("place").unique().iter_rows() if key in of_place]
        mine = pl.concat([behind.clear(), *near]).join(named, on=["variable", "place", "row", "number"], how="semi")
        parts = [
            observations(mine, [variable], meta.id)
            for name in mine["variable"].unique()
            for meta, variable in [variables[name]]
        ]
        table = pl.concat(parts) if parts else observations(mine, [], "none")
        one = frame.filter(pl.col("city") == city["city"])
        if indicator.recipe:
            again = RECIPES[indicator.recipe].values(table, one, metas)
        else:
            meta, variable = variables[str(indicator.variable)]
            again = variable_values(table, variable, meta, one)
        got = again.filter(pl.col("boundary") == Boundary.AGGLOMERATION.value).row(0, named=True)
        assert (got["value"], got["status"]) == (value["value"], value["status"]), (city["slug"], indicator.id)
        checked += 1
    assert checked >= 30


def test_the_rows_of_a_trace_are_those_of_the_upstream_file(edition: Edition, mirror: Path) -> None:
    """One chain by hand: the lines of the metro list that Tokyo's trace names are Tokyo's lines."""
    tokyo = edition.frame().filter(pl.col("slug") == "tokyo").row(0, named=True)
    rows = evidence_of(edition, catalogue().get("metro_length"), tokyo["city"], RINGS.index(Boundary.AGGLOMERATION))
    path = Path(edition.table("files").filter(pl.col("file") == rows["file"][0])["path"][0])
    lines = (mirror / path).read_text(encoding="utf-8").splitlines()
    cells = [lines[int(row) - 1].split(",") for row in rows["row"]]
    assert {cell[0] for cell in cells} <= {"Tokyo", "Yokohama"}
    length = sum(float(cell[6]) for cell in cells)
    value = edition.table("observations").filter(
        (pl.col("variable") == "metro_length_km")
        & (pl.col("place") == str(tokyo["city"]))
        & (pl.col("boundary") == "agglomeration")
    )["value"][0]
    assert value == pytest.approx(length, abs=1e-9)
