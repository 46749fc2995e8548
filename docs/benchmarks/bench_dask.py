"""Training on a Dask cluster: what a step costs beside one machine, and from that the time on up to 64 workers.

Run: python docs/benchmarks/bench_dask.py
"""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import dask.array as da
import numpy as np
from distributed import Client, LocalCluster
from report import RESULTS, Effort, Table, figure, run

import sk_adaptive
from sk_adaptive.dask import AdaptiveMLPRegressor

COLUMNS, UNITS = 100, 256
KNOBS = {"hidden_layer_sizes": (UNITS, UNITS), "activation": "spline", "n_members": 1, "random_state": 0}
BATCHES = (256, 4096, 32768)
WORKERS = (1, 2, 4, 8, 16, 32, 64)
BILLION = 10**9
BANDWIDTH = 1.25e9  # bytes a second of the client's network, 10 Gbit/s


class Costs(NamedTuple):
    """What one machine and a cluster need."""

    row: float  # seconds a row, on one core
    exchange: float  # seconds of an exchange with a worker, besides its work
    n_bytes: int  # of theta, which goes to each worker; the gradient that comes back is as large


@contextmanager
def cluster(n_workers: int) -> Iterator[Client]:
    """Yield a client of so many workers of one thread, each a process."""
    with LocalCluster(n_workers, threads_per_worker=1, dashboard_address=":0") as workers, Client(workers) as client:
        yield client


def seconds(model: sk_adaptive.AdaptiveMLPRegressor, epochs: int, *given: object, **fit: object) -> float:
    """Return the seconds of an epoch: the difference of fits, so that the start does not count."""
    times = []
    for n_epochs in (1, 1 + epochs):  # the first also warms up
        began = time.perf_counter()
        model.set_params(max_iter=n_epochs).fit(*given, **fit)
        times.append(time.perf_counter() - began)
    return (times[1] - times[0]) / epochs


def dask_steps(effort: Effort) -> Table:
    """Seconds a step on this machine, alone and with workers."""
    rows, epochs = [], 1 if effort.quick else 3
    for batch in BATCHES:
        n_rows = min(32, effort.of(64)) * batch if batch < BATCHES[-1] else 2 * batch
        X = np.random.default_rng(0).standard_normal((n_rows, COLUMNS), dtype=np.float32)
        y = X[:, 0] * X[:, 1]
        steps, knobs = n_rows // batch, {**KNOBS, "batch_size": batch}
        alone = seconds(sk_adaptive.AdaptiveMLPRegressor(**knobs), epochs, X, y) / steps
        row = [f"{batch:,}", figure(1000 * alone)]
        for n_workers in (1, 2):
            with cluster(n_workers) as client:
                given = [da.from_array(each, chunks=(-(-n_rows // 4), *each.shape[1:])) for each in (X, y)]
                model = AdaptiveMLPRegressor(**knobs, client=client)
                row.append(figure(1000 * seconds(model, epochs, *given) / steps))
                if n_workers == 2:
                    row.append(figure(1000 * seconds(model, epochs, *given, averaging=True) / steps))
        rows.append(row)
    n_theta = network_size()
    note = (
        f"{COLUMNS}-{UNITS}-{UNITS}-1 of splines in float32, {n_theta:,} parameters: a step sends {4 * n_theta:,} "
        "bytes to each worker and takes as many from it. The workers share this machine's cores with the client. "
        "Single runs."
    )
    return Table(
        ["rows a step", "one machine, ms", "1 worker, ms", "2 workers, ms", "2 workers, averages, ms"], rows, note
    )


def dask_simulated(effort: Effort) -> Table:
    """Hours of an epoch over a billion rows, simulated from costs that are measured here."""
    costs = measure(effort)
    rows = []
    with (RESULTS / "dask.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["workers", "way", "seconds"])
        for n in WORKERS:
            each = {f"steps of {batch:,} rows": in_step(costs, n, BILLION, batch) for batch in BATCHES}
            each["averages"] = averaged(costs, n, BILLION)
            writer.writerows([n, way, f"{value:.4g}"] for way, value in each.items())
            rows.append([str(n), *(figure(value / 3600) for value in each.values())])
    note = (
        f"From {1e6 * costs.row:.3g} microseconds a row on one core, {1e3 * costs.exchange:.3g} ms an exchange and "
        f"{costs.n_bytes:,} bytes each way a worker at {BANDWIDTH:.3g} bytes a second through the client."
    )
    return Table(["workers", *(f"steps of {batch:,}, h" for batch in BATCHES), "averages, h"], rows, note)


def in_step(costs: Costs, n_workers: int, n_rows: int, batch: int) -> float:
    """Return the seconds of an epoch of steps that workers take together."""
    step = batch / n_workers * costs.row + costs.exchange + 2 * n_workers * costs.n_bytes / BANDWIDTH
    return n_rows / batch * step


def averaged(costs: Costs, n_workers: int, n_rows: int) -> float:
    """Return the seconds of an epoch on each worker by itself; the moments of Adam travel as well."""
    return n_rows / n_workers * costs.row + costs.exchange + 6 * n_workers * costs.n_bytes / BANDWIDTH


def measure(effort: Effort) -> Costs:
    """Measure what the simulation goes by, with one worker of one thread."""
    n_rows = effort.of(2**17)
    X = np.random.default_rng(0).standard_normal((n_rows, COLUMNS), dtype=np.float32)
    y = X[:, 0] * X[:, 1]
    given = [da.from_array(each, chunks=each.shape) for each in (X, y)]
    small = [da.from_array(each[:64], chunks=each[:64].shape) for each in (X, y)]
    with cluster(1) as client:
        model = AdaptiveMLPRegressor(**KNOBS, batch_size=256, client=client)
        exchange = seconds(model, effort.of(40), *small)
        row = (seconds(model, 1, *given, averaging=True) - exchange) / n_rows
    return Costs(row, exchange, 4 * network_size())


def network_size() -> int:
    """Return the number of parameters."""
    X = np.zeros((4, COLUMNS), np.float32)
    X[::2] = 1
    return int(sk_adaptive.AdaptiveMLPRegressor(**KNOBS, max_iter=1).fit(X, X[:, 0]).theta_.size)


if __name__ == "__main__":
    run(__doc__, dask_steps, dask_simulated)
