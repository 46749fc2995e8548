"""partial_fit continues exactly where training stopped."""

import numpy as np
import pytest
from sklearn.datasets import load_iris, make_multilabel_classification
from sklearn.exceptions import NotFittedError
from solving import STOCHASTIC

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import LEARNED
from sk_adaptive.losses import LOSSES
from sk_adaptive.schedules import SCHEDULES
from sk_adaptive.solvers import SGD, Adam

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
ORDER = np.random.RandomState(0).permutation(len(X))
X, Y = X[ORDER], Y[ORDER]
PIECES = [slice(0, 50), slice(50, 100), slice(100, 150)]
EPOCHS = 4
SHARED = {
    "hidden_layer_sizes": (6,),
    "random_state": 0,
    "shuffle": False,
    "batch_size": 10,
    "n_iter_no_change": np.inf,
    "alpha": 0.3,  # "auto" goes by the rows seen so far
    "standardize": False,  # as means and deviations do
}


def _whole_and_pieces(estimator, X, y, **first):
    """Theta of one fit, and of a call a piece: each call is one of the max_iter that the schedule is planned for."""
    whole = estimator.set_params(max_iter=EPOCHS).fit(X, y).theta_.copy()
    pieces = type(estimator)(**{**estimator.get_params(deep=False), "max_iter": EPOCHS * len(PIECES)})
    for _ in range(EPOCHS):
        for piece in PIECES:
            pieces.partial_fit(X[piece], y[piece], **first)
    return whole, pieces


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("solver", [*STOCHASTIC, SGD(momentum=0.0), Adam(max_grad_norm=0.1)], ids=str)
def test_pieces_give_the_bits_of_one_fit(solver, schedule, dtype):
    model = AdaptiveMLPClassifier(solver=solver, learning_rate=schedule, learning_rate_init=0.02, **SHARED)
    whole, pieces = _whole_and_pieces(model, X.astype(dtype), Y, classes=[0, 1, 2])
    np.testing.assert_array_equal(pieces.theta_, whole)
    assert pieces.t_ == EPOCHS * len(X)
    assert len(pieces.loss_curve_) == EPOCHS * len(PIECES)
    assert pieces.n_iter_ == 1


