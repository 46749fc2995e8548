"""Timing that a noisy machine cannot fool: the two sides in turns in one process, and the median of the ratios."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable
from typing import NamedTuple

from sklearn.exceptions import ConvergenceWarning


class Comparison(NamedTuple):
    """Seconds of both sides' first calls and medians, and the median ratio of the pairs that followed."""

    first_ours: float
    first_theirs: float
    ours: float
    theirs: float
    ratio: float


REST = 0.1  # seconds: OpenBLAS threads spin on after their last product, and would slow whoever comes next
LEAST = 0.2  # seconds: a call of milliseconds would be measured waking the processor up


def seconds(work: Callable[[], object], least: float = 0.0) -> float:
    """Return how long a call takes, after a rest: the mean of as many as fill `least` seconds."""
    time.sleep(REST)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        began = time.perf_counter()
        passed, calls = 0.0, 0
        while not calls or passed < least:
            work()
            passed, calls = time.perf_counter() - began, calls + 1
        return passed / calls


def compare(ours: Callable[[], object], theirs: Callable[[], object], pairs: int = 7) -> Comparison:
    """Run both sides in turns; the ratio is theirs over ours, above 1 where ours is faster."""
    first_ours, first_theirs = seconds(ours), seconds(theirs)
    runs = [(seconds(ours, LEAST), seconds(theirs, LEAST)) for _ in range(pairs)]
    return Comparison(
        first_ours,
        first_theirs,
        statistics.median(run[0] for run in runs),
        statistics.median(run[1] for run in runs),
        statistics.median(theirs / ours for ours, theirs in runs),
    )


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    for cells in [header, ["---"] * len(header), *rows]:
        print("| " + " | ".join(cells) + " |")
