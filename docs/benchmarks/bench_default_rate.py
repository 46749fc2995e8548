"""How close fits with all defaults are to a plain matrix product, for each instruction set, dtype and thread count.

Run: python docs/benchmarks/bench_default_rate.py
"""

from __future__ import annotations

from functools import partial

from bench_limit import OPERATIONS, in_turns, operations, products
from report import Effort, Table, beside_aim, run
from sklearn.datasets import make_classification
from threadpoolctl import threadpool_limits
from workloads import DTYPES

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive._core import engine

SIZES = (1000, 5000, 20_000)  # rows; of 20 columns and four classes
AIM = 0.65


def default_rate(effort: Effort) -> Table:
    """Floating-point rate of default fits over that of a square matrix product of the same dtype, in turns."""
    rows = []
    for n_rows in SIZES:
        for dtype in DTYPES:
            shares = [
                rate_over_product(n_rows, dtype, name, threads, effort) for name in wide_sets() for threads in (1, 2)
            ]
            rows.append([f"{n_rows:,}, {dtype}", *(beside_aim(share, AIM) for share in shares)])
    engine.use_instruction_set(None)
    columns = [f"{name}, {count}" for name in wide_sets() for count in ("one thread", "two threads")]
    note = (
        "Only products count as operations; the table's preparation, splines, loss and Adam count as time. NumPy's "
        "product has the widest instructions of the machine in every column."
    )
    return Table(["rows, dtype", *columns], rows, note)


def wide_sets() -> list[str]:
    """Return the instruction sets of this machine, without the one that has no wide vectors."""
    return [name for name in engine.instruction_sets() if name != "baseline"]


def rate_over_product(n_rows: int, dtype: str, name: str, threads: int, effort: Effort) -> float:
    """Return the rate of one default fit over that of the product."""
    engine.use_instruction_set(name)
    X, y = make_classification(n_rows, 20, n_informative=10, n_classes=4, random_state=0)
    default = AdaptiveMLPClassifier(dtype=dtype, random_state=0).fit(X, y)
    # The same epochs, with none that leaves rows out.
    same = AdaptiveMLPClassifier(dtype=dtype, random_state=0, max_iter=effort.of(default.n_iter_))
    with threadpool_limits(threads):
        fit, product = in_turns(effort.pairs, partial(same.fit, X, y), products(dtype))
    *hidden, output = same.coefs_
    rows = n_rows * same.n_iter_ * len(output)  # as each member passes them
    rate = operations(rows, [weights.size for weights in hidden] + [output[0].size]) / fit
    return rate / (OPERATIONS / product)


if __name__ == "__main__":
    run(__doc__, default_rate, pairs=5)
