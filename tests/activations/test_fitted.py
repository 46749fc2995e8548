"""The activations of a fitted network, as objects."""

import pickle
import warnings

import numpy as np
import pytest
from reference import PLAIN
from scipy import sparse
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.activations import LEARNED, Spline, Swish
from sk_adaptive.activations.fitted import MAX_ROWS

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
every_family = pytest.mark.parametrize("family", LEARNED.values(), ids=LEARNED)

ROUNDING = 1e-12  # NumPy sums in another order than the core


def _fit(activation, X=X, y=Y, **settings):
    settings = {"hidden_layer_sizes": (6, 5), "max_iter": 5, "random_state": 0} | PLAIN | settings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return AdaptiveMLPClassifier(activation=activation, **settings).fit(X, y)


@every_family
def test_the_network_can_be_computed_by_hand(family):
    network = _fit(family())
    h = X
    for fitted, W, b in zip(network.activations_, network.coefs_, network.intercepts_, strict=False):
        h = fitted(h @ W + b)
    logits = h @ network.coefs_[-1] + network.intercepts_[-1]
    np.testing.assert_allclose(network.decision_function(X), logits, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("scope", ["unit", "layer"])
@every_family
def test_derivative_is_that_of_the_value(family, scope):
    fitted = _fit(family(scope=scope)).activations_[0]
    z = np.linspace(-2.03, 2.11, 12)
    step = 1e-6
    np.testing.assert_allclose(fitted.derivative(z), (fitted(z + step) - fitted(z - step)) / (2 * step), atol=1e-5)


def test_start_is_the_function_it_began_as():
    fitted = _fit(Swish()).activations_[0]
    z = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(fitted.start(z)[:, 0], z / (1 + np.exp(-z)))
    assert fitted.start.params["beta"].tolist() == [1.0] * 6
    assert fitted.params["beta"].shape == (6,)
    assert (fitted(z) != fitted.start(z)).any()


@every_family
def test_formula_is_that_of_the_unit(family):
    fitted = _fit(family(scope="unit")).activations_[0]
    texts = [fitted.formula(unit) for unit in range(fitted.n_units)]
    assert fitted.formula() == f"unit 0: {texts[0]}"
    assert len(set(texts)) > 1
    shared = _fit(family(scope="layer")).activations_[0]
    assert shared.formula() == shared.formula(4)
    assert shared.formula() in repr(shared)


def test_inputs_of_one_column_go_to_every_unit():
    fitted = _fit(Swish()).activations_[0]
    z = np.array([-1.0, 0.5])
    assert fitted(z).shape == (2, 6)
    np.testing.assert_array_equal(fitted(z), fitted(z[:, None]))
    np.testing.assert_array_equal(fitted(z), fitted(np.repeat(z[:, None], 6, axis=1)))


@pytest.mark.parametrize("number", [0.5, np.float32(0.5), np.array(0.5)], ids=lambda z: type(z).__name__)
def test_a_number_is_one_row(number):
    fitted = _fit(Swish()).activations_[0]
    np.testing.assert_array_equal(fitted(number), fitted([0.5]))
    np.testing.assert_array_equal(fitted.derivative(number), fitted.derivative([0.5]))


@pytest.mark.parametrize("scale", [1, -1])
def test_quantiles_are_those_of_the_training_rows(scale):
    network = _fit("tanh", scale * X)
    first, second = network.activations_
    z = scale * X @ network.coefs_[0] + network.intercepts_[0]
    assert first.quantiles.shape == (len(first.levels), 6)
    np.testing.assert_allclose(first.quantiles, np.quantile(z, first.levels, axis=0, method="nearest"))
    z = np.tanh(z) @ network.coefs_[1] + network.intercepts_[1]
    np.testing.assert_allclose(second.quantiles[[0, -1]], [z.min(axis=0), z.max(axis=0)])


def test_quantiles_of_many_rows_read_some_of_them_the_same_each_time():
    rng = np.random.RandomState(0)
    many = rng.normal(size=(3 * MAX_ROWS, 4))
    network = _fit("relu", many, rng.randint(3, size=len(many)), max_iter=1)
    z = many @ network.coefs_[0] + network.intercepts_[0]
    quantiles = network.activations_[0].quantiles
    exact = np.quantile(z, network.activations_[0].levels, axis=0)
    np.testing.assert_allclose(quantiles[2:-2], exact[2:-2], atol=0.5)
    assert (quantiles[0] >= exact[0] - ROUNDING).all()
    assert (quantiles[-1] <= exact[-1] + ROUNDING).all()


def test_quantiles_of_sparse_rows_members_and_further_passes():
    dense, csr = _fit("relu"), _fit("relu", sparse.csr_matrix(X))
    np.testing.assert_allclose(csr.activations_[0].quantiles, dense.activations_[0].quantiles, rtol=1e-6)
    members = _fit("relu", n_members=3)
    assert members.activations_[0].quantiles.shape == (9, 6)
    network = AdaptiveMLPClassifier((6, 5), "relu", random_state=0).partial_fit(X[:20], Y[:20], classes=[0, 1, 2])
    before = network.activations_[0].quantiles
    network.partial_fit(10 * X, Y)
    assert (np.ptp(network.activations_[0].quantiles, axis=0) > np.ptp(before, axis=0)).all()


def test_quantiles_survive_pickling():
    network = _fit(Spline(5))
    again = pickle.loads(pickle.dumps(network))
    for one, other in zip(network.activations_, again.activations_, strict=True):
        np.testing.assert_array_equal(one.quantiles, other.quantiles)


def test_a_network_without_hidden_layers_has_none():
    assert _fit([], hidden_layer_sizes=[]).activations_ == []


def test_float32_stays_float32():
    fitted = _fit(Swish(), X.astype(np.float32), dtype="auto").activations_[0]
    z = np.linspace(-1, 1, 5)
    assert {fitted(z).dtype, fitted.derivative(z).dtype, fitted.start(z).dtype, fitted.quantiles.dtype} == {
        np.dtype(np.float32)
    }
