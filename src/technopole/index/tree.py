"""The framework's tree as the kernel's: positions with labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from technopole.index.framework import ROOT, Framework, Node
from technopole.kernel.tree import Tree
from technopole.kernel.weight import effective_weights

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LabelledTree:
    """A kernel tree with the names of its nodes.

    Attributes
    ----------
    names : indicators in the order of the framework, then pillars and sides (children first), then `ROOT`.
    weights : (nodes,) declared weight of each node among its siblings; 1 for the root.
    """

    names: tuple[str, ...]
    tree: Tree
    weights: Floats

    @property
    def aggregates(self) -> tuple[str, ...]:
        """Names of the aggregates, in node order; the root is last."""
        return self.names[self.tree.leaves :]


def labelled_tree(framework: Framework) -> LabelledTree:
    """Lay the framework out as the kernel wants it."""
    nodes = list(framework.walk())
    inner = [node for node in reversed(nodes) if isinstance(node, Node)]
    leaves = framework.indicator_ids()
    names = (*leaves, *(node.id for node in inner), ROOT)
    position = {name: place for place, name in enumerate(names)}
    parent = {child.id: node.id for node in inner for child in node.children}
    parents = tuple(position[parent.get(name, ROOT)] for name in names[:-1])
    declared = {node.id: node.weight for node in nodes}
    weights = np.array([declared.get(name, 1.0) for name in names])
    return LabelledTree(names, Tree((*parents, -1), len(leaves)), weights)


def leaf_weights(framework: Framework) -> dict[str, float]:
    """Weight of each indicator in the whole index: the product of the weights on its way to the root.

    Under the arithmetic mean the contributions, weight times normalised value, add up to the score.
    """
    labelled = labelled_tree(framework)
    shares = effective_weights(labelled.weights, labelled.tree)
    return {name: float(share) for name, share in zip(framework.indicator_ids(), shares, strict=False)}
