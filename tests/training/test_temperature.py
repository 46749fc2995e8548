"""A classifier's outputs are divided by the temperature that suits its validation rows."""

import pickle

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.datasets import load_iris, make_classification, make_multilabel_classification
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._network.plan import make_plan
from sk_adaptive._training import temperature as module
from sk_adaptive._training.state import Data
from sk_adaptive._training.temperature import MAX_ROWS, PENALTY, TEMPERATURES, best_temperature
from sk_adaptive.chunks import fit_chunks
from sk_adaptive.losses import SquaredError
from sk_adaptive.losses.classification import BinaryCrossEntropy, CrossEntropy

X, Y = make_classification(900, 8, n_informative=5, n_classes=3, flip_y=0.2, random_state=0)
X_TRAIN, X_VAL, Y_TRAIN, Y_VAL = train_test_split(X, Y, test_size=300, random_state=0)
GIVEN = {"X_val": X_VAL, "y_val": Y_VAL}
FAST = {"hidden_layer_sizes": (12,), "n_members": 3, "random_state": 0}


def network(loss, n_outputs, n_members=3):
    """Return a linear network of four columns with outputs that are large."""
    signs = None if n_members == 1 else np.ones((n_members, 4))
    plan = make_plan(4, [], n_outputs, [], loss=loss, n_members=n_members, signs=signs)
    return plan, np.random.RandomState(1).normal(0, 2.5, plan.n_theta)


def slow_temperature(raw, y, weights):
    """Return the best temperature by the formulas of a textbook; y is an indicator matrix but for several classes."""

    def cost(t):
        if y.shape[1] != raw.shape[2]:
            return log_loss(y[:, 0], softmax(raw / t, axis=2).mean(axis=0), sample_weight=weights)
        p = expit(np.where(y == 1, raw, -raw) / t).mean(axis=0)
        return np.average(-np.log(p).sum(axis=1), weights=weights)

    n_rows = len(y) if weights is None else weights.sum() ** 2 / (weights**2).sum()
    costs = [cost(t) + PENALTY * np.log(t) ** 2 / n_rows for t in TEMPERATURES]
    return TEMPERATURES[np.argmin(costs)]


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("loss", "n_outputs"),
    [(CrossEntropy(0.1), 4), (BinaryCrossEntropy(0.1), 1), (BinaryCrossEntropy(), 3)],
    ids=["classes", "two classes", "labels"],
)
@pytest.mark.parametrize("n_rows", [5, 40, 400])
def test_is_the_best_of_all(loss, n_outputs, n_rows, weighted):
    rng = np.random.RandomState(n_rows)
    plan, theta = network(loss, n_outputs)
    rows = rng.normal(size=(n_rows, 4))
    is_multiclass = isinstance(loss, CrossEntropy)
    raw = plan.network(theta.dtype).forward(theta, rows, None)
    # Labels are the network's own but for three in ten, of which it is as sure as of the others.
    y = raw.mean(axis=0).argmax(axis=1)[:, None] if is_multiclass else (raw.mean(axis=0) > 0).astype(int)
    y = np.where(rng.uniform(size=y.shape) < 0.3, rng.randint(0, 4 if is_multiclass else 2, y.shape), y)
    if is_multiclass:
        y[:4, 0] = range(4)  # so that the oracle sees all classes
    weights = rng.uniform(0.1, 3, n_rows) if weighted else None
    found = best_temperature(plan, theta, Data(rows, y.astype(float), weights))
    assert found == slow_temperature(raw, y, weights)
    assert n_rows < 40 or found > 1


def test_few_rows_change_little_and_many_change_it_at_most_by_four():
    plan, theta = network(BinaryCrossEntropy(), 1, n_members=1)
    found = []
    for n_rows in (5, 50, 5000):
        rows = np.random.RandomState(0).normal(size=(n_rows, 4))
        raw = plan.network(theta.dtype).forward(theta, rows, None)
        y = (raw.mean(axis=0) > 0).astype(float)
        found.append(best_temperature(plan, theta, Data(rows, y, None)))
    assert 1 >= found[0] > 0.8
    assert found[0] > found[1] > found[2] == TEMPERATURES.min() == 1 / TEMPERATURES.max() == 0.25


