"""Time of predict_proba for one row and for many, beside scikit-learn and PyTorch without gradients.

Run: python docs/benchmarks/bench_predict.py
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from paired import compare
from report import Effort, Table, beside_aim, figure, run
from workloads import MIDDLE, installed, load, ours, theirs

ROWS = 100_000
CALLS = 300  # for one row: one call is too short to time
# Over scikit-learn and over PyTorch.
AIMS = {1: (1.0, 1.0), ROWS: (1.5, 1.0)}


def prediction(effort: Effort) -> Table:
    """Probabilities of 64-256-256-10 in float32."""
    X, y = load(MIDDLE.data, "float32")
    work = MIDDLE._replace(epochs=1)
    us, them = ours(work).fit(X, y), theirs(work).fit(X, y)
    rows = []
    for n_rows, (sklearn_aim, torch_aim) in AIMS.items():
        data = np.resize(X, (n_rows, X.shape[1]))
        calls = effort.of(CALLS) if n_rows == 1 else 1
        ours_again = again(partial(us.predict_proba, data), calls)
        result = compare(ours_again, again(partial(them.predict_proba, data), calls), effort.pairs)
        row = [f"{n_rows:,}", figure(1e3 * result.ours / calls), beside_aim(result.ratio, sklearn_aim)]
        if installed("torch"):
            from peers_torch import torch_predict

            predict = torch_predict(work.sizes(), data)
            row.append(beside_aim(compare(ours_again, again(predict, calls), effort.pairs).ratio, torch_aim))
        rows.append(row)
    header = ["rows", "ours, ms a call", "over scikit-learn"]
    return Table(header + (["over PyTorch without grad"] if installed("torch") else []), rows)


def again(work: Callable[[], object], times: int) -> Callable[[], None]:
    """Return what calls so many times."""

    def call() -> None:
        for _ in range(times):
            work()

    return call


if __name__ == "__main__":
    run(__doc__, prediction)
