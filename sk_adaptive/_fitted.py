"""The activation of a fitted layer."""

from __future__ import annotations

import numpy as np

from .activations import Activation


class FittedActivation:
    """A hidden layer's activation with the parameters it has learned.

    Parameters
    ----------
    activation : Activation
        The family.
    parameters : ndarray of shape (n_parameters, n_units) or (n_parameters, 1)
        One set a unit, or one that all units share.
    n_units : int
        Units of the layer.

    Attributes
    ----------
    activation : Activation
        The family, with its constructor's parameters.
    params : dict of str to ndarray of shape (n_units,) or (1,)
        What was learned, by name.
    start : dict of str to float
        Where learning started, by name.
    n_units : int
        Units of the layer.
    """

    def __init__(self, activation: Activation, parameters: np.ndarray, n_units: int) -> None:
        self.activation = activation
        self.n_units = n_units
        self._p = parameters

    @property
    def params(self) -> dict[str, np.ndarray]:
        """What was learned, by name."""
        return dict(zip(self.activation.parameter_names, self._p, strict=True))

    @property
    def start(self) -> dict[str, float]:
        """Where learning started, by name."""
        starts = self.activation.starting_parameters().tolist()
        return dict(zip(self.activation.parameter_names, starts, strict=True))

    def __call__(self, z: np.ndarray) -> np.ndarray:
        """Return f(z), unit by unit.

        Parameters
        ----------
        z : array-like of shape (n_rows, n_units)
            Pre-activations; one column, or a one-dimensional array, is given to every unit.

        Returns
        -------
        ndarray of shape (n_rows, n_units)
            The activations.
        """
        z = self._per_unit(z)
        return self.activation.value(z, self._parameters_of(z))

    def slope(self, z: np.ndarray) -> np.ndarray:
        """Return df/dz, unit by unit; see `__call__`."""
        z = self._per_unit(z)
        return self.activation.slope(z, self._parameters_of(z))

    def formula(self, unit: int | None = None) -> str:
        """Return the learned function as text.

        Parameters
        ----------
        unit : int, default=None
            Which unit's. None gives the shared function, or unit 0's where every unit has its own.

        Returns
        -------
        str
            A readable formula in x.
        """
        column = 0 if self._p.shape[1] == 1 or unit is None else unit
        return self.activation.formula(self._p[:, column])

    def __repr__(self) -> str:
        """Return the family, its units and the formula."""
        return f"<{self.activation!r} of {self.n_units} units: {self.formula()}>"

    def _per_unit(self, z: np.ndarray) -> np.ndarray:
        z = np.asarray(z, dtype=self._p.dtype)
        return np.broadcast_to(z.reshape(len(z), -1), (len(z), self.n_units)).copy()

    def _parameters_of(self, z: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self._p, (len(self._p), z.shape[1]))
