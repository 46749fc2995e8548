"""How close a fit is to what the machine can do: to a plain matrix product, and, if tiny, to scalar arithmetic.

The second part needs a C compiler, called as CC says. Run: python docs/benchmarks/bench_limit.py
"""

from __future__ import annotations

import ctypes
import os
import platform
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
from paired import seconds
from report import Effort, Table, beside_aim, figure, run
from workloads import DTYPES, MIDDLE, TINY, WIDE, Workload, load, ours

# Epochs that take more than half a second, and the share of a product's rate to reach.
AIMS = {WIDE._replace(epochs=24): 0.75, MIDDLE._replace(epochs=160): 0.65}
N = 1024  # rows and columns of the plain product
PRODUCTS = 10
OPERATIONS = PRODUCTS * 2 * N**3  # of all of these
LANES = 12  # independent chains in scalar_peak.c


def limit(effort: Effort) -> Table:
    """Floating-point rate of whole fits over that of a square matrix product of the same dtype, in turns."""
    rows = []
    for work, aim in AIMS.items():
        for dtype in DTYPES:
            long = work._replace(epochs=max(4, effort.of(work.epochs)))
            rows.append(limit_row(long, dtype, aim, effort.pairs))
    header = [
        "network, batch",
        "fit, s",
        "fit, Gflop/s",
        "product of 1024, Gflop/s",
        "rate of the fit over the product's",
        "without fixed costs",
    ]
    return Table(header, rows, "Without fixed costs: the rate of three quarters of the epochs, by difference.")


def limit_row(work: Workload, dtype: str, aim: float, pairs: int) -> list[str]:
    """Return one network's row."""
    X, y = load(work.data, dtype)
    short = work._replace(epochs=work.epochs // 4)
    fit, fit_short = (partial(ours(each).fit, X, y) for each in (work, short))
    times = in_turns(pairs, fit, fit_short, products(dtype))
    product = OPERATIONS / times[2]
    rate = flops(work) / times[0]
    slope = (flops(work) - flops(short)) / (times[0] - times[1])
    figures = [figure(times[0]), figure(rate / 1e9), figure(product / 1e9)]
    return [f"{work}, {dtype}", *figures, beside_aim(rate / product, aim), figure(slope / product)]


def limit_tiny(effort: Effort) -> Table:
    """Time of a step of the tiny network over its operations at the scalar peak."""
    work = TINY._replace(epochs=effort.of(5000))
    short = work._replace(epochs=work.epochs // 4)
    n_flops, peak = flops(work) / work.steps(), scalar_peak()
    rows = []
    for dtype in DTYPES:
        X, y = load(work.data, dtype)
        times = in_turns(effort.pairs, *(partial(ours(each).fit, X, y) for each in (work, short)))
        step = times[0] / work.steps()
        slope = (times[0] - times[1]) / (work.steps() - short.steps())
        ideal = n_flops / peak
        figures = [figure(1e6 * step), f"{n_flops:.0f}", figure(1e6 * ideal), figure(step / ideal)]
        rows.append([f"{work}, {dtype}", *figures, figure(slope / ideal)])
    note = (
        f"Scalar peak: {peak / 1e9:.3g} Gflop/s, measured with {LANES} independent chains of scalar multiply-adds. "
        "Only the products are counted as operations."
    )
    header = ["network, batch", "per step, us", "operations per step", "at the scalar peak, us", "ratio"]
    return Table([*header, "ratio without fixed costs"], rows, note)


def flops(work: Workload) -> float:
    """Return the operations of all products in all epochs."""
    sizes = np.array(work.sizes())
    return operations(len(load(work.data, "float64")[0]) * work.epochs, sizes[:-1] * sizes[1:])


def operations(rows: int, weights: Sequence[int] | np.ndarray) -> float:
    """Return the operations of so many rows: forward, to the weights of each layer, and back to all but the inputs."""
    return float(2 * rows * (3 * sum(weights) - weights[0]))


def in_turns(repeats: int, *works: Callable[[], object]) -> list[float]:
    """Return each work's median seconds."""
    for work in works:
        work()
    runs = [[seconds(work) for work in works] for _ in range(repeats)]
    return [median(times) for times in zip(*runs, strict=True)]


def products(dtype: str) -> Callable[[], None]:
    """Return what multiplies two square matrices several times."""
    a, b = np.random.default_rng(0).random((2, N, N)).astype(dtype)
    out = np.empty_like(a)

    def multiply() -> None:
        for _ in range(PRODUCTS):
            np.matmul(a, b, out=out)

    return multiply


def scalar_peak() -> float:
    """Return multiplications and additions a second of scalar code on one core."""
    flags = ["-mfma"] if platform.machine().lower() in ("x86_64", "amd64") else []
    source = Path(__file__).with_name("scalar_peak.c")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scalar_peak.so"
        command = [os.environ.get("CC", "cc"), "-O2", "-fno-tree-vectorize", "-ffp-contract=fast", "-shared", "-fPIC"]
        subprocess.run([*command, *flags, str(source), "-o", str(path)], check=True)
        chains = ctypes.CDLL(str(path)).chains
    chains.restype = ctypes.c_double
    chains.argtypes = [ctypes.c_long]
    n = 10_000_000
    return 2 * LANES * n / min(seconds(partial(chains, n)) for _ in range(5))


if __name__ == "__main__":
    run(__doc__, limit, limit_tiny)
