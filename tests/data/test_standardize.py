"""Numbers as they are: scales, shifts, missing values and outliers inside the estimators."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_iris, load_linnerud
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._data.inputs import make_inputs
from sk_adaptive._data.moments import Moments

X, Y = load_iris(return_X_y=True)
SHORT = {"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0}
ESTIMATORS = [AdaptiveMLPClassifier, AdaptiveMLPRegressor]
CONTAINERS = [np.asarray, sp.csr_array]
NAN = np.where(np.random.RandomState(0).uniform(size=X.shape) < 0.2, np.nan, X)
NAN[:, 3] = X[:, 3]


def _answers(model, rows):
    return model.predict_proba(rows) if hasattr(model, "predict_proba") else model.predict(rows)


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("data", [X, NAN], ids=["complete", "missing"])
def test_a_scaler_in_front_changes_rounding_only(estimator, data, solver):
    scaled = StandardScaler().fit_transform(data)
    raw, behind = (estimator(**SHORT, solver=solver).fit(rows, Y) for rows in (data, scaled))
    np.testing.assert_allclose(_answers(raw, data), _answers(behind, scaled), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("factor", [1e-9, -3.0, 1e150])
@pytest.mark.parametrize("shift", [0.0, 1e5])
def test_scale_and_shift_of_a_column_do_not_matter(factor, shift):
    moved = X.copy()
    moved[:, 1] = (X[:, 1] + shift) * abs(factor)
    model, other = (AdaptiveMLPClassifier(**SHORT).fit(rows, Y) for rows in (X, moved))
    np.testing.assert_allclose(other.predict_proba(moved), model.predict_proba(X), atol=1e-7)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("init", ["gain", "glorot"])
def test_the_order_of_columns_does_not_matter(container, init):
    order = [2, 0, 3, 1]
    model, other = (AdaptiveMLPClassifier(**SHORT, init=init).fit(container(rows), Y) for rows in (NAN, NAN[:, order]))
    np.testing.assert_allclose(other.predict_proba(NAN[:, order]), model.predict_proba(NAN), rtol=1e-7)


@pytest.mark.parametrize("knobs", [{}, {"n_members": 3}, {"learn_scales": True}, {"standardize": False}], ids=str)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_sparse_rows_give_what_dense_rows_give(estimator, knobs):
    data = np.where(np.abs(NAN) < 1.5, 0, NAN)
    dense, sparse = (estimator(**SHORT, **knobs).fit(kind(data), Y) for kind in CONTAINERS)
    np.testing.assert_allclose(sparse.theta_, dense.theta_, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(_answers(dense, sp.csr_array(data)), _answers(dense, data), rtol=1e-9, atol=1e-12)
    one_by_one = np.concatenate([_answers(dense, row[None]) for row in data[:9]])
    np.testing.assert_allclose(one_by_one, _answers(dense, data)[:9], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inputs_are_clipped_at_standard_deviations(estimator, container, dtype):
    model = estimator(clip_inputs=1.5, **SHORT).fit(container(X.astype(dtype)), Y)
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    clipped = np.clip(X, mean - 1.5 * deviation, mean + 1.5 * deviation).astype(dtype)
    np.testing.assert_allclose(
        _answers(model, container(X.astype(dtype))), _answers(model, container(clipped)), rtol=1e-4, atol=1e-5
    )
    unclipped = estimator(clip_inputs=None, **SHORT).fit(X, Y)
    assert not np.allclose(_answers(unclipped, X + 50), _answers(unclipped, X + 60))
    np.testing.assert_allclose(_answers(model, X + 50), _answers(model, X + 60))


def test_a_missing_number_is_the_mean_where_training_missed_none():
    model = AdaptiveMLPClassifier(**SHORT).fit(X, Y)
    rows, means = X[:5].copy(), X[:5].copy()
    rows[:, 2], means[:, 2] = np.nan, X[:, 2].mean()
    np.testing.assert_allclose(model.predict_proba(rows), model.predict_proba(means), rtol=1e-10)
    assert model.coefs_[0].shape[0] == 4


@pytest.mark.parametrize("standardize", [True, False])
def test_what_is_missing_may_tell_the_class(standardize):
    values = np.random.RandomState(0).normal(size=(200, 2))
    missing = np.arange(200) % 3 == 0
    values[missing, 1] = np.nan
    model = AdaptiveMLPClassifier(random_state=0, standardize=standardize).fit(values, missing)
    assert model.score(values, missing) == 1
    assert list(model.input_names_) == ["0", "1", "1=missing"]


def test_a_column_without_values_or_variety_says_nothing():
    more = np.column_stack([X, np.full(len(X), np.nan), np.full(len(X), 7.0)])
    model = AdaptiveMLPClassifier(**SHORT).fit(more, Y)
    other = more.copy()
    other[:, 5] = -1e6
    np.testing.assert_array_equal(model.predict_proba(other), model.predict_proba(more))


@pytest.mark.parametrize("names", [False, True])
@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("method", ["fit", "partial_fit", "predict"])
def test_infinity_is_an_error_that_names_the_column(method, container, names):
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(X, columns=list("abcd")) if names else X
    model = AdaptiveMLPRegressor(**SHORT).fit(table, Y)
    bad = X.copy()
    bad[7, 2] = -np.inf
    rows = pd.DataFrame(bad, columns=list("abcd")) if names else container(bad)
    with pytest.raises(ValueError, match="contains infinity.*column " + ("'c'" if names else "2")):
        getattr(model, method)(rows, *([] if method == "predict" else [Y]))


@pytest.mark.parametrize("name", ["standardize", "min_frequency", "categorical_features"])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_the_columns_cannot_change_while_training_continues(method, name):
    pd = pytest.importorskip("pandas")
    table = pd.DataFrame(X, columns=list("abcd")).assign(k=np.where(Y == 1, "one", "other"))
    model = AdaptiveMLPRegressor(warm_start=True, **SHORT).fit(table, Y)
    model.set_params(**{name: {"standardize": False, "min_frequency": 7, "categorical_features": ["k", "a"]}[name]})
    with pytest.raises(ValueError, match=f"{name} cannot change"):
        getattr(model, method)(table, Y)


def test_clip_inputs_may_change_while_training_continues():
    model = AdaptiveMLPRegressor(warm_start=True, clip_inputs=None, **SHORT).fit(X, Y)
    model.set_params(clip_inputs=1.0).partial_fit(X, Y)
    np.testing.assert_allclose(model.predict(X + 50), model.predict(X + 60))


@pytest.mark.parametrize("n_members", [1, 4])
@pytest.mark.parametrize("hidden", [(), (6,)])
@pytest.mark.parametrize("learn_scales", [False, True])
def test_moments_that_move_leave_the_function_as_it_is(hidden, n_members, learn_scales):
    """A first call of one row, and one of another scale, with a learning rate that moves nothing."""
    knobs = {"n_members": n_members, "learn_scales": learn_scales, "clip_inputs": None, "learning_rate_init": 1e-300}
    model = AdaptiveMLPRegressor(**{**SHORT, "hidden_layer_sizes": hidden}, **knobs).partial_fit(X[:40], Y[:40] + 0.1)
    before = model.predict(X[:40])
    model.partial_fit(100 * X + 7, Y + 0.1)
    assert np.abs(model._plan.inputs.centre).max() > 100
    np.testing.assert_allclose(model.predict(X[:40]), before, rtol=1e-6, atol=1e-8)


def test_rows_one_by_one_are_learned_on_any_scale():
    physiological, exercise = load_linnerud(return_X_y=True)
    rows, targets = np.tile(exercise, (20, 1)), np.tile(physiological[:, 0], 20)
    model = AdaptiveMLPRegressor(hidden_layer_sizes=16, random_state=0, max_iter=50)
    model.partial_fit(rows[:1], targets[:1])
    for _ in range(50):
        model.partial_fit(rows, targets)
    assert model.score(rows, targets) > 0.3


def test_numbers_that_become_missing_get_an_input_later():
    model = AdaptiveMLPClassifier(**SHORT).partial_fit(X, Y, classes=[0, 1, 2])
    before = model.predict_proba(X)
    model.set_params(learning_rate_init=1e-300).partial_fit(NAN, Y)
    assert [name for name in model.input_names_ if "missing" in name] == ["0=missing", "1=missing", "2=missing"]
    np.testing.assert_allclose(model.predict_proba(X), before, rtol=1e-6)
    model.partial_fit(NAN, Y)


def _words(n_rows, seed=0):
    """Return a wide sparse matrix whose first column most rows store, others at most one row in 200."""
    rng = np.random.RandomState(seed)
    X = sp.csr_array((np.ones(n_rows), (np.arange(n_rows), rng.randint(1, 1500, n_rows))), shape=(n_rows, 1500))
    return (X + sp.csr_array((rng.uniform(1, 2, n_rows), (np.arange(n_rows), np.zeros(n_rows, int))), X.shape)).tocsr()


def test_rare_columns_of_a_wide_sparse_matrix_are_not_centred_and_scaled_by_what_is_stored():
    words = _words(400) * 7
    model = AdaptiveMLPClassifier(**SHORT).fit(words, np.arange(400) % 2)
    inputs, seen = model._plan.inputs, np.unique(words.indices)[1:]
    assert inputs.centre[0] == pytest.approx(words[:, [0]].mean())
    assert not inputs.centre[1:].any()
    np.testing.assert_allclose(inputs.factor[seen], 3 / 7)
    unseen = np.setdiff1d(np.arange(1500), words.indices)
    assert not inputs.factor[unseen].any()
    np.testing.assert_allclose(model.predict_proba(words.toarray()), model.predict_proba(words), rtol=1e-10)


def test_a_word_that_becomes_frequent_leaves_the_function_as_it_is():
    first, more = _words(400), _words(100, seed=1)
    more = sp.hstack([more[:, :1], np.ones((100, 1)), more[:, 2:]], format="csr")
    model = AdaptiveMLPRegressor(**SHORT).set_params(learning_rate_init=1e-300).partial_fit(first, np.arange(400.0))
    before, centre = model.predict(first), model._plan.inputs.centre[1]
    model.partial_fit(more, np.arange(100.0))
    assert centre == 0
    assert model._plan.inputs.centre[1] == pytest.approx(0.2, abs=0.01)
    np.testing.assert_allclose(model.predict(first), before, atol=1e-6 * np.ptp(before) + 1e-9)


def test_rare_columns_of_tiny_numbers_have_finite_factors():
    moments = Moments.from_rows(_words(400) * 1e-309, np.ones(400))
    inputs = make_inputs(1500, {}).scaled_by(moments, standardize=True)
    assert moments.is_rare.any()
    assert np.isfinite(inputs.factor).all()
    assert inputs.factor.any()
