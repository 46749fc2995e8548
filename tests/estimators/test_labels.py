"""Labels of every kind are taken, or refused, as scikit-learn's LogisticRegression does."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from sklearn.linear_model import LogisticRegression

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor
from sk_adaptive.activations import Spline

X = np.random.RandomState(0).normal(size=(12, 3))
TWO, THREE = np.arange(12) % 2, np.arange(12) % 3
NAMES = np.array(["a", "b", "c"])
LABELS = {
    "int64": THREE,
    "int8": THREE.astype(np.int8),
    "uint8": THREE.astype(np.uint8),
    "negative": THREE - 1,
    "far apart": THREE * 10**12,
    "bool": TWO.astype(bool),
    "whole float64": THREE.astype(float),
    "whole float32": THREE.astype(np.float32),
    "fractions": THREE + 0.5,
    "nan": np.where(THREE == 2, np.nan, THREE),
    "infinite": np.where(THREE == 2, np.inf, THREE),
    "str": NAMES[THREE],
    "str of two": NAMES[TWO],
    "bytes": NAMES[THREE].astype("S"),
    "object of str": NAMES[THREE].astype(object),
    "object of int": THREE.astype(object),
    "object of bool": TWO.astype(bool).astype(object),
    "object of float": THREE.astype(float).astype(object),
    "object of fractions": (THREE + 0.5).astype(object),
    "object of mixed": np.array(["a", 1] * 6, dtype=object),
    "object of str and None": np.where(THREE == 2, None, NAMES[THREE].astype(object)),
    "object of str and nan": np.where(THREE == 2, np.nan, NAMES[THREE].astype(object)),
    "object of bool and str": np.array([True, "a"] * 6, dtype=object),
    "object of tuples": np.array([(1, 2), None] * 6, dtype=object),
    "complex": THREE + 0j,
    "datetime": THREE.astype("datetime64[D]"),
    "timedelta": THREE.astype("timedelta64[D]"),
    "string dtype": NAMES[THREE].astype(np.dtypes.StringDType()) if hasattr(np.dtypes, "StringDType") else NAMES[THREE],
    "list of int": THREE.tolist(),
    "list of str": NAMES[THREE].tolist(),
    "list of bool": TWO.astype(bool).tolist(),
    "tuple": tuple(THREE.tolist()),
    "range": range(12),
    "series of int": pd.Series(THREE),
    "series of str": pd.Series(NAMES[THREE]),
    "series of object": pd.Series(NAMES[THREE].astype(object)),
    "nullable int": pd.Series(THREE, dtype="Int64"),
    "nullable int with NA": pd.Series(THREE, dtype="Int64").where(THREE != 2),
    "nullable bool": pd.Series(TWO.astype(bool), dtype="boolean"),
    "pandas string": pd.Series(NAMES[THREE], dtype="string"),
    "pandas category": pd.Series(NAMES[THREE], dtype="category"),
    "pandas category of int": pd.Series(THREE, dtype="category"),
    "pandas datetime": pd.Series(pd.to_datetime("2020-01-01") + pd.to_timedelta(THREE, "D")),
    "polars int": pl.Series(THREE),
    "polars str": pl.Series(NAMES[THREE].tolist()),
    "one class": np.zeros(12, int),
    "column": THREE[:, None],
    "row": THREE[None, :],
    "two columns of classes": np.c_[THREE, THREE],
    "scalar": 1,
    "none": None,
    "empty": np.array([], dtype=int),
    "short": THREE[:5],
    "sparse column": sp.csr_array(THREE[:, None]),
    "frame": pd.DataFrame({"y": THREE}),
}
ACCEPTED_BEYOND = {"one class", "sparse column"}  # a network of one class predicts it; sparse targets are indicators


def _fit(model, y):
    """Return the classes and the predictions, or the kind of error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            fitted = model.fit(X, y)
        except (ValueError, TypeError) as error:
            return type(error).__mro__[-3:], None
    return fitted.classes_, fitted.predict(X)


@pytest.mark.parametrize("kind", [kind for kind in LABELS if kind not in ACCEPTED_BEYOND])
def test_labels_are_taken_as_logistic_regression_takes_them(kind):
    ours, theirs = AdaptiveMLPClassifier((4,), max_iter=2, random_state=0), LogisticRegression()
    (classes, predicted), (expected, their_prediction) = _fit(ours, LABELS[kind]), _fit(theirs, LABELS[kind])
    assert (predicted is None) == (their_prediction is None), (classes, expected)
    if predicted is not None:
        np.testing.assert_array_equal(classes, expected)
        assert classes.dtype == expected.dtype
        assert predicted.dtype == their_prediction.dtype
        assert predicted.shape == their_prediction.shape


@pytest.mark.parametrize("sizes", [True, (True,), (np.True_, 3), (3, 2.0), 0, (0,), "8", ("8",), None, -3], ids=str)
@pytest.mark.parametrize("estimator", [AdaptiveMLPClassifier, AdaptiveMLPRegressor])
def test_layer_sizes_that_are_no_sizes_are_named(sizes, estimator):
    with pytest.raises(ValueError, match="hidden_layer_sizes"):
        estimator(hidden_layer_sizes=sizes).fit(X, THREE)


@pytest.mark.parametrize("sizes", [(32, 16), [32], 32, np.array([4])], ids=str)
def test_layers_in_place_of_the_loss_are_told_where_they_belong(sizes):
    with pytest.raises(ValueError, match="write hidden_layer_sizes="):
        AdaptiveMLPRegressor(sizes).fit(X, THREE)


@pytest.mark.parametrize(
    ("name", "example"),
    [("activation__n_knots", r"Spline\(\)"), ("solver__beta_2", r"Adam\(\)"), ("loss__delta", r"Huber\(\)")],
)
def test_parameters_of_a_string_are_told_to_need_an_object(name, example):
    with pytest.raises(ValueError, match=f"{name} needs an object.*{example}"):
        AdaptiveMLPRegressor().set_params(**{name: 3})


def test_an_object_and_its_parameter_may_be_set_at_once():
    model = AdaptiveMLPClassifier().set_params(activation=Spline(), activation__n_knots=5)
    assert model.activation.n_knots == 5
