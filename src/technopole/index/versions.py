"""Two versions of an index of anything, side by side: which units move, and how far."""

from __future__ import annotations

from typing import Any

import numpy as np

from technopole.core.errors import InputError
from technopole.index.scoring import GenericRun
from technopole.kernel.audit import correlations
from technopole.kernel.rank import UNRANKED


def compare_runs(first: GenericRun, second: GenericRun) -> dict[str, Any]:
    """Compare two runs over the units (in panels: units and periods) that both rank.

    Returns
    -------
    `units`: id, name, time (in a panel), rank_first, rank_second, move (first less second: up is positive),
    score_first, score_second; largest moves first, then by the first rank. `spearman`, `kendall` of the scores,
    `mean_absolute_move`, `largest_move`; `only_first` and `only_second`: units that one of them doesn't rank.

    Raises
    ------
    InputError : fewer than three units in common.
    """
    here, there = _ranked(first), _ranked(second)
    common = [key for key in here if key in there]
    if len(common) < 3:
        raise InputError(f"The two versions have {len(common)} ranked units in common.", "Compare the same units.")
    units: list[dict[str, Any]] = []
    for key in common:
        a, b = here[key], there[key]
        ranks = int(first.ranks[a]), int(second.ranks[b])
        time = {"time": first.times[a]} if first.times else {}
        units.append(
            {"id": first.ids[a], "name": first.names[a], **time, "rank_first": ranks[0], "rank_second": ranks[1],
             "move": ranks[0] - ranks[1], "score_first": _score(first, a), "score_second": _score(second, b)}
        )  # fmt: skip
    moves = np.array([abs(unit["move"]) for unit in units])
    scores = np.array([[unit["score_first"], unit["score_second"]] for unit in units])
    return {
        "spearman": _correlation(scores, "spearman"),
        "kendall": _correlation(scores, "kendall"),
        "mean_absolute_move": float(moves.mean()),
        "largest_move": int(moves.max()),
        "only_first": [first.ids[place] for key, place in here.items() if key not in there],
        "only_second": [second.ids[place] for key, place in there.items() if key not in here],
        "units": sorted(units, key=lambda unit: (-abs(unit["move"]), unit["rank_first"])),
    }


def _ranked(run: GenericRun) -> dict[tuple[str, str], int]:
    times = run.times or ("",) * len(run.ids)
    keys = zip(run.ids, times, strict=True)
    return {key: place for place, key in enumerate(keys) if run.ranks[place] != UNRANKED}


def _score(run: GenericRun, place: int) -> float:
    return float(run.scores[run.framework.index.id][place])


def _correlation(scores: np.ndarray[Any, np.dtype[np.float64]], method: str) -> float | None:
    found = float(correlations(scores[:, :1], scores[:, 1:], method)[0, 0])
    return found if np.isfinite(found) else None
