"""Every stage of `technopole score` on many units x 24 indicators: time and peak memory. Prints; asserts nothing.

Run: python benchmarks/units.py [UNITS] [METHOD ...] (default: 100,000 and all methods but those named in SLOW). Each
case runs in a process of its own, whose peak memory is its own, on the table of benchmarks/engine.py (3 % missing).
Processor time stands beside wall time, which other work on the machine stretches.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from typing import Any

import polars as pl
from engine import table

import technopole as tp
from technopole.core.errors import TechnopoleError
from technopole.index.generic import BESIDE
from technopole.kernel.aggregate import AGGREGATORS
from technopole.kernel.impute import IMPUTERS
from technopole.kernel.normalise import NORMALISERS
from technopole.kernel.treat import TREATMENTS
from technopole.kernel.weighting import WEIGHTINGS

INDICATORS = 24
PARAMETERS: dict[str, dict[str, Any]] = {
    "group_mean": {"group": "region"}, "group_median": {"group": "region"}, "panel": {},
    "distance_to_reference": {"reference": "u5"}, "distance_to_targets": {"targets": 5000},
    "goalposts": {"low": 0, "high": 5000}, "budget_allocation": {"points": [[1, 2, 3]]},
    "hierarchy": {"matrix": [[1, 2, 3], [1 / 2, 1, 1.5], [1 / 3, 1 / 1.5, 1]]},
}  # fmt: skip
STAGES = {"treat": TREATMENTS, "impute": {**IMPUTERS, **BESIDE}, "normalise": NORMALISERS, "weights": WEIGHTINGS,
          "aggregate": AGGREGATORS}  # fmt: skip
SLOW = {"nearest", "knn", "iterative", "copeland", "benefit_of_the_doubt"}


def framework(stage: str, method: str) -> dict[str, Any]:
    """Eight pillars of three indicators; what weights and aggregations cost is that of one pillar."""
    choice = {"method": method, **PARAMETERS.get(method, {})}
    defaults = {"impute": "median", "treat": "log1p", "normalise": {"method": "min_max", "low": 1, "high": 100}}
    pillars: list[dict[str, Any]] = [
        {"id": f"p{k}", "children": [{"indicator": f"i{j}"} for j in range(3 * k, 3 * k + 3)]} for k in range(8)
    ]
    if stage in defaults:
        defaults[stage] = choice
    else:
        pillars[0][stage] = choice
    unit = {"id": "id", "time": "time"} if method == "panel" else {"id": "id"}
    return {"unit": unit, "defaults": defaults, "index": {"id": "index", "children": pillars}}


def case(units: int, stage: str, method: str) -> str:
    """Score once and say what it took."""
    data = table(units, INDICATORS, 0.03)
    data = data.with_columns(region=pl.int_range(units) % 50, time=pl.lit(2026))
    start, cpu = time.perf_counter(), time.process_time()
    try:
        tp.score(data, framework(stage, method))
        refused = ""
    except TechnopoleError as error:
        refused = f"  refused: {error}"
    spent, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"  {method}: {spent:.1f} s, processor {cpu:.1f} s, peak memory {peak:,.0f} MiB{refused}"


def main() -> None:
    words = sys.argv[1:]
    units = int(words.pop(0)) if words and words[0].isdigit() else 100_000
    for stage, methods in STAGES.items():
        wanted = [name for name in methods if (name in words if words else name not in SLOW)]
        if wanted:
            print(f"{stage}, {units:,} units x {INDICATORS} indicators", flush=True)
        for method in wanted:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                print(pool.apply(case, (units, stage, method)), flush=True)


if __name__ == "__main__":
    main()
