"""alpha="auto": strong where columns are many and rows few, once something but not most of the loss is explained."""

import warnings

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_regression
from sklearn.exceptions import ConvergenceWarning

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.solvers._weight_decay import ridge_alpha

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
WIDTH = 32
STARTS_AT = 300 * 4 / 150 * np.sqrt(WIDTH / 128)
SETTINGS = {
    "hidden_layer_sizes": (WIDTH,),
    "learning_rate": "constant",
    "learning_rate_init": 0.02,
    "batch_size": len(X),
    "random_state": 0,
}


@pytest.mark.parametrize(
    ("n_rows", "n_inputs", "narrowest", "alpha"),
    [(1000, 10, 128, 3.0), (1000, 10, 500, 3.0), (1000, 10, 32, 1.5), (50, 10, 128, 10.0), (10**6, 10, 128, 0.1)],
)
def test_rule(n_rows, n_inputs, narrowest, alpha):
    assert ridge_alpha(n_rows, n_inputs, narrowest) == pytest.approx(alpha)


@pytest.mark.parametrize(
    ("estimator", "knows_nothing"), [(AdaptiveMLPClassifier, np.log(3)), (AdaptiveMLPRegressor, 0.5)]
)
def test_each_epoch_decays_by_the_loss_of_the_last(estimator, knows_nothing):
    y = Y if estimator is AdaptiveMLPClassifier else (Y - Y.mean()) / Y.std()
    first = {"classes": [0, 1, 2]} if estimator is AdaptiveMLPClassifier else {}
    n_epochs = 60
    automatic = estimator(max_iter=n_epochs, **SETTINGS).fit(X, y)
    by_hand, factor = estimator(max_iter=n_epochs, **SETTINGS), 0.0
    for _ in range(n_epochs):
        by_hand.set_params(alpha=STARTS_AT * factor).partial_fit(X, y, **first)
        left = by_hand.loss_curve_[-1] / knows_nothing
        factor = max(0.0, min(max(0.2, left), 5 * (1 - left)))
    assert factor == 0.2  # the floor was reached
    np.testing.assert_allclose(automatic.theta_, by_hand.theta_, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("max_iter", "part"), [("auto", 3000 / 4000), (2, 1.0)])
def test_decay_is_weaker_where_many_rows_shorten_training(max_iter, part):
    rows, settings = np.random.RandomState(0).normal(size=(4000, 2)), {**SETTINGS, "batch_size": 4000, "n_bins": 0}
    alpha = ridge_alpha(4000, 2, WIDTH) * part
    automatic = AdaptiveMLPRegressor(max_iter=max_iter, **settings).fit(rows, np.ones(4000))
    constant = AdaptiveMLPRegressor(max_iter=max_iter, alpha=alpha, **settings).fit(rows, np.ones(4000))
    np.testing.assert_array_equal(automatic.theta_, constant.theta_)


def test_constant_target_decays_all_the_time():
    automatic = AdaptiveMLPRegressor(max_iter=5, **SETTINGS).fit(X, np.ones(len(X)))
    constant = AdaptiveMLPRegressor(max_iter=5, alpha=STARTS_AT, **SETTINGS).fit(X, np.ones(len(X)))
    np.testing.assert_array_equal(automatic.theta_, constant.theta_)


@pytest.mark.parametrize(("solver", "alpha"), [("sgd", 0.3 / len(X)), ("lbfgs", 0.3), ("lm", 0.3)])
def test_other_solvers_keep_a_small_penalty(solver, alpha):
    automatic = AdaptiveMLPRegressor(solver=solver, max_iter=5, **SETTINGS).fit(X, Y)
    constant = AdaptiveMLPRegressor(solver=solver, max_iter=5, alpha=alpha, **SETTINGS).fit(X, Y)
    np.testing.assert_allclose(automatic.theta_, constant.theta_, rtol=1e-10)


def test_streamed_rows_count_together():
    streamed = AdaptiveMLPClassifier(**SETTINGS)
    for piece in (slice(None, None, 2), slice(1, None, 2)):
        streamed.partial_fit(X[piece], Y[piece], classes=[0, 1, 2])
    by_hand = AdaptiveMLPClassifier(**SETTINGS)
    by_hand.set_params(alpha=0.0).partial_fit(X[::2], Y[::2], classes=[0, 1, 2])
    left = by_hand.loss_curve_[-1] / np.log(3)
    factor = max(0.0, min(max(0.2, left), 5 * (1 - left)))
    by_hand.set_params(alpha=STARTS_AT * factor).partial_fit(X[1::2], Y[1::2])
    np.testing.assert_allclose(streamed.theta_, by_hand.theta_, rtol=1e-10)


def _linear(shift=0.0, scale=1.0):
    X = np.random.RandomState(0).randn(320, 6)
    return X * scale + shift, X[:, 0] + 2 * X[:, 1] - X[:, 2]


def _large_regression():
    X, y = make_regression(400, 8, noise=5, random_state=0)
    return X * 10, y


@pytest.mark.parametrize(
    ("table", "least"),
    [(_linear(shift=5), 0.95), (_linear(scale=100), 0.9), (_large_regression(), 0.95)],
    ids=["not centred", "times 100", "make_regression times 10"],
)
def test_columns_that_are_not_standardised_are_learned(table, least):
    assert AdaptiveMLPRegressor(random_state=0, standardize=False).fit(*table).score(*table) > least


@pytest.mark.parametrize(
    ("estimator", "solver"),
    [(AdaptiveMLPRegressor, "lbfgs"), (AdaptiveMLPClassifier, "lbfgs"), (AdaptiveMLPRegressor, "sgd")],
)
def test_network_that_predicts_a_constant_warns(estimator, solver):
    y = Y if estimator is AdaptiveMLPClassifier else Y / 2
    alpha = {"lbfgs": 1e6, "sgd": 60.0}[solver]
    model = estimator(hidden_layer_sizes=(16,), solver=solver, alpha=alpha, random_state=0)
    with pytest.warns(ConvergenceWarning, match="predicts the same for every row.*alpha") as caught:
        model.fit(X, y)
    assert caught[0].filename == __file__


def test_constant_target_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        AdaptiveMLPRegressor(hidden_layer_sizes=(16,), random_state=0).fit(X, np.ones(len(X)))
        AdaptiveMLPClassifier(hidden_layer_sizes=(16,), alpha=1e6, solver="lbfgs").fit(X, np.ones(len(X)))


def test_heavy_rows_warn_once_with_the_remedy():
    with pytest.warns(UserWarning, match="sample_weight.*divide") as caught:
        AdaptiveMLPClassifier(max_iter=2).fit(X, Y, sample_weight=np.full(len(X), 10.0))
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize(("parameters", "weight"), [({"alpha": 1.0}, 10.0), ({}, 1.5), ({}, 0.01)])
def test_other_weights_do_not_warn(parameters, weight):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        AdaptiveMLPClassifier(max_iter=2, **parameters).fit(X, Y, sample_weight=np.full(len(X), weight))


def test_lbfgs_learns_the_four_rows_of_xor():
    X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), [0, 1, 1, 0]
    p = AdaptiveMLPClassifier(solver="lbfgs", max_iter=200, random_state=0).fit(X, y).predict_proba(X)
    assert p[range(4), y].min() > 0.9
