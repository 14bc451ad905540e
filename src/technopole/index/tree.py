"""A framework's tree as the kernel's: positions with labels; of the cities' framework, and of an index of anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from technopole.index.framework import ROOT, Framework, Node
from technopole.index.generic import GenericFramework
from technopole.kernel.tree import Tree
from technopole.kernel.weight import effective_weights

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LabelledTree:
    """A kernel tree with the names of its nodes.

    Attributes
    ----------
    names : indicators in the order of the framework, then the nodes above them, children before parents; the root
        (`ROOT` in the cities' framework) is last.
    weights : (nodes,) weight of each node among its siblings.
    """

    names: tuple[str, ...]
    tree: Tree
    weights: Floats

    @property
    def aggregates(self) -> tuple[str, ...]:
        """Names of the aggregates, in node order; the root is last."""
        return self.names[self.tree.leaves :]


def labelled_tree(framework: Framework) -> LabelledTree:
    """Lay the cities' framework out with its declared weights; the root's is 1."""
    nodes = list(framework.walk())
    inner = {node.id: [child.id for child in node.children] for node in reversed(nodes) if isinstance(node, Node)}
    weights = {node.id: node.weight for node in nodes} | {ROOT: 1.0}
    return _laid_out(framework.indicator_ids(), {**inner, ROOT: framework.sides()}, weights)


def generic_tree(framework: GenericFramework, weights: Mapping[str, float]) -> LabelledTree:
    """Lay the framework of an index of anything out.

    Parameters
    ----------
    weights : node or indicator -> weight among its siblings, as `GenericRun.weights`.
    """
    inner = {group.id: [child.id for child in group.children] for group in framework.groups()}
    return _laid_out([leaf.id for leaf in framework.indicators()], inner, weights)


def _laid_out(leaves: list[str], inner: Mapping[str, list[str]], weights: Mapping[str, float]) -> LabelledTree:
    """Lay out from ids; `inner`: node -> children, children first, the root last."""
    names = (*leaves, *inner)
    position = {name: place for place, name in enumerate(names)}
    parent = {child: position[node] for node, children in inner.items() for child in children}
    tree = Tree((*(parent[name] for name in names[:-1]), -1), len(leaves))
    return LabelledTree(names, tree, np.array([weights[name] for name in names]))


def leaf_weights(framework: Framework) -> dict[str, float]:
    """Weight of each indicator in the whole index: the product of the weights on its way to the root.

    Under the arithmetic mean the contributions, weight times normalised value, add up to the score.
    """
    labelled = labelled_tree(framework)
    shares = effective_weights(labelled.weights, labelled.tree)
    return {name: float(share) for name, share in zip(framework.indicator_ids(), shares, strict=False)}
