"""The explorer's bundle: what of an edition a browser needs, as a few small files.

`meta.json` says everything in words (framework, indicators, sources, methods); the Parquet files hold numbers,
compressed with Snappy, which a browser reads without WebAssembly. Nothing in here knows which indicators or pillars
there are. The layout is documented in explorer/README.md and read by explorer/src/data.ts.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache, partial
from typing import Any, Final

import polars as pl

from technopole.core.types import RINGS, Boundary, Lens
from technopole.editions.read import Edition
from technopole.index.framework import ROOT, Framework
from technopole.index.run import LOWEST
from technopole.index.tree import labelled_tree
from technopole.indicators.declarations import Indicator
from technopole.indicators.recipes import RECIPES
from technopole.publish.bundle_close import close_table
from technopole.publish.bundle_documents import document_parts, json_bytes
from technopole.publish.bundle_names import names_text
from technopole.publish.bundle_origins import files_of, origins_of
from technopole.publish.extremes_shipped import shipped_extremes

FORMAT: Final = 1
LENSES: Final = tuple(lens.value for lens in Lens)
BOUNDARIES: Final = tuple(boundary.value for boundary in RINGS)


def bundle(edition: Edition) -> dict[str, bytes]:
    """Make the bundle of an edition.

    Returns
    -------
    File name -> content: meta.json, names.txt, cities, results, scores, values, unranked, close, origins and files as
    Parquet, and the documents of `bundle_documents`. The same edition gives the same bytes.

    Raises
    ------
    EditionError : a table of the edition is absent or corrupted.
    """
    return {name: made() for name, made in bundle_parts(edition).items()}


def bundle_parts(edition: Edition) -> dict[str, Callable[[], bytes]]:
    """What makes each file of the bundle. What takes seconds is done when its file is asked for, not before.

    The files that the first page needs come first.
    """
    framework = edition.framework()
    cities = _cities(edition)
    ranked = cities.filter("eligible")["city"]
    indicators = _listed_indicators(edition, framework)
    values, codes = _coded_values(edition, cities, [one.id for one in indicators])
    origins = cache(lambda: origins_of(edition, ranked, indicators))
    tables: dict[str, Callable[[], pl.DataFrame]] = {
        "cities": lambda: cities.with_columns(pl.col("city").cast(pl.Int32)),
        "results": lambda: _results(edition, framework, ranked),
        "scores": lambda: _scores(edition, framework, ranked),
        "values": lambda: _ranked_values(values, ranked),
        "unranked": lambda: _unranked_values(values, ranked),
        "close": lambda: close_table(edition, ranked),
    }
    behind: dict[str, Callable[[], pl.DataFrame]] = {
        "origins": origins,
        "files": lambda: files_of(edition, origins()),
    }
    return {
        "meta.json": lambda: json_bytes(_meta(edition, framework, indicators, codes, ranked.len())),
        "names.txt": lambda: names_text(edition, cities).encode(),
        **{f"{name}.parquet": partial(_made_parquet, table) for name, table in tables.items()},
        **document_parts(edition),
        **{f"{name}.parquet": partial(_made_parquet, table) for name, table in behind.items()},
    }


def _made_parquet(table: Callable[[], pl.DataFrame]) -> bytes:
    return _parquet(table())


def _parquet(table: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.write_parquet(buffer, compression="snappy", statistics=False, row_group_size=max(table.height, 1))
    return buffer.getvalue()


def _cities(edition: Edition) -> pl.DataFrame:
    """Cities of the frame: the ranked ones first, each part by id (the order that breaks ties)."""
    return (
        edition.frame()
        .select("city", "slug", "name", "country", "population_thousands", "latitude", "longitude")
        .join(edition.table("coverage"), on="city", how="left", validate="1:1")
        .with_columns(pl.col("eligible").fill_null(False), pl.col("latitude", "longitude").round(3))
        .sort(["eligible", "city"], descending=[True, False])
    )


def _listed_indicators(edition: Edition, framework: Framework) -> list[Indicator]:
    """Indicators of the framework in its order, then the others that the edition has values of."""
    present = set(edition.table("indicators")["indicator"].unique())
    declared = {one.id: one for one in edition.catalogue().indicators if one.id in present}
    first = [name for name in framework.indicator_ids() if name in declared]
    return [declared[name] for name in [*first, *(name for name in declared if name not in first)]]


def _in_order(table: pl.DataFrame, ranked: pl.Series, *keys: tuple[str, list[str]]) -> pl.DataFrame:
    """Sort by the position of each key's value in its list, then by city; rows of other cities are dropped."""
    kept = table.filter(pl.col("city").is_in(ranked.implode()))
    for name, order in keys:
        kept = kept.filter(pl.col(name).is_in(order))
    places = [pl.col(name).replace_strict(order, list(range(len(order)))) for name, order in keys]
    return kept.sort(*places, "city")


def _results(edition: Edition, framework: Framework, ranked: pl.Series) -> pl.DataFrame:
    """Rank, range and tier; rows in the order lens, boundary, side (the whole index first), city."""
    sides = [ROOT, *framework.sides()]
    ordered = _in_order(
        edition.table("results"), ranked, ("lens", list(LENSES)), ("boundary", list(BOUNDARIES)), ("side", sides)
    )
    return ordered.select(
        pl.col("rank", "tier").cast(pl.Int32),
        pl.col("rank_low", "rank_high").round(2),
        pl.col("nominal_outside"),
    )


