"""A row of weight w counts as w rows, everywhere."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.metrics import accuracy_score, r2_score
from solving import each_estimator_and_solver, each_general_solver, each_loss_and_solver

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
COUNTS = np.random.RandomState(0).randint(0, 4, len(Y))
FULL = {"hidden_layer_sizes": (6,), "max_iter": 12, "batch_size": 1000, "random_state": 0}


def _weighted_and_repeated(model):
    weighted = model.fit(X, Y, COUNTS).theta_.copy()
    return weighted, model.fit(X.repeat(COUNTS, axis=0), Y.repeat(COUNTS)).theta_


@each_general_solver
@pytest.mark.parametrize("knobs", [{}, {"alpha": 0.0}, {"n_members": 1}, {"learn_scales": True}], ids=str)
def test_classifier(knobs, solver):
    weighted, repeated = _weighted_and_repeated(AdaptiveMLPClassifier(solver=solver, **FULL, **knobs))
    np.testing.assert_allclose(weighted, repeated, rtol=1e-7, atol=1e-9)


@each_loss_and_solver
def test_regressor(loss, solver):
    model = AdaptiveMLPRegressor(loss, solver=solver, **FULL)
    weighted = model.fit(X, Y + 1, COUNTS).theta_.copy()
    repeated = model.fit(X.repeat(COUNTS, axis=0), (Y + 1).repeat(COUNTS)).theta_
    np.testing.assert_allclose(weighted, repeated, rtol=1e-6, atol=1e-8)


@each_estimator_and_solver
def test_scale_of_the_weights_changes_nothing(estimator, solver):
    one, ten = (estimator(solver=solver, alpha=0.0, **FULL).fit(X, Y, w * (1 + COUNTS)) for w in (1.0, 16.0))
    np.testing.assert_allclose(one.theta_, ten.theta_, rtol=1e-8)


@each_estimator_and_solver
def test_unit_weights_are_no_weights(estimator, solver):
    model = estimator(solver=solver, **{**FULL, "batch_size": 20})
    np.testing.assert_allclose(model.fit(X, Y, np.ones(len(Y))).theta_.copy(), model.fit(X, Y).theta_, rtol=1e-7)


def test_early_stopping_with_unit_weights():
    model = AdaptiveMLPRegressor(early_stopping=True, **FULL)
    np.testing.assert_allclose(model.fit(X, Y, np.ones(len(Y))).theta_.copy(), model.fit(X, Y).theta_, rtol=1e-10)


def test_score_is_weighted():
    weights = np.random.RandomState(1).uniform(0, 1, len(Y))
    classifier, regressor = AdaptiveMLPClassifier(**FULL).fit(X, Y), AdaptiveMLPRegressor(**FULL).fit(X, Y)
    assert classifier.score(X, Y, weights) == accuracy_score(Y, classifier.predict(X), sample_weight=weights)
    assert regressor.score(X, Y, weights) == r2_score(Y, regressor.predict(X), sample_weight=weights)


def test_loss_curve_is_the_weighted_mean():
    knobs = {**FULL, "max_iter": 1, "alpha": 0.0, "label_smoothing": 0.0, "learning_rate_init": 1e-12}
    one_class = AdaptiveMLPClassifier(n_members=1, **knobs)
    whole = one_class.fit(X, Y, COUNTS).loss_
    log_p = one_class.predict_log_proba(X)[np.arange(len(Y)), Y]
    assert whole == pytest.approx(-np.average(log_p, weights=COUNTS), rel=1e-9)


def test_weights_are_not_written_to():
    weights = np.ones(len(Y))
    weights.flags.writeable = False
    AdaptiveMLPClassifier(class_weight={0: 2.0}, **FULL).fit(X, Y, weights)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.zeros(150), "zero"),
        (-np.ones(150), "[Nn]egative"),
        (np.full(150, np.nan), "NaN"),
        (np.ones(10), "sample_weight has shape"),
        (np.ones((150, 2)), "sample_weight has shape"),
        (["heavy"] * 150, "sample_weight must be numbers"),
        (np.full(150, np.inf), "sample_weight contains"),
    ],
    ids=["zero", "negative", "nan", "short", "matrix", "text", "infinite"],
)
@pytest.mark.parametrize("estimator", [AdaptiveMLPClassifier, AdaptiveMLPRegressor])
def test_bad_weights_are_refused(estimator, weights, message):
    with pytest.raises(ValueError, match=message):
        estimator(**FULL).fit(X, Y, weights)
    with pytest.raises(ValueError, match=message):
        estimator(**FULL).fit(X, Y).partial_fit(X, Y, sample_weight=weights)
    with pytest.raises(ValueError, match=message.replace("sample_weight", "sample_weight_val")):
        estimator(**FULL).fit(X, Y, X_val=X, y_val=Y, sample_weight_val=weights)


@pytest.mark.parametrize("estimator", [AdaptiveMLPClassifier, AdaptiveMLPRegressor])
@pytest.mark.parametrize("scale", [2.0**-1000, 2.0**-140, 2.0**-30, 2.0**30, 2.0**126, 2.0**1000], ids=str)
def test_weights_of_any_size_train_the_same_network(scale, estimator, dtype):
    weights = (1.0 + COUNTS) * scale
    knobs = {**FULL, "alpha": 0.1}
    plain = estimator(**knobs).fit(X.astype(dtype), Y, 1.0 + COUNTS)
    scaled = estimator(**knobs).fit(X.astype(dtype), Y, weights)
    np.testing.assert_array_equal(plain.theta_, scaled.theta_)
    scaled.partial_fit(X.astype(dtype), Y, sample_weight=weights)
    plain.partial_fit(X.astype(dtype), Y, sample_weight=1.0 + COUNTS)
    # Weights count as rows: only the smaller ones leave room for means and deviations to follow.
    np.testing.assert_allclose(plain.theta_, scaled.theta_, rtol=1e3 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
