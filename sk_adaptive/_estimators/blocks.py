"""Predictions of many rows, block by block."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

RAW_AT_A_TIME = 2**18  # raw outputs of all members: a prediction's memory beyond what it returns


def in_blocks(X: Any, outputs_per_row: int, predict: Callable[[Any], np.ndarray]) -> np.ndarray:
    """Return the predictions of all rows.

    Parameters
    ----------
    X : ndarray or CSR matrix of shape (n_rows, n_features)
        Rows, at least one.
    outputs_per_row : int
        Raw outputs of all members for one row.
    predict : callable
        Returns an array of n rows for n rows of X.

    Returns
    -------
    ndarray of shape (n_rows, ...)
        What `predict` returns for all of X.
    """
    n_rows, size = X.shape[0], max(1, RAW_AT_A_TIME // outputs_per_row)
    if n_rows <= size:  # without a copy of sparse rows
        return predict(X)
    part = predict(X[:size])
    out = np.empty((n_rows, *part.shape[1:]), part.dtype)
    out[:size] = part
    for first in range(size, n_rows, size):
        out[first : first + size] = predict(X[first : first + size])
    return out
