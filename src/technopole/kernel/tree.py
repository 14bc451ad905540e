"""The tree of an index as positions: leaves are the columns of the data matrix, aggregates follow, the root is last."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from technopole.core.errors import InputError


@dataclass(frozen=True)
class Tree:
    """A hierarchy of any depth; branches may have different depths.

    Attributes
    ----------
    parents : position of each node's parent; the root's is -1. Nodes 0 .. leaves - 1 are the indicators in the order
        of the matrix's columns; then the aggregates, each after all of its children; the root is the last node.
    leaves : number of indicators.

    Raises
    ------
    InputError
        A cycle or an order that isn't children first, more than one root, an aggregate without children, a leaf as
        a parent.
    """

    parents: tuple[int, ...]
    leaves: int

    def __post_init__(self) -> None:
        last = len(self.parents) - 1
        if not 1 <= self.leaves <= last or self.parents[last] != -1:
            raise InputError(
                f"A tree of {len(self.parents)} nodes with {self.leaves} leaves has no root after them.",
                "Give at least one leaf, and the root last with the parent -1.",
            )
        for node, parent in enumerate(self.parents[:-1]):
            if not max(node + 1, self.leaves) <= parent <= last:
                raise InputError(
                    f"Node {node} has the parent {parent}, but a parent is an aggregate that comes after its children.",
                    "Order the nodes from leaves to root; a cycle has no such order.",
                )
        childless = set(range(self.leaves, last + 1)) - set(self.parents)
        if childless:
            raise InputError(
                f"The aggregates {sorted(childless)} have no children.", "Give each at least one, or drop it."
            )

    @property
    def root(self) -> int:
        """Position of the root."""
        return len(self.parents) - 1

    @property
    def aggregates(self) -> range:
        """Positions of the aggregates, children before parents."""
        return range(self.leaves, len(self.parents))

    @cached_property
    def children(self) -> dict[int, tuple[int, ...]]:
        """Positions of the children of each aggregate, in node order."""
        found: dict[int, list[int]] = {aggregate: [] for aggregate in self.aggregates}
        for node, parent in enumerate(self.parents[:-1]):
            found[parent].append(node)
        return {aggregate: tuple(nodes) for aggregate, nodes in found.items()}


def flat_tree(leaves: int) -> Tree:
    """All indicators directly below the root."""
    return Tree((leaves,) * leaves + (-1,), leaves)
