"""Best and worst possible ranks of every ranked city, computed in advance for the explorer.

Seeking them takes twenty minutes of one core, so that they aren't sought when a bundle is made: `python -m
technopole.publish.extremes_shipped` seeks them once an edition and writes a file beside this module. The file names the
content digest that it was computed from, and is used for exactly that content.

Only for the table that the explorer opens with: scale lens, both sides, agglomeration boundary. The weights of each
rank travel with it, rounded as a link writes them; the rank is what these rounded weights give.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from technopole.core.types import Boundary, Lens
from technopole.editions.atomic import replaced_file
from technopole.editions.read import Edition, open_edition
from technopole.index.framework import ROOT, Framework
from technopole.index.run import IndexRun, run_index
from technopole.index.tree import labelled_tree
from technopole.kernel.aggregate import Aggregation, aggregate_tree
from technopole.kernel.extremes import Progress
from technopole.kernel.rank import competition_ranks
from technopole.publish.extremes import ENDS, seek
from technopole.robustness.extremes import weight_set

SETS: Final = {"pillars": 2.0, "bounded": 0.6}
"""Set of weights -> limit of processor time, in seconds, for each end of each city."""
FACTOR: Final = 2.0
DIGITS: Final = 4
SCHEMA: Final = {
    "set": pl.String,
    "city": pl.Int64,
    **{f"{end}{part}": kind for end in ENDS for part, kind in (("", pl.Int32), ("_bound", pl.Int32))},
    **{f"{end}_weights": pl.String for end in ENDS},
    "content_digest": pl.String,
}


def shipped_path(edition: Edition) -> Path:
    """File of an edition's computed extremes; it may not be there."""
    return Path(__file__).parent / "computed" / f"extremes-{edition.id}.parquet"


def shipped_extremes(edition: Edition) -> pl.DataFrame | None:
    """Read what was computed in advance for exactly this edition's content; None where nothing was.

    Returns
    -------
    One row for each set of SETS and ranked city: set, city, best, best_bound, worst, worst_bound, and the weights
    (best_weights, worst_weights) as a link writes them: name:weight, comma between.
    """
    path = shipped_path(edition)
    if not path.is_file():
        return None
    table = pl.read_parquet(path)
    return table if set(table["content_digest"]) == {edition.manifest["content_digest"]} else None


def extremes_document(edition: Edition) -> dict[str, Any]:
    """What the explorer shows of them.

    Returns
    -------
    lens, side, boundary, factor (of the bounded set); `sets`: set -> one row for each ranked city, by id: best rank,
    its bound, worst rank, its bound, weights of the best, weights of the worst. Weights stand in the order of the
    framework's nodes (without the root). No sets where nothing was computed for this content.
    """
    table = shipped_extremes(edition)
    framework = edition.framework()
    labelled = labelled_tree(framework)
    declared = dict(zip(labelled.names[:-1], labelled.weights.tolist(), strict=False))

    def vector(text: str) -> list[float]:
        own = {name: float(weight) for name, _, weight in (part.partition(":") for part in text.split(",") if part)}
        return [own.get(name, weight) for name, weight in declared.items()]

    columns = ("best", "best_bound", "worst", "worst_bound")
    sets = {} if table is None else {kind: table.filter(pl.col("set") == kind).sort("city") for kind in SETS}
    return {
        "lens": Lens.SCALE.value,
        "side": "",
        "boundary": Boundary.AGGLOMERATION.value,
        "factor": FACTOR,
        "sets": {
            kind: [
                [*(row[name] for name in columns), vector(row["best_weights"]), vector(row["worst_weights"])]
                for row in one.iter_rows(named=True)
            ]
            for kind, one in sets.items()
        },
    }


def compute(edition: Edition, kind: str, seconds: float, progress: Progress = lambda *_: None) -> pl.DataFrame:
    """Seek the extremes of every ranked city over one set of weights; columns as `shipped_extremes`.

    Parameters
    ----------
    seconds : limit of processor time of each end of each city. Where it is hit, rank and bound differ.
    progress : is told how many ends are found, of how many.
    """
    framework = edition.framework()
    matrix = edition.matrix()
    run = run_index(matrix, framework, Lens.SCALE)
    chosen = weight_set(run, ROOT, kind, FACTOR)
    ends = seek(chosen, range(matrix.cities.size), seconds, progress)
    digest = edition.manifest["content_digest"]
    columns: dict[str, Any] = {"set": kind, "city": matrix.cities, "content_digest": digest}
    for end in ENDS:
        links = [as_in_a_link(framework, both[end]) for both in ends.of_nodes]
        columns[end] = [int(ranks_under(run, framework, link)[place]) for place, link in enumerate(links)]
        columns[f"{end}_bound"] = ends.columns[f"{end}_bound"]
        columns[f"{end}_weights"] = [",".join(f"{name}:{weight:g}" for name, weight in link.items()) for link in links]
    return pl.DataFrame(columns, schema_overrides=SCHEMA).select(list(SCHEMA)).sort("city")


def as_in_a_link(framework: Framework, weights: Mapping[str, float]) -> dict[str, float]:
    """Scale weights so that the largest of each level is 1, and round them; equal to the declared ones are left out.

    Only ratios within a level count.
    """
    labelled = labelled_tree(framework)
    rounded: dict[str, float] = {}
    for parent, children in labelled.tree.children.items():
        names = [labelled.names[child] for child in children if labelled.names[child] in weights]
        largest = max((weights[name] for name in names), default=0.0)
        if largest > 0 and parent >= labelled.tree.leaves:
            rounded |= {name: round(weights[name] / largest, DIGITS) for name in names}
    declared = dict(zip(labelled.names, labelled.weights.tolist(), strict=True))
    return {name: rounded[name] for name in sorted(rounded) if rounded[name] != declared[name]}


def ranks_under(run: IndexRun, framework: Framework, weights: Mapping[str, float]) -> NDArray[np.int32]:
    """Rank of each city in the whole index under other weights, in the order of the run's cities."""
    labelled = labelled_tree(framework.with_weights(weights))
    scores = aggregate_tree(run.normalised, labelled.weights, labelled.tree, Aggregation(framework.method.aggregation))
    return competition_ranks(scores[:, labelled.names.index(ROOT) - labelled.tree.leaves])


def main() -> None:
    """Compute and write the file of the newest edition."""
    edition = open_edition()

    def tell(done: int, total: int) -> None:
        print(f"\r{done} of {total} ends", end="\n" if done == total else "", file=sys.stderr)

    write(edition, [compute(edition, kind, seconds, tell) for kind, seconds in SETS.items()])


def write(edition: Edition, tables: list[pl.DataFrame]) -> None:
    """Write the file, whole or not at all, and say what is in it."""
    path = shipped_path(edition)
    path.parent.mkdir(exist_ok=True)
    table = pl.concat(tables)
    with replaced_file(path) as part:
        table.write_parquet(part, compression="zstd", statistics=False)
    print(f"{path.name}: {path.stat().st_size:,} bytes")
    for kind in SETS:
        one = table.filter(pl.col("set") == kind)
        for end in ENDS:
            gaps = np.abs((one[end] - one[f"{end}_bound"]).to_numpy())
            shown = f"gap median {np.median(gaps):.0f}, 90 % {np.quantile(gaps, 0.9):.0f}, largest {gaps.max()}"
            print(f"{kind}, {one.height} cities, {end}: exact {(gaps == 0).mean():.0%}, {shown}")


if __name__ == "__main__":
    main()
