"""Properties that hold whatever the shapes, dtypes, labels, weights, batches and solvers."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from solving import GENERAL

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import NAMES
from sk_adaptive.losses import LOSSES
from sk_adaptive.schedules import SCHEDULES

pytestmark = pytest.mark.filterwarnings("ignore")
bounded = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], database=None
)
LABELS = [np.array([0, 1]), np.array([3, -1, 7]), np.array(["x", "y", "z", "w"]), np.array([True, False])]


@st.composite
def networks(draw):
    """Parameters of a small network."""
    sizes = tuple(draw(st.lists(st.integers(1, 9), max_size=2)))
    solver = draw(st.sampled_from(sorted(GENERAL)))
    return {
        "hidden_layer_sizes": sizes,
        "activation": [draw(st.sampled_from(NAMES)) for _ in sizes],
        "solver": solver,
        "alpha": draw(st.sampled_from([0.0, 1e-3])),
        "batch_size": draw(st.sampled_from(["auto", 1, 7, 1000])),
        "learning_rate": draw(st.sampled_from(sorted(SCHEDULES))),
        "learning_rate_init": 0.001,
        "max_iter": draw(st.integers(1, 4)),
        "shuffle": draw(st.booleans()),
        "n_members": draw(st.sampled_from([1, 1, 3])),
        "learn_scales": draw(st.booleans()),
        "dropout": 0.0 if solver == "lbfgs" else draw(st.sampled_from([0.0, 0.0, 0.3])),
        "init": draw(st.sampled_from(["gain", "glorot"])),
        "random_state": 0,
    }


@st.composite
def tables(draw):
    """Rows, their weights, and a source of targets."""
    random = np.random.RandomState(draw(st.integers(0, 1000)))
    n_rows, n_features = draw(st.integers(4, 40)), draw(st.integers(1, 17))
    X = random.normal(size=(n_rows, n_features)).astype(draw(st.sampled_from([np.float32, np.float64])))
    if draw(st.booleans()):
        X = np.asfortranarray(X)
    if draw(st.booleans()):
        X = sp.csr_array(np.where(X > 0.5, X, 0).astype(X.dtype))
    kind = draw(st.sampled_from(["none", "real", "counts"]))
    weights = {"none": None, "real": random.uniform(0.1, 3, n_rows), "counts": random.randint(0, 3, n_rows)}[kind]
    if kind == "counts":
        weights[:2] = 1
    return X, weights, random


def _holds_for_all(model, X, theta):
    assert np.isfinite(theta).all()
    assert theta.dtype == X.dtype
    assert model.n_features_in_ == X.shape[1]
    assert 1 <= model.n_iter_ <= model.max_iter
    assert len(model.loss_curve_) == model.n_iter_
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))


@bounded
@given(networks(), tables(), st.sampled_from(range(len(LABELS))))
def test_classifier(parameters, table, labels):
    X, weights, random = table
    y = random.choice(LABELS[labels], X.shape[0])
    y[:2] = LABELS[labels][:2]
    model = AdaptiveMLPClassifier(**parameters).fit(X, y, weights)
    theta = model.theta_.copy()
    _holds_for_all(model, X, theta)
    p = model.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-5)
    assert (p > 0).all()
    assert set(model.predict(X)) <= set(y)
    np.testing.assert_allclose(model.predict_proba(X[:3]), p[:3], rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(model.fit(X, y, weights).theta_, theta)


@bounded
@given(networks(), tables(), st.integers(1, 3), st.sampled_from(sorted(LOSSES)), st.sampled_from([1e-3, 1.0, 1e4]))
def test_regressor(parameters, table, n_outputs, loss, unit):
    X, weights, random = table
    y = unit * np.abs(random.normal(size=(X.shape[0], n_outputs))) + unit
    y = y[:, 0] if n_outputs == 1 else y
    model = AdaptiveMLPRegressor(loss, **parameters).fit(X, y, weights)
    theta = model.theta_.copy()
    _holds_for_all(model, X, theta)
    assert model.predict(X).shape == y.shape
    assert model.predict(X).dtype == X.dtype
    np.testing.assert_allclose(model.predict(X)[:3], model.predict(X[:3]), rtol=1e-4, atol=1e-4 * unit)
    np.testing.assert_array_equal(model.fit(X, y, weights).theta_, theta)


@bounded
@given(networks(), tables(), st.integers(1, 4))
def test_multilabel(parameters, table, n_labels):
    X, weights, random = table
    Y = random.randint(0, 2, (X.shape[0], n_labels + 1))
    model = AdaptiveMLPClassifier(**parameters).fit(X, Y, weights)
    _holds_for_all(model, X, model.theta_)
    assert model.predict(X).shape == Y.shape
    p = model.predict_proba(X)
    assert ((p > 0) & (p < 1)).all()
    np.testing.assert_array_equal(model.predict(X), p > 0.5)


@bounded
@given(networks(), tables(), st.integers(1, 5))
def test_pieces_are_the_whole(parameters, table, n_pieces):
    """Without chance in the steps, calls of partial_fit give the bits of a fit, whatever the network."""
    X, weights, random = table
    solver = "adam" if parameters["solver"] == "lbfgs" else parameters["solver"]
    knobs = {**parameters, "solver": solver, "shuffle": False, "dropout": 0.0, "n_iter_no_change": np.inf}
    knobs |= {"batch_size": 3, "max_iter": n_pieces, "standardize": False}
    n_rows = X.shape[0] // (3 * n_pieces) * 3 * n_pieces
    if n_rows == 0 or (weights is not None and not np.all(weights)):
        return
    X, weights = X[:n_rows], None if weights is None else weights[:n_rows]
    y = random.randint(0, 2, n_rows)
    y[:2] = 0, 1
    whole = AdaptiveMLPClassifier(**{**knobs, "max_iter": 1}).fit(X, y, weights)
    pieces = AdaptiveMLPClassifier(**knobs)
    step = n_rows // n_pieces
    for at in range(0, n_rows, step):
        here = slice(at, at + step)
        pieces.partial_fit(X[here], y[here], [0, 1], None if weights is None else weights[here])
    np.testing.assert_array_equal(pieces.theta_, whole.theta_)
