"""Every built-in activation in ONNX operators: the graphs of the `value` methods in `sk_adaptive.activations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sk_adaptive.activations import Activation, Blend, Fixed, Polynomial, PReLU, Rational, Snake, Spline, Swish
from sk_adaptive.activations._functions import SELU_ALPHA, SELU_SCALE
from sk_adaptive.activations.polynomial import BOUND

FLOAT32, INT64, FLOAT64 = 1, 7, 11  # onnx.TensorProto's numbers
Operand = str | float | np.ndarray


class Graph:
    """Adds ONNX nodes: `graph("Mul", a, b)` is a * b. Numbers and arrays become constants of the network's dtype.

    Parameters
    ----------
    scope, container : object
        skl2onnx's: the one names, the other collects.
    dtype : dtype
        Of the network's numbers in the graph, float32 or float64.
    """

    def __init__(self, scope: Any, container: Any, dtype: np.dtype) -> None:
        self._scope = scope
        self._container = container
        self.dtype = np.dtype(dtype)

    def __call__(self, operator: str, *inputs: Operand, domain: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        output = str(self._scope.get_unique_variable_name(operator.lower()))
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        self._container.add_node(
            operator,
            names,
            output,
            op_domain=domain,
            name=self._scope.get_unique_operator_name(operator),
            **attributes,
        )
        return output

    def cast(self, name: str) -> str:
        """Add a cast to the network's dtype.

        Parameters
        ----------
        name : str
            What is cast.

        Returns
        -------
        str
            The name of the output.
        """
        return self("Cast", name, to=FLOAT32 if self.dtype == np.float32 else FLOAT64)

    def constant(self, values: Any) -> str:
        """Add a constant.

        Parameters
        ----------
        values : array-like
            Integers become int64, texts strings, other numbers of the network's dtype.

        Returns
        -------
        str
            Its name.
        """
        from onnx.helper import np_dtype_to_tensor_dtype

        array = np.asarray(values)
        if array.dtype.kind == "f":
            array = array.astype(self.dtype)
        name = str(self._scope.get_unique_variable_name("constant"))
        text = array.dtype.kind in "OU"
        content = [item.encode() for item in array.ravel().tolist()] if text else array.ravel()
        kind = np_dtype_to_tensor_dtype(np.dtype(object) if text else array.dtype)
        self._container.add_initializer(name, kind, array.shape, content)
        return name


# z is (..., n_units); p has a row of n_units values a parameter.
Draw = Callable[[Graph, str, Any, np.ndarray], str]


# onnxruntime lacks some operators, such as Elu and Softplus, for float64: these are made of what it has for both.
def _below(g: Graph, z: str, below: str) -> str:
    """Add a function that is z above 0."""
    return g("Where", g("Less", z, 0.0), below, z)


def _elu(g: Graph, z: str) -> str:
    return _below(g, z, g("Sub", g("Exp", g("Min", z, 0.0)), 1.0))


def _selu(g: Graph, z: str) -> str:
    below = g("Mul", g("Sub", g("Exp", g("Min", z, 0.0)), 1.0), SELU_ALPHA)
    return g("Mul", _below(g, z, below), SELU_SCALE)


def _softplus(g: Graph, z: str) -> str:
    rest = g("Log", g("Add", g("Exp", g("Neg", g("Abs", z))), 1.0))
    return g("Add", g("Max", z, 0.0), rest)


def _gelu(g: Graph, z: str) -> str:
    erf = g.cast(g("Erf", g("Cast", g("Mul", z, np.sqrt(0.5)), to=FLOAT32)))  # which onnxruntime has for float32 only
    return g("Mul", z, g("Mul", g("Add", erf, 1.0), 0.5))


FUNCTIONS: dict[str, Callable[[Graph, str], str]] = {
    "identity": lambda g, z: g("Identity", z),
    "logistic": lambda g, z: g("Sigmoid", z),
    "tanh": lambda g, z: g("Tanh", z),
    "relu": lambda g, z: g("Relu", z),
    "leaky_relu": lambda g, z: _below(g, z, g("Mul", z, 0.01)),
    "elu": _elu,
    "selu": _selu,
    "silu": lambda g, z: g("Mul", z, g("Sigmoid", z)),
    "gelu": _gelu,
    "mish": lambda g, z: g("Mul", z, g("Tanh", _softplus(g, z))),
    "softplus": _softplus,
}


def _fixed(g: Graph, z: str, activation: Fixed, p: np.ndarray) -> str:
    return FUNCTIONS[activation.name](g, z)


def _blend(g: Graph, z: str, activation: Blend, p: np.ndarray) -> str:
    base, *others = (FUNCTIONS[name](g, z) for name in activation.functions)
    f = base
    for weight, other in zip(p, others, strict=True):
        f = g("Add", f, g("Mul", g("Sub", other, base), weight))
    return f


def _polynomial(g: Graph, z: str, activation: Polynomial, p: np.ndarray) -> str:
    linear = g("Add", g("Mul", z, p[1]), p[0])
    if activation.degree == 1:
        return linear
    far = g("Clip", z, -1e15, 1e15)
    ratio = g("Div", far, BOUND)
    c = g("Div", far, g("Sqrt", g("Add", g("Mul", ratio, ratio), 1.0)))
    return g("Add", linear, g("Mul", g("Mul", c, c), _horner(g, p[2:], c)))


def _prelu(g: Graph, z: str, activation: PReLU, p: np.ndarray) -> str:
    return _below(g, z, g("Mul", z, p[0]))


def _swish(g: Graph, z: str, activation: Swish, p: np.ndarray) -> str:
    return g("Mul", z, g("Sigmoid", g("Mul", z, p[0])))


def _snake(g: Graph, z: str, activation: Snake, p: np.ndarray) -> str:
    u = g("Mul", z, p[0])
    small = g("Less", g("Abs", u), 1e-4)
    sine = g("Sin", u)
    near_zero = g("Sub", 1.0, g("Div", g("Mul", u, u), 6.0))
    ratio = g("Where", small, near_zero, g("Div", sine, g("Where", small, 1.0, u)))
    return g("Add", z, g("Mul", g("Mul", z, ratio), sine))


def _rational(g: Graph, z: str, activation: Rational, p: np.ndarray) -> str:
    m, n = activation.degrees
    a, b = p[: m + 1], p[m + 1 :]
    limit = float(activation.limit)
    x = g("Clip", z, -limit, limit)
    above, slope_above = _horner(g, a, x), _horner(g, [i * a[i] for i in range(1, m + 1)], x)
    if n == 0:
        f, slope = above, slope_above
    else:
        A = g("Mul", x, _horner(g, b, x))
        sign = g("Where", g("Less", A, 0.0), -1.0, 1.0)
        below = g("Add", g("Abs", A), 1.0)
        slope_below = g("Mul", sign, _horner(g, [j * c for j, c in enumerate(b, 1)], x))
        f = g("Div", above, below)
        slope = g("Div", g("Sub", slope_above, g("Mul", f, slope_below)), below)
    return g("Add", f, g("Mul", g("Sub", z, x), slope))


def _spline(g: Graph, z: str, activation: Spline, p: np.ndarray) -> str:
    last, n_units = activation.n_knots - 1, p.shape[1]
    rows = g("Reshape", z, g.constant(np.array([-1, n_units])))  # GatherElements takes no members' axis
    u = g("Mul", g("Add", rows, float(activation.knot_range)), last / (2 * activation.knot_range))
    k = g("Clip", g("Floor", u), 0.0, float(last - 1))
    index = g("Cast", k, to=INT64)
    low = g("GatherElements", p, index, axis=0)
    high = g("GatherElements", p, g("Add", index, g.constant(np.int64(1))), axis=0)
    f = g("Add", low, g("Mul", g("Sub", u, k), g("Sub", high, low)))
    return g("Reshape", f, g("Shape", z))


def _horner(g: Graph, coefficients: Sequence[np.ndarray] | np.ndarray, x: str) -> str:
    """Add c_0 + c_1 x + c_2 x^2 + ..., of at least one coefficient."""
    *rest, last = coefficients
    total: Operand = last
    for c in reversed(rest):
        total = g("Add", g("Mul", total, x), c)
    return total if isinstance(total, str) else g("Add", g("Mul", x, 0.0), total)


GRAPHS: dict[type[Activation], Draw] = {
    Fixed: _fixed,
    Blend: _blend,
    Polynomial: _polynomial,
    PReLU: _prelu,
    Swish: _swish,
    Snake: _snake,
    Rational: _rational,
    Spline: _spline,
}


def draw(g: Graph, z: str, activation: Activation, parameters: np.ndarray, n_units: int) -> str:
    """Add a layer's activation.

    Parameters
    ----------
    g : Graph
        Where to.
    z : str
        Name of the pre-activations.
    activation : Activation
        The family.
    parameters : ndarray of shape (n_parameters, n_units) or (n_parameters, 1)
        What was learned.
    n_units : int
        Units of the layer.

    Returns
    -------
    str
        Name of the activations.

    Raises
    ------
    ValueError
        If the family is a user's own, of which no graph is known.
    """
    if type(activation) not in GRAPHS:
        raise ValueError(
            f"{type(activation).__name__} has no ONNX graph: add a function to sk_adaptive.onnx.GRAPHS, "
            f"as the guide on exporting shows"
        )
    p = np.broadcast_to(parameters, (len(parameters), n_units))
    return GRAPHS[type(activation)](g, z, activation, p)
