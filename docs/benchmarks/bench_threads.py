"""Fits at the same time, in threads and in processes, and what the number of threads changes in the result.

Run: python docs/benchmarks/bench_threads.py
"""

from __future__ import annotations

import warnings
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from typing import Any

import numpy as np
from paired import compare
from report import Effort, Table, beside_aim, run
from sklearn.exceptions import ConvergenceWarning
from threadpoolctl import threadpool_limits
from workloads import DTYPES, MIDDLE, SMALL, TINY, WIDE, Workload, load, ours, theirs

# Epochs that take long enough for what starts and ends a fit not to count.
LONG = (TINY._replace(epochs=20_000), SMALL._replace(epochs=200), MIDDLE._replace(epochs=60), WIDE._replace(epochs=12))
THREADS_AIM = 1.15
FIGHT = 2.0  # as long as one after the other
MAKE = {"ours": ours, "scikit-learn's": theirs}


def two_threads(effort: Effort) -> Table:
    """Two fits in two Python threads over one, each on one thread: 1 if nothing is shared, 2 under a lock."""
    rows = []
    with ThreadPoolExecutor(2) as pool, threadpool_limits(1):
        for work in LONG:
            fits = partial(fit_again, "ours", work._replace(epochs=effort.of(work.epochs)))
            ratio = compare(partial(at_once, pool, fits, 1), partial(at_once, pool, fits, 2), effort.pairs).ratio
            rows.append([str(work), beside_aim(ratio, THREADS_AIM, at_most=True)])
    return Table(["network, batch, float32", "two fits at once over one"], rows)


def two_processes(effort: Effort) -> Table:
    """Two fits in two processes over one, no limit on threads set: more than 2 where their threads are in the way."""
    rows = []
    with ProcessPoolExecutor(2, get_context("spawn"), warnings.simplefilter, ("ignore", ConvergenceWarning)) as pool:
        for work in LONG[:3]:
            row = [str(work)]
            for maker in MAKE:
                fits = partial(fit_again, maker, work._replace(epochs=effort.of(work.epochs)))
                at_once(pool, fits, 2)  # both workers import and load
                ratio = compare(partial(at_once, pool, fits, 1), partial(at_once, pool, fits, 2), effort.pairs).ratio
                row.append(beside_aim(ratio, FIGHT if maker == "ours" else None, at_most=True))
            rows.append(row)
    note = "One after the other would be 2; a fit that takes one core alone can come to 1."
    return Table(["network, batch, float32", *(f"{maker}: two at once over one" for maker in MAKE)], rows, note)


def thread_counts(effort: Effort) -> Table:
    """The weights of the same fit on one and on two threads."""
    rows = []
    for work in LONG:
        for dtype in DTYPES:
            short = work._replace(epochs=max(2, work.epochs // 80))
            one, one_again, two, two_again = (weights(short, dtype, n) for n in (1, 1, 2, 2))
            same = np.array_equal(one, one_again), np.array_equal(two, two_again)
            away = np.abs(two - one).max() / np.abs(one).max()
            rows.append(
                [f"{work}, {dtype}, {short.epochs} epochs", *("yes" if s else "no" for s in same), f"{away:.1e}"]
            )
    header = ["network, batch", "same bits twice on 1", "same bits twice on 2"]
    return Table([*header, "largest difference between 1 and 2 over the largest weight"], rows)


@cache
def estimator(maker: str, work: Workload, number: int) -> Any:
    """Return one estimator for each fit under way, made once in a process."""
    return MAKE[maker](work)


def fit_again(maker: str, work: Workload, number: int) -> None:
    """Fit once."""
    estimator(maker, work, number).fit(*load(work.data, "float32"))


def at_once(pool: Executor, fits: Any, count: int) -> None:
    """Run so many fits at once and wait for all."""
    for _ in pool.map(fits, range(count)):
        pass


def weights(work: Workload, dtype: str, n_threads: int) -> np.ndarray:
    """Return all weights of a fit on so many threads."""
    with threadpool_limits(n_threads):
        return ours(work).fit(*load(work.data, dtype)).theta_


if __name__ == "__main__":
    run(__doc__, two_threads, two_processes, thread_counts)
