"""What choosing the instruction set at run time brings: the same fits with each set that this machine has.

Run: python docs/benchmarks/bench_instructions.py
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from paired import compare
from report import Effort, Table, figure, run
from workloads import DTYPES, MIDDLE, SMALL, TINY, WIDE, Workload, load, ours

from sk_adaptive._core import engine

# Networks and activations whose elementwise work differs most.
FITS = [
    (TINY._replace(epochs=5000), "relu"),
    (SMALL, "relu"),
    (MIDDLE, "relu"),
    (MIDDLE, "tanh"),
    (MIDDLE, "polynomial"),
    (MIDDLE, "spline"),
    (WIDE, "relu"),
]


def instruction_sets(effort: Effort) -> Table:
    """Time with each narrower set over the time with the widest."""
    widest = engine.instruction_set()
    narrower = [name for name in engine.instruction_sets() if name != widest]
    rows = []
    for work, activation in FITS:
        for dtype in DTYPES:
            short = work._replace(epochs=effort.of(work.epochs))
            ratios = [
                compare(fit(short, activation, dtype, widest), fit(short, activation, dtype, name), effort.pairs).ratio
                for name in narrower
            ]
            rows.append([f"{work}, {activation}, {dtype}", *map(figure, ratios)])
    engine.use_instruction_set(None)
    return Table(["network, batch", *(f"{name} over {widest}" for name in narrower)], rows)


def fit(work: Workload, activation: str, dtype: str, name: str) -> Callable[[], object]:
    """Return a fit with an instruction set."""
    train = partial(ours(work, activation=activation).fit, *load(work.data, dtype))

    def call() -> None:
        engine.use_instruction_set(name)
        train()

    return call


if __name__ == "__main__":
    run(__doc__, instruction_sets, pairs=5)
