"""Fits to chunks are fits to all rows."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone
from sklearn.datasets import make_multilabel_classification

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import LEARNED
from sk_adaptive.chunks import Chunks, array_chunks, fit_chunks, parquet_chunks
from sk_adaptive.solvers import LBFGS

N = 240
SIZES = [60, 100, 240]  # rows of a chunk
NETWORK = {"hidden_layer_sizes": (5,), "activation": "tanh", "random_state": 0}
FULL_BATCH = {**NETWORK, "solver": LBFGS(), "max_iter": 12}


def _table(dtype=np.float64):
    random = np.random.RandomState(0)
    X = random.normal(size=(N, 4)) * [1, 20, 3, 0.1] + [0, 50, -3, 0]
    X[random.uniform(size=X.shape) < 0.05] = np.nan
    table = pd.DataFrame(X.astype(dtype), columns=list("abcd"))
    table["kind"] = pd.Categorical(random.choice(["u", "v", "w", None], N))
    table["text"] = random.choice(["red", "green", "blue"], N)
    y = np.nan_to_num(X[:, 0]) + (table["text"] == "red") - (table["kind"] == "u")
    return table, y.to_numpy()


TABLE, Y = _table()
WEIGHTS = np.random.RandomState(1).randint(0, 3, N).astype(float)
CLASSES = np.array(["low", "mid", "top"])[np.digitize(Y, [-0.5, 0.5])]


def _cut(size, *arrays):
    """Chunks of some rows each, as a table's slices are."""
    cuts = [slice(first, first + size) for first in range(0, len(arrays[0]), size)]
    return [tuple(each.iloc[cut] if hasattr(each, "iloc") else each[cut] for each in arrays) for cut in cuts]


def _assert_same(chunked, whole, rtol=1e-8):
    np.testing.assert_allclose(chunked.theta_, whole.theta_, rtol=rtol, atol=rtol)
    np.testing.assert_allclose(chunked.loss_curve_, whole.loss_curve_, rtol=rtol)
    assert list(chunked.input_names_) == list(whole.input_names_)
    assert chunked.n_features_in_ == whole.n_features_in_
    assert chunked.t_ == whole.t_


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("knobs", [{}, {"min_frequency": 70}, {"min_frequency": 0.3, "n_members": 2}], ids=str)
@pytest.mark.parametrize("weights", [[], [WEIGHTS]], ids=["", "weighted"])
def test_full_batches_of_a_table_are_those_of_one_fit(size, knobs, weights):
    model = AdaptiveMLPRegressor(**FULL_BATCH, **knobs)
    _assert_same(fit_chunks(clone(model), _cut(size, TABLE, Y, *weights)), model.fit(TABLE, Y, *weights))


@pytest.mark.parametrize("size", SIZES)
def test_normal_equations_are_those_of_one_fit(size):
    model = AdaptiveMLPRegressor(**{**FULL_BATCH, "solver": "lm"})
    _assert_same(fit_chunks(clone(model), _cut(size, TABLE, Y, WEIGHTS)), model.fit(TABLE, Y, WEIGHTS))


@pytest.mark.parametrize("size", SIZES)
def test_pieces_of_columns_are_those_of_one_fit(size):
    model = AdaptiveMLPRegressor(**FULL_BATCH, n_bins=4)
    chunked = fit_chunks(clone(model), _cut(size, TABLE, Y, WEIGHTS))
    _assert_same(chunked, clone(model).fit(TABLE, Y, WEIGHTS))
    assert chunked._plan.inputs.n_pieces == 16


def test_pieces_of_columns_take_one_more_pass():
    def reads(n_bins):
        read = []
        chunks = Chunks([lambda chunk=chunk: read.append(0) or chunk for chunk in _cut(60, TABLE, Y)])
        fit_chunks(AdaptiveMLPRegressor(**NETWORK, max_iter=1, n_bins=n_bins), chunks)
        return len(read)

    assert reads(4) == reads(0) + N // 60


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("class_weight", [None, "balanced", {"low": 0, "top": 3}], ids=str)
def test_classes_are_those_of_all_chunks(size, class_weight):
    order = np.argsort(CLASSES, kind="stable")  # a chunk has one class or two
    X, y, weights = TABLE.iloc[order], CLASSES[order], WEIGHTS[order]
    model = AdaptiveMLPClassifier(**FULL_BATCH, class_weight=class_weight)
    chunked = fit_chunks(clone(model), _cut(size, X, y, weights))
    _assert_same(chunked, model.fit(X, y, weights))
    np.testing.assert_array_equal(chunked.classes_, ["low", "mid", "top"])


