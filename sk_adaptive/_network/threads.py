"""How many threads a fit takes: as many as BLAS is allowed.

That is what the user, joblib or threadpoolctl limits when other work shares the machine. It is read and never changed:
the core multiplies its matrices itself.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

from sk_adaptive._core import engine

# Multiplications a batch below which a second thread costs more than it brings.
WORTH_A_TEAM = 500_000

_lock = threading.Lock()
_fits = 0  # under way in this process


@cache
def _blas() -> ThreadpoolController:
    """Return the BLAS libraries of NumPy and SciPy, which are loaded by now."""
    return ThreadpoolController().select(user_api="blas")


def _threads_allowed() -> int:
    return max((library.num_threads for library in _blas().lib_controllers), default=1)


@contextmanager
def team_of_threads(multiplications: int) -> Iterator[engine.Team]:
    """Yield the threads for work of so many multiplications at a time.

    Parameters
    ----------
    multiplications : int
        Rows of a batch times parameters of the network.

    Yields
    ------
    Team
        One thread for small work, otherwise as many as BLAS is allowed, shared out among the fits under way.
    """
    global _fits
    with _lock:
        _fits += 1
        n_fits = _fits
    try:
        yield engine.Team(max(1, _threads_allowed() // n_fits) if multiplications > WORTH_A_TEAM else 1)
    finally:
        with _lock:
            _fits -= 1
