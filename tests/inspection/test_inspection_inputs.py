"""Everything that inspects takes every network: sparse rows, float32, members, a user's activation, no hidden layer."""

from typing import ClassVar

import matplotlib.pyplot as plt
import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_iris
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import FixedThresholdClassifier, GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._estimators.final_step import fitted_network, network_of
from sk_adaptive._estimators.html_repr import pictures
from sk_adaptive.activations import Activation
from sk_adaptive.inspection import (
    ActivationDisplay,
    LossCurveDisplay,
    activation_report,
    record_activations,
    simplify,
    symbolic,
)

plt.switch_backend("agg")
pytestmark = pytest.mark.filterwarnings("ignore:max_iter=:sklearn.exceptions.ConvergenceWarning")
X, Y = load_iris(return_X_y=True)


class Shifted(Activation):
    """A user's activation: tanh(z - s)."""

    parameters: ClassVar = {"s": 0.5}

    def value(self, z, p):
        return np.tanh(z - p[0])

    def derivative(self, z, p):
        return 1 - np.tanh(z - p[0]) ** 2

    def parameter_gradients(self, z, p):
        yield np.tanh(z - p[0]) ** 2 - 1


def _fit(rows=X, **knobs):
    knobs = {"hidden_layer_sizes": (5, 3), "activation": "prelu", "max_iter": 10, "random_state": 0, **knobs}
    return AdaptiveMLPClassifier(**knobs).fit(rows, Y)


@pytest.mark.parametrize(
    ("rows", "knobs"),
    [
        (X, {}),
        (X.astype(np.float32), {}),
        (sp.csr_matrix(X), {}),
        (X, {"n_members": 3, "learn_scales": True}),
        (X, {"activation": Shifted()}),
        (X, {"activation": ["relu", Shifted(scope="layer")]}),
    ],
    ids=["plain", "float32", "sparse", "members", "user's", "mixed"],
)
def test_every_network_is_inspected(rows, knobs):
    model = _fit(rows, **knobs)
    report = activation_report(model, rows, Y)
    assert all(
        np.isfinite(report[name]).all() for name in ("change", "nonlinearity", "drop_to_start", "drop_to_affine")
    )
    assert len(ActivationDisplay.from_estimator(model, rows).ax_) == 2
    assert pictures(model).count("<svg") == 2
    assert symbolic(model, 1, rows, n_best=1)["r2"].min() > 0.5
    assert simplify(model, rows, 0).predict(rows).tolist() == model.predict(rows).tolist()
    fitted, _ = record_activations(model, rows, Y)
    np.testing.assert_array_equal(fitted.theta_, model.theta_)


def test_sparse_rows_are_reported_as_dense_ones():
    model = _fit()
    dense, sparse = (activation_report(model, rows, Y) for rows in (X, sp.csr_array(X)))
    for name in ("change", "nonlinearity", "lipschitz", "score"):
        np.testing.assert_allclose(dense[name], sparse[name])


def test_a_network_without_hidden_layers_has_nothing_to_show():
    model = simplify(_fit(activation="identity"), X)
    assert activation_report(model, X, Y) == {}
    assert "<svg" not in pictures(model)
    with pytest.raises(ValueError, match="no hidden layer"):
        ActivationDisplay.from_estimator(model, X)


NETWORK = AdaptiveMLPClassifier((3,), "identity", max_iter=5, random_state=0)
MODELS = {
    "pipeline": make_pipeline(StandardScaler(), NETWORK),
    "search": GridSearchCV(NETWORK, {"alpha": [0.1, 1]}, cv=2),
    "calibrated": CalibratedClassifierCV(make_pipeline(StandardScaler(), NETWORK), cv=2),
    "threshold": FixedThresholdClassifier(NETWORK, threshold=0.4),
    "frozen": FrozenEstimator(clone(NETWORK).fit(X, Y == 0)),
    "stacked": StackingClassifier([("tree", DecisionTreeClassifier()), ("network", NETWORK)], cv=2),
    "final of a stack": StackingClassifier([("tree", DecisionTreeClassifier())], NETWORK, cv=2),
    "voting": VotingClassifier([("tree", DecisionTreeClassifier()), ("network", NETWORK)], voting="soft"),
    "regressor": TransformedTargetRegressor(
        AdaptiveMLPRegressor(hidden_layer_sizes=(3,), activation="identity", max_iter=5),
        func=np.log1p,
        inverse_func=np.expm1,
    ),
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_one_network_is_found_inspected_and_replaced_in_every_model(model):
    """What can be served can be inspected, and simplified, with the same network."""
    y = (Y == 0).astype(float)
    model.fit(X, y)
    network, rows = fitted_network(model, X)
    assert network is network_of(model)
    assert network.n_features_in_ == rows.shape[1]
    ActivationDisplay.from_estimator(model, X)
    LossCurveDisplay.from_estimator(model)
    before = model.predict(X)
    simpler = simplify(model, X)
    assert network_of(simpler).simplification_.layers == [0]
    assert network_of(model) is network
    np.testing.assert_allclose(simpler.predict(X), before, atol=1e-6)


@pytest.mark.parametrize("model", [DecisionTreeClassifier(), make_pipeline(StandardScaler(), DecisionTreeClassifier())])
def test_a_model_without_a_network_is_refused(model):
    model.fit(X, Y)
    assert network_of(model) is None
    with pytest.raises(TypeError, match="DecisionTreeClassifier"):
        activation_report(model, X, Y)


def test_pipelines_and_searches_may_be_nested():
    search = GridSearchCV(AdaptiveMLPClassifier((3,), "identity", max_iter=5), {"alpha": [0.1, 1]}, cv=2)
    nested = make_pipeline(StandardScaler(), search).fit(X, Y)
    simpler = simplify(nested, X)
    assert simpler[-1].simplification_.layers == [0]
    np.testing.assert_allclose(simpler.predict_proba(X), nested.predict_proba(X), atol=1e-9)
