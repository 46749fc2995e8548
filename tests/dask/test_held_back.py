"""Rows on workers are held back as those of one machine are, to find out how noisy a table is."""

import numpy as np
import pandas as pd
import pytest
from dask_clusters import at_epoch, kill_one
from dask_tables import arrays, assert_same, fit_local, frames
from sklearn.base import clone

from sk_adaptive.dask import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.losses import Quantile

N = 600
EPOCHS, TRIAL, HELD_BACK = 50, 6, 120  # of a clear table of 600 rows
NETWORK = {"hidden_layer_sizes": (64,), "activation": "tanh", "n_members": 1, "batch_size": 150, "random_state": 0}

RNG = np.random.RandomState(0)
X, NOISE = RNG.normal(size=(N, 4)), RNG.normal(size=N)
WEAK = NOISE + X[:, 0] / 2
WEIGHTS = RNG.randint(0, 3, N).astype(float)
CLASSES = np.array(["a", "b", "c"])[RNG.choice(3, N, p=[0.6, 0.37, 0.03])]
SORTED = np.argsort(CLASSES, kind="stable")  # most partitions have one class
TABLE = pd.DataFrame(X, columns=list("pqrs")).assign(kind=pd.Categorical(RNG.choice(["u", "v", None], N)))


def regressor(**knobs):
    return AdaptiveMLPRegressor(**NETWORK, **knobs)


def classifier(**knobs):
    return AdaptiveMLPClassifier(**NETWORK, **knobs)


@pytest.fixture
def first_rows(monkeypatch):
    """Let the rows that are held back be the first ones, a whole partition of 120 rows or chunk."""
    monkeypatch.setattr("sk_adaptive._estimators.automatic.draw_rows", lambda n_rows, count, random: np.arange(count))


# ---- in step ---------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:The network predicts the same")
@pytest.mark.parametrize(
    ("model", "given", "sizes"),
    [
        (regressor(), (X, NOISE), 600),
        (regressor(solver="sgd"), (X, WEAK, WEIGHTS), (1, 0, 2, 397, 200)),
        (regressor(loss="absolute_error", dropout=0.1), (X, np.column_stack([NOISE, WEAK])), 250),
        (classifier(), (X, (NOISE > 0).astype(int), WEIGHTS), 20),
        (classifier(class_weight="balanced"), (X[SORTED], CLASSES[SORTED], WEIGHTS[SORTED]), 100),
    ],
    ids=["noise", "weak", "two outputs", "coin", "sorted"],
)
def test_a_noisy_table_is_that_of_one_machine(model, given, sizes, client):
    whole = fit_local(model, *given)
    assert_same(model.fit(*arrays(sizes, *given)), whole)
    assert whole.n_iter_ < EPOCHS


def test_categories_of_a_noisy_table(client):
    model = regressor()
    assert_same(model.fit(*frames(7, TABLE, WEAK, WEIGHTS)), fit_local(model, TABLE, WEAK, WEIGHTS))
    assert model.n_iter_ < EPOCHS


