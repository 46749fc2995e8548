"""Fixtures that every file may use."""

import os
import signal
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from sk_adaptive._core import engine


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--instruction-set", help="the only one to test; by default all of this machine, and its choice")
    parser.addoption("--few-seeds", action="store_true", help="run a tenth of what differs by its random seed only")


def pytest_xdist_auto_num_workers() -> int:
    """Return one more than the cores: many tests wait for a process that they have started."""
    return (os.cpu_count() or 1) + 1


def pytest_configure(config: pytest.Config) -> None:
    # Before pytest-xdist starts its workers, which share the cores: BLAS threads that wait for a core make the tests
    # of L-BFGS take dozens of times as long.
    share = (os.cpu_count() or 1) // (config.getoption("numprocesses", None) or 1)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", str(max(1, share)))
    # Dask reads it when it is imported; see dask_clusters.py.
    os.environ.setdefault("DASK_DISTRIBUTED__WORKER__MULTIPROCESSING_METHOD", "forkserver")
    engine.use_instruction_set(config.getoption("--instruction-set"))
    # A shell starts background jobs with Ctrl-C ignored, and what tests start and interrupt would inherit that.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "random_case" in metafunc.fixturenames:
        metafunc.parametrize("random_case", range(_seeds_of(metafunc.config, metafunc.module.N_CASES)))
    if "instruction_set" in metafunc.fixturenames:
        only = metafunc.config.getoption("--instruction-set")
        metafunc.parametrize("instruction_set", [only] if only else engine.instruction_sets(), indirect=True)


@pytest.fixture(scope="session")
def seeds_of(request: pytest.FixtureRequest) -> Callable[[int], int]:
    """Return how many random cases to run of so many."""
    return lambda count: _seeds_of(request.config, count)


def _seeds_of(config: pytest.Config, count: int) -> int:
    return count // 10 if config.getoption("--few-seeds") else count


@pytest.fixture(autouse=True)
def seed() -> None:
    """Seed what ``random_state=None`` draws from, so that a test fits the same networks in every run."""
    np.random.seed(0)  # noqa: NPY002 - the generator that scikit-learn's None means


@pytest.fixture
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run the test on each instruction set in turn."""
    engine.use_instruction_set(request.param)
    yield request.param
    engine.use_instruction_set(request.config.getoption("--instruction-set"))


@pytest.fixture(params=[np.float32, np.float64], ids=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> type:
    """Run the test in both precisions."""
    return request.param
