"""Frames in, frames out: pipelines that end in a network, hidden features behind selected columns, wrappers."""

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.datasets import load_iris
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor, HiddenLayerTransformer

X, Y = load_iris(return_X_y=True, as_frame=True)
KNOBS = {"hidden_layer_sizes": (5,), "max_iter": 3, "random_state": 0, "n_members": 1}
OLD = tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 7)
polars = pytest.param("polars", marks=pytest.mark.skipif(OLD, reason="scikit-learn 1.6 reads no names from Polars 2"))
each_format = pytest.mark.parametrize("output", ["default", "pandas", polars])


@each_format
@pytest.mark.parametrize("estimator", [AdaptiveMLPClassifier, AdaptiveMLPRegressor])
def test_a_pipeline_that_ends_in_a_network(estimator, output):
    model = make_pipeline(StandardScaler(), SelectKBest(k=3), estimator(**KNOBS))
    plain = clone(model).fit(X, Y).predict(X)
    framed = model.set_output(transform=output).fit(X, Y)
    np.testing.assert_allclose(framed.predict(X), plain)
    assert (hasattr(framed[-1], "feature_names_in_")) == (output != "default")


@each_format
def test_hidden_features_have_names_of_their_own(output):
    hidden = HiddenLayerTransformer(AdaptiveMLPClassifier(**KNOBS))
    selected = make_column_transformer((StandardScaler(), make_column_selector(pattern="petal")))
    model = make_pipeline(selected, hidden, LogisticRegression()).set_output(transform=output).fit(X, Y)
    features = model[:-1].transform(X)
    names = [f"hiddenlayertransformer{i}" for i in range(5)]
    assert model[:-1].get_feature_names_out().tolist() == names
    assert features.shape == (150, 5)
    if output != "default":
        assert list(features.columns) == names
    assert model[-1].n_features_in_ == 5


def test_hidden_features_beside_columns():
    hidden = HiddenLayerTransformer(AdaptiveMLPClassifier(**KNOBS))
    union = make_column_transformer((hidden, ["petal length (cm)", "petal width (cm)"]), remainder="passthrough")
    frame = union.set_output(transform="pandas").fit_transform(X, Y)
    assert frame.shape == (150, 5 + 2)
    assert frame.columns[0] == "hiddenlayertransformer__hiddenlayertransformer0"
    assert frame.index.equals(X.index)


class Wrapper(TransformerMixin, BaseEstimator):
    """Fits a clone to some columns, as wrappers of other packages do, and puts what it gives beside the others."""

    def __init__(self, transformer, variables):
        self.transformer = transformer
        self.variables = variables

    def fit(self, X, y=None):
        self.transformer_ = clone(self.transformer).fit(X[self.variables], y)
        return self

    def transform(self, X):
        values = self.transformer_.transform(X[self.variables])
        made = pd.DataFrame(np.asarray(values), X.index, self.transformer_.get_feature_names_out(self.variables))
        return pd.concat([X.drop(columns=self.variables), made], axis=1)


@pytest.mark.parametrize("inner", ["default", "pandas"])
def test_a_wrapper_that_clones_and_selects_columns(inner):
    hidden = HiddenLayerTransformer(AdaptiveMLPClassifier(**KNOBS)).set_output(transform=inner)
    wrapped = Wrapper(hidden, ["sepal length (cm)", "sepal width (cm)"]).fit(X, Y)
    frame = wrapped.transform(X)
    assert list(frame.columns[:2]) == ["petal length (cm)", "petal width (cm)"]
    assert frame.shape == (150, 2 + 5)
    assert frame.notna().to_numpy().all()
