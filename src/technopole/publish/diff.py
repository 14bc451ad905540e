"""What changed from one edition to another: ranks, the exact parts of each score's change, and the observations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from technopole.core.errors import EditionError
from technopole.core.types import Boundary, Lens
from technopole.editions.format import FRAMEWORK
from technopole.editions.read import Edition
from technopole.indicators.declarations import Catalogue
from technopole.indicators.recipes import RECIPES
from technopole.kernel.rank import round_significant
from technopole.publish.ranking import known_boundary, known_lens
from technopole.publish.uncertainty import known_side
from technopole.robustness.change import Change, Evidence, decompose

PARTS: Final = ("observations", "goalposts", "framework", "software")
LEAST: Final = 1e-9
"""Changes of a score below this are none."""
_KEY: Final = ("variable", "level", "place", "boundary")


@dataclass(frozen=True)
class Diff:
    """Outcome of `technopole data diff`.

    `table`: city, slug, name, country, rank_a, rank_b, move (b - a: negative is up) and its two parts, which sum to it
    (move_self: the city's new score among the old scores of the others; move_others: what these did since, those that
    entered or left among them), score_a, score_b, change, and its PARTS, which sum to it; cities whose rank or score
    changed, largest moves first. `indicators`: city, indicator, value_a, status_a, value_b, status_b, contribution (to
    the part `observations`), observations (those of the second edition's making that changed: variable, place, value_a,
    value_b; none where the indicator is made otherwise of the same observations). `entered`, `left`: ranked in one
    only. `observations`: variable, level, place, boundary, kind (changed, added, removed), value_a, value_b.
    `framework`: key, a, b of each declaration that differs.
    """

    a: dict[str, Any]
    b: dict[str, Any]
    identical: bool
    lens: str
    side: str | None
    boundary: str
    table: pl.DataFrame
    indicators: pl.DataFrame
    entered: pl.DataFrame
    left: pl.DataFrame
    observations: pl.DataFrame
    framework: list[dict[str, Any]]

    def to_polars(self) -> pl.DataFrame:
        """Return the table."""
        return self.table

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of `technopole data diff --json`."""
        parts = {key[0]: rows.drop("city").to_dicts() for key, rows in self.indicators.group_by("city")}
        by_variable = (
            self.observations.group_by("variable", "kind").len().pivot("kind", index="variable", values="len")
            if self.observations.height
            else pl.DataFrame(schema={"variable": pl.String})
        )
        kinds = [pl.col(kind) if kind in by_variable.columns else pl.lit(0).alias(kind) for kind in KINDS]
        return {
            "a": self.a,
            "b": self.b,
            "identical": self.identical,
            "lens": self.lens,
            "side": self.side,
            "boundary": self.boundary,
            "cities": [
                {"id": row["city"], **{key: cell for key, cell in row.items() if key != "city"},
                 "indicators": parts.get(row["city"], [])}
                for row in self.table.iter_rows(named=True)
            ],
            "entered": self.entered.rename({"city": "id"}).to_dicts(),
            "left": self.left.rename({"city": "id"}).to_dicts(),
            "variables": by_variable.select("variable", *kinds).fill_null(0).sort("variable").to_dicts(),
            "observations": self.observations.to_dicts(),
            "framework": self.framework,
        }  # fmt: skip


KINDS: Final = ("changed", "added", "removed")


def diff(
    first: Edition,
    second: Edition,
    *,
    lens: str = Lens.SCALE,
    side: str | None = None,
    boundary: str = Boundary.AGGLOMERATION,
) -> Diff:
    """Compare two editions; see `robustness.change` for the parts.

    The ranks and scores are those that the editions hold. The parts are computed with today's code: where that no
    longer gives an edition's own score, the rest is the part `software`.

    Raises
    ------
    UnknownNameError : no such lens, boundary or side.
    EditionError : an edition without the tables of this lens and boundary.
    """
    lens_, boundary_ = known_lens(lens), known_boundary(boundary)
    node = known_side(first.framework(), side)
    known_side(second.framework(), side)
    results = [_results(one, lens_, boundary_, node) for one in (first, second)]
    change = decompose(_evidence(first), _evidence(second), _catalogue(first, second), lens_, boundary_, node)
    table = _table(results[0], results[1], change, second)
    observations = observation_changes(first.table("observations"), second.table("observations"))
    changed = change_of_framework(first.framework().model_dump(mode="json"), second.framework().model_dump(mode="json"))
    return Diff(
        _about(first), _about(second), _same(first, second), lens_.value, side, boundary_.value, table,
        _indicators(change, first, second, boundary_, table["city"].to_list(), observations),
        _only(results[1], results[0], second), _only(results[0], results[1], first), observations, changed,
    )  # fmt: skip


