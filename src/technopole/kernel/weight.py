"""Weights: given or equal, random ones for the uncertainty analysis, and what they mean in a hierarchy.

Weights need no particular sum: aggregation divides by the sum over what is present. In a tree each node has a weight
among its siblings; arrays are (..., nodes), leading axes are replicates.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from technopole.core.errors import InputError
from technopole.kernel.arrays import FloatArray, as_weights
from technopole.kernel.tree import Tree

_SMALLEST: Final = np.finfo(np.float64).tiny


def equal_weights(count: int) -> FloatArray:
    """`count` ones. Raises InputError below one."""
    if count < 1:
        raise InputError(f"Can't weight {count} elements.", "Give at least one.")
    return np.ones(count)


def given_weights(weights: ArrayLike, count: int) -> FloatArray:
    """Return a checked copy of weights, shape (..., count).

    Raises InputError for another length, NaN, infinite or negative values, or all zero.
    """
    return as_weights(weights, count).copy()


def normalised_weights(weights: ArrayLike) -> FloatArray:
    """Weights divided by their sum along the last axis. Raises InputError as `given_weights`."""
    array = np.atleast_1d(np.asarray(weights, dtype=np.float64))
    checked = as_weights(array, array.shape[-1])
    return np.asarray(checked / checked.sum(axis=-1, keepdims=True), dtype=np.float64)


def effective_weights(weights: ArrayLike, tree: Tree) -> FloatArray:
    """Share of each node in the root: the product of sibling shares along its path; the leaves' shares sum to 1.

    Parameters
    ----------
    weights : (..., nodes), each among its siblings; the root's own weight isn't used.

    Returns
    -------
    (..., nodes); 1 for the root. Take ``[..., : tree.leaves]`` for the indicators.
    """
    checked = as_tree_weights(weights, tree)
    shares = np.ones(checked.shape)
    for aggregate in reversed(tree.aggregates):
        children = list(tree.children[aggregate])
        siblings = checked[..., children]
        shares[..., children] = shares[..., [aggregate]] * siblings / siblings.sum(axis=-1, keepdims=True)
    return shares


def as_tree_weights(weights: ArrayLike, tree: Tree) -> FloatArray:
    """Check weights of all nodes: finite, not negative, and not all zero among any siblings. Shape (..., nodes)."""
    checked = as_weights(weights, len(tree.parents), "weights of nodes")
    for aggregate, children in tree.children.items():
        if not (checked[..., list(children)] > 0).any(axis=-1).all():
            raise InputError(
                f"The weights of the children of node {aggregate} are all zero.", "At least one must be above zero."
            )
    return checked


def dirichlet_weights(
    rng: np.random.Generator, centre: ArrayLike, replicates: int, concentration: float = 1.0
) -> FloatArray:
    """Draw weights that sum to 1 from a Dirichlet distribution with the mean `centre` / sum.

    alpha = concentration * count * centre / sum(centre): equal centre with concentration 1 is uniform over all
    possible weights; a higher concentration stays nearer to the centre. An element whose centre is 0 stays 0.

    Returns
    -------
    (replicates, count).
    """
    alpha = _alpha(centre, concentration)
    gamma = rng.standard_gamma(alpha, size=(replicates, alpha.size))
    return _shares(gamma, alpha)


def dirichlet_from_uniform(uniform: ArrayLike, centre: ArrayLike, concentration: float = 1.0) -> FloatArray:
    """Map points of the unit cube to `dirichlet_weights` (inverse of the gamma distribution), for quasi-random samples.

    Parameters
    ----------
    uniform : (..., count), in [0, 1).
    """
    alpha = _alpha(centre, concentration)
    points = np.asarray(uniform, dtype=np.float64)
    if points.shape[-1:] != alpha.shape or not ((points >= 0) & (points < 1)).all():
        raise InputError(f"Need points in [0, 1) with {alpha.size} coordinates.", "Give one coordinate a weight.")
    from scipy import special  # a quarter of a second: only where it is needed

    gamma = -np.log1p(-points) if (alpha == 1).all() else special.gammaincinv(np.where(alpha > 0, alpha, 1.0), points)
    return _shares(np.asarray(gamma, dtype=np.float64), alpha)


def bounded_weights(rng: np.random.Generator, centre: ArrayLike, replicates: int, factor: float = 2.0) -> FloatArray:
    """Each weight on its own, log-uniform between centre / factor and centre * factor. Shape (replicates, count).

    A factor of 1 returns the centre exactly. Raises InputError below 1.
    """
    if not 1 <= factor < np.inf:
        raise InputError(f"Weights can't vary by the factor {factor:g}.", "Choose 1 or more, such as 2.")
    middle = _centre(centre)
    exponent = rng.uniform(-1.0, 1.0, size=(replicates, middle.size))
    return middle * np.asarray(factor**exponent, dtype=np.float64)


def noisy_weights(rng: np.random.Generator, centre: ArrayLike, replicates: int, share: float = 0.25) -> FloatArray:
    """Each weight uniform between centre (1 - share) and centre (1 + share); COINr `get_noisy_weights`.

    Shape (replicates, count). Raises InputError unless 0 <= share < 1.
    """
    if not 0 <= share < 1:
        raise InputError(f"Weights can't vary by the share {share:g}.", "Choose 0 to below 1, such as 0.25.")
    middle = _centre(centre)
    return middle * (1.0 + share * rng.uniform(-1.0, 1.0, size=(replicates, middle.size)))


def tree_dirichlet_weights(
    rng: np.random.Generator, centre: ArrayLike, tree: Tree, replicates: int, concentration: float = 1.0
) -> FloatArray:
    """`dirichlet_weights` among the children of each aggregate on their own; the root has weight 1.

    Returns
    -------
    (replicates, nodes).
    """
    middle = as_tree_weights(centre, tree)
    weights = np.ones((replicates, middle.shape[-1]))
    for children in tree.children.values():
        weights[:, list(children)] = dirichlet_weights(rng, middle[list(children)], replicates, concentration)
    return weights


def _centre(centre: ArrayLike) -> FloatArray:
    array = np.atleast_1d(np.asarray(centre, dtype=np.float64))
    if array.ndim != 1:
        raise InputError(f"The centre of random weights has the shape {array.shape}.", "Give one weight an element.")
    return as_weights(array, array.size)


def _alpha(centre: ArrayLike, concentration: float) -> FloatArray:
    if not 0 < concentration < np.inf:
        raise InputError(f"A concentration of {concentration:g} gives no weights.", "Choose a number above zero.")
    middle = _centre(centre)
    # count / sum first: equal centres then give exactly the concentration
    return np.asarray(middle / (middle.sum() / middle.size) * concentration, dtype=np.float64)


def _shares(gamma: FloatArray, alpha: FloatArray) -> FloatArray:
    # tiny alphas underflow to 0 everywhere; the floor keeps such a row defined (equal over its elements)
    floored = np.where(alpha > 0, np.maximum(gamma, _SMALLEST), 0.0)
    return np.asarray(floored / floored.sum(axis=-1, keepdims=True), dtype=np.float64)
