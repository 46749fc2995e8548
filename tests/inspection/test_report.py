"""The table of what was learned: each number against the truth of a network that is known."""

import numpy as np
import pytest
from planted import planted
from reference import PLAIN
from sklearn.datasets import load_iris
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier
from sk_adaptive.activations import LEARNED, Polynomial
from sk_adaptive.inspection import activation_report

pytestmark = pytest.mark.filterwarnings("ignore:max_iter=:sklearn.exceptions.ConvergenceWarning")
TRUTH = planted()


def _iris(activation, **knobs):
    X, y = load_iris(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    knobs = {"max_iter": 30, "random_state": 0, **PLAIN, **knobs}
    return AdaptiveMLPClassifier((6, 4), activation, **knobs).fit(X, y), X, y


def test_names_the_linear_layer():
    nonlinearity = activation_report(TRUTH.model, TRUTH.X)["nonlinearity"]
    assert nonlinearity[1] < 1e-12
    assert nonlinearity[0] > 0.3
    assert nonlinearity[2] > 0.01


def test_measures_are_those_of_the_true_functions():
    report = activation_report(TRUTH.model, TRUTH.X, per_unit=True)
    assert report["layer"].tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert report["unit"].tolist() == [0, 1, 2, 0, 1, 2, 0, 1]
    expected = []
    for layer, functions in enumerate(TRUTH.functions):
        for z, f in zip(TRUTH.pre_activations(layer).T, functions, strict=True):
            expected.append(1 - r2_score(f(z), np.polyval(np.polyfit(z, f(z), 1), z)))
    np.testing.assert_allclose(report["nonlinearity"], expected, atol=1e-3)
    np.testing.assert_allclose(report["lipschitz"], [2, 1.5, 2.5, 0.7, 0.4, 1.3, 1, 1], rtol=1e-2)
    assert report["monotone"].tolist() == [0, 0, 0, 1, 1, 1, 1, 1]
    assert report["nearly_linear"].tolist()[:6] == [0, 0, 0, 1, 1, 1]
    assert report["parameters"][6] == "a = 0.6, started at 0.25"


def test_ablation_ranks_the_layers_as_the_truth_does():
    report = activation_report(TRUTH.model, TRUTH.X, TRUTH.model.predict(TRUTH.X))
    drops = [TRUTH.drop_to_affine(layer) for layer in range(3)]
    np.testing.assert_allclose(report["score"], 1)
    np.testing.assert_allclose(report["drop_to_affine"], drops, atol=2e-3)
    assert np.argsort(report["drop_to_affine"]).tolist() == np.argsort(drops).tolist() == [1, 2, 0]


def test_what_stayed_at_its_start_has_not_changed_and_is_worth_nothing():
    model, X, y = _iris(["relu", Polynomial(trainable=False)])
    report = activation_report(model, X, y)
    assert report["family"].tolist() == ["relu", "Polynomial"]
    np.testing.assert_array_equal(report["change"], 0)
    np.testing.assert_array_equal(report["drop_to_start"], 0)


def test_change_is_relative_to_the_start():
    model, X, _ = _iris(Polynomial(degree=1, start=[0.0, 2.0], trainable=False), max_iter=1)
    for parameters in model._plan.parameters(model.theta_):
        parameters[...] = [[0.0], [3.0]]
    np.testing.assert_allclose(activation_report(model, X)["change"], 0.5)


def test_going_back_to_the_start_is_as_if_it_had_not_been_learned():
    model, X, y = _iris("prelu")
    report = activation_report(model, X, y, scoring="neg_log_loss")
    for layer, fitted in enumerate(model.activations_):
        learned = fitted.params["a"].copy()
        fitted.params["a"][...] = 0.25
        again = activation_report(model, X, y, scoring="neg_log_loss")
        fitted.params["a"][...] = learned
        np.testing.assert_allclose(report["score"][0] - again["score"][0], report["drop_to_start"][layer])


def test_dead_and_driven_units_are_saturated():
    model, X, _ = _iris(["relu", "tanh"], max_iter=1)
    assert activation_report(model, X)["saturated"].tolist() == [0, 0]
    model.intercepts_[0][:3] = -100  # relu's flat side
    model.intercepts_[1][0] = 50  # tanh's end
    report = activation_report(model, X)
    assert report["saturated"].tolist() == [0.5, 0.25]


@pytest.mark.parametrize("scope", ["unit", "layer", "network"])
@pytest.mark.parametrize("family", LEARNED)
def test_every_family_and_scope_is_reported(family, scope):
    model, X, y = _iris(LEARNED[family](scope=scope), max_iter=5)
    report = activation_report(model, X, y)
    assert report["scope"].tolist() == [scope] * 2
    assert len({len(column) for column in report.values()}) == 1
    for name in ("change", "nonlinearity", "lipschitz", "drop_to_start", "drop_to_affine"):
        assert np.isfinite(report[name]).all(), name
    assert (report["change"] > 0).all()


@pytest.mark.parametrize("knobs", [{"n_members": 3}, {"learn_scales": True}, {"dropout": 0.2}], ids=str)
def test_ablation_keeps_the_rest_of_the_network(knobs):
    model, X, y = _iris(["identity", "prelu"], **knobs)
    report = activation_report(model, X, y, scoring="neg_log_loss")
    np.testing.assert_allclose(report["drop_to_affine"][0], 0, atol=1e-9)


def test_a_pipeline_is_seen_through():
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), AdaptiveMLPClassifier((5,), max_iter=5, random_state=0)).fit(X, y)
    whole, inner = activation_report(pipeline, X, y), activation_report(pipeline[-1], pipeline[:-1].transform(X), y)
    for name in whole:
        np.testing.assert_array_equal(whole[name], inner[name])


def test_columns_make_a_data_frame():
    pandas = pytest.importorskip("pandas")
    assert pandas.DataFrame(activation_report(TRUTH.model, TRUTH.X)).shape == (3, 10)


def test_errors_say_what_to_do():
    with pytest.raises(ValueError, match="not both"):
        activation_report(TRUTH.model, TRUTH.X, TRUTH.output(), per_unit=True)
    with pytest.raises(TypeError, match="got StandardScaler"):
        activation_report(StandardScaler(), TRUTH.X)
