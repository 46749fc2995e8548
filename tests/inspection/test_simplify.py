"""Folding linear layers and redundant linear units leaves what the network computes."""

import pickle

import numpy as np
import pytest
from planted import planted
from reference import PLAIN
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import PReLU
from sk_adaptive.inspection import simplify

pytestmark = pytest.mark.filterwarnings("ignore:max_iter=:sklearn.exceptions.ConvergenceWarning")
X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)


def _fit(sizes, activation, **knobs):
    return AdaptiveMLPClassifier(sizes, activation, **{"max_iter": 30, "random_state": 0, **PLAIN, **knobs}).fit(X, Y)


def test_removes_the_planted_linear_layer_and_nothing_else():
    truth = planted()
    simpler = simplify(truth.model, truth.X, 1e-6)
    assert simpler.simplification_.layers == [1]
    assert simpler.hidden_layer_sizes == (3, 2)
    assert [type(a.activation).__name__ for a in simpler.activations_] == ["Spline", "PReLU"]
    np.testing.assert_allclose(simpler.predict(truth.X), truth.model.predict(truth.X), atol=1e-6)
    assert simpler.simplification_.max_change < 1e-6
    assert simpler.simplification_.n_parameters[1] == simpler.theta_.size < truth.model.theta_.size


def test_leaves_the_original_as_it_was():
    model = _fit((6, 4), "identity")
    before, theta = model.predict_proba(X), model.theta_.copy()
    simplify(model, X, 0.5)
    np.testing.assert_array_equal(model.theta_, theta)
    np.testing.assert_array_equal(model.predict_proba(X), before)
    assert not hasattr(model, "simplification_")


@pytest.mark.parametrize("knobs", [{}, {"n_members": 3}, {"learn_scales": True}], ids=str)
def test_a_linear_network_becomes_one_affine_map(knobs):
    model = _fit((6, 4), "identity", **knobs)
    simpler = simplify(model, X)
    assert simpler.simplification_.layers == [0, 1]
    assert simpler.activations_ == []
    np.testing.assert_allclose(simpler.predict_proba(X), model.predict_proba(X), atol=1e-9)


def test_linear_units_in_the_span_of_others_go():
    model = _fit((12,), "prelu")
    model.activations_[0].params["a"][:9] = 1  # nine lines over four inputs: four carry them all
    model.activations_[0].params["a"][9:] = 0
    simpler = simplify(model, X, 1e-9)
    assert simpler.simplification_.units == [5]
    assert simpler.hidden_layer_sizes == (7,)
    np.testing.assert_allclose(simpler.decision_function(X), model.decision_function(X), atol=1e-6)


@pytest.mark.parametrize("at", [-100, 6])
def test_constant_units_go(dtype, at):
    rows = X.astype(dtype)
    model = AdaptiveMLPClassifier((5, 4), ["softplus", "tanh"], max_iter=30, random_state=0).fit(rows, Y)
    model.intercepts_[1][:2] = 5 * at  # nothing but rounding is left of tanh
    simpler = simplify(model, rows, 1e-9)
    assert simpler.hidden_layer_sizes == (5, 2)
    np.testing.assert_allclose(
        simpler.decision_function(rows), model.decision_function(rows), atol=1e-9 if dtype == np.float64 else 1e-4
    )


def test_a_layer_of_constants_is_folded():
    model = _fit((5, 4), "relu")
    model.intercepts_[1][:] = -100
    simpler = simplify(model, X, 1e-9)
    np.testing.assert_allclose(simpler.decision_function(X), model.decision_function(X), atol=1e-9)


def test_reports_the_change_that_a_loose_tolerance_makes():
    model = _fit((6, 4), PReLU(start=[0.7]))
    simpler = simplify(model, X, 0.3)
    report, change = simpler.simplification_, simpler.decision_function(X) - model.decision_function(X)
    assert report.layers
    np.testing.assert_allclose(report.max_change, np.abs(change).max(), rtol=1e-6)
    assert 0 < report.relative_change < 1


