"""Inputs far beyond what is usual in their column are clipped, in training and afterwards."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.base import clone

import sk_adaptive
from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._data.clipping import VALUES_AT_A_TIME, input_limits
from sk_adaptive._data.rows import Rows
from sk_adaptive.inspection import simplify

RANDOM = np.random.RandomState(0)
X = RANDOM.normal(size=(80, 4)) * [1, 10, 0.1, 1]
X[RANDOM.uniform(size=X.shape) < 0.3] = 0
X[:, 3] = 0
Y = (X[:, 0] > 0).astype(int)
WEIGHTS = RANDOM.randint(1, 4, len(X)).astype(float)
SHORT = {"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0}

each_estimator = pytest.mark.parametrize("estimator", [AdaptiveMLPClassifier, AdaptiveMLPRegressor])


def _plain_limits(times, weights):
    """Return what the documentation says, column by column."""
    limits = []
    for column in X.T:
        some = column != 0
        limits.append(times * np.sqrt(np.average(column[some] ** 2, weights=weights[some])) if some.any() else 0.0)
    return limits


@pytest.mark.parametrize("container", [np.asarray, sp.csr_array, sp.csr_matrix])
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["unweighted", "weighted"])
def test_limits_are_multiples_of_root_mean_squares(container, weights):
    limits = input_limits(Rows(container(X), Y, weights), 2.0)
    np.testing.assert_allclose(limits, _plain_limits(2.0, np.ones(len(X)) if weights is None else weights), rtol=1e-12)


def test_limits_of_many_rows():
    many = np.tile(X, (2 * VALUES_AT_A_TIME // X.size, 1))
    np.testing.assert_allclose(input_limits(Rows(many, many[:, 0], None), 2.0), _plain_limits(2.0, np.ones(len(X))))


@pytest.mark.parametrize("container", [np.asarray, sp.csr_array])
@pytest.mark.parametrize("times", [1e-320, 1.3967, 5.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_limits_of_huge_and_tiny_values(dtype, times, container):
    numbers = np.finfo(dtype)
    extreme = np.array([[1, numbers.max, numbers.smallest_subnormal], [1, -numbers.max, 0]], dtype=dtype)
    with np.errstate(all="raise", under="ignore"):
        limits = input_limits(Rows(container(extreme), Y[:2], None), times).astype(dtype)
        expected = np.array([times, min(times, 1.0) * float(numbers.max)]).astype(dtype)
    assert np.all(np.isfinite(limits))
    np.testing.assert_allclose(limits[:2], expected, rtol=1e-6, atol=numbers.smallest_subnormal)


@pytest.mark.parametrize("container", [np.asarray, sp.csr_array])
@each_estimator
def test_what_is_beyond_counts_as_the_limit(estimator, container):
    model = estimator(clip_inputs=1.5, **SHORT).fit(container(X), Y)
    limits = model._plan.limits
    clipped = np.clip(X, -limits, limits)
    assert np.any(clipped != X)
    for method in ("predict", "hidden_activations"):
        np.testing.assert_array_equal(getattr(model, method)(container(X)), getattr(model, method)(container(clipped)))
    in_training = estimator(clip_inputs=None, **SHORT).fit(container(clipped), Y)
    np.testing.assert_array_equal(model.theta_, in_training.theta_)


@each_estimator
def test_ordinary_rows_are_left_alone(estimator):
    gentle = np.clip(X, -1, 1)
    model, unclipped = (estimator(clip_inputs=clip, **SHORT).fit(gentle, Y) for clip in (100.0, None))
    np.testing.assert_array_equal(model.theta_, unclipped.theta_)


def test_a_far_row_does_not_send_the_output_away():
    model, unclipped = (AdaptiveMLPRegressor(clip_inputs=clip, **SHORT).fit(X, Y) for clip in (5.0, None))
    far = np.full((1, 4), 1e6)
    assert abs(model.predict(far)[0]) < 10
    assert abs(unclipped.predict(far)[0]) > 1e3


def test_a_network_that_begins_with_partial_fit_clips_nothing():
    model = AdaptiveMLPClassifier(**SHORT).partial_fit(X[:2], Y[:2], classes=[0, 1])
    assert model._plan.limits is None
    assert not np.allclose(model.decision_function(100 * X), model.decision_function(1000 * X))


def test_training_on_keeps_the_limits():
    model = AdaptiveMLPClassifier(warm_start=True, **SHORT).fit(X, Y)
    limits = model._plan.limits
    np.testing.assert_array_equal(model.fit(10 * X, Y)._plan.limits, limits)
    np.testing.assert_array_equal(model.partial_fit(10 * X, Y)._plan.limits, limits)
    np.testing.assert_allclose(clone(model).fit(10 * X, Y)._plan.limits, 10 * limits)


def test_copies_clip_alike(tmp_path):
    model = AdaptiveMLPClassifier(clip_inputs=2.0, **SHORT).fit(X, Y)
    sk_adaptive.save(model, tmp_path / "model.skops")
    far = 20 * X
    expected = model.decision_function(far)
    np.testing.assert_array_equal(sk_adaptive.load(tmp_path / "model.skops").decision_function(far), expected)
    np.testing.assert_allclose(simplify(model, X, 1e-9).decision_function(far), expected, atol=1e-6)
