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
        Pre-activations, one column per unit; of an ensemble those of all members, one below the other.
    """

    index: int
    fitted: FittedActivation
    z: np.ndarray

    @property
    def per_unit(self) -> bool:
        """Whether each unit has learned a function of its own."""
        return self.fitted.activation.scope == "unit" and self.fitted.activation.n_parameters > 0

    @property
    def family(self) -> str:
        """Name of the fixed function, or of the learned family's class."""
        activation = self.fitted.activation
        return activation.name if isinstance(activation, Fixed) else type(activation).__name__

    def span(self, units: Sequence[int] | slice = slice(None)) -> tuple[float, float]:
        """Return the range that all but 0.5 % of the pre-activations at each end lie in, never of zero width."""
        low, high = (float(q) for q in np.quantile(self.z[:, units], OUTER))
        return (low, high) if high > low else (low - 1, high + 1)


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
    rows = check_X(network, X)
    return [SeenLayer(i, activations[i], network._network.hidden(network.theta_, rows, i)[0]) for i in chosen]


def _remembered(fitted: FittedActivation) -> np.ndarray:
    """Return pre-activations that are spread as the training rows' were, (REMEMBERED, n_units)."""
    if fitted.quantiles is None:
        raise ValueError("the estimator remembers no pre-activations of its training rows: give X")
    at = np.linspace(0, 1, REMEMBERED)
    return np.apply_along_axis(lambda q: np.interp(at, fitted.levels, q), 0, fitted.quantiles)
