"""Fixed activation functions, selected by name."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from sk_adaptive._sklearn import StrOptions

from ._base import Activation
from ._functions import FIXED
from ._graph import FUNCTIONS, Graph


class Fixed(Activation):
    """Fixed activation functions, selected by name.

    A string in `activation` means this.

    Parameters
    ----------
    name : str, default="relu"
        One of identity, logistic, tanh, relu, leaky_relu, elu, selu, silu, gelu, mish, softplus, tilted_abs.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_adaptive.activations import Fixed
    >>> Fixed("relu").value(np.array([[-1.0, 2.0]]), np.empty((0, 2)))
    array([[0., 2.]])
    """

    _parameter_constraints: ClassVar[dict] = {"name": [StrOptions(set(FIXED))]}
    scope = "layer"
    start = None
    learning_rate_factor = 1.0
    penalty = 0.0
    trainable = False

    def __init__(self, name: str = "relu") -> None:
        self.name = name

    @property
    def kernel(self) -> str:  # type: ignore[override]  # a family has one kernel; here the name is it
        """Name of the compiled kernel."""
        return self.name

    def value(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return f(z); see `Activation.value`."""
        return FIXED[self.name].value(z).astype(z.dtype, copy=False)

    def derivative(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return df/dz; see `Activation.derivative`."""
        return FIXED[self.name].derivative(z).astype(z.dtype, copy=False)

    def formula(self, p: np.ndarray) -> str:
        """Return the function as text; see `Activation.formula`."""
        return FIXED[self.name].text

    def onnx_graph(self, g: Graph, z: str, p: np.ndarray) -> str:
        """Add f(z) to an ONNX graph; see `Activation.onnx_graph`."""
        return FUNCTIONS[self.name](g, z)
