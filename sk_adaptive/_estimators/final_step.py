"""The network inside a model: behind pipelines, searches, transformed targets, calibration, thresholds and stacking."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from .base import BaseAdaptiveMLP

# Where meta-estimators keep the one estimator that predicts: searches; transformed targets; thresholds and selectors.
HOLDERS = ("best_estimator_", "regressor_", "estimator_")


@dataclass(frozen=True)
class _Held:
    """An estimator inside a model, and how the model uses it."""

    estimator: Any
    rows: Callable[[Any], Any]  # from the model's X to the estimator's
    replaced: Callable[[Any], Any]  # the model with another estimator in its place


def final_step(model: Any, X: Any = None) -> tuple[Any, Any]:
    """Return the innermost estimator that a model predicts with, and X as that estimator gets it.

    Of calibrated models it is that of the first fold; of stacked and voting ones the final estimator if there is a
    network in it, otherwise the first of the others that has one.

    Parameters
    ----------
    model : estimator
        A fitted model.
    X : array-like or sparse matrix of shape (n_rows, n_features), default=None
        Rows for `model`.

    Returns
    -------
    estimator : estimator
        The innermost one; `model` itself if it holds no other.
    X : array-like, sparse matrix or None
        X after the steps before it.
    """
    while (held := _held(model)) is not None:
        model, X = held.estimator, X if X is None else held.rows(X)
    return model, X


def network_of(model: Any) -> BaseAdaptiveMLP | None:
    """Return the network that a fitted model predicts with, None if it has none; see `final_step`."""
    network, _ = final_step(model)
    return network if isinstance(network, BaseAdaptiveMLP) else None


def fitted_network(model: Any, X: Any = None) -> tuple[BaseAdaptiveMLP, Any]:
    """Return the network that a fitted model predicts with, and X as the network gets it; see `final_step`.

    Raises
    ------
    TypeError
        If the model predicts with something else.
    """
    network, X = final_step(model, X)
    if not isinstance(network, BaseAdaptiveMLP):
        raise TypeError(
            f"expected a fitted AdaptiveMLPClassifier or AdaptiveMLPRegressor, or a model that predicts with one, "
            f"got {type(network).__name__}"
        )
    check_is_fitted(network, "theta_")
    return network, X


def with_network(model: Any, network: BaseAdaptiveMLP) -> Any:
    """Return a model like `model`, which stays as it is, that predicts with another network; of a search, the best."""
    held = _held(model)
    return network if held is None else held.replaced(with_network(held.estimator, network))


def _held(model: Any) -> _Held | None:
    if isinstance(model, Pipeline):
        *first, (name, last) = model.steps
        before = model[:-1].transform if first else _as_is
        return _Held(last, before, lambda new: Pipeline([*first, (name, new)]))
    if isinstance(model, CalibratedClassifierCV):
        return _calibrated(model) if hasattr(model, "calibrated_classifiers_") else None
    if isinstance(model, (StackingClassifier, StackingRegressor, VotingClassifier, VotingRegressor)):
        return _combined(model) if hasattr(model, "estimators_") else None
    for holder in HOLDERS:
        if hasattr(model, holder):
            search = holder == "best_estimator_"
            return _Held(getattr(model, holder), _as_is, _as_is if search else _setter(model, holder))
    if type(model).__name__ == "FrozenEstimator":  # since scikit-learn 1.6; its attributes are those of what it holds
        return _Held(model.estimator, _as_is, _setter(model, "estimator"))
    return None


def _as_is(thing: Any) -> Any:
    return thing


def _setter(model: Any, attribute: str) -> Callable[[Any], Any]:
    """Return a function that gives a copy of the model with another value of an attribute."""

    def replaced(new: Any) -> Any:
        other = copy.copy(model)
        setattr(other, attribute, new)
        return other

    return replaced


def _calibrated(model: CalibratedClassifierCV) -> _Held:
    first, *others = model.calibrated_classifiers_

    def replaced(new: Any) -> Any:
        return _setter(model, "calibrated_classifiers_")([_setter(first, "estimator")(new), *others])

    return _Held(first.estimator, _as_is, replaced)


def _combined(model: Any) -> _Held:
    final = getattr(model, "final_estimator_", None)
    index = next((i for i, part in enumerate(model.estimators_) if network_of(part) is not None), None)
    if final is not None and (index is None or network_of(final) is not None):
        return _Held(final, model.transform, _setter(model, "final_estimator_"))
    index = index or 0

    def replaced(new: Any) -> Any:
        return _setter(model, "estimators_")([new if i == index else part for i, part in enumerate(model.estimators_)])

    return _Held(model.estimators_[index], _as_is, replaced)
