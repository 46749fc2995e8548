"""A solver in a file of its own: its constants and its rule for `alpha="auto"` are used everywhere."""

from typing import ClassVar

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.solvers import Adam, Solver, StochasticSolver

X, Y = load_iris(return_X_y=True)
KNOBS = {"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0}


class RMSprop(StochasticSolver):
    """Adam's compiled step without momentum, and a decay of its own."""

    kernel = "adam"
    _parameter_constraints: ClassVar = dict.fromkeys(("rho", "strength", "max_grad_norm"), "no_validation")

    def __init__(self, rho=0.9, strength=0.5, max_grad_norm=None):
        self.rho = rho
        self.strength = strength
        self.max_grad_norm = max_grad_norm

    @property
    def constants(self):
        return (0.0, self.rho, 1e-8)

    def automatic_penalty(self, n_rows, n_inputs, narrowest):
        return self.strength


def test_it_is_the_compiled_step_with_its_constants():
    own = AdaptiveMLPClassifier(solver=RMSprop(), alpha=0.1, **KNOBS).fit(X, Y)
    same = AdaptiveMLPClassifier(solver=Adam(beta_1=0.0, beta_2=0.9), alpha=0.1, **KNOBS).fit(X, Y)
    np.testing.assert_array_equal(own.theta_, same.theta_)


def test_its_rule_for_alpha_is_used():
    automatic, given = (AdaptiveMLPClassifier(solver=RMSprop(), alpha=alpha, **KNOBS) for alpha in ("auto", 0.5))
    np.testing.assert_array_equal(automatic.fit(X, Y).theta_, given.fit(X, Y).theta_)
    stronger = clone(automatic).set_params(solver__strength=3.0).fit(X, Y)
    assert not np.array_equal(stronger.theta_, automatic.theta_)


def test_it_continues():
    model = AdaptiveMLPClassifier(solver=RMSprop(), **KNOBS).partial_fit(X, Y, [0, 1, 2]).partial_fit(X, Y)
    assert len(model.loss_curve_) == 2


def test_a_solver_without_a_rule_says_so():
    class Bare(StochasticSolver):
        kernel = "sgd"
        constants = (0.0, 0.0)
        max_grad_norm = None

    with pytest.raises(TypeError, match="Bare must define automatic_penalty"):
        AdaptiveMLPClassifier(solver=Bare(), **KNOBS).fit(X, Y)
    assert issubclass(Bare, Solver)
