"""Time of predict_proba for one row and for many, beside scikit-learn and PyTorch without gradients.

Run: python docs/benchmarks/bench_predict.py
"""

from __future__ import annotations

from functools import partial

import numpy as np
from paired import compare
from report import Effort, Table, beside_aim, figure, run
from workloads import MIDDLE, installed, load, ours, theirs

ROWS = 100_000
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
        predict = partial(us.predict_proba, data)
        result = compare(predict, partial(them.predict_proba, data), effort.pairs)
        row = [f"{n_rows:,}", figure(1e3 * result.ours), beside_aim(result.ratio, sklearn_aim)]
        if installed("torch"):
            from peers_torch import torch_predict

            result = compare(predict, torch_predict(work.sizes(), data), effort.pairs)
            row.append(beside_aim(result.ratio, torch_aim))
        rows.append(row)
    header = ["rows", "ours, ms a call", "over scikit-learn"]
    return Table(header + (["over PyTorch without grad"] if installed("torch") else []), rows)


if __name__ == "__main__":
    run(__doc__, prediction)
