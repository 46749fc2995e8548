"""Searches on joblib's engines give what they give without one."""

import pickle

import joblib
import numpy as np
import pytest
from dask_tables import CLASSES, NETWORK, X, here
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
