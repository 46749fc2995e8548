"""Clusters for tests, and what happens to them in the middle of a fit."""

import os
import signal
import time
from multiprocessing import forkserver

from distributed import LocalCluster

from sk_adaptive.dask._checkpoint import Checkpoint

GUARD = 300  # seconds


def here(n_workers, threads_per_worker=1) -> LocalCluster:
    """Return a cluster in this process, which starts at once."""
    return LocalCluster(
        n_workers=n_workers, threads_per_worker=threads_per_worker, processes=False, dashboard_address=":0"
    )


def processes(n_workers) -> LocalCluster:
    """Return a cluster of workers that are each a process with a nanny, which starts it again.

    What a worker imports takes longer than most fits here: one process imports it, and workers are forked from that.
    """
    forkserver.set_forkserver_preload(["distributed", "dask.array", "dask.dataframe", "sk_adaptive.dask"])
    forkserver.ensure_running()  # before Dask has its own choice imported
    return LocalCluster(n_workers=n_workers, threads_per_worker=1, dashboard_address=":0", memory_limit=None)


def at_epoch(monkeypatch, epoch, act):
    """Let `act` happen as an epoch begins (the first is 1), or an evaluation by L-BFGS."""
    keep, begun = Checkpoint.keep, []

    def keep_and_act(self):
        keep(self)
        begun.append(None)
        if len(begun) == epoch:
            act()

    monkeypatch.setattr(Checkpoint, "keep", keep_and_act)
    return begun


def until(condition):
    """Wait for a condition."""
    deadline = time.monotonic() + GUARD
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def kill(cluster, *addresses):
    """Kill workers; their nannies start others."""
    for nanny in cluster.workers.values():
        if nanny.worker_address in addresses:
            os.kill(nanny.pid, signal.SIGKILL)


def kill_one(cluster):
    """Kill a worker."""
    kill(cluster, next(iter(cluster.workers.values())).worker_address)


def kill_all(cluster):
    """Kill all workers."""
    kill(cluster, *(nanny.worker_address for nanny in cluster.workers.values()))