@pytest.mark.parametrize("activation", LEARNED)
@pytest.mark.parametrize("knobs", [{}, {"n_members": 2}, {"learn_scales": True}], ids=str)
def test_learned_activations_go_on(activation, knobs):
    model = AdaptiveMLPClassifier(activation=activation, learning_rate_init=0.02, **SHARED, **knobs)
    whole, pieces = _whole_and_pieces(model, X, Y, classes=[0, 1, 2])
    np.testing.assert_array_equal(pieces.theta_, whole)
    assert pieces.activations_[0].params


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_regressor_with_pieces_of_the_same_scale(solver):
    y = np.tile([-1.0, 1.0], len(X) // 2)  # each piece has mean 0 and deviation 1
    whole, pieces = _whole_and_pieces(AdaptiveMLPRegressor(solver=solver, **SHARED), X, y)
    np.testing.assert_array_equal(pieces.theta_, whole)


RNG = np.random.RandomState(0)
MANY = RNG.normal(size=(2000, 4))
FAR = 1e6 + 1e5 * np.sin(MANY[:, 0]) + 1e5 * MANY[:, 1]


def _pieces(y, first, size=100):
    begins = [0, *range(first, len(y), size)]
    return [slice(begin, end) for begin, end in zip(begins, [*begins[1:], len(y)], strict=True)]


@pytest.mark.parametrize("n_members", [1, 3])
@pytest.mark.parametrize("first", [1, 2, 30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_scale_of_y_follows_the_rows(first, n_members, dtype):
    """One row says nothing of y's scale; what it was taken for must not stay."""
    model = AdaptiveMLPRegressor(
        hidden_layer_sizes=(16,), n_members=n_members, random_state=0, learning_rate="constant", alpha=0.0
    )
    for _ in range(10):
        for piece in _pieces(FAR, first):
            model.partial_fit(MANY[piece].astype(dtype), FAR[piece])
    assert model.score(MANY.astype(dtype), FAR) > 0.9


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("outputs", [1, 2])
def test_following_the_scale_changes_no_prediction(loss, outputs):
    y = np.abs(FAR) if outputs == 1 else np.abs(FAR)[:, None] * [1.0, 1e-6]
    knobs = {"hidden_layer_sizes": (5,), "n_members": 2, "random_state": 0, "learning_rate_init": 1e-300, "alpha": 0.0}
    model = AdaptiveMLPRegressor(loss, **knobs)
    model.partial_fit(MANY[:20], y[:20])
    before = model.predict(MANY)
    for piece in _pieces(y, 20, 500):
        model.partial_fit(MANY[piece], y[piece] * 1000)
        np.testing.assert_allclose(model.predict(MANY), before, rtol=1e-9)


def test_weighted_rows_are_repeated_rows_in_the_scale_of_y():
    counts = RNG.randint(1, 4, 60)
    knobs = {"hidden_layer_sizes": (5,), "random_state": 0, "batch_size": 1000, "alpha": 0.0}
    weighted, repeated = AdaptiveMLPRegressor(**knobs), AdaptiveMLPRegressor(**knobs)
    for piece in (slice(0, 20), slice(20, 60)):
        weighted.partial_fit(MANY[piece], FAR[piece], sample_weight=counts[piece])
        repeated.partial_fit(MANY[piece].repeat(counts[piece], axis=0), FAR[piece].repeat(counts[piece]))
    np.testing.assert_allclose(weighted.theta_, repeated.theta_, rtol=1e-7)


def test_the_scale_of_y_stays_once_a_thousand_rows_have_been_seen():
    model = AdaptiveMLPRegressor(hidden_layer_sizes=(5,), random_state=0).partial_fit(MANY[:1000], FAR[:1000])
    before = model._targets.scaling[0].copy()
    model.partial_fit(MANY[1000:], 5 * FAR[1000:])
    np.testing.assert_array_equal(model._targets.scaling[0], before)


@pytest.mark.parametrize("solver", STOCHASTIC)
def test_weights_and_sparse_rows_go_on(solver):
    sparse = pytest.importorskip("scipy.sparse")
    weights = np.random.RandomState(0).uniform(0.1, 2, len(X))
    model = AdaptiveMLPClassifier(solver=solver, learning_rate="constant", max_iter=1, **SHARED)
    model.fit(sparse.csr_matrix(X), Y, weights)
    pieces = AdaptiveMLPClassifier(solver=solver, learning_rate="constant", **SHARED)
    for piece in PIECES:
        pieces.partial_fit(sparse.csr_matrix(X)[piece], Y[piece], [0, 1, 2], weights[piece])
    np.testing.assert_array_equal(pieces.theta_, model.theta_)


def test_adaptive_rate_is_cut_as_in_a_fit():
    knobs = {**SHARED, "n_iter_no_change": 1, "batch_size": 150}
    model = AdaptiveMLPClassifier(solver="sgd", learning_rate="adaptive", tol=0.5, max_iter=12, **knobs).fit(X, Y)
    pieces = AdaptiveMLPClassifier(**model.get_params())
    for _ in range(12):
        pieces.partial_fit(X, Y, [0, 1, 2])
    np.testing.assert_array_equal(pieces.theta_, model.theta_)
    assert pieces.learning_rate_curve_ == model.learning_rate_curve_
    assert model.learning_rate_curve_[-1] < 0.01 * model.learning_rate_curve_[0]


def test_a_planned_schedule_starts_over_after_max_iter_calls():
    model = AdaptiveMLPClassifier(learning_rate="cosine", **{**SHARED, "batch_size": 150}, max_iter=5)
    for _ in range(10):
        model.partial_fit(X, Y, [0, 1, 2])
    assert model.learning_rate_curve_[:5] == model.learning_rate_curve_[5:]
    assert model.learning_rate_curve_[0] == model.learning_rate_init


def test_shuffle_is_respected():
    def theta(shuffle):
        knobs = {**SHARED, "shuffle": shuffle}
        return AdaptiveMLPClassifier(**knobs).partial_fit(X, Y, [0, 1, 2]).theta_

    assert not np.array_equal(theta(True), theta(False))


@pytest.mark.parametrize("early_stopping", [False, True])
def test_continues_after_a_fit(early_stopping):
    model = AdaptiveMLPClassifier(early_stopping=early_stopping, max_iter=5, **SHARED).fit(X, Y)
    seen, before, score = model.t_, model.theta_.copy(), model.score(X, Y)
    for _ in range(20):
        model.partial_fit(X, Y)
    assert not np.array_equal(model.theta_, before)
    assert model.score(X, Y) >= score
    assert model.t_ == seen + 20 * len(X)
    assert len(model.loss_curve_) == 25
    assert model.validation_scores_ is None


def test_early_stopping_holds_nothing_out():
    plain, stopping = (
        AdaptiveMLPClassifier(early_stopping=e, **SHARED).partial_fit(X, Y, [0, 1, 2]) for e in (False, True)
    )
    np.testing.assert_array_equal(plain.theta_, stopping.theta_)


def test_changed_learning_rate_takes_effect():
    model = AdaptiveMLPClassifier(learning_rate="constant", **SHARED).partial_fit(X, Y, [0, 1, 2])
    model.set_params(learning_rate_init=0.5).partial_fit(X, Y)
    assert model.learning_rate_curve_[-1] == 0.5


def test_the_networks_dtype_stays():
    model = AdaptiveMLPClassifier(**SHARED).partial_fit(X.astype(np.float32), Y, [0, 1, 2])
    moments = model._state.moments
    model.partial_fit(X, Y)
    assert model.theta_.dtype == np.float32
    assert not np.array_equal(model._state.moments, moments)


def test_multilabel():
    features, labels = make_multilabel_classification(60, random_state=0)
    model = AdaptiveMLPClassifier(hidden_layer_sizes=20, learning_rate_init=0.02, random_state=0)
    for _ in range(150):
        model.partial_fit(features, labels, classes=np.arange(labels.shape[1]))
    assert model.score(features, labels) > 0.8


def test_classes_that_come_later():
    model = AdaptiveMLPClassifier(**{**SHARED, "batch_size": "auto"})
    model.partial_fit([[1], [2], [3]], ["a", "b", "c"], classes=["a", "b", "c", "d"])
    for _ in range(300):
        model.partial_fit([[4]], ["d"])
    np.testing.assert_array_equal(model.classes_, ["a", "b", "c", "d"])
    assert model.predict([[4]]) == ["d"]


def test_class_errors_leave_the_model_as_it_was():
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        AdaptiveMLPClassifier(**SHARED).partial_fit(X, Y)
    unfitted = AdaptiveMLPClassifier(**SHARED)
    with pytest.raises(ValueError, match=r"not among the classes \[0 1\]"):
        unfitted.partial_fit(X, Y, classes=[0, 1])
    with pytest.raises(NotFittedError):
        unfitted.predict(X)
    model = AdaptiveMLPClassifier(**SHARED).partial_fit(X, Y, [0, 1, 2])
    before = dict(vars(model))
    with pytest.raises(ValueError, match="is not the same as on last call"):
        model.partial_fit(X, Y, classes=[0, 1, 2, 3])
    with pytest.raises(ValueError, match="not among the classes"):
        model.partial_fit(X, Y + 5)
    assert vars(model) == before


def test_balanced_needs_all_rows():
    with pytest.raises(ValueError, match="'balanced' is not supported for partial_fit"):
        AdaptiveMLPClassifier(class_weight="balanced", **SHARED).partial_fit(X, Y, [0, 1, 2])
    model = AdaptiveMLPClassifier(class_weight={1: 2.0}, **SHARED).partial_fit(X, Y, [0, 1, 2])
    weighted = AdaptiveMLPClassifier(**SHARED).partial_fit(X, Y, [0, 1, 2], np.array([1.0, 2.0, 1.0])[Y])
    np.testing.assert_array_equal(model.theta_, weighted.theta_)
