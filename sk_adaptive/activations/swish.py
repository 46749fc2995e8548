"""Swish activation with a learned factor beta."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from scipy.special import expit

from ._base import Activation, format_number
from ._graph import Graph


class Swish(Activation):
    r"""Swish with a learned factor beta in its logistic function.

    .. math:: f(z) = \frac{z}{1 + \exp(-\beta z)}

    :math:`\beta = 0` gives z/2, 1 gives silu, and large :math:`\beta` approach relu. With :math:`-\beta` the function
    is -f(-z). P. Ramachandran et al., "Searching for activation functions", arXiv:1710.05941.

    Parameters
    ----------
    scope : {"unit", "layer", "network"}, default="unit"
        Whether each unit, each layer or the whole network has one set of parameters.
    start : str or array-like of shape (1,), default=None
        Initial value of beta, or the fixed function to start near; None is 1, which is silu.
    learning_rate_factor : float, default=1.0
        Multiplies the learning rate of beta.
    penalty : float, default=0.0
        Strength of a penalty on the distance of beta from its initial value.
    trainable : bool, default=True
        False freezes beta.

    Examples
    --------
    >>> from sk_adaptive.activations import Swish
    >>> Swish().formula([1.5])
    'x/(1 + exp(-1.5 x))'
    """

    kernel = "swish"
    parameters: ClassVar[dict[str, float]] = {"beta": 1.0}

    def value(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return f(z); see `Activation.value`."""
        return z * expit(p[0] * z)

    def derivative(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return df/dz; see `Activation.derivative`."""
        u = p[0] * z
        return expit(u) * (1 + u * expit(-u))

    def parameter_gradients(self, z: np.ndarray, p: np.ndarray) -> Iterator[np.ndarray]:
        """Yield df/dbeta; see `Activation.parameter_gradients`."""
        u = p[0] * z
        yield (z * expit(u)) * (z * expit(-u))

    def formula(self, p: np.ndarray) -> str:
        """Return the function as text; see `Activation.formula`."""
        return f"x/(1 + exp({format_number(-p[0])} x))"

    def onnx_graph(self, g: Graph, z: str, p: np.ndarray) -> str:
        """Add f(z) to an ONNX graph; see `Activation.onnx_graph`."""
        return g("Mul", z, g("Sigmoid", g("Mul", z, p[0])))
