"""What "auto" means: epochs, pieces of columns, precision."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._data.targets import ClassTargets
from sk_adaptive._training.recipe import (
    automatic_bins,
    automatic_dtype,
    automatic_epochs,
    automatic_smoothing,
    part_of_training,
)
from sk_adaptive.solvers import LBFGS, SGD, Adam, LevenbergMarquardt

X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)


@pytest.mark.parametrize(
    ("n_rows", "n_batches", "narrowest", "epochs"),
    [
        (64, 1, 128, 100),
        (64, 1, 500, 100),
        (128, 2, 128, 50),
        (192, 3, 8, 267),
        (1500, 24, 128, 50),
        (1500, 24, 8, 50),
        (3000, 47, 128, 42),
        (5000, 64, 128, 22),
        (20_000, 79, 128, 16),
        (20_000, 1, 128, 100),
        (1_000_000, 3907, 128, 6),
    ],
)
def test_epochs(n_rows, n_batches, narrowest, epochs):
    assert automatic_epochs(n_rows, n_batches, narrowest) == epochs


@pytest.mark.parametrize(("n_rows", "part"), [(10, 1.0), (3000, 1.0), (4000, 0.75), (5000, 0.6), (10**9, 0.6)])
def test_part_of_training(n_rows, part):
    assert part_of_training(n_rows) == pytest.approx(part, rel=1e-4)


MANY_X = np.random.RandomState(0).normal(size=(10_000, 2))
MANY_Y = MANY_X[:, 0] > 0


@pytest.mark.parametrize(
    ("n_rows", "knobs", "n_members"),
    [
        (3000, {}, 8),
        (3001, {}, 6),
        (9999, {}, 6),
        (10_000, {}, 4),
        (3001, {"solver": "sgd"}, 6),
        (3001, {"solver": "lbfgs"}, 8),
        (3001, {"activation": "relu"}, 1),
        (3001, {"n_members": 3}, 3),
        (3001, {"early_stopping": True}, 8),  # 2701 rows to train on
    ],
)
def test_members(n_rows, knobs, n_members):
    model = AdaptiveMLPClassifier(**{"hidden_layer_sizes": (4,), "max_iter": 1, "random_state": 0, **knobs})
    assert len(model.fit(MANY_X[:n_rows], MANY_Y[:n_rows]).coefs_[-1].reshape(-1, 4, 1)) == n_members


def test_members_stay_where_training_continues():
    model = AdaptiveMLPClassifier((4,), max_iter=1, warm_start=True, random_state=0).fit(MANY_X[:100], MANY_Y[:100])
    assert len(model.fit(MANY_X, MANY_Y).coefs_[-1]) == 8
    model = AdaptiveMLPClassifier((4,), max_iter=1, random_state=0).partial_fit(MANY_X, MANY_Y, [False, True])
    assert len(model.partial_fit(MANY_X[:9], MANY_Y[:9]).coefs_[-1]) == 8  # whose rows to come are not known
    model = AdaptiveMLPClassifier((4,), max_iter=1, random_state=0).fit(MANY_X, MANY_Y)
    assert len(model.partial_fit(MANY_X[:9], MANY_Y[:9]).coefs_[-1]) == 4


@pytest.mark.parametrize(("n_rows", "n_columns", "bins"), [(1499, 5, 0), (1500, 5, 8), (1500, 200, 5), (9999, 2000, 0)])
def test_bins(n_rows, n_columns, bins):
    assert automatic_bins(n_rows, n_columns) == bins


@pytest.mark.parametrize(
    ("rarest", "n_classes", "smoothing"), [(0.5, 2, 0.01), (0.1, 10, 0.0003), (0.001, 2, 0.0002), (0.0002, 5, 0.0001)]
)
def test_smoothing_adds_at_most_a_tenth_to_a_rare_class(rarest, n_classes, smoothing):
    assert automatic_smoothing(rarest, n_classes) == pytest.approx(smoothing)


def test_probabilities_of_a_rare_class_are_its_frequency():
    rng = np.random.RandomState(0)
    rows, y = rng.normal(size=(6000, 2)), (np.arange(6000) % 200 == 0).astype(int)
    knobs = {"solver": "lbfgs", "alpha": 0.0, "tol": 1e-7, "random_state": 0}
    means = [
        AdaptiveMLPClassifier((), label_smoothing=part, **knobs).fit(rows, y).predict_proba(rows)[:, 1].mean()
        for part in ("auto", 0.01)
    ]
    np.testing.assert_allclose(means, [0.0055 - 0.000005, 0.01 * 0.5 + 0.99 * 0.005], rtol=1e-3)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_the_rarest_class_of_weighted_rows_is_that_of_repeated_ones(kind):
    rng = np.random.RandomState(0)
    y = (rng.uniform(size=(90, 3)) < 0.2).astype(int) if kind == "multilabel" else Y[:100] if kind == "binary" else Y
    weights = rng.randint(1, 4, len(y))
    weighted = ClassTargets.from_y(y, weights.astype(float)).rarest
    assert weighted == pytest.approx(ClassTargets.from_y(np.repeat(y, weights, axis=0)).rarest)
    assert 0 < weighted < 1


@pytest.mark.parametrize(
    ("given", "n_rows", "solver", "one_pass", "expected"),
    [
        ("float64", 1500, Adam(), False, "float32"),
        ("float64", 1500, SGD(), False, "float32"),
        ("float64", 1499, Adam(), False, "float64"),
        ("float64", 1500, LBFGS(), False, "float64"),
        ("float64", 1500, Adam(), True, "float64"),
        ("float32", 10, LBFGS(), True, "float32"),
        ("float32", 1500, LevenbergMarquardt(), False, "float64"),
    ],
)
def test_dtype(given, n_rows, solver, one_pass, expected):
    assert automatic_dtype(np.dtype(given), n_rows, solver, one_pass=one_pass) == expected


@pytest.mark.parametrize(("dtype", "expected"), [("auto", "float32"), ("float32", "float32"), ("float64", "float64")])
def test_the_parameter_decides_and_predictions_keep_the_precision_of_X(dtype, expected):
    rows = np.random.RandomState(0).normal(size=(1500, 2))
    model = AdaptiveMLPClassifier((4,), "relu", max_iter=1, dtype=dtype, random_state=0).fit(rows, rows[:, 0] > 0)
    assert model.theta_.dtype == expected
    probabilities = model.predict_proba(rows)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-15)
    assert model.predict_proba(rows.astype(np.float32)).dtype == expected


@pytest.mark.parametrize(
    ("sizes", "activation"), [((5,), "spline"), ((10,), "spline"), ((16, 8), "rational"), ((50,), "spline")]
)
def test_narrow_networks_learn_iris(sizes, activation):
    assert AdaptiveMLPClassifier(sizes, activation, random_state=0).fit(X, Y).score(X, Y) > 0.95


def test_a_trend_with_seasons_of_48_rows_is_learned():
    t = np.arange(48.0)
    X = StandardScaler().fit_transform(t[:, None])
    y = t / 24 + np.sin(2 * np.pi * t / 12)
    assert AdaptiveMLPRegressor(random_state=0).fit(X, y).score(X, y) > 0.85


@pytest.mark.parametrize("scheme", ["partial_fit", "lbfgs"])
def test_50_where_steps_to_come_are_not_known(scheme):
    few, y = X[::10], Y[::10]
    if scheme == "lbfgs":
        assert AdaptiveMLPClassifier((4,), solver="lbfgs", tol=0, random_state=0).fit(few, y).n_iter_ <= 50
        return
    automatic, fifty = (AdaptiveMLPClassifier((4,), max_iter=n, random_state=0) for n in ("auto", 50))
    for _ in range(3):
        automatic.partial_fit(few, y, [0, 1, 2])
        fifty.partial_fit(few, y, [0, 1, 2])
    np.testing.assert_array_equal(automatic.theta_, fifty.theta_)
