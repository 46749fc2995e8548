"""Polynomial activation."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral
from typing import ClassVar

import numpy as np

from sk_adaptive._sklearn import Interval

from ._base import SHARED_CONSTRAINTS, Activation, Scope, format_number
from ._graph import Graph, horner

BOUND = 3.0


class Polynomial(Activation):
    r"""Polynomial with learned coefficients.

    .. math:: f(z) = k_0 + k_1 z + \sum_{n=2}^{d} k_n c(z)^n, \qquad c(z) = \frac{z}{\sqrt{1 + (z/3)^2}}

    The argument of the higher powers is bounded, so that they do not overflow; the linear part uses z itself. With
    degree 1, :math:`k_0 + k_1 z`, the whole network is linear: useful for teaching, and to test whether a problem is
    linear. Polynomials with learned coefficients: M. Goyal et al., arXiv:1906.09529; the smooth clip is that of
    D. Holzmueller et al., arXiv:2407.04491.

    Parameters
    ----------
    degree : int, default=3
        Highest power, at least 1.
    scope : {"unit", "layer", "network"}, default="layer"
        Whether each unit, each layer or the whole network has one set of parameters.
    start : str or array-like of shape (degree + 1,), default=None
        Initial values of k_0 ... k_degree, or the fixed function to start near. None is the identity, with k_2 = 0.25
        for degrees above 1, because a network of identities is linear.
    learning_rate_factor : float, default=1.0
        Multiplies the learning rate of these parameters.
    penalty : float, default=0.0
        Strength of a penalty on the distance of the parameters from their initial values.
    trainable : bool, default=True
        False freezes the parameters at their initial values.

    Examples
    --------
    >>> from sk_adaptive.activations import Polynomial
    >>> Polynomial(degree=1).formula([0.5, 2.0])
    '0.5 + 2 x'
    """

    kernel = "polynomial"
    _parameter_constraints: ClassVar[dict] = {
        **SHARED_CONSTRAINTS,
        "degree": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        degree: int = 3,
        *,
        scope: Scope = "layer",
        start: object = None,
        learning_rate_factor: float = 1.0,
        penalty: float = 0.0,
        trainable: bool = True,
    ) -> None:
        super().__init__(
            scope=scope, start=start, learning_rate_factor=learning_rate_factor, penalty=penalty, trainable=trainable
        )
        self.degree = degree

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The coefficients k0, k1, ... of the powers."""
        return tuple(f"k{n}" for n in range(self.degree + 1))

    def _own_start(self) -> np.ndarray:
        start = np.zeros(self.degree + 1)
        start[1:3] = [1.0, 0.25][: self.degree]
        return start

    def value(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return f(z); see `Activation.value`."""
        f = p[0] + p[1] * z
        for power, coefficient in zip(self._powers(z), p[2:], strict=True):
            f = f + coefficient * power
        return f

    def derivative(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return df/dz; see `Activation.derivative`."""
        c = _bounded(z)
        by_c = np.zeros_like(z)
        for n in range(self.degree, 1, -1):
            by_c = by_c * c + n * p[n]
        return p[1] + by_c * c * (1 + (z / BOUND) ** 2) ** z.dtype.type(-1.5)

    def parameter_gradients(self, z: np.ndarray, p: np.ndarray) -> Iterator[np.ndarray]:
        """Yield 1, z, c^2, c^3, ...; see `Activation.parameter_gradients`."""
        yield np.ones_like(z)
        yield z
        yield from self._powers(z)

    def formula(self, p: np.ndarray) -> str:
        """Return the polynomial as text, c being the bounded argument; see `Activation.formula`."""
        powers = ["", " x", *(f" c^{n}" for n in range(2, self.degree + 1))]
        text = " + ".join(format_number(k) + power for k, power in zip(p, powers, strict=True)).replace("+ -", "- ")
        return text if self.degree < 2 else text + ",  c = x/sqrt(1 + (x/3)^2)"

    def onnx_graph(self, g: Graph, z: str, p: np.ndarray) -> str:
        """Add f(z) to an ONNX graph; see `Activation.onnx_graph`."""
        linear = g("Add", g("Mul", z, p[1]), p[0])
        if self.degree == 1:
            return linear
        far = g("Clip", z, -1e15, 1e15)
        ratio = g("Div", far, BOUND)
        c = g("Div", far, g("Sqrt", g("Add", g("Mul", ratio, ratio), 1.0)))
        return g("Add", linear, g("Mul", g("Mul", c, c), horner(g, p[2:], c)))

    def _powers(self, z: np.ndarray) -> Iterator[np.ndarray]:
        c = _bounded(z) if self.degree > 1 else z
        power = c
        for _ in range(2, self.degree + 1):
            power = power * c
            yield power


def _bounded(z: np.ndarray) -> np.ndarray:
    far = np.clip(z, -1e15, 1e15)  # there c equals its limit up to rounding, and z^2 is finite in float32
    return far / np.sqrt(1 + (far / BOUND) ** 2)
