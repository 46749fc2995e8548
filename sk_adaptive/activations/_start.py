"""Initial parameters that approximate a named function."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import least_squares

from ._functions import FIXED

if TYPE_CHECKING:
    from ._base import Activation

TOLERANCE = 0.05
POINTS = 301


def nearest(activation: Activation, name: str, guess: np.ndarray) -> np.ndarray:
    """Return the parameters nearest to a named function, by least squares on [-start_range, start_range].

    Parameters
    ----------
    activation : Activation
        The family.
    name : str
        A fixed function.
    guess : ndarray of shape (n_parameters,)
        Initial guess of the search.

    Returns
    -------
    ndarray of shape (n_parameters,), dtype float64
        The parameters.
    """
    z = points(activation)
    target = FIXED[name].value(z)

    def residuals(p: np.ndarray) -> np.ndarray:
        return (activation.value(z, p[:, None]) - target)[:, 0]

    def slopes(p: np.ndarray) -> np.ndarray:
        return np.hstack(list(activation.parameter_gradients(z, p[:, None])))

    return least_squares(residuals, guess, jac=slopes, method="lm", x_scale="jac").x


def distance(activation: Activation, p: np.ndarray, name: str) -> float:
    """Return the largest |f(z) - named function| on [-start_range, start_range]."""
    z = points(activation)
    return float(np.max(np.abs(activation.value(z, p[:, None]) - FIXED[name].value(z))))


def points(activation: Activation) -> np.ndarray:
    """Return the points at which a family is compared with a function, of shape (n_points, 1)."""
    return np.linspace(-activation.start_range, activation.start_range, POINTS)[:, None]