def observation_changes(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Observations that one of the tables lacks, or whose value or status differs."""
    columns = [*_KEY, "value", "status"]
    joined = first.select(columns, here=True).join(
        second.select(columns, there=True), on=_KEY, how="full", coalesce=True, suffix="_b", validate="1:1"
    )
    kind = (
        pl.when(pl.col("here").is_null()).then(pl.lit("added"))
        .when(pl.col("there").is_null()).then(pl.lit("removed"))
        .otherwise(pl.lit("changed"))
    )  # fmt: skip
    same = pl.col("value").eq_missing(pl.col("value_b")) & pl.col("status").eq_missing(pl.col("status_b"))
    return (
        joined.filter(~same | pl.col("here").is_null() | pl.col("there").is_null())
        .select(*_KEY, kind=kind, value_a="value", value_b="value_b")
        .sort(_KEY)
    )


def change_of_framework(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Declarations that differ: key, a, b; a node of the tree by its id; null where one has none."""
    a, b = _flat(first), _flat(second)
    keys = list(dict.fromkeys([*a, *b]))
    return [{"key": key, "a": a.get(key), "b": b.get(key)} for key in keys if a.get(key) != b.get(key)]


def behind(edition: Edition, indicator: str, city: dict[str, Any]) -> set[tuple[str, str]]:
    """Observations that an indicator of a city is made of: (variable, place)."""
    declared = edition.catalogue().get(indicator)
    own = (str(city["city"]), str(city["country"]))
    if declared.recipe is None:
        return {(str(declared.variable), place) for place in own}
    recipe = RECIPES[declared.recipe]
    row = edition.frame().filter(city=city["city"])
    national = recipe.national(edition.table("observations"), row)[0]
    found = {(variable, place) for variable in recipe.variables for place in own}
    return found | {(variable, place) for variable, places in national.items() for place in places}


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for key, one in value.items():
            if key != "id" or not path:
                found |= _flat(one, f"{path}.{key}" if path else str(key))
        return found
    nodes = isinstance(value, list | tuple) and bool(value) and all(isinstance(one, Mapping) for one in value)
    if nodes:
        found = {}
        for one in value:
            name = str(one.get("id", one.get("indicator")))
            found |= _flat({key: part for key, part in one.items() if key != "indicator"}, f"{path}.{name}")
        return found
    return {path.replace(".children.", ".").removeprefix("tree."): list(value) if isinstance(value, tuple) else value}


def _evidence(edition: Edition) -> Evidence:
    return Evidence(edition.table("indicators"), edition.frame(), edition.framework())


def _catalogue(first: Edition, second: Edition) -> Catalogue:
    """Indicators of both: an edition of one's own has more than the package's."""
    both = {one.id: one for edition in (first, second) for one in edition.catalogue().indicators}
    return Catalogue(indicators=tuple(both.values()))


def _results(edition: Edition, lens: Lens, boundary: Boundary, node: str) -> pl.DataFrame:
    where = {"lens": lens.value, "boundary": boundary.value, "side": node}
    found = edition.table("results").filter([pl.col(key) == value for key, value in where.items()])
    if found.is_empty():
        raise EditionError(f"{edition.folder} ranks nothing under {', '.join(where.values())}:", "rebuild it.")
    return found.select("city", "rank", "score")


def _about(edition: Edition) -> dict[str, Any]:
    return {
        "edition": edition.id,
        "folder": str(edition.folder),
        "framework": edition.framework().id,
        "content_digest": edition.manifest["content_digest"],
    }


def _same(first: Edition, second: Edition) -> bool:
    frameworks = [(one.folder / FRAMEWORK).read_bytes() for one in (first, second)]
    return frameworks[0] == frameworks[1] and first.manifest["content_digest"] == second.manifest["content_digest"]


def _table(first: pl.DataFrame, second: pl.DataFrame, change: Change, edition: Edition) -> pl.DataFrame:
    parts = pl.DataFrame(
        {"city": change.cities, "before": change.before, "after": change.after, "observations": change.observations,
         "goalposts": change.goalposts, "framework": change.framework}
    )  # fmt: skip
    named = edition.frame().select("city", "slug", "name", "country")
    computed = pl.col("after") - pl.col("before")
    both = first.join(second, on="city", suffix="_b", validate="1:1").join(parts, on="city", validate="1:1")
    moved = (pl.col("rank") != pl.col("rank_b")) | (pl.col("change").abs() > LEAST)
    parted = pl.any_horizontal(pl.col(part).abs() > LEAST for part in PARTS)
    return (
        both.with_columns(change=pl.col("score_b") - pl.col("score"))
        .with_columns(software=pl.col("change") - computed)
        .filter(moved | parted)
        .join(named, on="city", how="left", validate="1:1")
        .with_columns(move=pl.col("rank_b").cast(pl.Int64) - pl.col("rank").cast(pl.Int64))
        .with_columns(move_self=_moved_alone(first["score"]))
        .with_columns(move_others=pl.col("move") - pl.col("move_self"))
        .sort(pl.col("move").abs(), pl.col("change").abs(), "city", descending=[True, True, False])
        .select("city", "slug", "name", "country", pl.col("rank").alias("rank_a"), "rank_b", "move",
                "move_self", "move_others", pl.col("score").alias("score_a"), "score_b", "change", *PARTS)
    )  # fmt: skip


def _moved_alone(scores: pl.Series) -> pl.Expr:
    """Places that a city would move if its score changed and no other's did, by competition ranks of the first edition.

    Scores are compared as ranks compare them, after rounding (kernel.rank): a row's digits are those of its largest.
    """
    before = scores.to_numpy()

    def places(pairs: pl.Series) -> pl.Series:
        was, now = (pairs.struct.field(name).to_numpy() for name in ("score", "score_b"))
        moved = [
            int((rounded[:-2] > rounded[-1]).sum()) - int((rounded[:-2] > rounded[-2]).sum())
            - int(rounded[-2] > rounded[-1])
            for one, other in zip(was, now, strict=True)
            for rounded in [round_significant(np.append(before, [one, other]))]
        ]  # fmt: skip
        return pl.Series(moved, dtype=pl.Int64)

    return pl.struct("score", "score_b").map_batches(places, return_dtype=pl.Int64)


def _indicators(
    change: Change, first: Edition, second: Edition, boundary: Boundary, cities: list[int], observed: pl.DataFrame
) -> pl.DataFrame:
    wide = pl.DataFrame(
        {"city": change.cities} | {name: change.contributions[:, k] for k, name in enumerate(change.indicators)}
    )
    long = wide.unpivot(index="city", variable_name="indicator", value_name="contribution")
    moved = long.filter(pl.col("city").is_in(cities) & (pl.col("contribution").abs() > LEAST))
    for edition, suffix in ((first, "a"), (second, "b")):
        values = (
            edition.table("indicators")
            .filter(boundary=boundary.value)
            .select("city", "indicator", value="value", status="status")
            .rename({"value": f"value_{suffix}", "status": f"status_{suffix}"})
        )
        moved = moved.join(values, on=["city", "indicator"], how="left", validate="1:1")
    causes = _causes(moved, second, observed.filter(boundary=boundary.value))
    columns = ("city", "indicator", "value_a", "status_a", "value_b", "status_b", "contribution", "observations")
    listed = moved.with_columns(observations=causes).select(columns)
    return listed.sort(pl.col("contribution").abs(), "city", "indicator", descending=[True, False, False])


def _causes(moved: pl.DataFrame, edition: Edition, observed: pl.DataFrame) -> pl.Series:
    """Changed observations behind each row of `moved`."""
    changed: dict[tuple[str, str], dict[str, Any]] = {
        (row["variable"], row["place"]): {key: row[key] for key in ("variable", "place", "value_a", "value_b")}
        for row in observed.iter_rows(named=True)
    }
    places = {row["city"]: row for row in edition.frame().select("city", "country").iter_rows(named=True)}
    causes: list[list[dict[str, Any]]] = []
    for city, indicator in moved.select("city", "indicator").iter_rows():
        keys = behind(edition, indicator, places[city]) if changed else set()
        causes.append([changed[key] for key in sorted(keys & changed.keys())])
    kind = pl.Struct({"variable": pl.String, "place": pl.String, "value_a": pl.Float64, "value_b": pl.Float64})
    return pl.Series("observations", causes, dtype=pl.List(kind))


def _only(here: pl.DataFrame, there: pl.DataFrame, edition: Edition) -> pl.DataFrame:
    """Cities that are ranked here and not there."""
    named = edition.frame().select("city", "slug", "name", "country")
    found = here.join(there, on="city", how="anti").join(named, on="city", how="left", validate="1:1")
    return found.select("city", "slug", "name", "country", "rank", "score").sort("rank", "city")
