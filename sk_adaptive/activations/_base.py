"""Base class of activation functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import ClassVar, Literal

import numpy as np
from sklearn.base import BaseEstimator

from sk_adaptive._sklearn import Interval, StrOptions

from ._functions import FIXED
from ._graph import Graph
from ._start import TOLERANCE, distance, nearest

Scope = Literal["unit", "layer", "network"]

SHARED_CONSTRAINTS: dict[str, list] = {
    "scope": [StrOptions({"unit", "layer", "network"})],
    "start": [StrOptions(set(FIXED)), "array-like", None],
    "learning_rate_factor": [Interval(Real, 0, None, closed="left")],
    "penalty": [Interval(Real, 0, None, closed="left")],
    "trainable": ["boolean"],
}


class Activation(BaseEstimator):
    """Base class of activation functions, built-in or your own.

    A subclass names its parameters with their initial values in `parameters` and writes `value`, `derivative` and
    `parameter_gradients` with NumPy. That is enough to train in every solver, to be cloned, pickled, searched and
    plotted. :func:`~sk_adaptive.activations.check_activation` verifies it.

    Parameters
    ----------
    scope : {"unit", "layer", "network"}, default="unit"
        Whether each unit, each layer or the whole network has one set of parameters; the units of a layer, or of all
        hidden layers, then share it.
    start : str or array-like of shape (n_parameters,), default=None
        Initial values of the parameters, or the name of a fixed function to start near; None takes those of the family.
    learning_rate_factor : float, default=1.0
        Multiplies the learning rate of these parameters; solvers without a learning rate ignore it.
    penalty : float, default=0.0
        Strength of a penalty on the distance of the parameters from their initial values.
    trainable : bool, default=True
        False freezes the parameters at their initial values: a fixed function.

    Attributes
    ----------
    parameters : dict of str to float
        On the class: the parameters' names and initial values.
    """

    parameters: ClassVar[Mapping[str, float]] = {}
    kernel: ClassVar[str | None] = None  # name of the compiled kernel; None: the core calls the NumPy methods
    _parameter_constraints: ClassVar[dict] = SHARED_CONSTRAINTS

    def __init__(
        self,
        *,
        scope: Scope = "unit",
        start: object = None,
        learning_rate_factor: float = 1.0,
        penalty: float = 0.0,
        trainable: bool = True,
    ) -> None:
        self.scope = scope
        self.start = start
        self.learning_rate_factor = learning_rate_factor
        self.penalty = penalty
        self.trainable = trainable

    def value(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return f(z).

        Parameters
        ----------
        z : ndarray of shape (n_rows, n_units)
            Pre-activations, float32 or float64.
        p : ndarray of shape (n_parameters, n_units)
            One set of parameters per unit, for every scope; of the dtype of `z`.

        Returns
        -------
        ndarray of shape (n_rows, n_units)
            The activations, of the dtype of `z`.
        """
        raise TypeError(f"{type(self).__name__} must define value(z, p)")

    def derivative(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return df/dz, with the arguments and shape of `value`.

        Parameters
        ----------
        z : ndarray of shape (n_rows, n_units)
            Pre-activations.
        p : ndarray of shape (n_parameters, n_units)
            One set of parameters per unit.

        Returns
        -------
        ndarray of shape (n_rows, n_units)
            The derivatives.
        """
        raise TypeError(f"{type(self).__name__} must define derivative(z, p)")

    def parameter_gradients(self, z: np.ndarray, p: np.ndarray) -> Iterable[np.ndarray]:
        """Return df/dp_i for each parameter in turn, each with the shape of `z`.

        Parameters
        ----------
        z : ndarray of shape (n_rows, n_units)
            Pre-activations.
        p : ndarray of shape (n_parameters, n_units)
            One set of parameters per unit.

        Returns
        -------
        iterable of ndarray of shape (n_rows, n_units)
            One array per parameter.
        """
        return ()

    @property
    def start_range(self) -> float:
        """Largest `abs(z)` at which a named start is compared: 3, because pre-activations start with unit variance."""
        return 3.0

    @property
    def start_error(self) -> float:
        """Largest error of a named start within `start_range`; 0 if `start` is not a name."""
        if not isinstance(self.start, str):
            return 0.0
        return distance(self, self._nearest(self.start), self.start)

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order in which `value` takes them."""
        return tuple(self.parameters)

    @property
    def n_parameters(self) -> int:
        """Number of parameters of one set."""
        return len(self.parameter_names)

    @property
    def constants(self) -> tuple[float, ...]:
        """Numbers that the compiled kernel gets in addition to the parameters."""
        return ()

    def initial_parameters(self) -> np.ndarray:
        """Return the initial parameters.

        A named start is fitted by least squares on [-start_range, start_range].

        Returns
        -------
        ndarray of shape (n_parameters,), dtype float64
            The initial parameters.

        Raises
        ------
        ValueError
            If `start` has another number of values than there are parameters, or is not finite; or if it is the name
            of a function and the error of the fit is above 0.05.
        """
        if self.start is None:
            return self._own_start()
        if isinstance(self.start, str):
            return self._named_start(self.start)
        start = np.asarray(self.start, dtype=np.float64)
        if start.shape != (self.n_parameters,) or not np.isfinite(start).all():
            raise ValueError(
                f"start of {self!r} must be {self.n_parameters} finite numbers "
                f"({', '.join(self.parameter_names)}), got {self.start!r}"
            )
        return start

    def initial_parameters_of_units(self, n_units: int) -> np.ndarray:
        """Return the initial parameters of each unit of a layer: equal for all units, except in Snake.

        Parameters
        ----------
        n_units : int
            Number of units; 1 if the units share one set.

        Returns
        -------
        ndarray of shape (n_parameters, n_units), dtype float64
            The initial parameters.
        """
        return np.repeat(self.initial_parameters()[:, None], n_units, axis=1)

    def formula(self, p: np.ndarray) -> str:
        """Return the function of one unit as text.

        Parameters
        ----------
        p : ndarray of shape (n_parameters,)
            The unit's parameters.

        Returns
        -------
        str
            A readable formula in x.
        """
        given = ", ".join(f"{name}={format_number(value)}" for name, value in zip(self.parameter_names, p, strict=True))
        return f"{type(self).__name__.lower()}(x; {given})"

    def onnx_graph(self, g: Graph, z: str, p: np.ndarray) -> str:
        """Add f(z) to an ONNX graph; :doc:`/guide/export` shows an example.

        Parameters
        ----------
        g : sk_adaptive.onnx.Graph
            ``g("Mul", a, b)`` adds an operator and returns the name of its output.
        z : str
            Name of the pre-activations, of shape (..., n_units).
        p : ndarray of shape (n_parameters, n_units)
            One set of parameters per unit.

        Returns
        -------
        str
            Name of the activations.

        Raises
        ------
        ValueError
            If the class does not define this method.
        """
        raise ValueError(f"{type(self).__name__} cannot be exported to ONNX: it must define onnx_graph(g, z, p)")

    def _own_start(self) -> np.ndarray:
        return np.array(list(self.parameters.values()), dtype=np.float64)

    def _nearest(self, name: str) -> np.ndarray:
        return nearest(self, name, self._own_start())

    def _named_start(self, name: str) -> np.ndarray:
        p = self._nearest(name)
        error = distance(self, p, name)
        if error > TOLERANCE:
            limit = format_number(self.start_range)
            raise ValueError(
                f"{self!r} cannot start as {name}: within [-{limit}, {limit}] it would be wrong by up to "
                f"{format_number(error)}, and {TOLERANCE} is allowed"
            )
        return p


def format_number(value: float) -> str:
    """Return a number as text with four significant digits."""
    return f"{value:.4g}"
