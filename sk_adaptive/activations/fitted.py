"""Activation of a fitted layer, with quantiles of its pre-activations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from sk_adaptive._core import engine
from sk_adaptive._data.rows import evenly_spaced

from ._base import Activation

LEVELS = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
MAX_ROWS = 256  # from which the quantiles are computed


def pre_activation_quantiles(network: engine.Network, theta: np.ndarray, X: Any) -> list[np.ndarray]:
    """Return the quantiles of each hidden layer's pre-activations, unit by unit.

    Parameters
    ----------
    network : engine.Network
        The network.
    theta : ndarray of shape (n_theta,)
        Its parameters.
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        The training rows. At most 256 evenly spaced rows are used.

    Returns
    -------
    list of ndarray of shape (n_levels, n_units)
        At `FittedActivation.levels`; of an ensemble, over all members.
    """
    return [_quantiles(z) for z in network.pre_activations(theta, evenly_spaced(X, MAX_ROWS))]


def _quantiles(z: np.ndarray) -> np.ndarray:
    """Return the quantiles of each column at LEVELS; each is one of the column's values."""
    ranks = np.rint(np.array(LEVELS) * (len(z) - 1)).astype(np.intp)
    return np.sort(z.T.copy())[:, ranks].T  # sorting contiguous rows is several times faster


def check_quantiles(quantiles: Any, sizes: Sequence[int]) -> None:
    """Refuse quantiles that are not those of layers: loaded ones may have been tampered with.

    Parameters
    ----------
    quantiles : sequence of ndarray or None
        What `pre_activation_quantiles` has returned, or None for a layer where they are not known.
    sizes : sequence of int
        Units of each hidden layer.

    Raises
    ------
    ValueError
        If they are of other shapes, or decrease where their level increases.
    """
    if len(quantiles) != len(sizes):
        raise ValueError(f"there are quantiles of {len(quantiles)} layers for {len(sizes)} hidden layers")
    for of_layer, n_units in zip(quantiles, sizes, strict=True):
        if of_layer is None:
            continue
        if of_layer.shape != (len(LEVELS), n_units) or (of_layer[:-1] > of_layer[1:]).any():
            raise ValueError(f"quantiles of a layer must be {len(LEVELS)} increasing numbers for each of its units")


class FittedActivation:
    """Activation of a hidden layer with its learned parameters.

    Parameters
    ----------
    activation : Activation
        The family.
    parameters : ndarray of shape (n_parameters, n_units) or (n_parameters, 1)
        One set per unit, or one set for all units.
    n_units : int
        Units of the layer.
    quantiles : ndarray of shape (n_levels, n_units), default=None
        Quantiles of each unit's pre-activations on the training rows; None if unknown.

    Attributes
    ----------
    activation : Activation
        The family, with its constructor's parameters.
    params : dict of str to ndarray of shape (n_units,) or (1,)
        Learned parameters by name.
    start : FittedActivation
        The initial function.
    n_units : int
        Units of the layer.
    quantiles : ndarray of shape (n_levels, n_units) or None
        Quantiles of each unit's pre-activations on the training rows: on at most 256 evenly spaced rows, and after
        partial_fit on the rows of the last call. Outside quantiles[0] ... quantiles[-1] there were no data, and the
        shape has no meaning.
    levels : tuple of float
        The quantiles' levels: 0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.
    """

    levels: ClassVar[tuple[float, ...]] = LEVELS

    def __init__(
        self, activation: Activation, parameters: np.ndarray, n_units: int, quantiles: np.ndarray | None = None
    ) -> None:
        self.activation = activation
        self.n_units = n_units
        self.quantiles = quantiles
        self._p = parameters

    @property
    def params(self) -> dict[str, np.ndarray]:
        """Learned parameters by name."""
        return dict(zip(self.activation.parameter_names, self._p, strict=True))

    @property
    def start(self) -> FittedActivation:
        """The initial function."""
        starts = self.activation.initial_parameters_of_units(self._p.shape[1]).astype(self._p.dtype)
        return FittedActivation(self.activation, starts, self.n_units, self.quantiles)

    def __call__(self, z: ArrayLike) -> np.ndarray:
        """Return f(z), unit by unit.

        Parameters
        ----------
        z : float or array-like of shape (n_rows, n_units)
            Pre-activations; a single column, a one-dimensional array or a number (one row) is used for every unit.

        Returns
        -------
        ndarray of shape (n_rows, n_units)
            The activations.
        """
        z = self._per_unit(z)
        return self.activation.value(z, self._parameters_of(z))

    def derivative(self, z: ArrayLike) -> np.ndarray:
        """Return df/dz, unit by unit; see `__call__`."""
        z = self._per_unit(z)
        return self.activation.derivative(z, self._parameters_of(z))

    def formula(self, unit: int | None = None) -> str:
        """Return the learned function as text.

        Parameters
        ----------
        unit : int, default=None
            Index of the unit. None gives the function that all units share; if each unit has its own, it gives that of
            unit 0 with the prefix "unit 0: ".

        Returns
        -------
        str
            A readable formula in x.
        """
        if self._p.shape[1] == 1:
            return self.activation.formula(self._p[:, 0])
        formula = self.activation.formula(self._p[:, unit or 0])
        return f"unit 0: {formula}" if unit is None else formula

    def __repr__(self) -> str:
        """Return the family, its units and the formula."""
        return f"<{self.activation!r} of {self.n_units} units: {self.formula()}>"

    def _per_unit(self, z: ArrayLike) -> np.ndarray:
        z = np.atleast_1d(np.asarray(z, dtype=self._p.dtype))
        return np.broadcast_to(z.reshape(len(z), -1), (len(z), self.n_units)).copy()

    def _parameters_of(self, z: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self._p, (len(self._p), z.shape[1]))
