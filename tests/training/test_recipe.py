"""max_iter="auto": 50 epochs, more where they would be few steps."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._training.recipe import automatic_epochs

X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)


@pytest.mark.parametrize(
    ("n_batches", "narrowest", "epochs"),
    [(1, 128, 100), (1, 500, 100), (2, 128, 50), (3, 8, 267), (24, 128, 50), (24, 8, 50)],
)
def test_rule(n_batches, narrowest, epochs):
    assert automatic_epochs(n_batches, narrowest) == epochs


@pytest.mark.parametrize(
    ("sizes", "activation"), [((5,), "spline"), ((10,), "spline"), ((16, 8), "rational"), ((50,), "spline")]
)
def test_narrow_networks_learn_iris(sizes, activation):
    assert AdaptiveMLPClassifier(sizes, activation, random_state=0).fit(X, Y).score(X, Y) > 0.95


def test_a_trend_with_seasons_of_48_rows_is_learned():
    t = np.arange(48.0)
    X = StandardScaler().fit_transform(t[:, None])
    y = t / 24 + np.sin(2 * np.pi * t / 12)
    assert AdaptiveMLPRegressor(random_state=0).fit(X, y).score(X, y) > 0.85


@pytest.mark.parametrize("scheme", ["partial_fit", "lbfgs"])
def test_50_where_steps_to_come_are_not_known(scheme):
    few, y = X[::10], Y[::10]
    if scheme == "lbfgs":
        assert AdaptiveMLPClassifier((4,), solver="lbfgs", tol=0, random_state=0).fit(few, y).n_iter_ <= 50
        return
    automatic, fifty = (AdaptiveMLPClassifier((4,), max_iter=n, random_state=0) for n in ("auto", 50))
    for _ in range(3):
        automatic.partial_fit(few, y, [0, 1, 2])
        fifty.partial_fit(few, y, [0, 1, 2])
    np.testing.assert_array_equal(automatic.theta_, fifty.theta_)
