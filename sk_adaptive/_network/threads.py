"""Number of threads of a fit: the limit that is set for BLAS.

The user, joblib or threadpoolctl set this limit when other work shares the machine. It is read and never changed:
the core multiplies its matrices itself.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

from sk_adaptive._core import engine

# Multiplications per batch below which a second thread costs more than it saves.
MIN_MULTIPLICATIONS = 500_000


class _Fits:
    """The fits that are running in this process."""

    def __init__(self) -> None:
        self.forget()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forget)

    def forget(self) -> None:
        """Start with none: a forked process has no threads of its parent's fits, nor one that would free a lock."""
        self._lock = threading.Lock()
        self._under_way: set[object] = set()

    def begin(self, fit: object) -> int:
        """Return how many fits are under way, with this one."""
        with self._lock:
            self._under_way.add(fit)
            return len(self._under_way)

    def end(self, fit: object) -> None:
        """Count a fit no longer; one that was begun before a fork may end in both processes."""
        with self._lock:
            self._under_way.discard(fit)


_fits = _Fits()


@cache
def _blas() -> ThreadpoolController:
    """Return the BLAS libraries of NumPy and SciPy, which are loaded by now."""
    return ThreadpoolController().select(user_api="blas")


def _threads_allowed() -> int:
    return max((library.num_threads for library in _blas().lib_controllers), default=1)


@contextmanager
def team_of_threads(multiplications: int, allowed: int | None = None) -> Iterator[engine.Team]:
    """Yield the threads for work of so many multiplications at a time.

    Parameters
    ----------
    multiplications : int
        Rows of a batch times parameters of the network.
    allowed : int, default=None
        Most threads of all fits of this process together; None is as many as BLAS is allowed.

    Yields
    ------
    Team
        One thread for small work, otherwise as many as are allowed, shared out among the fits under way, and no
        more than the system lets start.
    """
    fit = object()
    n_fits = _fits.begin(fit)
    try:
        most = _threads_allowed() if allowed is None else allowed
        yield engine.Team(max(1, most // n_fits) if multiplications > MIN_MULTIPLICATIONS else 1)
    finally:
        _fits.end(fit)
