"""How many threads a fit takes, and BLAS kept from taking its own.

The core splits a batch's rows over its own threads, so BLAS must not split them again. Both follow the number of
threads that BLAS is allowed: what the user, joblib or threadpoolctl set is respected, and restored afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

from ._core import engine

# Multiplications a batch below which a second thread costs more than it brings.
WORTH_A_TEAM = 500_000

_lock = threading.Lock()
_fits = 0  # under way in this process
_limiter: Any = None
_allowed = 1


@cache
def _blas() -> ThreadpoolController:
    """Return the BLAS that the core calls: SciPy's, which is loaded by now."""
    return ThreadpoolController().select(user_api="blas")


def _threads_allowed() -> int:
    return max((library.num_threads for library in _blas().lib_controllers), default=1)


@contextmanager
def team_of_threads(multiplications: int) -> Iterator[engine.Team]:
    """Yield the threads for work of so many multiplications at a time, with BLAS limited to one.

    Parameters
    ----------
    multiplications : int
        Rows of a batch times parameters of the network.

    Yields
    ------
    Team
        One thread for small work, otherwise as many as BLAS was allowed, shared out among the fits under way.
    """
    global _fits, _limiter, _allowed
    with _lock:
        _fits += 1
        # The thread that limits must be the one that restores: threadpoolctl ignores all others.
        is_owner = _limiter is None
        if is_owner:
            _allowed = _threads_allowed()
            _limiter = _blas().limit(limits=1)
        size = max(1, _allowed // _fits) if multiplications > WORTH_A_TEAM else 1
    try:
        yield engine.Team(size)
    finally:
        with _lock:
            _fits -= 1
            if is_owner:
                _limiter.restore_original_limits()
                _limiter = None
