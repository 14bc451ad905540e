"""Small products of matrices stay on one thread: to spread them over more costs longer than they take.

OpenBLAS spreads whatever has more than 262,144 multiplications, and its threads wait for each other in a loop.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController


def one_thread() -> AbstractContextManager[Any]:
    """Let the libraries for matrices use one thread inside of the context.

    The limit holds for the whole process. Of two contexts at once in two threads the last to end may leave it on: then
    products are slower, and their bits the same.
    """
    return _controller().limit(limits=1, user_api="blas")  # type: ignore[no-any-return]


@cache
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
