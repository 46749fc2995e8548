"""Linear spline activation."""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral, Real
from typing import ClassVar

import numpy as np

from sk_adaptive._sklearn import Interval

from ._base import SHARED_CONSTRAINTS, Activation, Scope, format_number
from ._functions import FIXED
from ._graph import INT64, Graph


class Spline(Activation):
    r"""Linear spline through learned values at fixed, equally spaced knots.

    .. math:: f(z) = (1 - r) c_k + r c_{k+1}, \qquad k = \lfloor u \rfloor, \quad r = u - k, \quad u = (z - t_0) / h

    k is limited to the knots, so that f continues along its first and last segment. It can take any continuous shape
    that the knots resolve. P. Bohra et al., "Learning activation functions in deep (spline) neural networks", IEEE
    Open Journal of Signal Processing 1 (2020) 295.

    Parameters
    ----------
    n_knots : int, default=13
        Number of knots, at least 2.
    knot_range : float, default=3.0
        The knots lie equally spaced on [-knot_range, knot_range]; pre-activations start with unit variance.
    scope : {"unit", "layer", "network"}, default="unit"
        Whether each unit, each layer or the whole network has one set of parameters.
    start : str or array-like of shape (n_knots,), default=None
        The fixed function whose values at the knots are the initial values, or those values. None is silu.
    learning_rate_factor : float, default=1.0
        Multiplies the learning rate of these parameters.
    penalty : float, default=0.0
        Strength of a penalty on the distance of the parameters from their initial values.
    trainable : bool, default=True
        False freezes the parameters at their initial values.

    Examples
    --------
    >>> import numpy as np
    >>> from sk_adaptive.activations import Spline
    >>> tent = Spline(n_knots=3, knot_range=1.0, start=[0.0, 1.0, 0.0])
    >>> tent.value(np.array([[-2.0, 0.5]]), np.array([[0.0, 0], [1, 1], [0, 0]]))
    array([[-1. ,  0.5]])
    """

    kernel = "spline"
    _parameter_constraints: ClassVar[dict] = {
        **SHARED_CONSTRAINTS,
        "n_knots": [Interval(Integral, 2, None, closed="left")],
        "knot_range": [Interval(Real, 0, None, closed="neither")],
    }

    def __init__(
        self,
        n_knots: int = 13,
        knot_range: float = 3.0,
        *,
        scope: Scope = "unit",
        start: object = None,
        learning_rate_factor: float = 1.0,
        penalty: float = 0.0,
        trainable: bool = True,
    ) -> None:
        super().__init__(
            scope=scope, start=start, learning_rate_factor=learning_rate_factor, penalty=penalty, trainable=trainable
        )
        self.n_knots = n_knots
        self.knot_range = knot_range

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """The values c0, c1, ... at the knots from left to right."""
        return tuple(f"c{k}" for k in range(self.n_knots))

    @property
    def constants(self) -> tuple[float, ...]:
        """First and last knot."""
        return (-self.knot_range, self.knot_range)

    @property
    def knots(self) -> np.ndarray:
        """The knots from left to right, an ndarray of shape (n_knots,)."""
        return np.linspace(-self.knot_range, self.knot_range, self.n_knots)

    @property
    def start_range(self) -> float:
        """Largest `abs(z)` at which a named start is compared: the last knot."""
        return float(self.knot_range)

    def value(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return f(z); see `Activation.value`."""
        k, r = self._segment(z)
        low, high = _at(p, k), _at(p, k + 1)
        return low + r * (high - low)

    def derivative(self, z: np.ndarray, p: np.ndarray) -> np.ndarray:
        """Return df/dz; see `Activation.derivative`."""
        k, _ = self._segment(z)
        return (_at(p, k + 1) - _at(p, k)) * z.dtype.type(self._per_step) + 0 * z

    def parameter_gradients(self, z: np.ndarray, p: np.ndarray) -> Iterator[np.ndarray]:
        """Yield each knot's hat function, continued linearly at the ends; see `Activation.parameter_gradients`."""
        k, r = self._segment(z)
        for knot in range(self.n_knots):
            yield np.where(k == knot, 1 - r, np.where(k + 1 == knot, r, 0 * r))

    def formula(self, p: np.ndarray) -> str:
        """Return the knots' values as text; see `Activation.formula`."""
        points = ", ".join(f"({format_number(t)}, {format_number(c)})" for t, c in zip(self.knots, p, strict=True))
        return f"piecewise linear through {points}"

    def onnx_graph(self, g: Graph, z: str, p: np.ndarray) -> str:
        """Add f(z) to an ONNX graph; see `Activation.onnx_graph`."""
        last, n_units = self.n_knots - 1, p.shape[1]
        rows = g("Reshape", z, g.constant(np.array([-1, n_units])))  # GatherElements takes no members' axis
        u = g("Mul", g("Add", rows, float(self.knot_range)), last / (2 * self.knot_range))
        k = g("Clip", g("Floor", u), 0.0, float(last - 1))
        index = g("Cast", k, to=INT64)
        low = g("GatherElements", p, index, axis=0)
        high = g("GatherElements", p, g("Add", index, g.constant(np.int64(1))), axis=0)
        f = g("Add", low, g("Mul", g("Sub", u, k), g("Sub", high, low)))
        return g("Reshape", f, g("Shape", z))

    def _own_start(self) -> np.ndarray:
        return self._nearest("silu")

    def _nearest(self, name: str) -> np.ndarray:
        return np.asarray(FIXED[name].value(self.knots), dtype=np.float64)

    @property
    def _per_step(self) -> float:
        return (self.n_knots - 1) / (2 * self.knot_range)

    def _segment(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the segment of z, and the position in it: 0 at its left knot, 1 at its right knot."""
        u = (z + z.dtype.type(self.knot_range)) * z.dtype.type(self._per_step)
        k = np.nan_to_num(np.clip(u, 0, self.n_knots - 2)).astype(np.int64)
        return k, u - k.astype(z.dtype)


def _at(p: np.ndarray, k: np.ndarray) -> np.ndarray:
    """Return p[k[row, unit], unit]."""
    return np.take_along_axis(p, k, axis=0)
