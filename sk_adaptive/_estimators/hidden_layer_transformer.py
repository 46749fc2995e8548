"""A transformer whose features are the activations of a hidden layer."""

from __future__ import annotations

from numbers import Integral
from typing import Any, ClassVar

import numpy as np
from sklearn import get_config
from sklearn.base import (
    BaseEstimator,
    ClassNamePrefixFeaturesOutMixin,
    MetaEstimatorMixin,
    TransformerMixin,
    clone,
)
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from sk_adaptive._sklearn import HasMethods, Interval, fit_context


class HiddenLayerTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, MetaEstimatorMixin, BaseEstimator):
    """Features that a network has learned: the activations of one of its hidden layers.

    Members of an ensemble see the features with signs of their own, so that each has activations of its own: all of
    them are put out. ``n_members=1`` gives one column per unit.

    Parameters
    ----------
    estimator : AdaptiveMLPClassifier or AdaptiveMLPRegressor
        The network. It is cloned and fitted; one that is fitted already is taken as it is from inside a
        :class:`sklearn.frozen.FrozenEstimator`.
    layer : int, default=-1
        Which hidden layer, from 0; negative numbers count from the last.

    Attributes
    ----------
    estimator_ : estimator
        The fitted network.
    n_features_in_ : int
        Number of features that the network was fitted to.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Their names, if X had names that are all strings.

    See Also
    --------
    AdaptiveMLPClassifier.hidden_activations : The same without a transformer.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import make_pipeline
    >>> from sk_adaptive import AdaptiveMLPClassifier, HiddenLayerTransformer
    >>> X, y = load_iris(return_X_y=True)
    >>> network = AdaptiveMLPClassifier(hidden_layer_sizes=8, n_members=1, solver="lbfgs", random_state=0)
    >>> features = HiddenLayerTransformer(network).fit(X, y)
    >>> features.transform(X).shape
    (150, 8)
    >>> make_pipeline(HiddenLayerTransformer(network), KNeighborsClassifier()).fit(X, y).score(X, y) > 0.9
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        "estimator": [HasMethods(["fit", "hidden_activations"])],
        "layer": [Interval(Integral, None, None, closed="neither")],
    }

    def __init__(self, estimator: Any, layer: int = -1) -> None:
        self.estimator = estimator
        self.layer = layer

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X: Any, y: Any = None, **fit_params: Any) -> HiddenLayerTransformer:
        """Fit the network.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Training rows.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Their targets; a frozen network needs none.
        **fit_params : dict
            Given to the network's `fit`: all of them, or with metadata routing those that it requests.

        Returns
        -------
        HiddenLayerTransformer
            The fitted transformer.
        """
        if get_config()["enable_metadata_routing"]:
            fit_params = process_routing(self, "fit", **fit_params).estimator.fit
        self.estimator_ = clone(self.estimator).fit(X, y, **fit_params)
        for name in ("n_features_in_", "feature_names_in_"):
            if hasattr(self.estimator_, name):
                setattr(self, name, getattr(self.estimator_, name))
        plan = self.estimator_._plan
        self._n_features_out = plan.hidden[self.estimator_._layer_number(self.layer)].n_out * plan.n_members
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Return the hidden layer's activations.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        ndarray of shape (n_samples, n_members * n_units)
            The activations: all units of the first member, then all of the second, and so on.
        """
        check_is_fitted(self)
        h = self.estimator_.hidden_activations(X, self.layer)
        return h if h.ndim == 2 else h.swapaxes(0, 1).reshape(h.shape[1], -1)

    def get_metadata_routing(self) -> MetadataRouter:
        """Return which metadata goes where: all that `fit` is given goes to the network's `fit`.

        Returns
        -------
        MetadataRouter
            The routing.
        """
        mapping = MethodMapping().add(caller="fit", callee="fit")
        return MetadataRouter(owner=self).add(estimator=self.estimator, method_mapping=mapping)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        inner = get_tags(self.estimator)
        tags.input_tags.sparse = inner.input_tags.sparse
        tags.input_tags.allow_nan = inner.input_tags.allow_nan
        tags.target_tags.required = inner.target_tags.required
        return tags
