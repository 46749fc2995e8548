"""Where a layer has seen data: its pre-activations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from sk_adaptive._data.rows import check_X
from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive.activations import Fixed
from sk_adaptive.activations.fitted import FittedActivation

REMEMBERED = 201  # points that quantiles are filled up to
OUTER = (0.005, 0.995)  # quantiles between which a function counts as covered by data


@dataclass(frozen=True)
class SeenLayer:
    """A hidden layer's learned function, and the pre-activations it met.

    Parameters
    ----------
    index : int
        Which hidden layer, from 0.
    fitted : FittedActivation
        Its learned activation.
    z : ndarray of shape (n_rows, n_units)
        Pre-activations, one column a unit; of an ensemble those of all members, one below the other.
    """

    index: int
    fitted: FittedActivation
    z: np.ndarray

    @property
    def per_unit(self) -> bool:
        """Whether each unit has learned a function of its own."""
        return self.fitted.activation.scope == "neuron" and self.fitted.activation.n_parameters > 0

    @property
    def family(self) -> str:
        """Name of the fixed function, or of the learned family's class."""
        activation = self.fitted.activation
        return activation.name if isinstance(activation, Fixed) else type(activation).__name__

    def span(self, units: Sequence[int] | slice = slice(None)) -> tuple[float, float]:
        """Return the range that all but 0.5 % of the pre-activations at each end lie in, never of zero width."""
        low, high = (float(q) for q in np.quantile(self.z[:, units], OUTER))
        return (low, high) if high > low else (low - 1, high + 1)


def last_step(estimator: Any, X: Any = None) -> tuple[Any, Any]:
    """Return what a fitted estimator ends in, behind its pipelines and searches, and X as that is given it.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator.
    X : array-like or sparse matrix of shape (n_rows, n_features), default=None
        Rows for `estimator`.

    Returns
    -------
    estimator : estimator
        The last one.
    X : array-like, sparse matrix or None
        X after the steps before it.
    """
    while True:
        if isinstance(estimator, Pipeline):
            X = X if X is None or len(estimator) == 1 else estimator[:-1].transform(X)
            estimator = estimator[-1]
        elif hasattr(estimator, "best_estimator_"):
            estimator = estimator.best_estimator_
        else:
            return estimator, X


def unwrap(estimator: Any, X: Any = None) -> tuple[BaseAdaptiveMLP, Any]:
    """Return the network that a fitted estimator ends in, and X as it is given it; see `last_step`.

    Raises
    ------
    TypeError
        If it ends in something else.
    """
    network, X = last_step(estimator, X)
    if not isinstance(network, BaseAdaptiveMLP):
        raise TypeError(
            f"expected a fitted AdaptiveMLPClassifier or AdaptiveMLPRegressor, or a Pipeline that ends in one, "
            f"got {type(network).__name__}"
        )
    check_is_fitted(network, "theta_")
    return network, X


def seen_layers(network: BaseAdaptiveMLP, X: Any, layers: Sequence[int] | None = None) -> list[SeenLayer]:
    """Return hidden layers with the pre-activations of the rows of X.

    Parameters
    ----------
    network : AdaptiveMLPClassifier or AdaptiveMLPRegressor
        A fitted network.
    X : array-like or sparse matrix of shape (n_rows, n_features), or None
        Rows as the network takes them. None takes what the network remembers of its training rows.
    layers : sequence of int, default=None
        Which hidden layers, from 0; None is all.

    Returns
    -------
    list of SeenLayer
        One for each of `layers`, in their order.

    Raises
    ------
    IndexError
        If there is no such hidden layer.
    ValueError
        If X is None and the network remembers nothing.
    """
    activations = network.activations_
    chosen = range(len(activations)) if layers is None else layers
    beyond = [i for i in chosen if not 0 <= i < len(activations)]
    if beyond:
        raise IndexError(f"layers: {beyond[0]} is not one of the {len(activations)} hidden layers, counted from 0")
    if X is None:
        return [SeenLayer(i, activations[i], _remembered(activations[i])) for i in chosen]
    rows = as_rows(network, X)
    return [SeenLayer(i, activations[i], network._network.hidden(network.theta_, rows, i)[0]) for i in chosen]


def as_rows(network: BaseAdaptiveMLP, X: Any) -> Any:
    """Return X validated, as the compiled network takes it."""
    return check_X(network, X)


def _remembered(fitted: FittedActivation) -> np.ndarray:
    """Return pre-activations that are spread as the training rows' were, (REMEMBERED, n_units)."""
    if fitted.quantiles is None:
        raise ValueError("the estimator remembers no pre-activations of its training rows: give X")
    at = np.linspace(0, 1, REMEMBERED)
    return np.apply_along_axis(lambda q: np.interp(at, fitted.levels, q), 0, fitted.quantiles)
