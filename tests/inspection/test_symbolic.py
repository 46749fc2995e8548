"""Named functions are found again."""

import numpy as np
import pytest
from planted import planted

from sk_adaptive import AdaptiveMLPRegressor
from sk_adaptive.activations import Spline
from sk_adaptive.inspection import symbolic
from sk_adaptive.inspection._symbolic import LIBRARY

pytestmark = [
    pytest.mark.filterwarnings("ignore:max_iter=:sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:The network predicts the same"),  # what it learns is replaced
]


def _holding(f, *, scope="layer", n_knots=401):
    """Return a fitted one-layer network whose activation is f, and rows that reach -3 to 3."""
    X = np.random.default_rng(0).uniform(-3, 3, (500, 1))
    family = Spline(n_knots=n_knots, knot_range=3.5, scope=scope)
    model = AdaptiveMLPRegressor(hidden_layer_sizes=(1,), activation=family, max_iter=1, n_iter_no_change=np.inf)
    model.fit(X, X[:, 0])
    model.coefs_[0][...], model.intercepts_[0][...] = 1, 0
    for knot, value in zip(family.knots, model.activations_[0].params.values(), strict=True):
        value[...] = f(np.array(knot))
    return model, X


def test_finds_the_planted_sines():
    truth = planted()
    found = symbolic(truth.model, 0, truth.X, n_best=1)
    assert found["function"].tolist() == ["sin"] * 3
    assert found["unit"].tolist() == [0, 1, 2]
    assert found["r2"].min() > 0.999
    np.testing.assert_allclose(found["a"], [2, 1.5, 2.5], rtol=0.01)


def test_finds_the_planted_lines_and_kinks():
    truth = planted()
    assert symbolic(truth.model, 1, truth.X, n_best=1)["function"].tolist() == ["x"] * 3
    line = symbolic(truth.model, 1, truth.X, units=[0], n_best=1)
    assert line["formula"][0] == "0.7 x + 0.2"


@pytest.mark.parametrize("name", LIBRARY)
def test_finds_each_function_of_the_library_again(name):
    a, b, c, d = (-1.0 if name == "relu" else 1.5 if LIBRARY[name].scaled else 1.0), 0.4, -0.8, 0.3
    model, X = _holding(lambda z: c * LIBRARY[name].value(a * z + b) + d)
    found = symbolic(model, 0, X, n_best=len(LIBRARY))
    row = found["function"].tolist().index(name)
    assert found["r2"][row] > 0.9999
    z = np.linspace(-2.9, 2.9, 50)
    fitted = found["c"][row] * LIBRARY[name].value(found["a"][row] * z + found["b"][row]) + found["d"][row]
    np.testing.assert_allclose(fitted, model.activations_[0](z)[:, 0], atol=0.02)
    assert (found["r2"] <= found["r2"][row] + 1e-4).all()


@pytest.mark.parametrize("name", ["x", "x^2", "relu", "abs", "sin", "exp"])
def test_ranks_simple_functions_first(name):
    model, X = _holding(LIBRARY[name].value)
    found = symbolic(model, 0, X)
    assert found["function"][0] == name
    assert found["unit"].tolist() == [-1] * 3
    assert (np.diff(found["score"]) <= 0).all()


def test_a_learned_sine_is_found():
    X = np.random.default_rng(0).uniform(-2, 2, (400, 1))
    model = AdaptiveMLPRegressor(
        hidden_layer_sizes=(1,), activation=Spline(n_knots=41), solver="lbfgs", max_iter=500, tol=1e-9, random_state=1
    )
    model.fit(X, np.sin(3 * X[:, 0]))
    assert symbolic(model, 0, n_best=1)["function"].tolist() == ["sin"]


def test_a_constant_is_fitted_perfectly():
    model, X = _holding(lambda z: 0 * z + 2)
    found = symbolic(model, 0, X, n_best=1)
    assert found["r2"].tolist() == [1]
    assert found["function"].tolist() == ["x"]


def test_unknown_names_and_layers_are_refused():
    model, X = _holding(np.sin)
    with pytest.raises(KeyError, match="bessel"):
        symbolic(model, 0, X, library=["bessel"])
    with pytest.raises(IndexError, match="hidden layers"):
        symbolic(model, 1, X)


def test_the_better_fit_ranks_first_and_the_score_says_why():
    """A line explains a part of a sine; simplicity must not put it first."""
    model, X = _holding(lambda z: np.sin(3 * z))
    found = symbolic(model, 0, X, n_best=len(LIBRARY))
    assert found["function"][0] == "sin"
    assert (np.diff(found["score"]) <= 0).all()
    np.testing.assert_allclose(found["score"], found["r2"] - 0.02 * found["complexity"])
    lines = str(found).split("\n")
    assert lines[0].split()[:3] == ["unit", "function", "formula"]
    assert len(lines) == 1 + len(LIBRARY)
    assert found._repr_html_().count("<tr>") == 1 + len(LIBRARY)