def test_float32_stays_float32():
    table, y = _table(np.float32)
    assert fit_chunks(AdaptiveMLPRegressor(**FULL_BATCH), _cut(60, table, y)).theta_.dtype == np.float32
    chunks = _cut(60, table, y)
    chunks[2] = (chunks[2][0].astype({"a": np.float64}), chunks[2][1])
    assert fit_chunks(AdaptiveMLPRegressor(**FULL_BATCH), chunks).theta_.dtype == np.float64


def test_labels_of_several_columns():
    X, y = make_multilabel_classification(N, 5, n_classes=3, random_state=0)
    model = AdaptiveMLPClassifier(**FULL_BATCH, class_weight="balanced")
    _assert_same(fit_chunks(clone(model), array_chunks(X, y, chunk_size=50)), model.fit(X, y))


def test_sparse_rows_and_several_outputs():
    X = sp.random(N, 30, 0.2, format="csr", random_state=0)
    y = np.column_stack([X[:, :3].sum(axis=1), X[:, 3:6].sum(axis=1)])
    model = AdaptiveMLPRegressor(**FULL_BATCH)
    _assert_same(fit_chunks(clone(model), array_chunks(X, np.asarray(y), chunk_size=70)), model.fit(X, np.asarray(y)))


@pytest.mark.parametrize("activation", LEARNED)
@pytest.mark.parametrize("solver", ["adam", "sgd"])
def test_steps_in_order_are_those_of_one_fit(activation, solver):
    X = TABLE[list("abcd")].to_numpy()
    knobs = {**NETWORK, "solver": solver, "activation": activation, "max_iter": 4, "batch_size": 20, "shuffle": False}
    model = AdaptiveMLPRegressor(**knobs, n_iter_no_change=np.inf)
    _assert_same(fit_chunks(clone(model), array_chunks(X, Y, chunk_size=80)), model.fit(X, Y))


def test_order_is_drawn_by_the_seed():
    chunks = array_chunks(TABLE[list("abcd")].to_numpy(), Y, chunk_size=40)
    fits = [
        fit_chunks(AdaptiveMLPRegressor(hidden_layer_sizes=(5,), random_state=seed, max_iter=3), chunks)
        for seed in (0, 0, 1)
    ]
    np.testing.assert_array_equal(fits[0].theta_, fits[1].theta_)
    assert not np.allclose(fits[0].loss_curve_, fits[2].loss_curve_)


class Recorded(Chunks):
    """Chunks that remember which of them were read."""

    def __init__(self, loaders):
        super().__init__(loaders)
        self.read = []

    def __getitem__(self, number):
        self.read.append(number)
        return super().__getitem__(number)


def test_chunks_come_in_a_new_random_order_each_epoch():
    X = TABLE[list("abcd")].to_numpy()
    chunks = Recorded([lambda cut=slice(i, i + 20): (X[cut], Y[cut]) for i in range(0, N, 20)])
    fit_chunks(AdaptiveMLPRegressor(**NETWORK, max_iter=3), chunks)
    first, second, third = np.array(chunks.read[-36:]).reshape(3, 12)
    assert sorted(first) == sorted(second) == sorted(third) == list(range(12))
    assert len({tuple(first), tuple(second), tuple(third)}) == 3


def test_a_column_without_values_in_a_chunk_is_what_it_is_elsewhere():
    table = TABLE.assign(text=TABLE["text"].astype(object))
    table.loc[:59, "text"] = None
    chunks = _cut(60, table, Y)
    chunks[0] = (chunks[0][0].assign(text=np.nan), chunks[0][1])  # as files are often read
    model = AdaptiveMLPRegressor(**FULL_BATCH)
    chunked = fit_chunks(clone(model), chunks)
    _assert_same(chunked, model.fit(table, Y))
    np.testing.assert_allclose(chunked.predict(table), model.predict(table), rtol=1e-8)


def test_text_is_judged_by_all_rows():
    names = pd.DataFrame({"name": [f"name {i % 60}" for i in range(240)]}, dtype=object)  # each four times, but
    model = fit_chunks(AdaptiveMLPRegressor(**FULL_BATCH), _cut(60, names, Y))  # once in each chunk
    assert len(model.input_names_) == 60
    different = pd.DataFrame({"name": [f"name {i}" for i in range(240)]}, dtype=object)
    with pytest.raises(ValueError, match=r"free text or identifiers \(240 different values in 240 rows"):
        fit_chunks(AdaptiveMLPRegressor(**FULL_BATCH), _cut(30, different, Y))