def test_a_class_without_weight_is_not_among_the_rows_held_back(client):
    model = classifier(class_weight={"c": 0})
    assert_same(model.fit(*arrays(200, X, CLASSES)), fit_local(model, X, CLASSES))
    n_rows = np.count_nonzero(CLASSES != "c")
    assert (model.n_iter_ * n_rows - model.t_) % (n_rows // 5) == 0
    assert model.t_ < model.n_iter_ * n_rows


def test_a_clear_table_has_all_epochs(client):
    model = regressor()
    assert_same(model.fit(*arrays(200, X, X[:, 0])), fit_local(model, X, X[:, 0]))
    assert model.n_iter_ == EPOCHS
    assert model.t_ == EPOCHS * N - TRIAL * HELD_BACK


def test_quantiles_are_shifted_by_rows_that_no_epoch_visits(client):
    model = regressor(loss=Quantile(0.8))
    assert_same(model.fit(*arrays(200, X, WEAK, WEIGHTS)), fit_local(model, X, WEAK, WEIGHTS))
    n_rows = np.count_nonzero(WEIGHTS)
    assert model.t_ == model.n_iter_ * (n_rows - n_rows // 5)


@pytest.mark.parametrize(
    "knobs", [{"shuffle": False}, {"max_time": 1e9}, {"max_iter": 9}, {"early_stopping": True}, {"learning_rate": 1}]
)
def test_nothing_is_held_back_where_one_machine_does_not(knobs, client, monkeypatch):
    monkeypatch.setattr("sk_adaptive._estimators.base.HeldBack", None)  # what is called would fail
    knobs = {**knobs, "learning_rate": "constant", "tol": 1e9} if "learning_rate" in knobs else knobs
    model = regressor(**knobs)
    assert_same(model.fit(*arrays(200, X, NOISE)), fit_local(model, X, NOISE))


def test_a_warm_start_holds_nothing_back(client):
    model = regressor(warm_start=True)
    whole = clone(model).to_local()
    for _ in range(2):
        seen = getattr(model, "t_", 0)
        assert_same(model.fit(*arrays(200, X, WEAK)), whole.fit(X, WEAK))
    assert model.t_ == seen + EPOCHS * N


@pytest.mark.parametrize("averaging", [False, True])
def test_a_worker_that_is_killed_while_rows_are_held_back(averaging, cluster, client, monkeypatch):
    model, given = regressor(), arrays(100, X, WEAK)
    whole = clone(model).fit(*given, averaging=True) if averaging else fit_local(model, X, WEAK)
    begun = at_epoch(monkeypatch, 3, lambda: kill_one(cluster))
    assert_same(model.fit(*given, averaging=averaging), whole)
    assert model.t_ < model.n_iter_ * N
    assert len(begun) == model.n_iter_


class Stopped(Exception):
    """Stands for whatever cuts a fit off."""


@pytest.mark.filterwarnings("ignore:The network predicts the same")
@pytest.mark.parametrize(
    ("epoch", "knobs", "y", "averaging"),
    [
        (3, {}, NOISE, False),
        (TRIAL + 1, {}, NOISE, False),
        (None, {}, NOISE, False),
        (TRIAL, {"dropout": 0.1}, NOISE, True),
        (None, {"dropout": 0.1}, NOISE, True),
        (TRIAL + 3, {"loss": Quantile(0.8)}, WEAK, False),
    ],
    ids=["held back", "decided", "last", "averages", "last average", "quantile"],
)
def test_a_fit_that_was_cut_off_goes_on(epoch, knobs, y, averaging, client, tmp_path, monkeypatch):
    def stop():
        raise Stopped

    path, given, model = tmp_path / "fit.checkpoint", arrays(200, X, y), regressor(**knobs)
    whole = clone(model).fit(*given, averaging=averaging)
    epoch = epoch or whole.n_iter_
    for cut_off in (epoch - 1, 2):  # and once more, an epoch later
        with monkeypatch.context() as patch:
            at_epoch(patch, cut_off, stop)
            with pytest.raises(Stopped):
                clone(model).fit(*given, averaging=averaging, checkpoint=path)
    begun = at_epoch(monkeypatch, 0, lambda: None)
    assert_same(model.fit(*given, averaging=averaging, checkpoint=path), whole, 1e-12)
    assert len(begun) == whole.n_iter_ - epoch + 1


# ---- local steps -----------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:The network predicts the same")
@pytest.mark.parametrize("sizes", [600, (1, 0, 2, 397, 200), 20])
def test_averages_hold_back_the_same_rows(sizes, client):
    model = regressor().fit(*arrays(sizes, X, NOISE), averaging=True)
    epochs_without, rest = divmod(model.n_iter_ * N - model.t_, HELD_BACK)
    assert rest == 0
    assert TRIAL <= epochs_without < model.n_iter_ < EPOCHS
    assert model.predict(X).std() < 0.2 * NOISE.std()


def test_averages_do_not_train_on_rows_held_back(client, first_rows):
    y = X[:, 0] + 0.3 * NOISE
    other, order = y.copy(), np.argsort(y[:HELD_BACK])
    other[order] = y[order.reshape(-1, 20)[:, ::-1].ravel()]  # still like X, but not the same
    model = regressor(loss=Quantile(0.8)).set_params(batch_size=40)
    fits = [clone(model).fit(*arrays(HELD_BACK, X, each), averaging=True) for each in (y, other)]
    np.testing.assert_allclose(fits[0].coefs_[0], fits[1].coefs_[0], rtol=1e-8)
    assert fits[0].intercepts_[-1] != pytest.approx(fits[1].intercepts_[-1], rel=1e-3)
    share = np.mean(y[:HELD_BACK] < fits[0].predict(X[:HELD_BACK]))
    assert share == pytest.approx(0.8, abs=0.01)