def test_rows_of_next_to_no_weight_are_as_good_as_absent():
    plan, theta = network(BinaryCrossEntropy(), 1, n_members=1)
    rows = np.random.RandomState(0).normal(size=(500, 4))
    y = (plan.network(theta.dtype).forward(theta, rows, None).mean(axis=0) > 0).astype(float)
    weights = np.where(np.arange(500) < 5, 1.0, 1e-9)
    few = best_temperature(plan, theta, Data(rows[:5], y[:5], None))
    assert best_temperature(plan, theta, Data(rows, y, weights)) == few
    assert best_temperature(plan, theta, Data(rows, y, None)) < few


def test_rows_of_which_few_have_weight_are_drawn_among_these():
    plan, theta = network(BinaryCrossEntropy(), 1)
    rows, y = np.random.RandomState(0).normal(size=(3 * MAX_ROWS, 4)), np.ones((3 * MAX_ROWS, 1))
    for last in range(1, 5):  # a draw from all rows would miss some of them
        weights = np.zeros(len(rows))
        weights[-last] = 1
        found = best_temperature(plan, theta, Data(rows, y, weights))
        assert found == best_temperature(plan, theta, Data(rows[[-last]], y[[-last]], None))


def test_a_chunk_whose_weights_float32_rounds_to_0_says_nothing():
    chunks = [(X_VAL[:150], Y_VAL[:150], np.ones(150)), (X_VAL[150:], Y_VAL[150:], np.full(150, 1e-60))]
    model = AdaptiveMLPClassifier(max_iter=2, dtype="float32", **FAST)
    fit_chunks(model, [(X_TRAIN, Y_TRAIN)], validation=chunks)
    assert np.isfinite(model.predict_proba(X)).all()


def test_of_many_rows_some_are_drawn_whatever_their_order(monkeypatch):
    plan, theta = network(BinaryCrossEntropy(), 1)
    rows = np.random.RandomState(0).normal(size=(2 * MAX_ROWS, 4))
    y = np.arange(2.0 * MAX_ROWS)[:, None] % 2  # every second row would be of one class
    some = best_temperature(plan, theta, Data(rows, y, None))
    monkeypatch.setattr(module, "MAX_ROWS", 10**9)
    assert some == best_temperature(plan, theta, Data(rows, y, None))


def test_outputs_that_are_no_logits_or_not_finite_are_left_alone():
    rows, y = np.ones((20, 4)), np.ones((20, 1))
    plan, theta = network(SquaredError(), 1)
    assert best_temperature(plan, theta, Data(rows, y, None)) == 1
    plan, theta = network(BinaryCrossEntropy(), 1)
    for wrong in (np.nan, np.inf):
        theta[-1] = wrong
        with np.errstate(invalid="ignore"):
            assert best_temperature(plan, theta, Data(rows, y, None)) == 1


def unscaled(model, rows):
    """Return the probabilities that the network would give at a temperature of 1."""
    raw = model._network.forward(model.theta_, rows, None) * model.temperature_
    return model._targets.probabilities(raw)


@pytest.mark.parametrize("labels", [[0, 1, 2], [0, 1, 1]], ids=["three", "two"])
def test_lowers_the_log_loss_of_the_validation_rows(labels):
    y_train, y_val = np.array(labels)[Y_TRAIN], np.array(labels)[Y_VAL]
    model = AdaptiveMLPClassifier(scoring="accuracy", n_iter_no_change=50, max_iter=50, **FAST)
    model.fit(X_TRAIN, y_train, X_val=X_VAL, y_val=y_val)
    assert model.temperature_ != 1
    assert log_loss(y_val, model.predict_proba(X_VAL)) < log_loss(y_val, unscaled(model, X_VAL)) - 1e-4


def test_several_labels_share_it():
    rows, y = make_multilabel_classification(600, random_state=0)
    model = AdaptiveMLPClassifier(early_stopping=True, max_iter=5, **FAST).fit(rows, y)
    assert model.temperature_ != 1
    assert np.isfinite(model.predict_log_proba(rows)).all()


