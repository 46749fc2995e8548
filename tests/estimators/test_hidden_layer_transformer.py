"""What hidden layers put out, and the transformer of it."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor, HiddenLayerTransformer

X, Y = load_iris(return_X_y=True)
X = (X - X.mean(axis=0)) / X.std(axis=0)
NETWORK = AdaptiveMLPClassifier((7, 5), n_members=1, solver="lbfgs", random_state=0)


@parametrize_with_checks(
    [
        HiddenLayerTransformer(estimator(hidden_layer_sizes=8, max_iter=5, random_state=0))
        for estimator in (AdaptiveMLPClassifier, AdaptiveMLPRegressor)
    ]
)
def test_follows_scikit_learns_conventions(estimator, check):
    check(estimator)


def test_activations_lead_to_the_decision():
    model = clone(NETWORK).fit(X, Y)
    first, last = model.hidden_activations(X, 0), model.hidden_activations(X)
    assert first.shape == (150, 7)
    assert last.shape == (150, 5)
    np.testing.assert_allclose(model.activations_[0](X @ model.coefs_[0] + model.intercepts_[0]), first)
    np.testing.assert_array_equal(last, model.hidden_activations(X, 1))
    np.testing.assert_allclose(last @ model.coefs_[-1] + model.intercepts_[-1], model.decision_function(X))


@pytest.mark.parametrize("layer", [2, -3])
def test_there_is_no_such_layer(layer):
    with pytest.raises(ValueError, match="there are 2 hidden layers"):
        clone(NETWORK).fit(X, Y).hidden_activations(X, layer)
    with pytest.raises(ValueError, match="there are 2 hidden layers"):
        HiddenLayerTransformer(NETWORK, layer).fit(X, Y)


def test_members_stand_side_by_side():
    model = AdaptiveMLPClassifier(4, n_members=3, max_iter=3, tol=1.0, random_state=0)
    transformer = HiddenLayerTransformer(model).fit(X, Y)
    h = transformer.estimator_.hidden_activations(X)
    assert h.shape == (3, 150, 4)
    np.testing.assert_array_equal(transformer.transform(X), np.hstack(list(h)))
    assert len(set(transformer.get_feature_names_out())) == 12


def test_fits_a_clone():
    transformer = HiddenLayerTransformer(NETWORK).fit(X, Y)
    assert not hasattr(NETWORK, "theta_")
    np.testing.assert_array_equal(transformer.transform(X), clone(NETWORK).fit(X, Y).hidden_activations(X))
    with pytest.raises(NotFittedError):
        HiddenLayerTransformer(NETWORK).transform(X)


def test_frozen_network_is_taken_as_it_is():
    model = clone(NETWORK).fit(X, Y)
    pipeline = make_pipeline(HiddenLayerTransformer(FrozenEstimator(model), layer=0), LogisticRegression(max_iter=500))
    pipeline.fit(X[:50:2], Y[:50:2] + np.arange(25) % 2)
    np.testing.assert_array_equal(pipeline[0].transform(X), model.hidden_activations(X, 0))


def test_sample_weight_reaches_the_network():
    weights = np.random.RandomState(0).uniform(size=len(Y))
    h = HiddenLayerTransformer(NETWORK).fit(X, Y, sample_weight=weights).transform(X)
    np.testing.assert_array_equal(h, clone(NETWORK).fit(X, Y, weights).hidden_activations(X))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_set_output_and_names(library):
    pytest.importorskip(library)
    out = HiddenLayerTransformer(NETWORK).set_output(transform=library).fit(X, Y).transform(X)
    assert list(out.columns) == [f"hiddenlayertransformer{i}" for i in range(5)]


def test_names_of_the_inputs_are_checked():
    frame = load_iris(as_frame=True).data
    transformer = HiddenLayerTransformer(NETWORK).fit(frame, Y)
    np.testing.assert_array_equal(transformer.feature_names_in_, frame.columns)
    assert transformer.n_features_in_ == 4
    with pytest.raises(ValueError, match="feature names should match"):
        transformer.transform(frame[frame.columns[::-1]])
