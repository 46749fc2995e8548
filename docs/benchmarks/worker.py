"""One side of revision.py: says which fits there are, then times the one whose number it reads."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import partial

from paired import seconds
from workloads import DTYPES, MIDDLE, SMALL, TINY, WIDE, Workload, load, ours

# Each takes about a fifth of a second.
FITS = [
    (TINY._replace(epochs=10_000), "relu"),
    (SMALL._replace(epochs=200), "relu"),
    (MIDDLE._replace(epochs=40), "relu"),
    (MIDDLE._replace(epochs=40), "spline"),
    (WIDE, "relu"),
]


def fits() -> dict[str, Callable[[], object]]:
    """Return what can be timed, by name."""
    return {
        f"{work}, {activation}, {dtype}": partial(fit, work, activation, dtype)
        for work, activation in FITS
        for dtype in DTYPES
    }


def fit(work: Workload, activation: str, dtype: str) -> None:
    """Fit once."""
    ours(work, activation=activation).fit(*load(work.data, dtype))


def time_of(work: Callable[[], object]) -> float:
    """Return the seconds of a fit; NaN where this revision does not know a parameter."""
    try:
        return seconds(work)
    except (TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        return float("nan")


def main() -> None:
    """Answer until there is nothing to read."""
    named = fits()
    print(json.dumps(list(named)), flush=True)
    for line in sys.stdin:
        print(json.dumps(time_of(list(named.values())[int(line)])), flush=True)


if __name__ == "__main__":
    main()
