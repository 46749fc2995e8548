"""Fixed functions of one variable: the formulas of _core/activations/fixed.hpp in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import expit, ndtr

Function = Callable[[np.ndarray], np.ndarray]


class FixedFunction(NamedTuple):
    """A function of one variable, its derivative, and its formula as text."""

    value: Function
    derivative: Function
    text: str


SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # arXiv:1706.02515
TILTED_ABS_SLOPE, TILTED_ABS_SCALE, TILTED_ABS_OFFSET = 0.51, 1.65, 0.4  # docs/benchmarks/shapes.rst


def _softplus(z: np.ndarray) -> np.ndarray:
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def _step(z: np.ndarray, below: np.ndarray | float) -> np.ndarray:
    """Return 1 above zero, `below` elsewhere; NaN stays NaN."""
    return np.where(z > 0, 1, below) + 0 * z


def _expm1_below(z: np.ndarray) -> np.ndarray:
    return np.expm1(np.minimum(z, 0))


def _exp_below(z: np.ndarray) -> np.ndarray:
    return np.exp(np.minimum(z, 0))


def _mish_derivative(z: np.ndarray) -> np.ndarray:
    t = np.tanh(_softplus(z))
    return t + z * ((1 - t * t) * expit(z))


def _tilted_abs_derivative(z: np.ndarray) -> np.ndarray:
    t = np.tanh(TILTED_ABS_SCALE * z)
    return TILTED_ABS_SLOPE + t + (TILTED_ABS_SCALE * np.clip(z, -20, 20)) * (1 - t * t)


def _density(z: np.ndarray) -> np.ndarray:
    return np.exp(-(np.minimum(np.abs(z), 1e4) ** 2) / 2) / np.sqrt(2 * np.pi)


FIXED: dict[str, FixedFunction] = {
    "identity": FixedFunction(lambda z: z, lambda z: 1 + 0 * z, "x"),
    "logistic": FixedFunction(expit, lambda z: expit(z) * (1 - expit(z)), "1/(1 + exp(-x))"),
    "tanh": FixedFunction(np.tanh, lambda z: 1 - np.tanh(z) ** 2, "tanh(x)"),
    "relu": FixedFunction(lambda z: np.where(z < 0, 0, z), lambda z: _step(z, 0), "max(0, x)"),
    "leaky_relu": FixedFunction(
        lambda z: np.where(z < 0, 0.01 * z, z), lambda z: _step(z, 0.01), "max(0, x) + 0.01 min(0, x)"
    ),
    "elu": FixedFunction(
        lambda z: np.where(z < 0, _expm1_below(z), z),
        lambda z: _step(z, _exp_below(z)),
        "max(0, x) + min(0, exp(x) - 1)",
    ),
    "selu": FixedFunction(
        lambda z: SELU_SCALE * np.where(z < 0, SELU_ALPHA * _expm1_below(z), z),
        lambda z: SELU_SCALE * _step(z, SELU_ALPHA * _exp_below(z)),
        "1.051 (max(0, x) + 1.673 min(0, exp(x) - 1))",
    ),
    "silu": FixedFunction(lambda z: z * expit(z), lambda z: expit(z) * (1 + z * expit(-z)), "x/(1 + exp(-x))"),
    "gelu": FixedFunction(lambda z: z * ndtr(z), lambda z: ndtr(z) + z * _density(z), "x Phi(x)"),  # arXiv:1606.08415
    "mish": FixedFunction(
        lambda z: z * np.tanh(_softplus(z)), _mish_derivative, "x tanh(log(1 + exp(x)))"
    ),  # arXiv:1908.08681
    "softplus": FixedFunction(_softplus, expit, "log(1 + exp(x))"),
    "tilted_abs": FixedFunction(
        lambda z: z * (TILTED_ABS_SLOPE + np.tanh(TILTED_ABS_SCALE * z)) - TILTED_ABS_OFFSET,
        _tilted_abs_derivative,
        "x (0.51 + tanh(1.65 x)) - 0.4",
    ),
}
