"""The cluster: which client, parts that lie on its workers, and results that never keep one waiting for nobody."""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from dask import delayed
from distributed import Client, Future, get_client, get_worker, wait, worker_client

from sk_adaptive._parts.blocks import Block

R = TypeVar("R")
CANCELLED = (asyncio.CancelledError, concurrent.futures.CancelledError)
LOOK_EVERY = 5.0  # seconds
WITHOUT_WORKERS = 30.0  # seconds, after which nobody is expected to come


def find_client(given: Client | None) -> Client:
    """Return the client to work with: the given one, or the current one.

    Raises
    ------
    ValueError
        If there is none.
    TypeError
        If it is asynchronous.
    """
    if given is None:
        try:
            given = get_client()
        except ValueError as error:
            raise ValueError(
                "there is no Dask client: make one with distributed.Client(), which starts workers on this machine, or "
                "with the address of a scheduler; or give client="
            ) from error
    if given.asynchronous:
        raise TypeError(
            "client is asynchronous, and fit waits: give a synchronous one, and run fit in a thread "
            "(await asyncio.to_thread(model.fit, X, y))"
        )
    return given


@contextmanager
def working_client(given: Client | None) -> Iterator[Client]:
    """Yield the client; in a task, one whose own tasks may use the task's thread."""
    if given is None and _is_in_task():
        with worker_client() as client:
            yield client
    else:
        yield find_client(given)


def results(client: Client, futures: Sequence[Future]) -> list[Any]:
    """Return the results of tasks.

    Raises
    ------
    RuntimeError
        If the cluster is lost, or has had no worker for half a minute.
    Exception
        What a task has raised.
    """
    alone_since = None
    while True:
        try:
            wait(futures, timeout=LOOK_EVERY)
        except TimeoutError:
            if _n_workers(client):
                alone_since = None
                continue
            alone_since = alone_since or time.monotonic()
            if time.monotonic() - alone_since > WITHOUT_WORKERS:
                raise RuntimeError("the Dask cluster has no workers left") from None
        except CANCELLED as error:
            raise RuntimeError(
                "the work was cancelled: the cluster was restarted or closed, or a worker is lost that had rows which "
                "nothing can compute again, as those that were scattered"
            ) from error
        else:
            return list(client.gather(futures))


class ClusterParts:
    """Partitions as parts that stay on the workers.

    Parameters
    ----------
    client : Client
        The client.
    partitions : list of tuple of Delayed
        X, y and weights of each.
    """

    def __init__(self, client: Client, partitions: list[tuple]) -> None:
        self.client = client
        self.blocks: list[Future] = client.compute([delayed(Block)(*each) for each in partitions])

    def __len__(self) -> int:
        return len(self.blocks)

    def map(self, work: Callable[..., R], numbers: Sequence[int], *each: Sequence[Any]) -> list[R]:
        """Return `work(block, *arguments)` for the partitions of some numbers; see `Parts`."""
        blocks = [self.blocks[number] for number in numbers]
        return results(self.client, self.client.map(work, blocks, *each, pure=False))

    def homes(self) -> list[str]:
        """Return the address of a worker that has each part."""
        places = self.client.who_has(self.blocks)
        return [min(places.get(block.key, ()), default="") for block in self.blocks]


def threads_of_worker() -> int:
    """Return how many threads this worker may use; 1 elsewhere."""
    return int(get_worker().state.nthreads) if _is_in_task() else 1


def _is_in_task() -> bool:
    try:
        get_worker().get_current_task()
    except (ValueError, AttributeError, LookupError):
        return False
    return True


def _n_workers(client: Client) -> int:
    if client.status not in ("running", "connecting"):
        raise RuntimeError(f"the connection to the Dask scheduler is lost: the client is {client.status}")
    return len(client.nthreads())
