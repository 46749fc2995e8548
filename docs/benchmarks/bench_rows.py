"""A million dense rows, and sparse rows of many columns: time beside the peers, and memory beyond the data.

Run: python docs/benchmarks/bench_rows.py
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from paired import compare
from report import Effort, Table, beside_aim, figure, run
from sklearn.neural_network import MLPClassifier
from workloads import ALIKE, PLAIN, Workload, installed, ours, theirs

from sk_adaptive import AdaptiveMLPClassifier

DENSE = Workload((256, 256), "made up", 256, 1, "adam")
TIME_AIM, TORCH_AIM, MEMORY_AIM, SPARSE_AIM = 2.0, 1.3, 64.0, 2.0


def many_rows(effort: Effort) -> Table:
    """One epoch over 1,000,000 x 100 in float32, 100-256-256-2: time, and memory beyond the data."""
    random = np.random.default_rng(0)
    X = random.standard_normal((effort.of(1_000_000), 100), dtype=np.float32)
    y = (X[:, 0] > 0).astype(np.int64)
    us, pairs = partial(ours(DENSE).fit, X, y), min(effort.pairs, 5)
    extra = megabytes_beyond(us)
    result = compare(us, partial(theirs(DENSE).fit, X, y), pairs)
    rows = [
        ["memory beyond the data, MB", beside_aim(extra, MEMORY_AIM, at_most=True)],
        ["ours, s", figure(result.ours)],
        ["over scikit-learn", beside_aim(result.ratio, TIME_AIM)],
    ]
    if installed("torch"):
        from peers_torch import torch_fit

        ratio = compare(us, torch_fit(DENSE, X, y), pairs).ratio
        rows.append(["over PyTorch eager", beside_aim(ratio, TORCH_AIM)])
    return Table([f"{len(X):,} x 100, one epoch", ""], rows)


def sparse_rows(effort: Effort) -> Table:
    """One epoch over 20,000 rows of 50,000 columns, 0.1 % filled, 100 hidden units."""
    X = sp.random(effort.of(20_000), 50_000, 0.001, format="csr", random_state=0, dtype=np.float32)
    y = np.random.default_rng(0).integers(0, 4, X.shape[0])
    us = AdaptiveMLPClassifier(**PLAIN, **ALIKE, hidden_layer_sizes=(100,), batch_size=200, max_iter=1)
    result = compare(partial(us.fit, X, y), partial(MLPClassifier(**PLAIN, max_iter=1).fit, X, y), min(effort.pairs, 5))
    row = [f"{X.shape[0]:,} x 50,000, 0.1 % filled", figure(result.ours), beside_aim(result.ratio, SPARSE_AIM)]
    return Table(["sparse rows, one epoch", "ours, s", "over scikit-learn"], [row])


def megabytes_beyond(work: Callable[[], object]) -> float:
    """Return by how much the peak of this process' memory rises above what it holds now."""
    Path("/proc/self/clear_refs").write_text("5")  # the kernel resets the peak
    before = kilobytes("VmRSS")
    work()
    return (kilobytes("VmHWM") - before) / 1024


def kilobytes(field: str) -> int:
    """Return a field of the process' status."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(field)).split()[1])


if __name__ == "__main__":
    run(__doc__, many_rows, sparse_rows)
