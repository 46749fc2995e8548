"""Snake activation, for periodic functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from ._base import Activation, format_number
from ._graph import Graph

SPREAD = (0.25, 8.0)


class Snake(Activation):
    r"""Identity plus a sine squared of learned frequency.

    .. math:: f(z) = z + \frac{\sin^2(a z)}{a}

    Outside the range of the training data the network can continue a period; with other activations it continues
    almost linearly. L. Ziyin et al.,
    "Neural networks fail to learn periodic functions and how to fix it", arXiv:2006.08195. At a = 0, where the fraction
    is its limit 0, f is the identity: a needs no constraint.

    Parameters
    ----------
    scope : {"unit", "layer", "network"}, default="unit"
        Whether each unit, each layer or the whole network has one set of parameters.
    start : str or array-like of shape (1,), default=None
        Initial value of a, or the fixed function to start near; use larger values for shorter periods. None
        spreads the units evenly in log(a) over [0.25, 8], or takes 0.5 if they share one set.
    learning_rate_factor : float, default=1.0
        Multiplies the learning rate of a.
    penalty : float, default=0.0
        Strength of a penalty on the distance of a from its initial value.
    trainable : bool, default=True
        False freezes a.

    Examples
    --------
    >>> from sk_adaptive.activations import Snake
    >>> Snake().formula([2.0])
    'x + sin(2 x)^2/2'
    """

    kernel = "snake"
    parameters: ClassVar[dict[str, float]] = {"a": 0.5}

    def value(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return f(z); see `Activation.value`."""
        u = p[0] * z
        return z + z * _ratio(u) * np.sin(u)

    def derivative(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return df/dz; see `Activation.derivative`."""
        return 1 + np.sin(2 * (p[0] * z))

    def parameter_gradients(self, z: np.ndarray, p: np.ndarray) -> Iterator[np.ndarray]:
        """Yield df/da; see `Activation.parameter_gradients`."""
        u = p[0] * z
        q = _ratio(u)
        yield (z * q) * (z * (2 * np.cos(u) - q))

    def initial_parameters_of_units(self, n_units: int) -> np.ndarray:
        """Return the initial parameters of each unit; see `Activation.initial_parameters_of_units`.

        Units start at different frequencies, because the gradient is almost zero if a frequency is far from that of the
        data.
        """
        if self.start is not None or n_units == 1:
            return super().initial_parameters_of_units(n_units)
        return np.geomspace(*SPREAD, n_units)[None]

    def formula(self, p: np.ndarray) -> str:
        """Return the function as text; see `Activation.formula`."""
        a = format_number(abs(p[0]))
        return f"x {'-' if p[0] < 0 else '+'} sin({a} x)^2/{a}" if p[0] else "x"

    def onnx_graph(self, g: Graph, z: str, p: np.ndarray) -> str:
        """Add f(z) to an ONNX graph; see `Activation.onnx_graph`."""
        u = g("Mul", z, p[0])
        small = g("Less", g("Abs", u), 1e-4)
        sine = g("Sin", u)
        near_zero = g("Sub", 1.0, g("Div", g("Mul", u, u), 6.0))
        ratio = g("Where", small, near_zero, g("Div", sine, g("Where", small, 1.0, u)))
        return g("Add", z, g("Mul", g("Mul", z, ratio), sine))


def _ratio(u: np.ndarray) -> np.ndarray:
    """Return sin(u)/u, smooth through zero."""
    small = np.abs(u) < 1e-4
    return np.where(small, 1 - u * u / 6, np.sin(u) / np.where(small, 1, u))
