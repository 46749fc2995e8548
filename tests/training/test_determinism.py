"""The same seed gives the same bits, and BLAS is left as it was found."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import ClassVar

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.datasets import load_digits, load_iris
from threadpoolctl import ThreadpoolController, threadpool_limits

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.activations import Activation

SOLVERS = ("sgd", "adam", "lbfgs")


def _small(solver="adam", **knobs):
    """Return a network whose batches one thread takes."""
    return AdaptiveMLPClassifier((10, 5), solver=solver, **{"n_members": 1, "max_iter": 20, "random_state": 0, **knobs})


def _large():
    """Return a network whose batches are worth several threads."""
    return AdaptiveMLPClassifier((256,), n_members=1, max_iter=2, batch_size=256, random_state=0)


def _fit(model, data=load_iris):
    return model.fit(*data(return_X_y=True))


BLAS = ThreadpoolController().select(user_api="blas")  # found once: a search looks at every loaded library


def _blas_threads():
    return [library.num_threads for library in BLAS.lib_controllers]


pytestmark = pytest.mark.filterwarnings("ignore:max_iter=:sklearn.exceptions.ConvergenceWarning")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("solver", "knobs"),
    [*product(SOLVERS, [{}, {"n_members": 3}, {"early_stopping": True}]), *product(SOLVERS[:2], [{"dropout": 0.3}])],
    ids=str,
)
def test_same_seed_same_bits(solver, knobs, dtype):
    X, y = load_iris(return_X_y=True)
    first, again = (_small(solver, **knobs).fit(X.astype(dtype), y) for _ in range(2))
    np.testing.assert_array_equal(first.theta_, again.theta_)
    assert first.loss_curve_ == again.loss_curve_
    np.testing.assert_array_equal(first.predict_proba(X), again.predict_proba(X))
    other = _small(solver, **knobs).set_params(random_state=1).fit(X.astype(dtype), y)
    assert not np.array_equal(first.theta_, other.theta_)


def test_dropout_is_drawn_for_each_epoch():
    assert not np.array_equal(_fit(_small(dropout=0.3)).theta_, _fit(_small()).theta_)


@pytest.mark.parametrize("solver", SOLVERS)
def test_small_networks_ignore_the_number_of_blas_threads(solver):
    thetas = []
    for n_threads in (1, 2, 4):
        with threadpool_limits(n_threads, user_api="blas"):
            thetas.append(_fit(_small(solver)).theta_)
    np.testing.assert_array_equal(thetas[0], thetas[1])
    np.testing.assert_array_equal(thetas[0], thetas[2])


def test_large_networks_repeat_with_the_same_number_of_threads():
    with threadpool_limits(2, user_api="blas"):
        np.testing.assert_array_equal(_fit(_large(), load_digits).theta_, _fit(_large(), load_digits).theta_)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_large_networks_agree_whatever_the_number_of_threads(dropout):
    losses = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads, user_api="blas"):
            losses.append(_fit(_large().set_params(dropout=dropout), load_digits).loss_curve_)
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-6)


@pytest.mark.parametrize("make", [_small, _large], ids=["small", "large"])
def test_two_threads_fit_at_once(make):
    """Fits do not disturb each other; a large one may be given fewer threads, which is another order of sums."""
    data = load_iris if make is _small else load_digits
    alone = _fit(make(), data)
    with ThreadPoolExecutor(2) as pool:
        for model in pool.map(lambda _: _fit(make(), data), range(6)):
            if make is _small:
                np.testing.assert_array_equal(model.theta_, alone.theta_)
            np.testing.assert_allclose(model.loss_curve_, alone.loss_curve_, rtol=1e-6)


def test_one_fitted_network_predicts_from_two_threads():
    X, _ = load_iris(return_X_y=True)
    model = _fit(_small())
    expected = model.predict_proba(X)
    with ThreadPoolExecutor(2) as pool:
        for got in pool.map(lambda _: model.predict_proba(X), range(50)):
            np.testing.assert_array_equal(got, expected)


def test_joblib_processes_give_the_same_bits():
    model = _small()
    data = load_iris(return_X_y=True)
    fitted = Parallel(n_jobs=2, backend="loky")(delayed(clone(model).fit)(*data) for _ in range(2))
    for other in fitted:
        np.testing.assert_array_equal(other.theta_, _fit(model).theta_)


class Spy(Activation):
    """Notes how many threads BLAS is allowed during a fit."""

    seen: ClassVar[list] = []

    def value(self, z, p):
        self.seen.append(_blas_threads())
        return z

    def derivative(self, z, p):
        return np.ones_like(z)


@pytest.mark.parametrize("limit", [1, 2])
@pytest.mark.parametrize("make", [_small, _large], ids=["small", "large"])
def test_blas_is_left_alone(make, limit):
    with threadpool_limits(limit, user_api="blas"):
        before = _blas_threads()
        assert set(before) == {limit}
        Spy.seen.clear()
        _fit(make().set_params(activation=Spy(), max_iter=2), load_digits)
        assert Spy.seen
        assert all(threads == before for threads in Spy.seen)
        assert _blas_threads() == before