def _scores(edition: Edition, framework: Framework, ranked: pl.Series) -> pl.DataFrame:
    """Normalised value of each indicator, one column each; rows in the order lens, boundary, city.

    Doubles, because the browser must rank as Python does.
    """
    leaves = framework.indicator_ids()
    wide = (
        edition.table("scores")
        .filter(pl.col("node").is_in(leaves))
        .pivot("node", index=["lens", "boundary", "city"], values="score")
    )
    return _in_order(wide, ranked, ("lens", list(LENSES)), ("boundary", list(BOUNDARIES))).select(leaves)


def _coded_values(
    edition: Edition, cities: pl.DataFrame, indicators: list[str]
) -> tuple[pl.DataFrame, dict[str, list[Any]]]:
    """Give values their status and their (unit, period, source) as codes, and the lists behind the codes."""
    values = edition.table("indicators").filter(pl.col("indicator").is_in(indicators))
    statuses = sorted(values["status"].unique())
    kinds = values.select("unit", "period", "source").unique().sort("unit", "period", "source", nulls_last=True)
    coded = (
        values.join(
            kinds.with_row_index("kind"), on=["unit", "period", "source"], nulls_equal=True, validate="m:1", how="left"
        )
        .with_columns(
            status=pl.col("status").replace_strict(statuses, list(range(len(statuses)))).cast(pl.UInt8),
            kind=pl.col("kind").cast(pl.UInt16),
            at=pl.col("indicator").replace_strict(indicators, list(range(len(indicators)))).cast(pl.UInt16),
        )
        .join(cities.select("city").with_row_index("position"), on="city", validate="m:1")
    )
    return coded, {"statuses": statuses, "kinds": [list(row) for row in kinds.iter_rows()]}


def _ranked_values(coded: pl.DataFrame, ranked: pl.Series) -> pl.DataFrame:
    """Values of ranked cities; rows in the order indicator, boundary, city."""
    order = {name: place for place, name in enumerate(BOUNDARIES)}
    return (
        coded.filter(pl.col("position") < ranked.len())
        .sort("at", pl.col("boundary").replace_strict(order, return_dtype=pl.UInt8), "position")
        .select("value", "status", "kind")
    )


def _unranked_values(coded: pl.DataFrame, ranked: pl.Series) -> pl.DataFrame:
    """Values of the other cities under the default boundary; rows in the order indicator, city."""
    return (
        coded.filter((pl.col("position") >= ranked.len()) & (pl.col("boundary") == Boundary.AGGLOMERATION.value))
        .sort("at", "position")
        .select("value", "status", "kind")
    )


def _caps(edition: Edition, leaves: list[str]) -> dict[str, dict[str, list[float | None]]]:
    """Largest treated value of each indicator per lens and boundary: what values are capped at."""
    highest = (
        edition.table("scores")
        .filter(pl.col("node").is_in(leaves))
        .group_by("lens", "boundary", "node")
        .agg(pl.col("treated").max())
    )
    found = {(row[0], row[1], row[2]): row[3] for row in highest.iter_rows()}
    return {
        lens: {boundary: [found.get((lens, boundary, leaf)) for leaf in leaves] for boundary in BOUNDARIES}
        for lens in LENSES
    }


def _meta(
    edition: Edition, framework: Framework, indicators: list[Indicator], codes: dict[str, list[Any]], ranked: int
) -> dict[str, Any]:
    labelled = labelled_tree(framework)
    titles = {node.id: getattr(node, "title", None) for node in framework.walk()}
    leaves = framework.indicator_ids()
    return {
        "bundle": FORMAT,
        "edition": {
            "id": edition.id,
            "content_digest": edition.manifest["content_digest"],
            "ranked": ranked,
            "cities": edition.frame().height,
            "observations": edition.table("observations").height,
            "upstream_rows": edition.table("evidence").height,
            "upstream_files": edition.table("files").height,
        },
        "framework": {
            **{key: value for key, value in framework.model_dump(mode="json").items() if key != "tree"},
            "lowest": LOWEST,
        },
        "lenses": LENSES,
        "boundaries": BOUNDARIES,
        "default_boundary": Boundary.AGGLOMERATION.value,
        "root": ROOT,
        "sides": framework.sides(),
        "pillars": framework.pillars(),
        "nodes": [
            {"id": name, "title": titles.get(name), "parent": parent, "weight": float(weight)}
            for name, parent, weight in zip(labelled.names, labelled.tree.parents, labelled.weights, strict=True)
        ],
        "leaves": len(leaves),
        "caps": _caps(edition, leaves),
        "possible_ranks": shipped_extremes(edition) is not None,
        "indicators": [_indicator(one) for one in indicators],
        "sources": {name: _source(source) for name, source in edition.sources.items()},
        "inputs": edition.manifest["inputs"],
        **codes,
    }


def _indicator(one: Indicator) -> dict[str, Any]:
    recipe = None if one.recipe is None else RECIPES[one.recipe]
    return {
        "id": one.id,
        "title": one.title,
        "question": one.question,
        "unit": one.unit,
        "kind": one.kind,
        "direction": one.direction,
        "formula": None if recipe is None else recipe.formula,
        "variables": [one.variable] if recipe is None else list(recipe.variables),
    }


def _source(source: dict[str, Any]) -> dict[str, Any]:
    keys = ("title", "producer", "url", "licence", "licence_class", "citation", "vintage", "what", "limits",
            "resolved_share", "records")  # fmt: skip
    return {
        **{key: source.get(key) for key in keys},
        "variables": {
            one["id"]: {
                "title": one["title"],
                "absence": " ".join(str(one["absence"]["why"]).split()),
                "granularity": one.get("granularity"),
            }
            for one in source["variables"]
        },
    }
