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
def kept() -> Iterator[list[LocalCluster]]:
    """Keep the clusters of a module until its end."""
    clusters: list[LocalCluster] = []
    yield clusters
    for cluster in clusters:
        cluster.close()


@pytest.fixture
def cluster(kept: list[LocalCluster]) -> LocalCluster:
    """Return a cluster of two workers, each a process with a nanny that starts it again.

    It is that of the test before, unless a worker was killed while it started: Dask's nanny gives up then.
    """
    if not kept or not _is_complete(kept[-1]):
        kept.append(processes(2))
    return kept[-1]


def _is_complete(cluster: LocalCluster) -> bool:
    with Client(cluster) as client:
        try:
            client.wait_for_workers(2, timeout=20)
        except TimeoutError:
            return False
    return True


@pytest.fixture
def client(cluster: LocalCluster) -> Iterator[Client]:
    """Connect to the cluster once all its workers are there."""
    with Client(cluster) as client:
        client.wait_for_workers(2, timeout=GUARD)
        yield client
