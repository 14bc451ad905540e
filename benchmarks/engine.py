"""The index engine: replicates beside ranking alone, exact Kemeny, best and worst ranks. Prints; asserts nothing.

Run: python benchmarks/engine.py [PART ...]; parts: replicates, small, large, kemeny, extremes (default: all). Each case
runs in a process of its own, whose peak memory is its own. Times are wall times; beside them stands the processor
time, which other work on the machine doesn't stretch.
"""

from __future__ import annotations

import itertools
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor

import numpy as np

import technopole as tp
from technopole.core.types import Boundary, Lens
from technopole.index.matrix import build_matrix
from technopole.index.run import run_index
from technopole.index.tree import labelled_tree
from technopole.indicators.declarations import catalogue
from technopole.kernel.admissible import Admissible, free, within_factor
from technopole.kernel.aggregate import Aggregation, aggregate, aggregate_tree
from technopole.kernel.arrays import FloatArray
from technopole.kernel.extremes import extreme_ranks
from technopole.kernel.impute import impute_nearest
from technopole.kernel.kemeny import kemeny, kemeny_positions
from technopole.kernel.normalise import min_max, rank, z_score
from technopole.kernel.outrank import outranking
from technopole.kernel.rank import competition_ranks
from technopole.kernel.treat import log1p, winsorise_quantile
from technopole.kernel.tree import Tree, flat_tree
from technopole.kernel.weight import bounded_weights, effective_weights

PROCESSES = 2
SECONDS = {"pillars": 0.45, "indicators": 0.45, "free": 2.0}
"""Processor time for each end of each city, by set of weights."""
TOP_FREE = 50
COINR_SECONDS = 0.08
NORMALISERS: tuple[Callable[[FloatArray], FloatArray], ...] = (
    lambda x: min_max(x, 1.0, 100.0),
    lambda x: np.maximum(z_score(x, 50.0, 15.0), 1.0),
    lambda x: min_max(rank(x, 10), 1.0, 100.0),
)


