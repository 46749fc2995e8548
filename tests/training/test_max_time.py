"""`max_time`: the schedule ends with the time. A clock that the tests move stands for the real one."""

import time
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from solving import each_estimator_and_solver

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._training import callbacks, full_batch, pace

X, Y = load_iris(return_X_y=True)


@pytest.fixture
def clock(monkeypatch):
    """Return a clock whose `second` per look at it a test sets."""
    clock = SimpleNamespace(now=0.0, second=1.0)

    def perf_counter():
        clock.now += clock.second
        return clock.now

    for module in (callbacks, full_batch, pace):
        monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=perf_counter))
    return clock


def fit(estimator=AdaptiveMLPClassifier, **parameters):
    return estimator(hidden_layer_sizes=5, random_state=0, batch_size=50, **parameters).fit(X, Y)


def test_the_learning_rate_has_fallen_when_time_is_up(clock):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = fit(max_iter=1000, max_time=30)
    assert 5 < model.n_iter_ < 30
    rates = model.learning_rate_curve_
    assert rates == sorted(rates, reverse=True)
    assert rates[0] > 0.9 * 0.007
    assert rates[-1] < 0.01 * 0.007
    assert clock.now <= 33  # looks at the clock before and after training


def test_enough_time_changes_nothing():
    limited, free = fit(max_iter=20, max_time=1e9), fit(max_iter=20)
    assert limited.n_iter_ == 20
    np.testing.assert_allclose(limited.learning_rate_curve_, free.learning_rate_curve_, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(limited.predict_proba(X), free.predict_proba(X), rtol=1e-6)


@each_estimator_and_solver
@pytest.mark.usefixtures("clock")
def test_one_epoch_is_always_ended_and_the_warning_says_why(estimator, solver):
    with pytest.warns(ConvergenceWarning, match="max_time reached"):
        model = fit(estimator, max_iter=1000, max_time=0.5, solver=solver)
    assert model.n_iter_ == 1
    assert np.isfinite(model.theta_).all()


@pytest.mark.parametrize("solver", ["lbfgs", "lm"])
@pytest.mark.usefixtures("clock")
def test_full_batches_stop_in_time(solver):
    with pytest.warns(ConvergenceWarning, match="max_time reached"):
        model = fit(AdaptiveMLPRegressor, max_iter=1000, max_time=7, solver=solver, tol=0.0)
    assert 1 < model.n_iter_ < 10


@pytest.mark.usefixtures("clock")
def test_partial_fit_has_no_limit():
    model = AdaptiveMLPClassifier((5,), max_time=1e-3, random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    unlimited = AdaptiveMLPClassifier((5,), random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    np.testing.assert_array_equal(model.theta_, unlimited.theta_)


@pytest.mark.parametrize("max_time", [0, -1.0, "auto", np.nan])
def test_a_limit_must_be_positive(max_time):
    with pytest.raises(ValueError, match="max_time"):
        fit(max_time=max_time)


def test_the_real_clock_is_looked_at():
    began = time.perf_counter()
    with pytest.warns(ConvergenceWarning, match="max_time reached"):
        fit(max_iter=10**9, max_time=1e-6)
    assert time.perf_counter() - began > 1e-6