def test_training_does_not_know_it(monkeypatch):
    weights = np.random.RandomState(0).uniform(0.1, 2, len(X_TRAIN))
    model = AdaptiveMLPClassifier(class_weight={0: 3, 1: 1, 2: 1}, **FAST).fit(X_TRAIN, Y_TRAIN, weights, **GIVEN)
    with monkeypatch.context() as patch:
        patch.setattr("sk_adaptive._estimators.base.best_temperature", lambda *_: 1.0)
        plain = AdaptiveMLPClassifier(class_weight={0: 3, 1: 1, 2: 1}, **FAST).fit(X_TRAIN, Y_TRAIN, weights, **GIVEN)
    assert model.temperature_ != 1
    for name in ("loss_curve_", "validation_loss_curve_", "validation_scores_", "best_validation_score_", "n_iter_"):
        assert getattr(model, name) == getattr(plain, name)
    assert (model.coefs_[0] == plain.coefs_[0]).all()
    np.testing.assert_allclose(model.coefs_[1] * model.temperature_, plain.coefs_[1])
    np.testing.assert_allclose(model.intercepts_[1] * model.temperature_, plain.intercepts_[1])


def test_of_a_single_network_leaves_the_predicted_classes():
    model = AdaptiveMLPClassifier(**{**FAST, "n_members": 1}).fit(X_TRAIN, Y_TRAIN, **GIVEN)
    assert model.temperature_ != 1
    np.testing.assert_array_equal(model.predict(X), unscaled(model, X).argmax(axis=1))


def test_of_members_changes_few_predicted_classes():
    model = AdaptiveMLPClassifier(**FAST).fit(X_TRAIN, Y_TRAIN, **GIVEN)
    assert model.temperature_ != 1
    assert (model.predict(X) != unscaled(model, X).argmax(axis=1)).mean() < 0.01


def test_without_validation_rows_is_1():
    assert AdaptiveMLPClassifier(max_iter=2, **FAST).fit(X, Y).temperature_ == 1
    assert AdaptiveMLPClassifier(**FAST).partial_fit(X, Y, [0, 1, 2]).temperature_ == 1


def test_only_fitted_classifiers_have_it():
    assert not hasattr(AdaptiveMLPClassifier(), "temperature_")
    assert not hasattr(AdaptiveMLPRegressor(max_iter=2, early_stopping=True).fit(X, Y), "temperature_")


def test_is_saved_with_the_model():
    model = AdaptiveMLPClassifier(max_iter=10, **FAST).fit(X_TRAIN, Y_TRAIN, **GIVEN)
    read = pickle.loads(pickle.dumps(model))
    assert read.temperature_ == model.temperature_ != 1
    np.testing.assert_array_equal(read.predict_proba(X), model.predict_proba(X))


def test_classes_that_validation_rows_lack_are_no_trap():
    rows, y = load_iris(return_X_y=True)
    model = AdaptiveMLPClassifier(max_iter=20, **FAST).fit(rows, y, X_val=rows[:50], y_val=y[:50])
    assert 0.25 <= model.temperature_ <= 1
    assert np.isfinite(model.predict_log_proba(rows)).all()


@pytest.mark.parametrize("warm_start", [False, True])
@pytest.mark.parametrize("call", ["partial_fit", "fit", "fit without validation rows"])
def test_training_continues_from_what_it_has_learned(monkeypatch, call, warm_start):
    def train():
        model = AdaptiveMLPClassifier(max_iter=10, warm_start=True, **FAST).fit(X_TRAIN, Y_TRAIN, **GIVEN)
        model.set_params(warm_start=warm_start or call != "partial_fit")
        if call == "partial_fit":
            model.partial_fit(X_VAL, Y_VAL)
        else:
            model.fit(X_TRAIN, Y_TRAIN, **({} if "without" in call else GIVEN))
        return model

    model = train()
    monkeypatch.setattr("sk_adaptive._estimators.base.best_temperature", lambda *_: 1.0)
    plain = train()
    assert plain.temperature_ == 1 != model.temperature_
    np.testing.assert_allclose(model.coefs_[1] * model.temperature_, plain.coefs_[1], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(model.loss_curve_, plain.loss_curve_, rtol=1e-9)


def test_stays_while_there_are_no_validation_rows_and_ends_with_a_new_fit():
    model = AdaptiveMLPClassifier(max_iter=10, learning_rate_init=1e-9, **FAST).fit(X_TRAIN, Y_TRAIN, **GIVEN)
    before, probabilities = model.temperature_, model.predict_proba(X)
    model.partial_fit(X_VAL, Y_VAL)
    assert model.temperature_ == before != 1
    np.testing.assert_allclose(model.predict_proba(X), probabilities, atol=1e-4)
    assert model.fit(X_TRAIN, Y_TRAIN).temperature_ == 1
