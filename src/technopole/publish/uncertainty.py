"""How sure the ranks are: ranges, tiers, shares of the first places, who beats whom, and under which weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import polars as pl

from technopole.core.errors import InputError, UnknownNameError
from technopole.core.types import Boundary, Lens
from technopole.editions.read import Edition, open_edition
from technopole.index.framework import ROOT, Framework, Node
from technopole.index.matrix import build_matrix
from technopole.index.run import run_index
from technopole.index.tree import Floats, LabelledTree
from technopole.indicators.declarations import suggestion
from technopole.kernel.rank import central_weights
from technopole.kernel.weight import effective_weights
from technopole.publish.finding import find_city
from technopole.publish.ranking import known_boundary, known_lens
from technopole.robustness.acceptability import RankEvidence, rank_evidence
from technopole.robustness.measurement import error_seeds, evaluate_with_errors, measurement_errors
from technopole.robustness.study import Choices, Integers, Prepared, RandomWeights, evaluate, prepare, random_choices

FIRST_PLACES: Final = 10
WINS_SHOWN: Final = 10


@dataclass(frozen=True)
class Uncertainty:
    """Outcome of `technopole uncertainty`.

    `table`: rank, tier, city, slug, name, country, score, rank_low, rank_median, rank_high, nominal_outside, first
    (share of the replicates on rank 1), top (share among the first places), and one column a pillar
    ("central:<id>": its mean share of the weight when the city is among the first places; null if it never is), best
    first. `places`: city id -> share on each of the first places. `wins`: city, other, probability that the city ranks
    better. `failures`: replicates that couldn't be computed, with their parameters and why.
    """

    edition: str
    framework: str
    lens: str
    side: str | None
    boundaries: tuple[str, ...]
    replicates: int
    seed: int
    weights: dict[str, Any]
    choices: dict[str, list[Any]]
    errors: dict[str, float]
    first_places: int
    table: pl.DataFrame
    places: dict[int, list[float]]
    wins: pl.DataFrame
    failures: list[dict[str, Any]]

    def to_polars(self) -> pl.DataFrame:
        """Return the table."""
        return self.table

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of `technopole uncertainty --json`."""
        pillars = [column for column in self.table.columns if column.startswith("central:")]
        plain = [column for column in self.table.columns if column not in pillars and column != "city"]
        cities = []
        for row in self.table.iter_rows(named=True):
            shares = {column.removeprefix("central:"): row[column] for column in pillars}
            cities.append(
                {"id": row["city"], **{column: row[column] for column in plain}, "places": self.places[row["city"]],
                 "central_weights": None if row["top"] == 0 else shares}
            )  # fmt: skip
        return {
            "edition": self.edition,
            "framework": self.framework,
            "lens": self.lens,
            "side": self.side,
            "boundaries": list(self.boundaries),
            "replicates": self.replicates,
            "failed": len(self.failures),
            "seed": self.seed,
            "weights": self.weights,
            "choices": self.choices,
            "errors": self.errors,
            "first_places": self.first_places,
            "cities": cities,
            "wins": self.wins.rename({"city": "id", "other": "other_id"}).to_dicts(),
            "failures": self.failures,
        }


def uncertainty(
    edition: Edition | None = None,
    *,
    lens: str = Lens.SCALE,
    side: str | None = None,
    boundary: str = Boundary.AGGLOMERATION,
    vary_boundary: bool = False,
    framework: Framework | None = None,
    replicates: int | None = None,
    seed: int | None = None,
    weights: str = "bounded",
    concentration: float = 1.0,
    errors: Mapping[str, float] | None = None,
    first_places: int = FIRST_PLACES,
    cities: Sequence[str] = (),
    top: int | None = None,
) -> Uncertainty:
    """Run the index many times, with every choice of method at random within its declared range.

    Parameters
    ----------
    vary_boundary : the boundary is a choice too, with equal chances of core, agglomeration and region; the nominal
        rank stays that of `boundary`.
    replicates, seed : instead of the framework's own.
    weights, concentration : bounded, dirichlet or fixed; see `robustness.study.RandomWeights`.
    errors : indicator -> relative error of measurement, beside or instead of those that the framework declares.
    first_places : how many places count as the top.
    cities : show only these, and their wins against each other; without, the wins of the first ten.
    top : show only so many.

    Raises
    ------
    UnknownNameError, FrameworkError, InputError : what was asked for isn't there, or can't be.
    """
    edition = edition or open_edition()
    declared = with_replicates(framework or edition.framework(), replicates, seed)
    node = known_side(declared, side)
    lens_, boundary_ = known_lens(lens), known_boundary(boundary)
    prepared = prepared_study(edition, declared, lens_, boundary_, vary_boundary)
    nominal = run_index(prepared.matrices[0], framework or edition.framework(), lens_).scores[node]
    relative = {**declared.uncertainty.relative_error, **(errors or {})}
    random = RandomWeights(known_weights(weights), concentration)
    choices = random_choices(prepared, np.random.default_rng(declared.uncertainty.seed), random)
    seeds = error_seeds(declared.uncertainty.seed, declared.uncertainty.replicates)
    scores, problems = computed(prepared, choices, node, relative, edition, seeds)
    evidence = rank_evidence(nominal, scores, first_places, declared.tiers.least_win)
    ids = prepared.matrices[0].cities
    table = _table(evidence, nominal, node, prepared, choices, edition)
    shown = shown_cities(table, [find_city(edition, name) for name in cities], top)
    compared = shown["city"].to_list() if cities else shown["city"].head(WINS_SHOWN).to_list()
    return Uncertainty(
        edition.id, declared.id, lens_.value, side, tuple(one.boundary.value for one in prepared.matrices),
        declared.uncertainty.replicates, declared.uncertainty.seed, _weights_json(random, declared),
        _choices_json(prepared), {name: share for name, share in relative.items() if share}, evidence.places.shape[1],
        shown,
        {int(city): evidence.places[place].tolist() for place, city in enumerate(ids)},
        win_table(evidence, ids.tolist(), compared, "city", "other"),
        failures(prepared, choices, problems),
    )  # fmt: skip


