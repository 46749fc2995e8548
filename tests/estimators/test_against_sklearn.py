"""With a fixed activation and scikit-learn's initialisation, training follows scikit-learn's MLPClassifier."""

import warnings

import numpy as np
import pytest
from reference import SKLEARNS
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.solvers import LBFGS, SGD, Adam

ACTIVATIONS = ("identity", "logistic", "tanh", "relu")  # those that both have
SOLVERS = {  # ours and the keywords of theirs
    "sgd": (SGD(momentum=0.0), {"solver": "sgd", "momentum": 0.0}),
    "momentum": (SGD(momentum=0.9, nesterov=False), {"solver": "sgd", "nesterovs_momentum": False}),
    "nesterov": (SGD(momentum=0.9), {"solver": "sgd"}),
    "adam": (Adam(beta_2=0.999), {"solver": "adam"}),
}
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)
every_target = pytest.mark.parametrize("target", ["binary", "multiclass", "multilabel"])


def _data(target):
    if target == "multilabel":
        X, y = make_multilabel_classification(120, 6, n_classes=4, random_state=0)
    else:
        X, y = load_iris(return_X_y=True)
        if target == "binary":
            X, y = X[y > 0], y[y > 0]
    order = np.random.RandomState(0).permutation(len(y))
    return StandardScaler().fit_transform(X)[order], y[order]


def _pair(activation, solver, **shared):
    """Return our network and theirs, to be fitted alike."""
    ours, theirs = solver
    shared = {
        "hidden_layer_sizes": (8, 5),
        "activation": activation,
        "alpha": 0.0,
        "batch_size": 32,
        "learning_rate": "constant",
        "learning_rate_init": 0.01,
        "max_iter": 30,
        "shuffle": False,
        "random_state": 3,
        "tol": 0.0,
        **shared,
    }
    knobs = {"init": "glorot", "label_smoothing": 0.0, "standardize": False, "dtype": "float64"}
    ours = AdaptiveMLPClassifier(solver=ours, **knobs, **shared)
    return ours, MLPClassifier(**theirs, **shared)


def _fit(*models, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # of scikit-learn's: a fixed number of epochs is meant
        for model in models:
            model.fit(X, y)


def _assert_same_parameters(ours, theirs, rtol):
    for got, want in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol)


@every_target
@pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)
@every_activation
def test_training_follows_sklearn(activation, solver, target):
    X, y = _data(target)
    ours, theirs = _pair(activation, solver)
    _fit(ours, theirs, X=X, y=y)
    assert ours.n_iter_ == theirs.n_iter_ == 30
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-9)
    _assert_same_parameters(ours, theirs, rtol=1e-7)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("learning_rate", ["constant", "adaptive"])
def test_stopping_follows_sklearn(learning_rate):
    X, y = _data("multiclass")
    ours, theirs = _pair("tanh", SOLVERS["momentum"], learning_rate=learning_rate, tol=1e-3, max_iter=1000)
    ours.set_params(n_iter_no_change=4)
    theirs.set_params(n_iter_no_change=4)
    _fit(ours, theirs, X=X, y=y)
    assert ours.n_iter_ == theirs.n_iter_ < 1000
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-8)


@pytest.mark.parametrize(("n_rows", "batch_size"), [(60, 60), (360, 64), (8192, 128), (20000, 256)])
def test_automatic_batches_are_a_64th_of_the_rows_within_64_and_256(n_rows, batch_size):
    X, y = _data("multilabel")
    ours, theirs = _pair("relu", SOLVERS["adam"], batch_size=batch_size, max_iter=3)
    ours.set_params(batch_size="auto")
    _fit(ours, theirs, X=np.resize(X, (n_rows, X.shape[1])), y=np.resize(y, (n_rows, y.shape[1])))
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-9)


def test_sklearns_defaults_give_sklearns_network():
    X, y = _data("multilabel")
    X, y = np.tile(X, (3, 1)), np.tile(y, (3, 1))  # 360 rows, batches of 200
    ours = AdaptiveMLPClassifier(shuffle=False, random_state=0, **SKLEARNS)
    theirs = MLPClassifier(shuffle=False, random_state=0, alpha=0.0)
    _fit(ours, theirs, X=X, y=y)
    np.testing.assert_allclose(ours.loss_curve_, theirs.loss_curve_, rtol=1e-8)
    _assert_same_parameters(ours, theirs, rtol=1e-6)


@every_target
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh"])
def test_lbfgs_finds_sklearns_minimum(activation, target):
    """Both penalise half of alpha / n_rows; a linear network's minimum is unique."""
    X, y = _data(target)
    shared = {"hidden_layer_sizes": (4,), "max_iter": 3000, "tol": 1e-7}
    ours, theirs = _pair(activation, (LBFGS(), {"solver": "lbfgs", "max_fun": 100_000}), **shared)
    ours.set_params(alpha=1.0)
    theirs.set_params(alpha=1.0)
    _fit(ours, theirs, X=X, y=y)
    np.testing.assert_allclose(ours.loss_, theirs.loss_, rtol=1e-4 if activation == "identity" else 2e-2)


@every_target
@every_activation
def test_copied_weights_give_the_same_answers(activation, target):
    X, y = _data(target)
    ours, theirs = _pair(activation, SOLVERS["adam"])
    _fit(ours, theirs, X=X, y=y)
    rng = np.random.RandomState(7)
    for mine, other in zip(ours.coefs_ + ours.intercepts_, theirs.coefs_ + theirs.intercepts_, strict=True):
        other[...] = rng.normal(size=other.shape)
        mine[...] = other  # views into the one flat vector
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-11, atol=1e-13)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))
    if target != "multilabel":  # theirs takes the logarithm of 1 - p, which loses digits
        np.testing.assert_allclose(ours.predict_log_proba(X), theirs.predict_log_proba(X), rtol=1e-5, atol=1e-11)


def test_fitted_attributes_are_sklearns():
    """Whatever MLPClassifier's fitted attributes say, ours say too, where both have them."""
    X, y = _data("multiclass")
    ours, theirs = _pair("tanh", SOLVERS["sgd"])
    _fit(ours, theirs, X=X, y=y)
    for name in ("n_layers_", "n_outputs_", "out_activation_", "n_features_in_", "t_", "n_iter_"):
        assert getattr(ours, name) == getattr(theirs, name), name
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    for name in ("loss_", "best_loss_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-9)
    for name in ("validation_scores_", "best_validation_score_"):
        assert getattr(ours, name) is getattr(theirs, name) is None
