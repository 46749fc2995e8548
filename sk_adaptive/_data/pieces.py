"""Pieces of columns: piecewise linear encoding of numbers between quantiles.

A network of few layers learns a step or a bend along one column slowly. With the encoding the first layer of weights is
a piecewise linear function of each column, with a slope of its own between any two neighbouring quantiles.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .moments import CONSTANT
from .sampling import evenly_spaced_numbers

MAX_ROWS = 10_000  # that quantiles are estimated from
MIN_KNOTS = 4  # fewer different values are told apart by their columns as they are


@dataclass(frozen=True)
class Pieces:
    """Piecewise linear encoding (Y. Gorishniy, I. Rubachev and A. Babenko, arXiv:2203.05556), standardised.

    The piece between knots a and b of a column is min(max((x - a) / (b - a), 0), 1), less its mean, over its standard
    deviation: (x - centre) factor, clipped to [lower, upper]. All arrays have the shape (n_pieces,).
    """

    columns: np.ndarray  # int64
    centre: np.ndarray  # float64, as all that follow
    factor: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def quantile_pieces(X: np.ndarray, weights: np.ndarray, columns: np.ndarray, n_bins: int) -> Pieces:
    """Return the pieces between the quantiles of columns.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns)
        Numbers; NaN is missing.
    weights : ndarray of shape (n_rows,)
        How many rows each row counts for.
    columns : ndarray of int64
        The columns to encode, in this order.
    n_bins : int
        Pieces per column, at most; equal quantiles count once, and a column of fewer than four has no pieces.

    Returns
    -------
    Pieces
        The pieces of one column after those of another, in ascending order.
    """
    some = evenly_spaced_numbers(len(X), MAX_ROWS)
    found = [_of_column(X[some, column].astype(np.float64), weights[some], n_bins) for column in columns]
    n_pieces = [each.shape[1] for each in found]
    return Pieces(np.repeat(np.asarray(columns, dtype=np.int64), n_pieces), *np.hstack([np.empty((4, 0)), *found]))


def _of_column(x: np.ndarray, weights: np.ndarray, n_bins: int) -> np.ndarray:
    """Return centre, factor, lower and upper of the pieces of one column, (4, n_pieces)."""
    present = ~np.isnan(x)
    x, weights = x[present], weights[present]
    unit = np.abs(x).max(initial=0.0)  # what follows neither overflows nor underflows in it
    x = x / unit if unit else x
    knots = _quantiles(x, weights, n_bins) if len(x) else x
    if len(knots) < MIN_KNOTS or knots[-1] - knots[0] <= CONSTANT:
        return np.empty((4, 0))
    low, width = knots[:-1], np.diff(knots)
    parts = np.clip((x[:, None] - low) / width, 0, 1)
    share = weights[:, None] / weights.sum()
    mean = (share * parts).sum(axis=0)
    deviation = np.sqrt((share * (parts - mean) ** 2).sum(axis=0))
    with np.errstate(over="ignore"):
        factor = np.minimum(1 / (width * deviation) / unit, np.finfo(np.float64).max)
    return np.stack([(low + mean * width) * unit, factor, -mean / deviation, (1 - mean) / deviation])


def _quantiles(x: np.ndarray, weights: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the different ones among n_bins + 1 weighted quantiles: values of x, equal where rows are repeated.

    A value counts for 1 / n_bins of all rows at most: where most values are zero, others get most of the knots.
    """
    values, place = np.unique(x, return_inverse=True)
    weight = np.bincount(place.ravel(), weights)
    below = np.cumsum(np.minimum(weight, weight.sum() / n_bins))
    at = np.searchsorted(below, np.linspace(0, 1, n_bins + 1) * below[-1] * (1 - 1e-12))
    return np.unique(values[at])
