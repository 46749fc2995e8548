"""Threads that fit at once, from the same objects, and predict from the same models, get what one thread gets.

Without the interpreter lock (Python 3.13t, 3.14t) they run side by side; with it, the compiled core does.
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from own_activations import Sine
from sklearn.base import clone

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import Blend, Rational, Spline
from sk_adaptive.solvers import LBFGS, Adam

N_THREADS, N_ROUNDS = 8, 3


def _table(rng):
    columns = {"number": rng.normal(size=120), "level": pd.Categorical(rng.choice(list("abc"), 120))}
    return pd.DataFrame(columns)


def _problems():
    """Return estimators, unfitted, each with X and y; each has parts that all threads share."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(120, 5))
    learned = [Rational(), Spline()]
    classes, number = (X[:, 0] > 0).astype(int), X[:, 1] * X[:, 2]
    knobs = {"hidden_layer_sizes": (9, 4), "max_iter": 4, "random_state": 0}
    wide = {"hidden_layer_sizes": (64, 64), "max_iter": 2, "batch_size": 500, "random_state": 0}
    many = rng.normal(size=(1400, 60))
    return {
        "own activation": (AdaptiveMLPClassifier(activation=Sine(), **knobs), X, classes),
        "learned": (AdaptiveMLPRegressor(activation=learned, solver=Adam(), **knobs), X, number),
        "stopped early": (
            AdaptiveMLPClassifier(activation=Blend(), early_stopping=True, dropout=0.2, **knobs),
            X,
            classes,
        ),
        "L-BFGS": (AdaptiveMLPRegressor(activation="tanh", solver=LBFGS(), **knobs), X, number),
        "sparse": (AdaptiveMLPClassifier(**knobs), sp.csr_matrix(X * (X > 0.5)), classes),
        "table": (AdaptiveMLPClassifier(**knobs), _table(rng), classes),
        "team": (AdaptiveMLPRegressor(activation="relu", **wide), many, many[:, 0]),
    }


PROBLEMS = _problems()


def _in_threads(job):
    """Return what `job` returns in each of many threads, which start it together, several times."""
    gate = threading.Barrier(N_THREADS)

    def each(_):
        gate.wait()
        return [job() for _ in range(N_ROUNDS)]

    with ThreadPoolExecutor(N_THREADS) as pool:
        return [result for results in pool.map(each, range(N_THREADS)) for result in results]


@pytest.mark.parametrize("name", PROBLEMS)
def test_fits_from_shared_parts(name):
    model, X, y = PROBLEMS[name]
    alone = clone(model).fit(X, y)
    # A team's sums are in another order when fits share the machine's threads.
    tolerance = {"rtol": 1e-6, "atol": 1e-9} if name == "team" else {"rtol": 0}
    for theta, loss in _in_threads(lambda: _fitted(model, X, y)):
        np.testing.assert_allclose(theta, alone.theta_, **tolerance)
        np.testing.assert_allclose(loss, alone.loss_, **tolerance)


def _fitted(model, X, y):
    # a copy of the estimator, not of its parts
    fitted = type(model)(**model.get_params(deep=False)).fit(X, y)
    return fitted.theta_, fitted.loss_


@pytest.mark.parametrize("name", PROBLEMS)
def test_predictions_of_a_shared_model(name):
    model, X, y = PROBLEMS[name]
    fitted = clone(model).fit(X, y)
    ask = fitted.predict_proba if hasattr(fitted, "predict_proba") else fitted.predict
    alone, hidden = ask(X), fitted.hidden_activations(X)
    for predicted, activations in _in_threads(lambda: (ask(X), fitted.hidden_activations(X))):
        np.testing.assert_array_equal(predicted, alone)
        np.testing.assert_array_equal(activations, hidden)