def with_replicates(framework: Framework, replicates: int | None, seed: int | None) -> Framework:
    """Return the framework with another number of replicates or another seed.

    Raises
    ------
    InputError : no replicate, more than a million, or a negative seed.
    """
    given = {"replicates": replicates, "seed": seed}
    changed = {key: value for key, value in given.items() if value is not None}
    if replicates is not None and not 1 <= replicates <= 1_000_000:
        raise InputError(f"{replicates} replicates can't be:", "give 1 to 1,000,000.")
    if seed is not None and seed < 0:
        raise InputError(f"The seed {seed} can't be:", "give a whole number of 0 and more.")
    return framework.model_copy(update={"uncertainty": framework.uncertainty.model_copy(update=changed)})


def known_side(framework: Framework, side: str | None) -> str:
    """Node of a side, of the whole index for None. Raises UnknownNameError, with near names, where there is none."""
    if side is not None and side not in framework.sides():
        raise UnknownNameError(f"there is no side {side!r}:", suggestion(side, framework.sides()))
    return side or ROOT


def prepared_study(
    edition: Edition, framework: Framework, lens: Lens, boundary: Boundary, vary_boundary: bool
) -> Prepared:
    """Every variant of an edition's index; the chosen boundary comes first."""
    boundaries = [boundary, *(one for one in Boundary if one is not boundary)] if vary_boundary else [boundary]
    values, frame = edition.table("indicators"), edition.frame()
    matrices = [build_matrix(values, frame, framework, edition.catalogue(), one) for one in boundaries]
    return prepare(matrices, framework, lens)


def known_weights(kind: str) -> Literal["bounded", "dirichlet", "fixed"]:
    """Way in which weights vary, by name. Raises UnknownNameError for another one."""
    if kind in ("bounded", "dirichlet", "fixed"):
        return kind  # type: ignore[return-value]
    raise UnknownNameError(f"weights can't be {kind!r}:", "choose bounded, dirichlet or fixed.")


def computed(
    prepared: Prepared, choices: Choices, node: str, relative: Mapping[str, float], edition: Edition, seeds: Integers
) -> tuple[Floats, dict[int, str]]:
    """Scores (replicates, n), and the replicates that failed with the reason of each.

    Parameters
    ----------
    relative : indicator -> relative error of measurement. seeds : (replicates,) of these errors.
    """
    values, frame = edition.table("indicators"), edition.frame()
    laid = {one.boundary: measurement_errors(relative, values, frame, one) for one in prepared.matrices}
    if any(relative.values()):
        scores, problems = evaluate_with_errors(prepared, choices, [node], laid, seeds)
        return scores[node], problems
    failed = [place for place, one in enumerate(choices.variant) if int(one) in prepared.problems]
    problems = {place: prepared.problems[int(choices.variant[place])] for place in failed}
    return evaluate(prepared, choices, [node])[node], problems


def _table(
    evidence: RankEvidence, nominal: Floats, node: str, prepared: Prepared, choices: Choices, edition: Edition
) -> pl.DataFrame:
    pillars = pillars_of(prepared.framework, node)
    weights = pillar_weights(choices.weights[evidence.kept], prepared.labelled, pillars)
    favoured = central_weights(weights, evidence.ranks, evidence.places.shape[1])
    table = pl.DataFrame(
        {
            "rank": evidence.rank,
            "tier": evidence.tier,
            "city": prepared.matrices[0].cities,
            "score": nominal,
            **range_columns(evidence, favoured, pillars),
        }
    )
    named = edition.frame().select("city", "slug", "name", "country")
    joined = table.join(named, on="city", how="left", validate="1:1").sort("rank", "city")
    first = ["rank", "tier", "city", "slug", "name", "country"]
    return joined.select(first + [name for name in table.columns if name not in first])


