"""Metadata routing, pipelines, names of features, tags and the representation in a notebook."""

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import get_routing_for_object

from sk_adaptive import AdaptiveMLPClassifier, AdaptiveMLPRegressor, HiddenLayerTransformer

X, Y = load_iris(return_X_y=True)
SHORT = {"hidden_layer_sizes": (5,), "max_iter": 5, "n_iter_no_change": np.inf, "random_state": 0}
each_estimator = pytest.mark.parametrize("estimator", [AdaptiveMLPClassifier, AdaptiveMLPRegressor])


@pytest.fixture
def routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@each_estimator
def test_what_can_be_requested(estimator):
    requests = get_routing_for_object(estimator())
    assert set(requests.fit.requests) == {"sample_weight", "X_val", "y_val", "sample_weight_val"}
    assert set(requests.score.requests) == {"sample_weight"}
    more = {"classes"} if estimator is AdaptiveMLPClassifier else set()
    assert set(requests.partial_fit.requests) == {"sample_weight"} | more


@pytest.mark.usefixtures("routing")
@each_estimator
def test_a_pipeline_transforms_the_validation_rows(estimator):
    network = estimator(**SHORT).set_fit_request(X_val=True, y_val=True)
    pipeline = Pipeline([("scale", StandardScaler()), ("network", network)], transform_input=["X_val"])
    pipeline.fit(X[::2], Y[::2], X_val=X[1::2], y_val=Y[1::2])
    scaler = StandardScaler().fit(X[::2])
    by_hand = clone(network).fit(scaler.transform(X[::2]), Y[::2], X_val=scaler.transform(X[1::2]), y_val=Y[1::2])
    assert pipeline[-1].validation_loss_curve_ == by_hand.validation_loss_curve_
    np.testing.assert_array_equal(pipeline[-1].theta_, by_hand.theta_)


@pytest.mark.usefixtures("routing")
def test_weights_reach_fit_and_score_of_a_search():
    weights = np.random.RandomState(0).uniform(size=len(Y))
    network = AdaptiveMLPClassifier(**SHORT).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
    weighted = cross_validate(network, X, Y, params={"sample_weight": weights}, return_estimator=True)
    plain = cross_validate(AdaptiveMLPClassifier(**SHORT), X, Y, params={}, return_estimator=True)
    assert not np.array_equal(weighted["estimator"][0].theta_, plain["estimator"][0].theta_)
    GridSearchCV(network, {"alpha": [0.0, 0.1]}, cv=2).fit(X, Y, sample_weight=weights)


@pytest.mark.usefixtures("routing")
def test_the_transformer_passes_on_what_its_network_requests():
    weights = np.random.RandomState(0).uniform(size=len(Y))
    network = AdaptiveMLPClassifier(n_members=1, **SHORT).set_fit_request(sample_weight=True)
    routed = HiddenLayerTransformer(network).fit(X, Y, sample_weight=weights)
    np.testing.assert_array_equal(routed.transform(X), clone(network).fit(X, Y, weights).hidden_activations(X))


def test_parts_can_be_searched():
    from sk_adaptive.activations import Polynomial
    from sk_adaptive.solvers import Adam

    model = AdaptiveMLPClassifier(activation=Polynomial(), solver=Adam(), **SHORT)
    grid = {"activation__degree": [2, 3], "solver__beta_2": [0.9, 0.99]}
    search = GridSearchCV(model, grid, cv=2).fit(X, Y)
    assert set(search.best_params_) == set(grid)


@pytest.mark.parametrize("library", ["pandas", "polars"])
@each_estimator
def test_names_of_columns(estimator, library):
    frames = pytest.importorskip(library)
    names = ["a", "b", "c", "d"]
    frame = frames.DataFrame(dict(zip(names, X.T, strict=True)))
    if not hasattr(StandardScaler().fit(frame), "feature_names_in_"):
        pytest.skip(f"this scikit-learn does not read the names of {library}'s columns")
    model = estimator(early_stopping=True, **SHORT).fit(frame, frames.Series(Y))
    np.testing.assert_array_equal(model.feature_names_in_, names)
    model.fit(frame, frames.Series(Y), X_val=frame, y_val=frames.Series(Y))
    np.testing.assert_array_equal(model.predict(frame), estimator(**SHORT).fit(X, Y, X_val=X, y_val=Y).predict(X))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(frame[names[::-1]])
    with pytest.raises(ValueError, match="feature names should match"):
        model.partial_fit(frame[names[::-1]], Y)
    with pytest.warns(UserWarning, match="does not have valid feature names"):
        model.predict(X)


@each_estimator
def test_tags(estimator):
    tags = get_tags(estimator())
    assert tags.input_tags.sparse
    assert tags.input_tags.allow_nan
    assert not tags.non_deterministic
    assert tags.target_tags.required
    assert not tags.target_tags.positive_only


@each_estimator
def test_representation_in_a_notebook(estimator):
    model = estimator(**SHORT).fit(X, Y)
    html = model._repr_html_()
    assert estimator.__name__ in html
    assert model._get_doc_link() in html
