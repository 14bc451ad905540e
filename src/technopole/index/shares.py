"""What each indicator weighs within each score, and what kind of evidence that weight rests on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import polars as pl

from technopole.core.types import Boundary, Status
from technopole.index.framework import ROOT, Framework, Leaf, Node

KINDS: Final[dict[str, str]] = {
    Status.OBSERVED.value: "observed",
    Status.ZERO.value: "observed",
    Status.LOWER_BOUND.value: "lower_bound",
    Status.INHERITED.value: "inherited",
}
"""Status of a value -> kind of evidence; every other status has no value and is imputed."""
SHARES: Final = ("observed", "lower_bound", "inherited", "imputed")


def weights_within(framework: Framework) -> dict[str, dict[str, float]]:
    """Share of each indicator in each score (`ROOT`, sides, pillars): the product of the weights on its way there.

    Weights of siblings are divided by their sum. A node that weighs nothing in its parent still has shares of its own.
    """
    found: dict[str, dict[str, float]] = {}

    def descend(name: str, children: tuple[Node | Leaf, ...]) -> dict[str, float]:
        total = sum(child.weight for child in children)
        shares: dict[str, float] = {}
        for child in children:
            inner = {child.id: 1.0} if isinstance(child, Leaf) else descend(child.id, child.children)
            shares |= {leaf: share * child.weight / total for leaf, share in inner.items()}
        found[name] = shares
        return shares

    descend(ROOT, framework.tree)
    return found


def evidence_shares(
    values: pl.DataFrame, framework: Framework, boundary: Boundary, nodes: Collection[str] | None = None
) -> pl.DataFrame:
    """Which share of each score's weight is observed, a lower bound, inherited, and imputed, in each city.

    Parameters
    ----------
    values : indicators.matrix.VALUE_SCHEMA.
    nodes : scores that are asked for; None: all.

    Returns
    -------
    DataFrame with city, node (`ROOT`, sides, pillars) and SHARES, which add up to 1; sorted by city and node.
    """
    within = weights_within(framework)
    wanted = within if nodes is None else nodes
    rows = [(node, leaf, share) for node in wanted for leaf, share in within[node].items()]
    weights = pl.DataFrame(rows, schema={"node": pl.String, "indicator": pl.String, "weight": pl.Float64}, orient="row")
    kind = pl.col("status").replace_strict(KINDS, default="imputed", return_dtype=pl.String)
    found = values.filter(pl.col("boundary") == boundary.value).select("city", "indicator", kind=kind)
    # sorted before adding: the same bits whatever the order of rows
    parts = [pl.col("weight").filter(pl.col("kind") == name).sort().sum().alias(name) for name in SHARES]
    joined = weights.join(found, on="indicator", how="inner", validate="m:m")
    return joined.group_by("city", "node").agg(*parts).sort("city", "node")
