"""The guide's activation of one's own does all that a built-in one does."""

import pickle
import sys
import warnings
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from reference import PLAIN
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.activations import FIXED, Swish, check_activation

sys.path.append(str(Path(__file__).parents[2] / "docs" / "guide"))
from squareplus import Squareplus

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
pytestmark = pytest.mark.filterwarnings(f"ignore::{ConvergenceWarning.__module__}.{ConvergenceWarning.__name__}")


class NumPySwish(Swish):
    """Swish without its kernel."""

    kernel = None


def test_it_passes_the_check():
    check_activation(Squareplus())


@pytest.mark.parametrize("solver", ["sgd", "adam", "lbfgs"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_trains_in_every_solver(solver, dtype):
    network = AdaptiveMLPClassifier(
        (10, 5),
        Squareplus(),
        solver=solver,
        learning_rate_init=0.02,
        max_iter=150,
        random_state=0,
        **{**PLAIN, "dtype": "auto"},
    )
    network.fit(X.astype(dtype), Y)
    assert network.score(X, Y) > 0.9
    first = network.activations_[0]
    assert (first.params["log_b"] != first.start.params["log_b"]).any()
    assert first(np.zeros(3, dtype=dtype)).dtype == dtype


def test_a_family_without_its_kernel_trains_as_with_it():
    compiled, called_back = (
        AdaptiveMLPClassifier((8, 5), family(), max_iter=20, random_state=0).fit(X, Y) for family in (Swish, NumPySwish)
    )
    np.testing.assert_allclose(called_back.theta_, compiled.theta_, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("scope", ["unit", "layer", "network"])
def test_it_has_every_scope(scope):
    network = AdaptiveMLPClassifier((6, 5), Squareplus(scope=scope), max_iter=3, random_state=0).fit(X, Y)
    assert network.activations_[0].params["log_b"].shape == ((6,) if scope == "unit" else (1,))


def test_it_starts_near_a_named_function_or_is_refused():
    activation = Squareplus(start="relu")
    z = np.linspace(-3, 3, 301)[:, None]
    error = np.abs(activation.value(z, activation.initial_parameters()[:, None]) - FIXED["relu"].value(z)).max()
    assert error == pytest.approx(activation.start_error)
    assert error < 0.05
    with pytest.raises(ValueError, match="cannot start as tanh"):
        Squareplus(start="tanh").initial_parameters()


def test_it_is_cloned_pickled_and_searched():
    network = AdaptiveMLPClassifier((5,), Squareplus(penalty=0.1), max_iter=3, random_state=0).fit(X, Y)
    again = pickle.loads(pickle.dumps(network))
    np.testing.assert_array_equal(again.predict_proba(X), network.predict_proba(X))
    assert clone(network).activation.penalty == 0.1
    search = GridSearchCV(clone(network), {"activation__scope": ["layer", "unit"]}, cv=2).fit(X, Y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


class Keeps(Squareplus):
    """Keeps whatever it is given, beside what it held then."""

    kept: ClassVar[list] = []

    def _keep(self, *arrays):
        self.kept.extend((array, array.copy()) for array in arrays)

    def value(self, z, p):
        self._keep(z, p)
        return super().value(z, p)

    def derivative(self, z, p):
        self._keep(z, p)
        return super().derivative(z, p)

    def parameter_gradients(self, z, p):
        self._keep(z, p)
        return super().parameter_gradients(z, p)


class Overwrites(Squareplus):
    """Works in the arrays that it is given."""

    def value(self, z, p):
        f = super().value(z, p)
        z[...], p[...] = np.nan, np.nan
        return f

    def derivative(self, z, p):
        derivative = super().derivative(z, p)
        z[...], p[...] = np.nan, np.nan
        return derivative

    def parameter_gradients(self, z, p):
        gradients = list(super().parameter_gradients(z, p))
        z[...], p[...] = np.nan, np.nan
        return gradients


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_what_it_is_given_may_be_kept(solver):
    Keeps.kept.clear()
    AdaptiveMLPClassifier((5,), Keeps(), solver=solver, max_iter=3, random_state=0).fit(X, Y).predict(X)
    assert len(Keeps.kept) > 10
    for array, then in Keeps.kept:
        assert array.flags.owndata or array.base.flags.owndata
        np.testing.assert_array_equal(array, then)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_what_it_is_given_may_be_overwritten(solver):
    plain, overwriting = (
        AdaptiveMLPClassifier((6, 5), family(), solver=solver, max_iter=5, random_state=0).fit(X, Y)
        for family in (Squareplus, Overwrites)
    )
    np.testing.assert_array_equal(overwriting.predict_proba(X), plain.predict_proba(X))


def test_an_error_in_it_reaches_the_caller():
    class Faulty(Squareplus):
        def derivative(self, z, p):
            raise RuntimeError("my derivative")

    with warnings.catch_warnings(), pytest.raises(RuntimeError, match="my derivative"):
        AdaptiveMLPClassifier((5,), Faulty(), max_iter=2).fit(X, Y)
