"""Parametric ReLU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from ._base import Activation, format_number
from ._graph import Graph, below_zero


class PReLU(Activation):
    r"""Parametric rectified linear unit: the derivative for z < 0 is learned.

    .. math:: f(z) = \max(0, z) + a \min(0, z)

    K. He et al., "Delving deep into rectifiers", ICCV 2015, arXiv:1502.01852.

    Parameters
    ----------
    scope : {"unit", "layer", "network"}, default="unit"
        Whether each unit, each layer or the whole network has one set of parameters.
    start : str or array-like of shape (1,), default=None
        Initial value of a, or the fixed function to start near; None is 0.25, as in the paper.
    learning_rate_factor : float, default=1.0
        Multiplies the learning rate of a.
    penalty : float, default=0.0
        Strength of a penalty on the distance of a from its initial value.
    trainable : bool, default=True
        False freezes a: a leaky ReLU.

    Examples
    --------
    >>> from sk_adaptive.activations import PReLU
    >>> PReLU().formula([0.25])
    'max(0, x) + 0.25 min(0, x)'
    """

    kernel = "prelu"
    parameters: ClassVar[dict[str, float]] = {"a": 0.25}

    def value(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return f(z); see `Activation.value`."""
        return np.where(z < 0, p[0] * z, z)

    def derivative(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return df/dz; see `Activation.derivative`."""
        return np.where(z > 0, z.dtype.type(1), p[0]) + 0 * z

    def parameter_gradients(self, z: np.ndarray, p: np.ndarray) -> Iterator[np.ndarray]:
        """Yield min(0, z); see `Activation.parameter_gradients`."""
        yield np.where(z > 0, z.dtype.type(0), z)

    def formula(self, p: np.ndarray) -> str:
        """Return the function as text; see `Activation.formula`."""
        return f"max(0, x) {'-' if p[0] < 0 else '+'} {format_number(abs(p[0]))} min(0, x)"

    def onnx_graph(self, g: Graph, z: str, p: np.ndarray) -> str:
        """Add f(z) to an ONNX graph; see `Activation.onnx_graph`."""
        return below_zero(g, z, g("Mul", z, p[0]))