def range_columns(evidence: RankEvidence, favoured: Floats, names: Sequence[str]) -> dict[str, pl.Series]:
    """Columns of what the replicates say: range, shares of the first places, central weights; null where never ranked.

    Parameters
    ----------
    favoured : (n, names) of `robustness.acceptability.central`.
    """
    outside = (evidence.rank > 0) & ((evidence.rank < evidence.low) | (evidence.rank > evidence.high))
    numbers = {
        "rank_low": evidence.low,
        "rank_median": evidence.median,
        "rank_high": evidence.high,
        "nominal_outside": outside,
        "first": evidence.places[:, 0],
        "top": evidence.places.sum(axis=1),
        **{f"central:{name}": favoured[:, place] for place, name in enumerate(names)},
    }
    return {name: pl.Series(column).fill_nan(None) if column.dtype == np.float64 else pl.Series(column)
            for name, column in numbers.items()}  # fmt: skip


def pillars_of(framework: Framework, node: str) -> list[str]:
    """Pillars of the whole index, or of one side."""
    sides = [side for side in framework.tree if node in (ROOT, side.id)]
    return [child.id for side in sides for child in side.children if isinstance(child, Node)]


def pillar_weights(weights: Floats, labelled: LabelledTree, pillars: Sequence[str]) -> Floats:
    """Shares of these pillars, which sum to 1: (replicates, nodes) become (replicates, pillars)."""
    shares = effective_weights(weights, labelled.tree)[:, [labelled.names.index(name) for name in pillars]]
    return np.ascontiguousarray(shares / shares.sum(axis=1, keepdims=True))


def shown_cities(table: pl.DataFrame, cities: list[dict[str, Any]], top: int | None) -> pl.DataFrame:
    """Rows of these cities (of all, without), the first `top`. Raises InputError for a city that isn't ranked."""
    if top is not None and top < 1:
        raise InputError(f"the top {top} can't be shown:", "give a number of 1 and more.")
    for city in cities:
        if city["city"] not in table["city"]:
            raise InputError(f"{city['name']} isn't ranked:", f"see `technopole city {city['slug']}`.")
    if cities:
        table = table.filter(pl.col("city").is_in([city["city"] for city in cities]))
    return table if top is None else table.head(top)


def win_table(
    evidence: RankEvidence, ids: Sequence[int | str], compared: Sequence[int | str], *names: str
) -> pl.DataFrame:
    """Probability that each of the compared units ranks better than each other one.

    Parameters
    ----------
    ids : of all units, in the order of the evidence. names : of the columns for the two units.
    """
    wins = evidence.wins(np.array([ids.index(one) for one in compared], dtype=np.int64))
    pairs = [(i, k) for i in range(len(compared)) for k in range(len(compared)) if i != k]
    columns = [[compared[pair[end]] for pair in pairs] for end in (0, 1)]
    kind = pl.Series(ids).dtype
    return pl.DataFrame(
        {name: pl.Series(column, dtype=kind) for name, column in zip(names, columns, strict=True)}
        | {"probability": pl.Series([float(wins[pair]) for pair in pairs], dtype=pl.Float64)}
    )


def failures(prepared: Prepared, choices: Choices, problems: Mapping[int, str]) -> list[dict[str, Any]]:
    """Replicates that failed: number, parameters, why."""
    return [
        {"replicate": number, "parameters": parameters(prepared, choices, number), "because": why}
        for number, why in sorted(problems.items())
    ]


def parameters(prepared: Prepared, choices: Choices, number: int) -> dict[str, Any]:
    """What one replicate took."""
    variant = prepared.variants[int(choices.variant[number])]
    return {
        "boundary": variant.boundary.value,
        **{name: getattr(variant, name) for name in _declared_beside(prepared)},
        "cap_quantile": variant.cap_quantile,
        "shrink_millions": variant.shrink_millions,
        "draw": variant.draw,
        "normalisation": variant.normalisation,
        "aggregation": str(choices.aggregation[number]),
        "weights": dict(zip(prepared.labelled.names, choices.weights[number].tolist(), strict=True)),
    }


def _declared_beside(prepared: Prepared) -> list[str]:
    """Choices that vary only where the framework says so."""
    return [name for name in ("transform", "imputation") if getattr(prepared.framework.uncertainty, name)]


def _weights_json(random: RandomWeights, framework: Framework) -> dict[str, Any]:
    if random.kind == "dirichlet":
        return {"kind": "dirichlet", "concentration": random.concentration}
    return {"kind": random.kind, "factor": framework.uncertainty.weight_factor if random.kind == "bounded" else 1.0}


def _choices_json(prepared: Prepared) -> dict[str, list[Any]]:
    variants = prepared.variants
    return {
        "boundary": list(dict.fromkeys(one.boundary.value for one in variants)),
        **{name: list(dict.fromkeys(getattr(one, name) for one in variants)) for name in _declared_beside(prepared)},
        "cap_quantile": list(dict.fromkeys(one.cap_quantile for one in variants)),
        "shrink_millions": list(dict.fromkeys(one.shrink_millions for one in variants))
        if prepared.lens is Lens.INTENSITY
        else [],
        "draw": list(dict.fromkeys(one.draw for one in variants)),
        "normalisation": list(dict.fromkeys(one.normalisation for one in variants)),
        "aggregation": list(prepared.framework.uncertainty.aggregation),
    }
