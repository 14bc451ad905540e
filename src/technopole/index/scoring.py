"""A table and a generic framework become an index; every stage is kept.

Order of the stages, as in COINr's own example: denominate, screen, impute, treat, orient and normalise, aggregate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.errors import InputError, UnknownNameError
from technopole.index.generic import Choice, GenericFramework, Group, Indicator
from technopole.index.tabular import labels, numbers, read_table, unique_labels
from technopole.indicators.declarations import suggestion
from technopole.kernel.aggregate import aggregate
from technopole.kernel.arrays import degenerate_columns
from technopole.kernel.impute import IMPUTERS, impute_nearest
from technopole.kernel.normalise import NORMALISERS, min_max, orient, orient_bounds
from technopole.kernel.rank import UNRANKED, competition_ranks
from technopole.kernel.treat import TREATMENTS
from technopole.kernel.weighting import WEIGHTINGS

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GenericRun:
    """An index of anything, stage by stage.

    Attributes
    ----------
    ids, names : (n,) of the units that were scored; `screened` are the ids of those left out.
    indicators : (k,) ids in the order of the matrices.
    denominated, imputed, treated, normalised : (n, k), NaN where missing; normalised: higher is better.
    scores : node id -> (n,), the index last; NaN where nothing is there.
    weights : node or indicator id -> its share among its siblings (as declared or found; missing values aside).
    ranks : (n,) of the index, 0 without a score.
    """

    framework: GenericFramework
    ids: tuple[str, ...]
    names: tuple[str, ...]
    screened: tuple[str, ...]
    indicators: tuple[str, ...]
    denominated: Floats
    imputed: Floats
    treated: Floats
    normalised: Floats
    scores: Mapping[str, Floats]
    weights: Mapping[str, float]
    ranks: NDArray[np.int32]

    def to_polars(self) -> pl.DataFrame:
        """Rank, id, name, score, then one column a node; best first, units without a score last."""
        nodes = [name for name in self.scores if name != self.framework.index.id]
        columns: dict[str, Any] = {
            "rank": pl.Series(self.ranks, dtype=pl.Int32).replace(UNRANKED, None),
            "id": self.ids,
            "name": self.names,
            "score": pl.Series(self.scores[self.framework.index.id]).fill_nan(None),
        }
        table = pl.DataFrame(columns).with_columns(
            **{f"node:{name}": pl.Series(self.scores[name]).fill_nan(None) for name in nodes}
        )
        return table.sort("rank", maintain_order=True, nulls_last=True)

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of `technopole score --json`."""
        table = self.to_polars()
        nodes = [name for name in table.columns if name.startswith("node:")]
        units = [
            {
                "rank": row["rank"],
                "id": row["id"],
                "name": row["name"],
                "score": row["score"],
                "nodes": {name.removeprefix("node:"): row[name] for name in nodes},
            }
            for row in table.iter_rows(named=True)
        ]
        return {"index": self.framework.index.id, "units": units, "screened": list(self.screened)}


def score(data: Path | str | pl.DataFrame, framework: GenericFramework) -> GenericRun:
    """Compute an index of anything.

    Parameters
    ----------
    data : a file (`tabular.read_table`) or a frame; one row a unit.

    Raises
    ------
    InputError : a missing column, a cell that isn't a number, a unit twice, an indicator without range, what a method
        refuses (all name the indicator or node).
    """
    table = data if isinstance(data, pl.DataFrame) else read_table(Path(data))
    where = "The table" if isinstance(data, pl.DataFrame) else Path(data).name
    unit = framework.unit
    ids = unique_labels(table, unit.id, where)
    names = ids if unit.name is None else labels(table, unit.name, where)
    leaves = framework.indicators()
    denominated = np.stack([_denominated(table, leaf, where) for leaf in leaves], axis=1)
    kept = (~np.isnan(denominated)).mean(axis=1) >= framework.screen - 1e-12
    if not kept.any():
        raise InputError(f"No unit has {framework.screen:.0%} of the indicators.", "Lower `screen`.")
    table, denominated = table.filter(pl.Series(kept)), denominated[kept]
    imputed = _imputed(denominated, table, framework, where)
    treated = np.stack([_treated(imputed[:, [k]], leaf, framework) for k, leaf in enumerate(leaves)], axis=1)
    kept_ids = [one for one, keep in zip(ids, kept, strict=True) if keep]
    normalised = np.stack(
        [_normalised(treated[:, [k]], leaf, framework, kept_ids) for k, leaf in enumerate(leaves)], axis=1
    )
    scores, weights = _climbed(normalised, framework)
    return GenericRun(
        framework,
        tuple(kept_ids),
        tuple(name or one for name, one, keep in zip(names, ids, kept, strict=True) if keep),
        tuple(one for one, keep in zip(ids, kept, strict=True) if not keep),
        tuple(leaf.id for leaf in leaves),
        denominated, imputed, treated, normalised, scores, weights,
        competition_ranks(scores[framework.index.id]),
    )  # fmt: skip