@pytest.mark.parametrize("tol", [1e-4, 1e-2, 0.2])
@pytest.mark.parametrize("seed", range(4))
def test_no_output_loses_more_than_the_tolerance(seed, tol):
    model = _fit((8, 6, 4), PReLU(start=[0.8]), random_state=seed)
    simpler = simplify(model, X, tol)
    before, after = model.decision_function(X), simpler.decision_function(X)
    assert (((after - before) ** 2).mean(axis=0) <= tol * before.var(axis=0)).all()
    assert simpler.theta_.size < model.theta_.size or tol < 1e-2


def test_a_small_unit_that_the_outputs_hang_on_is_no_trifle():
    model = _fit((6, 2), ["tanh", "relu"])
    model.coefs_[0][...], model.coefs_[1][...] = np.eye(4, 6), 0
    model.coefs_[1][0], model.coefs_[1][1, 1] = [1e3, 0], 1e-3  # a line of great variance beside a kink of little
    model.intercepts_[0][...], model.intercepts_[1][...] = 0, [1e4, 0]
    model.coefs_[2][...] = [[0, 0, 0], [1e3, -1e3, 0]]
    simpler = simplify(model, X, 0.01)
    np.testing.assert_allclose(simpler.decision_function(X), model.decision_function(X), atol=1e-6)
    assert 1 not in simpler.simplification_.layers


def test_what_is_not_linear_stays():
    model = _fit((6, 4), "tanh")
    simpler = simplify(model, X, 0)
    np.testing.assert_array_equal(simpler.theta_, model.theta_)
    assert not np.shares_memory(simpler.theta_, model.theta_)
    assert not hasattr(model, "simplification_")


def test_shared_parameters_stay_shared():
    shared = _fit((6, 4), PReLU(scope="network"))
    shared.coefs_[0][:, :2] = 0  # constant units
    simpler = simplify(shared, X, 1e-9)
    assert simpler.hidden_layer_sizes == (4, 4)
    assert simpler.activations_[0].params["a"] == simpler.activations_[1].params["a"]
    np.testing.assert_allclose(simpler.decision_function(X), shared.decision_function(X), atol=1e-9)


def test_a_simplified_estimator_lives_on():
    truth = planted(200)
    simpler = simplify(truth.model, truth.X, 1e-6)
    again = pickle.loads(pickle.dumps(simpler))
    np.testing.assert_array_equal(again.predict(truth.X), simpler.predict(truth.X))
    simpler.partial_fit(truth.X, truth.output())
    assert simpler.n_layers_ == 4


def test_an_ensemble_stays_one_when_what_is_left_is_fixed():
    model = _fit((6, 4), ["prelu", "tanh"], n_members="auto")
    model.activations_[0].params["a"][...] = 1
    simpler = simplify(model, X, 1e-9)
    assert simpler.activation[0].name == "tanh"
    simpler.partial_fit(X, Y)
    assert len(simpler.coefs_[-1]) == len(model.coefs_[-1]) > 1


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:Training diverged")
def test_what_would_overflow_is_not_folded():
    random = np.random.RandomState(0)
    X, y = random.normal(size=(200, 5)), random.randint(0, 3, 200)
    knobs = {"solver": "sgd", "learning_rate_init": 1e6, "n_members": 1, "max_iter": 4, "random_state": 0}
    model = AdaptiveMLPClassifier((5, 4), "rational", **knobs).fit(X, y)
    assert np.isfinite(simplify(model, X).theta_).all()


def test_a_pipeline_gives_a_pipeline():
    raw, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), AdaptiveMLPRegressor(hidden_layer_sizes=(4, 3), activation="identity"))
    pipeline.set_params(adaptivemlpregressor__max_iter=5).fit(raw, y)
    simpler = simplify(pipeline, raw)
    assert [name for name, _ in simpler.steps] == [name for name, _ in pipeline.steps]
    np.testing.assert_allclose(simpler.predict(raw), pipeline.predict(raw), atol=1e-9)


def test_a_negative_tolerance_is_refused():
    with pytest.raises(ValueError, match="tol"):
        simplify(_fit((3,), "relu"), X, -1)
