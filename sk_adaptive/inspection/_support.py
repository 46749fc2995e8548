"""Hidden layers with their pre-activations on given rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sk_adaptive._data.rows import check_X
from sk_adaptive._estimators.base import BaseAdaptiveMLP
from sk_adaptive.activations import Fixed
from sk_adaptive.activations.fitted import FittedActivation

REMEMBERED = 201  # number of points that are interpolated between the quantiles
OUTER = (0.005, 0.995)  # quantiles that bound the range of the data


@dataclass(frozen=True)
class SeenLayer:
    """Learned activation of a hidden layer, and its pre-activations on given rows.

    Parameters
    ----------
    index : int
        Index of the hidden layer, from 0.
    fitted : FittedActivation
        Its learned activation.
    z : ndarray of shape (n_rows, n_units)
        Pre-activations, one column per unit; for an ensemble the rows of all members, one after the other.
    """

    index: int
    fitted: FittedActivation
    z: np.ndarray

    @property
    def per_unit(self) -> bool:
        """Whether each unit has its own learned function."""
        return self.fitted.activation.scope == "unit" and self.fitted.activation.n_parameters > 0

    @property
    def family(self) -> str:
        """Name of the fixed function, or of the learned family's class."""
        activation = self.fitted.activation
        return activation.name if isinstance(activation, Fixed) else type(activation).__name__

    def span(self, units: Sequence[int] | slice = slice(None)) -> tuple[float, float]:
        """Return the range of the pre-activations without 0.5 % at each end; its width is never zero."""
        low, high = (float(q) for q in np.quantile(self.z[:, units], OUTER))
        return (low, high) if high > low else (low - 1, high + 1)


def seen_layers(network: BaseAdaptiveMLP, X: Any, layers: Sequence[int] | None = None) -> list[SeenLayer]:
    """Return hidden layers with the pre-activations of the rows of X.

    Parameters
    ----------
    network : AdaptiveMLPClassifier or AdaptiveMLPRegressor
        A fitted network.
    X : array-like or sparse matrix of shape (n_rows, n_features), or None
        Rows of input. None uses the stored quantiles of the training rows.
    layers : sequence of int, default=None
        Indices of hidden layers, from 0; None is all.

    Returns
    -------
    list of SeenLayer
        One for each of `layers`, in their order.

    Raises
    ------
    IndexError
        If there is no such hidden layer.
    ValueError
        If X is None and the network stores no quantiles.
    """
    activations = network.activations_
    chosen = range(len(activations)) if layers is None else layers
    beyond = [i for i in chosen if not 0 <= i < len(activations)]
    if beyond:
        raise IndexError(f"layers: {beyond[0]} is not one of the {len(activations)} hidden layers (from 0)")
    if X is None:
        return [SeenLayer(i, activations[i], _remembered(activations[i])) for i in chosen]
    rows = check_X(network, X)
    return [layer_on(network, rows, i) for i in chosen]


def layer_on(network: BaseAdaptiveMLP, rows: Any, index: int) -> SeenLayer:
    """Return a hidden layer with the pre-activations of rows that `check_X` has returned, levels as numbers."""
    return SeenLayer(index, network.activations_[index], network._network.hidden(network.theta_, rows, index)[0])


def _remembered(fitted: FittedActivation) -> np.ndarray:
    """Return pre-activations with the quantiles of the training rows, (REMEMBERED, n_units)."""
    if fitted.quantiles is None:
        raise ValueError("the estimator stores no pre-activations of its training rows: pass X")
    at = np.linspace(0, 1, REMEMBERED)
    return np.apply_along_axis(lambda q: np.interp(at, fitted.levels, q), 0, fitted.quantiles)
