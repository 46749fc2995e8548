"""warm_start: fit continues from the last result."""

import re

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from solving import STOCHASTIC, each_estimator_and_solver, each_general_solver

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.schedules import SCHEDULES

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
SHARED = {"hidden_layer_sizes": (5,), "warm_start": True, "random_state": 0, "n_iter_no_change": np.inf}
each_estimator = pytest.mark.parametrize("estimator", [AdaptiveMLPClassifier, AdaptiveMLPRegressor])


@each_estimator_and_solver
def test_continues_and_counts_each_call_alone(estimator, solver):
    model = estimator(solver=solver, max_iter=6, tol=1e-12, **SHARED).fit(X, Y)
    assert model.n_iter_ == 6
    first = model.loss_curve_
    model.set_params(max_iter=9).fit(X, Y)
    assert model.n_iter_ == 9
    assert model.loss_curve_[:6] == first
    assert len(model.loss_curve_) == 15
    assert model.t_ == 15 * len(X)
    assert model.loss_curve_[6] < first[0]


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_two_fits_are_one_twice_as_long(solver):
    """Without a schedule, the solver's moments included."""
    knobs = {**SHARED, "solver": solver, "learning_rate": "constant", "shuffle": False, "batch_size": 20}
    once = AdaptiveMLPClassifier(max_iter=10, **knobs).fit(X, Y)
    twice = AdaptiveMLPClassifier(max_iter=5, **knobs).fit(X, Y).fit(X, Y)
    np.testing.assert_array_equal(once.theta_, twice.theta_)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedule_starts_over_but_the_count_of_steps_continues(schedule):
    model = AdaptiveMLPClassifier(learning_rate=schedule, max_iter=4, batch_size=50, **SHARED).fit(X, Y)
    first = model.learning_rate_curve_
    second = model.fit(X, Y).learning_rate_curve_[4:]
    if schedule == "invscaling":
        np.testing.assert_allclose(second, model.learning_rate_init / np.sqrt(1 + np.arange(14, 24, 3)))
    else:
        assert second == first


@each_general_solver
def test_solver_may_change(solver):
    model = AdaptiveMLPClassifier(solver="adam", max_iter=5, **SHARED).fit(X, Y)
    before = model.loss_
    model.set_params(solver=solver, max_iter=20, learning_rate_init=0.01).fit(X, Y)
    assert model.loss_ < before


@each_general_solver
@pytest.mark.parametrize(
    "change",
    [
        {"hidden_layer_sizes": (6,)},
        {"hidden_layer_sizes": (5, 5)},
        {"activation": "tanh"},
        {"n_members": 2},
        {"learn_scales": True},
    ],
    ids=str,
)
def test_changed_network_is_refused_and_the_old_one_stays(change, solver):
    model = AdaptiveMLPClassifier(solver=solver, max_iter=3, **SHARED).fit(X, Y)
    before = model.predict_proba(X)
    model.set_params(**change)
    with pytest.raises(ValueError, match=rf"^{next(iter(change))} cannot change.*warm_start=False"):
        model.fit(X, Y)
    np.testing.assert_array_equal(model.predict_proba(X), before)
    model.set_params(warm_start=False).fit(X, Y)


@pytest.mark.parametrize("classes", [[0, 1], [0, 1, 3], [0, 1, 2, 3]], ids=str)
def test_other_classes_are_refused(classes):
    y = np.array(classes)[np.arange(len(X)) % len(classes)]
    model = AdaptiveMLPClassifier(max_iter=2, **SHARED).fit(X, Y)
    message = (
        "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously got "
        f"[0 1 2], `y` has {np.unique(y)}"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        model.fit(X, y)
    model.fit(X, Y[::-1])


def test_other_outputs_and_features_are_refused():
    model = AdaptiveMLPRegressor(max_iter=2, **SHARED).fit(X, Y)
    with pytest.raises(ValueError, match="y has 2 outputs, but training began with 1"):
        model.fit(X, np.c_[Y, Y])
    with pytest.raises(ValueError, match="X has 3 features"):
        model.fit(X[:, :3], Y)


def test_without_it_fit_starts_over():
    knobs = {**SHARED, "warm_start": False}
    model = AdaptiveMLPClassifier(max_iter=5, **knobs).fit(X, Y)
    first = model.theta_.copy()
    np.testing.assert_array_equal(model.fit(X, Y).theta_, first)
    np.testing.assert_array_equal(clone(model).fit(X, Y).theta_, first)
    assert len(model.loss_curve_) == 5


@each_estimator
def test_the_rows_set_aside_stay_the_same(estimator):
    """Rows that were trained on in one call must not be validated on in the next."""
    model = estimator(early_stopping=True, validation_fraction=0.2, max_iter=5, **SHARED).fit(X, Y)
    scores = model.validation_scores_
    model.set_params(learning_rate_init=1e-12).fit(X, Y)
    assert len(model.validation_scores_) > len(scores)
    assert model.validation_scores_[len(scores)] == pytest.approx(max(scores), rel=1e-6)
