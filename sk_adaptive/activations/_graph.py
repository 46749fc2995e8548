"""Parts of ONNX graphs: the fixed functions, and polynomials."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from ._functions import SELU_ALPHA, SELU_SCALE, TILTED_ABS_OFFSET, TILTED_ABS_SCALE, TILTED_ABS_SLOPE

FLOAT32, INT64, FLOAT64 = 1, 7, 11  # numbers of the dtypes in onnx.TensorProto
Operand = str | float | np.ndarray


class Graph(Protocol):
    """The part of `sk_adaptive.onnx.Graph` that is used here."""

    def __call__(self, operator: str, *inputs: Operand, domain: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output."""

    def cast(self, name: str) -> str:
        """Add a cast to the network's dtype."""

    def constant(self, values: Any) -> str:
        """Add a constant."""


# onnxruntime lacks some operators for float64, such as Elu and Softplus: the functions use operators that it has for
# both dtypes.
def below_zero(g: Graph, z: str, below: str) -> str:
    """Add a function that is z above 0 and `below` elsewhere."""
    return g("Where", g("Less", z, 0.0), below, z)


def _elu(g: Graph, z: str) -> str:
    return below_zero(g, z, g("Sub", g("Exp", g("Min", z, 0.0)), 1.0))


def _selu(g: Graph, z: str) -> str:
    below = g("Mul", g("Sub", g("Exp", g("Min", z, 0.0)), 1.0), SELU_ALPHA)
    return g("Mul", below_zero(g, z, below), SELU_SCALE)


def _softplus(g: Graph, z: str) -> str:
    rest = g("Log", g("Add", g("Exp", g("Neg", g("Abs", z))), 1.0))
    return g("Add", g("Max", z, 0.0), rest)


def _gelu(g: Graph, z: str) -> str:
    erf = g.cast(g("Erf", g("Cast", g("Mul", z, np.sqrt(0.5)), to=FLOAT32)))  # which onnxruntime has for float32 only
    return g("Mul", z, g("Mul", g("Add", erf, 1.0), 0.5))


def _tilted_abs(g: Graph, z: str) -> str:
    slope = g("Add", g("Tanh", g("Mul", z, TILTED_ABS_SCALE)), TILTED_ABS_SLOPE)
    return g("Sub", g("Mul", z, slope), TILTED_ABS_OFFSET)


FUNCTIONS: dict[str, Callable[[Graph, str], str]] = {
    "identity": lambda g, z: g("Identity", z),
    "logistic": lambda g, z: g("Sigmoid", z),
    "tanh": lambda g, z: g("Tanh", z),
    "relu": lambda g, z: g("Relu", z),
    "leaky_relu": lambda g, z: below_zero(g, z, g("Mul", z, 0.01)),
    "elu": _elu,
    "selu": _selu,
    "silu": lambda g, z: g("Mul", z, g("Sigmoid", z)),
    "gelu": _gelu,
    "mish": lambda g, z: g("Mul", z, g("Tanh", _softplus(g, z))),
    "softplus": _softplus,
    "tilted_abs": _tilted_abs,
}


def horner(g: Graph, coefficients: Sequence[np.ndarray] | np.ndarray, x: str) -> str:
    """Add the polynomial c_0 + c_1 x + c_2 x^2 + ... with at least one coefficient."""
    *rest, last = coefficients
    total: Operand = last
    for c in reversed(rest):
        total = g("Add", g("Mul", total, x), c)
    return total if isinstance(total, str) else g("Add", g("Mul", x, 0.0), total)
