"""Rational activation without poles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from numbers import Real
from typing import ClassVar, NamedTuple

import numpy as np

from sk_adaptive._sklearn import Interval

from ._base import SHARED_CONSTRAINTS, Activation, Scope, format_number
from ._functions import FIXED
from ._graph import Graph, horner
from ._start import nearest, points

# Version B, degrees (5, 4), within 1.2e-6 of silu on [-3, 3]: the table of the authors' package rational_activations.
SILU = {
    "P": (3.26e-7, 0.5, 0.250017, 0.0532752, 0.00580458, 0.000275296),
    "A": (3.92e-5, 0.1065308, 3.80e-6, 0.000550305),
}


class Rational(Activation):
    r"""Quotient of two polynomials with learned coefficients, without poles.

    .. math::
        f(z) = \frac{P(x)}{1 + |A(x)|}, \qquad P(x) = \sum_{i=0}^{m} a_i x^i, \qquad A(x) = \sum_{j=1}^{n} b_j x^j

    x is z clipped to :math:`\pm` `limit`. Beyond the limit f continues along its tangent, so that the powers stay
    bounded. It is the "safe" Pade activation unit of A. Molina et al., arXiv:1907.06732, with a limit added.

    Parameters
    ----------
    degrees : (int, int), default=(5, 4)
        Degree m of P, at least 1, and n of A, at least 0.
    limit : float, default=3.0
        The tangents begin at -limit and limit; pre-activations start with unit variance.
    scope : {"unit", "layer", "network"}, default="layer"
        Whether each unit, each layer or the whole network has one set of parameters.
    start : str or array-like of shape (m + 1 + n,), default=None
        Initial values of a_0 ... a_m, b_1 ... b_n, or the fixed function to start near. None is near silu.
    learning_rate_factor : float, default=0.3
        Multiplies the learning rate of these parameters: small changes of the coefficients of high powers
        change the function much.
    penalty : float, default=0.0
        Strength of a penalty on the distance of the parameters from their initial values.
    trainable : bool, default=True
        False freezes the parameters at their initial values.

    Examples
    --------
    >>> from sk_adaptive.activations import Rational
    >>> Rational(degrees=(1, 1)).formula([0, 1, 0.5])
    '(0 + 1 x)/(1 + |0.5 x|)'
    """

    kernel = "rational"
    _parameter_constraints: ClassVar[dict] = {
        **SHARED_CONSTRAINTS,
        "degrees": ["array-like"],
        "limit": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        degrees: Sequence[int] = (5, 4),
        limit: float = 3.0,
        *,
        scope: Scope = "layer",
        start: object = None,
        learning_rate_factor: float = 0.3,
        penalty: float = 0.0,
        trainable: bool = True,
    ) -> None:
        super().__init__(
            scope=scope, start=start, learning_rate_factor=learning_rate_factor, penalty=penalty, trainable=trainable
        )
        self.degrees = degrees
        self.limit = limit

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The coefficients a0, a1, ... of P and b1, b2, ... of A."""
        m, n = self.degrees
        return (*(f"a{i}" for i in range(m + 1)), *(f"b{j}" for j in range(1, n + 1)))

    @property
    def constants(self) -> tuple[float, ...]:
        """Degrees and limit."""
        return (*map(float, self.degrees), float(self.limit))

    @property
    def start_range(self) -> float:
        """Largest `abs(z)` at which a named start is compared: the limit."""
        return float(self.limit)

    def initial_parameters(self) -> np.ndarray:
        """Return the initial parameters; see `Activation.initial_parameters`.

        Raises
        ------
        ValueError
            If `degrees` are not two integers, at least 1 and 0, or for the reasons of the base class.
        """
        degrees = np.asarray(self.degrees)
        if degrees.shape != (2,) or degrees.dtype.kind not in "iu" or degrees[0] < 1 or degrees[1] < 0:
            raise ValueError(f"degrees must be two integers, at least 1 and at least 0; got {self.degrees!r}")
        return super().initial_parameters()

    def value(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return f(z); see `Activation.value`."""
        at = self._at(z, p)
        return at.f + at.excess * at.df

    def derivative(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return df/dz; see `Activation.derivative`."""
        return self._at(z, p).df + 0 * z

    def parameter_gradients(self, z: np.ndarray, p: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the gradients of f, with those of f' for the tangent; see `Activation.parameter_gradients`."""
        m, n = self.degrees
        at = self._at(z, p)
        ratio = at.dQ / at.Q
        for i in range(m + 1):
            power, by_x = at.x**i, i * at.x ** max(i - 1, 0)
            yield (power + at.excess * (by_x - power * ratio)) / at.Q
        along = at.df - at.f * ratio
        for j in range(1, n + 1):
            power, by_x = at.x**j, j * at.x ** (j - 1)
            yield -at.sign * (at.f * power + at.excess * (along * power + at.f * by_x)) / at.Q

    def formula(self, p: np.ndarray) -> str:
        """Return the quotient as text; see `Activation.formula`."""
        m, _ = self.degrees
        above, below = _polynomial_text(p[: m + 1], 0), _polynomial_text(p[m + 1 :], 1)
        return f"({above})/(1 + |{below}|)" if below else above

    def onnx_graph(self, g: Graph, z: str, p: np.ndarray) -> str:
        """Add f(z) to an ONNX graph; see `Activation.onnx_graph`."""
        m, n = self.degrees
        a, b = p[: m + 1], p[m + 1 :]
        limit = float(self.limit)
        x = g("Clip", z, -limit, limit)
        above, derivative_above = horner(g, a, x), horner(g, [i * a[i] for i in range(1, m + 1)], x)
        if n == 0:
            f, derivative = above, derivative_above
        else:
            A = g("Mul", x, horner(g, b, x))
            sign = g("Where", g("Less", A, 0.0), -1.0, 1.0)
            below = g("Add", g("Abs", A), 1.0)
            derivative_below = g("Mul", sign, horner(g, [j * c for j, c in enumerate(b, 1)], x))
            f = g("Div", above, below)
            derivative = g("Div", g("Sub", derivative_above, g("Mul", f, derivative_below)), below)
        return g("Add", f, g("Mul", g("Sub", z, x), derivative))

    def _own_start(self) -> np.ndarray:
        return np.array(SILU["P"] + SILU["A"]) if tuple(self.degrees) == (5, 4) else self._nearest("silu")

    def _nearest(self, name: str) -> np.ndarray:
        m, n = self.degrees
        x = points(self)
        f = FIXED[name].value(x)
        above, below = x ** np.arange(m + 1), x ** np.arange(1, n + 1)
        guess = np.linalg.lstsq(np.hstack([above, -f * below]), f[:, 0], rcond=None)[0]  # P = f (1 + A) is linear
        return nearest(self, name, guess)

    def _at(self, z: np.ndarray, p: np.ndarray) -> _At:
        m, _ = self.degrees
        x = np.clip(z, -z.dtype.type(self.limit), z.dtype.type(self.limit))
        A = _polynomial([np.zeros_like(p[0]), *p[m + 1 :]], x)
        sign = np.where(A < 0, z.dtype.type(-1), z.dtype.type(1))
        Q = 1 + np.abs(A)
        dQ = sign * _polynomial([j * b for j, b in enumerate(p[m + 1 :], 1)], x)
        f = _polynomial(p[: m + 1], x) / Q
        df = (_polynomial([i * a for i, a in enumerate(p[: m + 1])][1:], x) - f * dQ) / Q
        return _At(x, z - x, Q, dQ, sign, f, df)


class _At(NamedTuple):
    """The function and its derivative at the clipped argument."""

    x: np.ndarray
    excess: np.ndarray  # z - x
    Q: np.ndarray
    dQ: np.ndarray
    sign: np.ndarray  # of A
    f: np.ndarray
    df: np.ndarray


def _polynomial(coefficients: Sequence[np.ndarray] | np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return c_0 + c_1 x + ... by Horner's rule, 0 without coefficients."""
    total = np.zeros_like(x)
    for c in reversed(coefficients):
        total = total * x + c
    return total


def _polynomial_text(coefficients: np.ndarray, first_power: int) -> str:
    powers = {0: "", 1: " x"}
    terms = (format_number(c) + powers.get(i, f" x^{i}") for i, c in enumerate(coefficients, first_power))
    return " + ".join(terms).replace("+ -", "- ")