def _denominated(table: pl.DataFrame, leaf: Indicator, where: str) -> Floats:
    values = numbers(table, leaf.id, where)
    if leaf.denominator is None:
        return values
    below = numbers(table, leaf.denominator, where)
    if (below == 0).any():
        raise InputError(f"{leaf.id}: its denominator {leaf.denominator!r} is zero somewhere.", "Leave it empty there.")
    return np.asarray(values / below, dtype=np.float64)


def _imputed(x: Floats, table: pl.DataFrame, framework: GenericFramework, where: str) -> Floats:
    filled = x.copy()
    leaves = framework.indicators()
    for k, leaf in enumerate(leaves):
        choice = leaf.impute or framework.defaults.impute
        if not np.isnan(x[:, k]).any() or choice.method == "none":
            continue
        if choice.method == "nearest":
            filled[:, k] = _nearest(x, leaves, choice)[:, k]
            continue
        grouped = "group" in choice.parameters
        arguments = [np.array(labels(table, str(choice.parameters["group"]), where))] if grouped else []
        filled[:, k] = IMPUTERS[choice.method].function(x[:, [k]], *arguments)[:, 0]
    return filled


def _nearest(x: Floats, leaves: list[Indicator], choice: Choice) -> Floats:
    """Fill from the nearest units, the distance over all indicators that have a range, on min-max scales."""
    parameters = {name: int(value) for name, value in choice.parameters.items()}
    seed = parameters.pop("seed", 0)
    able = ~degenerate_columns(x)
    coordinates = np.full(x.shape, np.nan)
    signs = np.array([leaf.direction for leaf in leaves])
    coordinates[:, able] = min_max(orient(x[:, able], signs[able]))
    return impute_nearest(x, coordinates=coordinates, rng=np.random.default_rng(seed), **parameters).nominal


def _treated(column: Floats, leaf: Indicator, framework: GenericFramework) -> Floats:
    choice = leaf.treat or framework.defaults.treat
    return _named(leaf.id, lambda: TREATMENTS[choice.method].function(column, **choice.parameters))[:, 0]


def _normalised(column: Floats, leaf: Indicator, framework: GenericFramework, ids: list[str]) -> Floats:
    choice = leaf.normalise or framework.defaults.normalise
    parameters = dict(choice.parameters)
    needs = NORMALISERS[choice.method].needs
    if choice.method == "scaled" or {"low", "high"} <= set(needs):
        low, high = parameters.get("low", 0.0), parameters.get("high", 100.0)
        parameters["low"], parameters["high"] = orient_bounds([low], [high], [leaf.direction])
    if "targets" in parameters:
        parameters["targets"] = [float(parameters["targets"]) * leaf.direction]
    if "reference" in parameters:
        wanted = str(parameters["reference"])
        if wanted not in ids:
            raise UnknownNameError(f"{leaf.id}: there is no reference unit {wanted!r}:", suggestion(wanted, ids))
        parameters["reference"] = ids.index(wanted)
    if degenerate_columns(column)[0] and choice.method in {"min_max", "z_score", "distance_to_maximum"}:
        raise InputError(
            f"{leaf.id}: all values are missing or equal, so {choice.method} can't tell units apart.",
            "Drop the indicator, or normalise it by goalposts.",
        )
    oriented = orient(column, [leaf.direction])
    result = _named(leaf.id, lambda: NORMALISERS[choice.method].function(oriented, **parameters))[:, 0]
    if np.isinf(result).any():
        raise InputError(f"{leaf.id}: {choice.method} gives infinite values.", "Choose another normalisation.")
    return result


def _climbed(normalised: Floats, framework: GenericFramework) -> tuple[dict[str, Floats], dict[str, float]]:
    """Scores of all groups, children before parents, and the weights that were used."""
    found = {leaf.id: normalised[:, k] for k, leaf in enumerate(framework.indicators())}
    scores: dict[str, Floats] = {}
    shares: dict[str, float] = {framework.index.id: 1.0}
    for group in framework.groups():
        children = np.stack([found[child.id] for child in group.children], axis=1)
        weights = _named(group.id, partial(_weights, group, children, framework))
        scores[group.id] = _named(group.id, partial(aggregate, children, weights, framework.aggregation(group)))
        found[group.id] = scores[group.id]
        shares |= {child.id: float(w / weights.sum()) for child, w in zip(group.children, weights, strict=True)}
    return scores, shares


def _weights(group: Group, children: Floats, framework: GenericFramework) -> Floats:
    choice = group.weights or framework.defaults.weights
    parameters = dict(choice.parameters)
    if choice.method == "given":
        # as declared, not over their sum: the aggregation divides, and a division less keeps the last bit
        return np.array([child.weight for child in group.children])
    if len(group.children) == 1:
        return np.ones(1)
    return WEIGHTINGS[choice.method].function(children, **parameters)


def _named(what: str, call: Callable[[], Floats]) -> Floats:
    """Let an error of the kernel, which knows columns by position only, name the indicator or node."""
    try:
        return call()
    except InputError as error:
        raise InputError(f"{what}: {error.what}", error.remedy) from error
    except (TypeError, ValueError) as error:
        raise InputError(f"{what}: a parameter of its method isn't of the right kind ({error}).") from error
