"""Approximation of learned functions by well-known ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import least_squares

from sk_adaptive._estimators.final_step import fitted_network
from sk_adaptive.activations import FIXED
from sk_adaptive.activations._base import format_number

from ._columns import Columns
from ._support import SeenLayer, seen_layers

Function = Callable[[np.ndarray], np.ndarray]


class Named(NamedTuple):
    """Named function of the library.

    Attributes
    ----------
    value : callable
        The function of an array.
    text : str
        Its formula as text.
    complexity : int
        Its complexity in the ranking.
    signs : tuple of int
        Signs of a to try; one is enough if the function is even or odd.
    scaled : bool
        Whether a changes the family of functions: not if f(s u) is a power of s times f(u).
    shifted : bool
        Whether b changes the family of functions.
    """

    value: Function
    text: str
    complexity: int
    signs: tuple[int, ...] = (1,)
    scaled: bool = True
    shifted: bool = True


def _exp(u: np.ndarray) -> np.ndarray:
    return np.exp(np.minimum(u, 30))


# Shifts and scales are fitted, so cos is sin and the logistic function is tanh.
LIBRARY: dict[str, Named] = {
    "x": Named(lambda u: u, "{}", 1, scaled=False, shifted=False),
    "x^2": Named(np.square, "({})^2", 2, scaled=False),
    "relu": Named(FIXED["relu"].value, "max(0, {})", 2, signs=(1, -1), scaled=False),
    "abs": Named(np.abs, "|{}|", 2, scaled=False),
    "sin": Named(np.sin, "sin({})", 2),
    "exp": Named(_exp, "exp({})", 2, signs=(1, -1), shifted=False),
    "tanh": Named(np.tanh, "tanh({})", 3),
    "x^3": Named(lambda u: u**3, "({})^3", 3, scaled=False),
    "gaussian": Named(lambda u: np.exp(-(u**2)), "exp(-({})^2)", 3),
    "softplus": Named(FIXED["softplus"].value, "log(1 + exp({}))", 3, signs=(1, -1)),
    "silu": Named(FIXED["silu"].value, "silu({})", 3, signs=(1, -1)),
}
PRICE = 0.02  # gain of R^2 that one point of complexity must bring
POINTS = 128  # quantiles of the pre-activations that functions are compared at
SCALES = np.geomspace(0.5, 10, 14)  # of a standardised pre-activation; with smaller scales a sine equals a parabola
SHIFTS = np.linspace(-6, 6, 25)


def symbolic(
    estimator: Any,
    layer: int,
    X: Any = None,
    *,
    units: Sequence[int] | None = None,
    n_best: int = 3,
    library: Sequence[str] = tuple(LIBRARY),
) -> Columns:
    r"""Rank named functions c f(a x + b) + d by fit to the learned activation of a layer, and by simplicity.

    Each function is fitted by least squares to the pre-activations of the layer: a and b are searched on a grid and
    then refined, c and d are linear. The score is :math:`R^2 - 0.02\,\text{complexity}`, and the highest is best: a
    more complex function ranks higher if it explains at least 2 % more of the variance for each point of complexity (1
    for x, 2 or 3 for the others).

    Parameters
    ----------
    estimator : estimator
        A fitted AdaptiveMLPClassifier or AdaptiveMLPRegressor, or a Pipeline that ends in one.
    layer : int
        Index of the hidden layer, from 0.
    X : array-like or sparse matrix of shape (n_rows, n_features), default=None
        Rows whose pre-activations are used for the fit; None uses the quantiles of the pre-activations on the training
        rows, which the estimator stores.
    units : sequence of int, default=None
        Indices of units, if each has its own function; None is all. A unit takes about 0.1 s.
    n_best : int, default=3
        Number of functions to return per unit.
    library : sequence of str, default=all
        Names of the functions: x, x^2, relu, abs, sin, exp, tanh, x^3, gaussian, softplus, silu.

    Returns
    -------
    dict of str to ndarray of shape (n_best * n_units,)
        Columns for ``pandas.DataFrame``, best first for each unit: ``unit`` (-1 if the units share one
        function), ``function``, ``formula``, ``a``, ``b``, ``c``, ``d``, ``r2``, ``complexity``, ``score``. It
        prints as a table.

    Raises
    ------
    IndexError
        If there is no such layer.
    KeyError
        If the library has no such function.
    TypeError
        If `estimator` contains no network of this package.
    """
    network, X = fitted_network(estimator, X)
    (seen,) = seen_layers(network, X, [layer])
    rows: list[dict[str, Any]] = []
    for unit, z, f in _functions(seen, units):
        found = [_fit(name, z, f) for name in library]
        rows += [{"unit": unit, **row} for row in sorted(found, key=lambda row: -row["score"])[:n_best]]
    return Columns({name: np.array([row[name] for row in rows]) for name in rows[0]})


def _functions(layer: SeenLayer, units: Sequence[int] | None) -> list[tuple[int, np.ndarray, np.ndarray]]:
    """Return unit, pre-activations and activations of each learned function, at quantiles of its data."""
    at = (np.arange(POINTS) + 0.5) / POINTS
    if not layer.per_unit:
        z = np.quantile(layer.z, at)
        return [(-1, z, layer.fitted(z)[:, 0].astype(np.float64))]
    z = np.quantile(layer.z, at, axis=0)
    f = layer.fitted(z).astype(np.float64)
    return [(u, z[:, u], f[:, u]) for u in (range(z.shape[1]) if units is None else units)]


def _fit(name: str, z: np.ndarray, f: np.ndarray) -> dict[str, Any]:
    function = LIBRARY[name]
    a, b = _search(function, z, f)
    c, d, r2 = _linear_part(function.value(a * z + b), f)
    return {
        "function": name,
        "formula": _write(function, a, b, c, d),
        "a": a,
        "b": b,
        "c": c,
        "d": d,
        "r2": r2,
        "complexity": function.complexity,
        "score": r2 - PRICE * function.complexity,
    }


def _search(function: Named, z: np.ndarray, f: np.ndarray) -> tuple[float, float]:
    """Return a and b for which f is closest to c function(a z + b) + d.

    A grid over standardised pre-activations finds the start, least squares nearby the rest. Where a does not matter it
    is 1 or -1.
    """
    if not (function.scaled or function.shifted):
        return 1.0, 0.0
    middle, spread = z.mean(), z.std() or 1.0
    unit = 1.0 if function.scaled else spread
    scales = np.outer(function.signs, SCALES if function.scaled else [unit]).ravel()
    shifts = unit * SHIFTS if function.shifted else np.zeros(1)
    tried = np.stack([grid.ravel() for grid in np.meshgrid(scales, shifts)], axis=1)
    t = (z - middle) / spread
    u = function.value(tried[:, :1] * t + tried[:, 1:])
    u = u - u.mean(axis=1, keepdims=True)
    size = np.maximum((u**2).sum(axis=1), np.finfo(np.float64).tiny)
    start = tried[np.argmax((u @ (f - f.mean())) ** 2 / size)]
    scale, shift = _refined(function, t, f, start, 2 * unit)
    return float(scale / spread), float(shift - scale * middle / spread)


def _refined(function: Named, t: np.ndarray, f: np.ndarray, start: np.ndarray, reach: float) -> np.ndarray:
    """Return scale and shift, if the function has them, by least squares within `reach` of their initial values."""
    free = np.array([function.scaled, function.shifted])
    sign, size = np.sign(start[0]), abs(start[0])

    def complete(p: np.ndarray) -> np.ndarray:
        whole = np.array([size, start[1]])
        whole[free] = p
        return whole * [sign, 1]

    def misfit(p: np.ndarray) -> np.ndarray:
        scale, shift = complete(p)
        g = function.value(scale * t + shift)
        c, d, _ = _linear_part(g, f)
        return c * g + d - f

    low = np.array([max(SCALES[0], size / 2), start[1] - reach])
    high = np.array([2 * size, start[1] + reach])
    return complete(least_squares(misfit, np.array([size, start[1]])[free], bounds=(low[free], high[free])).x)


def _linear_part(g: np.ndarray, f: np.ndarray) -> tuple[float, float, float]:
    """Return c, d and R^2 of the least-squares fit c g + d to f; a constant f is fitted perfectly."""
    g_away, f_away = g - g.mean(), f - f.mean()
    size = g_away @ g_away
    c = float(g_away @ f_away / size) if size > 0 else 0.0
    total = f_away @ f_away
    residual = f_away - c * g_away
    return c, float(f.mean() - c * g.mean()), float(1 - residual @ residual / total) if total > 0 else 1.0


def _write(function: Named, a: float, b: float, c: float, d: float) -> str:
    x = {1.0: "x", -1.0: "-x"}.get(a, f"{format_number(a)} x")
    return f"{format_number(c)} {function.text.format(x + _plus(b))}{_plus(d)}"


def _plus(value: float) -> str:
    """Return " + value" or " - value"; nothing if the value is only rounding."""
    return "" if abs(value) < 1e-9 else f" {'-' if value < 0 else '+'} {format_number(abs(value))}"
