"""Limits that inputs are clipped at."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from .rows import Rows

VALUES_AT_A_TIME = 2**18  # what is computed of them stays in the cache


def input_limits(rows: Rows, times: float) -> np.ndarray:
    """Return the largest magnitude that each column is let through with.

    Parameters
    ----------
    rows : Rows
        The rows to train on.
    times : float
        How many times the weighted root mean square of the column's non-zero values; zeros say nothing of a sparse
        column's scale.

    Returns
    -------
    ndarray of shape (n_features,), dtype float64
        The limits; 0 for a column of zeros, or of values whose squares are.
    """
    X = rows.X
    largest = np.maximum(_dense(X.max(axis=0)), -_dense(X.min(axis=0))).astype(np.float64)
    weights = rows.weights
    if weights is None:
        weights = np.ones(X.shape[0])
    # Squares of large numbers would overflow, and so would one over the smallest.
    scale = np.where(largest > np.finfo(np.float64).tiny, largest, 1)
    squares, total = np.zeros(X.shape[1]), np.zeros(X.shape[1])
    at_a_time = X.shape[0] if sp.issparse(X) else max(1, VALUES_AT_A_TIME // X.shape[1])
    for first in range(0, X.shape[0], at_a_time):
        some = slice(first, first + at_a_time)
        part, w = X[some], weights[some]
        squares += w @ (part.multiply(1 / scale).power(2) if sp.issparse(part) else (part / scale) ** 2)
        total += w @ (part != 0)
    size = scale * np.sqrt(np.divide(squares, total, out=np.zeros_like(squares), where=total > 0))
    with np.errstate(over="ignore"):
        return np.minimum(times * size, np.finfo(X.dtype).max)


def _dense(X: Any) -> np.ndarray:
    return X.toarray().ravel() if sp.issparse(X) else X
