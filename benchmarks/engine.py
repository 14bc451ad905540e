"""The index engine: replicates beside ranking alone, exact Kemeny, best and worst ranks. Prints; asserts nothing.

Run: python benchmarks/engine.py [PART ...]; parts: replicates, small, large, kemeny, extremes (default: all), and
some-extremes, a sample of the last. Each case runs in a process of its own, whose peak memory is its own. Times are
wall times; beside them stands the processor time, which other work on the machine doesn't stretch.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import polars as pl

import technopole as tp
from technopole.core.types import Boundary, Lens
from technopole.index.generic import GenericFramework, parse_generic
from technopole.index.matrix import build_matrix
from technopole.index.run import run_index
from technopole.index.tree import labelled_tree
from technopole.indicators.declarations import catalogue
from technopole.kernel.admissible import Admissible, free, within_factor
from technopole.kernel.aggregate import Aggregation, aggregate, aggregate_tree
from technopole.kernel.arrays import FloatArray
from technopole.kernel.extremes import extreme_ranks
from technopole.kernel.kemeny import kemeny, kemeny_positions
from technopole.kernel.outrank import outranking
from technopole.kernel.rank import competition_ranks
from technopole.kernel.tree import Tree, flat_tree
from technopole.kernel.weight import effective_weights
from technopole.publish.own_index import own_uncertainty
from technopole.robustness.own_index import index_study
from technopole.robustness.own_replicates import evaluate

PROCESSES = 2
SECONDS = {"pillars": 1.2, "indicators": 0.4, "free": 5.0}
"""Processor time for each end of each city, by set of weights."""
TOP_FREE = 50
EVERY, EVERY_FREE = 14, 3
"""Of the sample; of the first TOP_FREE."""
COINR_SECONDS = 0.08
MIN_MAX = {"method": "min_max", "low": 1, "high": 100}
OPTIONS = (
    {"of": "treat", "options": ["log1p", "log_shifted"]},
    {
        "of": "normalise",
        "options": [{"method": "min_max", "low": 1, "high": 100}, {"method": "z_score", "mean": 100, "sd": 10}, "rank"],
    },
    {"of": "aggregate", "options": ["arithmetic", "geometric"]},
)


def table(units: int, indicators: int, gaps: float) -> pl.DataFrame:
    """Skewed counts, some missing."""
    rng = np.random.default_rng(0)
    size = rng.lognormal(size=(units, 1))
    x = rng.poisson(20 * size * rng.lognormal(sigma=0.7, size=(units, indicators))).astype(float)
    x[rng.random(x.shape) < gaps] = np.nan
    names = [f"i{k}" for k in range(indicators)]
    columns = {name: pl.Series(x[:, k]).fill_nan(None) for k, name in enumerate(names)}
    return pl.DataFrame({"id": [f"u{k}" for k in range(units)], **columns})


def framework(indicators: int, impute: Any, errors: float) -> GenericFramework:
    """Eight pillars below two sides; every choice of method, all weights (half to double) and errors vary."""
    pillars = [
        {"id": f"p{k}", "children": [{"indicator": f"i{j}"} for j in range(indicators) if j * 8 // indicators == k]}
        for k in range(8)
    ]
    sides = [{"id": f"s{k}", "children": pillars[4 * k : 4 * k + 4]} for k in range(2)]
    uncertain = {"choices": OPTIONS, "errors": {f"i{k}": errors for k in range(indicators)} if errors else {}}
    defaults = {"impute": impute, "treat": "log1p", "normalise": MIN_MAX}
    return parse_generic(
        {"defaults": defaults, "index": {"id": "index", "children": sides}, "uncertainty": uncertain}, ""
    )


def replicate(units: int, indicators: int, count: int, gaps: float, errors: float) -> tuple[str, float, float]:
    """Everything that `technopole uncertainty DATA` computes until each replicate is ranked."""
    nearest = {"method": "nearest", "draws": 20}
    data, declared = table(units, indicators, gaps), framework(indicators, nearest if gaps else "none", errors)
    start, cpu = time.perf_counter(), time.process_time()
    study = index_study(data, declared)
    points = np.random.default_rng(1).random((count, sum(one.coordinates for one in study.factors)))
    found = evaluate(study, points)
    competition_ranks(found.scores)
    spent = time.perf_counter() - start, time.process_time() - cpu
    assert not found.problems, found.problems
    what = ["choices, weights", *(["imputations"] if gaps else []), *(["errors"] if errors else [])]
    return f"{count:,} replicates: {', '.join(what)}", *spent


def hundred_thousand(units: int, indicators: int, count: int) -> tuple[str, float, float]:
    """The whole command, with the median for missing values (the nearest units take time quadratic in units)."""
    data, declared = table(units, indicators, 0.03), framework(indicators, "median", 0.0)
    start, cpu = time.perf_counter(), time.process_time()
    own_uncertainty(data, declared, replicates=count)
    return f"{count:,} replicates, ranges, tiers", time.perf_counter() - start, time.process_time() - cpu


def floor(units: int, count: int) -> tuple[str, float, float]:
    """Ranking alone; mean of three."""
    scores = np.random.default_rng(0).random((count, units))
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(3):
        np.argsort(scores, axis=1)
    return f"argsort {count:,} x {units:,}", (time.perf_counter() - start) / 3, (time.process_time() - cpu) / 3


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
    for gaps in (0.0, 0.03):
        _, full = alone(replicate, 1825, 24, 10_000, gaps, 0.0)
        print(f"    {full / ranking:.1f} times ranking")
    _, drawing = alone(noise, 1825, 24, 10_000)
    _, errors = alone(replicate, 1825, 24, 10_000, 0.03, 0.05)
    print(f"    {(errors - drawing) / ranking:.1f} times ranking, plus drawing the noise")


def small() -> None:
    print("51 units, 49 indicators")
    for errors in (0.0, 0.05):
        _, cpu = alone(replicate, 51, 49, 10_000, 0.03, errors)
        each = cpu / 10_000
        print(f"    {each * 1e6:.0f} microseconds each; COINr's {COINR_SECONDS} s: {COINR_SECONDS / each:,.0f} times")


def large() -> None:
    print("5,000 units, 24 indicators")
    for errors in (0.0, 0.05):
        alone(replicate, 5000, 24, 1000, 0.03, errors)
    print("100,000 units, 24 indicators")
    alone(hundred_thousand, 100_000, 24, 100)


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


def extremes(kinds: Iterable[str] = SECONDS, every: int = 1) -> None:
    """Every city by its rank, or every so many of them, so that the ends of the table and its middle are there."""
    x, weights, tree = edition()
    nominal = np.argsort(-aggregate(x, effective_weights(weights, tree)[: tree.leaves]), kind="stable").tolist()
    labels = {
        "pillars": "free pillar weights",
        "indicators": "each indicator's weight half to double",
        "free": f"free indicator weights, top {TOP_FREE}",
    }
    print(f"Best and worst possible rank among {len(nominal)}, {tree.leaves} indicators, {PROCESSES} processes")
    for kind in kinds:
        chosen = nominal[: TOP_FREE : min(every, EVERY_FREE)] if kind == "free" else nominal[::every]
        start = time.perf_counter()
        with ProcessPoolExecutor(PROCESSES, multiprocessing.get_context("spawn")) as pool:
            done = list(pool.map(search, [kind] * PROCESSES, [chosen[k::PROCESSES] for k in range(PROCESSES)]))
        wall = time.perf_counter() - start
        rows = [row for part, _ in done for row in part]
        spent = sum(one for _, one in done)
        print(
            f"  {labels[kind]}: {wall:.0f} s, processor {spent:.0f} s, "
            f"certificates {sum(r[3] for r in rows)} of {len(rows)}"
        )
        for end, place in (("best", 1), ("worst", 2)):
            gaps = np.array([row[place] for row in rows])
            print(
                f"    {end}: exact {(gaps == 0).mean():.0%}, gap median {np.median(gaps):.0f}, "
                f"90 % {np.quantile(gaps, 0.9):.0f}, largest {gaps.max()}",
                flush=True,
            )


PARTS: dict[str, Callable[[], None]] = {
    "replicates": replicates, "small": small, "large": large, "kemeny": kemenys, "extremes": extremes,
    "some-extremes": lambda: extremes(every=EVERY),
}  # fmt: skip

if __name__ == "__main__":
    for name in sys.argv[1:] or list(PARTS)[:-1]:
        PARTS[name]()
