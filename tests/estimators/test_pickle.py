"""Pickles are small, say which version wrote them, and predict and go on alike; predicting is safe from threads."""

import copy
import io
import pickle
import pickletools
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.exceptions import InconsistentVersionWarning
from solving import STOCHASTIC, each_general_solver

import sk_adaptive
from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import LEARNED

X, Y = load_digits(return_X_y=True)
X, Y = X[:200] / 16, Y[:200]
SHORT = {"max_iter": 3, "n_iter_no_change": np.inf, "tol": 1e-9, "random_state": 0}
each_estimator = pytest.mark.parametrize("estimator", [AdaptiveMLPClassifier, AdaptiveMLPRegressor])


def _round_trip(model):
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("activation", LEARNED)
@each_estimator
def test_predicts_the_same_bits(estimator, activation):
    model = estimator(activation=activation, hidden_layer_sizes=(20, 10), n_members=2, learn_scales=True, **SHORT)
    model.fit(X, Y)
    again = _round_trip(model)
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert repr(again.activations_) == repr(model.activations_)
    assert again.loss_curve_ == model.loss_curve_


@each_general_solver
@pytest.mark.parametrize("early_stopping", [False, True])
@each_estimator
def test_holds_the_weights_once(estimator, early_stopping, solver):
    knobs = {"hidden_layer_sizes": (256, 256), "activation": "prelu", "solver": solver, **SHORT}
    model = estimator(early_stopping=early_stopping, **knobs)
    assert len(pickle.dumps(model.fit(X, Y))) < 1.1 * model.theta_.nbytes


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_continues_with_the_same_bits(solver):
    model = AdaptiveMLPClassifier(solver=solver, hidden_layer_sizes=10, **SHORT).partial_fit(X, Y, np.unique(Y))
    again = _round_trip(model)
    for each in (model, again):
        each.partial_fit(X, Y)
    np.testing.assert_array_equal(again.theta_, model.theta_)
    assert len(pickle.dumps(model)) < (2.2 + len(model._state.moments)) * model.theta_.nbytes


def test_warm_start_continues_with_the_same_bits():
    model = AdaptiveMLPClassifier(warm_start=True, hidden_layer_sizes=10, **SHORT).fit(X, Y)
    again = _round_trip(model)
    np.testing.assert_array_equal(again.fit(X, Y).theta_, model.fit(X, Y).theta_)


def test_a_loaded_model_learns_a_new_point(tmp_path):
    """A regressor's file, fine-tuned where one row was all it had seen."""
    joblib.dump(
        AdaptiveMLPRegressor(hidden_layer_sizes=40, alpha=0.0, **SHORT).fit([[2.0]], [4.0]), tmp_path / "model.joblib"
    )
    model = joblib.load(tmp_path / "model.joblib").set_params(learning_rate="constant", learning_rate_init=0.01)
    for _ in range(300):
        model.partial_fit([[2.0]], [1.0])
    assert model.predict([[2.0]]) == pytest.approx([1.0], abs=0.02)


def test_another_version_is_warned_of(monkeypatch):
    data = pickle.dumps(AdaptiveMLPClassifier(**SHORT).fit(X, Y))
    pickle.loads(data)
    monkeypatch.setattr(sk_adaptive, "__version__", "999.0")
    with pytest.warns(InconsistentVersionWarning, match=r"sk_adaptive.*999\.0"):
        model = pickle.loads(data)
    assert model.predict(X).shape == Y.shape
    assert "_sk_adaptive_version" not in vars(model)


@each_estimator
def test_names_in_a_pickle_are_ours_or_numpys(estimator):
    data = pickle.dumps(estimator(**SHORT).fit(X, Y), protocol=2)
    modules = {arg.split()[0] for op, arg, _ in pickletools.genops(io.BytesIO(data)) if op.name == "GLOBAL"}
    assert {module.partition(".")[0] for module in modules} <= {
        "sk_adaptive", "numpy", "copy_reg", "copyreg", "_codecs", "builtins", "__builtin__"
    }  # fmt: skip


def test_unfitted_and_copied():
    assert _round_trip(AdaptiveMLPClassifier(alpha=0.5)).alpha == 0.5
    model = AdaptiveMLPClassifier(warm_start=True, **SHORT).fit(X, Y)
    twin = copy.deepcopy(model)
    before = model.theta_.copy()
    twin.fit(X, Y)
    np.testing.assert_array_equal(model.theta_, before)


@pytest.mark.parametrize("activation", LEARNED)
def test_many_threads_may_predict_at_once(activation):
    model = AdaptiveMLPClassifier((60, 30), activation, n_members=2, **SHORT).fit(X, Y)
    pieces = [X[i::8] for i in range(8)] * 20
    expected = [model.predict_proba(piece) for piece in pieces]
    with ThreadPoolExecutor(8) as pool:
        for got, want in zip(pool.map(model.predict_proba, pieces), expected, strict=True):
            np.testing.assert_array_equal(got, want)


def test_two_fits_at_once_are_as_one_after_the_other():
    def theta(seed):
        return AdaptiveMLPClassifier(**{**SHORT, "random_state": seed}).fit(X, Y).theta_

    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(theta, range(8)))
    for seed, got in enumerate(together):  # to rounding: fits that run together share out the threads
        np.testing.assert_allclose(got, theta(seed), rtol=1e-9, atol=1e-12)