@pytest.mark.parametrize("knobs", [{"early_stopping": True}, {"early_stopping": True, "n_members": 2}], ids=str)
def test_rows_set_aside_are_those_of_one_fit(knobs):
    order = np.argsort(CLASSES, kind="stable")
    X, y = TABLE.iloc[order], CLASSES[order]
    model = AdaptiveMLPClassifier(validation_fraction=0.3, **FULL_BATCH, **knobs)
    chunked = fit_chunks(clone(model), _cut(50, X, y, WEIGHTS))
    _assert_same(chunked, model.fit(X, y, WEIGHTS))
    np.testing.assert_allclose(chunked.validation_scores_, model.validation_scores_, rtol=1e-8)
    assert chunked.temperature_ == model.temperature_ != 1


@pytest.mark.parametrize("scoring", ["r2", lambda estimator, rows, y: -np.abs(estimator.predict(rows) - y).max()])
def test_scores_of_early_stopping_are_those_of_one_fit(scoring):
    model = AdaptiveMLPRegressor(**FULL_BATCH, scoring=scoring, early_stopping=True)
    chunked = fit_chunks(clone(model), _cut(50, TABLE, Y, WEIGHTS))
    _assert_same(chunked, model.fit(TABLE, Y, WEIGHTS))
    np.testing.assert_allclose(chunked.validation_scores_, model.validation_scores_, rtol=1e-8)


def test_a_warm_start_continues_and_learns_new_levels():
    later = TABLE.assign(text=TABLE["text"].replace("red", "violet"))
    model = AdaptiveMLPRegressor(**FULL_BATCH, warm_start=True)
    chunked = clone(model)
    for table in (TABLE, later):
        _assert_same(fit_chunks(chunked, _cut(60, table, Y)), model.fit(table, Y))
    assert "text=violet" in chunked.input_names_


def test_chunks_are_also_for_partial_fit():
    model = AdaptiveMLPRegressor(**NETWORK)
    for chunk in array_chunks(TABLE[list("abcd")].to_numpy(), Y, chunk_size=100):
        model.partial_fit(*chunk)
    assert model.t_ == N


def test_callbacks_hear_of_every_epoch_over_chunks():
    if not hasattr(AdaptiveMLPRegressor, "set_callbacks"):
        pytest.skip("this scikit-learn has no callbacks")

    class Recorder:
        def __init__(self):
            self.losses, self.given = [], []

        def setup(self, estimator, context):
            self.given.append("setup")

        def teardown(self, estimator, context):
            self.given.append("teardown")

        def on_fit_task_begin(self, estimator, context, *, X=None):
            self.given.append(X)

        def on_fit_task_end(self, estimator, context, *, fitted_estimator=None):
            if context.task_name == "epoch":
                self.losses.append(fitted_estimator.loss_)
                assert fitted_estimator.predict(TABLE).shape == (N,)
            return context.task_name == "epoch" and context.task_id == 2  # stops after the third

    chunks, recorder = _cut(60, TABLE, Y), Recorder()
    model = fit_chunks(AdaptiveMLPRegressor(**NETWORK, max_iter=9).set_callbacks(recorder), chunks)
    assert recorder.losses == model.loss_curve_
    assert model.n_iter_ == 3
    assert (recorder.given[0], recorder.given[-1]) == ("setup", "teardown")
    assert all(given is chunks for given in recorder.given[1:-1])


def test_validation_chunks():
    X, y, X_val, y_val = TABLE[:160], Y[:160], TABLE[160:], Y[160:]
    model = AdaptiveMLPRegressor(**FULL_BATCH)
    chunked = fit_chunks(clone(model), _cut(50, X, y), _cut(30, X_val, y_val))
    model.fit(X, y, X_val=X_val, y_val=y_val)
    np.testing.assert_allclose(chunked.validation_scores_, model.validation_scores_, rtol=1e-8)
    _assert_same(chunked, model)


def test_chunks_without_rows_or_weight_do_not_matter():
    chunks = _cut(60, TABLE, Y, WEIGHTS)
    empty, nothing = (TABLE[:0], Y[:0], WEIGHTS[:0]), (TABLE[:9], Y[:9], np.zeros(9))
    model = AdaptiveMLPRegressor(**FULL_BATCH)
    chunked = fit_chunks(clone(model), [empty, *chunks[:2], nothing, *chunks[2:], empty])
    _assert_same(chunked, model.fit(TABLE, Y, WEIGHTS))


