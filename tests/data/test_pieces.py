"""Piecewise linear encoding of numbers: knots, scales, and the estimators that use it."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from reference import read_inputs
from sklearn.datasets import load_iris
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive._data.pieces import quantile_pieces

X, Y = load_iris(return_X_y=True)
SHORT = {"hidden_layer_sizes": (6,), "max_iter": 5, "random_state": 0}
ESTIMATORS = [AdaptiveMLPClassifier, AdaptiveMLPRegressor]


def _answers(model, rows):
    return model.predict_proba(rows) if hasattr(model, "predict_proba") else model.predict(rows)


def _big(n_rows=1500, n_columns=2):
    rng = np.random.RandomState(0)
    rows = rng.normal(size=(n_rows, n_columns))
    return rows, (rows[:, 0] > 0.3).astype(int)


def test_a_piece_is_the_formula_standardised():
    rng = np.random.RandomState(0)
    x, weights = rng.gamma(1.0, size=400), rng.randint(1, 4, 400).astype(float)
    pieces = quantile_pieces(x[:, None], weights, np.array([0]), 4)
    knots = np.quantile(np.repeat(x, weights.astype(int)), [0, 0.25, 0.5, 0.75, 1], method="inverted_cdf")
    raw = np.clip((x[:, None] - knots[:-1]) / np.diff(knots), 0, 1)
    mean = np.average(raw, axis=0, weights=weights)
    deviation = np.sqrt(np.average((raw - mean) ** 2, axis=0, weights=weights))
    found = np.clip((x[:, None] - pieces.centre) * pieces.factor, pieces.lower, pieces.upper)
    np.testing.assert_allclose(found, (raw - mean) / deviation, atol=1e-12)


def test_a_frequent_value_leaves_most_pieces_to_the_others():
    column = np.concatenate([np.zeros(800), np.arange(1, 201)])
    pieces = quantile_pieces(column[:, None], np.ones(1000), np.array([0]), 8)
    knots = pieces.centre + pieces.lower / pieces.factor
    np.testing.assert_allclose(knots, [0, 37, 78, 119, 160], atol=5)  # zeros count for 125 rows of 325


def test_repeated_rows_have_the_pieces_of_weighted_ones():
    weights = np.random.RandomState(0).randint(1, 4, len(X))
    weighted = quantile_pieces(X, weights.astype(float), np.arange(4), 6)
    repeated = quantile_pieces(np.repeat(X, weights, axis=0), np.ones(weights.sum()), np.arange(4), 6)
    for name in vars(weighted):
        np.testing.assert_allclose(getattr(weighted, name), getattr(repeated, name), rtol=1e-12)


@pytest.mark.parametrize(
    "column",
    [np.full(90, np.nan), np.zeros(90), np.repeat([0.0, 1, 5], 30), 1 + np.finfo(float).eps * np.arange(90) / 10],
    ids=["missing", "constant", "few values", "rounding"],
)
def test_few_values_have_no_pieces(column):
    assert not len(quantile_pieces(column[:, None], np.ones(90), np.array([0]), 8).columns)


@pytest.mark.filterwarnings("ignore:The network predicts the same")
@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e300, 1.7e308])
def test_numbers_of_any_size_have_finite_pieces(scale):
    x = np.linspace(-1, 1, 1500)[:, None] * scale
    pieces = quantile_pieces(x, np.ones(1500), np.array([0]), 8)
    assert all(np.isfinite(each).all() for each in vars(pieces).values())
    model = AdaptiveMLPRegressor(hidden_layer_sizes=(2,), max_iter=3, random_state=0).fit(x, np.arange(1500.0))
    assert np.isfinite(model.predict(x)).all()


def test_missing_numbers_are_the_mean_of_each_piece():
    rows = X.copy()
    rows[::7, 1] = np.nan
    model = AdaptiveMLPClassifier(**SHORT, n_bins=5).fit(rows, Y)
    inputs = model._plan.inputs
    read = read_inputs(model._plan, rows)[:, : inputs.n_numbers]
    np.testing.assert_array_equal(read[::7][:, inputs.columns == 1], 0)
    np.testing.assert_allclose(read.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(read[:, 4:].std(axis=0), 1, atol=0.1)


@pytest.mark.parametrize(
    ("knobs", "rows", "bins"),
    [
        ({}, np.asarray, 8),
        ({}, sp.csr_array, 0),
        ({}, lambda rows: rows[:1499], 0),
        ({}, lambda rows: np.tile(rows, 128), 4),
        ({"standardize": False}, np.asarray, 0),
        ({"n_bins": 3}, np.asarray, 3),
        ({"n_bins": 0}, np.asarray, 0),
    ],
    ids=["rows", "sparse", "few", "wide", "raw", "given", "none"],
)
def test_automatic_number(knobs, rows, bins):
    data, y = _big()
    data = rows(data)
    model = AdaptiveMLPClassifier((2,), "relu", max_iter=1, random_state=0, **knobs).fit(data, y[: data.shape[0]])
    assert model._plan.inputs.n_bins == bins
    assert model._plan.inputs.n_pieces == (0 if bins == 0 else bins * data.shape[1])


def test_sparse_rows_have_none():
    with pytest.raises(ValueError, match="n_bins must be 0 or 'auto' for sparse X"):
        AdaptiveMLPClassifier(**SHORT, n_bins=3).fit(sp.csr_array(X), Y)


def test_names_say_the_interval():
    table = pd.DataFrame({"age": np.arange(100.0), "sex": pd.Categorical(["f", "m"] * 50)})
    model = AdaptiveMLPRegressor(**SHORT, n_bins=4).fit(table, table["age"])
    names = ["age", "age[0, 24]", "age[24, 49]", "age[49, 74]", "age[74, 99]", "sex=f", "sex=m"]
    assert model.input_names_.tolist() == names


def test_scale_and_shift_do_not_matter():
    raw, scaled = X * [1e-9, 3, 1e5, 7] + 4, StandardScaler().fit_transform(X)
    models = [AdaptiveMLPClassifier(**SHORT, n_bins=6).fit(rows, Y) for rows in (raw, scaled)]
    np.testing.assert_allclose(models[0].predict_proba(raw), models[1].predict_proba(scaled), atol=1e-7)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_one_row_and_sparse_rows_give_what_all_rows_give(estimator):
    model = estimator(**SHORT, n_bins=6).fit(X, Y)
    np.testing.assert_allclose(_answers(model, sp.csr_array(X)), _answers(model, X), rtol=1e-12)
    one_by_one = np.concatenate([_answers(model, row[None]) for row in X[:9]])
    np.testing.assert_allclose(one_by_one, _answers(model, X)[:9], rtol=1e-9)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_partial_fit_goes_on_with_the_pieces_of_the_first_rows(estimator):
    model = estimator(**SHORT, n_bins=6)
    model.partial_fit(X, Y, *([np.unique(Y)] if estimator is AdaptiveMLPClassifier else []))
    before, pieces = model.predict(X), model._plan.inputs.factor[4:].copy()
    model.set_params(learning_rate_init=1e-12).partial_fit(X * 1.2, Y)
    np.testing.assert_array_equal(model._plan.inputs.factor[4:], pieces)
    np.testing.assert_allclose(model.predict(X), before, rtol=1e-6)


def test_another_number_cannot_follow():
    model = AdaptiveMLPClassifier(**SHORT, n_bins=6, warm_start=True).fit(X, Y)
    with pytest.raises(ValueError, match="n_bins cannot change"):
        model.set_params(n_bins=4).fit(X, Y)
    model.set_params(n_bins="auto").fit(X, Y)
    assert model._plan.inputs.n_bins == 6


def test_a_step_is_learned_in_fewer_epochs():
    rows, y = _big(2000, 4)
    losses = [
        AdaptiveMLPClassifier((16,), max_iter=5, n_bins=n, random_state=0).fit(rows[::2], y[::2]).loss_ for n in (0, 12)
    ]
    assert losses[1] < losses[0]
