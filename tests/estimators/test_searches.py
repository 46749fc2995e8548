"""Searches on joblib's engines give what they give without one."""

import os
import pickle
import signal
import subprocess
import sys

import joblib
import numpy as np
import psutil
import pytest
from dask_clusters import GUARD, here, until
from dask_tables import CLASSES, NETWORK, X
from distributed import Client
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, RandomizedSearchCV, cross_val_score

from sk_adaptive import AdaptiveMLPClassifier


def _network():
    return AdaptiveMLPClassifier(**{**NETWORK, "activation": "tanh"}, max_iter=3)


def _grid_search():
    search = GridSearchCV(_network(), {"alpha": [0.0, 1.0], "learning_rate_init": [0.01, 0.1]}, cv=2, n_jobs=2)
    return search.fit(X, CLASSES).cv_results_["mean_test_score"]


def _randomized_search():
    search = RandomizedSearchCV(_network(), {"alpha": [0.0, 1.0, 2.0]}, n_iter=2, cv=2, n_jobs=2, random_state=0)
    return search.fit(X, CLASSES).cv_results_["mean_test_score"]


def _halving_search():
    search = HalvingGridSearchCV(
        _network(), {"alpha": [0.0, 1.0, 2.0]}, resource="max_iter", max_resources=9, cv=2, n_jobs=2, random_state=0
    )
    return search.fit(X, CLASSES).cv_results_["mean_test_score"]


def _cross_validation():
    return cross_val_score(_network(), X, CLASSES, cv=3, n_jobs=2)


@pytest.fixture(scope="module")
def workers():
    with here(2) as cluster, Client(cluster) as client:
        yield client


@pytest.mark.parametrize("backend", ["loky", "threading", "dask"])
@pytest.mark.parametrize("fits", [_grid_search, _randomized_search, _halving_search, _cross_validation])
def test_parallel_fits_are_serial_ones(fits, backend, request):
    if backend == "dask":
        request.getfixturevalue("workers")
    with joblib.parallel_config("sequential"):
        expected = fits()
    with joblib.parallel_config(backend):
        np.testing.assert_array_equal(fits(), expected)


def test_what_goes_to_the_workers_and_comes_back_is_small():
    model = AdaptiveMLPClassifier((20,), "tanh", n_members=1, max_iter=2, random_state=0)
    assert len(pickle.dumps(model)) < 2000
    model.fit(X, CLASSES)
    assert len(pickle.dumps(model)) < 2 * model.theta_.nbytes + 20_000


ENDLESS = """
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV
from sk_adaptive import AdaptiveMLPClassifier

if __name__ == "__main__":
    model = AdaptiveMLPClassifier((64, 64), max_iter=10**6, n_iter_no_change=10**9, tol=0, verbose=True)
    GridSearchCV(model, {"alpha": [0.0, 1.0]}, cv=2, n_jobs=2).fit(*load_iris(return_X_y=True))
"""


def processes_of(session):
    """Return the processes of a session that still run."""
    found = []
    for each in psutil.process_iter():
        try:
            if os.getsid(each.pid) == session and each.status() != psutil.STATUS_ZOMBIE:
                found.append(each)
        except (OSError, psutil.Error):  # it has ended, or is not ours
            continue
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="sessions of processes are POSIX")
@pytest.mark.parametrize(
    "interrupt", [os.kill, getattr(os, "killpg", None)], ids=["the search alone", "as Ctrl-C does"]
)
def test_an_interrupt_leaves_no_process(interrupt, tmp_path):
    (tmp_path / "search.py").write_text(ENDLESS)
    search = subprocess.Popen(
        [sys.executable, "-W", "ignore", "search.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert search.stdout.readline().startswith("Iteration 1")  # a worker trains
        assert len(processes_of(search.pid)) >= 3
        interrupt(search.pid, signal.SIGINT)
        assert "KeyboardInterrupt" in search.communicate(timeout=GUARD)[1]
        until(lambda: not processes_of(search.pid))
    finally:
        for each in processes_of(search.pid):
            each.kill()