def test_predictions_and_reports_of_activations():
    model = AdaptiveMLPRegressor(hidden_layer_sizes=(6,), random_state=0, max_iter=3)
    fit_chunks(model, _cut(60, TABLE, Y))
    assert model.predict(TABLE).shape == (N,)
    assert np.isfinite(model.activations_[0].quantiles).all()


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chunks", "message"),
    [
        ([], "no rows"),
        ([(TABLE[:0], Y[:0])], "no rows"),
        ([(TABLE, Y, np.zeros(N))], "all weights are zero"),
        ([TABLE], "tuples"),
        ([(TABLE, Y[1:])], r"must have the same rows in each part, got \[240, 239\]"),
        ([(TABLE, Y), (TABLE[["a"]], Y)], "6 features in one part and 1 in another"),
        ([(TABLE, Y), (TABLE.rename(columns={"a": "z"}), Y)], "other columns"),
        ([(TABLE, Y), (TABLE.assign(text=1.0), Y)], "column text of X holds numbers in one part and categories"),
        ([(TABLE, Y), (TABLE, np.column_stack([Y, Y]))], "number of outputs"),
        ([(TABLE, Y), (TABLE.assign(a=np.inf), Y)], "infinity"),
        ([(TABLE, Y, WEIGHTS), (TABLE, Y, -WEIGHTS)], "Negative values"),
    ],
)
def test_malformed_chunks_are_refused(chunks, message):
    model = AdaptiveMLPRegressor(**FULL_BATCH)
    with pytest.raises(ValueError, match=message):
        fit_chunks(model, chunks)
    assert not hasattr(model, "theta_")


def test_labels_of_different_kinds_are_refused():
    with pytest.raises(ValueError, match="labels of one kind in one part and of another"):
        fit_chunks(AdaptiveMLPClassifier(**FULL_BATCH), [(TABLE, CLASSES), (TABLE, np.arange(N) % 3)])


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"alpha": -1}, "alpha"),
        ({"dropout": 0.1}, "dropout"),
    ],
)
def test_parameters_that_cannot_be_are_refused(knobs, message):
    with pytest.raises(ValueError, match=message):
        fit_chunks(AdaptiveMLPRegressor(**FULL_BATCH, **knobs), _cut(60, TABLE, Y))


# ---- sources ---------------------------------------------------------------------------------------------------------


def test_memory_maps_give_all_rows_once(tmp_path):
    X = TABLE[list("abcd")].to_numpy()
    np.save(tmp_path / "X.npy", X)
    chunks = array_chunks(np.load(tmp_path / "X.npy", mmap_mode="r"), Y, WEIGHTS, chunk_size=100)
    assert [len(y) for _, y, _ in chunks] == [100, 100, 40]
    np.testing.assert_array_equal(np.concatenate([rows for rows, _, _ in chunks]), X)
    assert len(array_chunks(X, Y)) == 1
    with pytest.raises(ValueError, match=r"same number of rows, got \[240, 239\]"):
        array_chunks(X, Y[1:])
    with pytest.raises(ValueError, match="chunk_size must be an integer >= 1 or None, got 0"):
        array_chunks(X, Y, chunk_size=0)


def test_row_groups_are_chunks_and_small_ones_come_together(tmp_path):
    path = tmp_path / "table.parquet"
    TABLE.assign(y=Y, weight=WEIGHTS).to_parquet(path, row_group_size=30)
    assert [len(y) for _, y in parquet_chunks(path, "y", chunk_size=75)] == [60, 60, 60, 60]
    assert [len(y) for _, y in parquet_chunks([path, path], "y", chunk_size=10)] == [30] * 16
    chunks = parquet_chunks(path, "y", "weight", chunk_size=60)
    assert [list(X.columns) for X, _, _ in chunks[:1]] == [list(TABLE.columns)]
    model = AdaptiveMLPRegressor(**FULL_BATCH)
    _assert_same(fit_chunks(clone(model), chunks), model.fit(TABLE, Y, WEIGHTS))
    assert [list(X.columns) for X, _ in parquet_chunks(path, "y", columns=["d", "a"])] == [["d", "a"]]
    with pytest.raises(ValueError, match=r"has no column 'z'; it has a, b, c, d"):
        parquet_chunks(path, "z")


def test_chunks_can_be_changed_as_they_are_read():
    chunks = array_chunks(TABLE[list("ab")].to_numpy(), Y, chunk_size=100).map(lambda X, y: (X[:, :1], -y))
    assert [X.shape for X, _ in chunks] == [(100, 1), (100, 1), (40, 1)]
    np.testing.assert_array_equal(chunks[1][1], -Y[100:200])


def test_automatic_parameters_follow_the_rows_of_all_chunks():
    rows = np.random.RandomState(0).normal(size=(4000, 2))
    whole = AdaptiveMLPRegressor(hidden_layer_sizes=4, random_state=0)
    chunked = fit_chunks(clone(whole), _cut(1000, rows, rows[:, 0]))
    whole.fit(rows, rows[:, 0])
    assert chunked.n_iter_ == whole.n_iter_ == 29
    assert chunked.t_ == whole.t_ == 29 * 4000 - 4 * 800
    assert chunked.coefs_[-1].shape == whole.coefs_[-1].shape == (6, 4, 1)
