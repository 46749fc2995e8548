"""Measures of learned functions, per unit, over the range of their data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sk_adaptive.activations.fitted import FittedActivation

POINTS = 257  # of the grid for derivatives and monotonicity
MIN_RANGE = 5.0  # the largest derivative is searched at least on [-5, 5]
FLAT = 0.05  # relative to the largest derivative: a unit is flat where its derivative is at most that
MIN_FLAT_SHARE = 0.95  # share of the rows on which a saturated unit is flat


class AffineFit(NamedTuple):
    """The best affine approximation a z + b of each unit's function under the density of its data.

    Attributes
    ----------
    slope : ndarray of shape (n_units,)
        a; 0 where z is constant.
    offset : ndarray of shape (n_units,)
        b.
    residual : ndarray of shape (n_units,)
        Sum of squares of the residuals.
    total : ndarray of shape (n_units,)
        Sum of squares around the mean.
    """

    slope: np.ndarray
    offset: np.ndarray
    residual: np.ndarray
    total: np.ndarray

    @property
    def nonlinearity(self) -> np.ndarray:
        """1 - R^2 of each unit, of shape (n_units,): 0 for a straight line, at most 1."""
        return ratio(self.residual, self.total)


def affine_fit(z: np.ndarray, f: np.ndarray) -> AffineFit:
    """Return the least-squares line through (z, f) of each column; both of shape (n_rows, n_units)."""
    total = variation(f)
    z, f = z.astype(np.float64), f.astype(np.float64)
    z_mean, f_mean = z.mean(axis=0), f.mean(axis=0)
    z_away, f_away = z - z_mean, f - f_mean
    slope = ratio((z_away * f_away).sum(axis=0), (z_away**2).sum(axis=0))
    residual = ((f_away - slope * z_away) ** 2).sum(axis=0)
    return AffineFit(slope, f_mean - slope * z_mean, np.where(total > 0, residual, 0), total)


def variation(f: np.ndarray) -> np.ndarray:
    """Return each column's sum of squares around its mean, float64 of shape (n_units,); 0 where it is only rounding."""
    squares = ((f - f.mean(axis=0, dtype=np.float64)) ** 2).sum(axis=0)
    rounding = len(f) * (4 * np.finfo(f.dtype).eps * np.abs(f).max(axis=0)) ** 2
    return np.where(squares > rounding, squares, 0)


def support_grid(z: np.ndarray) -> np.ndarray:
    """Return points evenly spaced over the range of each unit's pre-activations, (POINTS, n_units)."""
    return np.linspace(z.min(axis=0), z.max(axis=0), POINTS, dtype=z.dtype)


def is_monotone(f: np.ndarray) -> np.ndarray:
    """Return whether each column never rises or never falls, apart from rounding; bool of shape (n_units,)."""
    steps = np.diff(f, axis=0)
    rounding = 8 * np.finfo(f.dtype).eps * np.abs(f).max(axis=0)
    return (steps >= -rounding).all(axis=0) | (steps <= rounding).all(axis=0)


def is_saturated(fitted: FittedActivation, z: np.ndarray) -> np.ndarray:
    """Return whether each unit is flat at nearly all rows.

    A unit is flat at a row if the absolute derivative there is at most 5 % of its largest value on [-5, 5] and on its
    data. A dead relu and a tanh with large inputs are saturated; a straight line with a small gradient is not.

    Parameters
    ----------
    fitted : FittedActivation
        The learned activation.
    z : ndarray of shape (n_rows, n_units)
        Pre-activations.

    Returns
    -------
    ndarray of shape (n_units,), dtype bool
        Whether the unit is flat at 95 % of the rows or more.
    """
    derivatives = np.abs(fitted.derivative(z))
    anywhere = np.abs(fitted.derivative(np.linspace(-MIN_RANGE, MIN_RANGE, POINTS)))
    largest = np.maximum(anywhere.max(axis=0), derivatives.max(axis=0))
    return (derivatives <= FLAT * largest).mean(axis=0) >= MIN_FLAT_SHARE


def ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return above / below, and 0 where below is 0."""
    return np.divide(above, below, out=np.zeros_like(np.asarray(above, dtype=np.float64)), where=np.asarray(below) > 0)