def counts(units: int, indicators: int) -> tuple[FloatArray, Tree]:
    """Skewed counts with 3 % gaps, in eight pillars below two sides."""
    rng = np.random.default_rng(0)
    size = rng.lognormal(size=(units, 1))
    x = rng.poisson(20 * size * rng.lognormal(sigma=0.7, size=(units, indicators))).astype(float)
    x[rng.random(x.shape) < 0.03] = np.nan
    pillar = [indicators + k * 8 // indicators for k in range(indicators)]
    side = [indicators + 8 + k // 4 for k in range(8)]
    return x, Tree((*pillar, *side, indicators + 10, indicators + 10, -1), indicators)


def replicate(units: int, indicators: int, count: int, errors: float) -> tuple[str, float, float]:
    """Treat, impute, normalise, weight and aggregate at random `count` times; rank. With errors: draws for each."""
    x, tree = counts(units, indicators)
    rng = np.random.default_rng(1)
    start, cpu = time.perf_counter(), time.process_time()
    prepared = []
    for upper in (0.999, 1.0):
        treated = winsorise_quantile(log1p(x), upper)
        imputed = impute_nearest(treated, coordinates=min_max(treated), rng=np.random.default_rng(2))
        prepared += [imputed.replicate(draw) for draw in range(imputed.draws.shape[0])]
    filled = time.process_time() - cpu
    choices = list(itertools.product(range(len(prepared)), range(len(NORMALISERS)), ("arithmetic", "geometric")))
    chosen = rng.integers(len(choices), size=count)
    weights = bounded_weights(rng, np.ones(len(tree.parents)), count)
    ranks = np.empty((count, units), dtype=np.int32)
    step = max(1, 4_000_000 // (units * indicators))
    for number in np.unique(chosen):
        mine = np.flatnonzero(chosen == number)
        matrix, normaliser, method = choices[number]
        base = NORMALISERS[normaliser](prepared[matrix]) if errors == 0 else prepared[matrix]
        for block in np.array_split(mine, max(1, -(-mine.size // step))) if errors else [mine]:
            values = base
            if errors:
                noise = rng.standard_normal((block.size, units, indicators))
                values = NORMALISERS[normaliser](base + errors * noise)
            scores = aggregate_tree(values, weights[block], tree, Aggregation(method), [tree.root])[..., 0]
            ranks[block] = competition_ranks(scores)
    label = f"{count:,} replicates{' with errors' if errors else ''} ({filled:.2f} s of it imputation)"
    return label, time.perf_counter() - start, time.process_time() - cpu


def floor(units: int, count: int) -> tuple[str, float, float]:
    """Ranking alone."""
    scores = np.random.default_rng(0).random((count, units))
    start, cpu = time.perf_counter(), time.process_time()
    np.argsort(scores, axis=1)
    return f"argsort {count:,} x {units:,}", time.perf_counter() - start, time.process_time() - cpu


def noise(units: int, indicators: int, count: int) -> tuple[str, float, float]:
    """Drawing the noise alone."""
    rng = np.random.default_rng(0)
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(count):
        rng.standard_normal((units, indicators))
    return f"normal {count:,} x {units:,} x {indicators}", time.perf_counter() - start, time.process_time() - cpu


def alone(case: Callable[..., tuple[str, float, float]], *arguments: float) -> tuple[float, float]:
    """Run a case in a process of its own and print it; wall and processor time."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (label, wall, cpu), peak = pool.apply(_measured, (case, arguments))
    print(f"  {label}: {wall:.2f} s, processor {cpu:.2f} s, peak memory {peak:,.0f} MiB", flush=True)
    return wall, cpu


def _measured(
    case: Callable[..., tuple[str, float, float]], arguments: tuple[float, ...]
) -> tuple[tuple[str, float, float], float]:
    return case(*arguments), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def replicates() -> None:
    print("1,825 units, 24 indicators")
    _, ranking = alone(floor, 1825, 10_000)
    _, full = alone(replicate, 1825, 24, 10_000, 0.0)
    print(f"  choices, imputation and weights: {full / ranking:.2f} times ranking (processor)")
    _, drawing = alone(noise, 1825, 24, 10_000)
    _, errors = alone(replicate, 1825, 24, 10_000, 0.05)
    print(f"  with measurement errors: {(errors - drawing) / ranking:.2f} times ranking, plus drawing the noise")


def small() -> None:
    print("51 units, 49 indicators")
    wall, _ = alone(replicate, 51, 49, 10_000, 0.0)
    each = wall / 10_000
    print(f"  {each * 1e6:.0f} microseconds a replicate, {COINR_SECONDS / each:,.0f} times faster than COINr's 0.08 s")


def large() -> None:
    print("5,000 units, 24 indicators")
    alone(replicate, 5000, 24, 1000, 0.0)
    alone(replicate, 5000, 24, 1000, 0.05)


def kemenys() -> None:
    print("Kemeny, 24 indicators of independent random values, exact")
    for units in (10, 20, 30, 40):
        support = outranking(np.random.default_rng(units).random((units, 24)), np.random.default_rng(0).random(24))
        start = time.perf_counter()
        result = kemeny(support, most=1)
        middle = time.perf_counter()
        kemeny_positions(support)
        scores = time.perf_counter() - middle
        print(f"  {units} units: {middle - start:.2f} s, score {result.score:.3f}; as an aggregator {scores:.2f} s")


def edition() -> tuple[FloatArray, FloatArray, Tree]:
    """Normalised matrix, weights and tree of the shipped index."""
    opened = tp.load()
    framework = opened.framework()
    matrix = build_matrix(opened.table("indicators"), opened.frame(), framework, catalogue(), Boundary.AGGLOMERATION)
    labelled = labelled_tree(framework)
    return run_index(matrix, framework, Lens.SCALE).normalised, labelled.weights, labelled.tree


def sets() -> dict[str, tuple[FloatArray, Admissible]]:
    """Matrix and weights: scores of the pillars, or the indicators."""
    x, weights, tree = edition()
    pillars = [node for node in tree.aggregates if all(child < tree.leaves for child in tree.children[node])]
    leaves = np.append(effective_weights(weights, tree)[: tree.leaves], 1.0)
    return {
        "pillars": (aggregate_tree(x, weights, tree, Aggregation(), pillars), free(len(pillars))),
        "indicators": (x, within_factor(leaves, flat_tree(tree.leaves), 2.0)),
        "free": (x, free(tree.leaves)),
    }


def search(kind: str, part: list[int]) -> tuple[list[tuple[int, int, int, bool]], float]:
    """(unit, gap of the best, gap of the worst, both certificates reproduced), and the processor time."""
    x, weights = sets()[kind]
    start = time.process_time()
    found = extreme_ranks(x, weights, part, SECONDS[kind])
    spent = time.process_time() - start
    rows = []
    for unit, ends in zip(part, found, strict=True):
        same = all(competition_ranks(aggregate(x, end.weights))[unit] == end.rank for end in ends)
        rows.append((unit, ends[0].gap, ends[1].gap, same))
    return rows, spent


def extremes() -> None:
    x, weights, tree = edition()
    nominal = np.argsort(-aggregate(x, effective_weights(weights, tree)[: tree.leaves]), kind="stable").tolist()
    labels = {
        "pillars": "free pillar weights",
        "indicators": "each indicator's weight half to double",
        "free": f"free indicator weights, top {TOP_FREE}",
    }
    print(f"Best and worst possible rank, {len(nominal)} cities, {tree.leaves} indicators, {PROCESSES} processes")
    for kind, label in labels.items():
        chosen = nominal[:TOP_FREE] if kind == "free" else nominal
        start = time.perf_counter()
        with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
            done = list(pool.map(search, [kind] * PROCESSES, [chosen[k::PROCESSES] for k in range(PROCESSES)]))
        wall = time.perf_counter() - start
        rows = [row for part, _ in done for row in part]
        spent = sum(one for _, one in done)
        print(
            f"  {label}: {wall:.0f} s, processor {spent:.0f} s, certificates {sum(r[3] for r in rows)} of {len(rows)}"
        )
        for end, place in (("best", 1), ("worst", 2)):
            gaps = np.array([row[place] for row in rows])
            print(
                f"    {end}: exact {(gaps == 0).mean():.0%}, gap median {np.median(gaps):.0f}, "
                f"90 % {np.quantile(gaps, 0.9):.0f}, largest {gaps.max()}",
                flush=True,
            )


PARTS = {"replicates": replicates, "small": small, "large": large, "kemeny": kemenys, "extremes": extremes}

if __name__ == "__main__":
    for name in sys.argv[1:] or PARTS:
        PARTS[name]()
