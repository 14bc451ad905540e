"""Sets of admissible weights: free, bounded around given ones, or ordered; the range of a linear form over them.

A set is a cone over a tree: among its siblings each node's weight lies between low and high, up to a common factor
(weights need no sum). Free is 0 to 1, fixed is low = high, "half to double" is w / 2 to 2 w. Over such a set the
extreme values of a weighted mean have a closed form (the best-weighted children first), so no linear program is
needed to know whether one unit can ever beat another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray
from technopole.kernel.tree import Tree, flat_tree
from technopole.kernel.weight import as_tree_weights


@dataclass(frozen=True)
class Admissible:
    """A set of weights.

    Attributes
    ----------
    tree : the hierarchy; its leaves are the columns of the matrix.
    low, high : (nodes,), bounds of each node's weight among its siblings, up to one factor for all siblings.
    order : leaves by importance, most important first, or None. An ordered set is flat: each leaf weighs at least as
        much as the next one.
    """

    tree: Tree
    low: FloatArray
    high: FloatArray
    order: tuple[int, ...] | None = None

    def basis(self) -> FloatArray:
        """Rows are weights of the leaves; the set is all their mixtures (for an ordered set), else the identity."""
        if self.order is None:
            return np.eye(self.tree.leaves)
        rows = np.zeros((self.tree.leaves, self.tree.leaves))
        for length in range(1, self.tree.leaves + 1):
            rows[length - 1, list(self.order[:length])] = 1.0 / length
        return rows


def free(count: int) -> Admissible:
    """Any weights of zero and more for `count` columns."""
    return Admissible(flat_tree(count), np.zeros(count + 1), np.ones(count + 1))


def ordered(order: ArrayLike) -> Admissible:
    """Weights that fall in this order of columns, equal weights allowed. Raises InputError unless a permutation."""
    places = tuple(int(place) for place in np.atleast_1d(np.asarray(order, dtype=np.int64)))
    if sorted(places) != list(range(len(places))):
        raise InputError(f"{places} isn't an order of {len(places)} columns.", "Name each column once, from 0.")
    one = free(len(places))
    return Admissible(one.tree, one.low, one.high, places)


def within_factor(weights: ArrayLike, tree: Tree, factor: float = 2.0, fixed: tuple[int, ...] = ()) -> Admissible:
    """Each node's weight between 1 / factor and factor times its given one, before siblings are scaled to their sum.

    Parameters
    ----------
    weights : (nodes,), as for `aggregate.aggregate_tree`.
    fixed : nodes that keep their weight among the siblings (relative to other fixed ones).

    Raises
    ------
    InputError
        A factor below 1, or bad weights.
    """
    if not 1 <= factor < np.inf:
        raise InputError(f"Weights can't vary by the factor {factor:g}.", "Choose 1 or more, such as 2.")
    centre = as_tree_weights(weights, tree)
    low, high = centre / factor, centre * factor
    for node in fixed:
        low[node] = high[node] = centre[node]
    return Admissible(tree, low, high)


def free_nodes(weights: ArrayLike, tree: Tree, nodes: tuple[int, ...]) -> Admissible:
    """Any weights at `nodes` (all siblings of one another, such as the pillars); the others keep theirs.

    Raises
    ------
    InputError
        A sibling of a free node that isn't free itself: "free" has no meaning beside a fixed weight.
    """
    centre = as_tree_weights(weights, tree)
    low, high = centre.copy(), centre.copy()
    for children in tree.children.values():
        loose = set(children) & set(nodes)
        if loose and loose != set(children):
            raise InputError(
                f"Nodes {sorted(loose)} are free but their siblings {sorted(set(children) - loose)} aren't.",
                "Free all children of a parent, or none.",
            )
    low[list(nodes)], high[list(nodes)] = 0.0, 1.0
    return Admissible(tree, low, high)


def largest(rows: ArrayLike, weights: Admissible) -> FloatArray:
    """Return the largest weighted mean of each row over the set.

    Parameters
    ----------
    rows : (rows, leaves), complete.

    Returns
    -------
    (rows,). The smallest is ``-largest(-rows, weights)``.
    """
    values = np.asarray(rows, dtype=np.float64)
    if weights.order is not None:
        return np.asarray((values @ weights.basis().T).max(axis=1), dtype=np.float64)
    found: dict[int, FloatArray] = {leaf: values[:, leaf] for leaf in range(weights.tree.leaves)}
    for node in weights.tree.aggregates:
        children = list(weights.tree.children[node])
        part = np.stack([found[child] for child in children], axis=1)
        found[node], _ = _largest_mean(part, weights.low[children], weights.high[children])
    return found[weights.tree.root]


def lowest(rows: ArrayLike, weights: Admissible) -> FloatArray:
    """Return weights of the leaves, up to a factor, at which each row's weighted sum has the lowest sign.

    Where that sum is above 0 the row is positive over the whole set. Not for ordered sets, whose coordinates are free.

    Parameters
    ----------
    rows : (rows, leaves), complete.

    Returns
    -------
    (rows, leaves).
    """
    tree, values = weights.tree, np.asarray(rows, dtype=np.float64)
    if len(tree.aggregates) == 1:
        return _lowest_sum(values, weights.low[:-1], weights.high[:-1])
    means = np.zeros((len(values), len(tree.parents)))
    means[:, : tree.leaves] = values
    chosen = np.ones(means.shape)
    for node in tree.aggregates:
        children = list(tree.children[node])
        part, low, high = means[:, children], weights.low[children], weights.high[children]
        if node == tree.root:
            chosen[:, children] = _lowest_sum(part, low, high)
        else:
            largest_means, picked = _largest_mean(-part, low, high)
            means[:, node], chosen[:, children] = -largest_means, picked / picked.sum(axis=1, keepdims=True)
    for node in reversed(tree.aggregates[:-1]):
        chosen[:, list(tree.children[node])] *= chosen[:, [node]]
    return chosen[:, : tree.leaves]


def shares(values: FloatArray, tree: Tree) -> FloatArray:
    """Return weights of the leaves, each row of sum 1, from a value of each node among its siblings.

    Parameters
    ----------
    values : (rows, nodes), zero or more; the root's isn't looked at. Where all siblings are zero they share evenly.
    """
    result = np.ones(values.shape)
    for node in reversed(tree.aggregates):
        children = list(tree.children[node])
        siblings = values[:, children]
        siblings[siblings.sum(axis=1) == 0] = 1.0
        result[:, children] = result[:, [node]] * siblings / siblings.sum(axis=1, keepdims=True)
    return result[:, : tree.leaves]


def node_values(leaves: FloatArray, weights: Admissible) -> FloatArray:
    """Return a value between the bounds for each node, such that `shares` gives these weights of the leaves.

    Parameters
    ----------
    leaves : (rows, leaves), admissible.

    Returns
    -------
    (rows, nodes); the root's is 1.
    """
    tree = weights.tree
    total = np.zeros((len(leaves), len(tree.parents)))
    total[:, : tree.leaves] = leaves
    result = np.ones(total.shape)
    for node in tree.aggregates:
        children = list(tree.children[node])
        total[:, node] = total[:, children].sum(axis=1)
        scale = (total[:, children] / weights.high[children]).max(axis=1, keepdims=True)
        top = np.tile(weights.high[children], (len(leaves), 1))
        scaled = np.divide(total[:, children], scale, out=top, where=scale > 0)
        result[:, children] = np.clip(scaled, weights.low[children], weights.high[children])
    return result


def cone_rows(weights: Admissible) -> sparse.csr_matrix:
    """Rows r with r v <= 0, v the leaf weights and one scale for each aggregate whose children are bounded.

    Scales are columns after the leaves; an ordered set has no rows (its coordinates are free).
    """
    tree = weights.tree
    if weights.order is not None:
        return sparse.csr_matrix((0, tree.leaves))
    below: dict[int, list[int]] = {leaf: [leaf] for leaf in range(tree.leaves)}
    for node in tree.aggregates:
        below[node] = [leaf for child in tree.children[node] for leaf in below[child]]
    bounded = [
        node for node in tree.aggregates
        if len(tree.children[node]) > 1
        and not all(weights.low[c] == 0 and weights.high[c] == weights.high[tree.children[node][0]]
                    for c in tree.children[node])
    ]  # fmt: skip
    rows = []
    for place, node in enumerate(bounded):
        scale = tree.leaves + place
        for child in tree.children[node]:
            upper = np.zeros(tree.leaves + len(bounded))
            upper[below[child]], upper[scale] = 1.0, -weights.high[child]
            rows.append(upper)
            lower = np.zeros(tree.leaves + len(bounded))
            lower[below[child]], lower[scale] = -1.0, weights.low[child]
            rows.append(lower)
    return sparse.csr_matrix(np.array(rows).reshape(-1, tree.leaves + len(bounded)))


def draw_weights(weights: Admissible, count: int, rng: np.random.Generator) -> FloatArray:
    """Draw coordinates of weights that reach into the corners of the set: (count, leaves), each row of sum 1.

    Half of the rows have each node at one of its bounds, the others between (log-uniform). Where a weight can be zero
    the rows are Dirichlet with a concentration of 0.3: few weights are large. For an ordered set coordinates mix the
    rows of its basis.
    """
    if count < 1:
        raise InputError(f"Can't draw {count} weights.", "Draw at least one.")
    tree, nodes = weights.tree, len(weights.tree.parents)
    uniform, gamma = rng.random((count, nodes)), rng.standard_gamma(0.3, (count, nodes))
    open_ = weights.low == 0
    low, high = np.where(open_, 1.0, weights.low), np.where(open_, 1.0, weights.high)
    between = np.where(np.arange(count)[:, None] % 2 == 0, (uniform > 0.5) * 1.0, uniform)
    drawn = np.where(open_, weights.high * np.maximum(gamma, 1e-12), low * (high / low) ** between)
    return shares(drawn, tree)


def _largest_mean(part: FloatArray, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Max sum(v d) / sum(v), low <= v <= high, and v: children with the largest d are at `high`, others at `low`."""
    if part.shape[1] == 1:
        return part[:, 0], np.ones(part.shape)
    order = np.argsort(-part, axis=1)
    values = np.take_along_axis(part, order, axis=1)
    down, up = low[order], high[order]
    top = np.cumsum(up * values, axis=1) + (down * values).sum(axis=1, keepdims=True)
    top -= np.cumsum(down * values, axis=1)
    mass = np.cumsum(up, axis=1) + down.sum(axis=1, keepdims=True) - np.cumsum(down, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(mass > 0, top / mass, -np.inf)
    last = means.argmax(axis=1)[:, None]
    picked = np.empty(part.shape)
    np.put_along_axis(picked, order, np.where(np.arange(part.shape[1]) <= last, up, down), axis=1)
    return np.take_along_axis(means, last, axis=1)[:, 0], picked


def _lowest_sum(part: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Return v, low <= v <= high and not all zero, such that sum(v d) is above 0 only where all such sums are."""
    picked = np.where(part > 0, low, high)
    empty = np.flatnonzero(~picked.any(axis=1))
    picked[empty, part[empty].argmin(axis=1)] = 1.0
    return picked
