"""Time of a fit against rows, columns, width, depth and epochs, each doubled five times while the others stay.

On one thread, so that a second one does not join halfway. Run: python docs/benchmarks/bench_growth.py
"""

from __future__ import annotations

import csv
from functools import partial
from statistics import median
from typing import Any

import numpy as np
from paired import seconds
from report import RESULTS, Effort, Table, figure, run
from threadpoolctl import threadpool_limits
from workloads import ALIKE, PLAIN

from sk_adaptive import AdaptiveMLPClassifier

BATCH, CLASSES, DOUBLINGS = 200, 10, 5
# What stays while another grows.
BASE = {"rows": 4000, "columns": 64, "width": 64, "depth": 2, "epochs": 10}
# Where each begins, and the slope that the count of operations says.
GROWN = {
    "rows": (4000, "1"),
    "columns": (16, "0 to 1"),
    "width": (16, "1 to 2"),
    "depth": (1, "up to 1"),
    "epochs": (10, "1"),
}


def growth(effort: Effort) -> Table:
    """Slopes of the logarithm of the time, over all doublings and over the last one."""
    rows, points = [], []
    with threadpool_limits(1):
        for quantity, (start, theory) in GROWN.items():
            sizes = [start * 2**k for k in range(DOUBLINGS + 1)]
            times = timed(quantity, sizes, effort)
            points += [[quantity, size, time] for size, time in zip(sizes, times, strict=True)]
            slopes = slope(sizes, times), slope(sizes[-2:], times[-2:])
            rows.append([quantity, f"{sizes[0]} to {sizes[-1]}", *map(figure, (times[0], times[-1], *slopes)), theory])
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / "growth.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["quantity", "size", "seconds"], *points])
    base = ", ".join(f"{name} {value}" for name, value in BASE.items())
    header = ["grown", "from, to", "first, s", "last, s", "slope", "slope of the last doubling", "operations say"]
    return Table(header, rows, f"What is not grown: {base}; batches of {BATCH}, Adam, relu, float32, one thread.")


def timed(quantity: str, sizes: list[int], effort: Effort) -> list[float]:
    """Return the median seconds of each size, the sizes in turns."""
    fits = [fit(**{**BASE, "rows": effort.of(BASE["rows"]), quantity: size}) for size in sizes]
    runs = [[seconds(each) for each in fits] for _ in range(effort.pairs + 1)][1:]
    return [median(times) for times in zip(*runs, strict=True)]


def fit(rows: int, columns: int, width: int, depth: int, epochs: int) -> partial:
    """Return a fit to made-up data."""
    random = np.random.default_rng(0)
    X = random.standard_normal((rows, columns), dtype=np.float32)
    y = random.integers(0, CLASSES, rows)
    sizes: dict[str, Any] = {"hidden_layer_sizes": (width,) * depth, "batch_size": BATCH, "max_iter": epochs}
    return partial(AdaptiveMLPClassifier(**PLAIN, **ALIKE, **sizes).fit, X, y)


def slope(sizes: list[int], times: list[float]) -> float:
    """Return the slope of a straight line through the logarithms."""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


if __name__ == "__main__":
    run(__doc__, growth, pairs=5)
