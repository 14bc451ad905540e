"""The choices of a framework as factors: what a point of the unit cube means for the index."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from technopole.core.types import Lens
from technopole.index.tree import Floats
from technopole.kernel.sample import choose
from technopole.kernel.weight import dirichlet_from_uniform
from technopole.robustness.sensitivity import Factor
from technopole.robustness.study import Choices, Integers, Prepared, RandomWeights

LEVELS: Final = ("sides", "pillars", "indicators")
_VARIANT: Final = ("boundary", "transform", "cap_quantile", "shrink_millions", "imputation", "draw", "normalisation")


@dataclass(frozen=True)
class FactorSpace:
    """Factors of an index, in the order of their coordinates, and the nodes whose weights each factor of weights has.

    Attributes
    ----------
    factors : choices that the framework declares, one of weights for each level of the tree, and the errors of
        measurement where there are some. A choice with one option is a factor too, whose effect is exactly 0.
    """

    factors: tuple[Factor, ...]
    nodes: dict[str, tuple[int, ...]]
    prepared: Prepared
    weights: RandomWeights

    def choices(self, points: Floats) -> Choices:
        """What each point chooses: points (runs, coordinates)."""
        prepared, declared = self.prepared, self.prepared.framework.uncertainty
        sizes = [len(options(self.prepared)[name]) for name in _VARIANT]
        chosen = [
            choose(points[:, self._columns(name)[0]], size) if self._has(name) else np.zeros(len(points), np.int64)
            for name, size in zip(_VARIANT, sizes, strict=True)
        ]
        variant = np.ravel_multi_index(tuple(chosen), sizes).astype(np.int64)
        means = np.array(declared.aggregation)
        aggregation = means[choose(points[:, self._columns("aggregation")[0]], len(means))]
        weights = np.tile(prepared.labelled.weights, (len(points), 1))
        for name, nodes in self.nodes.items():
            weights[:, nodes] = self._weights(points[:, self._columns(name)], nodes)
        return Choices(variant, aggregation, weights)

    def seeds(self, points: Floats) -> Integers:
        """Seed of the errors of measurement at each point."""
        return (points[:, self._columns("measurement")[0]] * 2.0**53).astype(np.int64)

    def _weights(self, points: Floats, nodes: Sequence[int]) -> Floats:
        labelled, factor = self.prepared.labelled, self.prepared.framework.uncertainty.weight_factor
        centre = labelled.weights[list(nodes)]
        if self.weights.kind == "bounded":
            return np.asarray(centre * factor ** (2.0 * points - 1.0), dtype=np.float64)
        drawn = np.empty(points.shape)
        parents = np.array([labelled.tree.parents[node] for node in nodes])
        for parent in dict.fromkeys(parents.tolist()):
            siblings = np.flatnonzero(parents == parent)
            drawn[:, siblings] = dirichlet_from_uniform(
                points[:, siblings], centre[siblings], self.weights.concentration
            )
        return drawn

    def _has(self, name: str) -> bool:
        return any(one.name == name for one in self.factors)

    def _columns(self, name: str) -> list[int]:
        start = 0
        for one in self.factors:
            if one.name == name:
                return list(range(start, start + one.coordinates))
            start += one.coordinates
        raise KeyError(name)


def options(prepared: Prepared) -> dict[str, tuple[Any, ...]]:
    """What each part of a variant chooses from, as declared, in the order of the variants; equal options stay two."""
    declared = prepared.framework.uncertainty
    found: dict[str, tuple[Any, ...]] = {
        "boundary": tuple(one.boundary.value for one in prepared.matrices),
        "transform": declared.transform or (prepared.framework.method.transform,),
        "cap_quantile": declared.cap_quantile,
        "shrink_millions": declared.shrink_millions[: None if prepared.lens is Lens.INTENSITY else 1],
        "imputation": declared.imputation or (prepared.framework.method.imputation,),
        "draw": (),
        "normalisation": declared.normalisation,
    }
    others = math.prod(len(one) for one in found.values() if one)
    return found | {"draw": tuple(range(len(prepared.variants) // others))}


def factor_space(prepared: Prepared, weights: RandomWeights, *, errors: bool) -> FactorSpace:
    """Lay the choices out as factors: the shrinkage under the intensity lens only, what isn't declared not at all."""
    declared = prepared.framework.uncertainty
    varying = [
        name for name in _VARIANT
        if (name not in ("transform", "imputation") or getattr(declared, name))
        and (name != "boundary" or len(prepared.matrices) > 1)
        and (name != "shrink_millions" or prepared.lens is Lens.INTENSITY)
    ]  # fmt: skip
    factors = [Factor(name, 1, options(prepared)[name]) for name in varying]
    factors.append(Factor("aggregation", 1, tuple(prepared.framework.uncertainty.aggregation)))
    nodes: dict[str, tuple[int, ...]] = {}
    if weights.kind != "fixed":
        nodes = {f"weights of {level}": found for level, found in _levels(prepared).items() if found}
    factors += [Factor(name, len(found), (weights.kind,)) for name, found in nodes.items()]
    if errors:
        factors.append(Factor("measurement", 1, ("random",)))
    return FactorSpace(tuple(factors), nodes, prepared, weights)


def _levels(prepared: Prepared) -> dict[str, tuple[int, ...]]:
    """Nodes of each level; an indicator belongs to the last one, wherever it hangs."""
    framework, names = prepared.framework, prepared.labelled.names
    sides, leaves = set(framework.sides()), set(framework.indicator_ids())
    inner = [name for name in names[:-1] if name not in sides and name not in leaves]
    groups = (framework.sides(), inner, framework.indicator_ids())
    return {level: tuple(names.index(name) for name in group) for level, group in zip(LEVELS, groups, strict=True)}
