"""Fewer epochs for noise: rows that the first epochs do not visit say how many."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.datasets import make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._network.plan import make_plan
from sk_adaptive._training.held_back import draw_rows, weighted_quantile
from sk_adaptive._training.null_model import best_constants
from sk_adaptive._training.recipe import epochs_by_noise, rows_held_back, says_little, trial_epochs
from sk_adaptive._training.state import Data
from sk_adaptive.losses import AbsoluteError, Quantile, SquaredError
from sk_adaptive.losses.classification import BinaryCrossEntropy, CrossEntropy

RNG = np.random.RandomState(0)
NOISE = RNG.normal(size=(4000, 10))
COIN, NUMBER = RNG.randint(0, 2, 4000), RNG.normal(size=4000)
CLEAR = make_classification(600, 10, class_sep=3, random_state=0)
SMALL = {"hidden_layer_sizes": (16,), "batch_size": 32, "random_state": 0}


@pytest.mark.parametrize(("n_rows", "held_back"), [(299, 0), (300, 60), (5000, 1000), (10**6, 2000)])
def test_rows_held_back(n_rows, held_back):
    assert rows_held_back(n_rows) == held_back


@pytest.mark.parametrize(
    ("n_epochs", "explained", "epochs"),
    [
        (50, [0.6, 0.8, 0.9], 50),
        (50, [0.3, 0.4, 0.4], 50),
        (50, [0.15, 0.2, 0.2], 25),
        (50, [0.05, 0.1, 0.3], 50),  # it still learns fast
        (50, [-9.0, -5.0, -4.0, -0.5], 50),
        (50, [-0.3, -0.28, -0.2, -0.15], 50),
        (50, [0.0] * 6, 8),
        (50, [-0.2, -0.1, -0.1, -0.1, -0.099, -0.1], 8),
        (200, [0.0] * 25, 27),
        (50, [-np.inf] * 6, 8),
        (5, [0.0] * 4, 5),
    ],
)
def test_epochs_by_noise(n_epochs, explained, epochs):
    assert epochs_by_noise(n_epochs, explained) == epochs


@pytest.mark.parametrize(
    ("explained", "little"), [([0.05, 0.11], False), ([0.09, 0.09], True), ([-0.2, -0.1], False), ([-0.2, -0.19], True)]
)
def test_says_little(explained, little):
    assert says_little(explained) == little


def test_trial_epochs():
    assert [trial_epochs(n) for n in (1, 5, 26, 50, 200)] == [1, 4, 4, 6, 25]
    assert [trial_epochs(50, [0.0] * n) for n in (1, 5, 6)] == [5, 1, 0]  # the rest of a trial that was cut off
    assert [trial_epochs(50, [-1 / n for n in range(1, n + 1)]) for n in (6, 8, 12)] == [6, 4, 6]
    assert trial_epochs(1, [0.0]) == 0


def test_rows_are_drawn_by_the_seed_each_with_the_same_chance():
    random = np.arange(1, 5, dtype=np.uint64)
    drawn = [draw_rows(2000, 400, random + np.uint64(seed)) for seed in (0, 0, *range(1, 500))]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert all((np.diff(rows) > 0).all() for rows in drawn)
    counts = np.bincount(np.concatenate(drawn[1:]), minlength=2000)
    assert counts.mean() == 100
    assert 60 < counts.min() < counts.max() < 145


@pytest.mark.parametrize(
    ("loss", "targets", "least"),
    [
        (SquaredError(), NUMBER[:50, None], NUMBER[:50].var() / 2),
        (AbsoluteError(), NUMBER[:51, None], np.abs(NUMBER[:51] - np.median(NUMBER[:51])).mean()),
        (BinaryCrossEntropy(), COIN[:50, None], log_loss(COIN[:50], np.full(50, COIN[:50].mean()))),
        (CrossEntropy(), np.array([0, 1, 1, 2, 2, 2])[:, None], -np.dot([1, 2, 3], np.log([1 / 6, 1 / 3, 1 / 2])) / 6),
    ],
)
def test_best_constants(loss, targets, least):
    n_outputs = 3 if isinstance(loss, CrossEntropy) else 1
    data = Data(np.zeros((len(targets), 1)), targets.astype(np.float64), None)
    plan = make_plan(1, [], n_outputs, [], loss=loss)
    outputs, found = best_constants(plan, data)
    assert found == pytest.approx(least, rel=1e-3)
    raw = np.broadcast_to(outputs, (len(targets), n_outputs))
    assert loss.value(raw, data.targets).sum(axis=1).mean() == pytest.approx(found, rel=1e-6)


def test_a_coin_is_not_memorised():
    X, y = NOISE[:2000], COIN[:2000]
    with pytest.warns(ConvergenceWarning, match="Either the columns say nothing about y"):
        model = AdaptiveMLPClassifier(random_state=0).fit(X, y)
    assert model.n_iter_ == 8
    chance = log_loss(COIN[2000:], np.full(2000, y.mean()))
    all_epochs = AdaptiveMLPClassifier(random_state=0, max_iter=47).fit(X, y)
    losses = [log_loss(COIN[2000:], each.predict_proba(NOISE[2000:])) for each in (model, all_epochs)]
    assert losses[0] < 1.01 * chance
    assert losses[0] - chance < 0.2 * (losses[1] - chance)


@pytest.mark.filterwarnings("ignore:The network predicts the same")
@pytest.mark.parametrize("n_columns", [2, 10])
@pytest.mark.parametrize("n_rows", [300, 2000])
def test_numbers_without_a_rule_are_predicted_by_about_their_mean(n_rows, n_columns):
    X, y = NOISE[:n_rows, :n_columns], NUMBER[:n_rows]
    model = AdaptiveMLPRegressor(random_state=0).fit(X, y)
    rmse = np.sqrt(np.mean((model.predict(NOISE[2000:, :n_columns]) - NUMBER[2000:]) ** 2))
    assert rmse < 1.02 * NUMBER[2000:].std()


def test_a_weak_rule_is_kept():
    score = NOISE[:, 0] + NOISE[:, 1] * NOISE[:, 2]
    y = (0.6 * score + RNG.logistic(size=4000) > 0).astype(int)
    model = AdaptiveMLPClassifier(random_state=0).fit(NOISE[:2000], y[:2000])
    best = 1 / (1 + np.exp(-0.6 * score[2000:]))
    losses = [log_loss(y[2000:], p) for p in (best, model.predict_proba(NOISE[2000:]), np.full(2000, y[:2000].mean()))]
    assert losses[1] < (losses[0] + losses[2]) / 2


def test_noise_in_numbers_ends_early_too_and_verbose_says_so(capsys):
    model = AdaptiveMLPRegressor(verbose=True, **SMALL).fit(NOISE[:1000], NUMBER[:1000])
    assert model.n_iter_ == 8
    assert "The table is noisy: 8 epochs instead of 50." in capsys.readouterr().out


def test_a_clear_table_has_all_epochs_and_all_rows_are_visited():
    model = AdaptiveMLPClassifier(**SMALL).fit(*CLEAR)
    assert model.n_iter_ == 50
    assert model.t_ == 50 * 600 - 6 * 120
    assert model.learning_rate_curve_[-1] < 1e-3 * model.learning_rate_curve_[0]


@pytest.mark.parametrize(
    "choice",
    [
        {"max_iter": 50},
        {"max_time": 1e9},
        {"shuffle": False},
        {"learning_rate": "constant", "tol": 0.0},
        {"early_stopping": True, "n_iter_no_change": np.inf},
        {"batch_size": 600},
        {"solver": "lbfgs"},
    ],
    ids=str,
)
def test_no_rows_are_held_back_where_the_user_chose_how_training_ends(choice, monkeypatch):
    monkeypatch.setattr("sk_adaptive._estimators.base.HeldBack", None)  # what is called would fail
    model = AdaptiveMLPClassifier(**{**SMALL, **choice})
    model.fit(*CLEAR)
    assert model.n_iter_ >= 1


def test_training_that_continues_holds_nothing_back():
    X, y = CLEAR
    model = AdaptiveMLPClassifier(warm_start=True, **SMALL).fit(X, y)
    seen = model.t_
    assert model.fit(X, y).t_ == seen + 50 * 600


@pytest.mark.parametrize("quantile", [0.1, 0.9])
def test_a_quantile_has_its_share_of_rows_below(quantile):
    y = np.sin(3 * NOISE[:, 0]) + np.exp(NOISE[:, 1] / 2) * NUMBER
    model = AdaptiveMLPRegressor(loss=Quantile(quantile), random_state=0).fit(NOISE[:1000], y[:1000])
    assert model.t_ == 50 * 800  # a fifth of the rows is never visited
    assert np.mean(y[1000:] < model.predict(NOISE[1000:])) == pytest.approx(quantile, abs=0.03)


@pytest.mark.filterwarnings("ignore:The network predicts the same")
def test_quantiles_of_several_outputs_and_weighted_rows():
    Y = np.column_stack([NUMBER, 5 + 2 * NUMBER**2])
    weights = np.where(NOISE[:, 0] > 0, 3.0, 0.5)  # of rows that lie higher
    Y[:, 0] += NOISE[:, 0] > 0
    model = AdaptiveMLPRegressor(loss=Quantile(0.8), **SMALL)
    predicted = model.fit(NOISE[:2000, 2:], Y[:2000], weights[:2000]).predict(NOISE[2000:, 2:])
    below = np.average(Y[2000:] < predicted, axis=0, weights=weights[2000:])
    np.testing.assert_allclose(below, 0.8, atol=0.05)
    assert np.mean(Y[2000:, 0] < predicted[:, 0]) > 0.85


def test_weighted_quantile():
    values = np.array([[3.0, 0.0], [1.0, 5.0], [2.0, 7.0]])
    np.testing.assert_allclose(weighted_quantile(values, None, 0.5), [2, 5])
    np.testing.assert_allclose(weighted_quantile(values, np.array([1.0, 2.0, 1.0]), 0.5), [5 / 3, 5])
    np.testing.assert_allclose(weighted_quantile(values, None, 0.001), [1, 0])
    repeated = values.repeat([3, 1, 2], axis=0), None
    weighted = values, np.array([3.0, 1.0, 2.0])
    gap = [np.abs(weighted_quantile(*repeated, q) - weighted_quantile(*weighted, q)).max() for q in (0.05, 0.95)]
    np.testing.assert_allclose(gap, 0)


@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 1.5, 600)])
def test_the_same_seed_gives_the_same_fit(weights):
    X, y = CLEAR
    first, second = (AdaptiveMLPClassifier(**SMALL).fit(X, y, weights).theta_ for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_sparse_rows_hold_back_as_dense_ones():
    X, y = CLEAR
    X = np.where(np.abs(X) < 0.5, 0, X)
    knobs = {**SMALL, "standardize": False}
    dense, sparse = (AdaptiveMLPClassifier(**knobs).fit(rows, y) for rows in (X, csr_matrix(X)))
    assert dense.t_ == sparse.t_
    np.testing.assert_allclose(dense.predict_proba(X), sparse.predict_proba(X), rtol=1e-6)
