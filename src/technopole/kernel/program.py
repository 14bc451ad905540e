"""Mixed-integer programs by HiGHS, with nothing printed.

HiGHS prints a line of its own ("HighsMipSolverData::transformNewIntegerFeasibleSolution") from C on standard output,
whatever its options say. A command that writes JSON must not have it there, so the file descriptor is turned away
while a program is solved.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from scipy import optimize

from technopole.kernel.arrays import FloatArray

STANDARD_OUTPUT = 1


def solve_program(
    cost: FloatArray,
    integral: FloatArray,
    bounds: optimize.Bounds,
    constraints: Sequence[optimize.LinearConstraint],
    seconds: float,
) -> Any:
    """Minimise cost x by `scipy.optimize.milp`, to a gap of zero or `seconds`; what SciPy returns.

    Parameters
    ----------
    integral : (variables,), 1 where a variable is a whole number.
    """
    with silenced():
        return optimize.milp(
            cost,
            integrality=integral.astype(np.int64),
            bounds=bounds,
            constraints=list(constraints),
            options={"time_limit": seconds, "mip_rel_gap": 0.0},
        )


@contextmanager
def silenced() -> Iterator[None]:
    """Turn file descriptor 1 away; Python's own standard output is written out before and works again after.

    Other threads of the process print nowhere in the meantime. Without a standard output nothing is done.
    """
    try:
        sys.stdout.flush()
        kept = os.dup(STANDARD_OUTPUT)
    except (OSError, ValueError, AttributeError):
        yield
        return
    try:
        _flush_c()
        away = os.open(os.devnull, os.O_WRONLY)
        os.dup2(away, STANDARD_OUTPUT)
        os.close(away)
        yield
    finally:
        _flush_c()
        os.dup2(kept, STANDARD_OUTPUT)
        os.close(kept)


def _flush_c() -> None:
    """Write out what C holds back: into a pipe it would come after the descriptor is turned back."""
    try:
        ctypes.CDLL(None).fflush(None)
    except (OSError, TypeError, AttributeError):  # no C library by this way (Windows)
        return
