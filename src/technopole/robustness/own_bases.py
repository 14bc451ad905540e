"""Replicates whose choices reach back before the first value is filled: who is scored, divided by what, which way up.

Replicates that agree on these have one table, and `own_replicates` computes them; each table is laid back over all
rows. A unit that a replicate leaves out has no score in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from technopole.core.errors import TechnopoleError
from technopole.index.begun import begin
from technopole.index.tree import Floats
from technopole.index.uncertain import METHODS
from technopole.robustness.own_index import IndexStudy, measurement_errors, rows_within, with_bases
from technopole.robustness.own_replicates import Evaluated, evaluate


def evaluate_all(study: IndexStudy, points: Floats) -> Evaluated:
    """Compute the index at each point, (replicates, coordinates), whatever varies."""
    bases = [one.of not in METHODS for one in study.framework.uncertainty.choices]
    if not any(bases):
        return evaluate(study, points)
    children = len(study.framework.index.children)
    found = Evaluated(np.full((len(points), len(study.run.ids)), np.nan), np.full((len(points), children), np.nan), {})
    names = [one.name for one, base in zip(study.framework.uncertainty.choices, bases, strict=True) if base]
    taken = study.taken(points)
    _, first, group = np.unique(taken[:, bases], axis=0, return_index=True, return_inverse=True)
    for number, place in enumerate(first):
        members = np.flatnonzero(group.ravel() == number)
        pick = study.pick(taken[place])
        try:
            under = _under(study, {name: pick[name] for name in names})
        except TechnopoleError as error:
            found.problems.update(dict.fromkeys(members.tolist(), str(error)))
            continue
        part = evaluate(under, points[members])
        rows = rows_within(study.run.ids, study.run.times, under.run)
        found.scores[np.ix_(members, rows)], found.shares[members] = part.scores, part.shares
        found.problems.update({int(members[place]): why for place, why in part.problems.items()})
    return found


def _under(study: IndexStudy, picks: Mapping[str, Any]) -> IndexStudy:
    """The study with these choices settled; nothing of its run is computed beyond the imputations."""
    framework = with_bases(study.framework, picks)
    begun = begin(study.source, framework)
    run = replace(
        study.run, framework=framework, ids=tuple(begun.ids), names=tuple(begun.names), screened=begun.screened,
        times=tuple(begun.times), denominated=begun.denominated, imputed=begun.filled.nominal,
        draws=begun.filled.draws, treated=np.empty((0, 0)), normalised=np.empty((0, 0)), scores={}, weights={},
        ranks=np.empty(0, dtype=np.int32),
    )  # fmt: skip
    return replace(study, run=run, table=begun.table, errors=measurement_errors(run, begun.table))
