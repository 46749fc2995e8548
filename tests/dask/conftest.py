"""A cluster of two worker processes, and fits beside it."""

from collections.abc import Iterator

import pytest
from dask_clusters import GUARD, processes
from distributed import Client, LocalCluster

from sk_adaptive.dask import _cluster


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give workers the time that they need to start on a machine that is busy."""
    monkeypatch.setattr(_cluster, "WITHOUT_WORKERS", GUARD)


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two workers, each a process with a nanny that starts it again."""
    with processes(2) as cluster:
        yield cluster


@pytest.fixture
def client(cluster: LocalCluster) -> Iterator[Client]:
    """Connect to the cluster once all its workers are there."""
    with Client(cluster) as client:
        client.wait_for_workers(2)
        yield client
