"""Sparse rows give what dense rows give, and are never made dense."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from solving import each_estimator_and_solver

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor

X, Y = load_digits(return_X_y=True)
X, Y = X[:150] / 16, Y[:150]
CONTAINERS = [sp.csr_matrix, sp.csr_array, sp.csc_matrix, sp.csc_array, sp.coo_array]
SHORT = {"hidden_layer_sizes": (8,), "max_iter": 5, "batch_size": 40, "random_state": 0}


@pytest.mark.parametrize("container", CONTAINERS)
@each_estimator_and_solver
def test_agrees_with_dense(estimator, solver, container, dtype):
    knobs = {"solver": solver, **SHORT}
    if solver == "lbfgs":
        knobs["max_iter"] = 2  # a line search may accept another step where float32 rounds otherwise
    weights = np.random.RandomState(0).uniform(0.5, 2, len(Y))
    dense = estimator(**knobs).fit(X.astype(dtype), Y, weights)
    sparse = estimator(**knobs).fit(container(X.astype(dtype)), Y, weights)
    tolerance = {"rtol": 1e-8, "atol": 1e-10} if dtype == np.float64 else {"rtol": 2e-2, "atol": 2e-3}
    np.testing.assert_allclose(sparse.theta_, dense.theta_, **tolerance)
    np.testing.assert_allclose(sparse.predict(container(X.astype(dtype))), sparse.predict(X.astype(dtype)), rtol=1e-4)


@pytest.mark.parametrize("knobs", [{"n_members": 2}, {"learn_scales": True}, {"early_stopping": True}], ids=str)
def test_agrees_with_dense_for_every_kind_of_network(knobs):
    dense, sparse = (AdaptiveMLPClassifier(**SHORT, **knobs).fit(data, Y) for data in (X, sp.csr_array(X)))
    np.testing.assert_allclose(sparse.theta_, dense.theta_, rtol=1e-8, atol=1e-10)
    h = sparse.hidden_activations(sp.csr_array(X))
    np.testing.assert_allclose(h, sparse.hidden_activations(X), rtol=1e-10, atol=1e-12)


def test_duplicate_and_unsorted_entries_are_read_and_left_alone():
    columns, starts = np.array([2, 0, 2, 1]), np.array([0, 3, 4])
    messy = sp.csr_matrix((np.array([1.0, 5.0, 2.0, 4.0]), columns, starts), shape=(2, 3))
    model = AdaptiveMLPClassifier(**SHORT).fit(np.eye(3)[[0, 1, 2, 2]], [0, 1, 0, 1])
    expected = model.predict_proba([[5.0, 0.0, 3.0], [0.0, 4.0, 0.0]])
    np.testing.assert_allclose(model.predict_proba(messy), expected)
    np.testing.assert_array_equal(messy.indices, columns)
    assert messy.nnz == 4


def _corrupt(container, what, value):
    """Return a matrix of which one of the arrays that it is made of has a wrong number."""
    matrix = container(X[:40])
    array = getattr(matrix, what)
    array[-1 if what == "indptr" else array.size // 2] = value
    return matrix


@pytest.mark.parametrize("container", [sp.csr_matrix, sp.csr_array, sp.csc_array, sp.bsr_array])
@pytest.mark.parametrize(
    ("what", "value"),
    [("indices", -1), ("indices", 10**6), ("indices", 64), ("indptr", 10**6), ("indptr", -5), ("indptr", 0)],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict", "hidden_activations"])
def test_a_matrix_that_points_outside_of_itself_is_refused(method, what, value, container):
    model = AdaptiveMLPRegressor(**SHORT).fit(X[:40], Y[:40])
    arguments = (Y[:40],) if method.endswith("fit") else ()
    with pytest.raises(ValueError, match="sparse X is corrupt: ind"):
        getattr(model, method)(_corrupt(container, what, value), *arguments)


def test_labels_that_point_outside_of_themselves_are_refused():
    labels = sp.csr_array(np.eye(3, dtype=int)[Y[:40] % 3])
    labels.indices[7] = 10**6
    with pytest.raises(ValueError, match="sparse y is corrupt: indices must be in"):
        AdaptiveMLPClassifier(**SHORT).fit(X[:40], labels)


def test_rows_without_entries():
    with pytest.warns(ConvergenceWarning, match="the same for every row"):
        model = AdaptiveMLPClassifier(**SHORT).fit(sp.csr_array((20, 7)), np.arange(20) % 2)
    np.testing.assert_allclose(model.predict_proba(sp.csr_array((3, 7))), model.predict_proba(np.zeros((3, 7))))


def test_wide_data_stays_sparse():
    n_rows, n_columns = 2000, 20_000
    wide = sp.random(n_rows, n_columns, density=0.001, random_state=0, format="csr")
    model = AdaptiveMLPClassifier(**{**SHORT, "hidden_layer_sizes": (2,), "max_iter": 2})
    tracemalloc.start()
    model.fit(wide, np.arange(n_rows) % 2)
    model.predict(wide)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 0.25 * n_rows * n_columns * 8
