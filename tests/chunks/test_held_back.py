"""Rows of chunks are held back as those of one table are, to find out how noisy it is."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import log_loss

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.chunks import array_chunks, fit_chunks
from sk_adaptive.losses import Quantile

N, HELD_BACK = 600, 120
NETWORK = {"hidden_layer_sizes": (64,), "activation": "tanh", "n_members": 1, "batch_size": 40, "random_state": 0}

RNG = np.random.RandomState(0)
X, NOISE = RNG.normal(size=(2000, 4)), RNG.normal(size=2000)
WEAK = NOISE + X[:, 0] / 2
WEIGHTS = RNG.randint(0, 3, N).astype(float)
SIZES = [600, 250, 40, 1]


@pytest.mark.filterwarnings("ignore:The network predicts the same")
@pytest.mark.parametrize("size", SIZES)
def test_noise_ends_early_and_outputs_are_shrunk(size):
    model = fit_chunks(AdaptiveMLPRegressor(**NETWORK), array_chunks(X[:N], NOISE[:N], WEIGHTS, chunk_size=size))
    assert model.n_iter_ < 25
    rmse = np.sqrt(np.mean((model.predict(X[N:]) - NOISE[N:]) ** 2))
    assert rmse < 1.02 * NOISE[N:].std()


@pytest.mark.filterwarnings("ignore:The network predicts the same")
@pytest.mark.parametrize("size", SIZES[1:])
def test_classes_of_which_chunks_lack_one(size):
    coin = np.sort((NOISE[:N] > 0.3).astype(int))
    model = fit_chunks(AdaptiveMLPClassifier(**NETWORK), array_chunks(X[:N], coin, WEIGHTS, chunk_size=size))
    assert model.n_iter_ < 25
    share = np.average(coin, weights=WEIGHTS)
    chance = log_loss(coin, np.full(N, share), sample_weight=WEIGHTS)
    assert log_loss(coin, model.predict_proba(X[:N]), sample_weight=WEIGHTS) < 1.02 * chance


def test_a_clear_table_is_not_cut_short():
    model = fit_chunks(AdaptiveMLPRegressor(**NETWORK), array_chunks(X[:N], X[:N, 0], chunk_size=200))
    assert model.n_iter_ == 50
    assert model.t_ == 50 * N - 6 * HELD_BACK
    assert model.learning_rate_curve_[-1] < 1e-3 * model.learning_rate_curve_[0]


@pytest.mark.parametrize("size", SIZES[:-1])
def test_a_quantile_has_its_share_of_rows_below(size):
    model = AdaptiveMLPRegressor(loss=Quantile(0.8), **NETWORK)
    fit_chunks(model, array_chunks(X[:N], WEAK[:N], chunk_size=size))
    assert model.t_ == 50 * (N - HELD_BACK)
    assert np.mean(WEAK[N:] < model.predict(X[N:])) == pytest.approx(0.8, abs=0.05)


def test_rows_held_back_are_not_trained_on(monkeypatch):
    monkeypatch.setattr("sk_adaptive._estimators.automatic.draw_rows", lambda n_rows, count, random: np.arange(count))
    y = X[:N, 0] + 0.3 * NOISE[:N]
    other, order = y.copy(), np.argsort(y[:HELD_BACK])
    other[order] = y[order.reshape(-1, 20)[:, ::-1].ravel()]  # still like X, but not the same
    model = AdaptiveMLPRegressor(loss=Quantile(0.8), **NETWORK)
    for size in (100, HELD_BACK, 250):  # whole chunks, and parts of them
        fits = [fit_chunks(clone(model), array_chunks(X[:N], each, chunk_size=size)) for each in (y, other)]
        np.testing.assert_allclose(fits[0].coefs_[0], fits[1].coefs_[0], rtol=1e-8)
        assert fits[0].intercepts_[-1] != pytest.approx(fits[1].intercepts_[-1], rel=1e-3)
        assert np.mean(y[:HELD_BACK] < fits[0].predict(X[:HELD_BACK])) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(
    "knobs", [{"max_iter": 5}, {"max_time": 1e9}, {"shuffle": False}, {"early_stopping": True}], ids=str
)
def test_nothing_is_held_back_where_the_user_chose_how_training_ends(knobs, monkeypatch):
    monkeypatch.setattr("sk_adaptive._estimators.base.HeldBack", None)  # what is called would fail
    model = AdaptiveMLPRegressor(**NETWORK, **knobs)
    assert fit_chunks(model, array_chunks(X[:N], WEAK[:N], chunk_size=200)).n_iter_ > 1


def test_validation_chunks_and_a_warm_start_hold_nothing_back():
    chunks, validation = (array_chunks(X[cut], WEAK[cut], chunk_size=200) for cut in (slice(N), slice(N, 2 * N)))
    model = fit_chunks(AdaptiveMLPRegressor(**NETWORK), chunks, validation)
    assert model.t_ == model.n_iter_ * N
    model = fit_chunks(AdaptiveMLPRegressor(warm_start=True, **NETWORK), chunks)
    seen = model.t_
    assert (model._state.explained, model._state.mean_theta) == ((), None)
    assert fit_chunks(model, chunks).t_ == seen + 50 * N
